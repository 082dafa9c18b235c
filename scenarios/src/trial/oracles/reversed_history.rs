//! A node that is ahead of its group aborts.

use seatrial_port::Observation;

use crate::trial::record::Finding;

use super::context::{Oracle, OracleContext};
use super::rows::has_aborted;

/// A server that ended with SIGABRT: "Reversing history".
#[derive(Clone, Debug)]
pub(super) struct ReversedHistory;

impl Oracle for ReversedHistory {
    fn check(&mut self, context: &OracleContext<'_>, observation: &Observation) -> Vec<Finding> {
        observation
            .nodes
            .iter()
            .find(|(_, node)| has_aborted(node))
            .map(|(name, _)| {
                let message =
                    format!("{name} aborted (exit 134): the group is behind its own position");
                context.finding("reversed-history", message)
            })
            .into_iter()
            .collect()
    }
}
