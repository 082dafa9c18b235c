//! The part of the group's history that determines what happens next.

use seatrial_galera::Position;

use crate::key::{Mark, StateKey};

use super::Gcs;

impl Gcs {
    /// Adds this layer's part of the key.
    pub(crate) fn key(&self, into: &mut StateKey) {
        into.word("gcs");
        into.plain(self.state as u8);
        into.position(Position::new(self.uuid, self.received));
        into.0.push(Mark::ConfNumber(self.prim_seqno));
        into.plain(self.prim_state as u8);
        into.flag(self.first);
        into.flag(self.bootstrap);
        into.count(self.queue.len());
        for member in &self.members {
            into.uuid(member.uuid);
            into.plain(member.status as u8);
            into.position(Position::new(self.uuid, member.cached));
            into.uuids(member.peer.as_ref());
        }
    }
}
