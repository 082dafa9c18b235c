//! The search from known states: seeds begin in worlds that are kept, and not in a synced cluster.
//!
//! The states come from a file of `prove`. A block has 16 seeds as everywhere. The first 12 begin in one state each, in
//! the order of the file, so that each state has its turn before the first has its second. The last 4 go deeper: each
//! goes on from where one of the 12 has ended before its procedure, first from those that reached most. A block
//! depends on nothing but its number, and a campaign may be cut between blocks.
//!
//! Simulated times do not vary (`jitter = "none"`), as in the search that found the states. A run that begins in a
//! kept world is the run that plays the whole way from a synced cluster.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use seatrial_scenarios::language::{Pace, Step};
use seatrial_scenarios::panic_text;
use seatrial_scenarios::schedule::{Op, Play, Schedule, Vocabulary};
use seatrial_scenarios::{Jitter, Scenario};
use serde::{Deserialize, Serialize};

use crate::prove::{Event, Live, Starts, States};

use super::{BLOCK, FRESH, Options, Played, SeedRecord, play_of, sometimes, swarm};

/// The way to where a seed begins.
#[derive(Clone, Debug)]
pub struct Way {
    /// The number of the state in the file.
    pub state: usize,
    /// The steps that lead to it from a synced cluster.
    pub steps: Vec<Step>,
    /// Whether the steps after them wait for rest.
    pub pace: Pace,
}

/// The part of a seed's record that only the search from known states has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Went {
    /// The number of the state from which it went on.
    pub state: usize,
    /// The seed whose end it went on from, if it went deeper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// The key of the state at rest in front of the procedure; none if the cluster did not come to rest.
    pub reached: Option<String>,
    /// Whether the file has no state of this key.
    pub is_new: bool,
    /// The properties of [`sometimes::all`] that the run has.
    pub sometimes: BTreeSet<String>,
}

impl Options {
    /// Returns these options for the cluster of known states.
    #[must_use]
    pub fn on(self, states: &States) -> Self {
        let nodes = states.model().nodes().to_vec();
        Self {
            vocabulary: Vocabulary {
                nodes,
                ..self.vocabulary
            },
            timers: states.header.timers,
            cluster: seatrial_scenarios::Options {
                supervisor: states.header.supervisor,
                jitter: Jitter::None,
                ..seatrial_scenarios::Options::default()
            },
            ..self
        }
    }
}

/// Returns the state in which a seed begins that goes on from no other one.
fn state_of(seed: u64, states: usize) -> usize {
    let turn = seed / BLOCK * FRESH + seed % BLOCK;
    let states = u64::try_from(states).expect("invariant: a number of states");
    usize::try_from(turn % states).expect("invariant: it is below the number of states")
}

/// Returns the states in which the seeds of some blocks begin.
pub fn wanted(blocks: &[u64], states: usize) -> BTreeSet<usize> {
    let seeds = blocks
        .iter()
        .flat_map(|block| block * BLOCK..block * BLOCK + FRESH);
    seeds.map(|seed| state_of(seed, states)).collect()
}

/// A seed that was played, with the world in which its own steps have ended.
struct Ended {
    played: Played,
    live: Option<Live>,
    ops_before: Vec<Op>,
}

/// Plays a block of seeds from known states. The result depends on the states, the options and the block's number
/// alone.
pub fn play_block_from(starts: &Starts<'_>, options: &Options, block: u64) -> Vec<Played> {
    let first = block * BLOCK;
    let mut reached = BTreeSet::new();
    let mut worth = Vec::new();
    let mut fresh: Vec<Ended> = Vec::new();
    for seed in first..first + FRESH {
        let ended = begin(starts, options, seed);
        let before = reached.len();
        let record = &ended.played.record;
        reached.extend(record.states.iter().map(u64::to_string));
        reached.extend(record.went.iter().filter_map(|went| went.reached.clone()));
        worth.push((reached.len() - before, fresh.len()));
        fresh.push(ended);
    }
    worth.sort_by_key(|(new, place)| (std::cmp::Reverse(*new), *place));
    let mut deeper = Vec::new();
    for (seed, (_, parent)) in (first + FRESH..first + BLOCK).zip(worth) {
        deeper.push(go_deeper(starts, options, &fresh[parent], seed));
    }
    let all = fresh.into_iter().map(|ended| ended.played);
    all.chain(deeper).collect()
}

/// Plays a seed from a known state.
fn begin(starts: &Starts<'_>, options: &Options, seed: u64) -> Ended {
    let state = state_of(seed, starts.states().states.len());
    let path = starts.states().path(state);
    let nodes = starts.model().nodes();
    let mut steps: Vec<Step> = Vec::new();
    for event in &path {
        let first = u32::try_from(steps.len() + 1).expect("invariant: a path is short");
        steps.extend(event.steps(nodes, first));
    }
    let ops_before: Vec<Op> = path.iter().flat_map(ops_of).collect();
    let way = Way {
        state,
        steps,
        pace: play_of(options, seed).pace,
    };
    let schedule = draw(options, seed, &ops_before);
    play(
        starts,
        options,
        (way, schedule, ops_before),
        (&starts.live(state), None),
        seed,
    )
}

/// Plays a seed from where another one has ended.
fn go_deeper(starts: &Starts<'_>, options: &Options, parent: &Ended, seed: u64) -> Played {
    let (Some(live), Some(way)) = (&parent.live, &parent.played.way) else {
        // The other one has panicked, which its record says.
        return begin(starts, options, seed).played;
    };
    let before = parent.ops_before.iter().chain(&parent.played.schedule.ops);
    let before: Vec<Op> = before.cloned().collect();
    let drawn = draw(options, seed, &before);
    let ops = parent.played.schedule.ops.iter().cloned();
    let schedule = Schedule {
        ops: ops.chain(drawn.ops).collect(),
        ..drawn
    };
    let ended = play(
        starts,
        options,
        (way.clone(), schedule, parent.ops_before.clone()),
        (live, Some(parent.played.record.seed)),
        seed,
    );
    ended.played
}

fn draw(options: &Options, seed: u64, before: &[Op]) -> Schedule {
    let vocabulary = swarm(&options.vocabulary, seed);
    Schedule {
        options: options.cluster.clone(),
        ..Schedule::draw_after(&vocabulary, seed, before)
    }
}

/// Plays the steps of a schedule that `live` has not played yet, and lets the procedure act.
fn play(
    starts: &Starts<'_>,
    options: &Options,
    (way, schedule, ops_before): (Way, Schedule, Vec<Op>),
    (live, after): (&Live, Option<u64>),
    seed: u64,
) -> Ended {
    let went = Went {
        state: way.state,
        after,
        reached: None,
        is_new: false,
        sometimes: BTreeSet::new(),
    };
    let record = SeedRecord {
        went: Some(went),
        ..SeedRecord::unplayed(seed, schedule.ops.len())
    };
    let mut played = Played {
        record,
        schedule,
        way: Some(way),
    };
    let scenario = played.scenario(options);
    let model = starts.model();
    let run = catch_unwind(AssertUnwindSafe(|| {
        let from = usize::try_from(live.steps()).expect("invariant: a run has a few steps");
        let ended = model.after_steps(&scenario.steps[from..], live);
        let rested = model.rested(&ended);
        let run = model.end(&options.procedure, &options.operators, ended.clone());
        (ended, rested, run)
    }));
    let record = &mut played.record;
    let live = match run {
        Ok((ended, rested, run)) => {
            record.learn(&run, live.steps() + 1..=ended.steps());
            if let Some(went) = &mut record.went {
                let rules = rested.as_ref().map(Live::held_by).unwrap_or_default();
                went.sometimes = sometimes::of_run(&run, &rules);
                let key = rested.map(|rested| model.key(&rested).key);
                went.is_new = key.is_some_and(|key| !starts.knows(key));
                went.reached = key.map(|key| key.to_string());
            }
            Some(ended)
        }
        Err(panic) => {
            record.panic = Some(panic_text(&*panic).to_owned());
            None
        }
    };
    Ended {
        played,
        live,
        ops_before,
    }
}

impl Played {
    /// Returns the scenario of the seed: it plays everything from a synced cluster.
    pub fn scenario(&self, options: &Options) -> Scenario {
        let seed = self.record.seed;
        let Some(way) = &self.way else {
            return super::scenario_of(options, &self.schedule, seed);
        };
        let play = Play {
            pace: way.pace,
            procedure: Some(options.procedure.clone()),
        };
        let title = format!("Found by exploration with seed {seed}");
        let mut scenario = self
            .schedule
            .unwritten(&format!("explored-{seed}"), &title, &play);
        scenario.operators = options.operators.clone();
        scenario.timers = options.timers;
        let own = std::mem::take(&mut scenario.steps);
        let own = own.into_iter().map(|step| Step {
            pace: step.pace.or(Some(way.pace)),
            ..step
        });
        let all = way.steps.iter().cloned().chain(own);
        scenario.steps = (1..)
            .zip(all)
            .map(|(number, step)| Step { number, ..step })
            .collect();
        scenario
    }
}

/// Returns the ops that do what an event does, for a rough idea of what they leave.
fn ops_of(event: &Event) -> Vec<Op> {
    match event {
        Event::Write(node) => vec![Op::Write {
            node: *node,
            rows: 1,
        }],
        Event::End { stop, kill } => vec![Op::Terminate(kill.clone()), Op::Stop(stop.clone())],
        Event::Start(nodes) => vec![Op::Start(nodes.clone())],
        Event::Hang(nodes) => nodes.iter().map(|node| Op::Hang(*node)).collect(),
        Event::Resume(nodes) => nodes.iter().map(|node| Op::Resume(*node)).collect(),
        Event::Partition(groups) => {
            let mut of_node: Vec<(usize, u8)> = (0_u8..)
                .zip(groups)
                .flat_map(|(group, nodes)| nodes.iter().map(move |node| (*node, group)))
                .collect();
            of_node.sort_unstable();
            vec![Op::Partition(
                of_node.into_iter().map(|(_, group)| group).collect(),
            )]
        }
        Event::Heal => vec![Op::Heal],
        Event::Bootstrap(node) => vec![Op::Bootstrap(*node)],
        Event::Force(node) => vec![Op::Force(*node)],
        Event::PcBootstrap(node) => vec![Op::PcBootstrap(*node)],
        Event::Damage { node, file, how } => vec![Op::Damage {
            node: *node,
            file: *file,
            how: *how,
        }],
    }
}
