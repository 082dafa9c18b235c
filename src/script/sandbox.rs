//! Makes the folder in which a program of the user's runs.
//!
//! | in it | what |
//! |---|---|
//! | `bin` | the commands that are answered here; first on the program's PATH |
//! | `hosts/NODE` | the file tree of the node's host |
//! | `on/NODE` | what stands as `/.seatrial` inside the host |
//! | `lines/NODE` | the socket of the host's shell |
//! | `home` | the program's working folder, HOME and TMPDIR |
//! | `ask` | the socket of the engine |
//! | `ports` | the socket that takes the clients' ports of the namespaces, see [`super::sql`] |
//! | `path` | the PATH of the real tools |
//! | `names` | the hosts, as in /etc/hosts |
//! | `seatrial` | this very program, to which the commands are links |
//! | `reached` | the blocks that a runbook reached |
//! | `lines.sh` | what bash reads first, see [`super::place`] |
//! | `whole-lines` | says that there are no walls, see [`super::confinement`] |
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

use seatrial_reports::quote;
use seatrial_scenarios::NodeName;

use super::confinement::Confinement;
use super::hosts::{self, furnish, serve};
use super::{place, shim, sql};

/// The folder inside a host through which it talks to the engine.
pub(super) const INSIDE: &str = "/.seatrial";

/// The name of this program in the folder.
pub(super) const OWN_PROGRAM: &str = "seatrial";

/// What stands as `/.seatrial` inside a host; mounts cover these files.
const ON_A_HOST: [&str; 3] = ["ask", sql::HANDED, OWN_PROGRAM];

/// The file with the name of the node, inside a host.
pub(super) const NODE: &str = "node";

/// The file with the PATH of the real tools.
pub(super) const REAL_PATH: &str = "path";

/// The file with the names of the hosts.
pub(super) const NAMES: &str = "names";

/// The file that says that hosts have no shells of their own: the engine answers whole lines.
pub(super) const WHOLE_LINES: &str = "whole-lines";

/// The file that every bash of a host reads first.
pub(super) const SHELL_START: &str = "shell-start";

/// Its content: `kill` means the node's processes, and what is not found is asked for.
const SHELL_START_TEXT: &str =
    "enable -n kill\ncommand_not_found_handle() { unknown-command \"$@\"; }\n";

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
        let sandbox = Self {
            folder: own_folder("seatrial")?,
            nodes: nodes.to_vec(),
            own_program: std::env::current_exe()?,
        };
        sandbox.fill(confinement.path())?;
        if !confinement.has_walls() {
            sandbox.make_wrappers()?;
        }
        Ok(sandbox)
    }

    fn fill(&self, path: &str) -> io::Result<()> {
        for folder in ["bin", "home", "hosts", "lines", "on"] {
            fs::create_dir(self.folder.join(folder))?;
        }
        fs::write(self.folder.join(REAL_PATH), path)?;
        let names = furnish::hosts(&self.nodes);
        fs::write(self.folder.join(NAMES), &names)?;
        self.make_links()?;
        let real: Vec<String> = furnish::PROGRAMS
            .iter()
            .map(|folder| format!("{}{folder}", furnish::MACHINE))
            .collect();
        for node in &self.nodes {
            fs::create_dir(self.tree(node))?;
            let on = self.on(node);
            fs::create_dir(&on)?;
            fs::create_dir(on.join("lines"))?;
            for name in ON_A_HOST {
                fs::write(on.join(name), "")?;
            }
            fs::write(on.join(NODE), node.as_str())?;
            fs::write(on.join(REAL_PATH), real.join(":"))?;
            fs::write(on.join(NAMES), &names)?;
            fs::write(on.join(SHELL_START), SHELL_START_TEXT)?;
        }
        Ok(())
    }

    /// Makes the commands: links to this program. They are names of one link, because to make and remove one for each
    /// command was a quarter of a matrix's system time.
    fn make_links(&self) -> io::Result<()> {
        let bin = self.folder.join("bin");
        let own = self.folder.join(OWN_PROGRAM);
        let mut first: Option<PathBuf> = None;
        for name in shim::of_operator() {
            let link = bin.join(name);
            let named = first.as_ref().map(|first| fs::hard_link(first, &link));
            // A file system may not allow a second name for a link.
            if !matches!(named, Some(Ok(()))) {
                symlink(&own, &link)?;
                first.get_or_insert(link);
            }
        }
        Ok(())
    }

    /// Makes the commands scripts instead of links: without walls this program is not in the folder.
    fn make_wrappers(&self) -> io::Result<()> {
        fs::write(self.folder.join(WHOLE_LINES), "")?;
        let own = quote(&self.own_program.display().to_string());
        let folder = quote(&self.folder.display().to_string());
        for name in shim::of_operator() {
            let file = self.folder.join("bin").join(name);
            fs::remove_file(&file)?;
            fs::write(
                &file,
                format!("#!/bin/sh\nexec {own} shim {folder} {name} \"$@\"\n"),
            )?;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o700))?;
        }
        Ok(())
    }

    /// Returns the folder of a host's file tree.
    pub(super) fn tree(&self, node: &NodeName) -> PathBuf {
        self.folder.join("hosts").join(node.as_str())
    }

    /// Returns whether there were too many processes on a host.
    pub(super) fn had_too_many_processes(&self) -> bool {
        let had = |node: &NodeName| {
            self.tree(node)
                .join(serve::TOO_MANY)
                .symlink_metadata()
                .is_ok()
        };
        self.nodes.iter().any(had)
    }

    /// Returns the folder that stands as `/.seatrial` inside a host.
    pub(super) fn on(&self, node: &NodeName) -> PathBuf {
        self.folder.join("on").join(node.as_str())
    }

    /// Returns the socket of a host's shell.
    pub(super) fn line_socket(&self, node: &NodeName) -> PathBuf {
        self.folder.join("lines").join(node.as_str())
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
        let rest = fs::read_to_string(self.folder.join(REAL_PATH)).unwrap_or_default();
        let path = format!("{}:{rest}", self.folder.join("bin").display());
        let nodes: Vec<&str> = self.nodes.iter().map(NodeName::as_str).collect();
        let home = self.folder.join("home");
        [
            ("PATH", path.into()),
            ("HOME", home.clone().into()),
            ("TMPDIR", home.into()),
            ("SEATRIAL_NODES", nodes.join(" ").into()),
            ("SEATRIAL_FILES", self.folder.join("hosts").into()),
            ("SEATRIAL_REACHED", self.reached_file().into()),
            ("BASH_ENV", self.folder.join(place::FILE).into()),
        ]
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        hosts::remove_tree(&self.folder);
    }
}

/// Makes a folder of this process's own in the system's temporary folder: a socket's path may have about 100 characters,
/// and the folder of results is too deep for it.
pub(super) fn own_folder(prefix: &str) -> io::Result<PathBuf> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{prefix}-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        match fs::DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => return Ok(folder),
            // A killed process with the same number has left it.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// Returns the program of this name on a PATH.
pub(super) fn find(name: &str, path: &str) -> Option<PathBuf> {
    path.split(':')
        .map(|folder| Path::new(folder).join(name))
        .find(|file| file.is_file())
}
