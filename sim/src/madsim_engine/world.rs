//! What the tasks of a run share: the machines, their ends of connections, the network's table, the
//! requests and the trace.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use madsim::net::NetSim;
use madsim::plugin;
use madsim::runtime::NodeHandle;
use madsim::task::AbortHandle;
use madsim::time::Instant;
use seatrial_node::{Channel, Frame, Peer};
use seatrial_scenarios::{
    Fault, FaultOutcome, NodeName, Observation, Progress, Request, RequestId, Setup, Span, Trace,
    TraceKind,
    trace::{Facts, changed_facts},
};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Notify, oneshot};

use crate::install;
use crate::keyed::Keyed;
use crate::links::Links;
use crate::machine::{Fingerprint, Machine, MachineEffect};

use super::{front, wire};

/// The most that madsim's own latency comes to: what is above it in the table is added by the writer.
const BASE_LATENCY: Span = Span::from_micros(900);

/// One machine's end of a connection.
pub(super) struct End {
    /// Tells one connection from the next between the same two.
    pub(super) serial: u64,
    /// Who opened it, and when.
    pub(super) dialled: (Peer, Span),
    /// Frames for the writer, each with the instant before which it is not written.
    pub(super) outgoing: UnboundedSender<(Span, Vec<u8>)>,
    /// The reading task.
    pub(super) reader: AbortHandle,
}

/// Which end: the machine, the other machine, the channel.
pub(super) type EndKey = (Peer, Peer, Channel);

/// Everything that tasks share. The lock is never held across an await.
pub(super) struct Shared {
    pub(super) start: Instant,
    pub(super) names: Vec<NodeName>,
    pub(super) keyed: Keyed,
    pub(super) machines: Vec<Machine>,
    pub(super) hosts: Vec<NodeHandle>,
    pub(super) links: Links,
    pub(super) ends: BTreeMap<EndKey, End>,
    /// Connection attempts under way.
    pub(super) dials: BTreeSet<EndKey>,
    pub(super) next_serial: u64,
    /// Counts the processes that have gone, by machine: a late answer is not for the next process.
    pub(super) generations: Vec<u64>,
    pub(super) wakes: Vec<Arc<Notify>>,
    pub(super) links_changed: Arc<Notify>,
    pub(super) fingerprints: Vec<Fingerprint>,
    pub(super) facts: Vec<Facts>,
    pub(super) last_change: Span,
    pub(super) revision: u64,
    /// The hosts of those who stand outside the cluster.
    operator: NodeHandle,
    clients: NodeHandle,
    /// What whoever made a request knows of it.
    pub(super) requests: BTreeMap<RequestId, (Peer, Progress)>,
    /// Where the nodes' hosts put the answers to requests that have reached them.
    answers: BTreeMap<RequestId, oneshot::Sender<Progress>>,
    /// How Ctrl-C is pressed, for every request that has no answer yet.
    pub(super) interrupts: BTreeMap<RequestId, Arc<Notify>>,
    pub(super) next_request: u32,
    pub(super) trace: Trace,
}

/// A handle on what is shared.
#[derive(Clone)]
pub(super) struct World(Arc<Mutex<Shared>>);

/// The place of a machine in the lists.
pub(super) fn place(peer: Peer) -> usize {
    usize::from(peer.0)
}

impl World {
    /// The machines of a setup on their hosts, nothing started.
    pub(super) fn new(
        setup: &Setup,
        hosts: Vec<NodeHandle>,
        (operator, clients): (NodeHandle, NodeHandle),
    ) -> Self {
        let machines = install::machines(setup, None);
        let fingerprints = machines.iter().map(Machine::fingerprint).collect();
        Self(Arc::new(Mutex::new(Shared {
            start: Instant::now(),
            names: setup.nodes.clone(),
            keyed: install::keyed(setup),
            generations: vec![0; machines.len()],
            wakes: machines.iter().map(|_| Arc::new(Notify::new())).collect(),
            machines,
            hosts,
            links: Links::default(),
            ends: BTreeMap::new(),
            dials: BTreeSet::new(),
            next_serial: 0,
            links_changed: Arc::new(Notify::new()),
            fingerprints,
            facts: vec![Facts::new(); setup.nodes.len()],
            last_change: Span::ZERO,
            revision: 0,
            operator,
            clients,
            requests: BTreeMap::new(),
            answers: BTreeMap::new(),
            interrupts: BTreeMap::new(),
            next_request: 0,
            trace: Trace::default(),
        })))
    }

    /// The shared state, for a moment without an await in it.
    pub(super) fn lock(&self) -> MutexGuard<'_, Shared> {
        self.0
            .lock()
            .expect("invariant: a panic ends the whole run")
    }
}

impl Shared {
    /// The instant.
    pub(super) fn now(&self) -> Span {
        Span(u64::try_from(self.start.elapsed().as_micros()).expect("invariant: a run is short"))
    }

    /// The instant in the clock of the tasks.
    pub(super) fn instant(&self, at: Span) -> Instant {
        self.start + Duration::from_micros(at.as_micros())
    }

    /// The machine at a place.
    pub(super) fn machine(&self, peer: Peer) -> &Machine {
        &self.machines[place(peer)]
    }

    /// The machine at a place, to act on it.
    pub(super) fn machine_mut(&mut self, peer: Peer) -> &mut Machine {
        &mut self.machines[place(peer)]
    }

    /// The name of a machine.
    pub(super) fn name(&self, peer: Peer) -> NodeName {
        self.names[place(peer)].clone()
    }

    /// The place of a name.
    fn peer(&self, name: &NodeName) -> Option<Peer> {
        let index = self.names.iter().position(|known| known == name)?;
        u8::try_from(index).ok().map(Peer)
    }

    /// All places.
    pub(super) fn peers(&self) -> impl Iterator<Item = Peer> + use<> {
        (0..self.machines.len())
            .filter_map(|index| u8::try_from(index).ok())
            .map(Peer)
    }

    /// Appends to the trace.
    pub(super) fn trace_at(&mut self, peer: Option<Peer>, what: TraceKind) {
        let name = peer.map(|peer| self.name(peer));
        let now = self.now();
        self.trace.push(now, name, what);
    }

    /// After anything has happened to a machine: carries out what it wants, wakes its timer.
    pub(super) fn settle(&mut self, world: &World, peer: Peer) {
        loop {
            let effects = self.machine_mut(peer).take_effects();
            if effects.is_empty() {
                break;
            }
            for effect in effects {
                self.carry_out(world, peer, effect);
            }
        }
        self.wakes[place(peer)].notify_one();
        let fingerprint = self.machine(peer).fingerprint();
        if self.fingerprints[place(peer)] != fingerprint {
            self.fingerprints[place(peer)] = fingerprint;
            let facts = self.machine(peer).facts();
            let before = std::mem::replace(&mut self.facts[place(peer)], facts);
            if let Some(changed) = changed_facts(&before, &self.facts[place(peer)]) {
                self.trace_at(Some(peer), changed);
            }
            self.last_change = self.now();
            self.revision += 1;
        }
    }

    fn carry_out(&mut self, world: &World, from: Peer, effect: MachineEffect) {
        match effect {
            MachineEffect::Send(to, frame) => self.send(from, to, &frame),
            MachineEffect::Connect(to, channel) => {
                let generation = self.generations[place(from)];
                let task = wire::dial(world.clone(), (from, to, channel), generation);
                self.hosts[place(from)].spawn(task);
            }
            MachineEffect::Close(to, channel) => self.close((from, to, channel)),
            MachineEffect::ConnectionsReset => {
                self.generations[place(from)] += 1;
                self.close_all(from, None);
            }
            MachineEffect::OnAllHosts(line) => {
                for peer in self.peers() {
                    self.next_request += 1;
                    let id = RequestId(self.next_request);
                    self.requests.insert(id, (peer, Progress::Running));
                    let now = self.now();
                    self.machine_mut(peer).command(now, id, &line);
                    if peer != from {
                        self.settle(world, peer);
                    }
                }
            }
            MachineEffect::Ended(id, progress) => {
                self.trace_at(
                    Some(from),
                    TraceKind::Ended {
                        id,
                        progress: progress.clone(),
                    },
                );
                match self.answers.remove(&id) {
                    // Whoever has asked may be gone.
                    Some(answer) => drop(answer.send(progress)),
                    // A command that another host's playbook has run: nobody waits for it.
                    None => self.answered(id, progress),
                }
            }
            MachineEffect::Trace(what) => self.trace_at(Some(from), what),
        }
    }

    fn send(&mut self, from: Peer, to: Peer, frame: &Frame) {
        let now = self.now();
        let delay = self
            .links
            .delay(&self.keyed, from, to, now)
            .saturating_sub(BASE_LATENCY);
        let Some(end) = self.ends.get(&(from, to, frame.channel())) else {
            return;
        };
        // A writer that has ended has lost its connection; its reader is about to say so.
        let _ = end.outgoing.send((now + delay, frame.encode()));
        if !frame.is_keepalive() {
            let to = self.name(to);
            self.trace_at(
                Some(from),
                TraceKind::Sent {
                    to,
                    frame: frame.summary(),
                },
            );
        }
    }

    /// Closes a machine's end: the writer still writes what it has, the reader stops at once.
    pub(super) fn close(&mut self, key: EndKey) {
        if let Some(end) = self.ends.remove(&key) {
            end.reader.abort();
        }
    }

    /// Closes all ends of a machine, or those of one channel, and says which.
    fn close_all(&mut self, peer: Peer, only: Option<Channel>) -> Vec<EndKey> {
        let wanted = |key: &&EndKey| key.0 == peer && only.is_none_or(|channel| key.2 == channel);
        let keys: Vec<EndKey> = self.ends.keys().filter(wanted).copied().collect();
        for key in &keys {
            self.close(*key);
        }
        keys
    }

    /// A machine has a connection.
    pub(super) fn tell_up(&mut self, world: &World, key: EndKey, dialler: Peer) {
        let (me, peer, channel) = key;
        let name = self.name(peer);
        let up = TraceKind::LinkUp {
            peer: name,
            channel: channel.word().into(),
        };
        self.trace_at(Some(me), up);
        let now = self.now();
        self.machine_mut(me)
            .link_up(now, peer, channel, dialler == me);
        self.settle(world, me);
    }

    /// A machine has lost a connection, or did not get one.
    pub(super) fn tell_down(&mut self, world: &World, key: EndKey, reason: &str) {
        let (me, peer, channel) = key;
        let down = TraceKind::LinkDown {
            peer: self.name(peer),
            channel: channel.word().into(),
            reason: reason.into(),
        };
        self.trace_at(Some(me), down);
        let now = self.now();
        self.machine_mut(me).link_down(now, peer, channel);
        self.settle(world, me);
    }

    /// Whether bytes pass from the one host to the other now.
    pub(super) fn passes(&self, from: Peer, to: Peer) -> bool {
        self.links.is_open(from, to, self.now())
            && self.machine(from).is_powered()
            && self.machine(to).is_powered()
    }

    /// Makes madsim's network what the table and the power say.
    pub(super) fn mirror(&self) {
        let net = plugin::simulator::<NetSim>();
        for from in self.peers() {
            for to in self.peers().filter(|to| *to != from) {
                let (source, target) = (self.hosts[place(from)].id(), self.hosts[place(to)].id());
                if self.passes(from, to) {
                    net.unclog_link(source, target);
                } else {
                    net.clog_link(source, target);
                }
            }
        }
    }

    /// Applies a fault.
    pub(super) fn apply(&mut self, world: &World, fault: &Fault) -> FaultOutcome {
        let names = self.names.clone();
        let now = self.now();
        if let Some(outcome) = self.links.apply(fault, &names, now) {
            return outcome;
        }
        let Some(peer) = install::fault_node(fault).and_then(|name| self.peer(name)) else {
            return FaultOutcome::Skipped("no such node".into());
        };
        let outcome = self.machine_mut(peer).fault(now, fault);
        if matches!(outcome, FaultOutcome::Applied(_)) {
            match fault {
                Fault::PowerOff(_) => self.generations[place(peer)] += 1,
                // A machine that boots knows no connection: its peers' streams are reset.
                Fault::PowerOn(_) => {
                    self.close_all(peer, None);
                }
                Fault::InterruptTransfer(_) => {
                    for key in self.close_all(peer, Some(Channel::Transfer)) {
                        self.tell_down(world, key, "reset");
                    }
                }
                _ => {}
            }
        }
        self.settle(world, peer);
        outcome
    }

    /// Starts a request on the host of the operator or of the clients.
    pub(super) fn start_request(&mut self, world: &World, request: Request) -> RequestId {
        self.next_request += 1;
        let id = RequestId(self.next_request);
        self.trace_at(
            None,
            TraceKind::Request {
                id,
                request: request.clone(),
            },
        );
        let (Request::Operator { node, .. } | Request::Client { node, .. }) = &request;
        let Some(peer) = self.peer(node) else {
            return id;
        };
        let host = match request {
            Request::Operator { .. } => &self.operator,
            Request::Client { .. } => &self.clients,
        };
        let interrupt = Arc::new(Notify::new());
        host.spawn(front::call(
            world.clone(),
            (id, request),
            peer,
            interrupt.clone(),
        ));
        self.interrupts.insert(id, interrupt);
        self.requests.insert(id, (peer, Progress::Running));
        self.last_change = self.now();
        id
    }

    /// A request has reached its node's host.
    pub(super) fn begin(
        &mut self,
        world: &World,
        (id, request): (RequestId, &Request),
        peer: Peer,
        answer: oneshot::Sender<Progress>,
    ) {
        self.answers.insert(id, answer);
        let now = self.now();
        self.last_change = now;
        match request {
            Request::Operator { line, .. } => self.machine_mut(peer).command(now, id, line),
            Request::Client { statement, .. } => {
                self.machine_mut(peer).client(now, id, statement);
            }
        }
        self.settle(world, peer);
    }

    /// Ctrl-C has reached the host of the command.
    pub(super) fn ctrl_c(&mut self, world: &World, id: RequestId, peer: Peer) {
        if self.answers.contains_key(&id) {
            let now = self.now();
            self.machine_mut(peer).interrupt(now, id);
            self.settle(world, peer);
        }
    }

    /// The answer to a request has come back.
    pub(super) fn answered(&mut self, id: RequestId, progress: Progress) {
        self.interrupts.remove(&id);
        if let Some(request) = self.requests.get_mut(&id) {
            request.1 = progress;
        }
        self.revision += 1;
    }

    /// All nodes now; `histories` adds what only a simulation can show.
    pub(super) fn observation(&self, histories: bool) -> Observation {
        let nodes = self.names.iter().zip(&self.machines);
        Observation {
            at: self.now(),
            nodes: nodes
                .map(|(name, machine)| (name.clone(), machine.observe(histories)))
                .collect(),
        }
    }
}
