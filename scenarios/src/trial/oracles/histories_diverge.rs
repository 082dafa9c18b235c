//! Histories are prefixes of one another, by content and not by counters.
//!
//! Where the engine shows histories, the transactions of every two nodes are compared, those of
//! stopped nodes too. Positions that a view took are left out: they carry no content.

use seatrial_port::{HistoryEntry, NodeName, Observation};

use crate::trial::record::Finding;

use super::context::{Oracle, OracleContext};

/// Two nodes with different transactions at the same place.
#[derive(Clone, Debug)]
pub(super) struct HistoriesDiverge;

impl Oracle for HistoriesDiverge {
    fn check(&mut self, context: &OracleContext<'_>, observation: &Observation) -> Vec<Finding> {
        let histories: Vec<(&NodeName, Vec<&HistoryEntry>)> = observation
            .nodes
            .iter()
            .filter_map(|(name, node)| Some((name, transactions(node.history.as_deref()?))))
            .collect();
        for (index, (one, one_history)) in histories.iter().enumerate() {
            for (other, other_history) in &histories[index + 1..] {
                let fork = one_history
                    .iter()
                    .zip(other_history)
                    .find(|(a, b)| a.tag != b.tag);
                if let Some((a, b)) = fork {
                    let message = format!(
                        "{one} committed {} where {other} committed {} (positions {} and {})",
                        a.tag, b.tag, a.seqno, b.seqno
                    );
                    return vec![context.finding("histories-diverge", message)];
                }
            }
        }
        Vec::new()
    }
}

fn transactions(history: &[HistoryEntry]) -> Vec<&HistoryEntry> {
    history.iter().filter(|entry| !entry.is_view()).collect()
}
