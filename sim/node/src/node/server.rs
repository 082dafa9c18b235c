//! What clients and the operator say to the server (`sql/sql_parse.cc`, `sql/wsrep_mysqld.cc`).

use crate::database::WriteSet;
use crate::effect::{Effect, Effects, Reply, RequestId, Statement};
use crate::frame::GcsMessage;
use crate::time::Time;

use seatrial_galera::Seqno;

use super::Node;

/// `WSREP has not yet prepared node for application use`.
const NOT_PREPARED: u16 = 1047;
/// `Lost connection to server during query`: there is no port to answer at.
const NO_SERVER: u16 = 2002;

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
        match statement {
            Statement::Read | Statement::Commit(_) if !self.is_ready() => {
                fx.push(Effect::Reply(request, Reply::Error(NOT_PREPARED)));
            }
            Statement::Read | Statement::HoldOnStop => fx.push(Effect::Reply(request, Reply::Ok)),
            Statement::Commit(_) if self.paused => self.held.push((request, statement)),
            Statement::Commit(change) => {
                // The process's entropy in front keeps numbers of two lives apart.
                self.next_number += 1;
                let number = (self.boot.entropy << 24) | self.next_number;
                self.pending.insert(number, request);
                let write_set = WriteSet {
                    origin: self.identity.me,
                    number,
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
