//! A folder of its own for a test, and the command run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A scenario that passes, to be changed by tests.
pub(crate) const GOOD: &str = r#"id    = "good"
title = "A scenario that passes"
nodes = ["A", "B", "C"]

[[step]]
write = { node = "A", rows = 1 }

[[step]]
expect = { cluster = "all-synced", size = 3, within = "30s" }
claim  = { id = "T-1", says = "nothing has happened", verdict = "holds", lines = "1" }
"#;

/// A scenario that breaks a cluster and leaves it to the procedure.
pub(crate) const BROKEN: &str = r#"id    = "broken"
title = "A cluster that is stopped"
nodes = ["A", "B", "C"]

[[step]]
write = { node = "A", rows = 1 }

[[step]]
terminate = { nodes = ["A", "B", "C"] }
"#;

/// A folder that is gone after the test.
pub(crate) struct Work(PathBuf);

impl Work {
    pub(crate) fn new() -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("seatrial-cli-{}-{number}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The command, to be run in this folder without the surroundings' colours and log filters.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seatrial"));
        command
            .args(args)
            .current_dir(&self.0)
            .env("NO_COLOR", "1")
            .env("LC_ALL", "C.UTF-8")
            .env_remove("RUST_LOG")
            .env_remove("CLICOLOR_FORCE")
            .env_remove("FORCE_COLOR");
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran::of(&self.command(args).output().unwrap())
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn make_executable(&self, name: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.0.join(name), mode).unwrap();
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.0.join(name)).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }

    /// The text of a file that is packed with gzip.
    pub(crate) fn unpacked(&self, name: &str) -> String {
        use std::io::Read as _;
        let file = fs::File::open(self.0.join(name)).unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(file)
            .read_to_string(&mut text)
            .unwrap();
        text
    }

    pub(crate) fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }
}

/// Returns the cells of a row of a Markdown table, without their quotes.
pub(crate) fn cells(row: &str) -> Vec<String> {
    let cells = row.trim_matches('|').split('|');
    cells
        .map(|cell| cell.trim().trim_matches('`').to_owned())
        .collect()
}

impl Drop for Work {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What the command has printed and returned.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Everything, for a snapshot.
    pub(crate) fn transcript(&self) -> String {
        let mut text = format!("exit {}\n", self.code.unwrap_or(-1));
        for (name, stream) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !stream.is_empty() {
                text = format!("{text}--- {name}\n{stream}");
            }
        }
        text
    }
}

/// Whether a program of the user's can be confined here. Says why not.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
pub(crate) fn can_confine() -> bool {
    let walls = [
        "--unshare-user",
        "--unshare-pid",
        "--unshare-net",
        "--ro-bind",
        "/",
        "/",
        "true",
    ];
    let tried = Command::new("bwrap").args(walls).output();
    let here = tried.is_ok_and(|tried| tried.status.success());
    if !here {
        eprintln!("not tested: programs of the user's need bubblewrap and user namespaces");
    }
    here
}
