//! `seatrial show`: prints a scenario or a procedure for a reader.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use owo_colors::OwoColorize as _;
use seatrial_reports::{timeline, wrapped};
use seatrial_scenarios::language::{Claim, Step};
use seatrial_scenarios::procedures;
use seatrial_scenarios::record_file::RecordReader;
use seatrial_scenarios::{ForceEdit, Initial, MysqldSafeLog, Scenario, Supervisor, Timers};

use crate::args::EngineArg;
use crate::files::{open_record, record_path};
use crate::output::Out;
use crate::{Stop, engines, exit, scenarios};

/// `seatrial show`.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// The id of a scenario, a scenario file, or a procedure; with --run, show only the runs of the scenario.
    #[arg(required_unless_present = "run", add = crate::candidates::scenarios_and_procedures())]
    pub(crate) scenario: Option<String>,
    /// A folder of results: show its runs, with a column for each node and a line for each event.
    #[arg(long, value_name = "DIR")]
    pub(crate) run: Option<PathBuf>,
    /// With --run, show only the runs on this engine.
    #[arg(long, value_name = "ENGINE", requires = "run")]
    pub(crate) on: Option<EngineArg>,
}

pub(crate) fn show(args: &ShowArgs, out: &mut Out) -> Result<u8, Stop> {
    let wanted = args.scenario.as_deref();
    if let Some(folder) = &args.run {
        runs(folder, wanted, args.on, out)
    } else {
        let name = wanted.unwrap_or_default();
        if procedures::names().contains(&name) {
            out.print(&procedure(name));
            return Ok(exit::OK);
        }
        let scenario = scenarios::one(name)?;
        out.print(&as_text(&scenario));
        Ok(exit::OK)
    }
}

/// The document of the procedures, with a row for each.
const PROCEDURES: &str = include_str!("../../docs/procedures.md");

/// The manual's procedure as a document. A test holds that it comes to the same as the built-in one in every state.
const MANUAL: &str = include_str!("../../runbooks/manual.md");

/// Returns a procedure for a reader: whose rule it is, its known defects, and how to see it act.
fn procedure(name: &str) -> String {
    let mut text = format!("{} (a procedure)\n\n", name.bold());
    let start = format!("| `{name}` |");
    let row = PROCEDURES.lines().find(|line| line.starts_with(&start));
    let cells: Vec<&str> = row
        .into_iter()
        .flat_map(|row| row.split('|').map(str::trim))
        .collect();
    let mut fact = |name: &str, value: &str| {
        text.push_str(&wrapped(&format!("{name:<10}"), "          ", value));
    };
    match cells.as_slice() {
        [_, _, rule, version, defects, ..] => {
            fact("rule of", &rule.replace('`', ""));
            fact("version", version);
            fact("defects", defects);
            for class in defects.split_whitespace() {
                let start = format!("| {class} | ");
                let row = PROCEDURES
                    .lines()
                    .find_map(|line| line.strip_prefix(&start));
                if let Some(row) = row {
                    let means = row.trim_end_matches(['|', ' ']).replace('`', "");
                    fact("", &format!("{class}: {means}"));
                }
            }
        }
        _ => fact(
            "rule",
            "it does nothing: what becomes of the cluster without an operator",
        ),
    }
    text.push('\n');
    if name == "manual" {
        text.push_str(MANUAL);
        text.push('\n');
    }
    let flag = if procedures::is_automaton(name) {
        " --each-node"
    } else {
        ""
    };
    let play = format!(
        "`seatrial verify {name}{flag}` lets it act in every broken state. docs/procedures.md has its rule."
    );
    text.push_str(&wrapped("", "", &play));
    text
}

/// Returns the recorded runs of a folder, or only those of one scenario.
fn runs(
    folder: &Path,
    wanted: Option<&str>,
    engine: Option<EngineArg>,
    out: &mut Out,
) -> Result<u8, Stop> {
    let path = record_path(folder);
    let stop = |error: String| Stop::usage(format!("{}: {error}", path.display()));
    let file = open_record(&path).map_err(|error| stop(error.to_string()))?;
    let mut shown = 0;
    for run in RecordReader::new(file) {
        let run = run.map_err(|error| stop(error.to_string()))?;
        let record = &run.record;
        if wanted.is_some_and(|id| id != record.id)
            || engine.is_some_and(|engine| engines::name(engine) != record.engine)
        {
            continue;
        }
        if shown > 0 {
            out.line("");
        }
        out.print(&timeline(&run));
        shown += 1;
    }
    match shown {
        0 => Err(stop("the record has no such run".to_owned())),
        _ => Ok(exit::OK),
    }
}

fn as_text(scenario: &Scenario) -> String {
    let mut text = format!("{}\n", scenario.title.bold());
    if let Some(why) = &scenario.why {
        text.push_str(&wrapped("", "", why));
    }
    text.push('\n');
    let mut fact = |name: &str, value: String| {
        let first = format!("{name:<10}");
        text.push_str(&wrapped(&first, "          ", &value));
    };
    fact("id", scenario.id.clone());
    if let Some(source) = &scenario.source {
        fact("manual", source.clone());
    }
    let nodes: Vec<&str> = scenario
        .nodes
        .iter()
        .map(seatrial_scenarios::NodeName::as_str)
        .collect();
    let initial = match scenario.initial {
        Initial::Synced => "started and synced",
        Initial::Empty => "installed, never started",
        Initial::Down => "stopped in order, the first node last",
    };
    fact("nodes", format!("{}: {initial}", nodes.join(", ")));
    let options = options(scenario);
    if !options.is_empty() {
        fact("options", options.join(", "));
    }
    if !scenario.findings.is_empty() {
        fact("shows", scenario.findings.join(", "));
    }
    let words: Vec<&str> = scenario
        .pack
        .iter()
        .chain(&scenario.tags)
        .map(String::as_str)
        .collect();
    if !words.is_empty() {
        fact("tags", words.join(", "));
    }
    text.push('\n');
    for step in &scenario.steps {
        text.push_str(&step_text(step));
    }
    if scenario.second_phase {
        let last = format!(
            "Then everything is healed, the procedure {} acts, and the cluster must have recovered.",
            scenario.procedure
        );
        text.push('\n');
        text.push_str(&wrapped("", "", &last));
    }
    text
}

fn options(scenario: &Scenario) -> Vec<String> {
    let options = &scenario.options;
    let mut words: Vec<String> = options
        .settings
        .iter()
        .map(|(name, value)| format!("{name} = {value}"))
        .collect();
    for (node, settings) in &options.node_settings {
        words.extend(
            settings
                .iter()
                .map(|(name, value)| format!("{node}: {name} = {value}")),
        );
    }
    if options.supervisor == Supervisor::Systemd {
        words.push("systemd restarts a crashed server".to_owned());
    }
    if options.force == ForceEdit::Replace {
        words.push("the force replaces grastate.dat".to_owned());
    }
    if options.mysqld_safe_log == MysqldSafeLog::Syslog {
        words.push("mysqld_safe logs to syslog".to_owned());
    }
    if scenario.timers == Some(Timers::Fast) {
        words.push("fast timers".to_owned());
    }
    words
}

fn step_text(step: &Step) -> String {
    let first = format!("{:>3}  ", step.number);
    let mut text = wrapped(&first, "     ", &step.action.to_string());
    if let Some(claim) = &step.claim {
        text.push_str(&claim_text(claim));
    }
    if let Some(note) = &step.note {
        text.push_str(&wrapped("     note: ", "       ", note).dimmed().to_string());
    }
    text
}

fn claim_text(claim: &Claim) -> String {
    let mut says = format!("claim {}", claim.id);
    match claim.lines {
        None => {}
        Some((first, last)) if first == last => {
            let _ = write!(says, " (line {first})");
        }
        Some((first, last)) => {
            let _ = write!(says, " (lines {first}-{last})");
        }
    }
    let _ = write!(says, ", {}: {}", claim.verdict.name(), claim.says);
    if let Some(assumes) = &claim.assumes {
        let _ = write!(says, " (assumes {assumes})");
    }
    wrapped("     ", "       ", &says)
}
