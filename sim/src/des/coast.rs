//! Coasting over idle time.
//!
//! Most of a run is waiting: members tell each other that they live, and that is all. Then two timers of each node
//! run by themselves, and of what they do only the last counts: when each node last spoke and was last heard. So
//! such a stretch is computed and not played. It ends before anything else happens, and where nothing is on its
//! way. Record, trace and every later draw are the same: tests hold that, and [`Coasting::Checked`] does.

use seatrial_node::{Channel, Coast, Peer, Time};
use seatrial_scenarios::{Port, Span};

use crate::cluster::place;
use crate::machine::Idle;

use super::connections::conn_key;
use super::world::World;

/// A stretch shorter than this is played.
const WORTH: Span = Span::from_millis(100);

/// The treatment of idle time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Coasting {
    /// It is computed.
    #[default]
    On,
    /// It is played, event by event.
    Off,
    /// It is computed, and a copy of the world plays it. Both must be equal, or the run ends in a panic. This is for
    /// tests: it is slow.
    Checked,
}

/// The treatment of idle time, and how much was computed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Coasts {
    pub(super) mode: Coasting,
    pub(super) total: Span,
    pub(super) number: u64,
}

/// Nobody coasts with more nodes than this.
const NODES_MAX: usize = 16;

/// The idle machines by place, and with whom each exchanges signs of life, as bits.
type Coasters = [Option<(Idle, u32)>; NODES_MAX];

impl World {
    /// Coasts towards `limit` as far as nothing happens but signs of life.
    pub(super) fn coast(&mut self, limit: Span) {
        let mut until = limit;
        if let Some(at) = self.queue.first_event() {
            until = until.min(before(at));
        }
        if self.coasts.mode == Coasting::Off || until.saturating_sub(self.now) < WORTH {
            return;
        }
        let Some((coasters, until)) = self.coasters(until) else {
            return;
        };
        let Some(until) = self.landing(&coasters, until) else {
            return;
        };
        if self.coasts.mode == Coasting::Checked {
            let mut played = self.clone();
            self.coast_until(&coasters, until);
            while played.step(until) {}
            played.assert_is(self);
        } else {
            self.coast_until(&coasters, until);
        }
    }

    /// Returns the idle machines, and the instant until which the others do nothing, if that is worth it.
    fn coasters(&self, mut until: Span) -> Option<(Coasters, Span)> {
        let machines = self.cluster.machines();
        let mut coasters = [None; NODES_MAX];
        if machines.len() > NODES_MAX || !self.cluster.links().is_steady() {
            return None;
        }
        let mut any = false;
        for (peer, machine) in self.cluster.peers().zip(machines) {
            let first = match machine.idle(self.now) {
                Some(idle) => {
                    any = true;
                    coasters[place(peer)] = Some((idle, 0));
                    idle.until
                }
                None => self.queue.deadline(peer),
            };
            until = first.map_or(until, |at| until.min(before(at)));
            if until.saturating_sub(self.now) < WORTH {
                return None;
            }
        }
        // A node that speaks to another is heard by it, in the same view, over a connection that works.
        for from in self.cluster.peers() {
            let Some((idle, _)) = coasters[place(from)] else {
                continue;
            };
            let mut linked = 0;
            for address in self.machine(from).linked() {
                let to = self.cluster.addresses().holder(address)?;
                let (other, _) = coasters[place(to)]?;
                let hears = self.machine(to).linked();
                let hears = hears
                    .into_iter()
                    .any(|peer| self.cluster.addresses().holder(peer) == Some(from));
                if other.view != idle.view || !hears || !self.passes(from, to) {
                    return None;
                }
                linked |= 1 << to.0;
            }
            coasters[place(from)] = Some((idle, linked));
        }
        any.then_some((coasters, until))
    }

    /// Returns whether a sign of life passes at once: nothing is held back, and nothing is on its way.
    fn passes(&self, from: Peer, to: Peer) -> bool {
        let key = conn_key(from, to, Channel::Group);
        let Some(connection) = self.network.connection(key) else {
            return false;
        };
        let queue = &connection.directions[usize::from(from > to)];
        let links = self.cluster.links();
        queue.items.is_empty()
            && !queue.stalled
            && !queue.scheduled
            && queue.last_at <= self.now
            && links.is_open(from, to, self.now)
            && (connection.opener != from || !links.is_closed(from, to, Port::Group))
    }

    /// Returns the instant until which all timers run by themselves and at which nothing is on its way, if that is
    /// worth it.
    fn landing(&self, coasters: &Coasters, mut until: Span) -> Option<Span> {
        loop {
            let mut earlier = until;
            for (from, coaster) in (0..).map(Peer).zip(coasters) {
                let Some((idle, linked)) = coaster else {
                    continue;
                };
                let mut coast = idle.coast;
                earlier = earlier.min(Span(coast.run(Time(earlier.as_micros())).0));
                let longest = self.linked_to(*linked);
                let longest = longest.map(|to| self.cluster.links().longest_delay(from, to));
                if let (Some(sign), Some(longest)) = (coast.last_sign(), longest.max())
                    && Span(sign.0) + longest > earlier
                {
                    earlier = before(Span(sign.0));
                }
            }
            if earlier.saturating_sub(self.now) < WORTH {
                return None;
            }
            if earlier == until {
                return Some(until);
            }
            until = earlier;
        }
    }

    fn linked_to(&self, linked: u32) -> impl Iterator<Item = Peer> + use<> {
        self.cluster
            .peers()
            .filter(move |peer| linked & (1 << peer.0) != 0)
    }

    /// Puts the world where it is at an instant if nothing but signs of life happens until then.
    fn coast_until(&mut self, coasters: &Coasters, until: Span) {
        let began = self.now;
        let mut ran: Vec<(Peer, Coast)> = Vec::with_capacity(NODES_MAX);
        for (from, coaster) in (0..).map(Peer).zip(coasters) {
            let Some((idle, linked)) = coaster else {
                continue;
            };
            let mut coast = idle.coast;
            coast.run(Time(until.as_micros()));
            self.cluster.machine_mut(from).coasted(&coast);
            if let Some(at) = coast.last_run() {
                self.now = self.now.max(Span(at.0));
                ran.push((from, coast));
            }
            let Some(sign) = coast.last_sign().map(|at| Span(at.0)) else {
                continue;
            };
            let address = self.cluster.addresses().of(from);
            for to in self.linked_to(*linked) {
                let at = sign + self.cluster.delay(from, to, sign);
                self.network.coasted(from, to, at, coast.signs());
                self.cluster.machine_mut(to).heard(address, at);
                self.now = self.now.max(at);
            }
        }
        self.in_order_of_runs(coasters, &mut ran);
        for (peer, _) in ran {
            let deadline = self.machine(peer).deadline();
            self.queue.note_deadline(peer, deadline);
        }
        self.coasts.total += self.now.saturating_sub(began);
        self.coasts.number += 1;
    }

    /// Sorts machines by their last runs: a machine's place among those of one instant is what it got when it last
    /// ran. Where two ran last at the same instant, the one that ran before the other until then is the first.
    fn in_order_of_runs(&self, coasters: &Coasters, ran: &mut [(Peer, Coast)]) {
        let runs = |(peer, coast): &(Peer, Coast)| {
            let mut again = coasters[place(*peer)].map(|(idle, _)| idle.coast);
            let mut runs = Vec::new();
            while let Some(at) = again.map(|coast| coast.next())
                && Some(at) <= coast.last_run()
            {
                runs.push(at);
                again.as_mut().map(Coast::step);
            }
            runs.reverse();
            runs
        };
        ran.sort_by(|one, other| {
            let last = one.1.last_run().cmp(&other.1.last_run());
            last.then_with(|| runs(one).cmp(&runs(other)))
                .then_with(|| self.queue.turn_of(one.0).cmp(&self.queue.turn_of(other.0)))
        });
    }

    /// Stops where this world differs from another one in anything that counts.
    fn assert_is(&self, other: &Self) {
        assert_eq!(self.now, other.now, "the instant after a coast");
        let queues = (self.queue.in_order(), other.queue.in_order());
        assert_eq!(
            queues.0, queues.1,
            "what comes after a coast to {}",
            self.now
        );
        let (mine, others) = (&self.network, &other.network);
        assert_eq!(
            mine, others,
            "the connections after a coast to {}",
            self.now
        );
        let machines = self.cluster.machines().iter();
        for (mine, others) in machines.zip(other.cluster.machines()) {
            let text = (format!("{mine:#?}"), format!("{others:#?}"));
            if text.0 != text.1 {
                let lines = text.0.lines().zip(text.1.lines());
                let differing: Vec<_> = lines.filter(|(a, b)| a != b).take(20).collect();
                panic!(
                    "{} after a coast to {}, played and coasted: {differing:#?}",
                    mine.name(),
                    self.now
                );
            }
        }
    }

    /// Sets how idle time is treated, which changes nothing but the time that a run takes.
    pub const fn set_coasting(&mut self, mode: Coasting) {
        self.coasts.mode = mode;
    }

    /// Returns the simulated time that was computed and not played.
    pub const fn coasted(&self) -> Span {
        self.coasts.total
    }

    /// Returns the number of stretches that were computed and not played.
    pub const fn coasts(&self) -> u64 {
        self.coasts.number
    }
}

/// Returns the last instant before another one.
const fn before(at: Span) -> Span {
    Span(at.as_micros().saturating_sub(1))
}
