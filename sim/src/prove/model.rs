//! Plays events from states, and the procedure from each.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_scenarios::language::{LIMIT_DEFAULT, Operators, Pace, Step};
use seatrial_scenarios::matrix::Cell;
use seatrial_scenarios::outcome::Outcome;
use seatrial_scenarios::record::Choice;
use seatrial_scenarios::runner::{Course, RunOptions};
use seatrial_scenarios::{
    Initial, Jitter, NodeName, Options, RunRecord, Scenario, Setup, Span, Supervisor, Timers,
};

use crate::des::{Precision, World};
use crate::setup::BuildError;

use super::alphabet::Event;
use super::key::Canonical;
use super::sight::Sight;

/// The master seed: it names the histories and decides nothing.
pub const SEED: u64 = 1;

/// The subject of a search and its options: shared by all threads, and never changed.
#[derive(Clone, Debug)]
pub struct Model {
    scenario: Scenario,
    options: RunOptions,
    timers: Option<Timers>,
    precision: Precision,
}

/// A state with everything that is needed to go on from it.
#[derive(Clone, Debug)]
pub struct Live {
    world: World,
    course: Course,
}

impl Live {
    /// Returns the number of steps that led here.
    pub fn steps(&self) -> u32 {
        self.course.steps()
    }

    /// Returns the rules of `docs/rules.md` that keep nodes from serving.
    pub fn held_by(&self) -> BTreeSet<&'static str> {
        self.world.held_by()
    }
}

/// The outcome of a procedure in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// In a word.
    pub outcome: Outcome,
    /// The cause of a loss, without names of nodes; nothing elsewhere.
    pub cause: String,
    /// The text of what was seen, if the outcome is bad.
    pub text: String,
    /// The rules of `docs/rules.md` that hold the cluster at the end, if it did not recover. Only with a key for ever.
    pub rules: BTreeSet<&'static str>,
    /// The rows that each node would have lost as the first of a new cluster, before the procedure acted.
    pub choices: Vec<Choice>,
}

impl Model {
    /// Returns a model of three nodes.
    pub fn new(timers: Option<Timers>, supervisor: Supervisor) -> Self {
        let nodes = ["A", "B", "C"].map(NodeName::new).to_vec();
        let scenario = Scenario {
            file: "closure.toml".to_owned(),
            sha256: String::new(),
            id: "closure".to_owned(),
            title: "A state of the closure at rest".to_owned(),
            source: None,
            why: None,
            nodes,
            initial: Initial::Synced,
            timers,
            pace: Some(Pace::Rest),
            procedure: "none".to_owned(),
            operators: Operators::default(),
            second_phase: true,
            findings: Vec::new(),
            // As many as a long path takes; each step has limits of its own.
            limit: Span(LIMIT_DEFAULT.as_micros() * 100),
            pack: None,
            tags: Vec::new(),
            options: Options {
                jitter: Jitter::None,
                supervisor,
                ..Options::default()
            },
            steps: Vec::new(),
        };
        let options = RunOptions {
            seed: SEED,
            timers,
            allow_skipped: true,
            ..RunOptions::default()
        };
        Self {
            scenario,
            options,
            timers,
            precision: Precision::Exact,
        }
    }

    /// Returns the same model with keys of another precision.
    #[must_use]
    pub fn with_precision(self, precision: Precision) -> Self {
        Self { precision, ..self }
    }

    /// Returns the nodes' names by place, before any exchange.
    pub fn nodes(&self) -> &[NodeName] {
        &self.scenario.nodes
    }

    /// Returns the synced cluster from which everything begins.
    ///
    /// # Errors
    /// When the initial state is not reached.
    pub fn root(&self) -> Result<Live, BuildError> {
        let setup: Setup = self.scenario.setup(self.timers, SEED);
        let mut world = World::build(&setup)?;
        world.set_traced(false);
        world.forget_trace();
        let begun = Course::begin(&mut world, &self.scenario, &self.options);
        let course = pollster::block_on(begun);
        Ok(Live { world, course })
    }

    /// Returns whether an event has something to act on.
    pub fn applies(&self, event: &Event, live: &Live) -> bool {
        event.applies(&live.world)
    }

    /// Returns the state at rest after an event.
    #[must_use]
    pub fn after(&self, event: &Event, live: &Live) -> Live {
        let steps = event.steps(self.nodes(), live.steps() + 1);
        let mut live = self.after_steps(&steps, live);
        live.course.forget_the_past();
        live
    }

    /// Returns the state after some steps, which may not be at rest. Its run still knows what it has observed.
    #[must_use]
    pub fn after_steps(&self, steps: &[Step], live: &Live) -> Live {
        let mut live = live.clone();
        let (world, course) = (&mut live.world, live.course);
        let played = course.go_on(world, &self.scenario, &self.options, steps);
        let course = pollster::block_on(played);
        Live { course, ..live }
    }

    /// Returns the state when nothing changes any more; `None` if it does not come to rest.
    pub fn rested(&self, live: &Live) -> Option<Live> {
        let mut live = live.clone();
        let (world, course) = (&mut live.world, live.course);
        let played = course.rest(world, &self.scenario, &self.options);
        let (course, at_rest) = pollster::block_on(played);
        at_rest.then_some(Live { course, ..live })
    }

    /// Lets a procedure end a run, beside other operators, on the nodes as they are named.
    pub fn end(&self, procedure: &str, operators: &Operators, mut live: Live) -> RunRecord {
        let scenario = Scenario {
            procedure: procedure.to_owned(),
            operators: operators.clone(),
            ..self.scenario.clone()
        };
        let run = live
            .course
            .conclude(&mut live.world, &scenario, &self.options);
        pollster::block_on(run)
    }

    /// Returns the state at rest after everything that lasts has been ended, as the second phase of a run
    /// begins.
    #[must_use]
    pub fn healed(&self, live: &Live) -> Live {
        let mut live = live.clone();
        let (world, course) = (&mut live.world, live.course);
        let played = course.heal(world, &self.scenario, &self.options);
        let mut course = pollster::block_on(played);
        course.forget_the_past();
        Live { course, ..live }
    }

    /// Returns the key of a state.
    pub fn key(&self, live: &Live) -> Canonical {
        let acknowledged = |tag: &str| live.course.is_acknowledged(tag);
        Canonical::of(&live.world.key(self.precision, acknowledged))
    }

    /// Returns what an operator can see of a state, and the nodes with which he may then begin.
    pub fn sight(&self, live: &Live) -> Sight {
        let seen = live.world.observation(false);
        let choices = live.course.choices(&seen);
        Sight::of(&live.world, self.nodes(), &seen, &choices)
    }

    /// Returns the parts of a state's key in words.
    pub fn explain(&self, live: &Live) -> Vec<String> {
        let acknowledged = |tag: &str| live.course.is_acknowledged(tag);
        let world = live.world.key(self.precision, acknowledged);
        Canonical::of(&world).explain(&world)
    }

    /// Returns the names by place of a case: `names` gives the rank of each place's name.
    fn named(&self, names: &[usize]) -> Vec<NodeName> {
        let mut sorted = self.scenario.nodes.clone();
        sorted.sort();
        names.iter().map(|rank| sorted[*rank].clone()).collect()
    }

    /// Lets the procedure act on a state with its nodes named so, and says what it came to. With a key for ever, it
    /// also says which rules hold the cluster where it did not recover.
    pub fn judge(&self, procedure: &str, live: &Live, names: &[usize]) -> Judged {
        let mut live = live.clone();
        let mut judged = judged(procedure, &self.concluded(procedure, &mut live, names));
        if self.precision != Precision::Exact && !judged.outcome.is_good() {
            judged.rules = live.world.held_by();
        }
        judged
    }

    /// Returns the record of a run that the procedure ends, on a state with its nodes named so.
    pub fn conclude(&self, procedure: &str, live: &Live, names: &[usize]) -> RunRecord {
        self.concluded(procedure, &mut live.clone(), names)
    }

    fn concluded(&self, procedure: &str, live: &mut Live, names: &[usize]) -> RunRecord {
        let names = self.named(names);
        let old = self.scenario.nodes.iter().cloned();
        let new: BTreeMap<NodeName, NodeName> = old.zip(names.iter().cloned()).collect();
        live.world.rename(&names);
        live.course.rename(&new);
        let scenario = Scenario {
            nodes: names,
            procedure: procedure.to_owned(),
            ..self.scenario.clone()
        };
        let (world, course) = (&mut live.world, live.course.clone());
        let run = course.conclude(world, &scenario, &self.options);
        pollster::block_on(run)
    }

    /// Returns the scenario of a path with its nodes named so, read again from its own text: it plays from
    /// the start what the search has played in parts.
    ///
    /// # Panics
    /// When the text that is written cannot be read again: a mistake in the language.
    pub fn scenario(
        &self,
        procedure: &str,
        (id, title): (&str, &str),
        path: &[Event],
        names: &[usize],
    ) -> Scenario {
        let nodes = self.named(names);
        let mut steps = Vec::new();
        for event in path {
            let first = u32::try_from(steps.len() + 1).unwrap_or(u32::MAX);
            steps.extend(event.steps(&nodes, first));
        }
        let written = Scenario {
            file: format!("{id}.toml"),
            id: id.to_owned(),
            title: title.to_owned(),
            nodes,
            procedure: procedure.to_owned(),
            limit: LIMIT_DEFAULT,
            steps,
            ..self.scenario.clone()
        };
        let text = written.to_toml();
        Scenario::parse(&written.file, &text)
            .unwrap_or_else(|error| panic!("invariant: a path is a scenario: {error}\n{text}"))
    }

    /// Returns the cluster in words: what an operator would see of each node.
    pub fn describe(&self, live: &Live) -> String {
        let seen = live.world.observation(false);
        seatrial_scenarios::runner::summary(&seen)
    }
}

/// Returns the outcome of a run with a second phase.
pub fn judged(procedure: &str, record: &RunRecord) -> Judged {
    let cell = Cell::of(procedure, &record.id, record);
    let cause = match cell.outcome {
        Outcome::Lossy => cause_of_loss(&cell.text),
        _ => String::new(),
    };
    Judged {
        outcome: cell.outcome,
        cause,
        text: cell.text,
        rules: BTreeSet::new(),
        choices: record
            .second_phase
            .as_ref()
            .map(|phase| phase.choices.clone())
            .unwrap_or_default(),
    }
}

/// Returns the kind of cause that the oracle of lost writes names.
fn cause_of_loss(text: &str) -> String {
    let cause = text.split_once("cause: ").map_or("", |(_, cause)| cause);
    let kind = cause.split(':').next().unwrap_or_default();
    if kind.is_empty() {
        "not attributed".to_owned()
    } else {
        kind.to_owned()
    }
}
