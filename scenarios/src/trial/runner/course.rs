//! A run as a value between two steps.
//!
//! [`run`](super::run()) plays a whole scenario. Where steps come one by one, from a person at a
//! prompt, a [`Course`] is played instead: by the same code, so that the steps written down as a
//! scenario make the same run. It can be copied, and the copy goes on for itself.

use std::collections::BTreeSet;

use seatrial_language::{Scenario, Step};
use seatrial_port::{Played, Span, Testbed};

use crate::trial::oracles::{self, Deeds};
use crate::trial::record::{Namer, RunRecord};

use super::clock::{Clock, Halt};
use super::journal::Journal;
use super::options::RunOptions;
use super::play::Play;
use super::requests::Requests;
use super::run::Runner;
use super::witness::Witness;

/// A run as a value between two steps, apart from the cluster on which it is played.
///
/// Owns the four parts of a run that last from step to step. Each keeps its fields to itself. `run`,
/// the lab and the searches call it. It decides nothing itself: `Course::runner` lends the parts to a
/// `Runner`, and a branch of a run copies them.
#[derive(Clone, Debug)]
pub struct Course {
    /// When the run began, when it must end, and why there cannot be another step.
    clock: Clock,
    /// The requests on the cluster, and the load.
    requests: Requests,
    /// The journal of the run.
    pub(super) journal: Journal,
    /// The knowledge of the oracles.
    pub(super) witness: Witness,
}

/// Runs a scenario on a cluster that has its initial state, and returns the record.
pub fn run<'a>(
    testbed: &'a mut dyn Testbed,
    scenario: &'a Scenario,
    options: &'a RunOptions,
) -> Played<'a, RunRecord> {
    Box::pin(async move {
        let mut course = Course::new(testbed, scenario, options);
        course.runner(testbed, scenario, options).play().await;
        let mut record = course.close(testbed, scenario);
        if options.keep_logs {
            record.logs = testbed.error_logs().await;
        }
        record
    })
}

impl Course {
    /// Returns a run of which nothing has happened yet.
    pub(super) fn new(testbed: &dyn Testbed, scenario: &Scenario, options: &RunOptions) -> Self {
        let engine = if options.engine.is_empty() {
            testbed.capabilities().engine
        } else {
            options.engine.clone()
        };
        let timers = options.timers.or(scenario.timers).unwrap_or_default();
        Self {
            clock: Clock::new(testbed.now(), scenario.limit, timers),
            requests: Requests::default(),
            journal: Journal::new(scenario, engine, options.seed),
            witness: Witness::new(&scenario.options),
        }
    }

    /// Returns the runner that plays on this course for one call.
    pub(super) fn runner<'a>(
        &'a mut self,
        testbed: &'a mut dyn Testbed,
        scenario: &'a Scenario,
        options: &'a RunOptions,
    ) -> Runner<'a> {
        Runner {
            play: Play {
                testbed,
                clock: &mut self.clock,
                requests: &mut self.requests,
                journal: &mut self.journal,
            },
            witness: &mut self.witness,
            scenario,
            options,
        }
    }

    /// Closes the record of a run that has ended.
    pub(super) fn close(self, testbed: &dyn Testbed, scenario: &Scenario) -> RunRecord {
        let mut record = self.journal.into_record();
        record.simulated_ms = testbed.now().saturating_sub(self.clock.began()).as_millis();
        record.forced = self.witness.deeds().excuse_texts();
        let histories = testbed.capabilities().histories;
        super::verdict::judge_findings(&mut record, &scenario.findings, histories);
        record
    }

    /// Begins a run on a cluster that has its initial state.
    pub fn begin<'a>(
        testbed: &'a mut dyn Testbed,
        scenario: &'a Scenario,
        options: &'a RunOptions,
    ) -> Played<'a, Self> {
        Box::pin(async move {
            let mut course = Self::new(testbed, scenario, options);
            let mut runner = course.runner(testbed, scenario, options);
            runner.look_at_the_beginning().await;
            course
        })
    }

    /// Plays one more step. `scenario` says what the nodes and the limits are, and holds the steps
    /// so far; the step itself may be new.
    #[must_use]
    pub fn play<'a>(
        mut self,
        testbed: &'a mut dyn Testbed,
        scenario: &'a Scenario,
        options: &'a RunOptions,
        step: &'a Step,
    ) -> Played<'a, Self> {
        Box::pin(async move {
            let mut runner = self.runner(testbed, scenario, options);
            runner.play_step(step, None).await;
            // Each holds the rows of all nodes: a course of many steps, of which copies are kept, would
            // grow with their third power. Nothing that is played later looks at them.
            self.journal.forget_observations();
            self
        })
    }

    /// Returns the record so far, without the observations after its steps.
    pub const fn record(&self) -> &RunRecord {
        self.journal.record()
    }

    /// Returns the deeds so far.
    pub const fn deeds(&self) -> &Deeds {
        self.witness.deeds()
    }

    /// Returns the names of uuids so far: the same as in the record.
    pub const fn namer(&self) -> &Namer {
        self.journal.namer()
    }

    /// When the first step could begin, on the engine's clock.
    pub const fn began(&self) -> Span {
        self.clock.began()
    }

    /// Returns whether clients write all the time.
    pub const fn is_under_load(&self) -> bool {
        self.requests.is_under_load()
    }

    /// Returns the reason why there cannot be another step, if there cannot.
    pub fn ended(&self) -> Option<String> {
        match self.clock.halted()? {
            Halt::OverLimit => {
                let limit = self.clock.limit();
                Some(format!("the time limit of {limit} has passed"))
            }
            Halt::Unsupported => {
                let failure = self.record().failure.as_ref();
                failure.map(|failure| format!("this engine cannot do it: {}", failure.text))
            }
        }
    }

    /// Returns the findings so far that a scenario must name to pass.
    pub fn findings_to_name(&self) -> BTreeSet<String> {
        self.record()
            .findings
            .iter()
            .filter(|found| oracles::finding(&found.oracle).is_none_or(|kind| kind.fails_unlisted))
            .map(|found| found.oracle.clone())
            .collect()
    }
}
