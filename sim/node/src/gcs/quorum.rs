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
}

/// `gcs_state_msg.cpp:gcs_state_msg_get_quorum`: inherit, else remerge, else bootstrap.
pub(crate) fn quorum(states: &[&GcsState], fault: Option<DeliberateFault>) -> Option<Agreement> {
    let of = |state: &GcsState| Agreement {
        uuid: state.group_uuid,
        received: state.received,
        prim_seqno: state.prim_seqno,
    };
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
    if !current.is_empty() {
        return leader(&current, fault, |state| (state.received, state.prim_seqno)).map(of);
    }
    let mut candidates = those(&|state| working(state.prim_state));
    if candidates.is_empty() {
        candidates = those(&|state| state.bootstrap);
    }
    leader(&candidates, fault, |state| {
        (state.prim_seqno, state.received)
    })
    .map(of)
}

/// Returns the member from whose position the group goes on, or none if they do not agree on the history.
fn leader<'a, Rank: Ord>(
    states: &[&'a GcsState],
    fault: Option<DeliberateFault>,
    rank: impl Fn(&GcsState) -> Rank,
) -> Option<&'a GcsState> {
    let first = states.first()?;
    if states
        .iter()
        .any(|state| state.group_uuid != first.group_uuid)
    {
        return None;
    }
    let states = states.iter().copied();
    if fault == Some(DeliberateFault::LowestGoesOn) {
        states.min_by_key(|state| state.received)
    } else {
        states.max_by_key(|state| rank(state))
    }
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
