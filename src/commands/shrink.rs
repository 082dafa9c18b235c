//! `seatrial shrink`: reduces a failing scenario to its shortest form.

use std::fs;
use std::path::PathBuf;

use seatrial_sim::des::Templates;

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
    /// The file of the shrunk scenario; standard output by default.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

pub(crate) fn shrink(args: &ShrinkArgs, out: &mut Out) -> Result<u8, Stop> {
    let list = scenarios::named(std::slice::from_ref(&args.scenario))?;
    let Some(scenario) = list.first() else {
        return Err(Stop::usage("no scenario is given"));
    };
    let timers = args.timers.map(Into::into);
    let mut templates = Templates::default();
    let Some(small) = seatrial_sim::explore::shrink(&mut templates, scenario, args.seed, timers)
    else {
        out.error(&format!(
            "{} does not fail on des with seed {}: there is nothing to shrink",
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
        small.outcome.name(),
        small.scenario.steps.len(),
        scenario.steps.len(),
        small.runs
    ));
    Ok(exit::FINDING)
}
