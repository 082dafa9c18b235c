//! Acknowledged writes survive.
//!
//! A row that a client was told is committed must be on every node that serves, and where nobody
//! serves on some disk. The message says where the loss most likely comes from.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_port::predicate::ClusterPredicate;
use seatrial_port::{NodeName, Observation};

use crate::trial::record::Finding;

use super::cause::{Excuse, LossCause};
use super::context::{Oracle, OracleContext};
use super::rows::{is_primary, lost_rows, rows, some_rows};

/// Remembers who held which row, and what happened to the cluster.
#[derive(Clone, Debug, Default)]
pub(super) struct AcknowledgedWriteLost {
    holders: BTreeMap<String, BTreeSet<NodeName>>,
    twins_seen: bool,
}

impl Oracle for AcknowledgedWriteLost {
    fn check(&mut self, context: &OracleContext<'_>, observation: &Observation) -> Vec<Finding> {
        self.twins_seen |= ClusterPredicate::TwinPrimaries.holds(observation);
        // Before rest a row may still be on its way to be applied.
        let lost = if context.at_rest {
            lost_rows(context.writes, observation)
        } else {
            Vec::new()
        };
        let findings = lost
            .first()
            .map(|first| {
                let cause = self.cause(first, context, observation);
                let message = format!(
                    "{} acknowledged row{} lost: {}; cause: {cause}",
                    lost.len(),
                    if lost.len() == 1 { "" } else { "s" },
                    some_rows(lost.iter().map(String::as_str)),
                );
                context.finding("acknowledged-write-lost", message)
            })
            .into_iter()
            .collect();
        self.remember(observation);
        findings
    }
}

impl AcknowledgedWriteLost {
    fn remember(&mut self, observation: &Observation) {
        for (name, node) in &observation.nodes {
            for tag in node.rows.iter().flatten() {
                self.holders
                    .entry(tag.clone())
                    .or_default()
                    .insert(name.clone());
            }
        }
    }

    fn cause(
        &self,
        tag: &str,
        context: &OracleContext<'_>,
        observation: &Observation,
    ) -> LossCause {
        let holds = |node| rows(node).is_some_and(|rows| rows.contains(tag));
        let holders: Vec<_> = observation
            .nodes
            .iter()
            .filter(|(_, node)| holds(node))
            .collect();
        let serving = holders.iter().any(|(_, node)| is_primary(node));
        let held_before = self.holders.get(tag).map_or(0, BTreeSet::len);
        let excuses = &context.deeds.excuses;
        let lost_disk = excuses.iter().find_map(|excuse| match excuse {
            Excuse::DiskLost(node) => Some(LossCause::DiskLost(node.clone())),
            Excuse::DiskReplaced(node) => Some(LossCause::DiskReplaced(node.clone())),
            _ => None,
        });
        if serving && self.twins_seen {
            LossCause::SplitBrainHeld
        } else if !holders.is_empty() {
            let holders = super::rows::names(holders.iter().map(|(name, _)| *name));
            LossCause::NotChosen { holders }
        } else if self.twins_seen {
            LossCause::SplitBrainGivenUp
        } else if let Some(cause) = lost_disk {
            cause
        } else if excuses.contains(&Excuse::Durability) {
            LossCause::Durability
        } else if held_before <= 1 {
            LossCause::ApplyLag
        } else {
            LossCause::TransferWipe
        }
    }
}
