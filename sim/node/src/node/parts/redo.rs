//! InnoDB's redo log, as the process sees it.

use std::collections::BTreeMap;

use crate::database::Committed;
use crate::effect::{IoId, RequestId};

/// The writes and answers that the redo log still owes to the disk and to clients.
///
/// It owns the list of both, in the order in which the disk will have them. [`super::Store`] calls it. It neither writes to the disk nor answers anybody itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Redo {
    /// Commits that `innodb_flush_log_at_trx_commit = 0` keeps in the process.
    unwritten: Vec<Committed>,
    /// Something has been written since the last sync.
    unsynced: bool,
    /// Replies that wait for a disk operation.
    awaiting: BTreeMap<IoId, Vec<RequestId>>,
}

impl Redo {
    /// Keeps a commit in the process.
    pub(super) fn keep(&mut self, committed: Committed) {
        self.unwritten.push(committed);
        self.unsynced = true;
    }

    /// A commit was written and not synced.
    pub(super) const fn written(&mut self) {
        self.unsynced = true;
    }

    /// Clients wait for a disk operation.
    pub(super) fn await_disk(&mut self, io: IoId, waiting: Vec<RequestId>) {
        self.awaiting.insert(io, waiting);
    }

    /// A disk operation is done: who has waited for it.
    pub(super) fn done(&mut self, io: IoId) -> Vec<RequestId> {
        self.awaiting.remove(&io).unwrap_or_default()
    }

    /// Takes the commits that the process has kept.
    pub(super) fn take_unwritten(&mut self) -> Vec<Committed> {
        std::mem::take(&mut self.unwritten)
    }

    /// Returns whether something is to be synced; it counts as done.
    pub(super) const fn take_unsynced(&mut self) -> bool {
        std::mem::replace(&mut self.unsynced, false)
    }
}
