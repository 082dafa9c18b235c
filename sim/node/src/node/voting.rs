//! A transaction that this node cannot apply, or that another one cannot
//! (`galera/src/replicator_smm.cpp:process_apply_error`, `process_vote`).
//!
//! The applier waits for the group's answer. Who fared as most did goes on, and skips what failed;
//! whoever fared otherwise has another state than the group, which is void from here on.

use seatrial_galera::{LogLine, Position, Seqno};

use crate::database::Change;
use crate::effect::{Effect, Effects, Reply};
use crate::frame::{CachedEvent, GcsMessage};
use crate::time::Time;

use super::{Node, log};

/// What this node has said of a position.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Voting {
    seqno: Seqno,
    /// The error's number, 0 for success.
    code: u16,
    /// What could not be applied.
    failed: Option<CachedEvent>,
}

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
        self.voting = Some(Voting {
            seqno,
            code,
            failed: Some(event),
        });
        self.group_send(GcsMessage::Vote { seqno, code }, now, fx);
    }

    /// Others want to know how this node fared. What failed here has been voted on already.
    pub(super) fn vote_on_request(&mut self, seqno: Seqno, now: Time, fx: &mut Effects) {
        if self.corrupt || self.voted_up_to >= seqno || self.committed < seqno {
            return;
        }
        self.voting = Some(Voting {
            seqno,
            code: 0,
            failed: None,
        });
        self.group_send(GcsMessage::Vote { seqno, code: 0 }, now, fx);
    }

    /// The group has decided.
    pub(super) fn vote_result(&mut self, seqno: Seqno, code: u16, now: Time, fx: &mut Effects) {
        let Some(voting) = self.voting.take_if(|voting| voting.seqno == seqno) else {
            return;
        };
        self.voted_up_to = seqno;
        if voting.code != code {
            let position = Position::new(self.state_uuid, seqno);
            log(
                fx,
                if voting.code == 0 {
                    LogLine::VoteInconsistent(position)
                } else {
                    LogLine::InconsistentByConsensus(position)
                },
            );
            self.inconsistent(now, fx);
            return;
        }
        if let Some(event) = voting.failed {
            // Everybody's state lacks it: the position is taken, and nothing else (`seqno_skip`).
            let number = event.write_set.as_ref().map(|write_set| write_set.number);
            let skipped = CachedEvent {
                write_set: None,
                ..event
            };
            self.commit(&skipped, Some(Change::Skipped), Vec::new(), fx);
            if let Some(request) = number.and_then(|number| self.pending.remove(&number)) {
                fx.push(Effect::Reply(request, Reply::Error(code)));
            }
        }
        self.apply(now, false, fx);
    }
}
