//! `seatrial verify --exhaustive`: runs procedures in every state of the closure, and reports what can be known there.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use seatrial_scenarios::outcome::Outcome;
use seatrial_sim::prove::{
    Alphabet, Bounds, Earlier, Evidence, Knowledge, Limits, Model, ProcedureRow, SearchEnd,
    Searched, Terms, Worse, tells_apart,
};

use crate::args::{ClaimsFormat, SupervisorArg, TimersArg};
use crate::output::Out;
use crate::{Stop, exit, signals};

use super::workers::search_on_pool;
use super::{unwritable, write};
use crate::commands::verify::VerifyArgs;

/// The number of undecided groups that are shown in full.
const SHOWN: usize = 3;
/// The number of cases that got worse that are shown.
const WORSE_SHOWN: usize = 10;

/// Returns the matrix of procedures and outcomes, and the limits of knowledge.
pub(crate) fn exhaustive(
    args: &VerifyArgs,
    procedures: &[&'static str],
    out: &mut Out,
) -> Result<u8, Stop> {
    let supervisor = match args.supervisor {
        SupervisorArg::None => "none",
        SupervisorArg::Systemd => "systemd",
    };
    let timers = match args.timers {
        Some(TimersArg::Fast) => "fast",
        Some(TimersArg::Default) | None => "default",
    };
    let terms = Terms {
        faults: args.faults,
        supervisor,
        timers,
    };
    let earlier = args.against.as_deref();
    let earlier = earlier.map(|file| read(file, terms)).transpose()?;
    fs::create_dir_all(&args.out).map_err(|error| unwritable(&args.out, &error))?;
    let model = Model::new(args.timers.map(Into::into), args.supervisor.into());
    signals::listen();
    let bounds = Bounds {
        faults: Some(args.faults),
        max_states: None,
        sights: true,
        share: None,
    };
    let threads_and_time = (args.jobs, None);
    let (found, seconds) = search_on_pool(
        &model,
        Alphabet::USUAL,
        procedures,
        bounds,
        threads_and_time,
    )?;
    let known = Evidence::ALL.map(|evidence| Knowledge::of(&found, evidence));
    let table = &known[Evidence::Logs as usize];
    let made = Limits::of(&found, procedures, table, terms, crate::provenance::PROGRAM);
    let text = format!(
        "{}{}",
        matrix(&made.procedures),
        limits(&model, &found, &known)
    );
    let json = serde_json::to_string_pretty(&made).expect("invariant: limits are plain data");
    let json = json + "\n";
    write(&args.out, "limits.json", &json)?;
    write(&args.out, "exhaustive.txt", &text)?;
    match args.format {
        ClaimsFormat::Text => {
            out.print(&text);
            out.line(&format!(
                "     Summary [{:>8.3}s] {} states, {} after healing, {} procedures",
                seconds,
                made.states,
                found.healed.len(),
                procedures.len()
            ));
            out.line(&format!("     Results {}", args.out.display()));
        }
        ClaimsFormat::Markdown => out.print(&markdown(&made.procedures, &known)),
        ClaimsFormat::Json => out.print(&json),
    }
    if found.ended != SearchEnd::Whole {
        let ended = found.ended.name();
        out.error(&format!(
            "stopped by a {ended}: the matrix is incomplete, and nothing is compared"
        ));
        return Ok(exit::STOPPED);
    }
    let Some(earlier) = earlier else {
        return Ok(exit::OK);
    };
    if !earlier.has_the_states_of(&made) {
        out.error("the states differ from those of the earlier file: only counts are compared");
    }
    let worse = earlier.worse(&made);
    tell_worse(&model, &found, &worse, out);
    Ok(if worse.is_empty() {
        exit::OK
    } else {
        exit::FINDING
    })
}

/// Reads an earlier `limits.json`, and refuses one that does not compare with what will be searched.
fn read(file: &Path, terms: Terms) -> Result<Earlier, Stop> {
    let stop = |error: String| Stop::usage(format!("--against {}: {error}", file.display()));
    let text = fs::read_to_string(file).map_err(|error| stop(error.to_string()))?;
    Earlier::parse(&text, terms).map_err(stop)
}

/// Prints what got worse, with the path to the first cases.
fn tell_worse(model: &Model, found: &Searched, worse: &[Worse], out: &mut Out) {
    let cases: Vec<(usize, &Vec<usize>)> = found
        .healed
        .iter()
        .enumerate()
        .flat_map(|(number, healed)| healed.judged.keys().map(move |case| (number, case)))
        .collect();
    for one in worse.iter().take(WORSE_SHOWN) {
        out.error(&format!("worse: {}: {}", one.procedure, one.text));
        let Some((number, names)) = one.case.and_then(|case| cases.get(case)) else {
            continue;
        };
        let first = found.healed[*number].first;
        for event in history(model, found, first) {
            out.error(&format!("    {event}"));
        }
        out.error(&format!(
            "  with the nodes of this state in the order {names:?}"
        ));
    }
    if let Some(more) = worse.len().checked_sub(WORSE_SHOWN).filter(|n| *n > 0) {
        out.error(&format!("and {more} more"));
    }
}

/// The kinds of outcome that have a column.
const COLUMNS: [(&str, &[Outcome]); 6] = [
    ("recovers", &[Outcome::Recovered, Outcome::Impossible]),
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

/// Returns how many cases belong to each column.
fn counts(row: &ProcedureRow<'_>) -> impl Iterator<Item = usize> {
    COLUMNS.iter().map(|(_, outcomes)| {
        let counts = outcomes.iter().filter_map(|o| row.outcomes.get(o.name()));
        counts.sum()
    })
}

/// Returns the matrix as Markdown.
fn markdown(rows: &[ProcedureRow<'_>], known: &[Knowledge]) -> String {
    let mut text = String::from("| procedure |");
    for (name, _) in COLUMNS {
        let _ = write!(text, " {name} |");
    }
    text.push_str(" avoidable |\n|---|");
    text.push_str(&"---:|".repeat(COLUMNS.len() + 1));
    text.push('\n');
    for row in rows {
        let _ = write!(text, "| {} |", row.procedure);
        for count in counts(row) {
            let _ = write!(text, " {count} |");
        }
        let _ = writeln!(text, " {} |", row.below_the_best);
    }
    text.push_str("\n| evidence | groups | undecided | states in these |\n|---|---:|---:|---:|\n");
    for one in known {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            one.evidence.name(),
            one.groups.len(),
            one.undecided().count(),
            one.undecided_states()
        );
    }
    text
}

/// Returns the matrix as text: a line for each procedure, a column for each kind of outcome.
fn matrix(rows: &[ProcedureRow<'_>]) -> String {
    let mut text = format!("{:<18}", "procedure");
    for (name, _) in COLUMNS {
        let _ = write!(text, "{name:>9}");
    }
    text.push_str("   avoidable\n");
    for row in rows {
        let _ = write!(text, "{:<18}", row.procedure);
        for count in counts(row) {
            let _ = write!(text, "{count:>9}");
        }
        let _ = writeln!(text, "{:>12}", row.below_the_best);
    }
    text.push_str(
        "recovers: or says rightly that nothing could\n\
         avoidable: not recovered, although what can be seen without the rows decides which\n\
                  node to begin with\n\n",
    );
    text
}

fn limits(model: &Model, found: &Searched, known: &[Knowledge]) -> String {
    let mut text = String::from("What can be known, the cheapest evidence first\n");
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
        let _ = writeln!(
            text,
            "These states look the same and need different actions:"
        );
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
            None => writeln!(text, "  no evidence tells them apart\n"),
        };
    }
    text
}

/// Returns the events, one for each line.
fn history(model: &Model, found: &Searched, state: usize) -> Vec<String> {
    let path = found.closure.path(state);
    path.iter()
        .map(|event| event.describe(model.nodes()).to_string())
        .collect()
}

/// Returns two lists beside each other, in 80 columns.
fn side_by_side(one: &[String], other: &[String]) -> String {
    const WIDTH: usize = 37;
    let mut text = String::new();
    for at in 0..one.len().max(other.len()) {
        let cell = |list: &[String]| lines(list.get(at).map_or("", String::as_str), WIDTH);
        let (left, right) = (cell(one), cell(other));
        for row in 0..left.len().max(right.len()) {
            let cell = |lines: &[String]| lines.get(row).cloned().unwrap_or_default();
            let _ = writeln!(text, "  {:<WIDTH$} | {}", cell(&left), cell(&right));
        }
    }
    text
}

/// Returns the words in lines of this width. The lines after the first are indented.
fn lines(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) => lines.push(format!("  {word}")),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}
