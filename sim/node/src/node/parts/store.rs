//! The data of a process on its disk: the state file, the database, the write-set cache, the
//! position (`saved_state.cpp`, `replicator_smm.cpp`).

use seatrial_galera::{GraState, LogLine, Position, Seqno, SqlError, StateUuid};

use crate::cache::Gcache;
use crate::config::Config;
use crate::database::{Change, Committed, Database, WriteSet};
use crate::decide;
use crate::deliberate_fault::DeliberateFault;
use crate::effect::{BootMode, DiskOp, DiskState, Effect, Effects, IoId, Reply, RequestId, log};
use crate::frame::CachedEvent;
use crate::schema::schema_error;

use super::redo::Redo;

/// The data of a process.
///
/// It owns the state file as the server's memory has it, the database, the cache, the position, and the
/// order of disk operations. Every flow that changes data calls it. It never speaks to the group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Store {
    /// An arbitrator keeps nothing.
    keeps: bool,
    next_io: u64,
    /// The state file as the server's memory has it (`saved_state.cpp`).
    saved: GraState,
    /// The state is lost: nothing but a snapshot helps (`mark_corrupt`).
    corrupt: bool,
    /// The database as the process has it; the disk may be behind.
    database: Database,
    /// The position that the storage engines had when they were opened: of the last run, or of the
    /// snapshot that was copied.
    storage_position: Position,
    cache: Gcache,
    /// The history's name, as the replicator has it.
    history: StateUuid,
    /// `wsrep_last_committed`.
    committed: Seqno,
    redo: Redo,
}

impl Store {
    /// Returns a process that has read nothing; an arbitrator does not keep anything.
    pub(crate) fn new(arbitrator: bool) -> Self {
        Self {
            keeps: !arbitrator,
            next_io: 0,
            saved: GraState::default(),
            corrupt: false,
            database: Database::default(),
            storage_position: Position::UNDEFINED,
            cache: Gcache::default(),
            history: StateUuid::NIL,
            committed: Seqno::UNDEFINED,
            redo: Redo::default(),
        }
    }

    /// Hands a disk operation to the driver.
    pub(crate) fn disk(&mut self, op: DiskOp, fx: &mut Effects) -> IoId {
        let io = IoId(self.next_io);
        self.next_io += 1;
        if self.keeps {
            fx.push(Effect::Disk(io, op));
        }
        io
    }

    /// Takes the state files as they were found.
    pub(crate) fn open(
        &mut self,
        found: DiskState,
        boot: &BootMode,
        config: &Config,
        fx: &mut Effects,
    ) {
        self.saved = found
            .grastate
            .as_deref()
            .map_or_else(GraState::default, GraState::read);
        if config.has(DeliberateFault::VoidStateTrusted)
            && self.saved.uuid.is_nil()
            && let Some(recovered) = &boot.start_position
        {
            self.saved.uuid = recovered.position.uuid;
        }
        self.database = found.database;
        self.storage_position = self.database.position;
        self.cache = found.cache;
        self.history = self.saved.uuid;
        let recovered = boot.start_position.as_ref().map(|it| it.position);
        self.committed = decide::start_seqno(self.saved, recovered, config.deliberate_fault);
        log(
            fx,
            LogLine::FoundSavedState {
                position: self.saved.position(),
                safe_to_bootstrap: self.saved.safe_to_bootstrap,
            },
        );
        self.open_cache(config, fx);
        if !self.saved.uuid.is_nil() {
            // Any start makes the position in the file undefined, before anything can fail
            // (`replicator_smm.cpp`: set_initial_position, update_state_uuid).
            self.save(self.saved.uuid, Seqno::UNDEFINED, fx);
        }
    }

    fn open_cache(&mut self, config: &Config, fx: &mut Effects) {
        let seqno = self.committed;
        if !config.gcache_recover {
            self.cache.clear();
            self.disk(DiskOp::CacheReset(self.history), fx);
        } else if self.cache.uuid == self.history && !seqno.is_undefined() {
            self.cache.discard_above(seqno);
            self.disk(DiskOp::CacheDiscardAbove(seqno), fx);
        }
    }

    /// The state file as the server's memory has it.
    pub(crate) const fn saved(&self) -> GraState {
        self.saved
    }

    /// Whether this node may be the first of a new cluster. It goes to disk with the next write of the
    /// state file.
    pub(crate) const fn set_safe_to_bootstrap(&mut self, safe: bool) {
        self.saved.safe_to_bootstrap = safe;
    }

    /// Writes the state file with this history and position.
    fn save(&mut self, history: StateUuid, seqno: Seqno, fx: &mut Effects) {
        self.saved.uuid = history;
        self.saved.seqno = seqno;
        self.disk(DiskOp::WriteGrastate(self.saved), fx);
    }

    /// Writes the state file with the node's own position.
    pub(crate) fn save_position(&mut self, fx: &mut Effects) {
        self.save(self.history, self.committed, fx);
    }

    /// Writes the state file with the node's history and an undefined position.
    pub(crate) fn save_running(&mut self, fx: &mut Effects) {
        self.save(self.history, Seqno::UNDEFINED, fx);
    }

    /// Writes the state file with no history (`mark_unsafe`).
    pub(crate) fn save_void(&mut self, fx: &mut Effects) {
        self.save(StateUuid::NIL, Seqno::UNDEFINED, fx);
    }

    /// Makes the state file say that the data are nobody's, from a request that a snapshot may answer
    /// until the donor says that it will not. One that says so already is not written: one of no bytes
    /// stays so (`replicator_str.cpp:request_state_transfer`, `saved_state.cpp:mark_unsafe`).
    pub(crate) fn mark_unsafe(&mut self, fx: &mut Effects) {
        if !self.saved.uuid.is_nil() {
            self.save_void(fx);
        }
    }

    /// Makes the state file name the history again: nothing is copied (`saved_state.cpp:mark_safe`).
    pub(crate) fn mark_safe(&mut self, fx: &mut Effects) {
        if self.saved.uuid.is_nil() && !self.history.is_nil() {
            self.save_running(fx);
        }
    }

    /// Makes the state void; safe_to_bootstrap of the file stays (`saved_state.cpp:mark_corrupt`).
    pub(crate) fn mark_corrupt(&mut self, fx: &mut Effects) {
        self.corrupt = true;
        self.save_void(fx);
        self.forget_position();
    }

    /// Returns whether the state is void.
    pub(crate) const fn is_corrupt(&self) -> bool {
        self.corrupt
    }

    fn forget_position(&mut self) {
        self.history = StateUuid::NIL;
        self.committed = Seqno::UNDEFINED;
    }

    /// Returns the node's position.
    pub(crate) const fn position(&self) -> Position {
        Position::new(self.history, self.committed)
    }

    /// Returns the node's position; undefined as a whole where its number is.
    pub(crate) const fn known_position(&self) -> Position {
        if self.committed.is_undefined() {
            Position::UNDEFINED
        } else {
            self.position()
        }
    }

    /// Returns the position that the storage engines had when they were opened.
    pub(crate) const fn storage_position(&self) -> Position {
        self.storage_position
    }

    /// The database as the process has it.
    pub(crate) const fn database(&self) -> &Database {
        &self.database
    }

    /// Returns the write-set cache.
    pub(crate) const fn cache(&self) -> &Gcache {
        &self.cache
    }

    /// Returns whether there is a row with this key.
    pub(crate) fn has_row(&self, key: &str) -> bool {
        self.database.rows.contains(key)
    }

    /// Returns whether certification of a transaction fails: another one with the same change came after
    /// what it has seen.
    pub(crate) fn fails_certification(&self, write_set: &WriteSet) -> bool {
        self.database
            .changed_since(&write_set.change, write_set.seen)
    }

    /// Takes a position: database, cache, redo log. `waiting` are answered when it is durable.
    pub(crate) fn commit(
        &mut self,
        event: &CachedEvent,
        change: Option<Change>,
        waiting: Vec<RequestId>,
        config: &Config,
        fx: &mut Effects,
    ) {
        let committed = Committed {
            uuid: self.history,
            seqno: event.seqno,
            change,
        };
        self.committed = event.seqno;
        self.database.commit(&committed);
        self.cache.append(event, config.gcache_size);
        self.disk(DiskOp::CacheAppend(event.clone()), fx);
        self.write_redo(committed, waiting, config, fx);
    }

    /// Takes the position of something that failed on every node alike, and nothing else of it
    /// (`seqno_skip`).
    pub(crate) fn skip(&mut self, seqno: Seqno, config: &Config, fx: &mut Effects) {
        let skipped = CachedEvent {
            seqno,
            write_set: None,
        };
        self.commit(&skipped, Some(Change::Skipped), Vec::new(), config, fx);
    }

    /// Returns the error with which a schema change fails on this node.
    pub(crate) fn schema_error(&self, statement: &str) -> Option<SqlError> {
        schema_error(statement, &self.database)
    }

    /// Changes something on this node alone: it has no position, and no other node learns of it (`wsrep_on = OFF`).
    pub(crate) fn change_locally(
        &mut self,
        change: Change,
        request: RequestId,
        config: &Config,
        fx: &mut Effects,
    ) {
        let committed = Committed {
            uuid: StateUuid::NIL,
            seqno: Seqno::UNDEFINED,
            change: Some(change),
        };
        self.database.commit(&committed);
        self.write_redo(committed, vec![request], config, fx);
    }

    /// Hands a commit to the redo log, and answers its clients as soon as
    /// `innodb_flush_log_at_trx_commit` allows it.
    fn write_redo(
        &mut self,
        committed: Committed,
        waiting: Vec<RequestId>,
        config: &Config,
        fx: &mut Effects,
    ) {
        let setting = if config.has(DeliberateFault::CommitNotSynced) {
            2
        } else {
            config.innodb_flush_log_at_trx_commit
        };
        match setting {
            0 => {
                self.redo.keep(committed);
                let waiting = waiting.into_iter();
                fx.extend(waiting.map(|request| Effect::Reply(request, Reply::Ok)));
            }
            2 => {
                let io = self.disk(DiskOp::InnodbWrite(vec![committed]), fx);
                self.redo.written();
                self.redo.await_disk(io, waiting);
            }
            _ => {
                self.disk(DiskOp::InnodbWrite(vec![committed]), fx);
                let io = self.disk(DiskOp::InnodbSync, fx);
                self.redo.await_disk(io, waiting);
            }
        }
    }

    /// Writes what the process has kept and syncs what was written; `always` syncs in any case.
    pub(crate) fn flush_redo(&mut self, always: bool, fx: &mut Effects) {
        let commits = self.redo.take_unwritten();
        if !commits.is_empty() {
            self.disk(DiskOp::InnodbWrite(commits), fx);
        }
        if self.redo.take_unsynced() || always {
            self.disk(DiskOp::InnodbSync, fx);
        }
    }

    /// A disk operation is done: those who have waited for it are answered.
    pub(crate) fn disk_done(&mut self, io: IoId, fx: &mut Effects) {
        let waiting = self.redo.done(io).into_iter();
        fx.extend(waiting.map(|request| Effect::Reply(request, Reply::Ok)));
    }

    /// The history's name from here on. Another one empties the cache.
    pub(crate) fn adopt_history(&mut self, history: StateUuid, fx: &mut Effects) {
        self.history = history;
        if self.cache.uuid != history {
            self.cache.uuid = history;
            self.empty_cache(fx);
        }
    }

    fn empty_cache(&mut self, fx: &mut Effects) {
        self.cache.clear();
        self.disk(DiskOp::CacheReset(self.cache.uuid), fx);
    }

    /// A snapshot begins. From here on the files belong to no history.
    pub(crate) fn begin_snapshot(&mut self, fx: &mut Effects) {
        self.forget_position();
        self.mark_unsafe(fx);
    }

    /// Takes a part of a snapshot. The files are half copied: the position is already the donor's, the
    /// tables are those of before, as far as there were any.
    pub(crate) fn take_snapshot_part(&mut self, position: Position, fx: &mut Effects) {
        self.database.position = position;
        self.database.half_copied = true;
        self.replace_files(fx);
    }

    /// Takes the last part of a snapshot. Returns whether the cache can be used with it: it may still hold
    /// another branch of the same history.
    pub(crate) fn take_snapshot(
        &mut self,
        position: Position,
        database: &Database,
        fx: &mut Effects,
    ) -> bool {
        self.storage_position = position;
        self.database = database.clone();
        self.replace_files(fx);
        self.committed = position.seqno;
        self.corrupt = false;
        let agrees = !self.cache_contradicts(position.uuid);
        self.adopt_history(position.uuid, fx);
        if agrees {
            self.empty_cache(fx);
        }
        agrees
    }

    fn replace_files(&mut self, fx: &mut Effects) {
        let database = Box::new(self.database.clone());
        self.disk(DiskOp::InnodbReplace(database), fx);
    }

    /// Returns whether the cache still holds another branch of the same history: a transaction where the
    /// database has a configuration, or the other way round. Two different transactions at one position
    /// are not told apart.
    fn cache_contradicts(&self, history: StateUuid) -> bool {
        let contradicts = |entry: &Committed| {
            let cached = self.cache.events.get(&entry.seqno);
            cached.is_some_and(|cached| match entry.change {
                None => cached.is_some(),
                Some(Change::Skipped) => false,
                Some(Change::Insert(_) | Change::Ddl(_) | Change::Update(_)) => cached.is_none(),
            })
        };
        let mut entries = self.database.history.iter();
        self.cache.uuid == history
            && entries.any(|entry| entry.uuid == history && contradicts(entry))
    }

    /// The position is at least this one from here on.
    pub(crate) fn raise_position(&mut self, seqno: Seqno) {
        self.committed = self.committed.max(seqno);
    }
}
