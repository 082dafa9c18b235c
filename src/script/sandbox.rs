//! Makes the folder in which a program of the user's runs.
//!
//! | in it | what |
//! |---|---|
//! | `bin` | the commands that the engine answers; first on the program's PATH |
//! | `remote` | the same and a few filters: the whole PATH of what `ssh NODE …` runs |
//! | `nodes/NODE/…` | the node's state files and logs, as of its last command |
//! | `home` | the program's working folder, HOME and TMPDIR |
//! | `ask` | the socket of the engine |
//! | `path` | the PATH of the real tools |
//! | `seatrial` | this very program, which the wrappers run |
//! | `reached` | the blocks that a runbook reached |
//! | `lines.sh` | what bash reads first, see [`super::place`] |
//! | `ended` | how the program ended, see [`super::launcher`] |
//!
//! The folder has the same path inside the confinement and outside. [`super::confinement`] makes nothing else
//! writable.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use seatrial_scenarios::NodeName;
use seatrial_scenarios::runner::external::Files;

use super::confinement::Confinement;
use super::{place, shim};

/// The name of this program in the folder.
pub(super) const OWN_PROGRAM: &str = "seatrial";

/// Filters that touch only the files that they are given.
const FILTERS: [&str; 31] = [
    "sh",
    "bash",
    "sort",
    "uniq",
    "tr",
    "seq",
    "expr",
    "basename",
    "dirname",
    "env",
    "printf",
    "echo",
    "test",
    "tac",
    "rev",
    "nl",
    "paste",
    "comm",
    "join",
    "od",
    "base64",
    "md5sum",
    "sha256sum",
    "true",
    "false",
    "fold",
    "column",
    "xargs",
    "cmp",
    "diff",
    "bc",
];

/// A sandbox. Dropping it removes the folder.
pub(super) struct Sandbox {
    pub(super) folder: PathBuf,
    /// The names of the nodes.
    pub(super) nodes: Vec<NodeName>,
    /// The path of this program outside the sandbox.
    pub(super) own_program: PathBuf,
}

impl Sandbox {
    pub(super) fn new(nodes: &[NodeName], confinement: &Confinement) -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let folder = loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("seatrial-{}-{number}", std::process::id());
            // A socket's path may have about 100 characters. The folder of results is too deep for it.
            let folder = std::env::temp_dir().join(name);
            match fs::DirBuilder::new().mode(0o700).create(&folder) {
                Ok(()) => break folder,
                // A killed process with the same number has left it.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        };
        let sandbox = Self {
            folder,
            nodes: nodes.to_vec(),
            own_program: std::env::current_exe()?,
        };
        sandbox.fill(&confinement.path())?;
        Ok(sandbox)
    }

    fn fill(&self, path: &str) -> io::Result<()> {
        for folder in ["bin", "remote", "home", "nodes"] {
            fs::create_dir(self.folder.join(folder))?;
        }
        fs::write(self.folder.join("path"), path)?;
        let own = self.folder.join(OWN_PROGRAM);
        for name in shim::names() {
            for folder in ["bin", "remote"] {
                let file = self.folder.join(folder).join(name);
                let text = format!(
                    "#!/bin/sh\nexec {} shim {} {name} \"$@\"\n",
                    shell_word(&own),
                    shell_word(&self.folder)
                );
                fs::write(&file, text)?;
                fs::set_permissions(&file, fs::Permissions::from_mode(0o755))?;
            }
        }
        for name in FILTERS {
            if let Some(real) = find(name, path) {
                symlink(real, self.folder.join("remote").join(name))?;
            }
        }
        Ok(())
    }

    /// Returns what a runbook has noted of the blocks that it reached.
    pub(super) fn reached(&self) -> String {
        fs::read_to_string(self.reached_file()).unwrap_or_default()
    }

    fn reached_file(&self) -> PathBuf {
        self.folder.join("reached")
    }

    /// Writes the file that bash reads first, which tells the wrappers the line of the program.
    pub(super) fn tell_lines(&self, program: &Path) -> io::Result<()> {
        let text = place::start_file(program).unwrap_or_default();
        fs::write(self.folder.join(place::FILE), text)
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.folder.join("ask")
    }

    /// Returns the variables of the program. On its PATH, our commands are first.
    pub(super) fn environment(&self) -> [(&'static str, OsString); 7] {
        let rest = fs::read_to_string(self.folder.join("path")).unwrap_or_default();
        let path = format!("{}:{rest}", self.folder.join("bin").display());
        let nodes: Vec<&str> = self.nodes.iter().map(NodeName::as_str).collect();
        let home = self.folder.join("home");
        [
            ("PATH", path.into()),
            ("HOME", home.clone().into()),
            ("TMPDIR", home.into()),
            ("SEATRIAL_NODES", nodes.join(" ").into()),
            ("SEATRIAL_FILES", self.folder.join("nodes").into()),
            ("SEATRIAL_REACHED", self.reached_file().into()),
            ("BASH_ENV", self.folder.join(place::FILE).into()),
        ]
    }

    /// Writes the files of a node into the folder. The files of a host that does not answer are removed.
    pub(super) fn show(&self, node: &NodeName, files: Option<Files>) -> io::Result<()> {
        let folder = self.folder.join("nodes").join(node.as_str());
        let Some(files) = files else {
            return match fs::remove_dir_all(&folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        };
        for (path, content) in files {
            let file = folder.join(path.trim_start_matches('/'));
            put(&file, content.as_deref())?;
        }
        Ok(())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // If it cannot be removed, it stays in the system's temporary folder, which the system cleans.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Writes the file, or removes it for `None`.
pub(super) fn put(file: &Path, content: Option<&str>) -> io::Result<()> {
    let Some(content) = content else {
        return match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
    };
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, content)
}

/// Returns the program of this name on a PATH.
pub(super) fn find(name: &str, path: &str) -> Option<PathBuf> {
    path.split(':')
        .map(|folder| Path::new(folder).join(name))
        .find(|file| file.is_file())
}

fn shell_word(path: &Path) -> String {
    seatrial_reports::quote(&path.display().to_string())
}
