//! Stretches in which nothing happens: a driver may leap over them.
//!
//! An idle node does the same again and again: it tells the others that it lives, and looks whether
//! they do. Its state after a stretch is its state now, with the instants of those acts moved on.

use crate::evs::Evs;
use crate::frame::Peer;
use crate::time::Time;

use super::{Node, Phase};

impl Node {
    /// The period with which an idle node repeats itself, none while anything is under way that is
    /// more than that.
    pub fn idle_period(&self, now: Time) -> Option<Time> {
        let links = match self.phase {
            Phase::Connected if self.evs.is_idle(now, &self.identity.config) => {
                self.gmcast.idle_period()?
            }
            Phase::Disconnected => Time(1),
            _ => return None,
        };
        let nothing_waits = self.queue.is_empty()
            && self.joining.is_none()
            && self.donation.is_none()
            && self.pending.is_empty()
            && self.awaiting_disk.is_empty()
            && self.unwritten.is_empty()
            && !self.unsynced
            && !self.apply_armed;
        let config = &self.identity.config;
        nothing_waits.then(|| Evs::idle_period(config).common_multiple(links))
    }

    /// Whom the node dials without a connection coming of it.
    pub fn unlinked(&self) -> impl Iterator<Item = Peer> + '_ {
        self.gmcast.unlinked()
    }

    /// Moves on everything that an idle node refreshes in each period. The caller moves its timers.
    pub fn shift(&mut self, by: Time) {
        self.evs.shift(by);
        self.gmcast.shift(by);
    }
}
