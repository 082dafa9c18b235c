//! What clients and the operator say to the server (`sql/sql_parse.cc`, `sql/wsrep_mysqld.cc`).

use crate::database::{Change, Committed, WriteSet};
use crate::deliberate_fault::DeliberateFault;
use crate::effect::{Effect, Effects, Reply, RequestId, Statement};
use crate::frame::GcsMessage;
use crate::time::Time;

use seatrial_galera::{GcommUuid, Seqno, StateUuid};

use super::Node;

/// `WSREP has not yet prepared node for application use`.
const NOT_PREPARED: u16 = 1047;
/// `Lost connection to server during query`: there is no port to answer at.
const NO_SERVER: u16 = 2002;
/// `Incorrect arguments to SET`: the provider has refused the option.
const WRONG_ARGUMENTS: u16 = 1210;

impl Node {
    pub(super) fn statement(
        &mut self,
        request: RequestId,
        statement: Statement,
        now: Time,
        fx: &mut Effects,
    ) {
        if statement == Statement::HoldOnStop {
            self.hold_on_stop = true;
            fx.push(Effect::Reply(request, Reply::Ok));
            return;
        }
        // A server that is being stopped takes no connection any more.
        if !self.port_open || self.term_received {
            fx.push(Effect::Reply(request, Reply::Error(NO_SERVER)));
            return;
        }
        let config = &self.identity.config;
        let alone = config.has(DeliberateFault::NonPrimaryWrites);
        let at_once = config.has(DeliberateFault::AcknowledgedAtOnce);
        match statement {
            Statement::Commit(Change::Insert(tag)) if alone && !self.is_ready() => {
                self.insert_locally(request, tag, fx);
            }
            Statement::Read | Statement::Commit(_) if !self.is_ready() => {
                fx.push(Effect::Reply(request, Reply::Error(NOT_PREPARED)));
            }
            Statement::Read | Statement::HoldOnStop => fx.push(Effect::Reply(request, Reply::Ok)),
            Statement::Commit(_) if self.paused => self.held.push((request, statement)),
            Statement::Commit(Change::Insert(tag)) | Statement::InsertLocally(tag)
                if self.database.rows.contains(&tag) =>
            {
                fx.push(Effect::Reply(request, Reply::Duplicate(tag)));
            }
            Statement::InsertLocally(tag) => self.insert_locally(request, tag, fx),
            Statement::Commit(change) => {
                // The process's entropy in front keeps numbers of two lives apart.
                self.next_number += 1;
                let number = (self.boot.entropy << 24) | self.next_number;
                if at_once {
                    fx.push(Effect::Reply(request, Reply::Ok));
                } else {
                    self.pending.insert(number, request);
                }
                let write_set = WriteSet {
                    origin: self.identity.me,
                    number,
                    seen: self.committed,
                    change,
                };
                self.group_send(GcsMessage::WriteSet(write_set), now, fx);
            }
            Statement::PcBootstrap => {
                let mut out = Vec::new();
                self.pc.bootstrap(&mut out);
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
            Statement::Lock => {
                self.locked = true;
                self.pause(fx);
                self.group_send(GcsMessage::Desync, now, fx);
                fx.push(Effect::Reply(request, Reply::Ok));
            }
            Statement::Unlock => {
                self.locked = false;
                let seqno = Some(self.committed);
                self.group_send(GcsMessage::Join { seqno }, now, fx);
                self.unpause(now, fx);
                fx.push(Effect::Reply(request, Reply::Ok));
            }
        }
    }

    /// A transaction that is not replicated: it has no position, and nobody else learns of it
    /// (`wsrep_on = OFF`).
    fn insert_locally(&mut self, request: RequestId, tag: String, fx: &mut Effects) {
        let committed = Committed {
            uuid: StateUuid::NIL,
            seqno: Seqno::UNDEFINED,
            change: Some(Change::Insert(tag)),
        };
        self.database.commit(&committed);
        self.write_redo(committed, vec![request], fx);
    }

    /// The new weight is a message of the component's (`pc_proto.cpp:set_param`): the client is
    /// answered with its delivery.
    fn change_weight(&mut self, request: RequestId, weight: u8, now: Time, fx: &mut Effects) {
        let message = self.pc.weight_install(weight);
        let asked = message.is_some();
        self.weight_asked.extend(asked.then_some(request));
        let sent = message.is_some_and(|message| self.evs_send(message, now, fx));
        if !sent {
            self.weight_asked.retain(|waiting| *waiting != request);
            fx.push(Effect::Reply(request, Reply::Error(WRONG_ARGUMENTS)));
        }
    }

    /// A member's weight has changed; where it is this one's, whoever asked for it is answered.
    pub(super) fn weight_changed(&mut self, source: GcommUuid, weight: u8, fx: &mut Effects) {
        if source != self.uuid {
            return;
        }
        self.identity.config.pc_weight = weight;
        let asked = std::mem::take(&mut self.weight_asked);
        fx.extend(
            asked
                .into_iter()
                .map(|request| Effect::Reply(request, Reply::Ok)),
        );
    }

    /// The applier stops, and the state file shows the position for as long as that lasts
    /// (`replicator_smm.cpp:pause`).
    pub(super) fn pause(&mut self, fx: &mut Effects) {
        self.paused = true;
        self.save(self.state_uuid, self.committed, fx);
    }

    /// The applier goes on.
    pub(super) fn unpause(&mut self, now: Time, fx: &mut Effects) {
        if self.locked {
            return;
        }
        self.paused = false;
        self.save(self.state_uuid, Seqno::UNDEFINED, fx);
        self.apply(now, false, fx);
        for (request, statement) in std::mem::take(&mut self.held) {
            self.statement(request, statement, now, fx);
        }
    }
}
