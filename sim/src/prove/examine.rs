//! The decision table of the procedure `optimal`, examined on every state of a search.
//!
//! For each state: which rows the procedure goes by, and what it comes to. Then the first act is replaced by each
//! other act, and the procedure goes on by the table from there. So a row is shown to be safe in all states in which
//! it decides, and to be the best first step: no other act does better in any of them.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_scenarios::NodeName;
use seatrial_scenarios::outcome::Outcome;
use seatrial_scenarios::procedures::beginning_with;
use seatrial_scenarios::procedures::optimal_table::{Act, TABLE};
use serde::Serialize;

use super::search::replayed;
use super::{Live, Model, Searched, Workers, judged};

/// The procedure that is examined.
const OPTIMAL: &str = "optimal";

/// How a state ends, with the effort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ending {
    outcome: Outcome,
    commands: u64,
    took_ms: u64,
}

/// One state, examined.
struct Examined {
    state: usize,
    /// The rows that decided, in their order.
    rows: Vec<u32>,
    own: Ending,
    /// What came of each other first act; `None` where the others were not tried.
    others: Option<Vec<(Act, Ending)>>,
}

/// What a row of the table came to.
#[derive(Clone, Debug, Serialize)]
pub struct RowReport {
    /// Its number.
    pub row: u32,
    /// Its signs in words.
    pub when: Vec<&'static str>,
    /// The act.
    pub act: &'static str,
    /// Why.
    pub why: &'static str,
    /// The states in which it decides first.
    pub first: usize,
    /// The states in which it decides at all.
    pub decides: usize,
    /// What the states in which it decides first come to.
    pub outcomes: BTreeMap<&'static str, usize>,
    /// The states in which it decides first and every other first act was tried, too.
    pub compared: usize,
    /// Other first acts that come to the same in all of the compared states, and how many fewer commands they take
    /// over all (negative: more).
    pub as_good: Vec<Other>,
    /// Other first acts that do worse in some of these states.
    pub worse: Vec<Other>,
    /// Other first acts that do better in some of these states and worse in none: the table is not the best.
    pub better: Vec<Other>,
    /// A state in which it decides first, as the path to it.
    pub example: Vec<String>,
}

/// Another first act.
#[derive(Clone, Debug, Serialize)]
pub struct Other {
    /// The act.
    pub act: &'static str,
    /// The states in which it does worse.
    pub worse_in: usize,
    /// The states in which it does better.
    pub better_in: usize,
    /// The commands of the table in all of the states, less those of this act.
    pub fewer_commands: i64,
    /// The simulated seconds of the table in all of the states, less those of this act.
    pub fewer_s: i64,
    /// What it comes to where it does worse.
    pub outcomes: BTreeMap<&'static str, usize>,
}

/// The examined table.
#[derive(Clone, Debug, Serialize)]
pub struct TableReport {
    /// The most events before the procedure begins.
    pub faults: Option<usize>,
    /// The most events of the states in which every other first act was tried; `None` if it was tried in none.
    pub others_within: Option<usize>,
    /// States in which every other first act was tried.
    pub compared: usize,
    /// States that the events lead to.
    pub states: usize,
    /// States from which the procedure begins.
    pub healed: usize,
    /// What they come to.
    pub outcomes: BTreeMap<&'static str, usize>,
    /// The longest sequence of rows.
    pub longest: usize,
    /// The rows.
    pub rows: Vec<RowReport>,
}

/// Lets the table decide in every state that a search has found. In the states within `others_within` events, every
/// other first act is tried, too: each of them takes as long as the table's own.
///
/// # Errors
/// When the workers could not make a job.
pub fn examine<W: Workers>(
    model: &Model,
    root: &Live,
    found: &Searched,
    faults: Option<usize>,
    others_within: Option<usize>,
    workers: &W,
) -> Result<TableReport, W::Error> {
    let numbers: Vec<usize> = found.healed.iter().map(|healed| healed.first).collect();
    let examined = workers.map_all(
        &numbers,
        |state| format!("state {state}"),
        |state| {
            let live = replayed(model, &found.closure, root, *state);
            let events = found.closure.path(*state).len();
            let others = others_within.is_some_and(|most| events <= most);
            of_state(model, *state, &model.healed(&live), others)
        },
    )?;
    Ok(report(
        model.nodes(),
        found,
        faults,
        others_within,
        &examined,
    ))
}

fn of_state(model: &Model, state: usize, live: &Live, others: bool) -> Examined {
    let names: Vec<usize> = (0..model.nodes().len()).collect();
    let play = |procedure: &str| {
        let record = model.conclude(procedure, live, &names);
        let act = record.procedures.first();
        let rows = act.map(|one| one.rows.clone()).unwrap_or_default();
        let took = act.map_or(0, |one| one.ended_ms.saturating_sub(one.began_ms));
        let ending = Ending {
            outcome: judged(procedure, &record).outcome,
            commands: record
                .commands
                .iter()
                .fold(0, |count, one| count + u64::from(one.procedure.is_some())),
            took_ms: took,
        };
        (rows, ending)
    };
    let (rows, own) = play(OPTIMAL);
    let decided = rows.first().and_then(|row| act_of(*row));
    let tried = others.then(|| {
        let acts = Act::ALL.into_iter().filter(|act| Some(*act) != decided);
        acts.map(|act| (act, play(&beginning_with(act)).1))
            .collect()
    });
    Examined {
        state,
        rows,
        own,
        others: tried,
    }
}

fn act_of(row: u32) -> Option<Act> {
    let place = usize::try_from(row).ok()?.checked_sub(1)?;
    TABLE.get(place).map(|row| row.act)
}

fn report(
    nodes: &[NodeName],
    found: &Searched,
    faults: Option<usize>,
    others_within: Option<usize>,
    examined: &[Examined],
) -> TableReport {
    let rows = (1..).zip(TABLE).map(|(number, row)| {
        let first: Vec<&Examined> = examined
            .iter()
            .filter(|one| one.rows.first() == Some(&number))
            .collect();
        let compared = compare(&first);
        let kind = |wanted: fn(&Other) -> bool| {
            let others = compared.iter().filter(|other| wanted(other));
            others.cloned().collect::<Vec<_>>()
        };
        RowReport {
            row: number,
            when: row.when.iter().map(|sign| sign.words()).collect(),
            act: row.act.name(),
            why: row.why,
            first: first.len(),
            decides: examined
                .iter()
                .filter(|one| one.rows.contains(&number))
                .count(),
            outcomes: counted(first.iter().map(|one| one.own.outcome)),
            compared: first.iter().filter(|one| one.others.is_some()).count(),
            as_good: kind(|other| other.worse_in == 0 && other.better_in == 0),
            worse: kind(|other| other.worse_in > 0),
            better: kind(|other| other.worse_in == 0 && other.better_in > 0),
            example: first.first().map_or_else(Vec::new, |one| {
                let path = found.closure.path(one.state);
                path.iter()
                    .map(|event| event.describe(nodes).to_string())
                    .collect()
            }),
        }
    });
    TableReport {
        faults,
        others_within,
        compared: examined.iter().filter(|one| one.others.is_some()).count(),
        states: found.closure.states().len(),
        healed: examined.len(),
        outcomes: counted(examined.iter().map(|one| one.own.outcome)),
        longest: examined.iter().map(|one| one.rows.len()).max().unwrap_or(0),
        rows: rows.collect(),
    }
}

fn counted(outcomes: impl Iterator<Item = Outcome>) -> BTreeMap<&'static str, usize> {
    outcomes.fold(BTreeMap::new(), |mut counts, outcome| {
        *counts.entry(outcome.name()).or_insert(0) += 1;
        counts
    })
}

/// Compares the other first acts with the table's, over the states in which a row decides first.
fn compare(states: &[&Examined]) -> Vec<Other> {
    let acts: BTreeSet<Act> = states
        .iter()
        .flat_map(|one| one.others.iter().flatten().map(|(act, _)| *act))
        .collect();
    let of = |wanted: Act| {
        let mut other = Other {
            act: wanted.name(),
            worse_in: 0,
            better_in: 0,
            fewer_commands: 0,
            fewer_s: 0,
            outcomes: BTreeMap::new(),
        };
        let mut took_ms = 0;
        for one in states {
            let others = one.others.iter().flatten();
            for (_, ending) in others.filter(|(act, _)| *act == wanted) {
                // The worst outcome is the least; a refusal where every choice loses is as good as recovery.
                let rank = |ending: &Ending| {
                    if ending.outcome.is_good() {
                        Outcome::Recovered
                    } else {
                        ending.outcome
                    }
                };
                match rank(ending).cmp(&rank(&one.own)) {
                    std::cmp::Ordering::Less => {
                        other.worse_in += 1;
                        *other.outcomes.entry(ending.outcome.name()).or_insert(0) += 1;
                    }
                    std::cmp::Ordering::Greater => other.better_in += 1,
                    std::cmp::Ordering::Equal => {}
                }
                other.fewer_commands += difference(one.own.commands, ending.commands);
                took_ms += difference(one.own.took_ms, ending.took_ms);
            }
        }
        other.fewer_s = took_ms / 1000;
        other
    };
    acts.into_iter().map(of).collect()
}

fn difference(one: u64, other: u64) -> i64 {
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    signed(one) - signed(other)
}
