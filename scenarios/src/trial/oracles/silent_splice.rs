//! Nodes of one component at the same position hold the same rows.
//!
//! Galera compares uuid and position only. Two halves of a split brain may carry the same of both,
//! and then join without a state transfer: the histories are spliced, and nobody says so.

use seatrial_port::{NodeName, NodeObservation, Observation};

use crate::trial::record::Finding;

use super::context::{Oracle, OracleContext};
use super::rows::{difference, is_primary, is_synced, rows};

/// Synced nodes of one component at the same position with different rows.
#[derive(Clone, Debug)]
pub(super) struct SilentSplice;

impl Oracle for SilentSplice {
    fn check(&mut self, context: &OracleContext<'_>, observation: &Observation) -> Vec<Finding> {
        if !context.at_rest {
            return Vec::new();
        }
        pairs(observation)
            .into_iter()
            .find(|(one, other)| position(one.1) == position(other.1))
            .map(|(one, other)| {
                let message = format!(
                    "{} and {} are Synced in one component at position {} and differ: {}",
                    one.0,
                    other.0,
                    one.1.last_committed.unwrap_or_default(),
                    pair_difference(one, other),
                );
                context.finding("silent-splice", message)
            })
            .into_iter()
            .collect()
    }
}

type Named<'a> = (&'a NodeName, &'a NodeObservation);

/// Returns the pairs of Synced nodes of one component whose rows differ.
pub(super) fn pairs(observation: &Observation) -> Vec<(Named<'_>, Named<'_>)> {
    let synced: Vec<Named<'_>> = observation
        .nodes
        .iter()
        .filter(|(_, node)| is_primary(node) && is_synced(node) && node.rows.is_some())
        // A node that is alone is in no component with another, whatever their counters say.
        .filter(|(_, node)| node.cluster_size != Some(1))
        .collect();
    let mut pairs = Vec::new();
    for (index, one) in synced.iter().enumerate() {
        for other in &synced[index + 1..] {
            if component(one.1) == component(other.1) && rows(one.1) != rows(other.1) {
                pairs.push((*one, *other));
            }
        }
    }
    pairs
}

fn component(node: &NodeObservation) -> (Option<&str>, Option<&str>) {
    (node.state_uuid.as_deref(), node.conf_id.as_deref())
}

const fn position(node: &NodeObservation) -> Option<i64> {
    node.last_committed
}

/// Returns the rows that only one of two nodes holds, in words.
pub(super) fn pair_difference(one: Named<'_>, other: Named<'_>) -> String {
    difference(
        &(one.0, rows(one.1).unwrap_or_default()),
        &(other.0, rows(other.1).unwrap_or_default()),
    )
}
