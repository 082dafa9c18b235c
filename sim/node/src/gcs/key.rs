//! The readable part of the group's history, and the part that determines what happens next.

use seatrial_galera::{GcommUuid, Position};

use crate::frame::GcsNodeState;
use crate::key::{Mark, StateKey};

use super::{Gcs, GroupState};

impl Gcs {
    pub(crate) const fn state(&self) -> GroupState {
        self.state
    }

    /// Returns the history and the last position received in order.
    pub(crate) const fn position(&self) -> Position {
        Position::new(self.uuid, self.received)
    }

    /// Returns the number of the last primary configuration, -1 for none.
    pub(crate) const fn number(&self) -> i64 {
        self.prim_seqno
    }

    /// Returns the members with their states.
    pub(crate) fn statuses(&self) -> impl Iterator<Item = (GcommUuid, GcsNodeState)> {
        self.members
            .iter()
            .map(|member| (member.uuid, member.status))
    }

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
            // The other end of a transfer counts while there is one (`gcs_group.cpp:group_check_donor`,
            // `gcs_group_handle_join_msg`).
            into.set(&self.members, |into, member| {
                into.uuid(member.uuid);
                into.plain(member.status as u8);
                let transfers = matches!(member.status, GcsNodeState::Joiner | GcsNodeState::Donor);
                into.uuids(member.peer.as_ref().filter(|_| transfers));
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
