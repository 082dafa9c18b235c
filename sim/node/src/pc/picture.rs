//! What of the primary component decides the future.

use crate::picture::Picture;

use super::Pc;

impl Pc {
    pub(crate) fn picture(&self, into: &mut Picture) {
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
