//! What of the group's history decides the future.

use seatrial_galera::Position;

use crate::picture::{Mark, Picture};

use super::Gcs;

impl Gcs {
    pub(crate) fn picture(&self, into: &mut Picture) {
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
