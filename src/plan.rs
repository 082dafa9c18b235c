//! Makes one run. Apart from the wall time it is a pure function of scenario, engine, seed and flags.

use std::time::Instant;

use seatrial_real_harness::RealOptions;
use seatrial_scenarios::language::Pace;
use seatrial_scenarios::record::Verdict;
use seatrial_scenarios::record_file::{RecordedRun, ScenarioText};
use seatrial_scenarios::runner::{Negation, Stagger};
use seatrial_scenarios::trace::sha256_hex;
use seatrial_scenarios::{RunOptions, RunRecord, Scenario, Timers, Trace};

use crate::args::{EngineArg, PaceArg, TimersArg};
use crate::{engines, logging, signals};

/// A run to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) engine: EngineArg,
    pub(crate) seed: u64,
    /// The part of a check that is negated.
    pub(crate) negate: Option<&'a Negation>,
    /// The order and the pauses of what a step does at several nodes.
    pub(crate) stagger: Option<Stagger>,
}

impl Job<'_> {
    /// Returns its name on the progress bar and in reports of panics.
    pub(crate) fn name(&self) -> String {
        self.scenario.id.clone()
    }
}

/// A run that was made.
pub(crate) struct FinishedRun {
    /// The run with its trace.
    pub(crate) run: RecordedRun,
    /// The trace as JSON Lines, empty where the run could not be made.
    pub(crate) rendered: String,
    /// Whether a signal interrupted the run. Then it has no outcome.
    pub(crate) broken_off: bool,
}

/// The options of the command line that hold for every run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flags<'a> {
    /// The pace of scenarios that do not set one.
    pub(crate) pace: Pace,
    /// The timeouts that override those of the scenarios.
    pub(crate) timers: Option<Timers>,
    /// The options of the real engine.
    pub(crate) real: &'a RealOptions,
    /// The number of times that a failed run on the real engine is repeated.
    pub(crate) retries: u32,
    /// Whether the record keeps the error log of each node.
    pub(crate) keep_logs: bool,
}

impl<'a> Flags<'a> {
    /// Engines are compared at rest, so the default pace is rest. One engine alone has the same default: a file that
    /// passes on two engines must not fail on one of them.
    pub(crate) fn new(
        pace: Option<PaceArg>,
        timers: Option<TimersArg>,
        real: &'a RealOptions,
        retries: u32,
    ) -> Self {
        let pace = match pace {
            Some(PaceArg::Rest) | None => Pace::Rest,
            Some(PaceArg::Next) => Pace::Next,
        };
        let timers = timers.map(Into::into);
        Self {
            pace,
            timers,
            real,
            retries,
            keep_logs: false,
        }
    }

    /// Returns the flags with which `seatrial replay` makes the same run, with a space in front.
    pub(crate) const fn replay(self) -> &'static str {
        match (self.pace, self.timers) {
            (Pace::Rest, None) => "",
            (Pace::Rest, Some(Timers::Fast)) => " --timers fast",
            (Pace::Rest, Some(Timers::Default)) => " --timers default",
            (Pace::Next, None) => " --pace next",
            (Pace::Next, Some(Timers::Fast)) => " --pace next --timers fast",
            (Pace::Next, Some(Timers::Default)) => " --pace next --timers default",
        }
    }
}

/// Makes a run.
pub(crate) fn run(job: Job<'_>, flags: Flags<'_>) -> FinishedRun {
    let (mut record, trace) = run_with_trace(job, flags);
    let mut header = None;
    let mut rendered = String::new();
    let mut events = Vec::new();
    let broken_off = trace.is_none() && signals::stopped();
    if let Some(trace) = trace {
        logging::tell(job, &trace);
        let setup = job.scenario.setup(flags.timers, job.seed);
        let head = engines::header(job.engine, job.scenario, &setup);
        rendered = trace.render(&head);
        record.trace_sha256 = sha256_hex(&rendered);
        header = Some(head);
        events = trace.events;
    }
    let scenario = ScenarioText::from(job.scenario);
    FinishedRun {
        run: RecordedRun {
            header,
            events,
            record,
            scenario,
        },
        rendered,
        broken_off,
    }
}

/// Makes a run, and returns its record without the trace.
pub(crate) fn run_for_claims(job: Job<'_>, flags: Flags<'_>) -> RunRecord {
    run_with_trace(job, flags).0
}

/// Makes a run. It repeats a failed run on real nodes, as often as the flags allow. If the run passes
/// then, it counts as flaky and keeps the failure of the first attempt.
fn run_with_trace(job: Job<'_>, flags: Flags<'_>) -> (RunRecord, Option<Trace>) {
    let (mut record, mut trace) = run_once(job, flags);
    if job.engine != EngineArg::Real {
        return (record, trace);
    }
    for _ in 0..flags.retries {
        let failed = matches!(record.verdict, Verdict::Fail | Verdict::Error);
        if !failed || signals::stopped() {
            break;
        }
        let first = record.failure.take();
        (record, trace) = run_once(job, flags);
        if record.verdict == Verdict::Pass {
            record.verdict = Verdict::Flaky;
            record.failure = first;
        }
    }
    (record, trace)
}

fn run_once(job: Job<'_>, flags: Flags<'_>) -> (RunRecord, Option<Trace>) {
    let Job {
        scenario,
        engine,
        seed,
        negate,
        stagger,
    } = job;
    let started = Instant::now();
    let setup = scenario.setup(flags.timers, seed);
    let options = RunOptions {
        seed,
        engine: engines::name(engine).to_owned(),
        pace: scenario.pace.is_none().then_some(flags.pace),
        timers: flags.timers,
        negate: negate.cloned(),
        stagger,
        keep_logs: flags.keep_logs,
        ..RunOptions::default()
    };
    let (mut record, trace) = match engines::run(engine, scenario, &setup, &options, flags.real) {
        Ok((record, trace)) => (record, Some(trace)),
        Err(error) => (
            RunRecord::error(scenario, engines::name(engine), seed, error),
            None,
        ),
    };
    for finding in &mut record.findings {
        finding.replay.push_str(flags.replay());
    }
    flags.replay().clone_into(&mut record.replay_flags);
    record.wall_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    (record, trace)
}
