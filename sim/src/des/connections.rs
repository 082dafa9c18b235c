//! The connections between machines, as data.

use std::collections::{BTreeMap, VecDeque};

use seatrial_node::{Channel, Frame, Peer, StateKey};
use seatrial_scenarios::{Port, Span};

use crate::ports;

/// An attempt to connect without an answer so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unanswered {
    pub(super) from: Peer,
    pub(super) to: Peer,
    /// The address of the other end when the attempt began.
    pub(super) address: Peer,
    pub(super) channel: Channel,
    /// The port that does not answer.
    pub(super) port: Port,
    /// The start of the server that wants it.
    pub(super) starts: u64,
    /// When it gives up.
    pub(super) until: Span,
    /// The time until its next attempt.
    pub(super) pause: Span,
}

/// A connection by its two ends, the lower first.
pub(super) type ConnKey = (Peer, Peer, Channel);

/// Returns who sends and who receives in a direction of a connection.
pub(super) const fn way((low, high, _): ConnKey, direction: usize) -> (Peer, Peer) {
    if direction == 0 {
        (low, high)
    } else {
        (high, low)
    }
}

/// The first item in a direction of a connection is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arrival {
    pub(super) key: ConnKey,
    /// Tells one connection from the next between the same two.
    pub(super) serial: u64,
    pub(super) direction: usize,
}

/// Something on its way over a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// A frame.
    Frame(Frame),
    /// The sender has closed.
    Fin,
}

/// One direction of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Direction {
    pub(super) items: VecDeque<(Span, Item)>,
    pub(super) last_at: Span,
    pub(super) scheduled: bool,
    /// Held back by a cut.
    pub(super) stalled: bool,
    /// Since when.
    pub(super) stalled_since: Span,
}

/// A connection between two machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Connection {
    pub(super) serial: u64,
    /// The end that has opened it.
    pub(super) opener: Peer,
    /// From the lower end to the higher, and back.
    pub(super) directions: [Direction; 2],
}

impl Connection {
    /// Returns the port to which the next item of a direction goes; `None` for one that goes back to the opener, and for
    /// the end of a state transfer.
    pub(super) fn next_port(&self, from: Peer, direction: usize, channel: Channel) -> Option<Port> {
        let (_, item) = self.directions[direction].items.front()?;
        match item {
            _ if from != self.opener => None,
            Item::Frame(frame) => Some(ports::of_frame(frame)),
            Item::Fin => (channel == Channel::Group).then_some(Port::Group),
        }
    }

    /// Adds how the connection stands, seen from one of its ends. What is held back is told by its kind,
    /// not by how much of it there is; what is on its way is a sign of life, a phase of a timer.
    pub(super) fn key(&self, direction: usize, into: &mut StateKey) {
        let queue = &self.directions[direction];
        into.word("connection");
        into.flag(queue.stalled);
        let is_fin = |(_, item): &(Span, Item)| *item == Item::Fin;
        into.flag(queue.items.iter().any(is_fin));
        into.flag(queue.stalled && queue.items.iter().any(|item| !is_fin(item)));
    }
}

/// Returns the key of the connection between two machines.
pub(super) fn conn_key(a: Peer, b: Peer, channel: Channel) -> ConnKey {
    if a < b {
        (a, b, channel)
    } else {
        (b, a, channel)
    }
}

/// The connections between machines.
///
/// It owns them and what is on its way over them. The world's methods in `network.rs` alone change it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Network {
    pub(super) connections: BTreeMap<ConnKey, Connection>,
    pub(super) last_serial: u64,
    /// The next change of a flapping link that is scheduled.
    pub(super) links_change: Option<Span>,
    /// Frames that were sent, keepalives too.
    pub(super) sent: u64,
}

impl Network {
    /// Returns the number of frames that were sent, keepalives too.
    pub(super) const fn frames_sent(&self) -> u64 {
        self.sent
    }

    /// Returns the connection between two machines.
    pub(super) fn connection(&self, key: ConnKey) -> Option<&Connection> {
        self.connections.get(&key)
    }

    /// Takes note of so many signs of life from one machine to another, the last of them at this instant.
    pub(super) fn coasted(&mut self, from: Peer, to: Peer, at: Span, signs: u64) {
        let key = conn_key(from, to, Channel::Group);
        if let Some(connection) = self.connections.get_mut(&key) {
            connection.directions[usize::from(from > to)].last_at = at;
            self.sent += signs;
        }
    }

    /// A machine without power: nothing that it had sent and nothing for it is delivered.
    pub(super) fn silence(&mut self, peer: Peer) {
        for (key, connection) in &mut self.connections {
            if key.0 == peer || key.1 == peer {
                for queue in &mut connection.directions {
                    queue.items.clear();
                    queue.stalled = true;
                }
            }
        }
    }

    /// A machine is found elsewhere from here on.
    pub(super) fn forget(&mut self, peer: Peer) {
        self.connections
            .retain(|key, _| key.0 != peer && key.1 != peer);
    }

    /// Returns the connections of a machine.
    pub(super) fn keys_of(&self, peer: Peer) -> impl Iterator<Item = ConnKey> {
        let keys = self.connections.keys().copied();
        keys.filter(move |key| key.0 == peer || key.1 == peer)
    }
}
