//! The discrete-event engine: machines, a network and one queue of events in the order of time.
//!
//! The world is a value; nothing in it depends on anything but the setup and what is done to it.

mod testbed;

use std::collections::{BTreeMap, VecDeque};

use seatrial_node::{Channel, Frame, Peer};
use seatrial_scenarios::{
    Fault, FaultOutcome, NodeName, Progress, Request, RequestId, Setup, Span, Trace, TraceKind,
};

use crate::install;
use crate::keyed::Keyed;
use crate::links::Links;
use crate::machine::{Fingerprint, Machine, MachineEffect};

pub use testbed::run;

/// A connection attempt over a cut link fails after this long, for those who wait for an answer.
const CONNECT_TIMEOUT: Span = Span::from_secs(10);

/// Something that will happen.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Event {
    /// The machine's own deadline.
    Wake(Peer),
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
    /// The first item in a direction of a connection arrives.
    Arrive {
        key: ConnKey,
        serial: u64,
        direction: usize,
    },
    /// A flapping link changes.
    LinksChange,
}

/// A connection by its two ends, the lower first.
type ConnKey = (Peer, Peer, Channel);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    Frame(Frame),
    /// The sender has closed.
    Fin,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Direction {
    items: VecDeque<(Span, Item)>,
    last_at: Span,
    scheduled: bool,
    /// Held back by a cut.
    stalled: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Connection {
    serial: u64,
    /// From the lower end to the higher, and back.
    directions: [Direction; 2],
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
    wakes: BTreeMap<Peer, (Span, u64)>,
    links_change: Option<Span>,
    fingerprints: Vec<Fingerprint>,
    last_change: Span,
    /// Counts observable changes.
    revision: u64,
    requests: BTreeMap<RequestId, (Peer, Progress)>,
    next_request: u32,
    trace: Trace,
    trace_frames: bool,
    histories: bool,
}

fn conn_key(a: Peer, b: Peer, channel: Channel) -> ConnKey {
    if a < b {
        (a, b, channel)
    } else {
        (b, a, channel)
    }
}

impl World {
    /// A world with its machines installed, nothing started.
    pub fn new(setup: &Setup) -> Self {
        let machines: Vec<Machine> = install::machines(setup);
        let fingerprints = machines.iter().map(Machine::fingerprint).collect();
        Self {
            names: setup.nodes.clone(),
            keyed: Keyed::new(setup.seed),
            now: Span::ZERO,
            machines,
            links: Links::default(),
            connections: BTreeMap::new(),
            next_serial: 0,
            events: BTreeMap::new(),
            next_event: 0,
            wakes: BTreeMap::new(),
            links_change: None,
            fingerprints,
            last_change: Span::ZERO,
            revision: 0,
            requests: BTreeMap::new(),
            next_request: 0,
            trace: Trace::default(),
            trace_frames: true,
            histories: true,
        }
    }

    /// The instant.
    pub const fn now(&self) -> Span {
        self.now
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

    fn schedule(&mut self, at: Span, event: Event) -> (Span, u64) {
        self.next_event += 1;
        let key = (at.max(self.now), self.next_event);
        self.events.insert(key, event);
        key
    }

    /// After anything has happened to a machine: carries out what it wants and notes its deadline.
    fn settle(&mut self, peer: Peer) {
        loop {
            let effects = self.machine_mut(peer).take_effects();
            if effects.is_empty() {
                break;
            }
            for effect in effects {
                self.carry_out(peer, effect);
            }
        }
        let deadline = self.machine(peer).deadline();
        let scheduled = self.wakes.get(&peer).map(|(at, _)| *at);
        if scheduled != deadline.map(|at| at.max(self.now)) {
            if let Some(key) = self.wakes.remove(&peer) {
                self.events.remove(&key);
            }
            if let Some(at) = deadline {
                let key = self.schedule(at, Event::Wake(peer));
                self.wakes.insert(peer, key);
            }
        }
        let fingerprint = self.machine(peer).fingerprint();
        let index = usize::from(peer.0);
        if self.fingerprints[index] != fingerprint {
            self.fingerprints[index] = fingerprint;
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
                self.trace_at(
                    Some(from),
                    TraceKind::Ended {
                        id,
                        progress: progress.clone(),
                    },
                );
                if let Some(request) = self.requests.get_mut(&id) {
                    request.1 = progress;
                }
                self.revision += 1;
            }
            MachineEffect::Trace(what) => self.trace_at(Some(from), what),
        }
    }

    fn trace_at(&mut self, peer: Option<Peer>, what: TraceKind) {
        let name = peer.map(|peer| self.name(peer));
        self.trace.push(self.now, name, what);
    }

    fn send(&mut self, from: Peer, to: Peer, frame: Frame) {
        let key = conn_key(from, to, channel_of(&frame));
        let delay = self.links.delay(&self.keyed, from, to, self.now);
        let now = self.now;
        let Some(connection) = self.connections.get_mut(&key) else {
            return;
        };
        let direction = usize::from(from > to);
        let queue = &mut connection.directions[direction];
        let at = (now + delay).max(queue.last_at);
        queue.last_at = at;
        let trace = self.trace_frames && !frame.is_keepalive();
        let summary = trace.then(|| frame.summary());
        queue.items.push_back((at, Item::Frame(frame)));
        self.arm(key, direction);
        if let Some(frame) = summary {
            let to = self.name(to);
            self.trace_at(Some(from), TraceKind::Sent { to, frame });
        }
    }

    /// Sees to it that the first item of a direction arrives.
    fn arm(&mut self, key: ConnKey, direction: usize) {
        let Some(connection) = self.connections.get_mut(&key) else {
            return;
        };
        let serial = connection.serial;
        let queue = &mut connection.directions[direction];
        if queue.scheduled || queue.stalled {
            return;
        }
        let Some((at, _)) = queue.items.front() else {
            return;
        };
        let at = *at;
        queue.scheduled = true;
        self.schedule(
            at,
            Event::Arrive {
                key,
                serial,
                direction,
            },
        );
    }

    /// Closes a connection from one side: what was sent before still arrives, then the other side
    /// learns of it.
    fn close(&mut self, from: Peer, to: Peer, channel: Channel) {
        let key = conn_key(from, to, channel);
        let delay = self.links.delay(&self.keyed, from, to, self.now);
        let now = self.now;
        let Some(connection) = self.connections.get_mut(&key) else {
            return;
        };
        let direction = usize::from(from > to);
        connection.directions[1 - direction].items.clear();
        let queue = &mut connection.directions[direction];
        if queue
            .items
            .back()
            .is_some_and(|(_, item)| *item == Item::Fin)
        {
            return;
        }
        let at = (now + delay).max(queue.last_at);
        queue.last_at = at;
        queue.items.push_back((at, Item::Fin));
        self.arm(key, direction);
        // The closing side hears nothing more from this connection.
        let other = 1 - direction;
        if let Some(connection) = self.connections.get_mut(&key) {
            connection.directions[other].stalled = true;
        }
    }

    fn dial(&mut self, from: Peer, to: Peer, channel: Channel) {
        let key = conn_key(from, to, channel);
        let lingering = self.connections.get(&key).is_some_and(|connection| {
            connection.directions.iter().any(|queue| {
                queue
                    .items
                    .back()
                    .is_some_and(|(_, item)| *item == Item::Fin)
            })
        });
        if !self.machine(from).has_process() {
            return;
        }
        if self.connections.contains_key(&key) && !lingering {
            // A connection that the other side no longer has: its kernel answers with a reset.
            return;
        }
        let now = self.now;
        if !self.links.is_open_both_ways(from, to, now) || !self.machine(to).is_powered() {
            self.schedule(now + CONNECT_TIMEOUT, Event::Refused { from, to, channel });
            return;
        }
        if lingering {
            self.drop_connection(key);
        }
        if !self.machine(to).accepts(channel) {
            let delay = self.links.delay(&self.keyed, to, from, now);
            self.schedule(now + delay, Event::Refused { from, to, channel });
            return;
        }
        self.next_serial += 1;
        let connection = Connection {
            serial: self.next_serial,
            directions: <[Direction; 2]>::default(),
        };
        self.connections.insert(key, connection);
        let word = channel_word(channel);
        for (end, peer) in [(to, from), (from, to)] {
            let peer_name = self.name(peer);
            let event = TraceKind::LinkUp {
                peer: peer_name,
                channel: word.into(),
            };
            self.trace_at(Some(end), event);
            self.machine_mut(end).link_up(now, peer, channel);
            self.settle(end);
        }
    }

    /// A connection that one side has closed and that is dialled again before the other side knows.
    fn drop_connection(&mut self, key: ConnKey) {
        let Some(connection) = self.connections.remove(&key) else {
            return;
        };
        let (low, high, channel) = key;
        for (direction, queue) in connection.directions.iter().enumerate() {
            let closed_here = queue
                .items
                .back()
                .is_some_and(|(_, item)| *item == Item::Fin);
            if closed_here {
                let (unaware, gone) = if direction == 0 {
                    (high, low)
                } else {
                    (low, high)
                };
                self.tell_link_down(unaware, gone, channel, "reset");
            }
        }
    }

    fn tell_link_down(&mut self, end: Peer, peer: Peer, channel: Channel, reason: &str) {
        let now = self.now;
        let event = TraceKind::LinkDown {
            peer: self.name(peer),
            channel: channel_word(channel).into(),
            reason: reason.into(),
        };
        self.trace_at(Some(end), event);
        self.machine_mut(end).link_down(now, peer, channel);
        self.settle(end);
    }

    fn arrive(&mut self, key: ConnKey, serial: u64, direction: usize) {
        let (low, high, channel) = key;
        let (from, to) = if direction == 0 {
            (low, high)
        } else {
            (high, low)
        };
        let open = self.links.is_open(from, to, self.now);
        let Some(connection) = self.connections.get_mut(&key) else {
            return;
        };
        if connection.serial != serial {
            return;
        }
        let queue = &mut connection.directions[direction];
        queue.scheduled = false;
        if !open {
            queue.stalled = true;
            return;
        }
        let Some((_, item)) = queue.items.pop_front() else {
            return;
        };
        self.arm(key, direction);
        match item {
            Item::Fin => {
                self.connections.remove(&key);
                self.tell_link_down(to, from, channel, "closed");
            }
            Item::Frame(frame) => {
                if self.trace_frames && !frame.is_keepalive() {
                    let event = TraceKind::Received {
                        from: self.name(from),
                        frame: frame.summary(),
                    };
                    self.trace_at(Some(to), event);
                }
                let now = self.now;
                self.machine_mut(to).received(now, from, frame);
                self.settle(to);
            }
        }
    }

    /// After the network has changed: what was held back goes on where it can.
    fn resume_links(&mut self) {
        let now = self.now;
        let keys: Vec<ConnKey> = self.connections.keys().copied().collect();
        for key in keys {
            for direction in 0..2 {
                let (low, high, _) = key;
                let (from, to) = if direction == 0 {
                    (low, high)
                } else {
                    (high, low)
                };
                if !self.links.is_open(from, to, now) {
                    continue;
                }
                let delay = Links::recovery_delay(&self.keyed, from, to, now);
                let Some(connection) = self.connections.get_mut(&key) else {
                    continue;
                };
                let closed = connection.directions[1 - direction]
                    .items
                    .back()
                    .is_some_and(|(_, item)| *item == Item::Fin);
                let queue = &mut connection.directions[direction];
                if queue.stalled && !closed {
                    queue.stalled = false;
                    for (at, _) in &mut queue.items {
                        *at = (*at).max(now + delay);
                    }
                    queue.last_at = queue.last_at.max(now + delay);
                    self.arm(key, direction);
                }
            }
        }
        self.watch_links();
    }

    fn watch_links(&mut self) {
        let next = self.links.next_change(self.now);
        if let Some(at) = next
            && self
                .links_change
                .is_none_or(|scheduled| scheduled <= self.now)
        {
            self.links_change = Some(at);
            self.schedule(at, Event::LinksChange);
        }
    }

    /// Lets the next event happen, if it comes at `limit` at the latest. Says whether one did.
    fn step(&mut self, limit: Span) -> bool {
        let Some((&(at, number), _)) = self.events.first_key_value() else {
            return false;
        };
        if at > limit {
            return false;
        }
        let Some(event) = self.events.remove(&(at, number)) else {
            return false;
        };
        self.now = at;
        match event {
            Event::Wake(peer) => {
                self.wakes.remove(&peer);
                self.machine_mut(peer).tick(at);
                self.settle(peer);
            }
            Event::Dial { from, to, channel } => self.dial(from, to, channel),
            Event::Refused { from, to, channel } => {
                let key = conn_key(from, to, channel);
                if !self.connections.contains_key(&key) && self.machine(from).has_process() {
                    self.machine_mut(from).link_down(at, to, channel);
                    self.settle(from);
                }
            }
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

    /// A machine without power: nothing that it had sent and nothing for it is delivered.
    fn silence(&mut self, peer: Peer) {
        for (key, connection) in &mut self.connections {
            if key.0 == peer || key.1 == peer {
                for queue in &mut connection.directions {
                    queue.items.clear();
                    queue.stalled = true;
                }
            }
        }
    }

    /// A machine that boots knows no connection: the first word of a peer is answered with a reset.
    fn forget_connections(&mut self, peer: Peer) {
        let keys: Vec<ConnKey> = self
            .connections
            .keys()
            .filter(|key| key.0 == peer || key.1 == peer)
            .copied()
            .collect();
        for key in keys {
            self.connections.remove(&key);
            let other = if key.0 == peer { key.1 } else { key.0 };
            if self.machine(other).has_process() {
                self.tell_link_down(other, peer, key.2, "reset");
            }
        }
    }

    fn interrupt_transfer(&mut self, peer: Peer) {
        let keys: Vec<ConnKey> = self
            .connections
            .keys()
            .filter(|key| key.2 == Channel::Transfer && (key.0 == peer || key.1 == peer))
            .copied()
            .collect();
        for key in keys {
            self.connections.remove(&key);
            self.tell_link_down(key.0, key.1, key.2, "reset");
            self.tell_link_down(key.1, key.0, key.2, "reset");
        }
    }

    fn start_request(&mut self, request: &Request) -> RequestId {
        self.next_request += 1;
        let id = RequestId(self.next_request);
        self.trace_at(
            None,
            TraceKind::Request {
                id,
                request: request.clone(),
            },
        );
        let (Request::Operator { node, .. } | Request::Client { node, .. }) = request;
        let Some(peer) = self.peer(node) else {
            return id;
        };
        self.requests.insert(id, (peer, Progress::Running));
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

const fn channel_of(frame: &Frame) -> Channel {
    match frame {
        Frame::Group(_) => Channel::Group,
        Frame::Transfer(_) => Channel::Transfer,
    }
}

const fn channel_word(channel: Channel) -> &'static str {
    match channel {
        Channel::Group => "group",
        Channel::Transfer => "transfer",
    }
}
