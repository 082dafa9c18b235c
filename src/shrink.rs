//! `seatrial shrink`: a failing scenario in its shortest form.

use std::fs;

use seatrial_sim::des::Templates;

use crate::args::ShrinkArgs;
use crate::output::Out;
use crate::{Stop, exit, scenarios};

pub(crate) fn shrink(args: &ShrinkArgs, out: &mut Out) -> Result<u8, Stop> {
    let list = scenarios::named(std::slice::from_ref(&args.scenario))?;
    let Some(scenario) = list.first() else {
        return Err(Stop::usage("no scenario is named"));
    };
    let timers = args.timers.map(Into::into);
    let mut templates = Templates::default();
    let Some(small) = seatrial_sim::explore::shrink(&mut templates, scenario, args.seed, timers)
    else {
        out.error(&format!(
            "{} does not fail on des with seed {}: there is nothing to reduce",
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
        "{}: {} of {} steps remain, in {} runs",
        small.outcome.name(),
        small.scenario.steps.len(),
        scenario.steps.len(),
        small.runs
    ));
    Ok(exit::FINDING)
}
