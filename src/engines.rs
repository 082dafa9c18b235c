//! The engines of this build.

use std::panic::{AssertUnwindSafe, catch_unwind};

use seatrial_scenarios::{RunOptions, RunRecord, Scenario, Setup, Trace, TraceHeader};

use crate::args::EngineArg;

/// The engine's name in records.
pub(crate) const fn name(engine: EngineArg) -> &'static str {
    match engine {
        EngineArg::Des => "des",
        EngineArg::Madsim => "madsim",
        EngineArg::Real => "real",
    }
}

/// The simulated engines that this build has.
pub(crate) fn default_engines() -> Vec<EngineArg> {
    if has_madsim() { vec![EngineArg::Des, EngineArg::Madsim] } else { vec![EngineArg::Des] }
}

/// Whether the madsim engine is compiled in.
pub(crate) const fn has_madsim() -> bool {
    cfg!(madsim)
}

/// Why an engine cannot be used here.
pub(crate) fn missing(engine: EngineArg) -> Option<&'static str> {
    match engine {
        EngineArg::Des => None,
        EngineArg::Madsim if has_madsim() => None,
        EngineArg::Madsim => Some(
            "this build has no madsim engine: it is compiled in with `--cfg madsim`, which the \
             repository's .cargo/config.toml sets unless RUSTFLAGS is in the environment",
        ),
        EngineArg::Real => Some("this version has no engine for real containers yet"),
    }
}

/// Runs a scenario. A panic is a bug of ours: it is caught and told with what reproduces it.
pub(crate) fn run(
    engine: EngineArg,
    scenario: &Scenario,
    setup: &Setup,
    options: &RunOptions,
) -> Result<(RunRecord, Trace), String> {
    let attempt = catch_unwind(AssertUnwindSafe(|| match engine {
        EngineArg::Des => {
            seatrial_sim::des::run(scenario, setup, options).map_err(|error| error.to_string())
        }
        EngineArg::Madsim => madsim(scenario, setup, options),
        EngineArg::Real => Err("no such engine".to_owned()),
    }));
    attempt.unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("panic");
        Err(format!(
            "a bug in seatrial: {text}\n  replay: seatrial replay {} --on {} --seed {}",
            scenario.file,
            name(engine),
            setup.seed
        ))
    })
}

#[cfg(madsim)]
fn madsim(
    scenario: &Scenario,
    setup: &Setup,
    options: &RunOptions,
) -> Result<(RunRecord, Trace), String> {
    seatrial_sim::madsim_engine::run(scenario, setup, options).map_err(|error| error.to_string())
}

#[cfg(not(madsim))]
fn madsim(_: &Scenario, _: &Setup, _: &RunOptions) -> Result<(RunRecord, Trace), String> {
    Err("this build has no madsim engine".to_owned())
}

/// The header of a run's record.
pub(crate) fn header(engine: EngineArg, scenario: &Scenario, setup: &Setup) -> TraceHeader {
    TraceHeader {
        format: seatrial_scenarios::trace::FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: scenario.id.clone(),
        scenario_sha256: scenario.sha256.clone(),
        engine: name(engine).to_owned(),
        seed: setup.seed,
        nodes: setup.nodes.clone(),
    }
}
