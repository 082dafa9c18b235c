//! Delivers the events of connections: in order, delayed by a cut, ended by a close, a reset or a boot.

use seatrial_node::{Channel, Frame, Peer};
use seatrial_scenarios::{Port, Span};

use crate::cluster::Engine;
use crate::ports::Stall;

use super::connections::{
    Arrival, ConnKey, Connection, Direction, Item, Unanswered, conn_key, way,
};
use super::queue::Event;
use super::world::World;

/// The first packet of an attempt to connect is sent again after this long, then after twice as long.
const SYN_AGAIN: Span = Span::from_secs(1);

impl World {
    /// Puts a frame on its way.
    pub(super) fn send_frame(&mut self, from: Peer, to: Peer, frame: Frame) {
        let key = conn_key(from, to, frame.channel());
        let now = self.now;
        let delay = self.cluster.delay(from, to, now);
        let Some(connection) = self.network.connections.get_mut(&key) else {
            return;
        };
        self.cluster.hear_sent(now, from, to, &frame);
        let direction = usize::from(from > to);
        let queue = &mut connection.directions[direction];
        let at = (now + delay).max(queue.last_at);
        queue.last_at = at;
        queue.items.push_back((at, Item::Frame(frame)));
        self.network.sent += 1;
        self.arm(key, direction);
    }

    /// Sees to it that the first item of a direction arrives.
    pub(super) fn arm(&mut self, key: ConnKey, direction: usize) {
        let Some(connection) = self.network.connections.get_mut(&key) else {
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
        let arrival = Arrival {
            key,
            serial,
            direction,
        };
        self.schedule(at, Event::Arrive(arrival));
    }

    /// Closes a connection from one side: what was sent before still arrives, then the other side
    /// learns of it.
    pub(super) fn close_end(&mut self, from: Peer, to: Peer, channel: Channel) {
        let key = conn_key(from, to, channel);
        let now = self.now;
        let delay = self.cluster.delay(from, to, now);
        let Some(connection) = self.network.connections.get_mut(&key) else {
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
        if let Some(connection) = self.network.connections.get_mut(&key) {
            connection.directions[other].stalled = true;
        }
    }

    pub(super) fn dial(&mut self, from: Peer, to: Peer, channel: Channel) {
        self.dial_on(from, to, channel, None);
    }

    /// Returns whether the host at the other end answers an attempt to connect to a port, were it to refuse.
    fn answers(&self, from: Peer, to: Peer, port: Port) -> bool {
        self.cluster.links().can_open(from, to, port, self.now) && self.machine(to).is_powered()
    }

    /// Connects; of several ports those before the one that has `answered` just now are done with.
    fn dial_on(&mut self, from: Peer, to: Peer, channel: Channel, answered: Option<Port>) {
        let key = conn_key(from, to, channel);
        let lingering = self
            .network
            .connections
            .get(&key)
            .is_some_and(|connection| {
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
        if self.network.connections.contains_key(&key) && !lingering {
            // A connection that the other side no longer has: its kernel answers with a reset.
            return;
        }
        let now = self.now;
        let ports = self.cluster.ports(from, channel);
        // The connections before this one are open already.
        let open = answered.and_then(|port| ports.iter().position(|one| *one == port));
        let mut left = ports.iter().skip(open.unwrap_or(0));
        if let Some(port) = left.find(|port| !self.answers(from, to, **port)) {
            if self.cluster.links().rejects(from, to, *port, now) && self.machine(to).is_powered() {
                let delay = self.cluster.delay(to, from, now);
                self.schedule(now + delay, Event::Refused { from, to, channel });
                return;
            }
            let machine = self.machine(from);
            let closed = self.cluster.waits_for_port(from, to, channel, *port, now);
            self.hope(Unanswered {
                from,
                to,
                address: self.cluster.addresses().of(to),
                channel,
                port: *port,
                starts: machine.starts(),
                until: now + closed.unwrap_or_else(|| machine.dial_timeout(channel)),
                pause: SYN_AGAIN,
            });
            if closed.is_some() {
                self.tell_waits(from, to, channel, *port);
            }
            return;
        }
        if lingering {
            self.drop_connection(key);
        }
        if !self.cluster.accepts(to, from, channel) {
            let delay = self.cluster.delay(to, from, now);
            self.schedule(now + delay, Event::Refused { from, to, channel });
            return;
        }
        self.network.last_serial += 1;
        let connection = Connection {
            serial: self.network.last_serial,
            opener: from,
            directions: <[Direction; 2]>::default(),
        };
        self.network.connections.insert(key, connection);
        self.tell_up(to, from, channel, false);
        self.tell_up(from, to, channel, true);
    }

    /// The other side has refused an attempt to connect.
    pub(super) fn refused(&mut self, from: Peer, to: Peer, channel: Channel) {
        let key = conn_key(from, to, channel);
        if !self.network.connections.contains_key(&key) && self.machine(from).has_process() {
            self.tell_down_untraced(from, to, channel);
        }
    }

    /// Waits for an answer until the attempt is repeated, or given up.
    fn hope(&mut self, attempt: Unanswered) {
        let at = (self.now + attempt.pause).min(attempt.until);
        self.schedule(at, Event::Unanswered(attempt));
    }

    /// No end has answered so far.
    pub(super) fn unanswered(&mut self, attempt: Unanswered) {
        let (from, to, channel) = (attempt.from, attempt.to, attempt.channel);
        let wanted = self.machine(from).has_process()
            && self.machine(from).starts() == attempt.starts
            && !self
                .network
                .connections
                .contains_key(&conn_key(from, to, channel));
        if !wanted {
            return;
        }
        let is_there = self.cluster.addresses().of(to) == attempt.address;
        if self.now >= attempt.until {
            self.tell_not_found(from, attempt.address, channel);
        } else if is_there && self.answers(from, to, attempt.port) {
            self.dial_on(from, to, channel, Some(attempt.port));
        } else {
            let pause = attempt.pause + attempt.pause;
            self.hope(Unanswered { pause, ..attempt });
        }
    }

    /// A connection that one side has closed and that is dialled again before the other side knows.
    pub(super) fn drop_connection(&mut self, key: ConnKey) {
        let Some(connection) = self.network.connections.remove(&key) else {
            return;
        };
        let (.., channel) = key;
        for (direction, queue) in connection.directions.iter().enumerate() {
            let closed_here = queue
                .items
                .back()
                .is_some_and(|(_, item)| *item == Item::Fin);
            if closed_here {
                let (gone, unaware) = way(key, direction);
                self.tell_down(unaware, gone, channel, "reset");
            }
        }
    }

    /// The first item in a direction arrives, unless a cut holds it back.
    pub(super) fn arrive(&mut self, arrival: Arrival) {
        let Arrival {
            key,
            serial,
            direction,
        } = arrival;
        let (.., channel) = key;
        let (from, to) = way(key, direction);
        let now = self.now;
        let open = self.cluster.links().is_open(from, to, now);
        let method = self.machine(from).sst_method();
        let closed = self
            .network
            .connection(key)
            .and_then(|connection| connection.next_port(from, direction, channel))
            .is_some_and(|port| self.cluster.links().is_closed(from, to, port));
        let Some(connection) = self.network.connections.get_mut(&key) else {
            return;
        };
        if connection.serial != serial {
            return;
        }
        let queue = &mut connection.directions[direction];
        queue.scheduled = false;
        if !open || closed {
            queue.stalled = true;
            queue.stalled_since = now;
            if let (true, Some((_, Item::Frame(frame)))) = (closed, queue.items.front())
                && let Some(stall) = Stall::of(frame, method)
            {
                self.schedule(now + stall.after(), Event::GivesUp(arrival));
            }
            return;
        }
        let Some((_, item)) = queue.items.pop_front() else {
            return;
        };
        self.arm(key, direction);
        match item {
            Item::Fin => {
                self.network.connections.remove(&key);
                self.tell_down(to, from, channel, "closed");
            }
            Item::Frame(frame) => self.deliver(to, from, frame),
        }
    }

    /// A connection whose port has been closed for so long is given up.
    pub(super) fn gives_up(&mut self, arrival: Arrival) {
        let Arrival {
            key,
            serial,
            direction,
        } = arrival;
        let (.., channel) = key;
        let (from, to) = way(key, direction);
        let method = self.machine(from).sst_method();
        let Some(connection) = self.network.connections.get_mut(&key) else {
            return;
        };
        let queue = &mut connection.directions[direction];
        let Some((_, Item::Frame(frame))) = queue.items.front() else {
            return;
        };
        let Some(stall) = Stall::of(frame, method) else {
            return;
        };
        if connection.serial != serial
            || !queue.stalled
            || queue.stalled_since + stall.after() > self.now
        {
            return;
        }
        match stall {
            Stall::Silent(_) => queue.items.clear(),
            Stall::Known(_) => {
                self.network.connections.remove(&key);
                self.tell_down(from, to, channel, "timeout");
                self.tell_down(to, from, channel, "timeout");
            }
        }
    }

    /// After the network has changed: what was held back goes on where it can.
    pub(super) fn resume_links(&mut self) {
        let now = self.now;
        let keys: Vec<ConnKey> = self.network.connections.keys().copied().collect();
        for key in keys {
            for direction in 0..2 {
                let (from, to) = way(key, direction);
                let links = self.cluster.links();
                let closed = self
                    .network
                    .connection(key)
                    .and_then(|connection| connection.next_port(from, direction, key.2))
                    .is_some_and(|port| links.is_closed(from, to, port));
                if closed || !links.is_open(from, to, now) {
                    continue;
                }
                let delay = self.cluster.recovery_delay(from, to, now);
                let Some(connection) = self.network.connections.get_mut(&key) else {
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

    pub(super) fn watch_links(&mut self) {
        let next = self.cluster.links().next_change(self.now);
        if let Some(at) = next
            && self
                .network
                .links_change
                .is_none_or(|scheduled| scheduled <= self.now)
        {
            self.network.links_change = Some(at);
            self.schedule(at, Event::LinksChange);
        }
    }

    /// A machine that boots knows no connection: the first word of a peer is answered with a reset.
    pub(super) fn forget_connections(&mut self, peer: Peer) {
        let keys: Vec<ConnKey> = self.network.keys_of(peer).collect();
        for key in keys {
            self.network.connections.remove(&key);
            let other = if key.0 == peer { key.1 } else { key.0 };
            if self.machine(other).has_process() {
                self.tell_down(other, peer, key.2, "reset");
            }
        }
    }

    /// Resets the connections over which a machine transfers its state, at both ends.
    pub(super) fn interrupt_transfer(&mut self, peer: Peer) {
        let keys = self.network.keys_of(peer);
        let keys: Vec<ConnKey> = keys.filter(|key| key.2 != Channel::Group).collect();
        for key in keys {
            self.network.connections.remove(&key);
            self.tell_down(key.0, key.1, key.2, "reset");
            self.tell_down(key.1, key.0, key.2, "reset");
        }
    }
}
