//! The history with which a component goes on (`gcs_state_msg_test.cpp`).

use super::*;
use GcsNodeState::{Donor, Joined, Joiner, NonPrim, Prim, Synced};

/// Configuration and position of a member of one of two groups.
fn state(group: u128, prim_seqno: i64, received: i64, states: [GcsNodeState; 2]) -> GcsState {
    let [prim_state, current_state] = states;
    GcsState {
        exchange: 1,
        group_uuid: history(group),
        received: Seqno(received),
        prim_seqno,
        prim_state,
        current_state,
        cached: Seqno::UNDEFINED,
        bootstrap: false,
        vote: None,
        counts: false,
        arbitrator: false,
        prim_protocol: 0,
        vote_policy: 0,
        segment: 0,
    }
}

/// History, position and configuration.
fn agreed(states: &[GcsState]) -> Option<(StateUuid, i64, i64)> {
    let states: Vec<&GcsState> = states.iter().collect();
    let agreement = quorum(&states, None)?;
    Some((agreement.uuid, agreement.received.0, agreement.prim_seqno))
}

const FAR: i64 = 239_472_508_908;

/// `gcs_state_msg_test_quorum_inherit`: members that work decide. Without one, nothing is agreed; with one, its group
/// goes on, whatever the others hold; with two of two groups, nothing; of one group, the one that is ahead.
#[test]
fn a_component_inherits_the_history_of_those_who_work() {
    let group_two = |states| state(2, 833, FAR - 1, states);
    let mut states = vec![
        group_two([Prim, Prim]),
        state(1, 123, 345, [Prim, Prim]),
        state(2, 834, FAR, [Prim, Prim]),
    ];
    assert_eq!(agreed(&states), None);
    states[1] = state(1, 123, 345, [Joined, Donor]);
    assert_eq!(agreed(&states), Some((history(1), 345, 123)));
    states[0] = group_two([Synced, Synced]);
    assert_eq!(agreed(&states), None);
    states[1] = state(1, 123, 345, [Joined, Prim]);
    assert_eq!(agreed(&states), Some((history(2), FAR - 1, 833)));
    states[2] = state(2, 834, FAR, [Synced, Synced]);
    assert_eq!(agreed(&states), Some((history(2), FAR, 834)));
}

/// `gcs_state_msg_test_quorum_remerge`: nobody works now. Those who worked in their last primary configuration decide;
/// joiners do not, whatever they were before.
#[test]
fn a_component_merges_the_history_of_those_who_worked() {
    let group_two = |states| state(2, 833, FAR - 1, states);
    let mut states = vec![
        group_two([Joiner, NonPrim]),
        state(1, 123, 345, [Joiner, NonPrim]),
        state(2, 834, FAR, [Joiner, NonPrim]),
    ];
    assert_eq!(agreed(&states), None);
    states[0] = group_two([Donor, NonPrim]);
    assert_eq!(agreed(&states), Some((history(2), FAR - 1, 833)));
    states[2] = state(2, 834, FAR, [Joined, NonPrim]);
    assert_eq!(agreed(&states), Some((history(2), FAR, 834)));
    states[1] = state(1, 123, 345, [Synced, NonPrim]);
    assert_eq!(agreed(&states), None);
    states[1] = state(1, 123, 345, [Synced, Joiner]);
    assert_eq!(agreed(&states), Some((history(2), FAR, 834)));
}

/// `gcs_state_msg_test_gh24_1`: seven with one history and one position come from two configurations. The later one is
/// agreed on, and with it the policy by which its members vote.
#[test]
fn the_later_configuration_counts_and_its_policy_of_votes() {
    let early = |policy| GcsState {
        vote_policy: policy,
        ..state(1, 35, 35, [Synced, NonPrim])
    };
    let late = |status| state(1, 37, 35, [status, NonPrim]);
    let mut states = vec![early(2), early(2), early(2)];
    states.extend([late(Synced), late(Synced), late(Synced), late(Prim)]);
    let all: Vec<&GcsState> = states.iter().collect();
    let agreement = quorum(&all, None).expect("they agree");
    assert_eq!((agreement.prim_seqno, agreement.vote_policy), (37, 0));
    let agreement = quorum(&all[..3], None).expect("they agree");
    assert_eq!((agreement.prim_seqno, agreement.vote_policy), (35, 2));
}

/// Beyond Galera's cases: the candidate with a higher configuration takes over and leaves its position out of the
/// comparison (`state_rep_candidate`), however the members are ordered.
#[test]
fn the_order_of_the_members_may_decide_the_position() {
    let worked = |prim_seqno, received| state(1, prim_seqno, received, [Synced, NonPrim]);
    let position = |states: &[GcsState]| agreed(states).map(|(_, received, _)| received);
    assert_eq!(
        position(&[worked(5, 100), worked(6, 90), worked(6, 95)]),
        Some(90)
    );
    assert_eq!(
        position(&[worked(6, 90), worked(5, 100), worked(6, 95)]),
        Some(95)
    );
}
