//! The Docker engine of the tests, and the command on it.

use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// One test at a time: each has a cluster of its own, and the machine has few cores.
static ONE: Mutex<()> = Mutex::new(());

/// The socket of the engine.
const SOCKET: &str = "/var/run/docker.sock";

/// Where the command runs, and as whom.
pub(crate) struct Engine {
    program: PathBuf,
    folder: PathBuf,
    /// Numbers of a user and of the one group that it has.
    user: Option<(u32, u32)>,
    /// Where the engine is said to be, if not at its usual place.
    docker_host: Option<String>,
    /// Held until the test is over.
    one: Option<MutexGuard<'static, ()>>,
}

/// A run that has ended.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) text: String,
    pub(crate) out: PathBuf,
}

impl Ran {
    pub(crate) fn record(&self) -> String {
        std::fs::read_to_string(self.out.join("record.jsonl")).expect("there is a record")
    }
}

impl Engine {
    /// The engine of this machine, or `None` after having said why `what` is not tested.
    pub(crate) fn here(what: &str) -> Option<Self> {
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let mut engine = Self::new();
        engine.one = Some(one);
        let text = engine.doctor();
        let why = if !text.contains("\ndocker ") || text.contains("no Docker engine") {
            "no Docker engine answers"
        } else if text.contains("there is no image seatrial/mariadb:bookworm") {
            "the image is not here; `seatrial image build` makes it"
        } else {
            return Some(engine);
        };
        tell(&format!("real nodes: {what} was not tested: {why}"));
        None
    }

    /// A place where no engine answers.
    pub(crate) fn nowhere() -> Self {
        let mut engine = Self::new();
        engine.docker_host = Some(format!("unix://{}/no.sock", engine.folder.display()));
        engine
    }

    fn new() -> Self {
        static FOLDERS: AtomicU32 = AtomicU32::new(0);
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let name = format!("seatrial-real-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a temporary folder can be made");
        Self {
            program: PathBuf::from(env!("CARGO_BIN_EXE_seatrial")),
            folder,
            user: None,
            docker_host: None,
            one: None,
        }
    }

    /// The same as a user who has nothing but the group of Docker's socket; `None` where this process
    /// cannot become one.
    pub(crate) fn as_ordinary_user(&self) -> Option<Self> {
        let is_root = std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
        let group = std::fs::metadata(SOCKET).map(|socket| socket.gid());
        let (true, Ok(group)) = (is_root, group) else {
            tell(
                "real nodes: the ordinary user was not tested: this needs root and Docker's socket",
            );
            return None;
        };
        let mut engine = Self::new();
        // Where the user may read it, wherever the repository is.
        let program = engine.folder.join("seatrial");
        std::fs::copy(&self.program, &program).expect("the program can be copied");
        for (path, mode) in [(&program, 0o755), (&engine.folder, 0o777)] {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
                .expect("modes can be set");
        }
        engine.program = program;
        engine.user = Some((54_321, group));
        Some(engine)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = match self.user {
            None => Command::new(&self.program),
            Some((user, group)) => {
                let mut command = Command::new("setpriv");
                command
                    .arg(format!("--reuid={user}"))
                    .arg(format!("--regid={user}"))
                    .arg(format!("--groups={group}"))
                    .args(["--no-new-privs", "--"])
                    .arg(&self.program);
                command
            }
        };
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env("NO_COLOR", "1")
            .env("HOME", &self.folder)
            .stdin(Stdio::null());
        if let Some(host) = &self.docker_host {
            command.env("DOCKER_HOST", host);
        }
        command
    }

    /// Runs a scenario to its end.
    pub(crate) fn run(&self, scenario: &str, arguments: &[&str]) -> Ran {
        let file = self.write(scenario);
        let out = self.folder.join("out");
        let all = [&on_real(&file, &out)[..], arguments].concat();
        let output = self.command(&all).output().expect("the command runs");
        Ran {
            code: output.status.code(),
            text: text(&output),
            out,
        }
    }

    /// Writes a file of the user's, and gives its path.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let file = self.folder.join(name);
        std::fs::write(&file, text).expect("a file can be written");
        path(&file).to_owned()
    }

    /// An image like ours without the programs that filter packets; `None` where it cannot be made.
    pub(crate) fn image_without_filters(&self) -> Option<Image> {
        let name = format!("seatrial/without-filters:{}", std::process::id());
        let recipe = "FROM seatrial/mariadb:bookworm\nRUN find / -xdev -name '*tables*' \
                      -path '*bin/*' -delete\n";
        self.file("Dockerfile", recipe);
        let status = Command::new("docker")
            .args(["build", "--quiet", "--tag", &name, path(&self.folder)])
            .stdout(Stdio::null())
            .status()
            .expect("the docker command is beside the engine");
        if !status.success() {
            tell("real nodes: an image without iptables was not tested: it cannot be built");
            return None;
        }
        Some(Image { name })
    }

    /// The folder of this engine's files.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Puts a script of the documentation under test in one scenario, and gives back its cell.
    pub(crate) fn verify_script(&self, script: &str, scenario: &str) -> serde_json::Value {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scripts");
        self.verified(&folder, script, scenario, "1")[0].clone()
    }

    /// Writes the forms of the decision table, plays `recover.sh` in these states, and returns their cells.
    pub(crate) fn verify_emitted(&self, scenarios: &[&str]) -> Vec<serde_json::Value> {
        let folder = self.folder.join("forms");
        let args = ["optimal", "--faults", "0", "--out", path(&folder)];
        let output = self.command(&args).output().expect("the command runs");
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        let jobs = scenarios.len().to_string();
        self.verified(&folder, "recover.sh", &scenarios.join(","), &jobs)
    }

    /// Plays a script of a folder on real nodes, and returns the cells. They fail nothing here: the test judges them.
    fn verified(
        &self,
        folder: &Path,
        script: &str,
        scenarios: &str,
        jobs: &str,
    ) -> Vec<serde_json::Value> {
        let out = self.folder.join("out");
        let output = self
            .command(&[
                "verify",
                "--script",
                path(&folder.join(script)),
                "--bind",
                path(folder),
                "--patience",
                "240",
                "--scenarios",
                scenarios,
                "--on",
                "real",
                "--timers",
                "fast",
                "--jobs",
                jobs,
                "--fail-on",
                "none",
                "--format",
                "json",
                "--out",
                path(&out),
            ])
            .output()
            .expect("the command runs");
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        let matrix: serde_json::Value =
            serde_json::from_slice(&output.stdout).expect("the matrix is JSON");
        matrix["cells"].as_array().expect("cells").clone()
    }

    /// Starts a scenario.
    pub(crate) fn start(&self, scenario: &str) -> Child {
        let file = self.write(scenario);
        let out = self.folder.join("out");
        self.command(&on_real(&file, &out))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the command starts")
    }

    fn write(&self, scenario: &str) -> PathBuf {
        let file = self.folder.join("scenario.toml");
        std::fs::write(&file, scenario).expect("the scenario can be written");
        file
    }

    /// Waits until the run has its three containers.
    pub(crate) fn wait_for_containers(child: &Child) {
        let end = Instant::now() + Duration::from_mins(2);
        while Self::containers_of(child.id()) < 3 {
            assert!(Instant::now() < end, "no containers within two minutes");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Sends a signal to a process of ours.
    pub(crate) fn signal(child: &Child, name: &str) {
        let status = Command::new("kill")
            .args(["-s", name, &child.id().to_string()])
            .status()
            .expect("kill runs");
        assert!(status.success());
    }

    /// The number of containers that a run of that process has; its number is part of their names.
    pub(crate) fn containers_of(process: u32) -> usize {
        let filter = format!("name=^/seatrial-{process}-");
        let output = Command::new("docker")
            .args(["ps", "-aq", "--filter", &filter])
            .output()
            .expect("the docker command is beside the engine");
        String::from_utf8_lossy(&output.stdout).lines().count()
    }

    /// Removes what ended runs have left, and gives what was told of it.
    pub(crate) fn clean(&self) -> String {
        let output = self.command(&["clean"]).output().expect("the command runs");
        assert!(output.status.success(), "{}", text(&output));
        text(&output)
    }

    pub(crate) fn doctor(&self) -> String {
        text(
            &self
                .command(&["doctor"])
                .output()
                .expect("the command runs"),
        )
    }

    /// No process that has ended has left a container or a network.
    pub(crate) fn assert_nothing_is_left(&self) {
        let text = self.clean();
        assert_eq!(
            text.lines().next(),
            Some("nothing was left behind"),
            "{text}"
        );
    }
}

/// An image that lives as long as a test, with what was prepared of it.
pub(crate) struct Image {
    pub(crate) name: String,
}

impl Drop for Image {
    fn drop(&mut self) {
        let _ = Command::new("docker")
            .args(["rmi", "--force", &self.name])
            .stdout(Stdio::null())
            .status();
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // If it cannot be removed, it stays in the system's temporary folder.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Returns the arguments that run a scenario on real nodes, without waiting for rest between steps.
fn on_real<'a>(file: &'a Path, out: &'a Path) -> [&'a str; 8] {
    [
        "run",
        path(file),
        "--on",
        "real",
        "--pace",
        "next",
        "--out",
        path(out),
    ]
}

fn path(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}

fn text(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&both).into_owned()
}

/// Says something that is to be seen although the test passes: straight to standard error, past the
/// test harness, which keeps what tests print to itself.
fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
