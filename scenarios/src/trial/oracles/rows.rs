//! Finds which nodes hold which rows.

use std::collections::BTreeSet;

use seatrial_port::{NodeName, NodeObservation, Observation, ProcessState};

use crate::trial::record::{Choice, WriteRecord};

/// At most this many rows are named in a message.
const NAMED: usize = 8;

/// The exit codes of a server that gives itself up: MariaDB 10.11 by SIGABRT, 11.8 by SIGSEGV.
const ABORTED: [i32; 2] = [134, 139];

/// Returns whether the node shows itself Primary.
pub(super) fn is_primary(node: &NodeObservation) -> bool {
    node.process == ProcessState::Running && node.cluster_status.as_deref() == Some("Primary")
}

/// Returns whether the node shows itself Synced.
pub(crate) fn is_synced(node: &NodeObservation) -> bool {
    node.process == ProcessState::Running && node.local_state.as_deref() == Some("Synced")
}

/// Returns the exit code of a server that has aborted because it was ahead of its group ("Reversing history"). One that
/// loses its donor ends with the same code, and was not ahead.
pub(super) fn reversed(node: &NodeObservation) -> Option<i32> {
    let ahead = node.process == ProcessState::Exited && node.reversed;
    node.exit.filter(|code| ahead && ABORTED.contains(code))
}

/// Returns the node's rows, where they are known.
pub(super) fn rows(node: &NodeObservation) -> Option<BTreeSet<&str>> {
    node.rows
        .as_ref()
        .map(|rows| rows.iter().map(String::as_str).collect())
}

/// Names of nodes in a message.
pub(super) fn names<'a>(nodes: impl IntoIterator<Item = &'a NodeName>) -> String {
    nodes
        .into_iter()
        .map(NodeName::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Some rows in a message.
pub(super) fn some_rows<'a>(rows: impl IntoIterator<Item = &'a str>) -> String {
    let rows: Vec<&str> = rows.into_iter().collect();
    if rows.len() <= NAMED {
        return rows.join(", ");
    }
    format!(
        "{} and {} more",
        rows[..NAMED].join(", "),
        rows.len() - NAMED
    )
}

/// Returns the acknowledged rows that are lost: missing on a Primary, Synced node, or on every node where
/// there is no such node. Where the rows of a node are not known, nothing is said of it.
pub fn lost_rows(writes: &[WriteRecord], observation: &Observation) -> Vec<String> {
    let serving: Vec<BTreeSet<&str>> = observation
        .nodes
        .values()
        .filter(|node| is_primary(node) && is_synced(node))
        .filter_map(rows)
        .collect();
    let all: Vec<BTreeSet<&str>> = observation.nodes.values().filter_map(rows).collect();
    let all_known = all.len() == observation.nodes.len();
    let lost = |tag: &str| {
        if serving.is_empty() {
            all_known && all.iter().all(|rows| !rows.contains(tag))
        } else {
            serving.iter().any(|rows| !rows.contains(tag))
        }
    };
    writes
        .iter()
        .filter(|write| write.is_acknowledged() && lost(&write.tag))
        .map(|write| write.tag.clone())
        .collect()
}

/// Returns which Synced nodes hold different rows, in words.
pub fn diverged(observation: &Observation) -> Option<String> {
    let synced: Vec<(&NodeName, BTreeSet<&str>)> = observation
        .nodes
        .iter()
        .filter(|(_, node)| is_synced(node))
        .filter_map(|(name, node)| Some((name, rows(node)?)))
        .collect();
    let (first, rest) = synced.split_first()?;
    rest.iter()
        .find(|(_, rows)| *rows != first.1)
        .map(|other| difference(first, other))
}

/// Returns the rows that only one of two nodes holds.
pub(super) fn difference(
    (one, one_rows): &(&NodeName, BTreeSet<&str>),
    (other, other_rows): &(&NodeName, BTreeSet<&str>),
) -> String {
    let side = |name: &NodeName, only: Vec<&str>| {
        (!only.is_empty()).then(|| format!("only {name} holds {}", some_rows(only)))
    };
    let sides = [
        side(one, one_rows.difference(other_rows).copied().collect()),
        side(other, other_rows.difference(one_rows).copied().collect()),
    ];
    sides.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Returns what each node would lose as the first of a new cluster: the acknowledged rows that it does not
/// hold and that another node does.
pub fn choices(writes: &[WriteRecord], observation: &Observation) -> Vec<Choice> {
    let acknowledged: BTreeSet<&str> = writes
        .iter()
        .filter(|write| write.is_acknowledged())
        .map(|write| write.tag.as_str())
        .collect();
    let known: Vec<BTreeSet<&str>> = observation.nodes.values().filter_map(rows).collect();
    let all_known = known.len() == observation.nodes.len();
    let somewhere: BTreeSet<&str> = known
        .into_iter()
        .flatten()
        .filter(|tag| acknowledged.contains(tag))
        .collect();
    observation
        .nodes
        .iter()
        .map(|(name, node)| Choice {
            node: name.clone(),
            loses: rows(node).filter(|_| all_known).map(|rows| {
                somewhere
                    .difference(&rows)
                    .map(|tag| (*tag).to_owned())
                    .collect()
            }),
        })
        .collect()
}
