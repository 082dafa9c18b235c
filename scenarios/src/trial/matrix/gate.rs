//! Decides which cells of a matrix fail the run that made it.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::trial::outcome::Outcome;

use super::{Cell, Changes};

/// The outcomes that fail a run by default, if one procedure is under test: the cluster lost rows, split, or did
/// not come back.
pub const FAILING: [Outcome; 7] = [
    Outcome::SplitBrain,
    Outcome::Lossy,
    Outcome::Diverged,
    Outcome::BootstrapRefused,
    Outcome::DeadLock,
    Outcome::Stuck,
    Outcome::Unbounded,
];

/// Decides which cells fail the run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gate {
    /// The outcomes that fail.
    pub fail_on: BTreeSet<Outcome>,
    /// The only procedure that may fail; none for all of them. The others stand beside it for comparison.
    pub under_test: Option<String>,
    /// Whether a cell that was as bad in the earlier matrix passes.
    pub known_pass: bool,
}

impl Gate {
    /// Returns whether a cell fails the run. `changes` are those since the earlier matrix, if there is one.
    ///
    /// A cell that was not judged does not fail: nothing is known of it, which has an exit code of its own.
    pub fn fails(&self, cell: &Cell, changes: Option<&Changes<'_>>) -> bool {
        match cell.outcome {
            Outcome::NotJudged => return false,
            // A bug of this program is never the user's choice.
            Outcome::Error | Outcome::ModelBroken => return true,
            _ => {}
        }
        let is = |list: &[super::Change<'_>]| list.iter().any(|change| change.cell == cell);
        if changes.is_some_and(|changes| is(&changes.worse)) {
            return true;
        }
        let known = changes.is_some_and(|changes| !is(&changes.new));
        if known && self.known_pass {
            return false;
        }
        let tested = self
            .under_test
            .as_ref()
            .is_none_or(|name| *name == cell.procedure);
        tested && self.fail_on.contains(&cell.outcome)
    }
}
