//! Classes of runs that were not recovered: the way in which the procedure ended, and the kinds of events before it.
//!
//! Each run is made as small as it gets first. What is left of its steps is needed, so that the kinds of its steps name
//! the class.

use std::collections::BTreeMap;

use seatrial_scenarios::language::ProcedureEnd;
use seatrial_scenarios::outcome::Outcome;
use seatrial_scenarios::procedures::optimal_table::TABLE;
use seatrial_scenarios::record::ProcedureRecord;
use seatrial_scenarios::{Fault, FaultOutcome, RunRecord, Scenario};
use serde::Serialize;

use crate::des::Templates;

use super::{Options, Played, play, reduce};

/// A class, with the seeds that come to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Class {
    /// The outcome.
    pub outcome: Outcome,
    /// The end of the procedure: the question, or the row that it went by last.
    pub end: String,
    /// The kinds of events that it takes, in words.
    pub needs: Vec<&'static str>,
    /// The seeds.
    pub seeds: Vec<u64>,
    /// The number of steps of the smallest scenario.
    pub steps: usize,
    /// The smallest scenario.
    #[serde(skip)]
    pub scenario: String,
}

impl Class {
    /// Returns the class in words.
    pub fn name(&self) -> String {
        let needs = if self.needs.is_empty() {
            "without any failure".to_owned()
        } else {
            format!("needs {}", self.needs.join(", "))
        };
        format!("{}: {}; {needs}", self.outcome.name(), self.end)
    }
}

/// Puts runs that are not good into classes. They come in the order of their seeds.
pub fn classes(templates: &mut Templates, options: &Options, played: &[Played]) -> Vec<Class> {
    let mut found: BTreeMap<(Outcome, String, Vec<&'static str>), Class> = BTreeMap::new();
    for one in played {
        let seed = one.record.seed;
        let small = reduce(templates, options, one);
        let run = Scenario::parse("class.toml", &small.scenario)
            .ok()
            .and_then(|scenario| {
                play(templates, &scenario, one.master_seed(), options.timers).ok()
            });
        let (end, needs) = match &run {
            Some(run) => (end_of(run), needs_of(run)),
            None => ("it cannot be played again".to_owned(), Vec::new()),
        };
        let key = (small.outcome, end.clone(), needs.clone());
        let class = found.entry(key).or_insert_with(|| Class {
            outcome: small.outcome,
            end,
            needs,
            seeds: Vec::new(),
            steps: usize::MAX,
            scenario: String::new(),
        });
        if small.steps < class.steps {
            class.steps = small.steps;
            class.scenario = small.scenario;
        }
        class.seeds.push(seed);
    }
    found.into_values().collect()
}

/// Returns how the procedures that acted last ended.
fn end_of(run: &RunRecord) -> String {
    let ends: Vec<String> = run.last_procedures().iter().map(end_of_one).collect();
    if ends.is_empty() {
        return "no procedure acted".to_owned();
    }
    ends.join("; ")
}

/// Returns how a procedure ended: its question, or the row that it went by last.
fn end_of_one(procedure: &ProcedureRecord) -> String {
    let row = procedure.rows.last();
    let act = row.and_then(|row| {
        let place = usize::try_from(*row).ok()?.checked_sub(1)?;
        Some((row, TABLE.get(place)?.act))
    });
    let logs = if procedure.text.contains("the logs do not say") {
        ", the logs do not say"
    } else {
        ""
    };
    match (procedure.end, act) {
        (ProcedureEnd::AsksPerson, Some((row, act))) => {
            format!("row {row}, {}{logs}", act.name())
        }
        (ProcedureEnd::AsksPerson, None) => "asks".to_owned(),
        (ProcedureEnd::Recovered, _) => "said to be recovered".to_owned(),
        (_, Some((row, act))) => format!("row {row}, {}", act.name()),
        (_, None) => "gave up".to_owned(),
    }
}

/// Returns the kinds of events of a run before its procedure.
fn needs_of(run: &RunRecord) -> Vec<&'static str> {
    let fault = |wanted: fn(&Fault) -> bool| {
        run.faults
            .iter()
            .any(|one| matches!(one.outcome, FaultOutcome::Applied(_)) && wanted(&one.fault))
    };
    let typed = |words: &[&str]| {
        let mut lines = run.commands.iter().filter(|one| one.procedure.is_none());
        lines.any(|one| words.iter().any(|word| one.line.contains(word)))
    };
    let kinds = [
        (
            fault(|one| matches!(one, Fault::PowerOff(_))),
            "a loss of power",
        ),
        (
            fault(|one| matches!(one, Fault::Damage { .. })),
            "a damaged state file",
        ),
        (
            fault(|one| matches!(one, Fault::InterruptTransfer(_))),
            "an interrupted transfer",
        ),
        (fault(|one| matches!(one, Fault::Hang(_))), "a hang"),
        (
            fault(|one| matches!(one, Fault::Partition(_) | Fault::Cut { .. })),
            "a partition",
        ),
        (fault(|one| matches!(one, Fault::Terminate(_))), "a crash"),
        (typed(&["--force-safe-to-bootstrap"]), "a force"),
        (
            typed(&["--bootstrap-node", "galera_new_cluster"]),
            "a bootstrap by hand",
        ),
        (
            typed(&["pc.bootstrap", "pc_bootstrap"]),
            "pc.bootstrap by hand",
        ),
        (
            typed(&["systemctl stop", "systemctl restart"]),
            "an orderly stop",
        ),
    ];
    let needed = kinds.into_iter().filter(|(is_needed, _)| *is_needed);
    needed.map(|(_, kind)| kind).collect()
}
