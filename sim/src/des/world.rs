//! The world: the cluster, with the network and the queue of this engine.

use seatrial_node::{Channel, DeliberateFault, Frame, Peer};
use seatrial_scenarios::{Fault, NodeName, Progress, RequestId, Setup, Span};

use crate::cluster::{Cluster, Engine};
use crate::machine::{CallId, Machine};

use super::coast::Coasts;
use super::connections::Network;
use super::queue::{Event, Next, Queue};

/// The simulated world: the cluster with this engine's network, time and order of events.
#[derive(Clone, Debug)]
pub struct World {
    pub(super) cluster: Cluster,
    pub(super) now: Span,
    pub(super) queue: Queue,
    pub(super) network: Network,
    pub(super) coasts: Coasts,
}

impl World {
    /// Returns a world with its machines installed, nothing started.
    pub fn new(setup: &Setup) -> Self {
        Self::with_fault(setup, None)
    }

    /// Returns the same with a mistake in the model, which tests alone plant.
    pub(super) fn with_fault(setup: &Setup, deliberate_fault: Option<DeliberateFault>) -> Self {
        Self {
            cluster: Cluster::new(setup, deliberate_fault),
            now: Span::ZERO,
            queue: Queue::new(setup.nodes.len()),
            network: Network::default(),
            coasts: Coasts::default(),
        }
    }

    /// Returns the instant.
    pub const fn now(&self) -> Span {
        self.now
    }

    /// Returns the number of frames that were sent, keepalives too, which no trace shows; those of computed time are
    /// counted.
    pub const fn frames_sent(&self) -> u64 {
        self.network.frames_sent()
    }

    /// Returns the machine at a place.
    pub fn machine(&self, peer: Peer) -> &Machine {
        self.cluster.machine(peer)
    }

    /// Returns the place of a node.
    pub fn place(&self, name: &NodeName) -> Option<Peer> {
        self.cluster.peer(name)
    }

    /// Adds an event.
    pub(super) fn schedule(&mut self, at: Span, event: Event) {
        self.queue.push(at.max(self.now), event);
    }

    /// Lets the next event happen, if it comes at `limit` at the latest. Returns whether one did.
    pub(super) fn step(&mut self, limit: Span) -> bool {
        let Some((at, next)) = self.queue.pop(limit, self.now) else {
            return false;
        };
        self.now = at;
        match next {
            Next::Machine(peer) => {
                self.cluster.machine_mut(peer).tick(at);
                self.settle(peer);
            }
            Next::Event(Event::Dial { from, to, channel }) => self.dial(from, to, channel),
            Next::Event(Event::Refused { from, to, channel }) => self.refused(from, to, channel),
            Next::Event(Event::Call(id)) => self.continue_call(id),
            Next::Event(Event::Nobody {
                from,
                address,
                channel,
                starts,
            }) => {
                let machine = self.machine(from);
                if machine.has_process() && machine.starts() == starts {
                    self.tell_not_found(from, address, channel);
                }
            }
            Next::Event(Event::Unanswered(attempt)) => self.unanswered(attempt),
            Next::Event(Event::Arrive(arrival)) => self.arrive(arrival),
            Next::Event(Event::GivesUp(arrival)) => self.gives_up(arrival),
            Next::Event(Event::LinksChange) => self.resume_links(),
        }
        true
    }
}

impl Engine for World {
    fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    fn cluster_mut(&mut self) -> &mut Cluster {
        &mut self.cluster
    }

    fn now(&self) -> Span {
        self.now
    }

    fn note_deadline(&mut self, peer: Peer) {
        let deadline = self.cluster.machine(peer).deadline();
        let deadline = deadline.map(|at| at.max(self.now));
        self.queue.note_deadline(peer, deadline);
    }

    fn send(&mut self, from: Peer, to: Peer, frame: Frame) {
        self.send_frame(from, to, frame);
    }

    fn connect(&mut self, from: Peer, to: Peer, channel: Channel) {
        let delay = self.cluster.delay(from, to, self.now);
        self.schedule(self.now + delay, Event::Dial { from, to, channel });
    }

    fn close(&mut self, from: Peer, to: Peer, channel: Channel) {
        self.close_end(from, to, channel);
    }

    fn find_nobody(&mut self, from: Peer, address: Peer, channel: Channel, after: Span) {
        let starts = self.machine(from).starts();
        let failed = Event::Nobody {
            from,
            address,
            channel,
            starts,
        };
        self.schedule(self.now + after, failed);
    }

    fn wake_call(&mut self, _: Peer, id: CallId, at: Span) {
        self.schedule(at, Event::Call(id));
    }

    fn reset_connections(&mut self, peer: Peer) {
        for to in self.cluster.peers() {
            for channel in [Channel::Group, Channel::Transfer, Channel::Script] {
                self.close_end(peer, to, channel);
            }
        }
    }

    fn answer(&mut self, id: RequestId, progress: Progress) {
        self.cluster.answered(id, progress);
    }

    fn follow_fault(&mut self, fault: &Fault, peer: Peer) {
        match fault {
            Fault::PowerOff(_) => self.network.silence(peer),
            Fault::PowerOn(_) => self.forget_connections(peer),
            Fault::InterruptTransfer(_) => self.interrupt_transfer(peer),
            // Nothing that goes to the address before reaches anybody, and nobody is told.
            Fault::Readdress { .. } => self.network.forget(peer),
            _ => {}
        }
    }

    fn follow_links(&mut self) {
        self.resume_links();
    }
}
