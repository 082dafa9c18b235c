//! `seatrial verify --exhaustive`: procedures by the states of the closure, and what can be known there.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use seatrial_scenarios::Supervisor;
use seatrial_scenarios::outcome::Outcome;
use seatrial_sim::prove::{Alphabet, Evidence, Model};
use serde::Serialize;

use crate::args::{SupervisorArg, VerifyArgs};
use crate::output::Out;
use crate::{Stop, exit, signals};

use super::limits::{Group, Known, tells_apart};
use super::search::{Bounds, Ended, Searched, search};
use super::{unwritable, write};

/// The version of `limits.json`.
const FORMAT: u32 = 1;
/// So many undecided groups are shown in full.
const SHOWN: usize = 3;

/// A procedure on all states.
#[derive(Serialize)]
struct Row<'a> {
    procedure: &'a str,
    /// Cases by outcome.
    outcomes: BTreeMap<&'static str, usize>,
    /// Cases that are not good although the best decision table has an answer.
    below_the_best: usize,
}

#[derive(Serialize)]
struct Limits<'a> {
    format: u32,
    program: &'static str,
    faults: usize,
    ended: &'static str,
    states: usize,
    procedures: Vec<Row<'a>>,
    /// The decision table with everything but the rows: what is seen, and with whom to begin.
    table: &'a [Group],
}

/// The matrix of procedures and outcomes, and the limits of knowledge.
pub(crate) fn exhaustive(
    args: &VerifyArgs,
    procedures: &[&'static str],
    out: &mut Out,
) -> Result<u8, Stop> {
    fs::create_dir_all(&args.out).map_err(|error| unwritable(&args.out, &error))?;
    let supervisor = match args.supervisor {
        SupervisorArg::None => Supervisor::None,
        SupervisorArg::Systemd => Supervisor::Systemd,
    };
    let model = Model::new(None, supervisor);
    signals::listen();
    let bounds = Bounds {
        faults: Some(args.faults),
        max_states: None,
        budget: None,
        jobs: args.jobs,
    };
    let found = search(&model, Alphabet::Usual, procedures, &bounds)?;
    let known = Evidence::ALL.map(|evidence| Known::of(&found, evidence));
    let table = &known[Evidence::Logs as usize];
    let rows = rows(&found, procedures, table);
    let mut text = matrix(&rows);
    text.push_str(&limits(&model, &found, &known));
    let _ = writeln!(
        text,
        "     Summary [{:>8.3}s] {} states, {} after healing, {} procedures",
        found.seconds,
        found.closure.states().len(),
        found.healed.len(),
        procedures.len()
    );
    out.print(&text);
    let json = Limits {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION"),
        faults: args.faults,
        ended: found.ended.name(),
        states: found.closure.states().len(),
        procedures: rows,
        table: &table.groups,
    };
    let json = serde_json::to_string_pretty(&json).expect("invariant: limits are plain data");
    write(&args.out, "limits.json", &(json + "\n"))?;
    write(&args.out, "exhaustive.txt", &text)?;
    out.line(&format!("     Results {}", args.out.display()));
    Ok(if found.ended == Ended::Whole {
        exit::OK
    } else {
        exit::STOPPED
    })
}

fn rows<'a>(found: &Searched, procedures: &[&'a str], table: &Known) -> Vec<Row<'a>> {
    let decided = table.decided();
    procedures
        .iter()
        .enumerate()
        .map(|(index, procedure)| {
            let mut outcomes = BTreeMap::new();
            let mut below_the_best = 0;
            for (state, known) in found.closure.states().iter().enumerate() {
                let Some(number) = found.heals.get(state) else {
                    continue;
                };
                let healed = &found.healed[*number];
                for names in known.canonical.cases().into_values() {
                    let case = healed.canonical.case(&names);
                    let Some(judged) = healed.judged.get(&case) else {
                        continue;
                    };
                    let outcome: Outcome = judged[index].outcome;
                    *outcomes.entry(outcome.name()).or_default() += 1;
                    below_the_best += usize::from(!outcome.is_good() && decided.contains(number));
                }
            }
            Row {
                procedure,
                outcomes,
                below_the_best,
            }
        })
        .collect()
}

/// A line a procedure, a column for each kind of outcome.
fn matrix(rows: &[Row<'_>]) -> String {
    const COLUMNS: [(&str, &[Outcome]); 6] = [
        ("recovers", &[Outcome::Recovered]),
        ("lossy", &[Outcome::Lossy]),
        ("splits", &[Outcome::SplitBrain, Outcome::Diverged]),
        (
            "stuck",
            &[
                Outcome::BootstrapRefused,
                Outcome::DeadLock,
                Outcome::Stuck,
                Outcome::Unbounded,
            ],
        ),
        ("asks", &[Outcome::AsksPerson]),
        ("broken", &[Outcome::ModelBroken, Outcome::Error]),
    ];
    let mut text = format!("{:<18}", "procedure");
    for (name, _) in COLUMNS {
        let _ = write!(text, "{name:>9}");
    }
    text.push_str("   avoidable\n");
    for row in rows {
        let _ = write!(text, "{:<18}", row.procedure);
        for (_, outcomes) in COLUMNS {
            let count: usize = outcomes
                .iter()
                .filter_map(|outcome| row.outcomes.get(outcome.name()))
                .sum();
            let _ = write!(text, "{count:>9}");
        }
        let _ = writeln!(text, "{:>12}", row.below_the_best);
    }
    text.push_str(
        "avoidable: not recovered, although what can be seen without the rows decides with whom\n\
         to begin\n\n",
    );
    text
}

fn limits(model: &Model, found: &Searched, known: &[Known]) -> String {
    let mut text = String::from("What can be known, from the cheapest evidence on\n");
    let _ = writeln!(text, "    groups  undecided     states  evidence");
    for one in known {
        let _ = writeln!(
            text,
            "  {:>8} {:>10} {:>10}  {}",
            one.groups.len(),
            one.undecided().count(),
            one.undecided_states(),
            one.evidence.name()
        );
    }
    text.push('\n');
    for group in known[0].undecided().take(SHOWN) {
        let Some((one, other)) = group.apart else {
            continue;
        };
        let _ = writeln!(text, "These look the same and need different actions:");
        for line in group.seen.lines() {
            let _ = writeln!(text, "    {line}");
        }
        text.push_str(&side_by_side(
            &history(model, found, one),
            &history(model, found, other),
        ));
        let healed = |state: usize| &found.healed[found.heals[state]];
        let evidence = tells_apart(healed(one), healed(other));
        let _ = match evidence {
            Some(evidence) => writeln!(text, "  told apart by {}\n", evidence.name()),
            None => writeln!(text, "  told apart by nothing that is looked at\n"),
        };
    }
    text
}

/// What was done, a line an event.
fn history(model: &Model, found: &Searched, state: usize) -> Vec<String> {
    let path = found.closure.path(state);
    path.iter()
        .map(|event| event.describe(model.nodes()).to_string())
        .collect()
}

/// Two lists beside each other, in 80 columns.
fn side_by_side(one: &[String], other: &[String]) -> String {
    const WIDTH: usize = 37;
    let cell = |list: &[String], at: usize| -> String {
        let text = list.get(at).map_or("", String::as_str);
        if text.chars().count() <= WIDTH {
            return text.to_owned();
        }
        let cut: String = text.chars().take(WIDTH - 1).collect();
        cut + "…"
    };
    let mut text = String::new();
    for at in 0..one.len().max(other.len()) {
        let _ = writeln!(text, "  {:<WIDTH$} | {}", cell(one, at), cell(other, at));
    }
    text
}
