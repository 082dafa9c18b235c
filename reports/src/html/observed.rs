//! Derives facts from an observation, for engines whose trace has no states.

use seatrial_scenarios::{NodeObservation, ProcessState};

/// Returns the facts by name, `None` for those that do not apply. State files keep their format; uuids have
/// the names of the record.
pub(super) fn facts(node: &NodeObservation) -> Vec<(&'static str, Option<String>)> {
    let process = match node.process {
        ProcessState::Running => "running",
        ProcessState::Waiting => "waiting",
        ProcessState::Exited => "exited",
    };
    let grastate = node.grastate.as_ref().map(|file| {
        format!(
            "# GALERA saved state\nversion: 2.1\nuuid:    {}\nseqno:   {}\nsafe_to_bootstrap: {}\n",
            file.uuid, file.seqno, file.safe_to_bootstrap
        )
    });
    let gvwstate = node
        .gvwstate
        .as_ref()
        .map(|file| format!("members: {}\n", file.members.join(", ")));
    let committed = node.last_committed.map(|seqno| seqno.to_string());
    vec![
        ("process", Some(process.to_owned())),
        ("exit", node.exit.map(|code| code.to_string())),
        ("wsrep_cluster_conf_id", node.conf_id.clone()),
        (
            "wsrep_cluster_size",
            node.cluster_size.map(|n| n.to_string()),
        ),
        ("wsrep_cluster_state_uuid", node.state_uuid.clone()),
        ("wsrep_cluster_status", node.cluster_status.clone()),
        ("wsrep_connected", node.connected.clone()),
        ("wsrep_last_committed", committed),
        ("wsrep_local_state_uuid", node.local_state_uuid.clone()),
        ("wsrep_ready", node.ready.clone()),
        ("wsrep_local_state_comment", node.local_state.clone()),
        ("grastate.dat", grastate),
        ("gvwstate.dat", gvwstate),
        (
            "rows",
            node.rows.as_ref().map(|rows| rows.len().to_string()),
        ),
    ]
}
