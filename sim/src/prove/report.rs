//! The report of a search with one procedure: its cases by their outcome, and an example of each bad one.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_scenarios::Scenario;
use seatrial_scenarios::outcome::Outcome;
use serde::{Deserialize, Serialize};

use crate::des::Templates;
use crate::explore::play;

use super::{Alphabet, Model, SEED, Searched, judged};

/// The version of `prove.json`.
pub(super) const FORMAT: u32 = 1;

/// A level of the search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LevelRow {
    /// The number of events from the start.
    pub level: usize,
    /// New states.
    pub states: usize,
    /// Events that were played from the states of the level before.
    pub transitions: usize,
    /// The transitions that led to a known state.
    pub merged: usize,
}

/// The cases with one outcome and one cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutcomeRow {
    /// The outcome.
    pub outcome: Outcome,
    /// The kind of cause, if writes are lost.
    pub cause: String,
    /// The rules of `docs/rules.md` that hold the cluster at the end, in a search without a bound on events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// The number of cases: a state counts once for each naming of its nodes that differs.
    pub cases: usize,
    /// The number of states that have such a case.
    pub states: usize,
    /// The cases in which some node could have been bootstrapped without loss.
    pub avoidable: usize,
}

/// The shortest path to a bad case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// The outcome.
    pub outcome: Outcome,
    /// The kind of cause, if writes are lost.
    pub cause: String,
    /// The rules that hold the cluster at the end, in a search without a bound on events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// The number of the state, in the order of discovery.
    pub state: usize,
    /// The rank of each node's name.
    pub names: Vec<usize>,
    /// The text of the run that played it from the start.
    pub text: String,
    /// The events.
    pub events: Vec<String>,
    /// The line that plays it again; the caller knows where the scenario lies.
    pub replay: String,
    /// Whether the outcome was the same when it was played from the start.
    pub replays: bool,
}

/// The statement about any number of events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForEver {
    /// Whether the search has closed: no event leads to a new state any more.
    pub closed: bool,
    /// The statement in words.
    pub sentence: String,
}

/// Makes the report of a search with one procedure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProveReport {
    /// The version of this format.
    pub format: u32,
    /// The version of the program.
    pub program: String,
    /// The procedure.
    pub procedure: String,
    /// The name of the alphabet of events.
    pub alphabet: String,
    /// The bound on events; `None` for no bound.
    pub faults: Option<usize>,
    /// The shard's index, from 0, and the number of shards; `None` for all cases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<(usize, usize)>,
    /// `whole`, or what stopped the search.
    pub ended: String,
    /// The states that were not expanded although the bound on events allowed it.
    pub open: usize,
    /// The levels of the search.
    pub levels: Vec<LevelRow>,
    /// All states.
    pub states: usize,
    /// All events that were played from a state.
    pub transitions: usize,
    /// The states after healing, in which procedures begin.
    pub healed_states: usize,
    /// The number of runs of the procedure.
    pub runs: usize,
    /// Cases: states, times the ways to name their nodes that differ.
    pub cases: usize,
    /// The cases by their outcome.
    pub outcomes: Vec<OutcomeRow>,
    /// The shortest path to a case of each outcome that is not good.
    pub examples: Vec<Example>,
    /// The statement about any number of events; `None` with a bound on events, and in a shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_ever: Option<ForEver>,
    /// How many seconds the search took.
    #[serde(skip)]
    pub seconds: f64,
    /// The most memory that the program has used, in MiB.
    #[serde(skip)]
    pub peak_memory_mib: Option<u64>,
}

#[derive(Default)]
struct Count {
    cases: usize,
    states: BTreeSet<usize>,
    avoidable: usize,
    example: Option<(usize, Vec<usize>)>,
}

impl ProveReport {
    /// Counts the cases of a search with one procedure. `program` is the version of the program, `seconds`
    /// the time that the search took.
    pub fn of(
        found: &Searched,
        (procedure, alphabet, faults): (&str, Alphabet, Option<usize>),
        program: &'static str,
        seconds: f64,
    ) -> Self {
        let mut counts: BTreeMap<(Outcome, String, Vec<String>), Count> = BTreeMap::new();
        let mut cases = 0;
        for (state, known) in found.closure.states().iter().enumerate() {
            let Some(healed) = found.heals.get(state).map(|at| &found.healed[*at]) else {
                continue;
            };
            for names in known.canonical.cases().into_values() {
                let case = healed.canonical.case(&names);
                let Some(judged) = healed.judged.get(&case).and_then(|all| all.first()) else {
                    continue;
                };
                cases += 1;
                let rules = judged.rules.iter().map(|rule| (*rule).to_owned());
                let key = (judged.outcome, judged.cause.clone(), rules.collect());
                let count = counts.entry(key).or_default();
                count.cases += 1;
                count.states.insert(state);
                count.avoidable += usize::from(judged.avoidable);
                count.example.get_or_insert((state, names));
            }
        }
        let examples = counts
            .iter()
            .filter(|((outcome, ..), _)| !outcome.is_good())
            .filter_map(|((outcome, cause, rules), count)| {
                let (state, names) = count.example.clone()?;
                Some(Example {
                    outcome: *outcome,
                    cause: cause.clone(),
                    rules: rules.clone(),
                    state,
                    names,
                    text: String::new(),
                    events: Vec::new(),
                    replay: String::new(),
                    replays: false,
                })
            })
            .collect();
        let levels = found.closure.levels();
        let rows = levels.iter().enumerate().map(|(level, row)| LevelRow {
            level,
            states: row.states,
            transitions: row.transitions,
            merged: row.merged,
        });
        Self {
            format: FORMAT,
            program: program.to_owned(),
            procedure: procedure.to_owned(),
            alphabet: alphabet.to_string(),
            faults,
            shard: None,
            ended: found.ended.name().to_owned(),
            open: found.open,
            levels: rows.collect(),
            states: found.closure.states().len(),
            transitions: levels.iter().map(|level| level.transitions).sum(),
            healed_states: found.healed.len(),
            runs: found.healed.iter().map(|healed| healed.judged.len()).sum(),
            cases,
            outcomes: counts
                .into_iter()
                .map(|((outcome, cause, rules), count)| OutcomeRow {
                    outcome,
                    cause,
                    rules,
                    cases: count.cases,
                    states: count.states.len(),
                    avoidable: count.avoidable,
                })
                .collect(),
            examples,
            for_ever: None,
            seconds,
            peak_memory_mib: None,
        }
    }

    /// Returns whether there is a case with one of these outcomes.
    pub fn has_cases(&self, outcomes: &BTreeSet<Outcome>) -> bool {
        self.outcomes
            .iter()
            .any(|row| outcomes.contains(&row.outcome))
    }

    /// Returns `prove.json`.
    pub fn json(&self) -> String {
        let mut text =
            serde_json::to_string_pretty(self).expect("invariant: a report is plain data");
        text.push('\n');
        text
    }
}

impl Example {
    /// Makes the scenario of the path, plays it from the start, and notes whether it comes to the same as the
    /// search. The scenario's id is the example's name.
    pub fn play(&mut self, model: &Model, found: &Searched, procedure: &str) -> Scenario {
        let path = found.closure.path(self.state);
        let outcome = self.outcome.name();
        let mut id = format!("{outcome}-{procedure}-{}", self.state);
        for rule in &self.rules {
            id = format!("{id}-{}", rule.to_lowercase());
        }
        let title = format!("{outcome} with {procedure}, found by prove");
        let scenario = model.scenario(procedure, (&id, &title), &path, &self.names);
        let mut templates = Templates::default();
        let replayed =
            play(&mut templates, &scenario, SEED, None).map(|record| judged(procedure, &record));
        match replayed {
            Ok(replayed) => {
                self.replays = (replayed.outcome, &replayed.cause) == (self.outcome, &self.cause);
                self.text = replayed.text;
            }
            Err(error) => self.text = error,
        }
        self.events = path
            .iter()
            .map(|event| event.describe(&scenario.nodes).to_string())
            .collect();
        scenario
    }
}
