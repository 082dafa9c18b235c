//! A node that is ahead of its group aborts.

use super::context::OracleContext;
use super::watch::Oracle;
use crate::observation::{Observation, ProcessState};
use crate::record::Finding;

/// Exit code of SIGABRT.
const ABORTED: i32 = 134;

/// A server that ended with SIGABRT: "Reversing history".
#[derive(Clone, Debug)]
pub(super) struct ReversedHistory;

impl Oracle for ReversedHistory {
    fn copy(&self) -> Box<dyn Oracle> {
        Box::new(self.clone())
    }

    fn check(&mut self, context: &OracleContext<'_>, observation: &Observation) -> Vec<Finding> {
        observation
            .nodes
            .iter()
            .find(|(_, node)| node.process == ProcessState::Exited && node.exit == Some(ABORTED))
            .map(|(name, _)| {
                let message =
                    format!("{name} aborted (exit 134): the group is behind its own position");
                context.finding("reversed-history", message)
            })
            .into_iter()
            .collect()
    }
}
