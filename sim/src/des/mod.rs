//! The discrete-event engine: machines, a network and one queue of events in the order of time.
//!
//! The world is a value; nothing in it depends on anything but the setup and what is done to it.

mod bed;
mod leap;
mod network;
mod picture;
mod testbed;

use std::collections::{BTreeMap, BTreeSet};

use seatrial_node::{Channel, DeliberateFault, Peer};
use seatrial_scenarios::{
    Fault, FaultOutcome, NodeName, Observation, Progress, Request, RequestId, Setup, Span, Trace,
    TraceKind,
    trace::{Facts, changed_facts},
};

use crate::install;
use crate::keyed::Keyed;
use crate::links::Links;
use crate::machine::{Fingerprint, Machine, MachineEffect};

use network::{ConnKey, Connection, Unanswered, conn_key};

pub(crate) use picture::WorldPicture;
pub use testbed::{Templates, replay, run};

/// Something that will happen.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Event {
    /// A connection attempt reaches the other side.
    Dial {
        from: Peer,
        to: Peer,
        channel: Channel,
    },
    /// A connection attempt has failed.
    Refused {
        from: Peer,
        to: Peer,
        channel: Channel,
    },
    /// An attempt to connect is repeated or given up.
    Unanswered(Unanswered),
    /// The first item in a direction of a connection arrives.
    Arrive {
        key: ConnKey,
        serial: u64,
        direction: usize,
    },
    /// A flapping link changes.
    LinksChange,
}

/// The simulated world.
#[derive(Clone, Debug)]
pub struct World {
    names: Vec<NodeName>,
    keyed: Keyed,
    now: Span,
    machines: Vec<Machine>,
    links: Links,
    connections: BTreeMap<ConnKey, Connection>,
    next_serial: u64,
    events: BTreeMap<(Span, u64), Event>,
    next_event: u64,
    /// The deadline of each machine by place, numbered as the events are: it changes with almost every
    /// event, so it stands outside their queue.
    wakes: Vec<Option<(Span, u64)>>,
    links_change: Option<Span>,
    fingerprints: Vec<Fingerprint>,
    facts: Vec<Facts>,
    last_change: Span,
    /// Counts observable changes.
    revision: u64,
    requests: BTreeMap<RequestId, (Peer, Progress)>,
    next_request: u32,
    trace: Trace,
    traced: bool,
    histories: bool,
    /// What conditions look at: the nodes as they were last seen, and which of them have changed since.
    seen: Observation,
    changed: BTreeSet<Peer>,
    /// Which state of its disk each node was seen with.
    seen_disks: Vec<u64>,
    leaps: bool,
    leapt: Span,
    /// Frames that were sent, keepalives too.
    sent: u64,
    /// A stretch shorter than this is not worth the look.
    leap_worth: Span,
    /// Events at the present instant, to notice a loop in which time stands still.
    events_now: u32,
}

/// More events than this at one instant are a loop of the model, never a run.
const EVENTS_AN_INSTANT_MAX: u32 = 100_000;

impl World {
    /// A world with its machines installed, nothing started.
    pub fn new(setup: &Setup) -> Self {
        Self::with_fault(setup, None)
    }

    /// The same with a mistake in the model, which tests alone plant.
    fn with_fault(setup: &Setup, deliberate_fault: Option<DeliberateFault>) -> Self {
        let machines: Vec<Machine> = install::machines(setup, deliberate_fault);
        let fingerprints = machines.iter().map(Machine::fingerprint).collect();
        Self {
            names: setup.nodes.clone(),
            keyed: install::keyed(setup),
            now: Span::ZERO,
            machines,
            links: Links::default(),
            connections: BTreeMap::new(),
            next_serial: 0,
            events: BTreeMap::new(),
            next_event: 0,
            wakes: vec![None; setup.nodes.len()],
            links_change: None,
            fingerprints,
            facts: vec![Facts::new(); setup.nodes.len()],
            last_change: Span::ZERO,
            revision: 0,
            requests: BTreeMap::new(),
            next_request: 0,
            trace: Trace::default(),
            traced: true,
            histories: true,
            seen: Observation {
                at: Span::ZERO,
                nodes: BTreeMap::new(),
            },
            changed: (0..setup.nodes.len())
                .filter_map(|index| u8::try_from(index).ok())
                .map(Peer)
                .collect(),
            seen_disks: vec![0; setup.nodes.len()],
            leaps: true,
            leapt: Span::ZERO,
            sent: 0,
            leap_worth: Span::from_secs(6),
            events_now: 0,
        }
    }

    /// The instant.
    pub const fn now(&self) -> Span {
        self.now
    }

    /// How many frames were sent, keepalives too, which no trace shows; what was leapt over sent none.
    pub const fn frames_sent(&self) -> u64 {
        self.sent
    }

    /// The machine at a place.
    pub fn machine(&self, peer: Peer) -> &Machine {
        &self.machines[usize::from(peer.0)]
    }

    fn machine_mut(&mut self, peer: Peer) -> &mut Machine {
        &mut self.machines[usize::from(peer.0)]
    }

    fn peer(&self, name: &NodeName) -> Option<Peer> {
        self.names
            .iter()
            .position(|known| known == name)
            .and_then(|index| u8::try_from(index).ok())
            .map(Peer)
    }

    fn peers(&self) -> impl Iterator<Item = Peer> + use<> {
        (0..self.machines.len())
            .filter_map(|index| u8::try_from(index).ok())
            .map(Peer)
    }

    fn name(&self, peer: Peer) -> NodeName {
        self.names[usize::from(peer.0)].clone()
    }

    fn schedule(&mut self, at: Span, event: Event) {
        let key = self.event_key(at);
        self.events.insert(key, event);
    }

    /// When something comes, and after what else of that instant.
    fn event_key(&mut self, at: Span) -> (Span, u64) {
        self.next_event += 1;
        (at.max(self.now), self.next_event)
    }

    /// After anything has happened to a machine: carries out what it wants and notes its deadline.
    fn settle(&mut self, peer: Peer) {
        loop {
            let mut effects = self.machine_mut(peer).take_effects();
            if effects.is_empty() {
                break;
            }
            for effect in effects.drain(..) {
                self.carry_out(peer, effect);
            }
            self.machine_mut(peer).give_back(effects);
        }
        let index = usize::from(peer.0);
        let deadline = self.machines[index].deadline();
        let scheduled = self.wakes[index].map(|(at, _)| at);
        if scheduled != deadline.map(|at| at.max(self.now)) {
            self.wakes[index] = deadline.map(|at| self.event_key(at));
        }
        let fingerprint = self.machine(peer).fingerprint();
        if self.fingerprints[index] != fingerprint {
            self.fingerprints[index] = fingerprint;
            self.changed.insert(peer);
            self.trace_state(peer);
            self.last_change = self.now;
            self.revision += 1;
        }
    }

    fn carry_out(&mut self, from: Peer, effect: MachineEffect) {
        match effect {
            MachineEffect::Send(to, frame) => self.send(from, to, frame),
            MachineEffect::Connect(to, channel) => {
                let delay = self.links.delay(&self.keyed, from, to, self.now);
                self.schedule(self.now + delay, Event::Dial { from, to, channel });
            }
            MachineEffect::Close(to, channel) => self.close(from, to, channel),
            MachineEffect::ConnectionsReset => {
                for to in self.peers() {
                    for channel in [Channel::Group, Channel::Transfer] {
                        self.close(from, to, channel);
                    }
                }
            }
            MachineEffect::OnAllHosts(line) => {
                for peer in self.peers() {
                    self.next_request += 1;
                    let id = RequestId(self.next_request);
                    self.requests.insert(id, (peer, Progress::Running));
                    let now = self.now;
                    self.machine_mut(peer).command(now, id, &line);
                    if peer != from {
                        self.settle(peer);
                    }
                }
            }
            MachineEffect::Ended(id, progress) => {
                if self.traced {
                    let progress = progress.clone();
                    self.trace_at(Some(from), TraceKind::Ended { id, progress });
                }
                if let Some(request) = self.requests.get_mut(&id) {
                    request.1 = progress;
                }
                self.revision += 1;
            }
            MachineEffect::Trace(what) => self.trace_at(Some(from), what),
        }
    }

    fn trace_at(&mut self, peer: Option<Peer>, what: TraceKind) {
        if !self.traced {
            return;
        }
        let name = peer.map(|peer| self.name(peer));
        self.trace.push(self.now, name, what);
    }

    /// Puts into the trace what is new about a machine.
    fn trace_state(&mut self, peer: Peer) {
        if !self.traced {
            return;
        }
        let facts = self.machine(peer).facts();
        let before = std::mem::replace(&mut self.facts[usize::from(peer.0)], facts);
        if let Some(changed) = changed_facts(&before, &self.facts[usize::from(peer.0)]) {
            self.trace_at(Some(peer), changed);
        }
    }

    /// What comes next: an event of the queue, or the deadline of a machine.
    fn next(&self) -> Option<((Span, u64), Option<Peer>)> {
        let wakes = (0..).zip(&self.wakes);
        let wakes = wakes.filter_map(|(index, key)| Some(((*key)?, Some(Peer(index)))));
        let event = self.events.first_key_value().map(|(key, _)| (*key, None));
        wakes.chain(event).min()
    }

    /// Lets the next event happen, if it comes at `limit` at the latest. Says whether one did.
    fn step(&mut self, limit: Span) -> bool {
        let Some((key, woken)) = self.next() else {
            return false;
        };
        let at = key.0;
        if at > limit {
            return false;
        }
        self.events_now = if at == self.now {
            self.events_now + 1
        } else {
            0
        };
        assert!(
            self.events_now < EVENTS_AN_INSTANT_MAX,
            "more than {EVENTS_AN_INSTANT_MAX} events at {at}: time stands still (next: {woken:?}, {:?})",
            self.events.get(&key),
        );
        self.now = at;
        if let Some(peer) = woken {
            self.wakes[usize::from(peer.0)] = None;
            self.machine_mut(peer).tick(at);
            self.settle(peer);
            return true;
        }
        let Some(event) = self.events.remove(&key) else {
            return false;
        };
        match event {
            Event::Dial { from, to, channel } => self.dial(from, to, channel),
            Event::Refused { from, to, channel } => {
                let key = conn_key(from, to, channel);
                if !self.connections.contains_key(&key) && self.machine(from).has_process() {
                    self.machine_mut(from).link_down(at, to, channel);
                    self.settle(from);
                }
            }
            Event::Unanswered(attempt) => self.unanswered(attempt),
            Event::Arrive {
                key,
                serial,
                direction,
            } => self.arrive(key, serial, direction),
            Event::LinksChange => self.resume_links(),
        }
        true
    }

    fn apply_one(&mut self, fault: &Fault) -> FaultOutcome {
        let names = self.names.clone();
        let now = self.now;
        if let Some(outcome) = self.links.apply(fault, &names, now) {
            return outcome;
        }
        let Some(peer) = install::fault_node(fault).and_then(|name| self.peer(name)) else {
            return FaultOutcome::Skipped("no such node".into());
        };
        let outcome = self.machine_mut(peer).fault(now, fault);
        if matches!(outcome, FaultOutcome::Applied(_)) {
            match fault {
                Fault::PowerOff(_) => self.silence(peer),
                Fault::PowerOn(_) => self.forget_connections(peer),
                Fault::InterruptTransfer(_) => self.interrupt_transfer(peer),
                _ => {}
            }
        }
        self.settle(peer);
        outcome
    }

    fn start_request(&mut self, request: &Request) -> RequestId {
        self.next_request += 1;
        let id = RequestId(self.next_request);
        if self.traced {
            let request = request.clone();
            self.trace_at(None, TraceKind::Request { id, request });
        }
        let (Request::Operator { node, .. } | Request::Client { node, .. }) = request;
        let Some(peer) = self.peer(node) else {
            return id;
        };
        self.requests.insert(id, (peer, Progress::Running));
        // Rest is counted from what was last done, too: its effect may take a moment to show.
        self.last_change = self.now;
        let now = self.now;
        match request {
            Request::Operator { line, .. } => self.machine_mut(peer).command(now, id, line),
            Request::Client { statement, .. } => {
                self.machine_mut(peer).client(now, id, statement);
            }
        }
        self.settle(peer);
        id
    }

    /// Whether nothing is under way anywhere and nothing has changed for `span`.
    fn is_at_rest(&self, span: Span) -> bool {
        self.now.saturating_sub(self.last_change) >= span
            && self.machines.iter().all(Machine::is_at_rest)
    }
}
