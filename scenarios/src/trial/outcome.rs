//! The outcome of a procedure, in one word. It is the cell of a matrix, and the goal of a search.

use schemars::JsonSchema;
use seatrial_language::ProcedureEnd;
use serde::{Deserialize, Serialize};

use crate::trial::record::{Finding, RunRecord, Verdict};

/// The oracles that find nodes with different rows.
const DIVERGED: [&str; 3] = [
    "silent-splice",
    "histories-diverge",
    "converged-means-equal",
];

/// The outcome of a run, the worst first.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Nothing can be said: the program under test could not start, or the engine cannot do what the cell
    /// needs.
    NotJudged,
    /// The run itself could not be made: a bug of this program.
    Error,
    /// Something happened that the faithful model never does unless somebody forces it, and nobody
    /// did: the model is wrong.
    ModelBroken,
    /// Two primary components serve, each without the other.
    SplitBrain,
    /// Acknowledged writes are gone that another choice would have kept.
    Lossy,
    /// Nodes are Synced with each other and hold different rows.
    Diverged,
    /// The server refused the bootstrap that the procedure had prepared.
    BootstrapRefused,
    /// All nodes run, reach each other, and wait without end.
    DeadLock,
    /// The cluster is not whole, and the procedure does not say that it cannot be.
    Stuck,
    /// The procedure did not end within its bound.
    Unbounded,
    /// The procedure asks a person, although a choice without loss was there.
    AsksPerson,
    /// No procedure could have succeeded, and this one says so.
    Impossible,
    /// All nodes serve, and no acknowledged write is lost.
    Recovered,
}

impl Outcome {
    /// The outcomes of runs that were judged, the worst first.
    pub const ALL: [Self; 12] = [
        Self::Error,
        Self::ModelBroken,
        Self::SplitBrain,
        Self::Lossy,
        Self::Diverged,
        Self::BootstrapRefused,
        Self::DeadLock,
        Self::Stuck,
        Self::Unbounded,
        Self::AsksPerson,
        Self::Impossible,
        Self::Recovered,
    ];

    /// Returns the word, as reports and files write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotJudged => "not-judged",
            Self::Error => "error",
            Self::ModelBroken => "model-broken",
            Self::SplitBrain => "split-brain",
            Self::Lossy => "lossy",
            Self::Diverged => "diverged",
            Self::BootstrapRefused => "bootstrap-refused",
            Self::DeadLock => "dead-lock",
            Self::Stuck => "stuck",
            Self::Unbounded => "unbounded",
            Self::AsksPerson => "asks-person",
            Self::Impossible => "impossible",
            Self::Recovered => "recovered",
        }
    }

    /// Returns whether no procedure could have done better.
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Impossible | Self::Recovered)
    }

    /// Returns the outcome of a run. Where a procedure acts it is the outcome of the procedure: the findings
    /// that stood before its first command are its starting point, not its doing.
    pub fn of(record: &RunRecord) -> Self {
        if record.verdict == Verdict::Error {
            return Self::Error;
        }
        let safety = |finding: &Finding| {
            crate::trial::oracles::finding(&finding.oracle)
                .is_some_and(|kind| kind.class == crate::trial::oracles::Class::Safety)
        };
        if record.forced.is_empty() && record.findings.iter().any(safety) {
            return Self::ModelBroken;
        }
        let (before, own) = record.findings_apart();
        let found = |names: &[&str]| {
            own.iter()
                .any(|finding| names.contains(&finding.oracle.as_str()))
        };
        if found(&["twin-primaries"]) {
            return Self::SplitBrain;
        }
        let Some(phase) = &record.second_phase else {
            return if found(&["acknowledged-write-lost"]) {
                Self::Lossy
            } else if found(&DIVERGED) {
                Self::Diverged
            } else if record.verdict == Verdict::Pass {
                Self::Recovered
            } else {
                Self::Stuck
            };
        };
        let avoidable = phase
            .choices
            .iter()
            .any(|choice| choice.loses.as_ref().is_some_and(Vec::is_empty));
        let lost = found(&["acknowledged-write-lost"]) || phase.has_lost_rows();
        if lost && (avoidable || phase.recovered) {
            return Self::Lossy;
        }
        let end = record.end();
        // The next write shows a difference that stood before once more. A procedure that asks has not called the
        // cluster recovered over it.
        let asks = end == Some(ProcedureEnd::AsksPerson);
        let stood = before
            .iter()
            .any(|finding| DIVERGED.contains(&finding.oracle.as_str()));
        if found(&DIVERGED) && !(stood && asks) {
            return Self::Diverged;
        }
        if phase.recovered {
            return if phase.accepted {
                Self::Recovered
            } else {
                Self::Lossy
            };
        }
        if phase.accepted {
            return Self::Impossible;
        }
        if refused_after_force(record) {
            Self::BootstrapRefused
        } else if found(&["dead-lock"]) {
            Self::DeadLock
        } else if end == Some(ProcedureEnd::AsksPerson) {
            Self::AsksPerson
        } else if end == Some(ProcedureEnd::Unbounded) {
            Self::Unbounded
        } else {
            Self::Stuck
        }
    }
}

/// Returns whether the procedure forced a node and the bootstrap of that node was refused all the same.
fn refused_after_force(record: &RunRecord) -> bool {
    let mut forced = std::collections::BTreeSet::new();
    for command in &record.commands {
        if command.procedure.is_none() {
            continue;
        }
        if command.line.contains("--force-safe-to-bootstrap") {
            forced.insert(&command.node);
        }
        let refused = command.output.as_ref().is_some_and(|output| {
            output.exit != 0
                && (output.stdout.contains("not safe to bootstrap")
                    || output.stderr.contains("not safe to bootstrap"))
        });
        let is_bootstrap = command.line.contains("--bootstrap-node")
            || command.line.contains("galera_new_cluster");
        if is_bootstrap && refused && forced.contains(&command.node) {
            return true;
        }
    }
    false
}
