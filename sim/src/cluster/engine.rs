//! The interface of an engine to a cluster, and what both engines do in the same way.

use seatrial_node::{Channel, Frame, Peer};
use seatrial_scenarios::{
    Fault, FaultOutcome, FileChange, NodeName, Port, Progress, Request, RequestId, Span, TraceKind,
};

use crate::machine::{CallId, MachineEffect};
use crate::{ports, setup};

use super::calls::Next;
use super::whole::Cluster;

/// Linux asks three times, a second apart, which host has an address, and then says that there is no route to it
/// (`mcast_solicit`, EHOSTUNREACH).
pub(super) const NO_SUCH_HOST: Span = Span::from_secs(3);

/// An engine: the network, the time and the order of events of a cluster.
///
/// The first group of methods is what engines differ in. The others are written in terms of these and are
/// the same for every engine.
pub(crate) trait Engine {
    /// Returns the cluster.
    fn cluster(&self) -> &Cluster;
    /// Returns the cluster, to act on it.
    fn cluster_mut(&mut self) -> &mut Cluster;
    /// Returns the instant.
    fn now(&self) -> Span;
    /// Notes the instant at which a machine wants to be called next.
    fn note_deadline(&mut self, peer: Peer);
    /// Sends a frame over a connection, if there is one.
    fn send(&mut self, from: Peer, to: Peer, frame: Frame);
    /// Opens a connection.
    fn connect(&mut self, from: Peer, to: Peer, channel: Channel);
    /// Closes one machine's end of a connection.
    fn close(&mut self, from: Peer, to: Peer, channel: Channel);
    /// An attempt to connect to an address that no host has fails after a time.
    fn find_nobody(&mut self, from: Peer, address: Peer, channel: Channel, after: Span);
    /// Goes on with a call of a machine's program at an instant.
    fn wake_call(&mut self, from: Peer, id: CallId, at: Span);
    /// Closes all connections of a machine whose process is gone.
    fn reset_connections(&mut self, peer: Peer);
    /// Sends the answer to a request to its asker.
    fn answer(&mut self, id: RequestId, progress: Progress);
    /// Does to the network what a fault of a machine has done to it.
    fn follow_fault(&mut self, fault: &Fault, peer: Peer);
    /// Follows a change in the table of the network.
    fn follow_links(&mut self);
    /// The message for which a wait is has been heard.
    fn ring(&mut self) {}

    /// Carries out what a machine wants and looks at what has changed. It must follow everything that
    /// happens to a machine.
    fn settle(&mut self, peer: Peer) {
        loop {
            let mut effects = self.cluster_mut().machine_mut(peer).take_effects();
            if effects.is_empty() {
                break;
            }
            for effect in effects.drain(..) {
                self.carry_out(peer, effect);
            }
            self.cluster_mut().machine_mut(peer).give_back(effects);
        }
        self.note_deadline(peer);
        let now = self.now();
        self.cluster_mut().notice(peer, now);
        if self.cluster().rings() {
            self.ring();
        }
    }

    /// Carries out one effect of a machine.
    fn carry_out(&mut self, from: Peer, effect: MachineEffect) {
        match effect {
            MachineEffect::Send(to, frame) => {
                // What goes to an address that its host has left is lost.
                if let Some(to) = self.cluster().addresses().holder(to) {
                    self.send(from, to, frame);
                }
            }
            MachineEffect::Connect(to, channel) => {
                if let Some(to) = self.cluster().addresses().holder(to) {
                    self.connect(from, to, channel);
                } else {
                    let limit = self.cluster().machine(from).dial_timeout(channel);
                    self.find_nobody(from, to, channel, limit.min(NO_SUCH_HOST));
                }
            }
            MachineEffect::Close(to, channel) => {
                if let Some(to) = self.cluster().addresses().holder(to) {
                    self.close(from, to, channel);
                }
            }
            MachineEffect::Call { query, to, call } => {
                let now = self.now();
                let id = self.cluster_mut().open_call(from, to, query, call, now);
                self.wake_call(from, id, now);
            }
            MachineEffect::GuestAnswered(id, answer) => {
                let now = self.now();
                let cluster = self.cluster_mut();
                let caller = cluster.caller(id);
                if let (Some(caller), Some(at)) = (caller, cluster.answer_call(id, answer, now)) {
                    self.wake_call(caller, id, at);
                }
            }
            MachineEffect::Firewall(rules) => {
                self.cluster_mut().set_wall(from, rules);
                self.follow_links();
            }
            MachineEffect::ConnectionsReset => self.reset_connections(from),
            MachineEffect::OnAllHosts(line) => {
                for peer in self.cluster().peers() {
                    let now = self.now();
                    let cluster = self.cluster_mut();
                    let id = cluster.requests_mut().next_id();
                    cluster.requests_mut().begin(id, peer);
                    cluster.machine_mut(peer).command(now, id, &line);
                    if peer != from {
                        self.settle(peer);
                    }
                }
            }
            MachineEffect::Ended(id, progress) => {
                if self.cluster().journal().is_on() {
                    let progress = progress.clone();
                    self.trace(Some(from), TraceKind::Ended { id, progress });
                }
                self.answer(id, progress);
            }
            MachineEffect::Trace(what) => self.trace(Some(from), what),
        }
    }

    /// Goes on with a call.
    fn continue_call(&mut self, id: CallId) {
        let now = self.now();
        let Some(caller) = self.cluster().caller(id) else {
            return;
        };
        match self.cluster_mut().go_on(id, now) {
            Next::Nothing => {}
            Next::At(at) => self.wake_call(caller, id, at),
            Next::Settle(peers) => {
                for peer in peers {
                    self.settle(peer);
                }
            }
        }
    }

    /// Appends to the trace.
    fn trace(&mut self, peer: Option<Peer>, what: TraceKind) {
        let now = self.now();
        self.cluster_mut().trace(now, peer, what);
    }

    /// Does to the files of a host what a program has done to them. Returns a text for each change that the model does
    /// not have.
    fn change_files(&mut self, node: &NodeName, changes: &[FileChange]) -> Vec<String> {
        let Some(peer) = self.cluster().peer(node) else {
            return Vec::new();
        };
        let now = self.now();
        let gaps = self.cluster_mut().change_files(peer, changes, now);
        self.settle(peer);
        gaps
    }

    /// Hands a request to the machine that it is for.
    fn hand_over(&mut self, id: RequestId, request: &Request, peer: Peer) {
        let now = self.now();
        let machine = self.cluster_mut().machine_mut(peer);
        match request {
            Request::Operator { line, .. } => machine.command(now, id, line),
            Request::Client { statement, .. } => machine.client(now, id, statement),
        }
        self.settle(peer);
    }

    /// Tells a machine that it has a connection; `dialled` says that it has opened it itself.
    fn tell_up(&mut self, me: Peer, peer: Peer, channel: Channel, dialled: bool) {
        let up = TraceKind::LinkUp {
            peer: self.cluster().name(peer),
            channel: channel.word().into(),
        };
        self.trace(Some(me), up);
        let now = self.now();
        let address = self.cluster().addresses().of(peer);
        let machine = self.cluster_mut().machine_mut(me);
        machine.link_up(now, address, channel, dialled);
        self.settle(me);
    }

    /// Tells a machine that it has lost a connection, or did not get one.
    fn tell_down(&mut self, me: Peer, peer: Peer, channel: Channel, reason: &str) {
        let down = TraceKind::LinkDown {
            peer: self.cluster().name(peer),
            channel: channel.word().into(),
            reason: reason.into(),
        };
        self.trace(Some(me), down);
        self.tell_down_untraced(me, peer, channel);
    }

    /// The same for an attempt to connect that leaves no trace.
    fn tell_down_untraced(&mut self, me: Peer, peer: Peer, channel: Channel) {
        let address = self.cluster().addresses().of(peer);
        self.tell_not_found(me, address, channel);
    }

    /// The same for an address, whoever has it by now.
    fn tell_not_found(&mut self, me: Peer, address: Peer, channel: Channel) {
        let now = self.now();
        self.cluster_mut()
            .machine_mut(me)
            .link_down(now, address, channel);
        self.settle(me);
    }

    /// Tells a machine that nobody answers its attempt to connect to a closed port. Only state transfers care, whose
    /// script is a process of its own.
    fn tell_waits(&mut self, me: Peer, peer: Peer, channel: Channel, port: Port) {
        if channel == Channel::Transfer {
            let now = self.now();
            let address = self.cluster().addresses().of(peer);
            self.cluster_mut()
                .machine_mut(me)
                .link_waits(now, address, ports::stage(port));
            self.settle(me);
        }
    }

    /// Gives a machine a frame.
    fn deliver(&mut self, to: Peer, from: Peer, frame: Frame) {
        if self.cluster().journal().is_on() && !frame.is_keepalive() {
            let received = TraceKind::Received {
                from: self.cluster().name(from),
                frame: frame.summary(),
            };
            self.trace(Some(to), received);
        }
        let now = self.now();
        let from = self.cluster().addresses().of(from);
        self.cluster_mut().hear_received(to, &frame);
        self.cluster_mut()
            .machine_mut(to)
            .received(now, from, frame);
        self.settle(to);
    }

    /// Presses Ctrl-C on a machine.
    fn press_ctrl_c(&mut self, id: RequestId, peer: Peer) {
        let now = self.now();
        self.cluster_mut().machine_mut(peer).interrupt(now, id);
        self.settle(peer);
    }

    /// Applies faults at one instant, in order, and traces each with its outcome.
    fn apply_together(&mut self, together: &[Fault]) -> Vec<FaultOutcome> {
        let mut outcomes = Vec::new();
        for fault in together {
            let outcome = self.apply_fault(fault);
            let what = TraceKind::Fault {
                fault: fault.clone(),
                outcome: outcome.clone(),
            };
            self.trace(None, what);
            outcomes.push(outcome);
        }
        let now = self.now();
        let cluster = self.cluster_mut();
        cluster.touch(now);
        cluster.count_change();
        self.follow_links();
        outcomes
    }

    /// Applies one fault.
    fn apply_fault(&mut self, fault: &Fault) -> FaultOutcome {
        let now = self.now();
        let cluster = self.cluster_mut();
        if let Some(outcome) = cluster.network_fault(fault, now) {
            return outcome;
        }
        if let Some((outcome, peer)) = cluster.disk_fault(fault, now) {
            self.settle(peer);
            return outcome;
        }
        let Some(peer) = setup::fault_node(fault).and_then(|name| cluster.peer(name)) else {
            return FaultOutcome::Skipped("no such node".into());
        };
        let outcome = match fault {
            Fault::Readdress { address, .. } => cluster.readdress(peer, address),
            Fault::Configure {
                node,
                option,
                value,
            } => {
                let written = Fault::Configure {
                    node: node.clone(),
                    option: option.clone(),
                    value: cluster.in_file(option, value),
                };
                cluster.machine_mut(peer).fault(now, &written)
            }
            _ => cluster.machine_mut(peer).fault(now, fault),
        };
        if matches!(outcome, FaultOutcome::Applied(_)) {
            self.follow_fault(fault, peer);
        }
        self.settle(peer);
        outcome
    }
}
