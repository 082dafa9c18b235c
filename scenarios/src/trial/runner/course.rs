//! A run as a value between two steps.
//!
//! [`run`](super::run()) plays a whole scenario. Where steps come one by one, from a person at a
//! prompt, a [`Course`] is played instead: by the same code, so that the steps written down as a
//! scenario make the same run. It can be copied, and the copy goes on for itself.

use std::collections::BTreeSet;

use crate::language::{Scenario, Step};
use crate::port::trace::TraceKind;
use crate::port::{Span, Testbed, Timers};
use crate::trial::oracles::{self, Deeds, Watch};
use crate::trial::record::{Namer, RunRecord};

use super::load::RunningLoad;
use super::options::RunOptions;
use super::requests::Requests;
use super::run::Runner;

/// A run as a value between two steps, apart from the cluster on which it is played.
#[derive(Clone, Debug)]
pub struct Course {
    pub(super) timers: Timers,
    /// The number of the step that is being played.
    pub(super) step: u32,
    /// When the first step could begin.
    pub(super) began: Span,
    /// When the scenario's limit is over.
    pub(super) deadline: Span,
    /// The limit passed while something was waited for.
    pub(super) over_limit: bool,
    pub(super) record: RunRecord,
    pub(super) requests: Requests,
    pub(super) load: Option<RunningLoad>,
    pub(super) deeds: Deeds,
    pub(super) replay: String,
    /// Rows written by steps, for their tags.
    pub(super) row_count: u32,
    /// Rows written by the load, for their tags.
    pub(super) load_count: u32,
    pub(super) unsupported: bool,
    pub(super) watch: Watch,
    pub(super) namer: Namer,
}

impl Course {
    /// A run of which nothing has happened yet.
    pub(super) fn new<T: Testbed>(testbed: &T, scenario: &Scenario, options: &RunOptions) -> Self {
        let engine = if options.engine.is_empty() {
            testbed.capabilities().engine
        } else {
            options.engine.clone()
        };
        let mut deeds = Deeds::default();
        deeds.settings(&scenario.options);
        let began = testbed.now();
        Self {
            timers: options.timers.or(scenario.timers).unwrap_or_default(),
            step: 0,
            began,
            deadline: began + scenario.limit,
            over_limit: false,
            replay: super::run::replay_line(scenario, &engine, options.seed),
            record: RunRecord::begin(scenario, engine, options.seed),
            requests: Requests::default(),
            load: None,
            deeds,
            row_count: 0,
            load_count: 0,
            unsupported: false,
            watch: Watch::default(),
            namer: Namer::default(),
        }
    }

    /// Begins a run on a cluster that has its initial state.
    pub async fn begin<T: Testbed>(
        testbed: &mut T,
        scenario: &Scenario,
        options: &RunOptions,
    ) -> Self {
        let course = Self::new(testbed, scenario, options);
        let mut runner = Runner {
            testbed,
            scenario,
            options,
            course,
        };
        runner.look_at_the_beginning().await;
        runner.course
    }

    /// Plays one more step. `scenario` says what the nodes and the limits are, and holds the steps
    /// so far; the step itself may be new.
    #[must_use]
    pub async fn play<T: Testbed>(
        self,
        testbed: &mut T,
        scenario: &Scenario,
        options: &RunOptions,
        step: &Step,
    ) -> Self {
        let mut runner = Runner {
            testbed,
            scenario,
            options,
            course: self,
        };
        runner.play_step(step, None).await;
        let mut course = runner.course;
        // Each holds the rows of all nodes: a course of many steps, of which copies are kept, would
        // grow with their third power. Nothing that is played later looks at them.
        course.record.observations.clear();
        course
    }

    /// What is known of the run, without the observations after its steps.
    pub const fn record(&self) -> &RunRecord {
        &self.record
    }

    /// What was done so far.
    pub const fn deeds(&self) -> &Deeds {
        &self.deeds
    }

    /// The names of uuids so far: the same as in the record.
    pub const fn namer(&self) -> &Namer {
        &self.namer
    }

    /// When the first step could begin, on the engine's clock.
    pub const fn began(&self) -> Span {
        self.began
    }

    /// Whether clients write all the time.
    pub const fn is_under_load(&self) -> bool {
        self.load.is_some()
    }

    /// Why there cannot be another step, if there cannot.
    pub fn ended(&self) -> Option<String> {
        if self.over_limit {
            let limit = self.deadline.saturating_sub(self.began);
            return Some(format!("the time limit of {limit} has passed"));
        }
        let failure = self.record.failure.as_ref().filter(|_| self.unsupported);
        failure.map(|failure| format!("this engine cannot do it: {}", failure.text))
    }

    /// The findings so far that a scenario must name to pass.
    pub fn findings_to_name(&self) -> BTreeSet<String> {
        self.record
            .findings
            .iter()
            .filter(|found| oracles::finding(&found.oracle).is_none_or(|kind| kind.fails_unlisted))
            .map(|found| found.oracle.clone())
            .collect()
    }
}

impl<T: Testbed> Runner<'_, T> {
    /// The initial state: the uuids that are there get their names, and the oracles see it.
    pub(super) async fn look_at_the_beginning(&mut self) {
        self.trace(TraceKind::Step {
            step: 0,
            title: "initial state".to_owned(),
        });
        let initial = self.testbed.observe().await;
        self.course.namer.normalise(&initial);
        self.look(&initial, true);
    }
}
