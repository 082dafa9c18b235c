//! The part of the primary component's state that determines what happens next.

use crate::key::StateKey;

use super::Pc;

impl Pc {
    /// Adds this layer's part of the key.
    pub(crate) fn key(&self, into: &mut StateKey) {
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
}
