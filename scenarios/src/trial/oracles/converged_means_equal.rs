//! Converged means equal content, not equal counters.
//!
//! The case of equal counters is `silent-splice`; here the nodes are all Synced at different
//! positions that do not move any more.

use seatrial_port::Observation;
use seatrial_port::predicate::ClusterPredicate;

use crate::trial::record::Finding;

use super::context::{Oracle, OracleContext};
use super::silent_splice::{pair_difference, pairs};

/// All nodes Synced in one component, at rest, with different rows at different positions.
#[derive(Clone, Debug)]
pub(super) struct ConvergedMeansEqual;

impl Oracle for ConvergedMeansEqual {
    fn check(&mut self, context: &OracleContext<'_>, observation: &Observation) -> Vec<Finding> {
        if !context.at_rest || !ClusterPredicate::AllSynced.holds(observation) {
            return Vec::new();
        }
        pairs(observation)
            .into_iter()
            .find(|(one, other)| one.1.last_committed != other.1.last_committed)
            .map(|(one, other)| {
                let message = format!(
                    "every node is Synced, but {} and {} differ: {}",
                    one.0,
                    other.0,
                    pair_difference(one, other)
                );
                context.finding("converged-means-equal", message)
            })
            .into_iter()
            .collect()
    }
}
