//! Answers the statements of clients and of the operator (`sql/sql_parse.cc`, `sql/wsrep_mysqld.cc`).

use seatrial_galera::{GcommUuid, SqlError};

use crate::database::{Change, WriteSet};
use crate::deliberate_fault::DeliberateFault;
use crate::effect::{Effect, Effects, EvsTimeout, Reply, RequestId, Statement, TimerId};
use crate::evs;
use crate::frame::GcsMessage;
use crate::node::whole::Node;
use crate::time::Time;

/// `WSREP has not yet prepared node for application use`.
const NOT_PREPARED: u16 = 1047;
/// `Lost connection to server during query`: there is no port to answer at.
const NO_SERVER: u16 = 2002;
/// `Incorrect arguments to SET`: the provider has refused the option.
const WRONG_ARGUMENTS: u16 = 1210;

impl Node {
    /// A client or the operator says something to the server.
    pub(in crate::node) fn statement(
        &mut self,
        request: RequestId,
        statement: Statement,
        now: Time,
        fx: &mut Effects,
    ) {
        if statement == Statement::HoldOnStop {
            self.clients.stay();
            fx.push(Effect::Reply(request, Reply::Ok));
            return;
        }
        // A server that is being stopped takes no connection any more.
        if !self.life.port_open() || self.life.term_received() {
            fx.push(Effect::Reply(request, Reply::Error(NO_SERVER)));
            return;
        }
        let config = &self.identity.config;
        let alone = config.has(DeliberateFault::NonPrimaryWrites);
        match statement {
            Statement::Commit(Change::Insert(tag)) if alone && !self.is_ready() => {
                self.store
                    .change_locally(Change::Insert(tag), request, config, fx);
            }
            Statement::Read
            | Statement::Commit(_)
            | Statement::ChangeQuietly(_)
            | Statement::Lists { .. }
                if !self.is_ready() =>
            {
                fx.push(Effect::Reply(request, Reply::Error(NOT_PREPARED)));
            }
            Statement::Lists {
                session,
                within,
                statement,
            } => self.list_statement(request, session, within, statement, now, fx),
            Statement::Read | Statement::HoldOnStop => fx.push(Effect::Reply(request, Reply::Ok)),
            Statement::Commit(_) | Statement::ChangeQuietly(_) if self.applier.is_paused() => {
                self.clients.hold(request, statement);
            }
            Statement::Commit(Change::Insert(tag)) | Statement::InsertLocally(tag)
                if self.store.has_row(&tag) =>
            {
                let (entry, key) = (tag, "PRIMARY".to_owned());
                let error = SqlError::DuplicateEntry { entry, key };
                fx.push(Effect::Reply(request, Reply::Failed(error)));
            }
            Statement::ChangeLocally(text) => match self.store.schema_error(&text) {
                Some(error) => fx.push(Effect::Reply(request, Reply::Failed(error))),
                None => self
                    .store
                    .change_locally(Change::Ddl(text), request, config, fx),
            },
            Statement::InsertLocally(tag) => {
                self.store
                    .change_locally(Change::Insert(tag), request, config, fx);
            }
            Statement::Commit(change) => {
                let number = self.next_number();
                self.replicate(number, request, change, now, fx);
            }
            Statement::ChangeQuietly(text) => {
                let number = self.next_number();
                self.clients.keep_quiet(number);
                self.replicate(number, request, Change::Ddl(text), now, fx);
            }
            Statement::PcBootstrap => {
                let mut out = Vec::new();
                self.group.pc.bootstrap(&mut out);
                self.run_pc(out, now, fx);
                fx.push(Effect::Reply(request, Reply::Ok));
            }
            Statement::PcWeight(weight) => self.change_weight(request, weight, now, fx),
            Statement::PcIgnoreSb(on) => {
                self.identity.config.pc_ignore_sb = on;
                fx.push(Effect::Reply(request, Reply::Ok));
            }
            Statement::PcIgnoreQuorum(on) => {
                self.identity.config.pc_ignore_quorum = on;
                fx.push(Effect::Reply(request, Reply::Ok));
            }
            Statement::ClusterAddress(addresses) => {
                self.change_address(request, addresses, now, fx);
            }
            Statement::Isolate(isolation) => {
                let mut out = Vec::new();
                self.group.gmcast.isolate(isolation, &mut out);
                self.run_gmcast(out, fx);
                fx.push(Effect::Reply(request, Reply::Ok));
            }
            Statement::Evict(node) => {
                let mut out = Vec::new();
                self.group.evs.evict(node, now, &mut out);
                if node.is_none() {
                    self.group.gmcast.forget_evicted();
                    self.group.pc.forget_evicted();
                }
                self.run_evs(out, now, fx);
                fx.push(Effect::Reply(request, Reply::Ok));
            }
            Statement::EvsTimeout(timeout, value) => {
                let reply = self.change_timeout(timeout, value, now, fx);
                fx.push(Effect::Reply(request, reply));
            }
            Statement::FailRollback => {
                self.applier.fail_next_rollback();
                fx.push(Effect::Reply(request, Reply::Ok));
            }
            Statement::Lock => {
                self.applier.lock();
                self.store.save_position(fx);
                self.group_send(GcsMessage::Desync, now, fx);
                fx.push(Effect::Reply(request, Reply::Ok));
            }
            Statement::Unlock => {
                self.applier.unlock();
                if !self.applier.is_desynced() {
                    self.resync(now, fx);
                }
                self.unpause(now, fx);
                fx.push(Effect::Reply(request, Reply::Ok));
            }
            // MODEL GAP: the server answers at once, and not when the group has ordered the change.
            Statement::Desync(on) => {
                if on != self.applier.is_desynced() {
                    self.applier.set_desynced(on);
                    // A read lock holds the node out of step as well (`replicator_smm.cpp:desync`, `resync`).
                    match (on, self.applier.is_locked()) {
                        (_, true) => {}
                        (true, false) => self.group_send(GcsMessage::Desync, now, fx),
                        (false, false) => self.resync(now, fx),
                    }
                }
                fx.push(Effect::Reply(request, Reply::Ok));
            }
        }
    }

    /// The node is in step with its group again.
    fn resync(&mut self, now: Time, fx: &mut Effects) {
        let seqno = Some(self.store.position().seqno);
        self.group_send(GcsMessage::Join { seqno }, now, fx);
    }

    /// Returns a number for a transaction. The process's entropy in front keeps numbers of two lives apart.
    pub(super) fn next_number(&mut self) -> u64 {
        (self.life.boot().entropy << 24) | self.clients.next_number()
    }

    /// Puts a client's transaction into the total order.
    pub(super) fn replicate(
        &mut self,
        number: u64,
        request: RequestId,
        change: Change,
        now: Time,
        fx: &mut Effects,
    ) {
        let config = &self.identity.config;
        if config.has(DeliberateFault::AcknowledgedAtOnce) {
            fx.push(Effect::Reply(request, Reply::Ok));
        } else {
            self.clients.wait_for(number, request);
        }
        let write_set = WriteSet {
            origin: self.identity.me,
            number,
            seen: self.store.position().seqno,
            change,
        };
        self.group_send(GcsMessage::WriteSet(write_set), now, fx);
    }

    /// The new weight is a message of the component's (`pc_proto.cpp:set_param`): the client is
    /// answered with its delivery.
    fn change_weight(&mut self, request: RequestId, weight: u8, now: Time, fx: &mut Effects) {
        let message = self.group.pc.weight_install(weight);
        if message.is_some() {
            self.clients.ask_weight(request);
        }
        let sent = message.is_some_and(|message| self.evs_send(message, now, fx));
        if !sent {
            self.clients.unask_weight(request);
            fx.push(Effect::Reply(request, Reply::Error(WRONG_ARGUMENTS)));
        }
    }

    /// A timeout of evs counts at once, if it is in the range that Galera allows (`evs_proto.cpp:set_param`,
    /// `gcomm/src/defaults.cpp`).
    fn change_timeout(
        &mut self,
        timeout: EvsTimeout,
        value: Time,
        now: Time,
        fx: &mut Effects,
    ) -> Reply {
        let config = &mut self.identity.config;
        let shortest = Time::from_millis(100);
        let (place, range) = match timeout {
            EvsTimeout::Suspect => (&mut config.evs_suspect_timeout, value >= shortest),
            EvsTimeout::Inactive => (&mut config.evs_inactive_timeout, value >= shortest),
            EvsTimeout::Keepalive => (&mut config.evs_keepalive_period, value >= shortest),
            EvsTimeout::JoinRetrans => (&mut config.evs_join_retrans_period, value >= shortest),
            EvsTimeout::Install => {
                let twice = config.evs_keepalive_period + config.evs_keepalive_period;
                let longest = config.evs_inactive_timeout;
                let fits = value >= twice && value <= longest;
                (&mut config.evs_install_timeout, fits)
            }
        };
        if !range {
            return Reply::Error(WRONG_ARGUMENTS);
        }
        *place = value;
        if self.group.evs.state() != evs::State::Closed {
            let at = self.group.evs.next_tick(now, &self.identity.config);
            fx.push(Effect::SetTimer(TimerId::Evs, at));
        }
        Reply::Ok
    }

    /// Handles a changed weight of a member. If it is this node's, the node answers the request for it.
    pub(super) fn weight_changed(&mut self, source: GcommUuid, weight: u8, fx: &mut Effects) {
        if source == self.group.uuid() {
            self.identity.config.pc_weight = weight;
            self.clients.answer_weight(fx);
        }
    }
}
