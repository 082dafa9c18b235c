//! The hosts of a run: for each node a file tree, and a shell inside walls of its own.
//!
//! A host's walls stand from the first line for it to the end of the run, or until the host loses power. What is
//! started on it goes on between lines, as on a real host.

pub(super) mod files;
pub(super) mod furnish;
mod root;
pub(super) mod serve;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process_group};
use seatrial_scenarios::{FileChange, HostTree, NodeName, Span};

use super::confinement::Confinement;
use super::limits;
use super::sandbox::Sandbox;
use super::sql::SqlPorts;
use files::TreeFiles;

/// The hosts of a run.
pub(super) struct Hosts {
    hosts: BTreeMap<NodeName, Host>,
}

struct Host {
    files: TreeFiles,
    /// Its walls, and the socket of the shell inside.
    running: Option<Walls>,
    is_on: bool,
    is_real: bool,
    /// A program has acted on it since its files were last looked at.
    is_touched: bool,
}

/// The process that holds a host's namespaces.
struct Walls {
    child: Child,
    socket: PathBuf,
    /// The other end is open as long as the shell service lives.
    lives: io::PipeReader,
}

/// The longest wait for the end of a namespace.
const GONE: Timespec = Timespec {
    tv_sec: 2,
    tv_nsec: 0,
};

impl Drop for Walls {
    fn drop(&mut self) {
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(group) = group {
            // A process that has ended already need not be killed.
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait();
        // The namespace dies a moment after the tool. A line on the host must not end in order meanwhile.
        let mut end = [PollFd::new(&self.lives, PollFlags::IN)];
        let _ = poll(&mut end, Some(&GONE));
        let _ = fs::remove_file(&self.socket);
    }
}

impl Hosts {
    /// Makes the trees of all hosts.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(super) fn new(sandbox: &Sandbox) -> io::Result<Self> {
        let mut hosts = BTreeMap::new();
        for node in &sandbox.nodes {
            let tree = sandbox.tree(node);
            furnish::furnish(&tree, node, &sandbox.nodes)?;
            let host = Host {
                files: TreeFiles::new(&tree)?,
                running: None,
                is_on: false,
                is_real: false,
                is_touched: false,
            };
            hosts.insert(node.clone(), host);
        }
        Ok(Self { hosts })
    }

    /// Sees to it that a host that is on has its walls, so that a line can run on it.
    ///
    /// # Errors
    /// When the walls cannot be made.
    pub(super) fn open(
        &mut self,
        node: &NodeName,
        sandbox: &Sandbox,
        walls: &Confinement,
    ) -> io::Result<()> {
        let Some(host) = self
            .hosts
            .get_mut(node)
            .filter(|host| host.is_on && !host.is_real)
        else {
            return Ok(());
        };
        let is_open = match &mut host.running {
            Some(walls) => walls.child.try_wait()?.is_none(),
            None => false,
        };
        if !is_open {
            host.running = None;
            host.running = Some(start(node, sandbox, walls)?);
        }
        Ok(())
    }

    /// Returns the version of a node's files that its tree has.
    pub(super) fn version(&self, node: &NodeName) -> Option<u64> {
        self.hosts.get(node)?.files.version
    }

    /// Returns what was done to the files of a node.
    pub(super) fn changes(&mut self, node: &NodeName) -> Vec<FileChange> {
        let Some(host) = self.hosts.get_mut(node) else {
            return Vec::new();
        };
        let is_touched = std::mem::take(&mut host.is_touched);
        if is_touched && host.is_on && !host.is_real {
            host.files.changes()
        } else {
            Vec::new()
        }
    }

    /// Notes that a program acts on a host.
    pub(super) fn touch(&mut self, node: &NodeName) {
        if let Some(host) = self.hosts.get_mut(node) {
            host.is_touched = true;
        }
    }

    /// Notes that programs may have acted on every host on which a line has run.
    pub(super) fn touch_all(&mut self) {
        for host in self.hosts.values_mut() {
            host.is_touched = host.is_on;
        }
    }

    /// Shows the files of a node in its tree, and lets its server take clients if it does.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(super) fn show(
        &mut self,
        node: &NodeName,
        tree: HostTree,
        now: Span,
        sql: Option<&SqlPorts>,
    ) -> io::Result<()> {
        let Some(host) = self.hosts.get_mut(node) else {
            return Ok(());
        };
        match tree {
            HostTree::Off => {
                host.is_on = false;
                host.running = None;
                host.files.version = None;
                if let Some(sql) = sql {
                    sql.host_is_off(node);
                }
                Ok(())
            }
            HostTree::Real => {
                host.is_on = true;
                host.is_real = true;
                if let Some(sql) = sql {
                    // A real server says itself that it is not there, to each statement.
                    sql.serves(node, Some(0));
                }
                Ok(())
            }
            HostTree::Same => Ok(()),
            HostTree::Files {
                version,
                server,
                files,
            } => {
                host.is_on = true;
                let sockets = host.files.show(version, server, files, now)?;
                if let Some(sql) = sql {
                    sql.serves(node, server);
                    for socket in sockets {
                        sql.add_local(node, socket);
                    }
                }
                Ok(())
            }
        }
    }

    /// Ends everything that runs on the hosts.
    pub(super) fn close(&mut self) {
        for host in self.hosts.values_mut() {
            host.running = None;
        }
    }
}

fn start(node: &NodeName, sandbox: &Sandbox, walls: &Confinement) -> io::Result<Walls> {
    let socket = sandbox.line_socket(node);
    let listener = UnixListener::bind(&socket)?;
    let (lives, service) = io::pipe()?;
    let mut command = walls.host_command(sandbox, node)?;
    command
        .stdin(Stdio::from(std::os::fd::OwnedFd::from(listener)))
        .stdout(service)
        .stderr(Stdio::null())
        .process_group(0);
    let child = limits::with_priority(|| command.spawn())?;
    // The command keeps its end of the pipe.
    drop(command);
    Ok(Walls {
        child,
        socket,
        lives,
    })
}

/// Removes a folder with everything in it, also what a program has made unreadable.
pub(super) fn remove_tree(folder: &Path) {
    if fs::remove_dir_all(folder).is_ok() {
        return;
    }
    open_up(folder);
    // If it cannot be removed, it stays in the system's temporary folder, which the system cleans.
    let _ = fs::remove_dir_all(folder);
}

fn open_up(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let is_folder = fs::symlink_metadata(folder).is_ok_and(|meta| meta.is_dir());
    if !is_folder {
        return;
    }
    // Whatever fails here fails again when the folder is removed.
    let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        open_up(&entry.path());
    }
}
