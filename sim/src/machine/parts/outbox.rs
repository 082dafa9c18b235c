//! The requests of a machine to its engine.

use seatrial_node::{Channel, Frame, Peer};
use seatrial_scenarios::console::{Call, Firewall, QueryId, QueryResult};
use seatrial_scenarios::{Output, Progress, RequestId, TraceKind};

/// The number of a call from one host to another in its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

/// The requests of a machine to its engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MachineEffect {
    /// Send a frame over a connection.
    Send(Peer, Frame),
    /// Open a connection.
    Connect(Peer, Channel),
    /// Close one.
    Close(Peer, Channel),
    /// The process is gone: the kernel closes all its connections.
    ConnectionsReset,
    /// Type this line on every machine of the cluster.
    OnAllHosts(String),
    /// A program asks another host.
    Call {
        /// The number by which the program knows the call.
        query: QueryId,
        /// The address.
        to: Peer,
        /// The question.
        call: Call,
    },
    /// The server has answered a program on another host.
    GuestAnswered(CallId, QueryResult),
    /// The host's packet filter has these rules.
    Firewall(Firewall),
    /// A request has ended.
    Ended(RequestId, Progress),
    /// Something for the trace.
    Trace(TraceKind),
}

/// The effects that the engine has not taken yet.
///
/// It owns them, and whether the machine tells what it does. Every flow appends to it, and the engine
/// empties it. It carries nothing out itself.
#[derive(Clone, Debug)]
pub(in crate::machine) struct Outbox {
    effects: Vec<MachineEffect>,
    traced: bool,
}

impl Outbox {
    /// Makes an empty outbox that traces everything.
    pub(in crate::machine) const fn new() -> Self {
        Self {
            effects: Vec::new(),
            traced: true,
        }
    }

    /// Asks for something.
    pub(in crate::machine) fn push(&mut self, effect: MachineEffect) {
        self.effects.push(effect);
    }

    /// A request has ended.
    pub(in crate::machine) fn end(&mut self, id: RequestId, progress: Progress) {
        self.push(MachineEffect::Ended(id, progress));
    }

    /// A program has ended.
    pub(in crate::machine) fn end_program(&mut self, id: RequestId, output: Output) {
        self.end(id, Progress::Done(output));
    }

    /// Tells something for the trace.
    pub(in crate::machine) fn trace(&mut self, what: TraceKind) {
        if self.traced {
            self.push(MachineEffect::Trace(what));
        }
    }

    /// Whether the machine tells what it does.
    pub(in crate::machine) const fn set_traced(&mut self, on: bool) {
        self.traced = on;
    }

    /// No process is left to close connections: peers hear nothing.
    pub(in crate::machine) fn keep_connections(&mut self) {
        self.effects
            .retain(|effect| *effect != MachineEffect::ConnectionsReset);
    }

    /// Takes all effects.
    pub(in crate::machine) fn take(&mut self) -> Vec<MachineEffect> {
        std::mem::take(&mut self.effects)
    }

    /// Takes back an emptied list, so that the next effects need no new one.
    pub(in crate::machine) fn give_back(&mut self, emptied: Vec<MachineEffect>) {
        if self.effects.is_empty() {
            self.effects = emptied;
        }
    }
}
