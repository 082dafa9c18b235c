//! The shared state of a run's tasks: the cluster, its hosts on madsim, the ends of its connections, and how
//! answers travel back.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use madsim::net::NetSim;
use madsim::plugin;
use madsim::runtime::NodeHandle;
use madsim::task::AbortHandle;
use madsim::time::Instant;
use seatrial_node::{Channel, Frame, Peer};
use seatrial_scenarios::{Fault, Port, Progress, Request, RequestId, Setup, Span};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Notify, oneshot};

use crate::cluster::{Cluster, Engine, place};
use crate::machine::CallId;
use crate::ports::{self, Stall};

use super::front::{self, Call};
use super::wire;

/// The most that madsim's own latency comes to: what is above it in the table is added by the writer.
const BASE_LATENCY: Span = Span::from_micros(900);

/// A frame on its way to the writer.
pub(super) struct Parcel {
    /// The instant before which it is not written.
    pub(super) at: Span,
    /// The frame.
    pub(super) bytes: Vec<u8>,
    /// The port to which it goes; `None` for one that goes back to the opener.
    pub(super) port: Option<Port>,
    /// The end of the connection if that port stays closed.
    pub(super) stall: Option<Stall>,
}

/// One machine's end of a connection.
pub(super) struct End {
    /// Tells one connection from the next between the same two.
    pub(super) serial: u64,
    /// The machine that opened it, and the time.
    pub(super) dialled: (Peer, Span),
    /// Frames for the writer.
    pub(super) outgoing: UnboundedSender<Parcel>,
    /// The reading task.
    pub(super) reader: AbortHandle,
}

/// The key of an end: the machine, the other machine, the channel.
pub(super) type EndKey = (Peer, Peer, Channel);

/// The hosts of those who stand outside the cluster.
pub(super) struct Outside {
    /// The host where commands are typed.
    pub(super) operator: NodeHandle,
    /// The host where the application runs.
    pub(super) clients: NodeHandle,
}

/// The connections between machines, as each end knows them. The tasks of `wire` open and close them.
#[derive(Default)]
pub(super) struct Wires {
    pub(super) ends: BTreeMap<EndKey, End>,
    /// Connection attempts under way.
    pub(super) dials: BTreeSet<EndKey>,
    /// Those of them that have reached the other side. An attempt whose packets are lost in a cut is not among them:
    /// the other side knows nothing of it.
    pub(super) answering: BTreeSet<EndKey>,
    pub(super) last_serial: u64,
    /// Counts the processes that have gone, by machine: a late answer is not for the next process.
    pub(super) generations: BTreeMap<Peer, u64>,
}

impl Wires {
    /// Returns the number of a machine's process: how many processes came before it.
    pub(super) fn generation(&self, peer: Peer) -> u64 {
        self.generations.get(&peer).copied().unwrap_or_default()
    }

    /// A machine's process is gone.
    fn end_generation(&mut self, peer: Peer) {
        *self.generations.entry(peer).or_default() += 1;
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
}

/// The ways by which answers travel back. The tasks of `front` carry them.
#[derive(Default)]
pub(super) struct Answers {
    /// The answers to requests that have reached the nodes' hosts.
    waiting: BTreeMap<RequestId, oneshot::Sender<Progress>>,
    /// The switch that presses Ctrl-C, for every request that has no answer yet.
    interrupts: BTreeMap<RequestId, Arc<Notify>>,
}

/// Everything that tasks share. The lock is never held across an await.
pub(super) struct Shared {
    pub(super) cluster: Cluster,
    start: Instant,
    /// The machines' hosts, by place.
    pub(super) hosts: Vec<NodeHandle>,
    outside: Outside,
    pub(super) wires: Wires,
    answers: Answers,
    /// Wakes a machine's clock, by place: its deadline may have changed.
    pub(super) wakes: Vec<Arc<Notify>>,
    /// Wakes the task that follows flapping links.
    pub(super) links_changed: Arc<Notify>,
    /// Wakes a wait that ends at a message.
    pub(super) heard: Arc<Notify>,
}

/// A handle on what is shared.
#[derive(Clone)]
pub(super) struct World(Arc<Mutex<Shared>>);

/// The shared state, locked, with the handle that new tasks need: this engine at work.
pub(super) struct Acting<'a> {
    world: &'a World,
    shared: MutexGuard<'a, Shared>,
}

impl Deref for Acting<'_> {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl DerefMut for Acting<'_> {
    fn deref_mut(&mut self) -> &mut Shared {
        &mut self.shared
    }
}

impl World {
    /// Returns the machines of a setup on their hosts, nothing started.
    pub(super) fn new(setup: &Setup, hosts: Vec<NodeHandle>, outside: Outside) -> Self {
        Self(Arc::new(Mutex::new(Shared {
            cluster: Cluster::new(setup, None),
            start: Instant::now(),
            wakes: hosts.iter().map(|_| Arc::new(Notify::new())).collect(),
            hosts,
            outside,
            wires: Wires::default(),
            answers: Answers::default(),
            links_changed: Arc::new(Notify::new()),
            heard: Arc::new(Notify::new()),
        })))
    }

    /// Returns the shared state, for a moment without an await in it.
    pub(super) fn lock(&self) -> Acting<'_> {
        Acting {
            world: self,
            shared: self
                .0
                .lock()
                .expect("invariant: a panic ends the whole run"),
        }
    }
}

impl Shared {
    /// Returns the instant.
    pub(super) fn now(&self) -> Span {
        Span(u64::try_from(self.start.elapsed().as_micros()).expect("invariant: a run is short"))
    }

    /// Returns the instant in the clock of the tasks.
    pub(super) fn instant(&self, at: Span) -> Instant {
        self.start + Duration::from_micros(at.as_micros())
    }

    /// Returns whether bytes pass from the one host to the other now.
    pub(super) fn passes(&self, from: Peer, to: Peer) -> bool {
        self.cluster.links().is_open(from, to, self.now())
            && self.cluster.machine(from).is_powered()
            && self.cluster.machine(to).is_powered()
    }

    /// Returns whether bytes pass from the one host to a port of the other now.
    pub(super) fn passes_to(&self, from: Peer, to: Peer, port: Option<Port>) -> bool {
        let is_closed = |port| self.cluster.links().is_closed(from, to, port);
        self.passes(from, to) && !port.is_some_and(is_closed)
    }

    /// Makes madsim's network what the table and the power say.
    pub(super) fn mirror(&self) {
        let net = plugin::simulator::<NetSim>();
        for from in self.cluster.peers() {
            for to in self.cluster.peers().filter(|to| *to != from) {
                let (source, target) = (self.hosts[place(from)].id(), self.hosts[place(to)].id());
                if self.passes(from, to) {
                    net.unclog_link(source, target);
                } else {
                    net.clog_link(source, target);
                }
            }
        }
    }

    /// Presses Ctrl-C on the host of a request's asker, if the request has no answer yet.
    pub(super) fn interrupt(&self, id: RequestId) {
        if let Some(interrupt) = self.answers.interrupts.get(&id) {
            interrupt.notify_one();
        }
    }

    /// The answer to a request has come back.
    pub(super) fn answered(&mut self, id: RequestId, progress: Progress) {
        self.answers.interrupts.remove(&id);
        self.cluster.answered(id, progress);
    }
}

impl Engine for Acting<'_> {
    fn cluster(&self) -> &Cluster {
        &self.shared.cluster
    }

    fn cluster_mut(&mut self) -> &mut Cluster {
        &mut self.shared.cluster
    }

    fn now(&self) -> Span {
        self.shared.now()
    }

    fn note_deadline(&mut self, peer: Peer) {
        self.wakes[place(peer)].notify_one();
    }

    fn send(&mut self, from: Peer, to: Peer, frame: Frame) {
        let now = self.now();
        let delay = self
            .cluster
            .delay(from, to, now)
            .saturating_sub(BASE_LATENCY);
        let Some(end) = self.wires.ends.get(&(from, to, frame.channel())) else {
            return;
        };
        let parcel = Parcel {
            at: now + delay,
            bytes: frame.encode(),
            port: (end.dialled.0 == from).then(|| ports::of_frame(&frame)),
            stall: Stall::of(&frame, self.cluster.machine(from).sst_method()),
        };
        // A writer that has ended has lost its connection; its reader is about to say so.
        let _ = end.outgoing.send(parcel);
        self.cluster.hear_sent(now, from, to, &frame);
    }

    fn connect(&mut self, from: Peer, to: Peer, channel: Channel) {
        let generation = self.wires.generation(from);
        let task = wire::dial(self.world.clone(), (from, to, channel), generation);
        self.hosts[place(from)].spawn(task);
    }

    fn close(&mut self, from: Peer, to: Peer, channel: Channel) {
        self.wires.close((from, to, channel));
    }

    fn find_nobody(&mut self, from: Peer, address: Peer, channel: Channel, after: Span) {
        let generation = self.wires.generation(from);
        let task = wire::find_nobody(
            self.world.clone(),
            from,
            address,
            channel,
            after,
            generation,
        );
        self.hosts[place(from)].spawn(task);
    }

    fn wake_call(&mut self, from: Peer, id: CallId, at: Span) {
        let task = wire::continue_call(self.world.clone(), id, self.instant(at));
        self.hosts[place(from)].spawn(task);
    }

    fn reset_connections(&mut self, peer: Peer) {
        self.wires.end_generation(peer);
        self.wires.close_all(peer, None);
    }

    fn answer(&mut self, id: RequestId, progress: Progress) {
        match self.answers.waiting.remove(&id) {
            // The asker may be gone.
            Some(answer) => drop(answer.send(progress)),
            // Another host's playbook has run this command, and nothing waits for it.
            None => self.answered(id, progress),
        }
    }

    fn follow_fault(&mut self, fault: &Fault, peer: Peer) {
        match fault {
            Fault::PowerOff(_) => self.wires.end_generation(peer),
            // A machine that boots knows no connection: its peers' streams are reset.
            Fault::PowerOn(_) => drop(self.wires.close_all(peer, None)),
            Fault::InterruptTransfer(_) => {
                for channel in [Channel::Transfer, Channel::Script] {
                    for (me, other, channel) in self.wires.close_all(peer, Some(channel)) {
                        self.tell_down(me, other, channel, "reset");
                    }
                }
            }
            // Nothing that goes to the address before reaches anybody, and nobody is told.
            Fault::Readdress { .. } => {
                self.wires.close_all(peer, None);
                let of_others = self.wires.ends.keys().filter(|key| key.1 == peer);
                let keys: Vec<EndKey> = of_others.copied().collect();
                for key in keys {
                    self.wires.close(key);
                }
            }
            _ => {}
        }
    }

    fn follow_links(&mut self) {
        self.mirror();
        self.links_changed.notify_one();
    }

    fn ring(&mut self) {
        self.heard.notify_one();
    }
}

impl Acting<'_> {
    /// Starts a request on the host of the operator or of the clients.
    pub(super) fn start_request(&mut self, request: Request) -> RequestId {
        let now = self.now();
        let (id, peer) = self.cluster.register(&request, now);
        let Some(peer) = peer else {
            return id;
        };
        let host = match request {
            Request::Operator { .. } => &self.outside.operator,
            Request::Client { .. } => &self.outside.clients,
        };
        let interrupt = Arc::new(Notify::new());
        let call = Call { id, request };
        host.spawn(front::make(
            call,
            self.world.clone(),
            peer,
            interrupt.clone(),
        ));
        self.answers.interrupts.insert(id, interrupt);
        id
    }

    /// A request has reached its node's host.
    pub(super) fn begin(&mut self, call: &Call, peer: Peer, answer: oneshot::Sender<Progress>) {
        self.answers.waiting.insert(call.id, answer);
        let now = self.now();
        self.cluster.touch(now);
        self.hand_over(call.id, &call.request, peer);
    }

    /// Ctrl-C has reached the host of the command.
    pub(super) fn ctrl_c(&mut self, id: RequestId, peer: Peer) {
        if self.answers.waiting.contains_key(&id) {
            self.press_ctrl_c(id, peer);
        }
    }
}
