//! This node's votes on positions that some member cannot apply.

use seatrial_galera::Seqno;

use crate::frame::CachedEvent;

/// This node's vote on a position.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Vote {
    /// The position.
    pub(crate) seqno: Seqno,
    /// The numbers of the conditions that the statement left, 0 for success: the error's, and 65536 times that of a note
    /// before it.
    pub(crate) code: u32,
    /// The transaction that could not be applied.
    pub(crate) failed: Option<CachedEvent>,
}

/// The node's own votes.
///
/// It owns the vote that is open, if there is one. [`super::Applier`] calls it and waits while a vote is open.
/// It sends nothing, and does not count what others say: the group layer does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Votes {
    /// A vote that the group has not decided yet.
    open: Option<Vote>,
    /// The last position on which the group has decided with this node.
    decided_up_to: Seqno,
}

impl Votes {
    /// No vote so far.
    pub(super) const fn none() -> Self {
        Self {
            open: None,
            decided_up_to: Seqno::UNDEFINED,
        }
    }

    /// Returns whether a vote is open.
    pub(super) const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Returns whether the group has decided on a position.
    pub(super) fn is_decided(&self, seqno: Seqno) -> bool {
        self.decided_up_to >= seqno
    }

    /// Opens a vote.
    pub(super) fn open(&mut self, vote: Vote) {
        self.open = Some(vote);
    }

    /// The group has decided on a position: gives back this node's vote on it, if it has one.
    pub(super) fn decide(&mut self, seqno: Seqno) -> Option<Vote> {
        let vote = self.open.take_if(|vote| vote.seqno == seqno)?;
        self.decided_up_to = seqno;
        Some(vote)
    }
}
