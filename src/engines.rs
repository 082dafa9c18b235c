//! The engines of this build. Only this module knows how to call each of them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use seatrial_real_harness::RealOptions;
use seatrial_scenarios::recording::{Recording, Replay};
use seatrial_scenarios::{RunOptions, RunRecord, Scenario, Setup, Trace, TraceHeader};

use crate::args::EngineArg;
use crate::{Stop, provenance};

/// Returns the engine's name in records.
pub(crate) const fn name(engine: EngineArg) -> &'static str {
    match engine {
        EngineArg::Des => "des",
        EngineArg::Madsim => "madsim",
        EngineArg::Real => "real",
    }
}

/// Returns the simulated engines of this build.
pub(crate) fn default_engines() -> Vec<EngineArg> {
    if has_madsim() {
        vec![EngineArg::Des, EngineArg::Madsim]
    } else {
        vec![EngineArg::Des]
    }
}

/// Returns whether the madsim engine is compiled in.
pub(crate) const fn has_madsim() -> bool {
    cfg!(madsim)
}

/// Returns each engine once, in the order in which they were asked for, if all of them are available.
pub(crate) fn available(asked: &[EngineArg]) -> Result<Vec<EngineArg>, Stop> {
    let mut engines = Vec::new();
    for engine in asked {
        if let Some(why) = missing(*engine) {
            return Err(Stop::environment(format!("--on {}: {why}", name(*engine))));
        }
        if !engines.contains(engine) {
            engines.push(*engine);
        }
    }
    Ok(engines)
}

/// Returns why an engine cannot be used here.
pub(crate) const fn missing(engine: EngineArg) -> Option<&'static str> {
    match engine {
        // A missing Docker engine is noticed when it is first used.
        EngineArg::Des | EngineArg::Real => None,
        EngineArg::Madsim if has_madsim() => None,
        EngineArg::Madsim => Some(
            "this build has no madsim engine: it is compiled in with `--cfg madsim`, which the \
             repository's .cargo/config.toml sets unless RUSTFLAGS is in the environment",
        ),
    }
}

/// Checks that every option has a value that the engines accept.
pub(crate) fn check(scenario: &Scenario) -> Result<(), Stop> {
    let timers = scenario.timers.unwrap_or_default();
    for node in &scenario.nodes {
        seatrial_sim::setup::config_of(node, timers, &scenario.options)
            .map_err(|error| Stop::usage(format!("{}: [options]: {error}", scenario.file)))?;
    }
    Ok(())
}

/// Runs a scenario.
pub(crate) fn run(
    engine: EngineArg,
    scenario: &Scenario,
    setup: &Setup,
    options: &RunOptions,
    real: &RealOptions,
) -> Result<(RunRecord, Trace), String> {
    guarded(|| match engine {
        EngineArg::Des => {
            seatrial_sim::des::run(scenario, setup, options).map_err(|error| error.to_string())
        }
        EngineArg::Madsim => madsim(scenario, setup, options),
        EngineArg::Real => seatrial_real_harness::run(scenario, setup, options, real)
            .map_err(|error| error.to_string()),
    })
}

/// Returns the result of a run. It turns a panic, which is a bug of ours, into the run's error.
fn guarded<T>(run: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text = seatrial_scenarios::panic_text(&*panic);
        Err(format!("a bug in seatrial, please report it: {text}"))
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

/// Replays a recording.
pub(crate) fn replay_recording(
    engine: EngineArg,
    recording: &Recording,
    seed: u64,
    real: &RealOptions,
) -> Result<Replay, String> {
    guarded(|| match engine {
        EngineArg::Des => {
            seatrial_sim::des::replay(recording, seed).map_err(|error| error.to_string())
        }
        EngineArg::Madsim => madsim_replay(recording, seed),
        EngineArg::Real => {
            seatrial_real_harness::replay(recording, seed, real).map_err(|error| error.to_string())
        }
    })
}

#[cfg(madsim)]
fn madsim_replay(recording: &Recording, seed: u64) -> Result<Replay, String> {
    seatrial_sim::madsim_engine::replay(recording, seed).map_err(|error| error.to_string())
}

#[cfg(not(madsim))]
fn madsim_replay(_: &Recording, _: u64) -> Result<Replay, String> {
    Err("this build has no madsim engine".to_owned())
}

/// Returns the header of a run's record.
pub(crate) fn header(engine: EngineArg, scenario: &Scenario, setup: &Setup) -> TraceHeader {
    TraceHeader {
        format: seatrial_scenarios::trace::FORMAT,
        program: provenance::PROGRAM.to_owned(),
        scenario: scenario.id.clone(),
        scenario_sha256: scenario.sha256.clone(),
        engine: name(engine).to_owned(),
        seed: setup.seed,
        nodes: setup.nodes.clone(),
    }
}
