//! Finds idle time, over which a driver may leap.
//!
//! An idle node does the same again and again: it tells the others that it lives, and looks whether
//! they do. Its state after a stretch is its state now, with the instants of those acts moved on.

use crate::evs::Evs;
use crate::peer::Peer;
use crate::time::Time;

use crate::node::parts::Phase;
use crate::node::whole::Node;

impl Node {
    /// Returns the period with which an idle node repeats itself, none while anything is under way that is
    /// more than that.
    pub fn idle_period(&self, now: Time) -> Option<Time> {
        let links = match self.life.phase() {
            Phase::Connected if self.group.evs.is_idle(now, &self.identity.config) => {
                self.group.gmcast.idle_period()?
            }
            Phase::Disconnected => Time(1),
            _ => return None,
        };
        let nothing_waits = self.applier.waiting() == 0
            && !self.applier.is_armed()
            && !self.is_transferring()
            && self.clients.pending() == 0
            && self.store.is_idle();
        let config = &self.identity.config;
        nothing_waits.then(|| Evs::idle_period(config).common_multiple(links))
    }

    /// Returns the peers that the node dials in vain.
    pub fn unlinked(&self) -> impl Iterator<Item = Peer> + '_ {
        self.group.gmcast.unlinked()
    }

    /// Moves on everything that an idle node refreshes in each period. The caller moves its timers.
    pub fn shift(&mut self, by: Time) {
        self.group.evs.shift(by);
        self.group.gmcast.shift(by);
    }
}
