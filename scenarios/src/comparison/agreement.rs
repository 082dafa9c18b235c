//! Compares what several engines observed in the same scenario.
//!
//! Compared are the observations at rest, step by step and field by field, in a form that does not
//! depend on an engine's own counting: uuids by first appearance, `conf_id` and positions by their
//! change since the step before and by their rank between the nodes. Times are not compared.
//!
//! Excluded, because real nodes reach several outcomes by a race: the changes and ranks of
//! `conf_id` and positions in a step in which two or more nodes start or stop in one instant; the
//! rows of a background load, whose number depends on the engine's speed; everything in a step in
//! which an engine was not at rest.
//!
//! A scenario may declare a race and its outcomes (`expect = { any = … }`). Each engine's outcome is in
//! the declared set, or its run fails. Where all engines end it alike, in every field, the comparison
//! goes on; where they do not, it ends for this run at the step that began the race: what follows a
//! fork in the road cannot be compared field by field. How many races ended which way is counted.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use seatrial_port::{NodeName, NodeObservation};
use serde::{Deserialize, Serialize};

use crate::trial::record::{RunRecord, StepObservation};

/// The agreement of engines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Agreement {
    /// Fields compared.
    pub compared: u64,
    /// Fields equal on all engines.
    pub equal: u64,
    /// Steps compared.
    pub steps_compared: u64,
    /// Steps in which every compared field is equal.
    pub steps_equal: u64,
    /// The fields that differ.
    pub differing: Vec<Difference>,
    /// The races that the scenarios declare, and how each ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub races: Vec<Race>,
    /// The number of fields that were left out, by the reason.
    #[serde(default)]
    pub excluded: BTreeMap<String, u64>,
    /// The number of fields that were compared in each step, and of those that are equal; of all runs together.
    #[serde(skip)]
    pub by_step: BTreeMap<u32, [u64; 2]>,
}

/// A field in which engines differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// The scenario's id.
    pub scenario: String,
    /// The step.
    pub step: u32,
    /// The node.
    pub node: NodeName,
    /// The field.
    pub field: String,
    /// The value by engine.
    pub values: BTreeMap<String, String>,
}

/// A declared race that two or more engines ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Race {
    /// The scenario's id.
    pub scenario: String,
    /// The master seed.
    pub seed: u64,
    /// The step that began it.
    pub from: u32,
    /// The step whose check names the outcomes.
    pub step: u32,
    /// The outcome by engine.
    pub outcomes: BTreeMap<String, String>,
    /// Every engine ended in the same outcome and shows the same of every node.
    pub alike: bool,
}

const PARTED: &str = "the engines ended a declared race in different ways";
const NOT_AT_REST: &str = "an engine was not at rest";
const UNSTABLE: &str = "two or more nodes start or stop at one instant: their order is a race";
const LOAD_ROWS: &str = "the number of rows of a background load depends on the engine's speed";

/// The counters that are compared by change and by rank.
const COUNTERS: [&str; 3] = ["conf_id", "last_committed", "grastate.seqno"];

impl Agreement {
    /// Compares the records of each scenario and seed that ran on two or more engines.
    pub fn of(runs: &[RunRecord]) -> Self {
        let mut groups: BTreeMap<(&str, u64), BTreeMap<&str, &RunRecord>> = BTreeMap::new();
        for run in runs {
            groups
                .entry((&run.id, run.seed))
                .or_default()
                .entry(&run.engine)
                .or_insert(run);
        }
        let mut agreement = Self::default();
        for ((scenario, seed), engines) in groups {
            if engines.len() > 1 {
                agreement.add(scenario, seed, &engines);
            }
        }
        agreement
    }

    fn add(&mut self, scenario: &str, seed: u64, engines: &BTreeMap<&str, &RunRecord>) {
        let at_rest = at_rest(engines);
        let seen: BTreeMap<&str, BTreeMap<u32, Seen<'_>>> = engines
            .iter()
            .map(|(engine, run)| (*engine, fields_of(run, &at_rest)))
            .collect();
        let steps: BTreeSet<u32> = seen.values().flat_map(BTreeMap::keys).copied().collect();
        let parted = self.add_races(scenario, seed, engines, &seen);
        for step in steps {
            // A step that only some engines played has nothing to be compared with.
            let views: Option<BTreeMap<&str, &Seen<'_>>> = seen
                .iter()
                .map(|(engine, steps)| steps.get(&step).map(|view| (*engine, view)))
                .collect();
            if let Some(views) = views {
                let parted = parted.is_some_and(|from| step >= from);
                self.add_step(scenario, step, &views, parted);
            }
        }
    }

    /// Takes down the races that all engines have ended, up to the first in which they part; says
    /// at which step they do.
    fn add_races(
        &mut self,
        scenario: &str,
        seed: u64,
        engines: &BTreeMap<&str, &RunRecord>,
        seen: &BTreeMap<&str, BTreeMap<u32, Seen<'_>>>,
    ) -> Option<u32> {
        let races = engines.values().next().map(|run| run.races.as_slice());
        for race in races.unwrap_or_default() {
            let outcomes: BTreeMap<String, String> = engines
                .iter()
                .filter_map(|(engine, run)| {
                    let end = run.races.iter().find(|other| other.step == race.step)?;
                    Some(((*engine).to_owned(), end.outcome.clone()))
                })
                .collect();
            if outcomes.len() < engines.len() {
                return None;
            }
            let views: Vec<_> = seen
                .values()
                .map(|steps| steps.get(&race.step).map(|view| &view.fields))
                .collect();
            let alike = outcomes.values().all(|name| *name == race.outcome)
                && views.windows(2).all(|pair| pair[0] == pair[1]);
            self.races.push(Race {
                scenario: scenario.to_owned(),
                seed,
                from: race.from,
                step: race.step,
                outcomes,
                alike,
            });
            if !alike {
                return Some(race.from);
            }
        }
        None
    }

    fn add_step(
        &mut self,
        scenario: &str,
        step: u32,
        views: &BTreeMap<&str, &Seen<'_>>,
        parted: bool,
    ) {
        let at_rest = views.values().all(|view| view.observation.at_rest);
        let unstable = views.values().any(|view| view.unstable);
        let load = views.values().any(|view| view.load_rows);
        let keys: BTreeSet<&(NodeName, String)> =
            views.values().flat_map(|view| view.fields.keys()).collect();
        let (mut compared, mut equal) = (0, 0);
        for key in keys {
            let reason = if parted {
                Some(PARTED)
            } else if !at_rest {
                Some(NOT_AT_REST)
            } else if unstable && COUNTERS.iter().any(|counter| key.1.starts_with(counter)) {
                Some(UNSTABLE)
            } else {
                (load && key.1 == "rows").then_some(LOAD_ROWS)
            };
            if let Some(reason) = reason {
                *self.excluded.entry(reason.to_owned()).or_default() += 1;
                continue;
            }
            let values: BTreeMap<String, String> = views
                .iter()
                .map(|(engine, view)| {
                    let value = view.fields.get(key).cloned().unwrap_or_else(none);
                    ((*engine).to_owned(), value)
                })
                .collect();
            compared += 1;
            if values.values().collect::<BTreeSet<_>>().len() == 1 {
                equal += 1;
            } else {
                self.differing.push(Difference {
                    scenario: scenario.to_owned(),
                    step,
                    node: key.0.clone(),
                    field: key.1.clone(),
                    values,
                });
            }
        }
        self.compared += compared;
        self.equal += equal;
        let [compared_here, equal_here] = self.by_step.entry(step).or_default();
        *compared_here += compared;
        *equal_here += equal;
        if compared > 0 {
            self.steps_compared += 1;
            self.steps_equal += u64::from(compared == equal);
        }
    }
}

/// The observation of one engine after a step.
struct Seen<'a> {
    observation: &'a StepObservation,
    fields: BTreeMap<(NodeName, String), String>,
    load_rows: bool,
    /// The changes since the last step at rest depend on a race.
    unstable: bool,
}

fn none() -> String {
    "none".to_owned()
}

/// Returns the steps after which every engine was at rest.
fn at_rest(engines: &BTreeMap<&str, &RunRecord>) -> BTreeSet<u32> {
    let of = |run: &&RunRecord| {
        let observations = run.observations.iter();
        let rests = observations.filter(|observation| observation.at_rest);
        rests.map(|observation| observation.step).collect()
    };
    let mut all = engines.values().map(of);
    let first: BTreeSet<u32> = all.next().unwrap_or_default();
    all.fold(first, |both, one| &both & &one)
}

/// Returns the fields of each step. A change is one since the last step at rest: in between, engines are at different
/// points of the way.
fn fields_of<'a>(run: &'a RunRecord, at_rest: &BTreeSet<u32>) -> BTreeMap<u32, Seen<'a>> {
    let mut steps = BTreeMap::new();
    let mut before: Option<&StepObservation> = None;
    let mut rested = false;
    let mut unstable = false;
    for observation in &run.observations {
        let mut fields = BTreeMap::new();
        for (name, node) in &observation.nodes {
            let mut put = |field: &str, value: String| {
                fields.insert((name.clone(), field.to_owned()), value);
            };
            plain_fields(node, &mut put);
            for counter in COUNTERS {
                let now = counter_of(node, counter);
                // The first step has no step before it: only ranks are compared there.
                if let Some(before) = before {
                    let then = before
                        .nodes
                        .get(name)
                        .map_or(Counter::Missing, |node| counter_of(node, counter));
                    put(&format!("{counter} (change)"), change(then, now));
                }
                let rank = rank(observation, now, counter);
                put(&format!("{counter} (rank)"), rank);
            }
        }
        let load_rows = observation
            .nodes
            .values()
            .any(|node| node.rows.iter().flatten().any(|tag| tag.starts_with('l')));
        unstable |= observation.unstable.is_some();
        steps.insert(
            observation.step,
            Seen {
                observation,
                fields,
                load_rows,
                unstable,
            },
        );
        let rests = at_rest.contains(&observation.step);
        if rests || !rested {
            before = Some(observation);
            rested |= rests;
            unstable = false;
        }
    }
    steps
}

fn plain_fields(node: &NodeObservation, put: &mut impl FnMut(&str, String)) {
    fn text<T: std::fmt::Display>(value: Option<T>) -> String {
        value.map_or_else(none, |value| value.to_string())
    }
    let NodeObservation {
        arbitrator,
        process,
        exit,
        reversed: _,
        cluster_status,
        cluster_size,
        ready,
        connected,
        local_state,
        conf_id: _,
        last_committed: _,
        state_uuid,
        local_state_uuid,
        grastate,
        gvwstate,
        rows,
        history: _,
    } = node;
    put("process", format!("{process:?}").to_lowercase());
    // How a server that gives itself up ends differs between versions: MariaDB 10.11 by SIGABRT,
    // 11.8 by SIGSEGV.
    let exit = exit.map(|code| match code {
        134 | 139 => "aborted".to_owned(),
        code => code.to_string(),
    });
    put("exit", text(exit));
    put("cluster_status", text(cluster_status.as_ref()));
    put("cluster_size", text(*cluster_size));
    put("ready", text(ready.as_ref()));
    put("connected", text(connected.as_ref()));
    put("local_state", text(local_state.as_ref()));
    put("state_uuid", text(state_uuid.as_ref()));
    put("local_state_uuid", text(local_state_uuid.as_ref()));
    put(
        "grastate.uuid",
        text(grastate.as_ref().map(|file| &file.uuid)),
    );
    let safe = grastate.as_ref().map(|file| file.safe_to_bootstrap);
    put("grastate.safe_to_bootstrap", text(safe));
    put(
        "gvwstate.members",
        text(gvwstate.as_ref().map(|file| file.members.join(","))),
    );
    // An arbitrator has no table, which an engine may show as an empty one.
    if !arbitrator {
        put("rows", text(rows.as_ref().map(|rows| rows.join(","))));
    }
}

/// The value of a counter.
#[derive(Clone, Copy)]
enum Counter {
    /// There is no such variable or file now.
    Missing,
    /// It says that it is undefined: -1.
    Undefined,
    /// A number.
    Is(i128),
}

fn counter_of(node: &NodeObservation, counter: &str) -> Counter {
    let position = |seqno: i64| i128::from(seqno);
    let number = match counter {
        // Outside a primary component the variable prints -1 as an unsigned number.
        "conf_id" => node.conf_id.as_deref().map(|text| {
            text.parse::<i128>()
                .ok()
                .filter(|id| *id != i128::from(u64::MAX))
                .unwrap_or(-1)
        }),
        "last_committed" => node.last_committed.map(position),
        _ => node.grastate.as_ref().map(|file| position(file.seqno)),
    };
    match number {
        None => Counter::Missing,
        Some(number) if number < 0 => Counter::Undefined,
        Some(number) => Counter::Is(number),
    }
}

fn change(then: Counter, now: Counter) -> String {
    match (then, now) {
        (Counter::Is(then), Counter::Is(now)) => format!("{:+}", now - then),
        (_, Counter::Is(_)) => "appears".to_owned(),
        (_, Counter::Undefined) => "undefined".to_owned(),
        (_, Counter::Missing) => none(),
    }
}

/// Returns the place of a value among those of all nodes, from 1; equal values share a place.
fn rank(observation: &StepObservation, value: Counter, counter: &str) -> String {
    match value {
        Counter::Is(value) => {
            let values: BTreeSet<i128> = observation
                .nodes
                .values()
                .filter_map(|node| match counter_of(node, counter) {
                    Counter::Is(number) => Some(number),
                    Counter::Missing | Counter::Undefined => None,
                })
                .collect();
            (values.range(..value).count() + 1).to_string()
        }
        Counter::Undefined => "undefined".to_owned(),
        Counter::Missing => none(),
    }
}
