//! All nodes run and reach each other, and yet nothing happens any more.

use seatrial_port::{Observation, ProcessState};

use crate::trial::record::Finding;

use super::context::{Oracle, OracleContext};
use super::rows::is_primary;

/// At rest, every process runs, no link is cut, and no node is Primary.
#[derive(Clone, Debug)]
pub(super) struct DeadLock;

impl Oracle for DeadLock {
    fn check(&mut self, context: &OracleContext<'_>, observation: &Observation) -> Vec<Finding> {
        let stuck = context.at_rest
            && !context.deeds.network_cut
            && context.deeds.hung.is_empty()
            && observation.nodes.len() > 1
            && observation
                .nodes
                .values()
                .all(|node| node.process != ProcessState::Exited && !is_primary(node));
        if !stuck {
            return Vec::new();
        }
        let states: Vec<String> = observation
            .nodes
            .iter()
            .map(|(name, node)| {
                let state = match node.process {
                    ProcessState::Waiting => "waits without an SQL port",
                    _ => node.cluster_status.as_deref().unwrap_or("runs"),
                };
                format!("{name} {state}")
            })
            .collect();
        vec![context.finding(
            "dead-lock",
            format!("nothing changes any more: {}", states.join(", ")),
        )]
    }
}
