//! Searches random schedules for failures that no scenario describes. It counts what they reach and find.
//!
//! A campaign is a range of seeds. A seed names a schedule, the schedule is played on `des`, a
//! procedure then has to recover, and the oracles judge. Seeds come in blocks: the first of a block
//! are drawn afresh, each from a swarm of its own (which kinds of ops exist at all is part of the
//! draw), the last are mutants of those of the block that reached most. So a block depends on nothing
//! but its number, and a campaign may be cut into shards anywhere between blocks.

mod classes;
mod coverage;
mod from;
pub mod shard;
mod shrink;
pub mod sometimes;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};

use seatrial_scenarios::language::{Action, Operators, Pace, ProcedureStep, Step, Workload};
use seatrial_scenarios::oracles::ANOMALIES;
use seatrial_scenarios::outcome::Outcome;
use seatrial_scenarios::record::WriteOutcome;
use seatrial_scenarios::runner::{self, RunOptions};
use seatrial_scenarios::schedule::{Play, Schedule, Vocabulary, Word};
use seatrial_scenarios::{FaultOutcome, RunRecord, Scenario, Span, Timers, panic_text};
use serde::{Deserialize, Serialize};

use crate::des::Templates;
use crate::keyed::Keyed;
use crate::prove::SEED;

pub use classes::{Class, classes};
pub use coverage::abstract_states;
pub use from::{Way, Went, play_block_from, wanted};
pub use shard::Kind;
pub use shrink::{Goal, Shrunk, reduce, reduce_to, shrink};

/// Seeds in a block.
pub const BLOCK: u64 = 16;
/// The number of the first ones that are drawn afresh.
const FRESH: u64 = 12;

/// The rows that the clients of a workload share.
const ROWS: u32 = 2;

/// The longest time between two transactions of such a client. A shorter one makes histories of many thousand reads.
const PAUSE: Span = Span::from_secs(1);

/// The options of a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The procedure that has to recover.
    pub procedure: String,
    /// Where its operator sits, and who acts beside it.
    pub operators: Operators,
    /// Whether the operators act before anything is healed, too.
    pub while_broken: bool,
    /// The vocabulary of the schedules.
    pub vocabulary: Vocabulary,
    /// The timeouts, where they are not the defaults.
    pub timers: Option<Timers>,
    /// The options of the clusters.
    pub cluster: seatrial_scenarios::Options,
    /// Clients on each node that read rows and append to them, from the first step until the last; 0 for none.
    pub clients: u32,
}

impl Options {
    /// Returns those of the usual search: everything is drawn, for clusters as they are installed.
    pub fn of(procedure: &str) -> Self {
        Self {
            procedure: procedure.to_owned(),
            operators: Operators::default(),
            while_broken: false,
            vocabulary: Vocabulary::search(),
            timers: None,
            cluster: seatrial_scenarios::Options::default(),
            clients: 0,
        }
    }

    /// Draws the schedule of a seed from a vocabulary of its own.
    fn draw(&self, seed: u64) -> Schedule {
        let schedule = Schedule::draw(&swarm(&self.vocabulary, seed), seed);
        Schedule {
            options: self.cluster.clone(),
            ..schedule
        }
    }
}

/// The result of a seed: a line of a shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeedRecord {
    /// The seed.
    pub seed: u64,
    /// The outcome of the run.
    pub outcome: Outcome,
    /// The names of the oracles that fired.
    pub oracles: BTreeSet<String>,
    /// The number of ops that the schedule has.
    pub ops: usize,
    /// The number of ops that had nothing to act on.
    pub skipped: usize,
    /// Simulated milliseconds.
    pub simulated_ms: u64,
    /// The abstract states that were reached, as hashes.
    pub states: BTreeSet<u64>,
    /// The text of a panic: a bug of this program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub panic: Option<String>,
    /// Where it went on from, and what it reached; none for a seed that began in a synced cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub went: Option<Went>,
}

impl SeedRecord {
    /// Returns the kinds of findings that the run is one of: a bad outcome, and each anomaly of its clients' history.
    pub fn kinds(&self) -> Vec<Kind> {
        let is_anomaly = |name: &String| ANOMALIES.contains(&name.as_str());
        let (anomalies, others): (BTreeSet<String>, BTreeSet<String>) =
            self.oracles.iter().cloned().partition(is_anomaly);
        let outcome = (!self.outcome.is_good()).then_some(Kind::Outcome(self.outcome, others));
        let anomalies = anomalies.into_iter().map(Kind::Anomaly);
        outcome.into_iter().chain(anomalies).collect()
    }

    /// Returns the record of a seed that has not been played, with so many ops.
    const fn unplayed(seed: u64, ops: usize) -> Self {
        Self {
            seed,
            outcome: Outcome::Error,
            oracles: BTreeSet::new(),
            ops,
            skipped: 0,
            simulated_ms: 0,
            states: BTreeSet::new(),
            panic: None,
            went: None,
        }
    }

    /// Writes down what the seed's run has come to. `own` are the steps of its schedule.
    fn learn(&mut self, run: &RunRecord, own: RangeInclusive<u32>) {
        self.outcome = Outcome::of(run);
        self.oracles = run.findings.iter().map(|f| f.oracle.clone()).collect();
        self.skipped = skipped_steps(run, own);
        self.simulated_ms = run.simulated_ms;
        self.states = abstract_states(run);
    }
}

/// A seed of a block, with what it played.
#[derive(Clone, Debug)]
pub struct Played {
    /// The record.
    pub record: SeedRecord,
    /// The schedule.
    pub schedule: Schedule,
    /// The way to where it began; none for a synced cluster.
    pub way: Option<Way>,
}

impl Played {
    /// Returns the master seed of the run: the search from known states has one for all of them.
    pub const fn master_seed(&self) -> u64 {
        match self.way {
            None => self.record.seed,
            Some(_) => SEED,
        }
    }
}

/// Returns the pace and procedure of a seed: half of the schedules rest after each step, half do not.
fn play_of(options: &Options, seed: u64) -> Play {
    Play {
        pace: if seed.is_multiple_of(2) {
            Pace::Next
        } else {
            Pace::Rest
        },
        procedure: Some(options.procedure.clone()),
    }
}

/// Returns the scenario of a schedule in a campaign.
pub fn scenario_of(options: &Options, schedule: &Schedule, seed: u64) -> Scenario {
    let title = format!("Found by exploration with seed {seed}");
    let mut scenario =
        schedule.unwritten(&format!("explored-{seed}"), &title, &play_of(options, seed));
    scenario.operators = options.operators.clone();
    if options.clients > 0 {
        under_workload(&mut scenario, options.clients);
    }
    if options.while_broken {
        let number = u32::try_from(scenario.steps.len()).unwrap_or(u32::MAX);
        let acts = Action::Procedure(ProcedureStep {
            name: options.procedure.clone(),
            ends: None,
            operators: options.operators.clone(),
        });
        let step = Step::unwritten(number.saturating_add(1), acts);
        scenario.steps.push(step);
    }
    scenario
}

/// Lets clients work on all nodes from the first step until the last.
fn under_workload(scenario: &mut Scenario, clients: u32) {
    let workload = |clients| {
        Action::Workload(Workload {
            nodes: scenario.nodes.clone(),
            clients,
            rows: ROWS,
            causal: false,
            pause: Some(PAUSE),
            span: None,
        })
    };
    let (begin, end) = (workload(clients), workload(0));
    let steps = std::mem::take(&mut scenario.steps);
    let begin = Step::unwritten(1, begin);
    let end = Step::unwritten(1, end);
    let steps = [begin].into_iter().chain(steps).chain([end]);
    scenario.steps = (1_u32..)
        .zip(steps)
        .map(|(number, step)| Step { number, ..step })
        .collect();
}

/// Swarm testing: each seed draws which kinds of ops exist at all.
fn swarm(vocabulary: &Vocabulary, seed: u64) -> Vocabulary {
    let keyed = Keyed::new(seed);
    let always = [Word::Write, Word::Start];
    let words = vocabulary
        .words
        .iter()
        .enumerate()
        .filter(|(index, word)| {
            always.contains(word) || keyed.between("swarm", &[*index as u64], 0, 99) < 55
        })
        .map(|(_, word)| *word)
        .collect();
    Vocabulary {
        words,
        ..vocabulary.clone()
    }
}

/// Plays a scenario and looks at it. A panic is a bug of ours, caught and told.
pub fn play(
    templates: &mut Templates,
    scenario: &Scenario,
    seed: u64,
    timers: Option<Timers>,
) -> Result<RunRecord, String> {
    let options = RunOptions {
        seed,
        timers,
        allow_skipped: true,
        ..RunOptions::default()
    };
    play_with(templates, scenario, &options)
}

/// Returns the same with other options.
pub fn play_with(
    templates: &mut Templates,
    scenario: &Scenario,
    options: &RunOptions,
) -> Result<RunRecord, String> {
    let setup = scenario.setup(options.timers, options.seed);
    let run = catch_unwind(AssertUnwindSafe(|| {
        let mut world = templates
            .untraced(&setup)
            .map_err(|error| error.to_string())?;
        Ok(pollster::block_on(runner::run(
            &mut world, scenario, options,
        )))
    }));
    run.unwrap_or_else(|panic| Err(panic_text(&*panic).to_owned()))
}

/// Returns how many of some steps had nothing to act on: every fault of theirs was skipped, every write
/// went to a machine without a server.
fn skipped_steps(run: &RunRecord, steps: RangeInclusive<u32>) -> usize {
    let faults = run.faults.iter().map(|fault| {
        let skipped = matches!(fault.outcome, FaultOutcome::Skipped(_));
        (fault.step, skipped)
    });
    let writes = run.writes.iter().map(|write| {
        let nobody = matches!(write.outcome, WriteOutcome::Refused { code: 2002, .. });
        (write.step, nobody)
    });
    let mut by_step: BTreeMap<u32, bool> = BTreeMap::new();
    for (step, skipped) in faults.chain(writes) {
        *by_step.entry(step).or_insert(true) &= skipped;
    }
    let skipped = by_step.into_iter();
    skipped
        .filter(|(step, skipped)| *skipped && steps.contains(step))
        .count()
}

fn play_schedule(
    templates: &mut Templates,
    options: &Options,
    schedule: Schedule,
    seed: u64,
) -> Played {
    let scenario = scenario_of(options, &schedule, seed);
    let mut record = SeedRecord::unplayed(seed, schedule.ops.len());
    match play(templates, &scenario, seed, options.timers) {
        Ok(run) => {
            let last = u32::try_from(scenario.steps.len()).unwrap_or(u32::MAX);
            record.learn(&run, 0..=last);
        }
        Err(text) => record.panic = Some(text),
    }
    Played {
        record,
        schedule,
        way: None,
    }
}

/// Plays a seed that its block draws afresh; none where it is a mutant, which depends on what the
/// others of its block reached.
pub fn play_fresh(templates: &mut Templates, options: &Options, seed: u64) -> Option<Played> {
    let schedule = options.draw(seed);
    (seed % BLOCK < FRESH).then(|| play_schedule(templates, options, schedule, seed))
}

/// Plays a schedule of a seed as a campaign with these options would.
pub fn play_again(
    templates: &mut Templates,
    options: &Options,
    schedule: &Schedule,
    seed: u64,
) -> SeedRecord {
    play_schedule(templates, options, schedule.clone(), seed).record
}

/// Plays a block of seeds. The result depends on the options and the block's number alone.
pub fn play_block(templates: &mut Templates, options: &Options, block: u64) -> Vec<Played> {
    let mut played: Vec<Played> = Vec::new();
    let first = block * BLOCK;
    let mut reached = BTreeSet::new();
    let mut worth: BTreeMap<usize, usize> = BTreeMap::new();
    for seed in first..first + FRESH {
        let schedule = options.draw(seed);
        let done = play_schedule(templates, options, schedule, seed);
        let before = reached.len();
        reached.extend(done.record.states.iter().copied());
        worth.insert(played.len(), reached.len() - before);
        played.push(done);
    }
    let mut parents: Vec<usize> = worth.keys().copied().collect();
    parents.sort_by_key(|parent| (std::cmp::Reverse(worth[parent]), *parent));
    for (seed, parent) in (first + FRESH..first + BLOCK).zip(parents) {
        let schedule = played[parent].schedule.mutated(&options.vocabulary, seed);
        played.push(play_schedule(templates, options, schedule, seed));
    }
    played
}
