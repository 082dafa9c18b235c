//! Procedures by scenarios: broken states, a cell for each pair, and what has become of it.

mod broken;

use serde::{Deserialize, Serialize};

use crate::language::{ProcedureEnd, Scenario};
use crate::port::Supervisor;
use crate::trial::outcome::Outcome;
use crate::trial::record::RunRecord;

pub use broken::{Broken, broken_states};

/// The version of `verify.json`.
pub const FORMAT: u32 = 1;

/// One procedure on one broken state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// The procedure.
    pub procedure: String,
    /// The id of the broken state.
    pub scenario: String,
    /// The outcome.
    pub outcome: Outcome,
    /// Simulated milliseconds that the procedure took.
    pub took_ms: u64,
    /// Commands that it typed.
    pub commands: usize,
    /// The text of what was seen, if the outcome is bad.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// The line that makes the same run again, where it is not good.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub replay: String,
    /// Notes on the run of a user's program, such as that it is not reproducible.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Cell {
    /// Returns the cell of a run. `before` is the number of steps that only break the cluster.
    pub fn of(procedure: &str, scenario: &str, record: &RunRecord, before: usize) -> Self {
        let mut outcome = Outcome::of(record, before);
        // Without a second phase, only the procedure itself has said how it ended.
        if record.second_phase.is_none() && outcome == Outcome::Stuck {
            outcome = match record.procedures.last().map(|run| run.end) {
                Some(ProcedureEnd::AsksPerson) => Outcome::AsksPerson,
                Some(ProcedureEnd::Unbounded) => Outcome::Unbounded,
                _ => Outcome::Stuck,
            };
        }
        if outcome == Outcome::Lossy && was_lost_before(record) {
            outcome = Outcome::Recovered;
        }
        let took =
            |run: &crate::trial::record::ProcedureRecord| run.ended_ms.saturating_sub(run.began_ms);
        Self {
            procedure: procedure.to_owned(),
            scenario: scenario.to_owned(),
            outcome,
            took_ms: record.procedures.iter().map(took).sum(),
            commands: record
                .commands
                .iter()
                .filter(|command| command.procedure.is_some())
                .count(),
            text: if outcome.is_good() {
                String::new()
            } else {
                reason(record, outcome, before)
            },
            replay: String::new(),
            notes: Vec::new(),
        }
    }

    /// Returns a run that this program could not make.
    pub fn error(procedure: &str, scenario: &str, text: String) -> Self {
        Self {
            procedure: procedure.to_owned(),
            scenario: scenario.to_owned(),
            outcome: Outcome::Error,
            took_ms: 0,
            commands: 0,
            text,
            replay: String::new(),
            notes: Vec::new(),
        }
    }
}

/// Returns whether all that is lost was lost before the procedure acted: a disk that was not flushed gives
/// nothing back, and what the steps have thrown away is not the procedure's doing. Where it acts in
/// the steps too, nothing is said to be before it.
fn was_lost_before(record: &RunRecord) -> bool {
    let phase = record.second_phase.as_ref();
    let acted_once = record.procedures.len() == 1;
    acted_once && phase.is_some_and(|phase| phase.recovered && phase.accepted)
}

/// Returns what was seen, in the words of the deciding oracle or of the second phase.
fn reason(record: &RunRecord, outcome: Outcome, before: usize) -> String {
    let oracles: &[&str] = match outcome {
        Outcome::SplitBrain => &["twin-primaries"],
        Outcome::Lossy => &["acknowledged-write-lost"],
        Outcome::Diverged => &[
            "converged-means-equal",
            "silent-splice",
            "histories-diverge",
        ],
        Outcome::DeadLock => &["dead-lock"],
        _ => &[],
    };
    let found = record.findings.iter().find(|finding| {
        oracles.contains(&finding.oracle.as_str())
            && usize::try_from(finding.step).is_ok_and(|step| step > before)
    });
    let phase = record.second_phase.as_ref();
    found
        .map(|finding| finding.message.clone())
        .or_else(|| phase.map(|phase| phase.text.clone()))
        .or_else(|| record.procedures.last().map(|run| run.text.clone()))
        .unwrap_or_default()
}

/// A broken state, as a matrix names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The scenario's id.
    pub id: String,
    /// A line for people.
    pub title: String,
}

impl From<&Broken> for Row {
    fn from(broken: &Broken) -> Self {
        Self {
            id: broken.scenario.id.clone(),
            title: broken.scenario.title.clone(),
        }
    }
}

/// Procedures by scenarios.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matrix {
    /// The version of this format.
    pub format: u32,
    /// The engine.
    #[serde(default = "des")]
    pub engine: String,
    /// The master seed of every cell.
    pub seed: u64,
    /// The program that restarts a crashed server.
    pub supervisor: Supervisor,
    /// The procedures, in order.
    pub procedures: Vec<String>,
    /// The broken states, in order.
    pub scenarios: Vec<Row>,
    /// A cell of every pair, scenario by scenario.
    pub cells: Vec<Cell>,
}

/// Returns the engine of matrices that were made before there was a choice.
fn des() -> String {
    "des".to_owned()
}

impl Matrix {
    /// Returns the cell of a pair.
    pub fn cell(&self, procedure: &str, scenario: &str) -> Option<&Cell> {
        let mut cells = self.cells.iter();
        cells.find(|cell| cell.procedure == procedure && cell.scenario == scenario)
    }

    /// Returns the cells that are worse than in an earlier matrix, each with what it was. Cells that the
    /// earlier one does not have are no regression.
    pub fn regressions<'a>(&'a self, earlier: &Self) -> Vec<(&'a Cell, Outcome)> {
        let mut worse = Vec::new();
        for cell in &self.cells {
            if let Some(old) = earlier.cell(&cell.procedure, &cell.scenario)
                && cell.outcome < old.outcome
            {
                worse.push((cell, old.outcome));
            }
        }
        worse
    }
}

/// Returns the scenario of a cell: the broken state with this procedure wherever one acts.
pub fn cell_scenario(broken: &Broken, procedure: &str, supervisor: Supervisor) -> Scenario {
    let mut scenario = broken.scenario.clone();
    scenario.id = format!("{}--{procedure}", scenario.id);
    scenario.title = format!("{}: {procedure}", scenario.title);
    scenario.options.supervisor = supervisor;
    broken::put_procedure(&mut scenario, procedure);
    scenario
}
