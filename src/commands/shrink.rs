//! `seatrial shrink`: reduces a failing scenario to its shortest form.

use std::fs;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use seatrial_scenarios::findings::FINDINGS;
use seatrial_sim::des::Templates;
use seatrial_sim::explore::Goal;

use crate::args::{SEED, TimersArg};
use crate::output::Out;
use crate::{Stop, exit, scenarios};

/// `seatrial shrink`.
#[derive(Debug, clap::Args)]
pub(crate) struct ShrinkArgs {
    /// The id of a scenario, or a scenario file.
    #[arg(add = crate::candidates::scenarios())]
    pub(crate) scenario: String,
    /// The master seed with which the scenario fails.
    #[arg(long, value_name = "S", default_value_t = SEED)]
    pub(crate) seed: u64,
    /// The timeouts; they override those of the scenario.
    #[arg(long, value_enum)]
    pub(crate) timers: Option<TimersArg>,
    /// Keep this finding, and not the outcome.
    #[arg(long, value_name = "NAME", value_parser = findings())]
    pub(crate) finding: Option<String>,
    /// The file of the shrunk scenario; standard output by default.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// Returns what reads the name of a finding.
fn findings() -> PossibleValuesParser {
    PossibleValuesParser::new(FINDINGS.iter().map(|finding| finding.name))
}

pub(crate) fn shrink(args: &ShrinkArgs, out: &mut Out) -> Result<u8, Stop> {
    let list = scenarios::named(std::slice::from_ref(&args.scenario))?;
    let Some(scenario) = list.first() else {
        return Err(Stop::usage("no scenario is given"));
    };
    let timers = args.timers.map(Into::into);
    let mut templates = Templates::default();
    let goal = args.finding.clone().map(Goal::Finding);
    let small = seatrial_sim::explore::shrink(&mut templates, scenario, args.seed, timers, goal);
    let Some(small) = small else {
        let does_not = match &args.finding {
            Some(name) => format!("does not show {name}"),
            None => "does not fail".to_owned(),
        };
        out.error(&format!(
            "{} {does_not} on des with seed {}: there is nothing to shrink",
            scenario.id, args.seed
        ));
        return Ok(exit::OK);
    };
    let text = small.scenario.to_toml();
    match &args.out {
        Some(file) => fs::write(file, &text).map_err(|error| {
            Stop::environment(format!("cannot write {}: {error}", file.display()))
        })?,
        None => out.print(&text),
    }
    out.error(&format!(
        "{}: {} of {} steps remain (runs: {})",
        args.finding.as_deref().unwrap_or(small.outcome.name()),
        small.scenario.steps.len(),
        scenario.steps.len(),
        small.runs
    ));
    Ok(exit::FINDING)
}
