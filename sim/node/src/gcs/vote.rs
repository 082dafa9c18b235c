//! Voting on inconsistencies (`gcs/src/gcs_group.cpp:gcs_group_handle_vote_msg`,
//! `group_recount_votes`).
//!
//! A member that cannot apply a transaction says so in the total order, and asks the others thereby.
//! The most frequent answer counts, success in a tie. Members with another answer leave.
//!
//! MODEL GAP: `last_applied` reports (`GCS_MSG_LAST`) are not modelled, so every voter is asked.

use std::collections::BTreeMap;

use seatrial_galera::{GcommUuid, Position, Seqno};

use crate::detail::Detail;
use crate::frame::{GcsNodeState, GcsState};

use super::{Gcs, Member, Out};

/// The decisions so far.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Votes {
    /// The last decision: position and error number.
    result: (Seqno, u32),
    /// The last position on which the others were asked.
    requested: Seqno,
    /// Decisions on positions on which this member had not voted yet.
    history: BTreeMap<Seqno, u32>,
    /// `gcs.vote_policy` of the member that represents the group: this many successes are enough, 0 for a plain
    /// majority.
    policy: u8,
}

impl Votes {
    pub(super) const fn policy(&self) -> u8 {
        self.policy
    }

    /// The members of the new configuration have agreed on a policy (`gcs_group.cpp:group_recount_votes`).
    pub(super) const fn agree(&mut self, policy: u8) {
        self.policy = policy;
    }

    pub(super) const fn new(policy: u8) -> Self {
        Self {
            result: (Seqno::UNDEFINED, 0),
            requested: Seqno::UNDEFINED,
            history: BTreeMap::new(),
            policy,
        }
    }
}

/// Returns whether the member's vote counts (`group_count_votes`): arbitrators hold nothing to vote on, and a joiner
/// only catches up.
const fn is_voter(member: &Member) -> bool {
    member.counts && !member.arbitrator
}

/// Returns whether the vote of a member counts after an exchange of states, and the vote that it still has
/// (`gcs_node.cpp:gcs_node_update_status`).
pub(super) const fn after_exchange(
    status: GcsNodeState,
    state: &GcsState,
) -> (bool, Option<(Seqno, u32)>) {
    use GcsNodeState::{Donor, Joined, Joiner, NonPrim, Prim, Synced};
    match status {
        Synced | Donor => (true, state.vote),
        Joined => (state.counts, state.vote),
        Joiner | NonPrim => (false, state.vote),
        Prim => (false, None),
    }
}

impl Gcs {
    fn my_vote(&self) -> Seqno {
        self.my_index()
            .and_then(|index| self.members[index].vote)
            .map_or(Seqno::UNDEFINED, |(seqno, _)| seqno)
    }

    pub(super) fn vote_message(
        &mut self,
        source: GcommUuid,
        seqno: Seqno,
        code: u32,
        out: &mut Vec<Out>,
    ) {
        if seqno <= self.votes.result.0 {
            if source == self.me {
                // Decided before this member came to it; not in the history: nobody else has failed.
                let code = self.votes.history.remove(&seqno).unwrap_or(0);
                out.push(Out::VoteResult { seqno, code });
            }
            return;
        }
        if let Some(member) = self.members.iter_mut().find(|one| one.uuid == source) {
            member.vote = Some((seqno, code));
        }
        out.push(Out::Told(Detail::Voted {
            member: self.logged(source),
            position: Position::new(self.uuid, seqno),
            code,
            first: seqno > self.votes.requested,
        }));
        if self.recount_votes() {
            self.tell_vote_result(out);
        } else if seqno > self.votes.requested {
            self.votes.requested = seqno;
            if source != self.me {
                out.push(Out::VoteRequest(seqno));
            }
        }
    }

    /// Voters may be gone: what is there may decide now.
    pub(super) fn votes_after_a_change(&mut self, out: &mut Vec<Out>) {
        if self.recount_votes() {
            self.tell_vote_result(out);
        }
    }

    fn tell_vote_result(&self, out: &mut Vec<Out>) {
        let (seqno, code) = self.votes.result;
        out.push(Out::Told(self.logged_result()));
        if self.my_vote() >= seqno {
            out.push(Out::VoteResult { seqno, code });
        }
    }

    /// The last decision, as the log has it.
    fn logged_result(&self) -> Detail {
        let (seqno, winner) = self.votes.result;
        let voters = self.members.iter().filter(|member| is_voter(member));
        let cast = voters.clone().filter_map(|member| member.vote);
        let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
        for (voted, code) in cast.filter(|(voted, _)| *voted >= seqno) {
            let code = if voted == seqno { code } else { 0 };
            *counts.entry(code).or_default() += 1;
        }
        Detail::VoteResult {
            position: Position::new(self.uuid, seqno),
            answers: counts.into_iter().collect(),
            voters: voters.count(),
            winner,
        }
    }

    /// Says whether there is a new decision.
    fn recount_votes(&mut self) -> bool {
        let voters: Vec<Option<(Seqno, u32)>> = self
            .members
            .iter()
            .filter(|member| is_voter(member))
            .map(|member| member.vote)
            .collect();
        let open = voters
            .iter()
            .flatten()
            .map(|(seqno, _)| *seqno)
            .filter(|seqno| *seqno > self.votes.result.0)
            .min();
        let Some(seqno) = open else {
            return false;
        };
        // A member that has voted on a later position could apply this one.
        let cast: Vec<u32> = voters
            .iter()
            .flatten()
            .filter(|(voted, _)| *voted >= seqno)
            .map(|(voted, code)| if *voted == seqno { *code } else { 0 })
            .collect();
        let missing = voters.len() - cast.len();
        let Some(code) = winner(&cast, missing, usize::from(self.votes.policy)) else {
            return false;
        };
        self.votes.result = (seqno, code);
        if self.my_vote() < seqno {
            self.votes.history.insert(seqno, code);
        }
        true
    }
}

/// Returns the answer that counts, if those that are missing cannot change it any more.
fn winner(cast: &[u32], missing: usize, policy: usize) -> Option<u32> {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    for code in cast {
        *counts.entry(*code).or_default() += 1;
    }
    let successes = counts.get(&0).copied().unwrap_or(0);
    let (mut most, mut second, mut leader) = (0, 0, 0);
    for (code, count) in counts {
        if count >= most {
            (second, most, leader) = (most, count, code);
        }
    }
    if policy > 0 && successes >= policy {
        return Some(0);
    }
    let success_is_out = policy == 0 || successes + missing < policy;
    let success_leads = successes >= second + missing;
    let leader_leads = most >= second + missing + usize::from(successes == second);
    (success_is_out && (success_leads || leader_leads)).then_some(if successes >= most {
        0
    } else {
        leader
    })
}

#[cfg(test)]
mod tests {
    use super::winner;

    const DUPLICATE: u32 = 1062;
    const NO_TABLE: u32 = 1146;

    #[test]
    fn the_most_frequent_answer_counts_and_success_wins_a_tie() {
        assert_eq!(winner(&[0, 0, DUPLICATE], 0, 0), Some(0));
        assert_eq!(winner(&[0, DUPLICATE, DUPLICATE], 0, 0), Some(DUPLICATE));
        assert_eq!(winner(&[0, DUPLICATE], 0, 0), Some(0));
        assert_eq!(winner(&[0, DUPLICATE, NO_TABLE], 0, 0), Some(0));
        assert_eq!(winner(&[DUPLICATE, DUPLICATE], 0, 0), Some(DUPLICATE));
    }

    #[test]
    fn nothing_is_decided_while_missing_votes_could_change_it() {
        assert_eq!(winner(&[DUPLICATE], 2, 0), None);
        assert_eq!(winner(&[DUPLICATE, 0], 1, 0), None);
        assert_eq!(winner(&[DUPLICATE, DUPLICATE], 1, 0), Some(DUPLICATE));
        assert_eq!(winner(&[0, 0], 1, 0), Some(0));
    }

    #[test]
    fn a_policy_lets_few_successes_win() {
        assert_eq!(winner(&[0, DUPLICATE, DUPLICATE], 0, 1), Some(0));
        assert_eq!(winner(&[DUPLICATE, DUPLICATE], 1, 1), None);
        assert_eq!(winner(&[DUPLICATE, DUPLICATE], 0, 1), Some(DUPLICATE));
    }
}
