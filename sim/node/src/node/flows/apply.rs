//! Applies configurations and transactions in their order (`galera/src/replicator_smm.cpp`).

use seatrial_galera::{LogLine, Seqno, ServerState};

use crate::database::{Change, WriteSet};
use crate::deliberate_fault::DeliberateFault;
use crate::detail::Detail;
use crate::effect::{Effect, Effects, Reply, log};
use crate::frame::{CachedEvent, GcsMessage, GcsNodeState};
use crate::node::parts::{Action, Closing, Phase};
use crate::node::whole::Node;
use crate::schema;
use crate::time::Time;

use super::vote::DUPLICATE_ENTRY;

/// The time that the applier takes for another node's transaction: what has been received may be
/// ahead of what has been applied.
const APPLY: Time = Time::from_millis(1);
/// The time that a schema change takes.
const DDL: Time = Time::from_millis(20);
/// The pause of a schema change that got no position.
const ISOLATION_PAUSE: Time = Time::from_millis(300);

impl Node {
    /// The group has ordered something.
    pub(super) fn enqueue(&mut self, action: Action, now: Time, fx: &mut Effects) {
        if self.identity.config.arbitrator {
            self.arbitrate(action, now, fx);
            return;
        }
        self.applier.push(action);
        self.apply(now, false, fx);
    }

    /// Applies what can be applied now. Another node's transaction takes a moment: `ready` says that
    /// the moment for the first one has passed.
    pub(in crate::node) fn apply(&mut self, now: Time, mut ready: bool, fx: &mut Effects) {
        while self.applier.is_free()
            && !self.transfer.is_joining()
            && !self.transfer.holds_applier()
            && !self.store.is_corrupt()
        {
            let Some(action) = self.applier.next() else {
                break;
            };
            if let Action::WriteSet(seqno, write_set) = action
                && *seqno > self.store.position().seqno
                && !ready
            {
                let is_ddl = write_set.change.is_ddl();
                let is_own = self.clients.is_own(write_set.number);
                if is_ddl {
                    // Total order isolation: unsafe from here to the end (`mark_unsafe`).
                    self.store.save_void(fx);
                }
                if is_ddl || !is_own {
                    let wait = if is_ddl { DDL } else { APPLY };
                    // Hardly ever has a client a lock: nothing is copied without.
                    let has_sessions = !self.clients.sessions().is_idle();
                    let locks = has_sessions.then(|| write_set.clone());
                    self.applier.arm(now + wait, fx);
                    if let Some(write_set) = locks {
                        self.take_locks(&write_set, now, fx);
                    }
                    break;
                }
            }
            ready = false;
            if let Some(action) = self.applier.take_next() {
                self.apply_one(action, now, fx);
                self.lists_go_on(now, fx);
            }
        }
        self.sync_if_caught_up(now, fx);
        self.control_flow(now, fx);
    }

    /// A member in step that has too much to apply asks the group to wait (`gcs.cpp:gcs_fc_stop_begin`, `gcs_fc_cont_begin`).
    ///
    /// MODEL GAP: one that catches up does so as well (`gcs.sync_donor`, `max_fc_state`).
    fn control_flow(&mut self, now: Time, fx: &mut Effects) {
        if self.group.gcs.my_status() != GcsNodeState::Synced {
            return;
        }
        let limit = self.group.gcs.flow_limit();
        if let Some(stop) = self.applier.flow_changed(limit) {
            self.group_send(GcsMessage::Flow { stop }, now, fx);
        }
    }

    /// Before an orderly end: what has been received is applied.
    pub(super) fn apply_everything(&mut self, now: Time, fx: &mut Effects) {
        while !self.applier.is_locked() && !self.applier.is_stuck() && !self.transfer.is_joining() {
            let Some(action) = self.applier.take_next() else {
                break;
            };
            self.apply_one(action, now, fx);
        }
        self.applier.clear();
    }

    fn apply_one(&mut self, action: Action, now: Time, fx: &mut Effects) {
        match action {
            Action::Conf(conf) => self.process_conf(conf, now, fx),
            Action::WriteSet(seqno, write_set) => {
                self.process_write_set(seqno, &write_set, now, fx);
            }
            Action::VoteRequest(seqno) => self.vote_on_request(seqno, now, fx),
            Action::State(GcsNodeState::Synced) => {
                self.applier.set_synced(true);
                let (from, to) = (ServerState::Joined, ServerState::Synced);
                self.tell(Detail::Status(from, to), fx);
                log(fx, LogLine::SynchronizedWithGroup);
            }
            Action::State(GcsNodeState::Joined) => self.applier.set_sync_sent(false),
            Action::State(_) => {}
        }
    }

    fn process_write_set(
        &mut self,
        seqno: Seqno,
        write_set: &WriteSet,
        now: Time,
        fx: &mut Effects,
    ) {
        if seqno <= self.store.position().seqno {
            return;
        }
        let event = CachedEvent {
            seqno,
            write_set: Some(write_set.clone()),
        };
        let fails = self.store.fails_certification(write_set);
        let duplicate = matches!(&write_set.change, Change::Insert(tag) if self.store.has_row(tag));
        if duplicate && !fails && self.applier.fails_rollback() {
            // The thread ends. It has neither voted nor left its place in the commit order, which all that follows wait
            // for (`wsrep-lib/src/server_state.cpp:apply_write_set`: `log_dummy_write_set` comes after the rollback).
            return;
        }
        if duplicate && !fails {
            // No other node has this row here: the transaction is right, and this node cannot apply it.
            self.vote_on_error(event, DUPLICATE_ENTRY, now, fx);
            return;
        }
        if let Change::Ddl(text) = &write_set.change
            && let Some(error) = self.store.schema_error(text)
        {
            self.fail_schema_change(event, text, error.code(), now, fx);
            return;
        }
        self.take_locks(write_set, now, fx);
        let config = &self.identity.config;
        let request = self.clients.take(write_set.number);
        self.clients.sessions_mut().committed(write_set.number);
        let is_ddl = write_set.change.is_ddl();
        if fails && !is_ddl {
            // Certification fails on every node alike; the position is taken all the same.
            self.store.skip(seqno, config, fx);
            if let Some(request) = request {
                fx.push(Effect::Reply(request, Reply::Error(1213)));
            }
            return;
        }
        let change = Some(write_set.change.clone());
        let waiting = request.into_iter().collect();
        self.store.commit(&event, change, waiting, config, fx);
        if is_ddl {
            self.store.save_running(fx);
        }
    }

    /// A schema change fails here. It takes its position all the same, unless the group has to decide whose state is
    /// right (`sql/wsrep_applier.cc:wsrep_should_ignore_ddl_errors`, `sql/wsrep_mysqld.cc:wsrep_TOI_end`).
    fn fail_schema_change(
        &mut self,
        event: CachedEvent,
        text: &str,
        code: u16,
        now: Time,
        fx: &mut Effects,
    ) {
        let config = &self.identity.config;
        let ignored = config.wsrep_ignore_apply_errors;
        if ignored & 4 == 0 && (ignored & 1 == 0 || !schema::drops(text)) {
            let number = event.write_set.as_ref().map(|write_set| write_set.number);
            let quiet = number.is_some_and(|number| self.clients.is_quiet(number));
            let note = schema::note(text).filter(|_| !quiet).unwrap_or(0);
            let conditions = u32::from(note) << 16 | u32::from(code);
            self.vote_on_error(event, conditions, now, fx);
            return;
        }
        self.skip_failed(event, u32::from(code), fx);
    }

    /// A joined node that has applied everything says so.
    pub(super) fn sync_if_caught_up(&mut self, now: Time, fx: &mut Effects) {
        if self.group.gcs.my_status() == GcsNodeState::Joined
            && (self.applier.waiting() == 0 || self.held_with_nothing_to_apply())
            && !self.transfer.is_joining()
            && !self.applier.is_paused()
            && !self.applier.has_sent_sync()
            && self.applier.is_primary()
            && self.life.phase() != Phase::Disconnected
            && self.life.closing() == Closing::No
        {
            self.applier.set_sync_sent(true);
            self.group_send(GcsMessage::Sync, now, fx);
        }
    }

    /// The group's layer says SYNC for a donor whose applier waits for a connection, too: its queue is empty
    /// (`gcs.cpp:gcs_send_sync`).
    fn held_with_nothing_to_apply(&self) -> bool {
        self.transfer.holds_applier() && self.applier.waits_for_states()
    }

    /// A transaction that will never get a position: its client is told
    /// (`wsrep-lib/src/transaction.cpp:certify_commit`).
    ///
    /// A schema change is told after a pause, as a timeout (`wsrep-lib/src/client_state.cpp:poll_enter_toi`). That
    /// function would try again until a given instant, and MariaDB 10.11 gives it none
    /// (`sql/wsrep_mysqld.cc:wsrep_TOI_begin`), so that it tries once.
    pub(super) fn not_ordered(&mut self, write_set: &WriteSet, now: Time, fx: &mut Effects) {
        let Some(request) = self.clients.take(write_set.number) else {
            return;
        };
        self.clients.sessions_mut().committed(write_set.number);
        if (self.identity.config).has(DeliberateFault::RefusalAcknowledged) {
            fx.push(Effect::Reply(request, Reply::Ok));
        } else if write_set.change.is_ddl() {
            self.clients.refuse_at(request, now + ISOLATION_PAUSE, fx);
        } else {
            fx.push(Effect::Reply(request, Reply::Error(1180)));
        }
        self.lists_go_on(now, fx);
    }

    /// The applier stops, and the state file shows the position for as long as that lasts
    /// (`replicator_smm.cpp:pause`).
    pub(super) fn pause(&mut self, fx: &mut Effects) {
        self.applier.pause();
        self.store.save_position(fx);
    }

    /// The applier goes on, unless a read lock holds it.
    pub(super) fn unpause(&mut self, now: Time, fx: &mut Effects) {
        if !self.applier.resume() {
            return;
        }
        self.store.save_running(fx);
        self.apply(now, false, fx);
        for (request, statement) in self.clients.take_held() {
            self.statement(request, statement, now, fx);
        }
    }
}
