//! The report of a search with one procedure, for people, for documents and for programs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use seatrial_scenarios::outcome::Outcome;
use seatrial_sim::prove::{Alphabet, Searched};
use serde::Serialize;

use crate::commands::prove::ProveArgs;

/// The version of `prove.json`.
const FORMAT: u32 = 1;

/// A level of the search.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LevelRow {
    /// The number of events from the start.
    level: usize,
    /// New states.
    states: usize,
    /// Events that were played from the states of the level before.
    transitions: usize,
    /// The transitions that led to a known state.
    merged: usize,
}

/// The cases with the same outcome.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct OutcomeRow {
    /// The outcome.
    outcome: Outcome,
    /// The kind of cause, if writes are lost.
    cause: String,
    /// The number of cases: a state counts once for each naming of its nodes that differs.
    cases: usize,
    /// The number of states that have such a case.
    states: usize,
    /// The cases in which some node could have been bootstrapped without loss.
    avoidable: usize,
}

/// The shortest path to a bad case.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Example {
    /// The outcome.
    pub(crate) outcome: Outcome,
    /// The kind of cause, if writes are lost.
    pub(crate) cause: String,
    /// The number of the state, in the order of discovery.
    pub(crate) state: usize,
    /// The rank of each node's name.
    pub(crate) names: Vec<usize>,
    /// The result when it was played from the start.
    pub(crate) text: String,
    /// The events.
    pub(crate) events: Vec<String>,
    /// The command that plays it again.
    pub(crate) replay: String,
    /// Whether the outcome was the same when it was played from the start.
    pub(crate) replays: bool,
}

/// The report of a search with one procedure.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ProveReport {
    format: u32,
    program: &'static str,
    procedure: String,
    alphabet: &'static str,
    /// The bound on events; `None` for no bound.
    faults: Option<usize>,
    /// `whole`, or what stopped the search.
    ended: &'static str,
    /// The states that were not expanded although the bound on events allowed it.
    open: usize,
    levels: Vec<LevelRow>,
    states: usize,
    transitions: usize,
    /// The states after healing, in which procedures begin.
    healed_states: usize,
    /// The number of runs of the procedure.
    runs: usize,
    cases: usize,
    outcomes: Vec<OutcomeRow>,
    pub(crate) examples: Vec<Example>,
    #[serde(skip)]
    seconds: f64,
    #[serde(skip)]
    pub(crate) peak_memory_mib: Option<u64>,
}

#[derive(Default)]
struct Count {
    cases: usize,
    states: BTreeSet<usize>,
    avoidable: usize,
    example: Option<(usize, Vec<usize>)>,
}

impl ProveReport {
    /// Makes the report of a search with one procedure.
    pub(crate) fn of(found: &Searched, seconds: f64, args: &ProveArgs) -> Self {
        let mut counts: BTreeMap<(Outcome, String), Count> = BTreeMap::new();
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
                let key = (judged.outcome, judged.cause.clone());
                let count = counts.entry(key).or_default();
                count.cases += 1;
                count.states.insert(state);
                count.avoidable += usize::from(judged.avoidable);
                count.example.get_or_insert((state, names));
            }
        }
        let examples = counts
            .iter()
            .filter(|((outcome, _), _)| !outcome.is_good())
            .filter_map(|((outcome, cause), count)| {
                let (state, names) = count.example.clone()?;
                Some(Example {
                    outcome: *outcome,
                    cause: cause.clone(),
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
            program: crate::provenance::PROGRAM,
            procedure: args.procedure.clone(),
            alphabet: Alphabet::from(args.alphabet).name(),
            faults: args.faults,
            ended: found.ended.name(),
            open: found.open,
            levels: rows.collect(),
            states: found.closure.states().len(),
            transitions: levels.iter().map(|level| level.transitions).sum(),
            healed_states: found.healed.len(),
            runs: found.healed.iter().map(|healed| healed.judged.len()).sum(),
            cases,
            outcomes: counts
                .into_iter()
                .map(|((outcome, cause), count)| OutcomeRow {
                    outcome,
                    cause,
                    cases: count.cases,
                    states: count.states.len(),
                    avoidable: count.avoidable,
                })
                .collect(),
            examples,
            seconds,
            peak_memory_mib: None,
        }
    }

    /// Returns whether there is a bad case.
    pub(crate) fn has_bad_cases(&self) -> bool {
        self.outcomes.iter().any(|row| !row.outcome.is_good())
    }

    /// Returns the text of `prove.json`.
    pub(crate) fn json(&self) -> String {
        let mut text =
            serde_json::to_string_pretty(self).expect("invariant: a report is plain data");
        text.push('\n');
        text
    }

    /// Returns the rows in the order in which they are shown: the good ones first.
    fn shown(&self) -> impl Iterator<Item = &OutcomeRow> {
        self.outcomes.iter().rev()
    }

    /// Returns the report as text for the terminal.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let _ = writeln!(text, "  level     states  transitions     merged");
        for row in &self.levels {
            let _ = writeln!(
                text,
                "  {:>5} {:>10} {:>12} {:>10}",
                row.level, row.states, row.transitions, row.merged
            );
        }
        let _ = writeln!(
            text,
            "\n{} in every state, with its nodes named in every way that differs\n",
            self.procedure
        );
        let _ = writeln!(text, "     cases     states  avoidable  outcome");
        for row in self.shown() {
            let _ = writeln!(
                text,
                "  {:>8} {:>10} {:>10}  {}",
                row.cases,
                row.states,
                row.avoidable,
                words(row.outcome, &row.cause)
            );
        }
        text.push('\n');
        for example in &self.examples {
            let _ = writeln!(
                text,
                "{} after {} events",
                words(example.outcome, &example.cause),
                example.events.len()
            );
            for event in &example.events {
                let _ = writeln!(text, "    {event}");
            }
            let seen: String = example.text.chars().take(200).collect();
            let _ = writeln!(text, "  {seen}");
            if !example.replays {
                let _ = writeln!(
                    text,
                    "  the outcome differs when it is played from the start"
                );
            }
            let _ = writeln!(text, "  {}\n", example.replay);
        }
        let _ = writeln!(text, "{}", self.summary());
        text
    }

    fn summary(&self) -> String {
        let memory = self
            .peak_memory_mib
            .map_or_else(String::new, |mib| format!(", {mib} MiB at most"));
        let mut text = format!(
            "     Covered {} states, {} transitions, {} after healing, {} cases by {} runs\n",
            self.states, self.transitions, self.healed_states, self.cases, self.runs
        );
        let _ = write!(
            text,
            "     Summary [{:>8.3}s] {:.0} transitions a second{memory}",
            self.seconds,
            f64::from(u32::try_from(self.transitions).unwrap_or(u32::MAX))
                / self.seconds.max(0.001)
        );
        let bound = match (self.ended, self.faults) {
            ("whole", None) => "no new state appears: the closure is complete".to_owned(),
            ("whole", Some(most)) => format!("every state within {most} events"),
            (bound, _) if self.open == 1 => {
                format!("stopped by {bound}: 1 state was not expanded")
            }
            (bound, _) => format!("stopped by {bound}: {} states were not expanded", self.open),
        };
        let _ = write!(text, "\n             {bound}");
        text
    }

    /// Returns the report as Markdown.
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("# {} in every state\n\n", self.procedure);
        text.push_str("| outcome | cases | states | avoidable |\n|---|---:|---:|---:|\n");
        for row in self.shown() {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} |",
                words(row.outcome, &row.cause),
                row.cases,
                row.states,
                row.avoidable
            );
        }
        text.push_str("\n| level | states | transitions | merged |\n|---:|---:|---:|---:|\n");
        for row in &self.levels {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} |",
                row.level, row.states, row.transitions, row.merged
            );
        }
        text.push('\n');
        for example in &self.examples {
            let _ = writeln!(
                text,
                "- **{}**: {}\n  `{}`",
                words(example.outcome, &example.cause),
                example.events.join("; "),
                example.replay
            );
        }
        let _ = writeln!(text, "\n```\n{}\n```", self.summary());
        text
    }
}

/// Returns an outcome in words.
fn words(outcome: Outcome, cause: &str) -> String {
    match outcome {
        Outcome::Recovered => "recovers".to_owned(),
        Outcome::Impossible => "impossible for any procedure, and says so".to_owned(),
        Outcome::AsksPerson => "needs a person".to_owned(),
        Outcome::Stuck => "stuck".to_owned(),
        Outcome::Unbounded => "stuck: the procedure does not end".to_owned(),
        Outcome::DeadLock => "stuck: all nodes wait for each other".to_owned(),
        Outcome::BootstrapRefused => "stuck: the bootstrap is refused".to_owned(),
        Outcome::Diverged => "splits: nodes are Synced and differ".to_owned(),
        Outcome::SplitBrain => "splits: two primary components serve".to_owned(),
        Outcome::Lossy => format!("loses acknowledged writes: {cause}"),
        Outcome::ModelBroken | Outcome::Error => outcome.name().to_owned(),
    }
}
