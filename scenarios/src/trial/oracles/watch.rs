//! All oracles together, each finding once.

use std::collections::BTreeSet;

use seatrial_port::Observation;

use crate::trial::record::Finding;

use super::acknowledged_write_lost::AcknowledgedWriteLost;
use super::context::{Oracle, OracleContext};
use super::converged_means_equal::ConvergedMeansEqual;
use super::dead_lock::DeadLock;
use super::documented_state_reached::DocumentedStateReached;
use super::histories_diverge::HistoriesDiverge;
use super::non_primary_acknowledges::NonPrimaryAcknowledges;
use super::procedure_bounded::ProcedureBounded;
use super::reversed_history::ReversedHistory;
use super::safe_to_bootstrap::SafeToBootstrap;
use super::silent_splice::SilentSplice;
use super::stale_safe_to_bootstrap::StaleSafeToBootstrap;
use super::twin_primaries::TwinPrimaries;

/// An oracle that can be copied with what it has seen.
trait Kept: Oracle + std::fmt::Debug {
    fn copy(&self) -> Box<dyn Kept>;
}

impl<T: Oracle + Clone + std::fmt::Debug + 'static> Kept for T {
    fn copy(&self) -> Box<dyn Kept> {
        Box::new(self.clone())
    }
}

impl Clone for Box<dyn Kept> {
    fn clone(&self) -> Self {
        // The oracle's own copy, not that of the box: this would call itself.
        self.as_ref().copy()
    }
}

/// All oracles. Of each finding only the first is kept.
#[derive(Clone, Debug)]
pub struct Watch {
    oracles: Vec<Box<dyn Kept>>,
    known: BTreeSet<String>,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            oracles: vec![
                Box::new(AcknowledgedWriteLost::default()),
                Box::new(TwinPrimaries),
                Box::new(HistoriesDiverge),
                Box::new(SilentSplice),
                Box::new(ConvergedMeansEqual),
                Box::new(NonPrimaryAcknowledges::default()),
                Box::new(SafeToBootstrap),
                Box::new(StaleSafeToBootstrap),
                Box::new(DeadLock),
                Box::new(ReversedHistory),
                Box::new(ProcedureBounded),
                Box::new(DocumentedStateReached),
            ],
            known: BTreeSet::new(),
        }
    }
}

impl Watch {
    /// Shows an observation to every oracle, and returns what is found for the first time.
    pub fn look(&mut self, context: &OracleContext<'_>, observation: &Observation) -> Vec<Finding> {
        let mut new = Vec::new();
        for oracle in &mut self.oracles {
            for finding in oracle.check(context, observation) {
                debug_assert!(
                    super::finding(&finding.oracle).is_some(),
                    "invariant: every finding is in the table, {} is not",
                    finding.oracle
                );
                if self.known.insert(finding.oracle.clone()) {
                    new.push(finding);
                }
            }
        }
        new
    }
}
