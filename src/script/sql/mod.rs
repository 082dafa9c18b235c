//! The clients' port of the simulated servers, for programs that speak MySQL's protocol themselves: the real `mysql`,
//! PyMySQL, Ansible's modules.
//!
//! | where | what listens |
//! |---|---|
//! | on the operator's machine | port 3306 of each node's address |
//! | on a host | the same, and port 3306 of localhost, for the host's own server |
//! | in a host's tree | the server's socket |
//!
//! They listen as long as the server takes clients. A connection ends with the server's process. Each statement is a
//! line that the engine types with `mysql`, so that it stands in the record and costs the same.

mod inside;
mod protocol;
mod session;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd as _, OwnedFd};
use rustix::io::Errno;
use rustix::net::{Shutdown, SocketFlags, accept_with, listen, shutdown};
use seatrial_scenarios::NodeName;

use super::passing;
use super::process::Inbox;
use inside::Bound;
pub(super) use inside::{HANDED, hand_out};
use session::Session;

/// The most connections of a run (`max_connections`, as MariaDB has it by default).
const CONNECTIONS_MOST: usize = 151;

/// The most sockets at which clients connect. Each namespace has one for each node.
const SOCKETS_MOST: usize = 256;

/// The connections that wait until they are accepted.
const BACKLOG: i32 = 64;

/// The time between two looks for sockets that have been added.
const LOOK: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 10_000_000,
};

/// The time for which the other side of a handed socket is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// The clients' ports of all servers.
pub(super) struct SqlPorts {
    table: Arc<Mutex<Table>>,
    over: Arc<AtomicBool>,
}

#[derive(Default)]
struct Table {
    /// The number of the process that takes clients, for each node that has one.
    servers: BTreeMap<NodeName, u32>,
    /// The nodes of which it has been said whether they have one.
    told: BTreeSet<NodeName>,
    sockets: Vec<Listening>,
    open: Vec<Open>,
    connections: u32,
}

/// A socket at which clients connect.
struct Listening {
    at: Bound,
    socket: Arc<OwnedFd>,
    /// It is the one in the host's tree.
    is_local: bool,
    listens: bool,
}

/// A client's connection.
struct Open {
    node: NodeName,
    stream: OwnedFd,
    over: Arc<AtomicBool>,
}

impl SqlPorts {
    /// Takes the sockets that namespaces hand out in this folder, and answers who connects. `inbox` takes the
    /// statements to the engine.
    ///
    /// # Errors
    /// When the socket for them cannot be made.
    pub(super) fn new(folder: &Path, inbox: Inbox) -> io::Result<Self> {
        let handed = UnixListener::bind(folder.join(HANDED))?;
        handed.set_nonblocking(true)?;
        let (table, over) = (Arc::<Mutex<Table>>::default(), Arc::<AtomicBool>::default());
        let (shared, flag) = (table.clone(), over.clone());
        thread::spawn(move || {
            while !flag.load(Ordering::SeqCst) {
                // A look that fails is taken again.
                let _ = look(&handed, &shared, &inbox, &flag);
            }
        });
        Ok(Self { table, over })
    }

    /// Takes the socket in a host's tree, which is bound and does not listen yet.
    pub(super) fn add_local(&self, node: &NodeName, socket: OwnedFd) {
        let at = Bound {
            from: Some(node.clone()),
            node: node.clone(),
        };
        let mut table = lock(&self.table);
        // The one before is no longer in the tree.
        let is_old = |one: &Listening| one.is_local && one.at == at;
        table.sockets.retain(|one| !is_old(one));
        table.add(at, socket, true);
    }

    /// A host is off: its server has ended, and its namespace with it.
    pub(super) fn host_is_off(&self, node: &NodeName) {
        self.serves(node, None);
        let mut table = lock(&self.table);
        table
            .sockets
            .retain(|one| one.at.from.as_ref() != Some(node));
    }

    /// Says which process takes clients on a node, `None` if none does. Connections to another process end.
    pub(super) fn serves(&self, node: &NodeName, server: Option<u32>) {
        let mut table = lock(&self.table);
        table.told.insert(node.clone());
        let before = match server {
            Some(server) => table.servers.insert(node.clone(), server),
            None => table.servers.remove(node),
        };
        if before == server {
            return;
        }
        table.open.retain(|open| {
            if open.node == *node {
                // A connection that the client has closed meanwhile has ended already.
                let _ = shutdown(&open.stream, Shutdown::Both);
            }
            open.node != *node
        });
        for socket in table.sockets.iter_mut().filter(|one| one.at.node == *node) {
            socket.set(server.is_some() && !socket.is_local);
        }
        // A socket of a tree that has been shut down never listens again. The next server makes another one.
        table
            .sockets
            .retain(|one| !one.is_local || one.at.node != *node);
    }

    /// Ends all connections.
    pub(super) fn close(&self) {
        self.over.store(true, Ordering::SeqCst);
        let mut table = lock(&self.table);
        for open in table.open.drain(..) {
            let _ = shutdown(&open.stream, Shutdown::Both);
        }
        table.sockets.clear();
    }
}

impl Drop for SqlPorts {
    fn drop(&mut self) {
        self.close();
    }
}

impl Table {
    fn add(&mut self, at: Bound, socket: OwnedFd, is_local: bool) {
        let serves = self.servers.contains_key(&at.node);
        let mut listening = Listening {
            at,
            socket: Arc::new(socket),
            is_local,
            listens: false,
        };
        listening.set(serves);
        self.sockets.push(listening);
    }
}

impl Listening {
    /// Lets it listen, or not: then it refuses who connects.
    fn set(&mut self, listens: bool) {
        if self.listens == listens {
            return;
        }
        // A socket that cannot be used refuses everybody, as a program's own mistake.
        self.listens = listens;
        let _ = if listens {
            listen(&self.socket, BACKLOG)
        } else {
            shutdown(&self.socket, Shutdown::Both)
        };
    }
}

fn lock(table: &Mutex<Table>) -> MutexGuard<'_, Table> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits a moment for a socket that is handed out and for clients, and takes them.
fn look(
    handed: &UnixListener,
    table: &Arc<Mutex<Table>>,
    inbox: &Inbox,
    over: &AtomicBool,
) -> io::Result<()> {
    let sockets: Vec<(Bound, Arc<OwnedFd>)> = {
        let mut table = lock(table);
        table.open.retain(|open| !open.over.load(Ordering::SeqCst));
        let listening = table.sockets.iter().filter(|socket| socket.listens);
        listening
            .map(|socket| (socket.at.clone(), socket.socket.clone()))
            .collect()
    };
    let fds = sockets.iter().map(|(_, socket)| socket.as_fd());
    let mut polled: Vec<PollFd<'_>> = fds
        .chain([handed.as_fd()])
        .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN))
        .collect();
    poll(&mut polled, Some(&LOOK))?;
    let ready: Vec<bool> = polled.iter().map(|fd| !fd.revents().is_empty()).collect();
    if ready.last() == Some(&true) {
        let (stream, _) = handed.accept()?;
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        take(&stream, table, over)?;
    }
    for ((at, socket), _) in sockets.iter().zip(&ready).filter(|(_, ready)| **ready) {
        match accept_with(socket, SocketFlags::CLOEXEC) {
            Ok(stream) => serve(at, stream, table, inbox)?,
            // The client has gone away again, or the server takes none any more.
            Err(Errno::AGAIN | Errno::CONNABORTED | Errno::INVAL | Errno::INTR) => {}
            // A program may have handed in what is no socket at all.
            Err(_) => lock(table)
                .sockets
                .retain(|one| !Arc::ptr_eq(&one.socket, socket)),
        }
    }
    Ok(())
}

/// Takes a socket that a namespace hands out. The program there begins when the socket listens, if it is to listen.
fn take(mut stream: &UnixStream, table: &Mutex<Table>, over: &AtomicBool) -> io::Result<()> {
    let (at, files) = passing::receive::<Bound>(stream)?;
    while !lock(table).told.contains(&at.node) && !over.load(Ordering::SeqCst) {
        thread::sleep(Duration::from_millis(1));
    }
    {
        let mut table = lock(table);
        let room = SOCKETS_MOST.saturating_sub(table.sockets.len());
        for file in files.into_iter().take(room) {
            rustix::io::ioctl_fionbio(&file, true)?;
            table.add(at.clone(), file, false);
        }
    }
    stream.write_all(&[0])
}

/// Serves a client in a thread of its own.
fn serve(at: &Bound, stream: OwnedFd, table: &Arc<Mutex<Table>>, inbox: &Inbox) -> io::Result<()> {
    let over = Arc::<AtomicBool>::default();
    let number = {
        let mut table = lock(table);
        if !table.servers.contains_key(&at.node) {
            // The server has ended since; the client learns it from the closed stream.
            return Ok(());
        }
        table.connections = table.connections.wrapping_add(1);
        let has_room = table.open.len() < CONNECTIONS_MOST;
        table.open.push(Open {
            node: at.node.clone(),
            stream: stream.try_clone()?,
            over: over.clone(),
        });
        has_room.then_some(table.connections)
    };
    let session = Session::new(at.clone(), inbox.clone());
    thread::spawn(move || {
        // A client that goes away, or that speaks something else, has ended its connection.
        let _ = protocol::serve(File::from(stream), number, session);
        over.store(true, Ordering::SeqCst);
    });
    Ok(())
}
