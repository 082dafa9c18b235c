//! A `safe_to_bootstrap: 1` that must not be believed.
//!
//! It stays on disk while the cluster goes on without the node, and the next person who asks that
//! node first will bootstrap an old state.

use seatrial_port::{Observation, ProcessState};

use crate::trial::record::Finding;

use super::context::{Oracle, OracleContext};
use super::rows::{is_primary, names, rows, some_rows};
use super::safe_to_bootstrap::is_safe;

/// A node outside the cluster that says 1.
#[derive(Clone, Debug)]
pub(super) struct StaleSafeToBootstrap;

impl Oracle for StaleSafeToBootstrap {
    fn check(&mut self, context: &OracleContext<'_>, observation: &Observation) -> Vec<Finding> {
        if !context.at_rest {
            return Vec::new();
        }
        let primaries: Vec<_> = observation
            .nodes
            .iter()
            .filter(|(_, node)| is_primary(node))
            .map(|(name, _)| name)
            .collect();
        for (name, node) in &observation.nodes {
            if !is_safe(node) || is_primary(node) {
                continue;
            }
            if !primaries.is_empty() {
                let message = format!(
                    "{name} says safe_to_bootstrap: 1 while {} runs without it",
                    names(primaries)
                );
                return vec![context.finding("stale-safe-to-bootstrap", message)];
            }
            let Some(own) = rows(node) else { continue };
            let elsewhere: Vec<&str> = context
                .acknowledged()
                .filter(|tag| !own.contains(tag))
                .filter(|tag| {
                    observation
                        .nodes
                        .values()
                        .any(|other| rows(other).is_some_and(|rows| rows.contains(tag)))
                })
                .collect();
            if node.process == ProcessState::Exited && !elsewhere.is_empty() {
                let message = format!(
                    "{name} says safe_to_bootstrap: 1 and lacks {}, which another node holds",
                    some_rows(elsewhere)
                );
                return vec![context.finding("stale-safe-to-bootstrap", message)];
            }
        }
        Vec::new()
    }
}
