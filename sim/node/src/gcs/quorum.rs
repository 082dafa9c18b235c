//! Decides with which history the members of a primary component go on
//! (`gcs/src/gcs_state_msg.cpp:gcs_state_msg_get_quorum`).

use seatrial_galera::{Seqno, StateUuid};

use crate::deliberate_fault::DeliberateFault;
use crate::frame::{GcsNodeState, GcsState};

/// The agreement of the members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// The history.
    pub uuid: StateUuid,
    /// The group's position before the change.
    pub received: Seqno,
    /// The number of the configuration before this one.
    pub prim_seqno: i64,
    /// The version of the replication protocol.
    pub protocol: u8,
    /// The policy by which the members vote, whatever their own options say.
    pub vote_policy: u8,
}

/// `gcs_state_msg.cpp:gcs_state_msg_get_quorum`: inherit, else remerge, else bootstrap. The states are in the order of
/// the members.
pub(crate) fn quorum(states: &[&GcsState], fault: Option<DeliberateFault>) -> Option<Agreement> {
    let working = |state: GcsNodeState| {
        matches!(
            state,
            GcsNodeState::Joined | GcsNodeState::Synced | GcsNodeState::Donor
        )
    };
    let those = |wanted: &dyn Fn(&GcsState) -> bool| -> Vec<&GcsState> {
        states
            .iter()
            .copied()
            .filter(|state| wanted(state))
            .collect()
    };
    let current = those(&|state| working(state.current_state));
    let agreed = if current.is_empty() {
        let worked = those(&|state| {
            working(state.prim_state) && state.current_state != GcsNodeState::Joiner
        });
        representative(&worked, fault)
            .or_else(|| representative(&those(&|state| state.bootstrap), fault))
    } else {
        inherited(&current, fault)
    };
    // The newest that all know, and never an older one than before ("forbid protocol downgrade").
    let common = states.iter().map(|state| state.protocol()).min();
    agreed.map(|agreed| Agreement {
        protocol: agreed.protocol.max(common.unwrap_or_default()),
        ..agreed
    })
}

fn agreement(state: &GcsState) -> Agreement {
    Agreement {
        uuid: state.group_uuid,
        received: state.received,
        prim_seqno: state.prim_seqno,
        protocol: state.prim_protocol,
        vote_policy: state.vote_policy,
    }
}

/// Returns the agreement of members that work, or none if they have different histories: the highest position counts
/// (`state_quorum_inherit`).
fn inherited(states: &[&GcsState], fault: Option<DeliberateFault>) -> Option<Agreement> {
    let first = states.first()?;
    if states
        .iter()
        .any(|state| state.group_uuid != first.group_uuid)
    {
        return None;
    }
    let states = states.iter().copied();
    let highest = if fault == Some(DeliberateFault::LowestGoesOn) {
        states.min_by_key(|state| state.received)
    } else {
        states.max_by_key(|state| (state.received, state.prim_seqno))
    };
    highest.map(agreement)
}

/// Returns the agreement of members that have worked, or were told to bootstrap; none if they have different histories
/// (`state_quorum_remerge`, `state_rep_candidate`).
///
/// The number of the last primary configuration counts before the position. A candidate with a higher number takes over
/// without its position: the next one with that number must be ahead of the candidate before.
fn representative(states: &[&GcsState], fault: Option<DeliberateFault>) -> Option<Agreement> {
    let (first, others) = states.split_first()?;
    if fault == Some(DeliberateFault::LowestGoesOn) {
        let lowest = states.iter().min_by_key(|state| state.received);
        return lowest.map(|state| agreement(state));
    }
    let (mut chosen, mut position) = (*first, first.received);
    for state in others.iter().copied() {
        if state.group_uuid.is_nil() {
            // A node without a history has nothing to say.
            continue;
        }
        if !first.group_uuid.is_nil() && state.group_uuid != first.group_uuid {
            return None;
        }
        if state.prim_seqno > chosen.prim_seqno {
            chosen = state;
        } else if state.prim_seqno == chosen.prim_seqno && state.received > position {
            chosen = state;
            position = state.received;
        }
    }
    Some(agreement(chosen))
}

/// Returns a member's state after the exchange (`gcs_node.cpp:gcs_node_update_status`).
pub(crate) fn after_exchange(
    state: &GcsState,
    quorum: &Agreement,
    fault: Option<DeliberateFault>,
) -> GcsNodeState {
    let other_history =
        state.group_uuid != quorum.uuid && fault != Some(DeliberateFault::OtherUuidAccepted);
    let gap = state.received != quorum.received && fault != Some(DeliberateFault::GapNotSeen);
    if other_history || gap {
        return GcsNodeState::Prim;
    }
    match state.prim_state {
        GcsNodeState::NonPrim => GcsNodeState::Joined,
        kept => kept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worked(uuid: StateUuid, prim_seqno: i64, received: i64) -> GcsState {
        GcsState {
            exchange: 1,
            group_uuid: uuid,
            received: Seqno(received),
            prim_seqno,
            prim_state: GcsNodeState::Synced,
            current_state: GcsNodeState::NonPrim,
            cached: Seqno::UNDEFINED,
            bootstrap: false,
            vote: None,
            counts: true,
            arbitrator: false,
            prim_protocol: 11,
            vote_policy: 0,
            segment: 0,
        }
    }

    fn history() -> StateUuid {
        "6f0d862f-9b28-e590-11f1-3651cb200000"
            .parse()
            .expect("it is a uuid")
    }

    fn position(states: &[GcsState]) -> Option<i64> {
        let states: Vec<&GcsState> = states.iter().collect();
        quorum(&states, None).map(|agreed| agreed.received.0)
    }

    #[test]
    fn a_higher_configuration_takes_over_without_its_position() {
        let state = |prim_seqno, received| worked(history(), prim_seqno, received);
        assert_eq!(
            position(&[state(5, 100), state(6, 90), state(6, 95)]),
            Some(90),
            "the position of the first is still compared"
        );
        assert_eq!(
            position(&[state(6, 90), state(6, 95), state(5, 100)]),
            Some(95)
        );
        assert_eq!(
            position(&[state(5, 100), state(6, 90), state(6, 101)]),
            Some(101)
        );
    }

    #[test]
    fn a_member_without_a_history_has_nothing_to_say_and_another_history_is_refused() {
        let mut nil = worked(StateUuid::NIL, -1, -1);
        nil.prim_state = GcsNodeState::NonPrim;
        nil.bootstrap = true;
        let mut own = worked(history(), -1, 7);
        own.prim_state = GcsNodeState::NonPrim;
        own.bootstrap = true;
        assert_eq!(position(&[own.clone(), nil.clone()]), Some(7));
        assert_eq!(position(&[nil, own.clone()]), Some(7));
        let mut other = own.clone();
        other.group_uuid = "7f0d862f-9b28-e590-11f1-3651cb200000"
            .parse()
            .expect("it is a uuid");
        assert_eq!(position(&[own, other]), None);
    }

    #[test]
    fn an_arbitrator_alone_raises_the_protocol_beyond_every_server() {
        let mut arbitrator = worked(history(), 6, 90);
        arbitrator.arbitrator = true;
        let server = worked(history(), 5, 90);
        let version = |states: &[&GcsState]| quorum(states, None).map(|agreed| agreed.protocol);
        assert_eq!(version(&[&arbitrator, &server]), Some(11));
        assert_eq!(version(&[&arbitrator]), Some(127));
        arbitrator.prim_protocol = 127;
        assert_eq!(
            version(&[&arbitrator, &server]),
            Some(127),
            "it never goes back"
        );
    }
}
