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
        into.marks.push(Mark::ConfNumber(self.prim_seqno));
        into.plain(self.prim_state as u8);
        into.flag(self.first);
        into.flag(self.bootstrap);
        into.count(self.queue.len());
        if !into.is_exact() {
            // Every new component asks again what each member's cache covers (`gcs_group.cpp:
            // gcs_group_handle_state_msg`), and a donor is chosen in a new component.
            into.set(&self.members, |into, member| {
                into.uuid(member.uuid);
                into.plain(member.status as u8);
                into.uuids(member.peer.as_ref());
            });
            return;
        }
        for member in &self.members {
            into.uuid(member.uuid);
            into.plain(member.status as u8);
            into.position(Position::new(self.uuid, member.cached));
            into.uuids(member.peer.as_ref());
        }
    }
}
