//! The part of the membership that determines what happens next.

use seatrial_galera::{GcommUuid, ViewId};

use crate::key::StateKey;

use super::{Evs, Known};

impl Evs {
    /// Adds this layer's part of the key.
    pub(crate) fn key(&self, into: &mut StateKey) {
        into.word("evs");
        into.plain(self.state as u8);
        into.plain(self.view.kind.number());
        into.uuid(self.view.uuid);
        into.number_of_live_view(self.view.seq);
        into.uuids(&self.members);
        into.flag(self.leave_pending);
        into.flag(self.isolated_until.is_some());
        into.flag(self.install.is_some());
        if !self.evicted.is_empty() {
            into.word("evicted");
            into.uuids(self.evicted.keys());
        }
        let add = |into: &mut StateKey, (uuid, known): (&GcommUuid, &Known)| {
            into.uuid(*uuid);
            into.flag(known.operational);
            into.flag(known.suspected);
            into.flag(known.leaving);
            if let Some(join) = &known.join {
                into.view(join.view);
            }
        };
        if into.is_exact() {
            for known in &self.known {
                add(into, known);
            }
        } else {
            // A process that has ended says nothing more: what was known of it is forgotten with the next view.
            let known = self.known.iter().filter(|(uuid, _)| into.runs(**uuid));
            let known: Vec<_> = known.collect();
            into.set(known, add);
        }
    }

    /// Returns whether what comes from this view is old.
    pub(crate) fn has_left_behind(&self, view: ViewId) -> bool {
        self.previous.contains(&view)
    }
}
