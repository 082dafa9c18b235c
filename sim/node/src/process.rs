//! The process of a node as its driver holds it: the node, its timers, and its disk operations in order.
//!
//! Three drivers share it: the simulated machine, the search over interleavings and the bench of the
//! node's scripts. Each decides when time passes, and what connections and files do. None of them sees
//! a timer or a disk operation before it is due.

use std::collections::VecDeque;

use crate::coast::Coast;
use crate::effect::{
    BootMode, DiskOp, Effect, Effects, Input, IoId, Note, Reply, RequestId, TimerId,
};
use crate::frame::{Channel, Frame};
use crate::node::{Identity, Node};
use crate::peer::Peer;
use crate::time::Time;

/// A running process.
///
/// It owns the node, the timers that the node has set, and the queue of its disk operations. A driver
/// gives it inputs and carries out what [`Process::keep`] hands back. It never touches a file or a
/// connection itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Process {
    node: Node,
    timers: Timers,
    /// In order; the first one may be under way.
    disk_queue: VecDeque<(IoId, DiskOp)>,
    /// When the first disk operation will be done; `None` where it has not begun.
    disk_done_at: Option<Time>,
}

/// The timers that run, each at its place in [`TimerId::ALL`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Timers([Option<Time>; TimerId::ALL.len()]);

impl Timers {
    const fn insert(&mut self, timer: TimerId, at: Time) {
        self.0[timer as usize] = Some(at);
    }

    const fn remove(&mut self, timer: TimerId) {
        self.0[timer as usize] = None;
    }

    const fn get(&self, timer: TimerId) -> Option<Time> {
        self.0[timer as usize]
    }

    fn running(&self) -> impl Iterator<Item = (Time, TimerId)> + '_ {
        let all = self.0.iter().zip(TimerId::ALL);
        all.filter_map(|(at, timer)| Some(((*at)?, timer)))
    }

    /// Returns the first one to run out; of those that run out together, the first in their order.
    fn first(&self) -> Option<(Time, TimerId)> {
        self.running().min()
    }
}

/// The requests of a process to its surroundings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// Send a frame.
    Send(Peer, Frame),
    /// Open a connection.
    Connect(Peer, Channel),
    /// Close one.
    Close(Peer, Channel),
    /// Answer a statement.
    Reply(RequestId, Reply),
    /// Something for the error log and the trace.
    Note(Note),
    /// The process ends with this exit code (128 plus the signal).
    Exit(i32),
}

/// Something of a process that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// The disk has done its first operation: the driver performs it and reports the result.
    Disk(IoId, DiskOp),
    /// A timer has run out.
    Timer(TimerId),
}

impl Process {
    /// Returns a process that has read nothing yet; [`Input::Boot`] starts it.
    pub fn new(identity: Identity, boot: BootMode, now: Time) -> Self {
        Self {
            node: Node::new(identity, boot, now),
            timers: Timers::default(),
            disk_queue: VecDeque::new(),
            disk_done_at: None,
        }
    }

    /// Returns the node, to be read.
    pub const fn node(&self) -> &Node {
        &self.node
    }

    /// Returns whether a connection of this kind would be accepted.
    pub fn listens(&self, channel: Channel) -> bool {
        match channel {
            Channel::Group => self.node.listens(),
            Channel::Transfer | Channel::Script => self.node.listens_for_transfer(),
        }
    }

    /// Gives the node an input and appends all that follows. The driver hands each effect to
    /// [`Process::keep`], in order.
    pub fn handle(&mut self, now: Time, input: Input<'_>, effects: &mut Effects) {
        self.node.handle(now, input, effects);
    }

    /// Keeps an effect that concerns a timer or the disk, and hands back any other one.
    pub fn keep(&mut self, effect: Effect) -> Option<Outgoing> {
        match effect {
            Effect::SetTimer(timer, at) => {
                self.timers.insert(timer, at);
                None
            }
            Effect::ClearTimer(timer) => {
                self.timers.remove(timer);
                None
            }
            Effect::Disk(io, op) => {
                self.disk_queue.push_back((io, op));
                None
            }
            Effect::Send(peer, frame) => Some(Outgoing::Send(peer, frame)),
            Effect::Connect(peer, channel) => Some(Outgoing::Connect(peer, channel)),
            Effect::Close(peer, channel) => Some(Outgoing::Close(peer, channel)),
            Effect::Reply(request, reply) => Some(Outgoing::Reply(request, reply)),
            Effect::Note(note) => Some(Outgoing::Note(note)),
            Effect::Exit(code) => Some(Outgoing::Exit(code)),
        }
    }

    /// Starts the first disk operation unless one is under way: it will be done `takes` after `now`.
    pub fn start_disk(&mut self, now: Time, takes: impl FnOnce(IoId) -> Time) {
        if let Some((io, _)) = self.disk_queue.front()
            && self.disk_done_at.is_none()
        {
            self.disk_done_at = Some(now + takes(*io));
        }
    }

    /// Returns the number of disk operations that wait or are under way.
    pub fn disk_operations(&self) -> usize {
        self.disk_queue.len()
    }

    /// Takes the first disk operation out of the queue, whether or not its time has come.
    pub fn take_disk_operation(&mut self) -> Option<(IoId, DiskOp)> {
        self.disk_done_at = None;
        self.disk_queue.pop_front()
    }

    /// Takes all disk operations: a process that ends by itself has written what it wanted to write.
    pub fn take_disk_queue(&mut self) -> impl Iterator<Item = DiskOp> + use<> {
        self.disk_done_at = None;
        std::mem::take(&mut self.disk_queue)
            .into_iter()
            .map(|(_, op)| op)
    }

    /// Returns the first timer to run out, and when it does.
    pub fn first_timer(&self) -> Option<(Time, TimerId)> {
        self.timers.first()
    }

    /// Takes a timer away, as one that has run out.
    pub fn take_timer(&mut self, timer: TimerId) {
        self.timers.remove(timer);
    }

    /// Returns the next instant at which something is due.
    pub fn deadline(&self) -> Option<Time> {
        let timer = self.timers.first().map(|(at, _)| at);
        timer.into_iter().chain(self.disk_done_at).min()
    }

    /// Takes what is due at an instant, the disk before the timers.
    pub fn take_due(&mut self, now: Time) -> Option<Due> {
        if self.disk_done_at.is_some_and(|at| at <= now) {
            let (io, op) = self.take_disk_operation()?;
            return Some(Due::Disk(io, op));
        }
        let (_, timer) = self.first_timer().filter(|(at, _)| *at <= now)?;
        self.timers.remove(timer);
        Some(Due::Timer(timer))
    }

    /// Returns the timers of group communication, if they run by themselves until something else happens, and the
    /// instant at which another timer runs out or the disk is done.
    pub fn coast(&self, now: Time) -> Option<(Coast, Option<Time>)> {
        let evs_at = self.timers.get(TimerId::Evs)?;
        let gmcast_at = self.timers.get(TimerId::Gmcast)?;
        let others = self.timers.running();
        let others = others.filter(|(_, timer)| !matches!(timer, TimerId::Evs | TimerId::Gmcast));
        let until = others.map(|(at, _)| at).chain(self.disk_done_at).min();
        Some((self.node.coast(now, evs_at, gmcast_at)?, until))
    }

    /// The timers of group communication have run by themselves.
    pub fn coasted(&mut self, coast: &Coast) {
        self.timers.insert(TimerId::Evs, coast.evs_at);
        self.timers.insert(TimerId::Gmcast, coast.gmcast_at);
        self.node.coasted(coast);
    }

    /// Signs of life of a peer have come, the last of them at this instant.
    pub fn heard(&mut self, from: Peer, at: Time) {
        self.node.heard(from, at);
    }

    /// Gives the nodes other names, which stand in log lines.
    pub fn rename(&mut self, names: Vec<String>) {
        self.node.rename(names);
    }
}
