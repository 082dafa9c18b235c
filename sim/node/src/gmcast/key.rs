//! The part of connections and addresses that determines what happens next.

use crate::key::StateKey;
use crate::peer::Peer;

use super::Gmcast;

impl Gmcast {
    /// Adds this layer's part of the key.
    pub(crate) fn key(&self, into: &mut StateKey) {
        into.word("gmcast");
        into.flag(self.open);
        into.flag(self.relaying);
        if self.is_isolated() {
            into.word("isolated");
        }
        if !self.evicted.is_empty() {
            into.word("evicted");
            into.uuids(&self.evicted);
        }
        let banned = self.banned.keys().filter(|uuid| into.runs(**uuid));
        let banned: Vec<_> = banned.collect();
        into.uuids(banned);
    }

    /// Returns whether the peer has said who it is on a connection that is open.
    pub(crate) fn is_linked(&self, peer: Peer) -> bool {
        let link = self.links.get(&peer);
        link.is_some_and(|link| link.uuid.is_some())
    }

    /// Adds the state of the link to one peer. Whether an attempt to connect is under way is a phase of a
    /// timer.
    pub(crate) fn key_of_peer(&self, peer: Peer, into: &mut StateKey) {
        into.flag(self.addresses.contains_key(&peer));
        // A connection without a message so far comes and goes with the attempts.
        match self.links.get(&peer).and_then(|link| link.uuid) {
            None => into.word("no link"),
            Some(uuid) => into.uuid(uuid),
        }
        // An address is looked up for an identity that is met: a dead one is not met again.
        let seen = self.seen.iter().filter(|(_, at)| **at == peer);
        let seen = seen.filter(|(uuid, _)| into.runs(**uuid));
        let seen: Vec<_> = seen.collect();
        into.uuids(seen.into_iter().map(|(uuid, _)| uuid));
    }
}
