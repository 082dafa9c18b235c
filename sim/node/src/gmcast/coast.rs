//! The connections of an idle member: each is checked, and carries signs of life, again and again.

use seatrial_galera::GcommUuid;

use crate::coast::Coast;
use crate::config::Config;
use crate::peer::Peer;
use crate::time::Time;

use super::Gmcast;

impl Gmcast {
    /// Returns how long nothing may be sent over a connection before a sign of life is.
    pub(crate) const fn keepalive(config: &Config) -> Time {
        config.gmcast_peer_timeout.divided_by(3)
    }

    /// Returns whether checks do nothing but look, as long as each connection carries signs of life; `fresh` is the age
    /// that the last of them may have. A connection must lead to each member, and to nobody else.
    pub(crate) fn coasts(&self, now: Time, fresh: Time, config: &Config) -> bool {
        let unreached = self.dials_at().is_some();
        self.open
            && !self.is_isolated()
            && self.links.len() + 1 == self.members.len()
            && self.links.values().all(|link| {
                link.uuid.is_some_and(|uuid| self.members.contains(&uuid))
                    && now.since(link.last_received) <= fresh
            })
            && config.gmcast_peer_timeout > fresh + fresh
            // A message with the relay mark is relayed by every other member.
            && unreached == self.relaying
            && (!unreached || self.links.len() <= 1)
    }

    /// Returns when the next address is dialled that has no connection.
    pub(crate) fn dials_at(&self) -> Option<Time> {
        let unlinked = self.addresses.iter();
        let unlinked = unlinked.filter(|(peer, _)| !self.links.contains_key(peer));
        unlinked.map(|(_, at)| *at).min()
    }

    /// Returns when something was last sent over each connection, at the earliest.
    pub(crate) fn last_sent(&self) -> Option<Time> {
        self.links.values().map(|link| link.last_sent).min()
    }

    /// Returns the peers that this node is connected with.
    pub(crate) fn linked(&self) -> impl Iterator<Item = Peer> + '_ {
        self.links.keys().copied()
    }

    /// The checks have run by themselves.
    pub(crate) fn coasted(&mut self, coast: &Coast) {
        if let Some(at) = coast.last_sign {
            for link in self.links.values_mut() {
                link.last_sent = at;
            }
        }
        if let Some(at) = coast.last_link_check {
            self.next_check = coast.gmcast_at;
            self.banned.retain(|_, until| *until > at);
        }
    }

    /// Signs of life have come over a connection, the last of them at this instant. Returns who sends them.
    pub(crate) fn heard(&mut self, peer: Peer, at: Time) -> Option<GcommUuid> {
        let link = self.links.get_mut(&peer)?;
        link.last_received = at;
        link.uuid
    }
}
