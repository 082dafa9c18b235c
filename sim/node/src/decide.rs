//! The decisions of a node as functions: nothing but their inputs decides them.
//!
//! The layers call them, and `seatrial conform --logs` asks them to decide again what real nodes have decided. Each
//! names the function of Galera that it follows.

use seatrial_galera::{GraState, Position, Seqno, StateUuid};

use crate::deliberate_fault::DeliberateFault;

pub use crate::frame::{GcsNodeState, GcsState};
pub use crate::gcs::{Agreement, Candidate};

/// Returns whether a start is refused (`replicator_smm.cpp:connect`): the guard looks at the request for a new cluster
/// and at the flag in grastate.dat, and at nothing else.
pub const fn refuses_bootstrap(new_cluster: bool, safe_to_bootstrap: bool) -> bool {
    new_cluster && !safe_to_bootstrap
}

/// Returns the position with which a start begins (`ReplicatorSMM`, constructor): the file's own where it has one, else
/// the recovered one where it belongs to the file's history.
pub fn start_position(saved: GraState, recovered: Option<Position>) -> Position {
    if saved.uuid.is_nil() {
        return Position::UNDEFINED;
    }
    let seqno = match recovered {
        _ if !saved.seqno.is_undefined() => saved.seqno,
        Some(recovered) if recovered.uuid == saved.uuid => recovered.seqno,
        _ => Seqno::UNDEFINED,
    };
    Position::new(saved.uuid, seqno)
}

/// Returns whether a server that has reached a primary view may bootstrap later (`replicator_smm.cpp`): only the last
/// member may.
pub const fn is_safe_to_bootstrap(members: u32) -> bool {
    members == 1
}

/// Returns the votes of a component, and the total that they must exceed (`pc_proto.cpp:have_quorum`): the weight of
/// present members counts twice, that of members that left in order once, against the last primary view's.
pub const fn votes(present: u64, left: u64, all: u64) -> (u64, u64) {
    (2 * present + left, all)
}

/// Returns whether a component stays primary. The weights are those of members of the last primary view.
pub const fn keeps_quorum(present: u64, left: u64, all: u64) -> bool {
    let (votes, all) = votes(present, left, all);
    votes > all
}

/// Returns the history and position with which the members of a component go on, `None` where they do not agree
/// (`gcs_state_msg.cpp:gcs_state_msg_get_quorum`).
pub fn agreement(states: &[&GcsState]) -> Option<Agreement> {
    crate::gcs::quorum(states, None)
}

/// Returns a member's state after the exchange (`gcs_node.cpp:gcs_node_update_status`).
pub fn state_after(state: &GcsState, agreed: &Agreement) -> GcsNodeState {
    crate::gcs::after_exchange(state, agreed, None)
}

/// Returns whether a member is ahead of the group and must not stay (`gcs_group.cpp:group_post_state_exchange`).
pub fn reverses(own: Position, agreed: &Agreement) -> bool {
    agreed.uuid == own.uuid && own.seqno > agreed.received
}

/// Returns whether the donor sends events alone (`replicator_str.cpp`): the joiner's history is its own, and the
/// cache reaches back to the first event that the joiner lacks.
pub fn sends_events(have: Position, history: StateUuid, cache_reaches_back: bool) -> bool {
    have.uuid == history && !have.seqno.is_undefined() && cache_reaches_back
}

/// Returns the index of the donor that every member chooses (`gcs_group.cpp:gcs_group_find_donor`): among those who
/// could serve the difference alone, the one that would have to keep the least; else the first that is in step.
pub fn donor(
    members: &[Candidate],
    joiner: usize,
    have: Position,
    group: Position,
) -> Option<usize> {
    crate::gcs::choose(members, joiner, have, group, &[]).ok()
}

/// Returns the effective start position, with the mistake that a test may have planted.
pub(crate) fn start_seqno(
    saved: GraState,
    recovered: Option<Position>,
    fault: Option<DeliberateFault>,
) -> Seqno {
    let recovered = recovered.filter(|_| fault != Some(DeliberateFault::RecoveredIgnored));
    start_position(saved, recovered).seqno
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `pc_proto.cpp:have_quorum`: more than half, and who left in order is not missing.
    #[test]
    fn half_is_too_few_unless_the_others_left_in_order() {
        assert!(keeps_quorum(2, 0, 3));
        assert!(!keeps_quorum(1, 0, 3));
        assert!(!keeps_quorum(1, 0, 2));
        assert!(keeps_quorum(1, 1, 2));
        assert!(keeps_quorum(1, 2, 3));
        assert!(!keeps_quorum(2, 0, 4));
        assert!(keeps_quorum(2, 1, 4));
    }
}
