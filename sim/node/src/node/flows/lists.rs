//! The clients' lists: transactions of several statements, as InnoDB and Galera treat them.
//!
//! A transaction reads from a view that its first read makes, and changes the newest committed text
//! (`REPEATABLE READ`). Its write set says that it has seen everything that this node had committed when it was
//! sent (`replicator_smm.cpp:replicate`, `finalize(last_committed())`), and not when the transaction read. So
//! certification does not notice a transaction of another node that was applied here between the two: it took no
//! lock away, since a read has none. `innodb_snapshot_isolation` is what notices it.
//!
//! MODEL GAP: `innodb_lock_wait_timeout` and `repl.causal_read_timeout` never run out.

use seatrial_galera::Seqno;

use crate::database::WriteSet;
use crate::effect::{Effect, Effects, ListStatement, Reply, RequestId, SessionId, Statement};
use crate::frame::GcsMessage;
use crate::node::parts::{Action, Blocked};
use crate::node::whole::Node;
use crate::time::Time;

/// `Record has changed since last read in table`.
const RECORD_CHANGED: u16 = 1020;
/// `Lock wait timeout exceeded`: also the answer to a read whose wait for the group failed
/// (`sql/wsrep_mysqld.cc:wsrep_sync_wait`).
const LOCK_WAIT_TIMEOUT: u16 = 1205;
/// `Deadlock found when trying to get lock`.
const DEADLOCK: u16 = 1213;

impl ListStatement {
    /// Returns the row that the statement is about.
    pub(crate) fn row(&self) -> Option<&str> {
        match self {
            Self::Read { row, .. } | Self::Append { row, .. } | Self::Set { row, .. } => Some(row),
            Self::Begin | Self::Commit | Self::Rollback => None,
        }
    }
}

impl Node {
    /// A client says something about its lists to a server that is ready.
    pub(super) fn list_statement(
        &mut self,
        request: RequestId,
        session: SessionId,
        within: bool,
        statement: ListStatement,
        now: Time,
        fx: &mut Effects,
    ) {
        if within && !self.clients.sessions().has(session) {
            // The connection ended with the server that it was to.
            fx.push(Effect::Reply(request, Reply::Lost));
            return;
        }
        if self.clients.sessions().is_aborted(session) {
            self.clients.sessions_mut().end(session);
            let told = match statement {
                ListStatement::Rollback => Reply::Ok,
                _ => Reply::Error(DEADLOCK),
            };
            fx.push(Effect::Reply(request, told));
            return;
        }
        match statement {
            ListStatement::Begin if self.clients.sessions().change(session).is_none() => {
                self.clients.sessions_mut().begin(session);
                fx.push(Effect::Reply(request, Reply::Ok));
            }
            ListStatement::Read { ref row, causal } => {
                if causal {
                    let row = row.clone();
                    let number = self.next_number();
                    let read = Blocked {
                        request,
                        session,
                        within,
                        statement: ListStatement::Read { row, causal: false },
                    };
                    self.clients.sessions_mut().await_causal(number, read);
                    self.group_send(GcsMessage::Causal { number }, now, fx);
                } else {
                    let position = self.store.position().seqno;
                    let sessions = self.clients.sessions_mut();
                    let text = sessions.read(session, row, self.store.database(), position);
                    fx.push(Effect::Reply(request, Reply::List(text)));
                }
            }
            ListStatement::Append { .. } | ListStatement::Set { .. } => {
                let blocked = Blocked {
                    request,
                    session,
                    within,
                    statement,
                };
                self.change_list(blocked, false, now, fx);
            }
            ListStatement::Begin | ListStatement::Commit if self.applier.is_paused() => {
                let statement = Statement::Lists {
                    session,
                    within,
                    statement,
                };
                self.clients.hold(request, statement);
            }
            // BEGIN commits what is open (`sql/transaction.cc:trans_begin`).
            ListStatement::Begin => {
                self.clients.sessions_mut().begin_again(session);
                self.commit_lists(request, session, now, fx);
            }
            ListStatement::Commit => self.commit_lists(request, session, now, fx),
            ListStatement::Rollback => {
                self.clients.sessions_mut().end(session);
                fx.push(Effect::Reply(request, Reply::Ok));
                self.try_blocked(now, fx);
            }
        }
    }

    /// A statement changes a row, as soon as it has the row's lock. `waited` says that it has waited for it.
    fn change_list(&mut self, blocked: Blocked, waited: bool, now: Time, fx: &mut Effects) {
        let Blocked {
            request, session, ..
        } = blocked;
        let Some(row) = blocked.statement.row().map(str::to_owned) else {
            return;
        };
        let holder = self.clients.sessions().holder(&row);
        if let Some(holder) = holder.filter(|holder| *holder != session) {
            if self.clients.sessions().would_dead_lock(session, holder) {
                self.refuse(request, session, DEADLOCK, fx);
                self.try_blocked(now, fx);
            } else {
                self.clients.sessions_mut().block(blocked);
            }
            return;
        }
        if self.applier_locks(&row) {
            self.clients.sessions_mut().block(blocked);
            return;
        }
        let config = &self.identity.config;
        let database = self.store.database();
        // `lock_clust_rec_read_check_and_lock` of 11.8 does not look again after a wait (MDEV-39263).
        let looks = config.innodb_snapshot_isolation && !waited;
        if looks && (self.clients.sessions()).has_changed(session, &row, database) {
            self.refuse(request, session, RECORD_CHANGED, fx);
            self.try_blocked(now, fx);
            return;
        }
        let text = match &blocked.statement {
            ListStatement::Set { text, .. } => text.clone(),
            ListStatement::Append { value, .. } => {
                let own = self.clients.sessions().own_text(session, &row);
                let committed = || database.lists.get(&row).map(|list| list.text.as_str());
                match own.or_else(committed).filter(|text| !text.is_empty()) {
                    Some(text) => format!("{text},{value}"),
                    None => value.clone(),
                }
            }
            _ => return,
        };
        self.clients.sessions_mut().write(session, &row, text);
        if blocked.within {
            fx.push(Effect::Reply(request, Reply::Ok));
        } else {
            self.commit_lists(request, session, now, fx);
        }
    }

    /// Ends a transaction with an error: it is rolled back as a whole.
    fn refuse(&mut self, request: RequestId, session: SessionId, error: u16, fx: &mut Effects) {
        self.clients.sessions_mut().end(session);
        fx.push(Effect::Reply(request, Reply::Error(error)));
    }

    fn commit_lists(
        &mut self,
        request: RequestId,
        session: SessionId,
        now: Time,
        fx: &mut Effects,
    ) {
        let Some(change) = self.clients.sessions().change(session) else {
            self.clients.sessions_mut().end(session);
            fx.push(Effect::Reply(request, Reply::Ok));
            return;
        };
        // The locks are kept until the group's word, which may come within this call.
        let number = self.next_number();
        self.clients.sessions_mut().commits(session, number);
        self.replicate(number, request, change, now, fx);
    }

    /// Returns whether the applier is at a transaction that changes this row.
    fn applier_locks(&self, row: &str) -> bool {
        let next = self.applier.next().filter(|_| self.applier.is_armed());
        let Some(Action::WriteSet(_, write_set)) = next else {
            return false;
        };
        (write_set.change.images().iter()).any(|image| image.row == row)
    }

    /// The applier takes the locks of the rows that it changes (`ha_innodb.cc:wsrep_abort_transaction`).
    pub(super) fn take_locks(&mut self, write_set: &WriteSet, now: Time, fx: &mut Effects) {
        let images = write_set.change.images();
        let told = self.clients.sessions_mut().abort_holders(images);
        let has_told = !told.is_empty();
        for request in told {
            fx.push(Effect::Reply(request, Reply::Error(DEADLOCK)));
        }
        if has_told {
            self.try_blocked(now, fx);
        }
    }

    /// Locks have become free, or more has been applied: those who have waited go on.
    pub(super) fn lists_go_on(&mut self, now: Time, fx: &mut Effects) {
        if self.clients.sessions().is_idle() {
            return;
        }
        let position = self.store.position().seqno;
        for read in self.clients.sessions_mut().take_causal(position) {
            self.list_statement(
                read.request,
                read.session,
                read.within,
                read.statement,
                now,
                fx,
            );
        }
        self.try_blocked(now, fx);
    }

    fn try_blocked(&mut self, now: Time, fx: &mut Effects) {
        for blocked in self.clients.sessions_mut().take_blocked() {
            self.change_list(blocked, true, now, fx);
        }
    }

    /// The group has said what a causal read waits for.
    pub(super) fn causal_known(
        &mut self,
        number: u64,
        upto: Option<Seqno>,
        now: Time,
        fx: &mut Effects,
    ) {
        if let Some(read) = self.clients.sessions_mut().causal_known(number, upto) {
            fx.push(Effect::Reply(read.request, Reply::Error(LOCK_WAIT_TIMEOUT)));
        }
        self.lists_go_on(now, fx);
    }
}
