//! The course of a run: step by step, an observation after each, then the second phase.

use crate::language::{Action, Pace, Part, Scenario, Step, Wait};
use crate::port::trace::TraceKind;
use crate::port::{Condition, Observation, Span, Testbed};
use crate::trial::oracles::OracleContext;
use crate::trial::record::{
    CheckRecord, ClaimResult, Failure, RunRecord, StepObservation, Verdict, ms,
};

use super::course::Course;
use super::options::RunOptions;

/// How long is waited for rest.
pub(super) const REST_LIMIT: Span = Span::from_secs(180);

/// How long an action's effects may take to begin.
const STIR: Span = Span::from_secs(1);

/// How long is waited instead while a load runs, since there is no rest under load.
const LOAD_PAUSE: Span = Span::from_secs(5);

/// What a check has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CheckOutcome {
    pub(super) held: bool,
    pub(super) text: String,
}

impl CheckOutcome {
    pub(super) fn held(text: impl Into<String>) -> Self {
        Self {
            held: true,
            text: text.into(),
        }
    }

    pub(super) fn failed(text: impl Into<String>) -> Self {
        Self {
            held: false,
            text: text.into(),
        }
    }
}

/// A run under way.
pub(super) struct Runner<'a, T> {
    pub(super) testbed: &'a mut T,
    pub(super) scenario: &'a Scenario,
    pub(super) options: &'a RunOptions,
    pub(super) course: Course,
}

/// Runs a scenario on a cluster that has its initial state, and says what happened.
pub async fn run<T: Testbed>(
    testbed: &mut T,
    scenario: &Scenario,
    options: &RunOptions,
) -> RunRecord {
    let course = Course::new(testbed, scenario, options);
    let mut runner = Runner {
        testbed,
        scenario,
        options,
        course,
    };
    runner.play().await;
    runner.finish()
}

/// The line that makes this run again.
pub(super) fn replay_line(scenario: &Scenario, engine: &str, seed: u64) -> String {
    format!(
        "seatrial replay {} --on {engine} --seed {seed}",
        quote(&scenario.file)
    )
}

impl RunRecord {
    /// The record of a run of which nothing has happened yet.
    pub fn begin(scenario: &Scenario, engine: String, seed: u64) -> Self {
        Self {
            id: scenario.id.clone(),
            title: scenario.title.clone(),
            source: scenario.source.clone(),
            file: scenario.file.clone(),
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
            checks: Vec::new(),
            procedures: Vec::new(),
            forced: Vec::new(),
            second_phase: None,
        }
    }

    /// The record of a run that could not be made.
    pub fn error(scenario: &Scenario, engine: &str, seed: u64, text: impl Into<String>) -> Self {
        let mut record = Self::begin(scenario, engine.to_owned(), seed);
        record.verdict = Verdict::Error;
        record.failure = Some(Failure {
            step: 0,
            text: text.into(),
        });
        record
    }
}

/// A file name as a shell takes it.
fn quote(file: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    if !file.is_empty() && file.chars().all(plain) {
        return file.to_owned();
    }
    format!("'{}'", file.replace('\'', "'\\''"))
}

impl<T: Testbed> Runner<'_, T> {
    async fn play(&mut self) {
        let scenario = self.scenario;
        self.look_at_the_beginning().await;
        let mut steps = scenario.steps.iter().peekable();
        while let Some(step) = steps.next() {
            self.play_step(step, steps.peek().copied()).await;
            if self.course.over_limit {
                let text = format!(
                    "the scenario's limit of {} passed in this step: {}",
                    scenario.limit, step.action
                );
                self.fail(step.number, text);
                break;
            }
            if self.course.unsupported {
                break;
            }
        }
        self.finish_with_the_second_phase().await;
    }

    /// The second phase where there is one, and the ends of what has ended.
    pub(super) async fn finish_with_the_second_phase(&mut self) {
        if self.options.second_phase
            && self.scenario.second_phase
            && !self.course.over_limit
            && !self.course.unsupported
        {
            self.course.step = self.course.step.saturating_add(1);
            self.second_phase().await;
        }
        self.course
            .requests
            .refresh(self.testbed, &mut self.course.record)
            .await;
    }

    pub(super) async fn play_step(&mut self, step: &Step, next: Option<&Step>) {
        self.course.step = step.number;
        let title = step.action.to_string();
        self.trace(TraceKind::Step {
            step: step.number,
            title: title.clone(),
        });
        let outcome = self.act(&step.action).await;
        if let Some(outcome) = outcome {
            self.judge(step, outcome);
        }
        let at_rest = self.pause(step, next).await;
        self.course
            .requests
            .refresh(self.testbed, &mut self.course.record)
            .await;
        let observation = self.testbed.observe().await;
        let starting = step.action.starts_or_stops();
        let unstable = (starting.len() > 1)
            .then(|| format!("{} nodes start or stop in one instant", starting.len()));
        self.course.record.observations.push(StepObservation {
            step: step.number,
            at_ms: ms(self.testbed.now()),
            at_rest,
            unstable,
            nodes: self.course.namer.normalise(&observation),
        });
        self.look(&observation, at_rest);
    }

    /// Takes down what a step's check has shown, and what that says of its claim.
    fn judge(&mut self, step: &Step, outcome: CheckOutcome) {
        self.trace(TraceKind::Check {
            step: step.number,
            held: outcome.held,
            text: outcome.text.clone(),
        });
        if let Some(claim) = &step.claim {
            let verdict = if outcome.held {
                claim.verdict
            } else {
                claim.verdict.opposite()
            };
            self.course.record.claims.push(ClaimResult {
                id: claim.id.clone(),
                says: claim.says.clone(),
                verdict,
                expected: claim.verdict,
                step: step.number,
                assumes: claim.assumes.clone(),
                lines: claim.lines,
            });
        }
        if !outcome.held {
            self.fail(step.number, outcome.text.clone());
        }
        self.course.record.checks.push(CheckRecord {
            step: step.number,
            held: outcome.held,
            text: outcome.text,
        });
    }

    /// The part of this step's check that is negated, if one is.
    pub(super) fn negated(&self) -> Option<&Part> {
        let negation = self.options.negate.as_ref()?;
        (negation.step == self.course.step).then_some(&negation.part)
    }

    /// Waits between two steps as the pace says, and says whether the cluster is at rest.
    async fn pause(&mut self, step: &Step, next: Option<&Step>) -> bool {
        let pace = step
            .pace
            .or(self.options.pace)
            .or(self.scenario.pace)
            .unwrap_or(Pace::Next);
        // A wait looks for the middle of something, and a named request is to meet what follows:
        // rest would be over both.
        let in_the_middle = matches!(step.action, Action::Wait(_))
            || matches!(
                next,
                Some(Step {
                    action: Action::Wait(Wait::Until { .. }),
                    ..
                })
            )
            || is_named(&step.action);
        if pace == Pace::Next || in_the_middle {
            return false;
        }
        // What an order sets going begins a moment after it has returned: the quiet before it is not
        // the rest after it.
        if !step.action.only_looks() && self.course.load.is_none() {
            self.wait(&Condition::Never, STIR).await;
        }
        self.rest().await
    }

    /// Waits for rest, and says whether it came.
    pub(super) async fn rest(&mut self) -> bool {
        if self.course.load.is_some() {
            self.wait(&Condition::Never, LOAD_PAUSE).await;
            return false;
        }
        let at_rest = self.wait(&Condition::Rest, REST_LIMIT).await;
        if !at_rest {
            let text = format!("no rest within {REST_LIMIT}");
            self.trace(TraceKind::Note { text });
        }
        at_rest
    }

    /// Lets time pass until the condition is true, and says whether it is. The scenario's limit
    /// ends every wait; a load goes on meanwhile.
    pub(super) async fn wait(&mut self, until: &Condition, limit: Span) -> bool {
        let left = self.course.deadline.saturating_sub(self.testbed.now());
        let capped = limit.min(left);
        let reached = if self.course.load.is_some() {
            self.wait_under_load(until, capped).await
        } else {
            self.testbed.wait(until, capped).await.is_ok()
        };
        if !reached && capped < limit {
            self.course.over_limit = true;
        }
        reached
    }

    /// Shows an observation to the oracles.
    pub(super) fn look(&mut self, observation: &Observation, at_rest: bool) {
        self.course.deeds.saw(observation);
        let context = OracleContext {
            step: self.course.step,
            at_rest,
            writes: &self.course.record.writes,
            procedures: &self.course.record.procedures,
            deeds: &self.course.deeds,
            replay: &self.course.replay,
        };
        let found = self.course.watch.look(&context, observation);
        for finding in &found {
            let text = format!("finding {}: {}", finding.oracle, finding.message);
            self.testbed.record(None, TraceKind::Note { text });
        }
        self.course.record.findings.extend(found);
    }

    pub(super) fn fail(&mut self, step: u32, text: String) {
        if self.course.record.failure.is_none() {
            self.course.record.failure = Some(Failure { step, text });
        }
        if self.course.record.verdict == Verdict::Pass {
            self.course.record.verdict = Verdict::Fail;
        }
    }

    /// The engine cannot do what a step needs: what follows would say nothing.
    pub(super) fn unsupported(&mut self, text: String) {
        if self.options.allow_unsupported {
            return;
        }
        self.course.unsupported = true;
        self.course.record.verdict = Verdict::Unsupported;
        self.course.record.failure = Some(Failure {
            step: self.course.step,
            text,
        });
    }

    pub(super) fn trace(&mut self, event: TraceKind) {
        self.testbed.record(None, event);
    }
}

/// Whether the step leaves a named request running.
fn is_named(action: &Action) -> bool {
    match action {
        Action::Write(write) => write.name.is_some(),
        Action::Command(command) => command.name.is_some(),
        Action::Operator(operator) => operator.name.is_some(),
        Action::Together(parts) => parts.iter().any(is_named),
        _ => false,
    }
}
