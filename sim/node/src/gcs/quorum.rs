//! Which history the members of a primary component go on with
//! (`gcs/src/gcs_state_msg.cpp:gcs_state_msg_get_quorum`).

use seatrial_galera::{Seqno, StateUuid};

use crate::deliberate_fault::DeliberateFault;
use crate::frame::{GcsNodeState, GcsState};

/// What the members agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quorum {
    pub(super) uuid: StateUuid,
    pub(super) received: Seqno,
    pub(super) prim_seqno: i64,
}

/// `gcs_state_msg.cpp:gcs_state_msg_get_quorum`: inherit, else remerge, else bootstrap.
pub(super) fn quorum(states: &[&GcsState], fault: Option<DeliberateFault>) -> Option<Quorum> {
    let of = |state: &GcsState| Quorum {
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
    let current: Vec<&&GcsState> = states
        .iter()
        .filter(|state| working(state.current_state))
        .collect();
    if let Some(first) = current.first() {
        if current
            .iter()
            .any(|state| state.group_uuid != first.group_uuid)
        {
            return None;
        }
        if fault == Some(DeliberateFault::LowestGoesOn) {
            let lowest = current.into_iter().min_by_key(|state| state.received);
            return lowest.map(|state| of(state));
        }
        return current
            .into_iter()
            .max_by_key(|state| (state.received, state.prim_seqno))
            .map(|state| of(state));
    }
    let once = states
        .iter()
        .filter(|state| working(state.prim_state))
        .collect::<Vec<_>>();
    let candidates = if once.is_empty() {
        states
            .iter()
            .filter(|state| state.bootstrap)
            .collect::<Vec<_>>()
    } else {
        once
    };
    let first = candidates.first()?;
    if candidates
        .iter()
        .any(|state| state.group_uuid != first.group_uuid)
    {
        return None;
    }
    if fault == Some(DeliberateFault::LowestGoesOn) {
        let lowest = candidates.into_iter().min_by_key(|state| state.received);
        return lowest.map(|state| of(state));
    }
    candidates
        .into_iter()
        .max_by_key(|state| (state.prim_seqno, state.received))
        .map(|state| of(state))
}

/// A member's state after the exchange (`gcs_node.cpp:gcs_node_update_status`).
pub(super) fn after_exchange(
    state: &GcsState,
    quorum: &Quorum,
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
