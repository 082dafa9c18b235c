//! A transaction that this node cannot apply, or that another one cannot
//! (`galera/src/replicator_smm.cpp:process_apply_error`, `process_vote`).
//!
//! The applier waits for the group's answer. A node that fared as most did goes on, and skips what
//! failed. A node that fared otherwise has another state than the group, which is void from here on.

use seatrial_galera::{LogLine, Position, Seqno};

use crate::effect::{Effect, Effects, Reply, log};
use crate::frame::{CachedEvent, GcsMessage};
use crate::node::parts::Vote;
use crate::node::whole::Node;
use crate::time::Time;

/// `ER_DUP_ENTRY`.
pub(super) const DUPLICATE_ENTRY: u16 = 1062;

impl Node {
    /// The transaction at this position cannot be applied.
    pub(super) fn vote_on_error(
        &mut self,
        event: CachedEvent,
        code: u16,
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
    pub(super) fn vote_result(&mut self, seqno: Seqno, code: u16, now: Time, fx: &mut Effects) {
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
            self.inconsistent(now, fx);
            return;
        }
        if let Some(event) = vote.failed {
            // Everybody's state lacks it: the position is taken, and nothing else.
            self.store.skip(event.seqno, &self.identity.config, fx);
            let number = event.write_set.map(|write_set| write_set.number);
            if let Some(request) = number.and_then(|number| self.clients.take(number)) {
                fx.push(Effect::Reply(request, Reply::Error(code)));
            }
        }
        self.apply(now, false, fx);
    }
}
