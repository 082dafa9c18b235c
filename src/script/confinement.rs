//! Confines a program of the user's with bubblewrap, in namespaces of its own.
//!
//! The program and every line that it sends to a node can reach:
//!
//! | part of the machine | inside |
//! |---|---|
//! | processes | those of the run alone |
//! | network | a loopback of its own, on which no program listens |
//! | the system's programs (`/usr`, `/bin`, `/lib`, …) | read only |
//! | `/etc` | a few files that programs need to start, read only, no password file |
//! | the folder of the run, see [`super::sandbox`] | read and write |
//! | the program itself, and what `--bind` names | read only |
//! | everything else: homes, `/var`, `/run` and its sockets, `/tmp` | not there |
//! | environment | locale, terminal, time zone, and what `--env` names |
//!
//! A host of a node has namespaces of its own, and its file tree as its root. Of the machine it sees the programs alone,
//! under other names: in /usr/bin stand links to some of them, and the commands that the engine answers.
//!
//! There are no capabilities, no way to gain any, and no terminal to type into.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use seatrial_scenarios::NodeName;

use super::hosts::{furnish, serve};
use super::launcher;
use super::limits;
use super::sandbox::{self, OWN_PROGRAM, Sandbox};
use super::sql;

/// The program that makes the namespaces.
const TOOL: &str = "bwrap";

/// Folders of the system's programs. On most systems all but the first are links into it.
pub(super) const SYSTEM: [&str; 7] = [
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32",
];

/// Folders of programs on systems that keep them elsewhere.
const STORES: [&str; 2] = ["/nix/store", "/gnu/store"];

/// Files that programs read at their start: of the dynamic linker, user names, locales, interpreters.
const SETTINGS: [&str; 14] = [
    "/etc/alternatives",
    "/etc/bash.bashrc",
    "/etc/group",
    "/etc/inputrc",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/perl",
    "/etc/profile",
    "/etc/python3",
    "/etc/ssl/openssl.cnf",
];

/// Those of a host, which has users and settings of its own.
const SETTINGS_OF_HOSTS: [&str; 8] = [
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/perl",
    "/etc/python3",
    "/etc/ssl/openssl.cnf",
];

/// Variables that decide how text looks. None of them says anything about the user.
const HARMLESS: [&str; 4] = ["LANG", "LANGUAGE", "TERM", "TZ"];

/// The folders of programs, if no folder of PATH is inside.
const USUAL_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The confinement of the user's program: its walls, and what the user lets in.
#[derive(Clone, Debug)]
pub(crate) struct Confinement {
    /// `None`: the user wants no walls.
    walls: Option<Walls>,
    /// Files and folders that the program may read.
    binds: Vec<PathBuf>,
    environment: Vec<(OsString, OsString)>,
    /// The user's PATH without the folders that are not inside.
    path: String,
}

/// The tool that makes namespaces, and what it needs.
#[derive(Clone, Debug)]
struct Walls {
    tool: PathBuf,
    /// Whether the tool can forbid user namespaces inside (bubblewrap 0.8).
    forbids_namespaces: bool,
    /// The programs of every host.
    commands: Arc<furnish::Commands>,
}

impl Confinement {
    /// Finds the tool and tries it. The program may read `binds`, absolute paths that exist, and keeps the
    /// variables `names`.
    ///
    /// # Errors
    ///
    /// A text for the user: what is missing or what the kernel refuses, and the remedy.
    pub(crate) fn new(binds: Vec<PathBuf>, names: &[String]) -> Result<Self, String> {
        let path = std::env::var("PATH").unwrap_or_default();
        let tool = sandbox::find(TOOL, &path).ok_or_else(|| {
            "--script runs your program confined, so that it cannot harm this machine; bubblewrap, \
             which does that, is not installed\n  help: apt-get install bubblewrap (with dnf, \
             zypper, pacman and apk the package has the same name)\n  help: --confine docker does \
             it in a container; --unconfined runs your program with your rights"
                .to_owned()
        })?;
        let help = Command::new(&tool).arg("--help").output();
        let help = help.map_err(|error| format!("{} does not run: {error}", tool.display()))?;
        let help = [help.stdout, help.stderr].concat();
        let option = b"--disable-userns";
        let path = path_inside(&path, &binds);
        let own = Path::new(sandbox::INSIDE).join(OWN_PROGRAM);
        let commands = furnish::Commands::new(&path, &own);
        let commands = commands.map_err(|error| format!("the temporary folder: {error}"))?;
        let mut confinement = Self {
            walls: Some(Walls {
                tool,
                commands: Arc::new(commands),
                forbids_namespaces: help.windows(option.len()).any(|part| part == option),
            }),
            path,
            binds,
            environment: Vec::new(),
        };
        for (name, value) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let kept = HARMLESS.contains(&&*text)
                || text.starts_with("LC_")
                || names.iter().any(|kept| *kept == *text);
            if kept {
                confinement.environment.push((name, value));
            }
        }
        confinement.try_out()?;
        Ok(confinement)
    }

    /// Returns no confinement: the program has the user's rights on this machine. Lines for nodes still reach
    /// nothing of it, since the engine answers them.
    pub(crate) fn none() -> Self {
        Self {
            walls: None,
            binds: Vec::new(),
            environment: Vec::new(),
            path: std::env::var("PATH").unwrap_or_else(|_| USUAL_PATH.to_owned()),
        }
    }

    /// Returns whether there are walls around the program, and hosts behind walls of their own.
    pub(super) const fn has_walls(&self) -> bool {
        self.walls.is_some()
    }

    /// Runs a program that does nothing inside the confinement.
    fn try_out(&self) -> Result<(), String> {
        let refused = |why: &str| {
            format!(
                "--script runs your program confined, so that it cannot harm this machine; this \
                 system refuses that: {why}\n  \
                 help: allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, \
                 kernel.apparmor_restrict_unprivileged_userns=0, user.max_user_namespaces above 0)\n  \
                 help: inside a container, start it with --security-opt seccomp=unconfined \
                 --security-opt apparmor=unconfined --security-opt systempaths=unconfined\n  \
                 help: --confine docker does it in a container; --unconfined runs your program with your rights"
            )
        };
        let sandbox = Sandbox::new(&[], self).map_err(|error| refused(&error.to_string()))?;
        let tried = self
            .command(&sandbox, Path::new("/bin/true"))
            .stdin(Stdio::null())
            .output()
            .map_err(|error| refused(&error.to_string()))?;
        match launcher::ended(&sandbox.folder) {
            Some(ended) if ended.is_success() => Ok(()),
            _ => {
                let text = String::from_utf8_lossy(&tried.stderr);
                let last = text.lines().rev().find(|line| !line.trim().is_empty());
                Err(refused(
                    last.unwrap_or(&format!("{TOOL}: {}", tried.status)),
                ))
            }
        }
    }

    /// Returns the user's PATH without the folders that are not inside.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Returns the command that makes namespaces with a host name in them, and nothing else yet.
    fn namespaces(walls: &Walls, host: &str) -> Command {
        let mut command = Command::new(&walls.tool);
        command.env_clear();
        command.args([
            "--unshare-user",
            "--unshare-ipc",
            "--unshare-pid",
            "--unshare-net",
            "--unshare-uts",
            "--unshare-cgroup-try",
            "--cap-drop",
            "ALL",
            "--hostname",
            host,
            // Without it the program could type into the user's terminal.
            "--new-session",
            "--die-with-parent",
        ]);
        if walls.forbids_namespaces {
            command.arg("--disable-userns");
        }
        command
    }

    fn walls(&self) -> io::Result<&Walls> {
        let none = || io::Error::other("there are no walls");
        self.walls.as_ref().ok_or_else(none)
    }

    /// Returns the command that runs the shell service of a host inside, with the host's tree as its root.
    ///
    /// # Errors
    /// Without walls.
    pub(super) fn host_command(&self, sandbox: &Sandbox, node: &NodeName) -> io::Result<Command> {
        let walls = self.walls()?;
        let name = format!("{}.example.com", node.as_str().to_lowercase());
        let mut command = Self::namespaces(walls, &name);
        command.args(["--uid", "0", "--gid", "0", "--bind"]);
        command.arg(sandbox.tree(node)).arg("/");
        for folder in SYSTEM {
            // Those that are links are links in the tree.
            if fs::read_link(folder).is_err() {
                command.args(["--ro-bind-try", folder, folder]);
            }
        }
        for path in STORES.into_iter().chain(SETTINGS_OF_HOSTS) {
            command.args(["--ro-bind-try", path, path]);
        }
        for folder in furnish::PROGRAMS {
            if fs::read_link(folder).is_err() {
                let inside = format!("{}{folder}", furnish::MACHINE);
                command.args(["--ro-bind-try", folder, &inside, "--ro-bind"]);
                command.arg(&walls.commands.folder).arg(folder);
            }
        }
        command
            .arg("--bind")
            .arg(sandbox.tree(node).join("usr/local"))
            .arg("/usr/local");
        command.args(["--proc", "/proc", "--dev", "/dev"]);
        let inside = Path::new(sandbox::INSIDE);
        command.arg("--ro-bind").arg(sandbox.on(node)).arg(inside);
        command
            .arg("--bind")
            .arg(sandbox.socket())
            .arg(inside.join("ask"));
        command
            .arg("--bind-try")
            .arg(sandbox.folder.join(sql::HANDED))
            .arg(inside.join(sql::HANDED));
        command
            .arg("--ro-bind")
            .arg(sandbox.folder.join("lines"))
            .arg(inside.join("lines"));
        let own = inside.join(OWN_PROGRAM);
        command.arg("--ro-bind").arg(&sandbox.own_program).arg(&own);
        command.args(["--chdir", "/", "--clearenv"]);
        for (name, value) in &self.environment {
            if HARMLESS.iter().any(|known| name == known)
                || name.to_string_lossy().starts_with("LC_")
            {
                set(&mut command, name, value);
            }
        }
        for (name, value) in [
            ("PATH", USUAL_PATH),
            ("HOME", "/root"),
            ("USER", "root"),
            ("LOGNAME", "root"),
            ("SHELL", "/bin/bash"),
        ] {
            set(&mut command, OsStr::new(name), OsStr::new(value));
        }
        let start = inside.join(sandbox::SHELL_START);
        set(&mut command, OsStr::new("BASH_ENV"), start.as_os_str());
        command
            .arg("--")
            .arg(&own)
            .arg("shim")
            .arg(inside)
            .arg(serve::NAME);
        Ok(command)
    }

    /// Returns the command that runs a program, in the folder of the sandbox: inside the walls, if there are any.
    fn command(&self, sandbox: &Sandbox, program: &Path) -> Command {
        let Some(walls) = &self.walls else {
            let mut command = Command::new(program);
            command.current_dir(sandbox.folder.join("home"));
            // It has the user's own home and the user's own folder for temporary files.
            let own = |name: &str| ["HOME", "TMPDIR"].contains(&name);
            let variables = sandbox.environment();
            command.envs(variables.into_iter().filter(|(name, _)| !own(name)));
            return command;
        };
        let mut command = Self::namespaces(walls, "operator");
        for folder in SYSTEM {
            match fs::read_link(folder) {
                Ok(target) => command.arg("--symlink").arg(target).arg(folder),
                Err(_) => command.args(["--ro-bind-try", folder, folder]),
            };
        }
        for path in STORES.into_iter().chain(SETTINGS) {
            command.args(["--ro-bind-try", path, path]);
        }
        command.args(["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]);
        let read_only = |command: &mut Command, from: &Path, to: &Path| {
            command.arg("--ro-bind").arg(from).arg(to);
        };
        for path in &self.binds {
            read_only(&mut command, path, path);
        }
        read_only(&mut command, program, program);
        command.arg("--bind").args([&sandbox.folder; 2]);
        let names = sandbox.folder.join(sandbox::NAMES);
        read_only(&mut command, &names, Path::new("/etc/hosts"));
        let own = sandbox.folder.join(OWN_PROGRAM);
        read_only(&mut command, &sandbox.own_program, &own);
        // The folders that were made for the mounts must not be writable either.
        command.args(["--remount-ro", "/", "--remount-ro", "/dev"]);
        // Programs that share memory between their processes need it.
        command.args(["--tmpfs", "/dev/shm"]);
        command
            .arg("--chdir")
            .arg(sandbox.folder.join("home"))
            .arg("--clearenv");
        for (name, value) in &self.environment {
            set(&mut command, name, value);
        }
        for (name, value) in sandbox.environment() {
            set(&mut command, OsStr::new(name), &value);
        }
        command.arg("--").arg(&own).args(["shim"]);
        command
            .arg(&sandbox.folder)
            .args([OsStr::new(launcher::NAME), program.as_os_str()]);
        command
    }
}

fn path_inside(path: &str, binds: &[PathBuf]) -> String {
    let inside = |folder: &&str| {
        let folder = Path::new(folder);
        let system = SYSTEM.iter().chain(&STORES).map(Path::new);
        folder.is_absolute()
            && system
                .chain(binds.iter().map(PathBuf::as_path))
                .any(|known| folder.starts_with(known))
    };
    let folders: Vec<&str> = path.split(':').filter(inside).collect();
    if folders.is_empty() {
        USUAL_PATH.to_owned()
    } else {
        folders.join(":")
    }
}

fn set(command: &mut Command, name: &OsStr, value: &OsStr) {
    command.arg("--setenv").arg(name).arg(value);
}

/// Starts a program inside. Both of its streams go into one pipe, and it gets its own process group.
///
/// # Errors
///
/// When the tool cannot be started.
pub(super) fn spawn(
    confinement: &Confinement,
    sandbox: &Sandbox,
    program: &Path,
    output: io::PipeWriter,
) -> io::Result<std::process::Child> {
    use std::os::unix::process::CommandExt as _;
    let mut command = confinement.command(sandbox, program);
    command
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .process_group(0);
    limits::with_priority(|| command.spawn())
}
