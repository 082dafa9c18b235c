//! The server process of a machine, and what is left of the last one.

use std::collections::VecDeque;

use seatrial_galera::StatusVariables;
use seatrial_node::{
    BootMode, Channel, Effects, Frame, Identity, Node, Peer, Process, Time, TransferStage,
};
use seatrial_scenarios::Span;
use seatrial_scenarios::console::QueryResult;

use crate::disk::Inode;

/// A running mariadbd.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::machine) struct Server {
    /// The node with its timers and disk operations.
    pub(in crate::machine) process: Process,
    /// The number by which the kernel knows it.
    pub(in crate::machine) pid: u32,
    /// When it was started.
    pub(in crate::machine) since: Span,
    /// SIGSTOP: nothing is handled, everything waits.
    pub(in crate::machine) hung: bool,
    /// The inputs that arrived while it was suspended.
    pub(in crate::machine) inbox: VecDeque<Incoming>,
    /// The handle on grastate.dat.
    pub(in crate::machine) grastate: Option<Inode>,
    /// `wsrep_cluster_address`, if a statement has changed it.
    pub(in crate::machine) address: Option<String>,
    /// Whether it accepted statements at the last look.
    pub(in crate::machine) was_ready: bool,
}

impl Server {
    /// Returns the node inside it.
    pub(in crate::machine) const fn node(&self) -> &Node {
        self.process.node()
    }
}

/// An input that may have to wait.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::machine) enum Incoming {
    /// A connection is up; whether this machine has dialled it.
    LinkUp(Peer, Channel, bool),
    /// A connection is gone.
    LinkDown(Peer, Channel),
    /// An attempt to connect for a state transfer waits.
    LinkWaits(Peer, TransferStage),
    /// A frame has arrived.
    Received(Peer, Frame),
    /// Somebody asks the server.
    Statement(seatrial_node::RequestId, seatrial_node::Statement),
    /// SIGTERM.
    Term,
}

/// The state of a process on which its answers to questions about itself depend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::machine) struct Looked {
    /// Its status.
    pub(in crate::machine) status: StatusVariables,
    /// Whether an operator has taken it out of flow control.
    pub(in crate::machine) is_desynced: bool,
}

/// The number of questions whose answers are kept.
const TOLD_MAX: usize = 4;

/// The server of a machine, whether or not it runs.
///
/// It owns the process and what outlives it: the number of starts, the last exit code, the socket's file,
/// and the mail back end that depends on it. The flow `serve` drives it, and the flow
/// `faults` hangs and resumes the server. It knows no unit, and of the disk only the inodes of open files.
#[derive(Clone, Debug, Default)]
pub(in crate::machine) struct Daemon {
    running: Option<Server>,
    /// The number of processes so far, which is part of the identity of each.
    starts: u64,
    exit: Option<i32>,
    /// The last process has said that it is ahead of its group.
    reversed: bool,
    socket_file: bool,
    backend_running: bool,
    /// The last questions about itself that the running server has answered. Operators ask the same again and again,
    /// and mostly nothing has changed.
    told: Vec<(String, Looked, QueryResult)>,
    /// Always empty between two inputs: kept for its room.
    scratch: Effects,
}

impl Daemon {
    /// Counts a start, and says which it is.
    pub(in crate::machine) const fn count_start(&mut self) -> u64 {
        self.starts += 1;
        self.starts
    }

    /// Returns the number of starts so far.
    pub(in crate::machine) const fn starts(&self) -> u64 {
        self.starts
    }

    /// Returns the number by which the kernel knows the last process, or knew it.
    pub(in crate::machine) fn last_pid(&self) -> u32 {
        1_000 + u32::try_from(self.starts).unwrap_or(0)
    }

    /// Starts a process, and says by which number the kernel knows it.
    pub(in crate::machine) fn start(
        &mut self,
        identity: Identity,
        boot: BootMode,
        now: Span,
    ) -> u32 {
        let pid = self.last_pid();
        self.exit = None;
        self.reversed = false;
        self.forget_told();
        self.running = Some(Server {
            process: Process::new(identity, boot, time(now)),
            pid,
            since: now,
            hung: false,
            inbox: VecDeque::new(),
            grastate: None,
            address: None,
            was_ready: false,
        });
        pid
    }

    /// The process is gone with this exit code.
    pub(in crate::machine) fn end(&mut self, code: i32) {
        self.running = None;
        self.exit = Some(code);
        self.backend_running = false;
    }

    /// Returns the running server.
    pub(in crate::machine) const fn server(&self) -> Option<&Server> {
        self.running.as_ref()
    }

    /// Returns the running server, to act on it.
    pub(in crate::machine) const fn server_mut(&mut self) -> Option<&mut Server> {
        self.running.as_mut()
    }

    /// The running server whose port is open.
    pub(in crate::machine) fn open_server(&self) -> Option<&Server> {
        self.server().filter(|server| server.node().port_open())
    }

    /// Returns the answer to a question about the server, if it was asked in this state.
    pub(in crate::machine) fn told(&self, question: &str, looked: &Looked) -> Option<&QueryResult> {
        let mut told = self.told.iter();
        told.find(|(text, then, _)| then == looked && text == question)
            .map(|(.., answer)| answer)
    }

    /// Keeps the answer to a question about the server.
    pub(in crate::machine) fn tell(&mut self, question: &str, looked: Looked, answer: QueryResult) {
        self.told.retain(|(text, ..)| text != question);
        self.told.truncate(TOLD_MAX - 1);
        self.told.insert(0, (question.to_owned(), looked, answer));
    }

    /// Names or addresses have changed, or the server is another one.
    pub(in crate::machine) fn forget_told(&mut self) {
        self.told.clear();
    }

    /// Takes the empty list for a node's effects.
    pub(in crate::machine) fn take_scratch(&mut self) -> Effects {
        std::mem::take(&mut self.scratch)
    }

    /// Takes back the emptied list.
    pub(in crate::machine) fn give_back(&mut self, emptied: Effects) {
        self.scratch = emptied;
    }

    /// Returns whether a server runs.
    pub(in crate::machine) const fn runs(&self) -> bool {
        self.running.is_some()
    }

    /// Returns whether a server runs that has been suspended.
    pub(in crate::machine) fn hangs(&self) -> bool {
        self.server().is_some_and(|server| server.hung)
    }

    /// Returns the next instant at which something is due; a suspended server does nothing.
    pub(in crate::machine) fn deadline(&self) -> Option<Span> {
        let server = self.server().filter(|server| !server.hung)?;
        server.process.deadline().map(|at| Span(at.0))
    }

    /// Returns the exit code of the last process; `None` while one runs, and before the first one.
    pub(in crate::machine) const fn exit(&self) -> Option<i32> {
        self.exit
    }

    /// The process says that it is ahead of its group.
    pub(in crate::machine) const fn reverse(&mut self) {
        self.reversed = true;
    }

    /// Returns whether the last process has said that it is ahead of its group.
    pub(in crate::machine) const fn has_reversed(&self) -> bool {
        self.reversed
    }

    /// Returns whether the socket's file is there.
    pub(in crate::machine) const fn has_socket_file(&self) -> bool {
        self.socket_file
    }

    /// The socket's file is there, or no longer is.
    pub(in crate::machine) const fn set_socket_file(&mut self, there: bool) {
        self.socket_file = there;
    }

    /// Returns whether the mail back end runs.
    pub(in crate::machine) const fn backend_runs(&self) -> bool {
        self.backend_running
    }

    /// The mail back end runs, or no longer does.
    pub(in crate::machine) const fn set_backend(&mut self, runs: bool) {
        self.backend_running = runs;
    }
}

/// The node's time is the run's.
pub(in crate::machine) const fn time(now: Span) -> Time {
    Time(now.as_micros())
}
