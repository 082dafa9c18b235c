//! Nodes, their disks and the messages between them, with nothing to decide what happens next.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use seatrial_galera::{GraState, GvwRead, GvwState, RecoveredPosition};
use seatrial_node::{
    BootMode, Change, Channel, Config, Frame, Identity, Input, Outgoing, Peer, Process, RequestId,
    Signal, Statement, Time, TimerId,
};

use crate::disk::{Disk, GRASTATE, GVWSTATE, Inode};

use super::System;

/// The time that the nodes have to form their component before the search begins.
const SETTLING: Time = Time::from_millis(60_000);

/// The bounds of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For so long after the start timers run out.
    pub horizon: Time,
    /// Messages that may still be under way when time passes: later than that none comes.
    pub late: usize,
    /// Orderly stops.
    pub stops: u8,
    /// Crashes.
    pub crashes: u8,
    /// Starts.
    pub starts: u8,
    /// Transactions.
    pub writes: u8,
}

/// Some nodes in a synced component, with the bounds of what may happen to them.
#[derive(Clone, Debug)]
pub struct Nodes {
    config: Config,
    limits: Limits,
    begins: State,
    ends_at: Time,
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// The oldest message from the one to the other arrives.
    Arrives(Peer, Peer),
    /// The disk has done its first operation.
    DiskDone(Peer),
    /// Time passes until the first timer of all runs out.
    Timer(Peer),
    /// SIGTERM.
    Stop(Peer),
    /// SIGKILL.
    Crash(Peer),
    /// The server is started.
    Start(Peer),
    /// A client sends a transaction.
    Write(Peer),
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |peer: &Peer| char::from(b'A' + peer.0);
        match self {
            Self::Arrives(from, to) => write!(f, "{} hears {}", name(to), name(from)),
            Self::DiskDone(peer) => write!(f, "the disk of {} has written", name(peer)),
            Self::Timer(peer) => write!(f, "a timer of {} runs out", name(peer)),
            Self::Stop(peer) => write!(f, "stop {}", name(peer)),
            Self::Crash(peer) => write!(f, "crash {}", name(peer)),
            Self::Start(peer) => write!(f, "start {}", name(peer)),
            Self::Write(peer) => write!(f, "write on {}", name(peer)),
        }
    }
}

/// A running server, with its handle on grastate.dat.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Server {
    process: Process,
    grastate: Option<Inode>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Host {
    disk: Disk,
    server: Option<Server>,
    starts: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Item {
    Up(Channel, bool),
    Down(Channel),
    Frame(Frame),
}

/// The rest of the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Left {
    stops: u8,
    crashes: u8,
    starts: u8,
    writes: u8,
}

/// A state: values throughout.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    now: Time,
    hosts: Vec<Host>,
    /// Messages under way, by sender and receiver.
    queues: BTreeMap<(Peer, Peer), VecDeque<Item>>,
    /// Connections, the lower end first.
    connections: BTreeSet<(Peer, Peer, Channel)>,
    left: Left,
    requests: u32,
}

fn connection(a: Peer, b: Peer, channel: Channel) -> (Peer, Peer, Channel) {
    (a.min(b), a.max(b), channel)
}

impl Nodes {
    /// Makes this number of synced nodes, with these options and limits.
    ///
    /// # Panics
    /// When they do not come together within a minute: a mistake in the model.
    pub fn synced(nodes: u8, mut config: Config, limits: Limits) -> Self {
        config.jitter = false;
        let nothing = Left {
            stops: 0,
            crashes: 0,
            starts: 0,
            writes: 0,
        };
        let begins = State {
            now: Time::ZERO,
            hosts: (0..nodes).map(|_| Host::default()).collect(),
            queues: BTreeMap::new(),
            connections: BTreeSet::new(),
            left: nothing,
            requests: 0,
        };
        let mut system = Self {
            config,
            limits,
            begins,
            ends_at: SETTLING,
        };
        let mut state = system.begins.clone();
        for peer in (0..nodes).map(Peer) {
            system.start(&mut state, peer, peer == Peer(0));
            let mut turns = 0;
            while !state.is_synced(peer) || !state.is_quiet() {
                // In order: what is under way first, time last.
                let act = system.acts(&state).into_iter().next();
                let act = act.expect("invariant: a component forms before its time is over");
                state = system.after(state, &act);
                turns += 1;
                assert!(turns < 100_000, "the nodes do not come together");
            }
        }
        state.left = Left {
            stops: limits.stops,
            crashes: limits.crashes,
            starts: limits.starts,
            writes: limits.writes,
        };
        system.ends_at = state.now + limits.horizon;
        system.begins = state;
        system
    }

    fn start(&self, state: &mut State, peer: Peer, new_cluster: bool) {
        let names = (1..=state.hosts.len()).map(|number| format!("node{number}"));
        let identity = Identity::among(names.collect(), peer, self.config.clone());
        let now = state.now;
        let host = state.host(peer);
        host.starts += 1;
        let position = host.disk.database().position;
        let boot = BootMode {
            new_cluster,
            start_position: Some(RecoveredPosition {
                position,
                gtid: None,
            }),
            no_address: false,
            entropy: host.starts << 32 | u64::from(peer.0) << 16 | u64::from(peer.0),
            uuid_epoch: 0,
        };
        host.server = Some(Server {
            process: Process::new(identity, boot.clone(), now),
            grastate: None,
        });
        self.feed(state, peer, Input::Boot(boot));
    }

    fn feed(&self, state: &mut State, peer: Peer, input: Input<'_>) {
        let now = state.now;
        let Some(server) = &mut state.host(peer).server else {
            return;
        };
        let mut effects = Vec::new();
        server.process.handle(now, input, &mut effects);
        for effect in effects {
            let server = state.host(peer).server.as_mut();
            if let Some(outgoing) = server.and_then(|server| server.process.keep(effect)) {
                self.carry_out(state, peer, outgoing);
            }
        }
    }

    fn carry_out(&self, state: &mut State, peer: Peer, outgoing: Outgoing) {
        match outgoing {
            Outgoing::Send(to, frame) => {
                if state
                    .connections
                    .contains(&connection(peer, to, frame.channel()))
                {
                    state.send(peer, to, Item::Frame(frame));
                }
            }
            Outgoing::Connect(to, channel) => {
                let other = state.hosts[usize::from(to.0)].server.as_ref();
                if !other.is_some_and(|server| server.process.listens(channel)) {
                    state.send(to, peer, Item::Down(channel));
                } else if state.connections.insert(connection(peer, to, channel)) {
                    state.send(peer, to, Item::Up(channel, false));
                    state.send(to, peer, Item::Up(channel, true));
                }
            }
            Outgoing::Close(to, channel) => state.close(peer, to, channel),
            Outgoing::Exit(_) => {
                let cache_size = self.config.gcache_size;
                let host = state.host(peer);
                // A process that ends by itself has written what it wanted to write.
                if let Some(mut server) = host.server.take() {
                    for op in server.process.take_disk_queue() {
                        host.disk.perform(&op, &mut server.grastate, cache_size);
                    }
                }
                state.gone(peer);
            }
            Outgoing::Reply(..) | Outgoing::Note(_) => {}
        }
    }
}

impl State {
    fn host(&mut self, peer: Peer) -> &mut Host {
        &mut self.hosts[usize::from(peer.0)]
    }

    fn peers(&self) -> impl Iterator<Item = Peer> + use<> {
        (0..).map(Peer).take(self.hosts.len())
    }

    fn process(&self, peer: Peer) -> Option<&Process> {
        let server = self.hosts[usize::from(peer.0)].server.as_ref();
        server.map(|server| &server.process)
    }

    fn send(&mut self, from: Peer, to: Peer, item: Item) {
        self.queues.entry((from, to)).or_default().push_back(item);
    }

    /// One end closes: it hears no more, and the other learns of it behind what was sent before.
    fn close(&mut self, from: Peer, to: Peer, channel: Channel) {
        if self.connections.remove(&connection(from, to, channel)) {
            self.queues.remove(&(to, from));
            self.send(from, to, Item::Down(channel));
        }
    }

    fn gone(&mut self, peer: Peer) {
        for other in self.peers() {
            for channel in [Channel::Group, Channel::Transfer, Channel::Script] {
                self.close(peer, other, channel);
            }
        }
    }

    fn is_synced(&self, peer: Peer) -> bool {
        let is_ready = |process: &Process| process.node().status().ready;
        self.process(peer).is_some_and(is_ready)
    }

    fn is_quiet(&self) -> bool {
        self.queues.is_empty() && self.peers().all(|peer| !self.writes_to_disk(peer))
    }

    fn writes_to_disk(&self, peer: Peer) -> bool {
        self.process(peer)
            .is_some_and(|process| process.disk_operations() > 0)
    }

    /// Returns the first timer of all, and whose it is.
    fn next_timer(&self) -> Option<(Time, Peer, TimerId)> {
        let timers = self.peers().filter_map(|peer| {
            let (at, timer) = self.process(peer)?.first_timer()?;
            Some((at, peer, timer))
        });
        timers.min()
    }
}

impl System for Nodes {
    type State = State;
    type Act = Act;

    fn start(&self) -> State {
        self.begins.clone()
    }

    fn acts(&self, state: &State) -> Vec<Act> {
        let mut acts: Vec<Act> = state
            .queues
            .keys()
            .map(|(from, to)| Act::Arrives(*from, *to))
            .collect();
        let writing = state.peers().filter(|peer| state.writes_to_disk(*peer));
        acts.extend(writing.map(Act::DiskDone));
        let under_way: usize = state.queues.values().map(VecDeque::len).sum();
        if let Some((at, peer, _)) = state.next_timer()
            && at <= self.ends_at
            && under_way <= self.limits.late
        {
            acts.push(Act::Timer(peer));
        }
        for peer in state.peers() {
            let left = &state.left;
            match state.process(peer) {
                Some(process) => {
                    if left.stops > 0 && process.node().port_open() {
                        acts.push(Act::Stop(peer));
                    }
                    if left.crashes > 0 {
                        acts.push(Act::Crash(peer));
                    }
                    if left.writes > 0 && process.node().port_open() {
                        acts.push(Act::Write(peer));
                    }
                }
                None if left.starts > 0 => acts.push(Act::Start(peer)),
                None => {}
            }
        }
        acts
    }

    fn after(&self, mut state: State, act: &Act) -> State {
        match *act {
            Act::Arrives(from, to) => {
                let Some(queue) = state.queues.get_mut(&(from, to)) else {
                    return state;
                };
                let item = queue.pop_front();
                if queue.is_empty() {
                    state.queues.remove(&(from, to));
                }
                match item {
                    None => {}
                    Some(Item::Up(channel, dialled)) => {
                        let up = Input::LinkUp {
                            peer: from,
                            channel,
                            dialled,
                        };
                        self.feed(&mut state, to, up);
                    }
                    Some(Item::Down(channel)) => {
                        self.feed(&mut state, to, Input::LinkDown(from, channel));
                    }
                    Some(Item::Frame(frame)) => {
                        self.feed(&mut state, to, Input::Received(from, &frame));
                    }
                }
            }
            Act::DiskDone(peer) => {
                let cache_size = self.config.gcache_size;
                let host = state.host(peer);
                if let Some(server) = &mut host.server
                    && let Some((io, op)) = server.process.take_disk_operation()
                {
                    let result = host.disk.perform(&op, &mut server.grastate, cache_size);
                    self.feed(&mut state, peer, Input::DiskDone(io, result));
                }
            }
            Act::Timer(_) => {
                if let Some((at, peer, timer)) = state.next_timer() {
                    state.now = state.now.max(at);
                    if let Some(server) = &mut state.host(peer).server {
                        server.process.take_timer(timer);
                    }
                    self.feed(&mut state, peer, Input::Timer(timer));
                }
            }
            Act::Stop(peer) => {
                state.left.stops -= 1;
                self.feed(&mut state, peer, Input::Signal(Signal::Term { entropy: 0 }));
            }
            Act::Crash(peer) => {
                state.left.crashes -= 1;
                state.host(peer).server = None;
                state.gone(peer);
            }
            Act::Start(peer) => {
                state.left.starts -= 1;
                self.start(&mut state, peer, false);
            }
            Act::Write(peer) => {
                state.left.writes -= 1;
                state.requests += 1;
                let row = format!("w{}", state.requests);
                let request = RequestId(state.requests);
                let statement = Statement::Commit(Change::Insert(row));
                self.feed(&mut state, peer, Input::Statement(request, statement));
            }
        }
        state
    }

    /// A crash may come now: the files must not contradict each other. A grastate.dat with a position
    /// says that its node has left in order, a gvwstate.dat that it is a member still. A donor that
    /// holds its applier shows a position too, as long as that lasts.
    fn wrong(&self, state: &State) -> Option<String> {
        state.peers().find_map(|peer| {
            let host = &state.hosts[usize::from(peer.0)];
            let grastate = GraState::read(host.disk.read(GRASTATE)?);
            let view = GvwState::read(host.disk.read(GVWSTATE)?);
            let holds = |process: &Process| process.node().is_donating();
            let contradict = !grastate.seqno.is_undefined()
                && matches!(view, GvwRead::Restored(_))
                && !state.process(peer).is_some_and(holds);
            contradict.then(|| {
                format!(
                    "{}: grastate.dat has the position {} beside a gvwstate.dat",
                    char::from(b'A' + peer.0),
                    grastate.seqno
                )
            })
        })
    }
}
