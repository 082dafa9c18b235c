//! A node without quorum acknowledges nothing.

use std::collections::BTreeSet;

use seatrial_port::{NodeName, NodeObservation, Observation, ProcessState};

use crate::trial::record::Finding;

use super::context::{Oracle, OracleContext};

/// A write that was acknowledged by a node which was without quorum before the step and after it.
#[derive(Clone, Debug, Default)]
pub(super) struct NonPrimaryAcknowledges {
    before: BTreeSet<NodeName>,
    writes_seen: usize,
}

impl Oracle for NonPrimaryAcknowledges {
    fn check(&mut self, context: &OracleContext<'_>, observation: &Observation) -> Vec<Finding> {
        let now: BTreeSet<NodeName> = observation
            .nodes
            .iter()
            .filter(|(_, node)| is_without_quorum(node))
            .map(|(name, _)| name.clone())
            .collect();
        // Only writes that began since the last look: an older one may have been acknowledged
        // while the node was still Primary.
        let found = context.writes[self.writes_seen.min(context.writes.len())..]
            .iter()
            .find(|write| {
                write.is_acknowledged()
                    && now.contains(&write.node)
                    && self.before.contains(&write.node)
            })
            .map(|write| {
                let message = format!(
                    "{} is non-Primary and acknowledged {}",
                    write.node, write.tag
                );
                context.finding("non-primary-acknowledges", message)
            });
        self.writes_seen = context.writes.len();
        self.before = now;
        found.into_iter().collect()
    }
}

fn is_without_quorum(node: &NodeObservation) -> bool {
    node.process == ProcessState::Running
        && node
            .cluster_status
            .as_deref()
            .is_some_and(|status| status != "Primary")
}
