//! Procedures by scenarios: broken states, a cell for each pair, and what has become of it.

mod broken;
mod compare;
mod gate;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use seatrial_language::{ProcedureEnd, Scenario};
use seatrial_port::{Supervisor, Timers};
use serde::{Deserialize, Serialize};

use crate::trial::outcome::Outcome;
use crate::trial::record::{RunRecord, is_zero};

pub use broken::{Broken, broken_states, operators_act};
pub use compare::{Change, Changes};
pub use gate::{FAILING, Gate};

/// The version of `verify.json`. Version 1 named neither the timers nor the versions of the scenarios.
pub const FORMAT: u32 = 2;

/// One procedure on one broken state with one seed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cell {
    /// The procedure.
    pub procedure: String,
    /// The id of the broken state.
    pub scenario: String,
    /// The master seed.
    #[serde(default)]
    pub seed: u64,
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
    /// The line of a user's program that decided, from 1, if it is known and the outcome is bad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script_line: Option<u32>,
    /// The commands that the procedure typed, if the outcome is bad: its first and its last ones, if it typed many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub typed: Vec<Typed>,
}

/// A command that a procedure typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Typed {
    /// When, in milliseconds of simulated time since the run began.
    pub at_ms: u64,
    /// The node.
    pub node: String,
    /// The line.
    pub line: String,
    /// The number of the operator that typed it, from 1, where several acted at once or one has a seat; else 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub operator: u32,
    /// The exit code; none if the command did not end.
    pub exit: Option<i64>,
    /// The last line that it printed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub printed: String,
}

/// The most commands that a cell keeps: the first third of them from its beginning, the others from its end.
const TYPED_MAX: usize = 45;

/// The most characters of a line that a command printed.
const PRINTED_MAX: usize = 160;

/// Returns a text of at most so many characters. A longer one ends between two words, with a sign.
pub fn cut_between_words(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(2)).collect();
    let end = kept.rfind(char::is_whitespace).unwrap_or(kept.len());
    format!("{} …", kept[..end].trim_end())
}

impl Typed {
    fn of(record: &RunRecord) -> Vec<Self> {
        let typed = record.commands.iter().filter(|one| one.procedure.is_some());
        let all = typed.clone().count();
        let left_out = TYPED_MAX / 3..(TYPED_MAX / 3).max(all.saturating_sub(TYPED_MAX / 3 * 2));
        typed
            .enumerate()
            .filter(|(place, _)| all <= TYPED_MAX || !left_out.contains(place))
            .map(|(_, command)| command)
            .map(|command| {
                let output = command.output.as_ref();
                let printed = output.and_then(|output| {
                    let mut lines = output.stdout.lines().chain(output.stderr.lines());
                    lines.rfind(|line| !line.trim().is_empty())
                });
                Self {
                    at_ms: command.at_ms,
                    node: command.node.to_string(),
                    line: command.line.clone(),
                    operator: command.operator,
                    exit: output.map(|output| i64::from(output.exit)),
                    printed: cut_between_words(printed.unwrap_or_default().trim(), PRINTED_MAX),
                }
            })
            .collect()
    }
}

impl Cell {
    /// Returns the cell of a run.
    pub fn of(procedure: &str, scenario: &str, record: &RunRecord) -> Self {
        let mut outcome = Outcome::of(record);
        // Without a second phase, only the procedure itself has said how it ended.
        if record.second_phase.is_none() && outcome == Outcome::Stuck {
            outcome = match record.end() {
                Some(ProcedureEnd::AsksPerson) => Outcome::AsksPerson,
                Some(ProcedureEnd::Unbounded) => Outcome::Unbounded,
                _ => Outcome::Stuck,
            };
        }
        if outcome == Outcome::Lossy && was_lost_before(record) {
            outcome = Outcome::Recovered;
        }
        Self {
            procedure: procedure.to_owned(),
            scenario: scenario.to_owned(),
            seed: record.seed,
            outcome,
            took_ms: took_ms(record),
            commands: record
                .commands
                .iter()
                .filter(|command| command.procedure.is_some())
                .count(),
            text: if outcome.is_good() {
                String::new()
            } else {
                reason(record, outcome)
            },
            replay: String::new(),
            notes: if outcome.is_good() {
                Vec::new()
            } else {
                stood_before(record)
            },
            script_line: None,
            typed: if outcome.is_good() {
                Vec::new()
            } else {
                Typed::of(record)
            },
        }
    }

    /// Returns the cell of a run that could not be made. `outcome` is [`Outcome::Error`] for a bug of this
    /// program, [`Outcome::NotJudged`] where something could not start.
    pub fn without_run(
        procedure: &str,
        scenario: &str,
        seed: u64,
        outcome: Outcome,
        text: String,
    ) -> Self {
        Self {
            procedure: procedure.to_owned(),
            scenario: scenario.to_owned(),
            seed,
            outcome,
            took_ms: 0,
            commands: 0,
            text,
            replay: String::new(),
            notes: Vec::new(),
            script_line: None,
            typed: Vec::new(),
        }
    }
}

/// Returns the time for which procedures acted. Of those that acted at once, the first begins and the last ends.
fn took_ms(record: &RunRecord) -> u64 {
    let mut times: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
    for one in &record.procedures {
        let time = times
            .entry(one.step)
            .or_insert((one.began_ms, one.ended_ms));
        *time = (time.0.min(one.began_ms), time.1.max(one.ended_ms));
    }
    let took = times.values();
    took.map(|(began, ended)| ended.saturating_sub(*began))
        .sum()
}

/// Returns whether all that is lost was lost before the procedure acted: a disk that was not flushed gives
/// nothing back, and what the steps have thrown away is not the procedure's doing. Where it acts in
/// the steps too, nothing is said to be before it.
fn was_lost_before(record: &RunRecord) -> bool {
    let phase = record.second_phase.as_ref();
    let steps: BTreeSet<u32> = record.procedures.iter().map(|one| one.step).collect();
    let acted_once = steps.len() == 1;
    acted_once && phase.is_some_and(|phase| phase.recovered && phase.accepted)
}

/// Returns a note that names the findings that stood before the procedure's first command, if any did.
fn stood_before(record: &RunRecord) -> Vec<String> {
    let (before, _) = record.findings_apart();
    let names: BTreeSet<&str> = before
        .iter()
        .map(|finding| finding.oracle.as_str())
        .collect();
    let names: Vec<&str> = names.into_iter().collect();
    if names.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "stood before the procedure's first command: {}",
        names.join(", ")
    )]
}

/// Returns what was seen, in the words of the deciding oracle or of the second phase.
fn reason(record: &RunRecord, outcome: Outcome) -> String {
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
    let (_, own) = record.findings_apart();
    let found = own
        .iter()
        .find(|finding| oracles.contains(&finding.oracle.as_str()));
    let phase = record.second_phase.as_ref();
    found
        .map(|finding| finding.message.clone())
        .or_else(|| phase.map(|phase| phase.text.clone()))
        .or_else(|| record.procedures.last().map(|run| run.text.clone()))
        .unwrap_or_default()
}

/// A broken state, as a matrix names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// The scenario's id.
    pub id: String,
    /// A line for people.
    pub title: String,
    /// The scenario's file, or its id if it is a built-in one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// SHA-256 of the scenario file: its version. Empty in files of version 1.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sha256: String,
}

impl From<&Broken> for Row {
    fn from(broken: &Broken) -> Self {
        Self {
            id: broken.scenario.id.clone(),
            title: broken.scenario.title.clone(),
            file: broken.scenario.file.clone(),
            sha256: broken.scenario.sha256.clone(),
        }
    }
}

/// Procedures by scenarios: `verify.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Matrix {
    /// The version of this format.
    pub format: u32,
    /// The number of cells that were asked for and not played, because the run was interrupted. If it is not 0,
    /// nothing may be concluded from the cells that are missing.
    #[serde(default)]
    pub not_played: usize,
    /// The program's version.
    #[serde(default)]
    pub program: String,
    /// The commit from which it was built, empty if that is not known.
    #[serde(default)]
    pub commit: String,
    /// The engine.
    #[serde(default = "des")]
    pub engine: String,
    /// The first master seed.
    pub seed: u64,
    /// The number of seeds of each pair.
    #[serde(default = "one")]
    pub seeds: u64,
    /// The timeouts of all cells; none if each scenario had its own.
    #[serde(default)]
    pub timers: Option<Timers>,
    /// The program that restarts a crashed server.
    pub supervisor: Supervisor,
    /// The shard, counted from 0, and the number of shards, if these are not all cells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<(u64, u64)>,
    /// The wall time of the run, in milliseconds. The file does not have it, so that equal runs give equal files.
    #[serde(skip)]
    pub wall_ms: u64,
    /// The user's program under the name `script`, if it took part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<String>,
    /// The outcomes that fail the run.
    #[serde(default)]
    pub gate: Gate,
    /// The procedures, in order.
    pub procedures: Vec<String>,
    /// The broken states, in order.
    pub scenarios: Vec<Row>,
    /// The cells that were played, scenario by scenario, procedure by procedure, seed by seed.
    pub cells: Vec<Cell>,
}

/// Returns the engine of matrices that were made before there was a choice.
fn des() -> String {
    "des".to_owned()
}

/// Returns the number of seeds of matrices that were made before there was a choice.
const fn one() -> u64 {
    1
}

impl Matrix {
    /// Returns the name under which the user's own procedure stands in the table, if it does.
    pub fn own_name(&self) -> Option<&str> {
        let mut names = self.procedures.iter().map(String::as_str);
        self.script.as_ref()?;
        names.next_back()
    }

    /// Returns the worst cell of a pair, of all its seeds.
    pub fn cell(&self, procedure: &str, scenario: &str) -> Option<&Cell> {
        let of_pair = |cell: &&Cell| cell.procedure == procedure && cell.scenario == scenario;
        let cells = self.cells.iter().filter(of_pair);
        cells.min_by_key(|cell| (cell.outcome, cell.seed))
    }

    /// Returns the cells of a pair, one for each seed.
    pub fn of_pair<'a>(
        &'a self,
        procedure: &'a str,
        scenario: &'a str,
    ) -> impl Iterator<Item = &'a Cell> {
        let cells = self.cells.iter();
        cells.filter(move |cell| cell.procedure == procedure && cell.scenario == scenario)
    }

    /// Puts the cells into the order of scenarios, procedures and seeds.
    pub fn sort(&mut self) {
        fn place<'a>(mut names: impl Iterator<Item = &'a str>, name: &str) -> usize {
            names.position(|known| known == name).unwrap_or(usize::MAX)
        }
        let (scenarios, procedures) = (&self.scenarios, &self.procedures);
        self.cells.sort_by_cached_key(|cell| {
            let ids = scenarios.iter().map(|row| row.id.as_str());
            let scenario = place(ids, &cell.scenario);
            let names = procedures.iter().map(String::as_str);
            let procedure = place(names, &cell.procedure);
            (scenario, procedure, cell.seed)
        });
    }
}

/// The JSON Schema of `verify.json`, as it is checked in under `scenarios/verify.schema.json`.
pub fn schema() -> String {
    let schema = schemars::generate::SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<Matrix>();
    format!("{:#}\n", schema.as_value())
}

/// Returns the scenario of a cell: the broken state with this procedure wherever one acts.
pub fn cell_scenario(broken: &Broken, procedure: &str, supervisor: Supervisor) -> Scenario {
    let mut scenario = broken.scenario.clone();
    scenario.id = format!("{}--{procedure}", scenario.id);
    scenario.title = format!("{}: {procedure}", scenario.title);
    scenario.options.supervisor = supervisor;
    broken::put_procedure(&mut scenario, procedure);
    // What the procedure has done may leave a later fault nothing to act on, and a later write no primary component.
    for step in &mut scenario.steps {
        step.may_skip |= step.action.has_fault();
        step.may_be_refused |= step.action.has_write();
    }
    scenario
}
