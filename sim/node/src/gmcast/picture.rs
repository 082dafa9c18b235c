//! What of connections and addresses decides the future.

use crate::frame::Peer;
use crate::picture::Picture;

use super::Gmcast;

impl Gmcast {
    pub(crate) fn picture(&self, into: &mut Picture) {
        into.word("gmcast");
        into.flag(self.open);
        into.flag(self.relaying);
        into.uuids(self.banned.keys());
    }

    /// What it has to do with one peer. Whether an attempt to reach it is under way is a phase of a
    /// timer.
    pub(crate) fn picture_of_peer(&self, peer: Peer, into: &mut Picture) {
        into.flag(self.addresses.contains_key(&peer));
        match self.links.get(&peer) {
            None => into.word("no link"),
            Some(link) => into.uuids(link.uuid.as_ref()),
        }
        let seen = self.seen.iter().filter(|(_, at)| **at == peer);
        into.uuids(seen.map(|(uuid, _)| uuid));
    }
}
