//! The applier: configurations and transactions in their order, the state file that follows them, and
//! the redo log (`galera/src/replicator_smm.cpp`).

use seatrial_galera::{LogLine, Position, Seqno, StateUuid};

use crate::database::{Change, Committed, WriteSet};
use crate::deliberate_fault::DeliberateFault;
use crate::effect::{DiskOp, Effect, Effects, Reply, RequestId, Statement, TimerId};
use crate::frame::{CachedEvent, GcsMessage, GcsNodeState};
use crate::gcs::Conf;
use crate::time::Time;

use super::boot::Closing;
use super::{Node, Phase, log};

/// How long the applier takes for another node's transaction: what has been received may be ahead of
/// what has been applied.
const APPLY: Time = Time::from_millis(1);
/// How long a schema change takes.
const DDL: Time = Time::from_millis(20);
/// How often the redo log is flushed where commits do not wait for it.
const FLUSH_PERIOD: Time = Time::from_millis(1_000);

/// `ER_DUP_ENTRY`.
pub(super) const DUPLICATE_ENTRY: u16 = 1062;

/// What is to be applied, in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Action {
    /// A configuration.
    Conf(Conf),
    /// A transaction.
    WriteSet(Seqno, WriteSet),
    /// This node's state has changed in the total order.
    State(GcsNodeState),
    /// Somebody could not apply this position: how did this node fare?
    VoteRequest(Seqno),
}

impl Node {
    pub(super) fn enqueue(&mut self, action: Action, now: Time, fx: &mut Effects) {
        if self.identity.config.arbitrator {
            self.arbitrate(action, now, fx);
            return;
        }
        self.queue.push_back(action);
        self.apply(now, false, fx);
    }

    /// Applies what can be applied now. Another node's transaction takes a moment: `ready` says that
    /// the moment for the first one has passed.
    pub(super) fn apply(&mut self, now: Time, mut ready: bool, fx: &mut Effects) {
        while !self.paused
            && self.joining.is_none()
            && !self.apply_armed
            && self.voting.is_none()
            && !self.corrupt
        {
            let Some(action) = self.queue.front() else {
                break;
            };
            if let Action::WriteSet(seqno, write_set) = action
                && *seqno > self.committed
                && !ready
            {
                let is_ddl = matches!(write_set.change, Change::Ddl(_));
                let is_own = self.pending.contains_key(&write_set.number);
                if is_ddl {
                    // Total order isolation: unsafe from here to the end (`mark_unsafe`).
                    self.save(StateUuid::NIL, Seqno::UNDEFINED, fx);
                }
                if is_ddl || !is_own {
                    self.apply_armed = true;
                    let wait = if is_ddl { DDL } else { APPLY };
                    fx.push(Effect::SetTimer(TimerId::Apply, now + wait));
                    break;
                }
            }
            ready = false;
            if let Some(action) = self.queue.pop_front() {
                self.apply_one(action, now, fx);
            }
        }
        self.sync_if_caught_up(now, fx);
    }

    /// Before an orderly end: what has been received is applied.
    pub(super) fn apply_everything(&mut self, now: Time, fx: &mut Effects) {
        while !self.locked && self.joining.is_none() {
            let Some(action) = self.queue.pop_front() else {
                break;
            };
            self.apply_one(action, now, fx);
        }
        self.queue.clear();
    }

    fn apply_one(&mut self, action: Action, now: Time, fx: &mut Effects) {
        match action {
            Action::Conf(conf) => self.process_conf(conf, now, fx),
            Action::WriteSet(seqno, write_set) => {
                self.process_write_set(seqno, &write_set, now, fx);
            }
            Action::VoteRequest(seqno) => self.vote_on_request(seqno, now, fx),
            Action::State(state) => match state {
                GcsNodeState::Synced => {
                    self.synced = true;
                    log(fx, LogLine::SynchronizedWithGroup);
                }
                GcsNodeState::Joined => self.sync_sent = false,
                _ => {}
            },
        }
    }

    fn process_write_set(
        &mut self,
        seqno: Seqno,
        write_set: &WriteSet,
        now: Time,
        fx: &mut Effects,
    ) {
        if seqno <= self.committed {
            return;
        }
        let event = CachedEvent {
            seqno,
            write_set: Some(write_set.clone()),
        };
        let fails = self
            .database
            .changed_since(&write_set.change, write_set.seen);
        let duplicate =
            matches!(&write_set.change, Change::Insert(tag) if self.database.rows.contains(tag));
        if duplicate && !fails {
            // What nobody else has put here: the transaction is right and cannot be applied.
            self.vote_on_error(event, DUPLICATE_ENTRY, now, fx);
            return;
        }
        let request = self.pending.remove(&write_set.number);
        if fails && !matches!(write_set.change, Change::Ddl(_)) {
            // Certification fails on every node alike; the position is taken all the same.
            let skipped = CachedEvent {
                write_set: None,
                ..event
            };
            self.commit(&skipped, Some(Change::Skipped), Vec::new(), fx);
            if let Some(request) = request {
                fx.push(Effect::Reply(request, Reply::Error(1213)));
            }
            return;
        }
        let waiting: Vec<RequestId> = request.into_iter().collect();
        self.commit(&event, Some(write_set.change.clone()), waiting, fx);
        if matches!(write_set.change, Change::Ddl(_)) {
            self.save(self.state_uuid, Seqno::UNDEFINED, fx);
        }
    }

    /// Takes a position: database, cache, redo log.
    pub(super) fn commit(
        &mut self,
        event: &CachedEvent,
        change: Option<Change>,
        waiting: Vec<RequestId>,
        fx: &mut Effects,
    ) {
        let committed = Committed {
            uuid: self.state_uuid,
            seqno: event.seqno,
            change,
        };
        self.committed = event.seqno;
        self.database.commit(&committed);
        self.cache_append(event, fx);
        self.write_redo(committed, waiting, fx);
    }

    /// Hands a commit to the redo log, and answers its clients as soon as
    /// `innodb_flush_log_at_trx_commit` allows it.
    pub(super) fn write_redo(
        &mut self,
        committed: Committed,
        waiting: Vec<RequestId>,
        fx: &mut Effects,
    ) {
        let config = &self.identity.config;
        let setting = if config.has(DeliberateFault::CommitNotSynced) {
            2
        } else {
            config.innodb_flush_log_at_trx_commit
        };
        match setting {
            0 => {
                self.unwritten.push(committed);
                self.unsynced = true;
                fx.extend(
                    waiting
                        .into_iter()
                        .map(|request| Effect::Reply(request, Reply::Ok)),
                );
            }
            2 => {
                let io = self.disk(DiskOp::InnodbWrite(vec![committed]), fx);
                self.unsynced = true;
                self.awaiting_disk.insert(io, waiting);
            }
            _ => {
                self.disk(DiskOp::InnodbWrite(vec![committed]), fx);
                let io = self.disk(DiskOp::InnodbSync, fx);
                self.awaiting_disk.insert(io, waiting);
            }
        }
    }

    fn cache_append(&mut self, event: &CachedEvent, fx: &mut Effects) {
        self.cache.append(event, self.identity.config.gcache_size);
        self.disk(DiskOp::CacheAppend(event.clone()), fx);
    }

    /// The once-a-second flush.
    pub(super) fn flush_timer(&mut self, now: Time, fx: &mut Effects) {
        self.flush_redo(false, fx);
        fx.push(Effect::SetTimer(TimerId::Flush, now + FLUSH_PERIOD));
    }

    pub(super) fn flush_redo(&mut self, always: bool, fx: &mut Effects) {
        if !self.unwritten.is_empty() {
            let commits = std::mem::take(&mut self.unwritten);
            self.disk(DiskOp::InnodbWrite(commits), fx);
        }
        if self.unsynced || always {
            self.unsynced = false;
            self.disk(DiskOp::InnodbSync, fx);
        }
    }

    /// A configuration is processed (`process_prim_conf_change`, `process_non_prim_conf_change`).
    fn process_conf(&mut self, conf: Conf, now: Time, fx: &mut Effects) {
        let config = &self.identity.config;
        let cleared = !config.has(DeliberateFault::SafeNeverCleared);
        let early = config.has(DeliberateFault::SeqnoWrittenEarly);
        let history = config.has(DeliberateFault::OtherUuidAccepted);
        if config.has(DeliberateFault::SafeWithoutQuorum) {
            self.saved.safe_to_bootstrap = conf.members == 1;
        }
        if !conf.primary {
            self.synced = false;
            self.conf = Some(conf);
            log(fx, LogLine::NonPrimaryView);
            self.refuse_held(fx);
            return;
        }
        let needs_transfer = conf.my_state == GcsNodeState::Prim
            && ((self.state_uuid != conf.uuid && !history) || self.committed.next() < conf.seqno);
        // Evaluated with every primary configuration and with nothing else; it goes to disk with the
        // next write of the file.
        self.saved.safe_to_bootstrap =
            conf.members == 1 || (self.saved.safe_to_bootstrap && !cleared);
        self.sync_sent = false;
        match conf.my_state {
            GcsNodeState::Synced => self.synced = true,
            GcsNodeState::Donor => {}
            _ => self.synced = false,
        }
        self.conf = Some(conf.clone());
        if self.identity.config.innodb_flush_log_at_trx_commit != 1 {
            fx.push(Effect::SetTimer(TimerId::Flush, now + FLUSH_PERIOD));
        }
        if needs_transfer {
            log(
                fx,
                LogLine::StateTransferRequired {
                    group: Position::new(conf.uuid, conf.seqno),
                    local: Position::new(self.state_uuid, self.committed),
                },
            );
            self.start_joining(conf, now, fx);
            return;
        }
        self.adopt_history(conf.uuid, fx);
        if conf.seqno > self.committed {
            let event = CachedEvent {
                seqno: conf.seqno,
                write_set: None,
            };
            self.commit(&event, None, Vec::new(), fx);
        }
        let seqno = if self.paused || early {
            self.committed
        } else {
            Seqno::UNDEFINED
        };
        self.save(conf.uuid, seqno, fx);
        self.open_port_soon(now, fx);
    }

    /// The history's name from here on. Another one empties the cache.
    pub(super) fn adopt_history(&mut self, uuid: StateUuid, fx: &mut Effects) {
        self.state_uuid = uuid;
        if self.cache.uuid != uuid {
            self.cache.clear();
            self.cache.uuid = uuid;
            self.disk(DiskOp::CacheReset(uuid), fx);
        }
    }

    /// A joined node that has applied everything says so.
    pub(super) fn sync_if_caught_up(&mut self, now: Time, fx: &mut Effects) {
        if self.gcs.my_status() == GcsNodeState::Joined
            && self.queue.is_empty()
            && self.joining.is_none()
            && !self.paused
            && !self.sync_sent
            && self.conf.as_ref().is_some_and(|conf| conf.primary)
            && self.phase != Phase::Disconnected
            && self.closing == Closing::No
        {
            self.sync_sent = true;
            self.group_send(GcsMessage::Sync, now, fx);
        }
    }

    /// A transaction that will never get a position: its client is told
    /// (`wsrep-lib/src/transaction.cpp:certify_commit`).
    pub(super) fn not_ordered(&mut self, write_set: &WriteSet, fx: &mut Effects) {
        if let Some(request) = self.pending.remove(&write_set.number) {
            let lied = self
                .identity
                .config
                .has(DeliberateFault::RefusalAcknowledged);
            let reply = if lied { Reply::Ok } else { Reply::Error(1180) };
            fx.push(Effect::Reply(request, reply));
        }
    }

    /// Connections end: their clients will not learn more.
    pub(super) fn refuse_pending(&mut self, fx: &mut Effects) {
        let pending = std::mem::take(&mut self.pending);
        fx.extend(
            pending
                .into_values()
                .map(|request| Effect::Reply(request, Reply::Lost)),
        );
        let held: Vec<(RequestId, Statement)> = std::mem::take(&mut self.held);
        fx.extend(
            held.into_iter()
                .map(|(request, _)| Effect::Reply(request, Reply::Lost)),
        );
    }

    fn refuse_held(&mut self, fx: &mut Effects) {
        let held = std::mem::take(&mut self.held);
        fx.extend(
            held.into_iter()
                .map(|(request, _)| Effect::Reply(request, Reply::Error(1047))),
        );
    }
}
