//! What a look at a node shows, as the facts of a trace: a player draws real nodes from them as it draws simulated ones.

use seatrial_scenarios::trace::Facts;
use seatrial_scenarios::{NodeName, NodeObservation};

use crate::look::Look;

/// Returns the facts of a node. Those that a look does not show are missing: links, and the members of a component that
/// is not primary.
pub(crate) fn facts(node: &NodeName, look: &Look, seen: &NodeObservation) -> Facts {
    let mut facts = Facts::new();
    let process = if look.is_hung() {
        "hung"
    } else {
        seen.process.name()
    };
    facts.insert("process", process.to_owned());
    let mut add = |name, value: Option<String>| {
        if let Some(value) = value {
            facts.insert(name, value);
        }
    };
    add("exit", seen.exit.map(|code| code.to_string()));
    add("wsrep_cluster_status", seen.cluster_status.clone());
    add(
        "wsrep_cluster_size",
        seen.cluster_size.map(|size| size.to_string()),
    );
    add("wsrep_ready", seen.ready.clone());
    add("wsrep_connected", seen.connected.clone());
    add("wsrep_local_state_comment", seen.local_state.clone());
    add("wsrep_cluster_conf_id", seen.conf_id.clone());
    add(
        "wsrep_last_committed",
        seen.last_committed.map(|seqno| seqno.to_string()),
    );
    add("wsrep_cluster_state_uuid", seen.state_uuid.clone());
    add("wsrep_local_state_uuid", seen.local_state_uuid.clone());
    add("grastate.dat", look.grastate.clone());
    add("gvwstate.dat", look.gvwstate.clone());
    add(
        "rows",
        seen.rows.as_ref().map(|rows| rows.len().to_string()),
    );
    // A member of a primary component keeps its view in gvwstate.dat.
    add(
        "view",
        match seen.cluster_status.as_deref() {
            Some("Primary") => seen
                .gvwstate
                .as_ref()
                .map(|saved| format!("PRIM: {}", saved.members.join(", "))),
            Some(_) => Some(format!("NON_PRIM: {node}")),
            None => None,
        },
    );
    facts
}
