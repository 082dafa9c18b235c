//! Leaps over idle time.
//!
//! Most of a run is waiting: members tell each other that they live, and that is all. The world after such
//! a stretch is the world before it, with the instants of those acts moved on by whole periods. So the
//! stretch need not be simulated. The simulation goes on a few periods before anything else happens. From
//! there on every draw is the same as without the leap: a test holds that states and trace are equal.

use seatrial_node::{Channel, Peer, Time};
use seatrial_scenarios::Span;

use crate::machine::Machine;

use super::world::World;

/// The number of periods that before the end of an idle stretch are simulated: enough for everything that
/// was refreshed before the leap to be refreshed again.
const LANDING_PERIODS: u64 = 3;
/// A leap begins after this long without a change.
const QUIET: Span = Span::from_secs(3);

impl World {
    /// Leaps towards `limit` if nothing happens until then but what repeats itself.
    pub(super) fn leap(&mut self, limit: Span) {
        if !self.leaps.on
            || !self.queue.is_empty()
            || self.now.saturating_sub(self.cluster.last_change()) < QUIET
            || limit.saturating_sub(self.now) < self.leaps.worth
        {
            return;
        }
        let mut period = Time(1);
        let mut until = limit;
        for machine in self.cluster.machines() {
            let Some(idle) = machine.idle(self.now) else {
                return;
            };
            period = period.common_multiple(Time(idle.period.as_micros()));
            until = idle.until.map_or(until, |at| until.min(at));
        }
        // Peers that refuse at once are dialled in a steady rhythm. Attempts that wait for their
        // timeouts are not, and one that will be answered is an event.
        let refuses = |address: Peer| {
            let holder = self.cluster.addresses().holder(address);
            let machine = holder.map(|peer| self.machine(peer));
            self.cluster.links().is_whole()
                && machine
                    .is_some_and(|machine| machine.is_powered() && !machine.accepts(Channel::Group))
        };
        if !self
            .cluster
            .machines()
            .iter()
            .flat_map(Machine::unlinked)
            .all(refuses)
        {
            return;
        }
        if let Some(at) = self.cluster.links().next_change(self.now) {
            until = until.min(at);
        }
        if self.network.is_busy() {
            return;
        }
        let left = until.saturating_sub(self.now).as_micros() / period.0;
        let Some(periods) = left
            .checked_sub(LANDING_PERIODS)
            .filter(|periods| *periods > 0)
        else {
            return;
        };
        self.shift(Span(period.0 * periods));
    }

    fn shift(&mut self, by: Span) {
        for machine in self.cluster.machines_mut() {
            machine.shift(by);
        }
        let deadlines = self.cluster.machines().iter().map(Machine::deadline);
        self.queue.move_deadlines(deadlines);
        self.leaps.leapt += by;
    }

    /// Whether idle stretches are leapt over, which changes nothing but the time that a run takes.
    pub const fn set_leaps(&mut self, on: bool) {
        self.leaps.on = on;
    }

    /// Returns the simulated time that was leapt over.
    pub const fn leapt(&self) -> Span {
        self.leaps.leapt
    }
}
