//! A node that is ahead of its group aborts (`gcs_group.cpp:group_post_state_exchange`).

use seatrial_port::Observation;

use crate::trial::record::Finding;

use super::context::{Oracle, OracleContext};
use super::rows::reversed;

/// A server that aborted after it said "Reversing history".
#[derive(Clone, Debug)]
pub(super) struct ReversedHistory;

impl Oracle for ReversedHistory {
    fn check(&mut self, context: &OracleContext<'_>, observation: &Observation) -> Vec<Finding> {
        observation
            .nodes
            .iter()
            .find_map(|(name, node)| {
                let exit = reversed(node)?;
                let message =
                    format!("{name} aborted (exit {exit}): the group is behind its own position");
                Some(context.finding("reversed-history", message))
            })
            .into_iter()
            .collect()
    }
}
