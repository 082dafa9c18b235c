//! The coverage of a run: abstract states of the cluster, files × membership × process phase.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use rapidhash::v3::rapidhash_v3;
use seatrial_scenarios::{NodeObservation, ProcessState, RunRecord};

/// Returns every abstract state that a run's observations show, as hashes. Numbers are left out: what counts
/// is the kind of each file, who is counted as a member, and the phase of each process.
pub fn abstract_states(run: &RunRecord) -> BTreeSet<u64> {
    run.observations
        .iter()
        .map(|step| {
            let mut text = String::new();
            for (name, node) in &step.nodes {
                describe(name.as_str(), node, &mut text);
            }
            rapidhash_v3(text.as_bytes())
        })
        .collect()
}

fn describe(name: &str, node: &NodeObservation, text: &mut String) {
    let process = match node.process {
        ProcessState::Running => "running",
        ProcessState::Waiting => "waiting",
        ProcessState::Exited => "exited",
    };
    let _ = write!(text, "{name} {process} {:?};", node.exit);
    let _ = write!(
        text,
        "{:?} {:?} {:?} {:?};",
        node.cluster_status, node.cluster_size, node.local_state, node.state_uuid
    );
    match &node.grastate {
        None => text.push_str("no grastate;"),
        Some(file) => {
            let _ = write!(
                text,
                "{} {} {};",
                file.uuid,
                file.seqno >= 0,
                file.safe_to_bootstrap
            );
        }
    }
    match &node.gvwstate {
        None => text.push_str("no gvwstate\n"),
        Some(file) => {
            let _ = writeln!(text, "{}", file.members.join(","));
        }
    }
}
