//! `seatrial optimal`: the decision table of the procedure `optimal`, examined on every state that a number of events
//! can lead to.

use std::fmt::Write as _;
use std::fs;
use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use seatrial_reports::{count, wrapped};
use seatrial_sim::prove::{Alphabet, Model, Other, RowReport, TableReport};

use crate::args::{SupervisorArg, TimersArg};
use crate::commands::prove::examined;
use crate::forms::{self, FormFile};
use crate::output::Out;
use crate::{Stop, exit, signals};

/// `seatrial optimal`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The table, optimal.json and the three forms of the table (recover.sh, a runbook, a playbook) depend only on \
    the program and the options. Exit codes: 0 the table \
    recovers everywhere, or asks rightly, and no other first act does better; 1 it does not; 2 usage; 3 the \
    environment."
)]
pub(crate) struct OptimalArgs {
    /// The most events before the procedure begins.
    #[arg(long, value_name = "K", default_value_t = 2)]
    pub(crate) faults: usize,
    /// The events, as in `seatrial prove`.
    #[arg(long, value_name = "KINDS", default_value_t = Alphabet::USUAL)]
    pub(crate) alphabet: Alphabet,
    /// Try every other first act, too, in the states within this number of events.
    #[arg(long, value_name = "K", default_value_t = 2)]
    pub(crate) others_within: usize,
    /// Only let the table decide: try no other first act.
    #[arg(long, conflicts_with = "others_within")]
    pub(crate) no_others: bool,
    /// The program that restarts a crashed server.
    #[arg(long, value_enum, default_value_t = SupervisorArg::None)]
    pub(crate) supervisor: SupervisorArg,
    /// The timeouts; they override the defaults.
    #[arg(long, value_enum)]
    pub(crate) timers: Option<TimersArg>,
    /// The number of threads; by default 1 for each core.
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// The folder of results.
    #[arg(long, value_name = "DIR", default_value = "target/seatrial/optimal")]
    pub(crate) out: PathBuf,
}

pub(crate) fn optimal(args: &OptimalArgs, out: &mut Out) -> Result<u8, Stop> {
    let unwritable = |error: &std::io::Error| {
        Stop::environment(format!("cannot write {}: {error}", args.out.display()))
    };
    fs::create_dir_all(&args.out).map_err(|error| unwritable(&error))?;
    signals::listen();
    let model = Model::new(args.timers.map(Into::into), args.supervisor.into());
    let others_within = (!args.no_others).then_some(args.others_within.min(args.faults));
    let (report, seconds) = examined(&model, args.alphabet, args.faults, others_within, args.jobs)?;
    let json = serde_json::to_string_pretty(&report).map_err(Stop::environment)?;
    let file = args.out.join("optimal.json");
    fs::write(&file, json + "\n").map_err(|error| unwritable(&error))?;
    let forms = forms::all();
    for form in &forms {
        write_form(&args.out, form).map_err(|error| unwritable(&error))?;
    }
    for row in &report.rows {
        out.print(&of_row(row));
    }
    out.print(&summary(&report, seconds));
    out.line(&format!("     Results {}", file.display()));
    let names: Vec<&str> = forms.iter().map(|form| form.name).collect();
    out.line(&format!(
        "       Forms {}, in {}",
        names.join(", "),
        args.out.display()
    ));
    let is_best = report.rows.iter().all(|row| row.better.is_empty());
    let is_good = |outcome: &str| matches!(outcome, "recovered" | "impossible");
    Ok(
        if is_best && report.outcomes.keys().all(|outcome| is_good(outcome)) {
            exit::OK
        } else {
            exit::FINDING
        },
    )
}

/// Writes a file of a form.
fn write_form(folder: &Path, form: &FormFile) -> std::io::Result<()> {
    let file = folder.join(form.name);
    fs::create_dir_all(file.parent().unwrap_or(folder))?;
    fs::write(&file, &form.text)?;
    if form.is_program {
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

/// Returns a row, and what the states in which it decides first came to.
fn of_row(row: &RowReport) -> String {
    let mut text = format!("{:>3}  {}\n", row.row, row.act);
    text.push_str(&wrapped("     if ", "        ", &row.when.join("; and ")));
    if row.decides == 0 {
        text.push_str("     decides in no state of this search\n\n");
        return text;
    }
    let outcomes: Vec<String> = row
        .outcomes
        .iter()
        .map(|(outcome, states)| format!("{outcome} {states}"))
        .collect();
    let first = if row.first == 0 {
        String::new()
    } else {
        format!(
            ", in {} as the first row: {}",
            row.first,
            outcomes.join(", ")
        )
    };
    let decides = format!(
        "decides in {}{first}",
        count(row.decides, "state", "states")
    );
    text.push_str(&wrapped("     ", "       ", &decides));
    if row.compared > 0 && row.compared < row.first {
        let compared = format!("other first acts, in {} of these states:", row.compared);
        text.push_str(&wrapped("     ", "       ", &compared));
    }
    if !row.worse.is_empty() {
        let worse: Vec<String> = row.worse.iter().map(worse).collect();
        let worse = format!("worse first acts: {}", worse.join("; "));
        text.push_str(&wrapped("     ", "       ", &worse));
    }
    let (cheaper, dearer): (Vec<&Other>, Vec<&Other>) = row
        .as_good
        .iter()
        .partition(|other| other.fewer_s > 0 || (other.fewer_s == 0 && other.fewer_commands > 0));
    if !cheaper.is_empty() {
        let cheaper: Vec<String> = cheaper.into_iter().map(cost).collect();
        let cheaper = format!("as safe and quicker: {}", cheaper.join("; "));
        text.push_str(&wrapped("     ", "       ", &cheaper));
    }
    if !dearer.is_empty() {
        let dearer = format!(
            "as safe and no quicker: {}",
            count(dearer.len(), "other first act", "other first acts")
        );
        text.push_str(&wrapped("     ", "       ", &dearer));
    }
    for other in &row.better {
        let better = format!(
            "BETTER in {}: {}",
            count(other.better_in, "state", "states"),
            other.act
        );
        text.push_str(&wrapped("     ", "       ", &better));
    }
    text.push('\n');
    text
}

fn worse(other: &Other) -> String {
    let outcomes: Vec<String> = other
        .outcomes
        .iter()
        .map(|(outcome, states)| format!("{outcome} {states}"))
        .collect();
    let better = if other.better_in > 0 {
        format!(", better in {}", other.better_in)
    } else {
        String::new()
    };
    format!("{} ({}{better})", other.act, outcomes.join(", "))
}

/// Returns what an act costs beside the table's, over all states together.
fn cost(other: &Other) -> String {
    let more = |number: i64, unit: &str| match number {
        0 => format!("as many {unit}"),
        1.. => format!("{number} {unit} less"),
        _ => format!("{} {unit} more", -number),
    };
    format!(
        "{} ({}, {})",
        other.act,
        more(other.fewer_commands, "commands"),
        more(other.fewer_s, "s")
    )
}

fn summary(report: &TableReport, seconds: f64) -> String {
    let outcomes: Vec<String> = report
        .outcomes
        .iter()
        .map(|(outcome, states)| format!("{states} {outcome}"))
        .collect();
    let faults = report.faults.unwrap_or_default();
    let tried = match report.others_within {
        None => String::new(),
        Some(_) if report.compared == report.healed => {
            "; every other first act was tried in each of them".to_owned()
        }
        Some(within) => format!(
            "; every other first act was tried in the {} within {}",
            report.compared,
            count(within, "event", "events")
        ),
    };
    let mut text = String::new();
    // Writing to a `String` cannot fail.
    let _ = writeln!(
        text,
        "     Summary [{seconds:>8.3}s] {} within {}, {} after healing{tried}",
        count(report.states, "state", "states"),
        count(faults, "event", "events"),
        report.healed,
    );
    let _ = writeln!(
        text,
        "    Outcomes {}; at most {} rows one after the other",
        outcomes.join(", "),
        report.longest
    );
    text
}
