//! `results.json`: the contract with other programs, made from records.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use seatrial_language::ClaimVerdict;
use seatrial_port::{NodeName, NodeObservation};
use serde::{Deserialize, Serialize};

use crate::comparison::agreement::Agreement;
use crate::trial::record::{Failure, RaceResult, RunRecord, Verdict};

/// The version of `results.json`.
pub const RESULTS_FORMAT: u32 = 1;

/// `results.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Results {
    /// [`RESULTS_FORMAT`].
    pub format: u32,
    /// The program's version.
    pub program: String,
    /// The commit from which it was built, empty if that is not known.
    pub commit: String,
    /// The engines, in the order in which they were asked for.
    pub engines: Vec<String>,
    /// The number of runs that were asked for and not made, because the campaign was interrupted.
    #[serde(default)]
    pub not_run: usize,
    /// The ids of the scenarios of which no run was made, if the campaign was interrupted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub planned: Vec<String>,
    /// The runs.
    pub scenarios: Vec<ScenarioResult>,
    /// The agreement of the engines.
    pub agreement: Agreement,
}

/// A run in `results.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioResult {
    /// The scenario's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The heading of the documentation that it plays.
    pub source: Option<String>,
    /// The engine.
    pub engine: String,
    /// The master seed.
    pub seed: u64,
    /// The verdict.
    pub verdict: Verdict,
    /// The reason why it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The simulated time that it took.
    pub simulated_ms: u64,
    /// The wall time that it took.
    pub wall_ms: u64,
    /// SHA-256 of the rendered trace.
    pub trace_sha256: String,
    /// SHA-256 of the scenario file: its version. Empty in files of earlier programs.
    #[serde(default)]
    pub scenario_sha256: String,
    /// The flags of timers and pace with which the run is played again.
    #[serde(default)]
    pub flags: String,
    /// The command that plays the run again.
    #[serde(default)]
    pub replay: String,
    /// The faults that had no effect, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped_faults: Vec<String>,
    /// The claims.
    pub claims: Vec<ResultClaim>,
    /// The outcomes of the races that the scenario declares.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub races: Vec<RaceResult>,
    /// The findings.
    pub findings: Vec<ResultFinding>,
    /// The nodes after each step.
    pub observations: Vec<ResultObservation>,
}

/// A claim in `results.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResultClaim {
    /// The claim's name.
    pub id: String,
    /// Whether the statement is so.
    pub verdict: ClaimVerdict,
    /// The verdict that the scenario pins.
    pub expected: ClaimVerdict,
}

/// A finding in `results.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResultFinding {
    /// The finding's name.
    pub oracle: String,
    /// The observation, in words.
    pub message: String,
    /// The command that shows it again.
    pub replay: String,
}

/// An observation in `results.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResultObservation {
    /// The step, from 1.
    pub step: u32,
    /// When.
    pub at_ms: u64,
    /// The nodes by name.
    pub nodes: BTreeMap<NodeName, NodeObservation>,
}

impl From<&RunRecord> for ScenarioResult {
    fn from(run: &RunRecord) -> Self {
        Self {
            id: run.id.clone(),
            title: run.title.clone(),
            source: run.source.clone(),
            engine: run.engine.clone(),
            seed: run.seed,
            verdict: run.verdict,
            failure: run.failure.clone(),
            simulated_ms: run.simulated_ms,
            wall_ms: run.wall_ms,
            trace_sha256: run.trace_sha256.clone(),
            scenario_sha256: run.scenario_sha256.clone(),
            flags: run.replay_flags.trim().to_owned(),
            replay: run.replay(),
            skipped_faults: run
                .skipped_faults()
                .map(|(fault, why)| format!("step {}: {}: {why}", fault.step, fault.fault))
                .collect(),
            claims: run
                .claims
                .iter()
                .map(|claim| ResultClaim {
                    id: claim.id.clone(),
                    verdict: claim.verdict,
                    expected: claim.expected,
                })
                .collect(),
            races: run.races.clone(),
            findings: run
                .findings
                .iter()
                .map(|finding| ResultFinding {
                    oracle: finding.oracle.clone(),
                    message: finding.message.clone(),
                    replay: finding.replay.clone(),
                })
                .collect(),
            observations: run
                .observations
                .iter()
                .map(|seen| ResultObservation {
                    step: seen.step,
                    at_ms: seen.at_ms,
                    nodes: seen.nodes.clone(),
                })
                .collect(),
        }
    }
}

impl Results {
    /// Puts records together.
    pub fn of(program: &str, commit: &str, engines: &[String], runs: &[RunRecord]) -> Self {
        Self {
            format: RESULTS_FORMAT,
            program: program.to_owned(),
            commit: commit.to_owned(),
            engines: engines.to_vec(),
            not_run: 0,
            planned: Vec::new(),
            scenarios: runs.iter().map(ScenarioResult::from).collect(),
            agreement: Agreement::of(runs),
        }
    }
}

/// The JSON Schema of `results.json`, as it is checked in under `scenarios/results.schema.json`.
pub fn results_schema() -> String {
    let schema = schemars::generate::SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<Results>();
    format!("{:#}\n", schema.as_value())
}
