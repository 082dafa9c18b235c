//! The record of a run: everything that the runner knows of it when it ends.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use seatrial_language::{ClaimVerdict, ProcedureEnd, Scenario};
use seatrial_port::{Fault, FaultOutcome, NodeName, NodeObservation, Observation, Output, Span};
use serde::{Deserialize, Serialize};

use super::history::Transaction;

/// The verdict of a run.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As expected.
    Pass,
    /// A check did not hold, or a finding came that the scenario does not name, or did not come.
    Fail,
    /// It failed, and passed when it was run again.
    Flaky,
    /// The engine cannot do what the scenario needs.
    Unsupported,
    /// The run could not be made.
    Error,
}

impl Verdict {
    /// Returns the word of `results.json`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Flaky => "flaky",
            Self::Unsupported => "unsupported",
            Self::Error => "error",
        }
    }
}

/// The reason why a run failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// The step; one more than the last step for the second phase, 0 for the run as a whole.
    pub step: u32,
    /// The expectation, and what was seen.
    pub text: String,
}

/// A claim and what the run says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimResult {
    /// The claim's name.
    pub id: String,
    /// The claim of the manual, in our words.
    pub says: String,
    /// Whether that is so on this engine.
    pub verdict: ClaimVerdict,
    /// The verdict that the scenario pins.
    pub expected: ClaimVerdict,
    /// The step whose check decides it.
    pub step: u32,
    /// The assumption of the verdict, if the manual leaves a question open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumes: Option<String>,
    /// The first and the last line in the documentation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<(u32, u32)>,
}

/// The declared outcome in which a race has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RaceResult {
    /// The step that began it: the last before the check that does something.
    pub from: u32,
    /// The step whose check names the outcomes.
    pub step: u32,
    /// The outcome's name.
    pub outcome: String,
}

/// A finding of an oracle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The finding's name, as scenario files use it.
    pub oracle: String,
    /// The observation, in words.
    pub message: String,
    /// The command that shows it again.
    pub replay: String,
    /// After which step; 0 for the initial state, one more than the last for the second phase.
    pub step: u32,
}

/// All nodes after a step, in the normalised form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepObservation {
    /// The step, from 1.
    pub step: u32,
    /// When, in milliseconds since the run's start.
    pub at_ms: u64,
    /// Whether the cluster was at rest.
    pub at_rest: bool,
    /// The reason why the changes of positions in this step depend on a race, where they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unstable: Option<String>,
    /// The nodes by name.
    pub nodes: BTreeMap<NodeName, NodeObservation>,
}

/// A fault and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultRecord {
    /// In which step.
    pub step: u32,
    /// When.
    pub at_ms: u64,
    /// The fault.
    pub fault: Fault,
    /// The receipt, or why not.
    pub outcome: FaultOutcome,
    /// Whether the scenario allows that it has nothing to act on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_skip: bool,
}

impl FaultRecord {
    /// Returns why the fault had no effect, if it had none.
    pub fn skipped(&self) -> Option<&str> {
        match &self.outcome {
            FaultOutcome::Skipped(why) => Some(why),
            FaultOutcome::Applied(_) | FaultOutcome::Unsupported(_) => None,
        }
    }
}

/// A command and what it printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandRecord {
    /// In which step.
    pub step: u32,
    /// When it was typed.
    pub at_ms: u64,
    /// Where.
    pub node: NodeName,
    /// The line.
    pub line: String,
    /// The procedure that typed it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub procedure: Option<String>,
    /// The number of the operator that typed it, from 1, where several act at once or one has a seat; else 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub operator: u32,
    /// The output and the exit code; `None` while it runs.
    pub output: Option<Output>,
    /// When it had ended.
    pub ended_ms: Option<u64>,
    /// Its time was over, and Ctrl-C was sent.
    pub timed_out: bool,
}

/// The result of a write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WriteOutcome {
    /// The client has no answer yet.
    Running,
    /// The client was told that it is committed.
    Acknowledged,
    /// The client was told that it failed.
    Refused {
        /// The error number.
        code: u16,
        /// The error's text.
        message: String,
    },
    /// The connection was lost, so the client got no answer.
    Unknown,
}

/// A write and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteRecord {
    /// In which step.
    pub step: u32,
    /// When it began.
    pub at_ms: u64,
    /// The node to which the client spoke.
    pub node: NodeName,
    /// The row's key.
    pub tag: String,
    /// The result.
    pub outcome: WriteOutcome,
    /// When the client knew.
    pub ended_ms: Option<u64>,
}

impl WriteRecord {
    /// Returns whether the client was told that it is committed.
    pub const fn is_acknowledged(&self) -> bool {
        matches!(self.outcome, WriteOutcome::Acknowledged)
    }
}

/// Writes of a step that were refused. Named writes are not among them: a step asks how they end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedWrites {
    /// In which step.
    pub step: u32,
    /// The node to which the client spoke.
    pub node: NodeName,
    /// The number of rows.
    pub rows: u32,
    /// The text of the last error.
    pub message: String,
    /// The step allows it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allowed: bool,
}

/// A procedure and how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcedureRecord {
    /// In which step.
    pub step: u32,
    /// Its name.
    pub name: String,
    /// When it began.
    pub began_ms: u64,
    /// When it ended.
    pub ended_ms: u64,
    /// How.
    pub end: ProcedureEnd,
    /// The procedure's text: what a person must decide, or what it waits for.
    pub text: String,
    /// How many of the run's findings stood before its first command.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub stood_before: u32,
    /// The rows of its table by which it has decided, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<u32>,
    /// The number of its operator, from 1, where several act at once or one has a seat; else 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub operator: u32,
    /// The node beside which its operator sits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat: Option<NodeName>,
}

impl ProcedureRecord {
    /// Returns the name, and which operator followed it where several acted: `2 manual at B`.
    pub fn who(&self) -> String {
        let seat = self.seat.as_ref().map(|seat| format!(" at {seat}"));
        match self.operator {
            0 => self.name.clone(),
            number => format!("{number} {}{}", self.name, seat.unwrap_or_default()),
        }
    }
}

/// Returns the end of operators that acted at once, taken as one. One that calls the cluster recovered speaks for all,
/// since nobody looks any more then; after that one that does not end. A person who is asked decides for those that
/// gave up.
pub(crate) fn end_of_all(ends: impl Iterator<Item = ProcedureEnd>) -> Option<ProcedureEnd> {
    ends.min_by_key(|end| match end {
        ProcedureEnd::Recovered => 0,
        ProcedureEnd::Unbounded => 1,
        ProcedureEnd::AsksPerson => 2,
        ProcedureEnd::GaveUp => 3,
    })
}

/// Returns whether nothing is to be written.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
pub(crate) const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A check and whether it held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRecord {
    /// In which step.
    pub step: u32,
    /// Whether it held, after a negation if there was one.
    pub held: bool,
    /// The expectation, and what was seen if it did not hold.
    pub text: String,
}

/// The second phase: everything is healed and a procedure acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondPhase {
    /// The procedure.
    pub procedure: String,
    /// Whether the cluster has recovered.
    pub recovered: bool,
    /// Whether the phase is as required: recovered, or truly beyond any procedure.
    pub accepted: bool,
    /// The observation, in words.
    pub text: String,
    /// The rows that each node would have lost as the first of a new cluster, before the procedure acted.
    pub choices: Vec<Choice>,
}

impl SecondPhase {
    /// The beginning of the text if all nodes are synced and acknowledged rows are gone. The format of
    /// the record has no other word for it.
    pub(crate) const ROWS_LOST: &str = "all synced, but acknowledged rows are lost";

    /// Returns whether all nodes are synced at its end and acknowledged rows are gone.
    pub fn has_lost_rows(&self) -> bool {
        self.text.contains(Self::ROWS_LOST)
    }
}

/// A node as the first of a new cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The node.
    pub node: NodeName,
    /// The acknowledged rows that it does not hold and another does; `None` if they are not known.
    pub loses: Option<Vec<String>>,
}

/// Everything that is known of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The scenario's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The heading of the documentation that it plays.
    pub source: Option<String>,
    /// Its file.
    pub file: String,
    /// SHA-256 of the file.
    #[serde(default)]
    pub scenario_sha256: String,
    /// The engine.
    pub engine: String,
    /// The master seed.
    pub seed: u64,
    /// The verdict.
    pub verdict: Verdict,
    /// The reason why it failed, or what is unsupported.
    pub failure: Option<Failure>,
    /// The time that it took, simulated or on the engine's clock.
    pub simulated_ms: u64,
    /// The wall time that it took; the command fills it in.
    #[serde(default)]
    pub wall_ms: u64,
    /// The flags with which `seatrial replay` makes the same run, beside scenario, engine and seed, with a
    /// space in front; the command fills it in.
    #[serde(default)]
    pub replay_flags: String,
    /// SHA-256 of the rendered trace; the command fills it in.
    #[serde(default)]
    pub trace_sha256: String,
    /// The claims that were decided.
    pub claims: Vec<ClaimResult>,
    /// The outcomes of the races that the scenario declares.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub races: Vec<RaceResult>,
    /// The findings, each once.
    pub findings: Vec<Finding>,
    /// The nodes after each step.
    pub observations: Vec<StepObservation>,
    /// The faults.
    pub faults: Vec<FaultRecord>,
    /// The commands, of steps and of procedures.
    pub commands: Vec<CommandRecord>,
    /// The writes.
    pub writes: Vec<WriteRecord>,
    /// The transactions of clients on their lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transactions: Vec<Transaction>,
    /// The steps whose writes were refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedWrites>,
    /// The checks.
    pub checks: Vec<CheckRecord>,
    /// The procedures.
    pub procedures: Vec<ProcedureRecord>,
    /// The excuses for a safety finding: forces, damage, settings.
    pub forced: Vec<String>,
    /// The second phase, if there was one.
    pub second_phase: Option<SecondPhase>,
    /// The error log of each node at the end, if it was asked for. It stands in files of its own.
    #[serde(skip)]
    pub logs: BTreeMap<NodeName, String>,
}

impl RunRecord {
    /// Returns the record of a run of which nothing has happened yet.
    pub fn begin(scenario: &Scenario, engine: String, seed: u64) -> Self {
        Self {
            id: scenario.id.clone(),
            title: scenario.title.clone(),
            source: scenario.source.clone(),
            file: scenario.file.clone(),
            scenario_sha256: scenario.sha256.clone(),
            engine,
            seed,
            verdict: Verdict::Pass,
            failure: None,
            simulated_ms: 0,
            wall_ms: 0,
            replay_flags: String::new(),
            trace_sha256: String::new(),
            claims: Vec::new(),
            races: Vec::new(),
            findings: Vec::new(),
            observations: Vec::new(),
            faults: Vec::new(),
            commands: Vec::new(),
            writes: Vec::new(),
            transactions: Vec::new(),
            refused: Vec::new(),
            checks: Vec::new(),
            procedures: Vec::new(),
            forced: Vec::new(),
            second_phase: None,
            logs: BTreeMap::new(),
        }
    }

    /// Returns the record of a run that could not be made.
    pub fn error(scenario: &Scenario, engine: &str, seed: u64, text: impl Into<String>) -> Self {
        let mut record = Self::begin(scenario, engine.to_owned(), seed);
        record.verdict = Verdict::Error;
        record.failure = Some(Failure {
            step: 0,
            text: text.into(),
        });
        record
    }

    /// Returns the command that makes the run again.
    pub fn replay(&self) -> String {
        format!(
            "seatrial replay {} --on {} --seed {}{}",
            quote(&self.file),
            self.engine,
            self.seed,
            self.replay_flags
        )
    }

    /// Returns the findings that stood before the first command of a procedure, and those that came after
    /// it. Where no procedure acts, nothing stood before.
    pub fn findings_apart(&self) -> (&[Finding], &[Finding]) {
        let first = self.procedures.first();
        let before = first.map_or(0, |first| {
            usize::try_from(first.stood_before).unwrap_or(usize::MAX)
        });
        self.findings.split_at(before.min(self.findings.len()))
    }

    /// Returns the procedures that acted last: one, or several that acted at once.
    pub fn last_procedures(&self) -> &[ProcedureRecord] {
        let step = self.procedures.last().map(|last| last.step);
        let others = |one: &ProcedureRecord| Some(one.step) != step;
        let from = self.procedures.iter().rposition(others);
        &self.procedures[from.map_or(0, |place| place + 1)..]
    }

    /// Returns how the procedures that acted last ended, taken as one.
    pub fn end(&self) -> Option<ProcedureEnd> {
        end_of_all(self.last_procedures().iter().map(|one| one.end))
    }

    /// Returns the faults that had nothing to act on.
    pub fn skipped_faults(&self) -> impl Iterator<Item = (&FaultRecord, &str)> {
        let faults = self.faults.iter();
        faults.filter_map(|fault| fault.skipped().map(|why| (fault, why)))
    }

    /// Returns whether this is not the run that the scenario describes, because a fault that it needs had no
    /// effect. Then the checks say nothing about the procedure.
    pub fn lacks_a_fault(&self) -> bool {
        self.skipped_faults().any(|(fault, _)| !fault.may_skip)
    }

    /// Fails the run. The first failure is the one that is kept, and a verdict other than a pass stays.
    pub(crate) fn fail(&mut self, step: u32, text: String) {
        if self.failure.is_none() {
            self.failure = Some(Failure { step, text });
        }
        if self.verdict == Verdict::Pass {
            self.verdict = Verdict::Fail;
        }
    }
}

/// Quotes a file's name for a shell.
pub(crate) fn quote(file: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    if !file.is_empty() && file.chars().all(plain) {
        return file.to_owned();
    }
    format!("'{}'", file.replace('\'', "'\\''"))
}

/// Gives every uuid of a run a short name, in the order in which they appear.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Namer {
    names: BTreeMap<String, String>,
}

/// The name of the nil uuid.
const ZERO: &str = "zero";

impl Namer {
    /// Returns the name of a uuid: `U1`, `U2` … by first appearance, `zero` for the nil uuid.
    pub fn name(&mut self, uuid: &str) -> String {
        if uuid == ZERO || uuid.chars().all(|c| c == '0' || c == '-') {
            return ZERO.to_owned();
        }
        let next = format!("U{}", self.names.len() + 1);
        self.names.entry(uuid.to_owned()).or_insert(next).clone()
    }

    /// Returns the nodes of an observation as records show them: uuids named, histories left out.
    pub fn normalise(&mut self, observation: &Observation) -> BTreeMap<NodeName, NodeObservation> {
        let mut nodes = observation.nodes.clone();
        for node in nodes.values_mut() {
            let uuids = [
                node.state_uuid.as_mut(),
                node.local_state_uuid.as_mut(),
                node.grastate.as_mut().map(|file| &mut file.uuid),
            ];
            for uuid in uuids.into_iter().flatten() {
                *uuid = self.name(uuid);
            }
            node.history = None;
        }
        nodes
    }
}

/// Returns the instant in milliseconds.
pub(crate) const fn ms(at: Span) -> u64 {
    at.as_millis()
}
