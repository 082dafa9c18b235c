//! The part of the primary component's state that determines what happens next.

use seatrial_galera::{GcommUuid, ViewType};

use crate::key::StateKey;

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
        let restored = self.restored.as_ref().map(|view| &view.members);
        let in_restored = |uuid: &GcommUuid| {
            restored.is_some_and(|all| all.iter().any(|member| member.same_fixed_part(*uuid)))
        };
        let kept: Vec<_> = self
            .instances
            .iter()
            .filter(|(uuid, node)| {
                into.runs(**uuid)
                    || node.un
                    || Some(node.last_prim) == greatest
                    || into.lives_again(**uuid)
                    || in_restored(uuid)
            })
            .collect();
        into.set(kept, |into, (uuid, node)| {
            into.uuid(*uuid);
            into.flag(node.prim);
            into.flag(node.un);
            into.plain(node.weight);
            into.last_primary(node.last_prim);
        });
        if let Some(restored) = &self.restored {
            into.word("restored");
            into.view(restored.id);
            into.uuids(&restored.members);
        }
    }
}
