//! The part of the primary component's state that determines what happens next.

use seatrial_galera::{GcommUuid, ViewId, ViewType};

use crate::frame::PcNode;
use crate::key::{Mark, SavedView, StateKey};

use super::Pc;

impl Pc {
    /// Adds this layer's part of the key.
    pub(crate) fn key(&self, into: &mut StateKey) {
        if !into.is_exact() {
            self.key_for_ever(into);
            return;
        }
        into.word("pc");
        into.plain(self.state as u8);
        into.flag(self.start_prim);
        into.flag(self.closing);
        into.uuids(&self.last_primary);
        into.uuids(&self.component);
        for (uuid, node) in &self.instances {
            into.uuid(*uuid);
            into.flag(node.prim);
            into.flag(node.un);
            into.plain(node.weight);
            into.view(node.last_prim);
        }
        if let Some(restored) = &self.restored {
            into.word("restored");
            into.view(restored.id);
            into.uuids(&restored.members);
        }
    }

    /// Adds what a later step can still ask for.
    ///
    /// - A dead process never reports its state again. Its record is read in three places: if the states of
    ///   all are counted, only members of the *greatest* remembered primary view are asked for, and those
    ///   whose state is unknown (`pc_proto.cpp:is_prim`); if a saved view is restored, its members are
    ///   (`pc_proto.cpp:deliver_view`). A greatest view that a meeting brings is no smaller, so other dead
    ///   records are never read again.
    /// - Quorum is counted over the last primary view by members of a primary component alone
    ///   (`pc_proto.cpp:handle_trans`).
    /// - The switch of a bootstrap is asked before the first view, and while a saved view waits.
    fn key_for_ever(&self, into: &mut StateKey) {
        into.word("pc");
        into.plain(self.state as u8);
        into.flag(self.start_prim && self.restored.is_some());
        into.flag(self.closing);
        if self.own().prim {
            into.uuids(&self.last_primary);
        }
        let views = self.instances.values().map(|node| node.last_prim);
        let greatest = views.filter(|view| view.kind == ViewType::Prim).max();
        let is_greatest = |node: &PcNode| Some(node.last_prim) == greatest;
        // The greatest view is not complete again without a member that cannot come back. Then nobody asks for its
        // other dead members.
        let mut records = self.instances.iter();
        let is_lost = records.any(|(uuid, node)| is_greatest(node) && !into.lives_again(*uuid));
        into.flag(is_lost);
        if let Some(lost) = greatest.filter(|_| is_lost) {
            into.marks.push(Mark::Remembered(lost));
        }
        let mut kept = Vec::new();
        let mut told = Vec::new();
        for (uuid, node) in &self.instances {
            if into.runs(*uuid) || (is_greatest(node) && !is_lost) {
                kept.push((*uuid, node));
            } else if into.lives_again(*uuid) {
                told.push((*uuid, node.last_prim));
            }
        }
        let said: Vec<_> = kept
            .iter()
            .map(|(uuid, one)| (*uuid, one.last_prim))
            .collect();
        into.set(kept, |into, (uuid, node)| {
            into.uuid(uuid);
            into.flag(node.prim);
            into.plain(node.weight);
            into.last_primary(uuid, node.last_prim);
        });
        for in_file in [false, true] {
            let blocked = |records: &[(GcommUuid, ViewId)]| {
                let all = records.iter();
                let all = all.map(|(uuid, last)| into.blocked(in_file, *uuid, *last));
                all.fold(0, |all, one| all | one)
            };
            let more = blocked(&told) & !blocked(&said);
            into.marks.push(Mark::Nodes(more));
        }
        if into.has_apart() {
            let known = those_that_block_later(&said, into);
            let all = [said, told].concat();
            let mut all = those_that_block_later(&all, into);
            all.retain(|one| !known.contains(one));
            into.set(all, |into, (uuid, maker)| {
                into.marks.push(Mark::Dead(uuid));
                into.flag(maker.is_some());
                if let Some(maker) = maker {
                    into.uuid(maker);
                }
            });
        }
        let unknown: Vec<_> = self.instances.iter().filter(|(_, node)| node.un).collect();
        into.set(unknown, |into, (uuid, _)| {
            if into.runs(*uuid) {
                into.uuid(*uuid);
            }
        });
        if let Some(restored) = self.restorable(into) {
            into.word("restored");
            into.view(restored.id);
            into.members_of_saved(&restored.members);
        }
    }

    /// Returns the restored view with its node's number, if no record keeps it from being restored.
    pub(crate) fn waits_with(&self) -> Option<SavedView> {
        let restored = self.restored.as_ref()?;
        let view = SavedView {
            node: u32::from(self.me.node_index()),
            in_file: false,
            owner: self.me,
            id: restored.id,
            members: restored.members.clone(),
        };
        let mut records = self.instances.iter();
        let is_blocked = records.any(|(uuid, node)| view.is_blocked_by(*uuid, node.last_prim));
        (!is_blocked).then_some(view)
    }

    /// Returns the restored view, if it can still be restored.
    fn restorable(&self, into: &StateKey) -> Option<SavedView> {
        self.waits_with()
            .filter(|view| into.can_restore(view.id, &view.members))
    }
}

/// Returns which views that are still to come these records keep from being restored: by the dead member, and the only
/// maker whose views they let pass, if there is one. All incarnations of a member count together, because one record
/// that does not agree is enough (`pc_proto.cpp:deliver_view`).
fn those_that_block_later(
    records: &[(GcommUuid, ViewId)],
    key: &StateKey,
) -> Vec<(GcommUuid, Option<GcommUuid>)> {
    let mut all: Vec<(GcommUuid, Option<GcommUuid>)> = Vec::new();
    for (uuid, last) in records {
        let passes = last.kind == ViewType::NonPrim && key.runs(last.uuid);
        let maker = passes.then_some(last.uuid);
        match all.iter_mut().find(|(one, _)| one.same_fixed_part(*uuid)) {
            Some((_, same)) if *same == maker => {}
            Some((_, other)) => *other = None,
            None => all.push((*uuid, maker)),
        }
    }
    all
}
