//! Idle time, which a driver may compute instead of playing it.

use seatrial_galera::ViewId;

use crate::coast::{Coast, Periods};
use crate::evs::Evs;
use crate::gmcast::Gmcast;
use crate::peer::Peer;
use crate::time::Time;

use crate::node::parts::Phase;
use crate::node::whole::Node;

impl Node {
    /// Returns the two timers of group communication, if they run by themselves until something else happens;
    /// `evs_at` and `gmcast_at` are their next runs.
    pub fn coast(&self, now: Time, evs_at: Time, gmcast_at: Time) -> Option<Coast> {
        let config = &self.identity.config;
        let fresh = Evs::fresh(config);
        if self.life.phase() != Phase::Connected || !self.group.gmcast.coasts(now, fresh, config) {
            return None;
        }
        let (checked, signed) = self.group.evs.coasts(now, config)?;
        Some(Coast {
            periods: Periods {
                check: config.evs_inactive_check_period,
                sign: config.evs_keepalive_period,
                keepalive: Gmcast::keepalive(config),
            },
            dials_at: self.group.gmcast.dials_at(),
            evs_at,
            gmcast_at,
            checked,
            signed,
            sent: self.group.gmcast.last_sent().unwrap_or(Time(u64::MAX)),
            last_sign: None,
            signs: 0,
            last_check: None,
            last_link_check: None,
            last_run: None,
        })
    }

    /// Returns the view of the membership.
    pub const fn membership(&self) -> ViewId {
        self.group.view_id()
    }

    /// Returns the peers that the node is connected with.
    pub fn linked(&self) -> impl Iterator<Item = Peer> + '_ {
        self.group.gmcast.linked()
    }

    /// The timers have run by themselves. The caller moves them.
    pub fn coasted(&mut self, coast: &Coast) {
        self.group.evs.coasted(coast);
        self.group.gmcast.coasted(coast);
    }

    /// Signs of life of a peer have come, the last of them at this instant.
    pub fn heard(&mut self, from: Peer, at: Time) {
        if let Some(uuid) = self.group.gmcast.heard(from, at) {
            self.group.evs.heard(uuid, at);
        }
    }
}
