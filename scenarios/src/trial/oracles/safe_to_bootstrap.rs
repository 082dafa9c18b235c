//! After an orderly shutdown of all nodes exactly one says `safe_to_bootstrap: 1`.

use seatrial_port::{NodeName, NodeObservation, Observation, ProcessState};

use crate::trial::record::Finding;

use super::context::{Oracle, OracleContext};
use super::rows::names;

/// More than one safe node, or none.
#[derive(Clone, Debug)]
pub(super) struct SafeToBootstrap;

impl Oracle for SafeToBootstrap {
    fn check(&mut self, context: &OracleContext<'_>, observation: &Observation) -> Vec<Finding> {
        let orderly = !observation.nodes.is_empty()
            && observation.nodes.values().all(|node| {
                node.process == ProcessState::Exited
                    && node.exit == Some(0)
                    && node.grastate.is_some()
            });
        if !orderly {
            return Vec::new();
        }
        let safe: Vec<&NodeName> = observation
            .nodes
            .iter()
            .filter(|(name, node)| is_safe(node) && !context.deeds.tampered.contains(*name))
            .map(|(name, _)| name)
            .collect();
        if safe.len() > 1 {
            let message = format!("all stopped in order, and {} are all safe", names(safe));
            return vec![context.finding("two-safe-nodes", message)];
        }
        if observation.nodes.values().any(is_safe) {
            return Vec::new();
        }
        vec![context.finding("no-safe-node", "all stopped in order, and no node is safe")]
    }
}

/// Returns whether grastate.dat says `safe_to_bootstrap: 1`.
pub(super) fn is_safe(node: &NodeObservation) -> bool {
    node.grastate
        .as_ref()
        .is_some_and(|file| file.safe_to_bootstrap == 1)
}
