//! A transaction that this node cannot apply, or that another one cannot
//! (`galera/src/replicator_smm.cpp:process_apply_error`, `process_vote`).
//!
//! The applier waits for the group's answer. A node that fared as most did goes on, and skips what
//! failed. A node that fared otherwise has another state than the group, which is void from here on.

use seatrial_galera::{LogLine, Position, Seqno};

use crate::database::Change;
use crate::effect::{Effect, Effects, Reply, log};
use crate::frame::{CachedEvent, GcsMessage};
use crate::node::parts::Vote;
use crate::node::whole::Node;
use crate::time::Time;

/// `ER_DUP_ENTRY`.
pub(super) const DUPLICATE_ENTRY: u32 = 1062;

impl Node {
    /// The transaction at this position cannot be applied.
    pub(super) fn vote_on_error(
        &mut self,
        event: CachedEvent,
        code: u32,
        now: Time,
        fx: &mut Effects,
    ) {
        let seqno = event.seqno;
        self.applier.open_vote(Vote {
            seqno,
            code,
            failed: Some(event),
        });
        self.group_send(GcsMessage::Vote { seqno, code }, now, fx);
    }

    /// Others want to know how this node fared. What failed here has been voted on already.
    pub(super) fn vote_on_request(&mut self, seqno: Seqno, now: Time, fx: &mut Effects) {
        let has_voted = self.applier.has_decided(seqno);
        if self.store.is_corrupt() || has_voted || self.store.position().seqno < seqno {
            return;
        }
        self.applier.open_vote(Vote {
            seqno,
            code: 0,
            failed: None,
        });
        self.group_send(GcsMessage::Vote { seqno, code: 0 }, now, fx);
    }

    /// The group has decided.
    pub(super) fn vote_result(&mut self, seqno: Seqno, code: u32, now: Time, fx: &mut Effects) {
        let Some(vote) = self.applier.decide_vote(seqno) else {
            return;
        };
        if vote.code != code {
            let position = Position::new(self.store.position().uuid, seqno);
            log(
                fx,
                if vote.code == 0 {
                    LogLine::VoteInconsistent(position)
                } else {
                    LogLine::InconsistentByConsensus(position)
                },
            );
            // A client of this node has its own error all the same (`wsrep_mysqld.cc:wsrep_TOI_end`).
            if let Some(event) = vote.failed {
                self.answer_failed(event, vote.code, fx);
            }
            self.inconsistent(now, fx);
            return;
        }
        if let Some(event) = vote.failed {
            // Everybody's state lacks it.
            self.skip_failed(event, vote.code, fx);
        }
        self.apply(now, false, fx);
    }

    /// Takes the position of something that has failed, and nothing else of it.
    pub(super) fn skip_failed(&mut self, event: CachedEvent, code: u32, fx: &mut Effects) {
        let change = event.write_set.as_ref().map(|write_set| &write_set.change);
        let is_ddl = change.is_some_and(Change::is_ddl);
        self.store.skip(event.seqno, &self.identity.config, fx);
        if is_ddl {
            self.store.save_running(fx);
        }
        self.answer_failed(event, code, fx);
    }

    /// Tells the client of this node whose statement has failed, if there is one.
    fn answer_failed(&mut self, event: CachedEvent, code: u32, fx: &mut Effects) {
        let Some(write_set) = event.write_set else {
            return;
        };
        let error = match &write_set.change {
            Change::Ddl(text) => self.store.schema_error(text),
            Change::Insert(_) | Change::Update(_) | Change::Skipped => None,
        };
        if let Some(request) = self.clients.take(write_set.number) {
            // The number of the error itself, without that of a note.
            let number = u16::try_from(code & 0xffff).unwrap_or_default();
            let reply = error.map_or(Reply::Error(number), Reply::Failed);
            fx.push(Effect::Reply(request, reply));
        }
    }
}
