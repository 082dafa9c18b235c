//! Whole runs on the discrete-event engine: a scenario once, a block of a search, many runs for a measurement.

use std::fmt::Write as _;

use pollster::block_on;
use seatrial_scenarios::language::Pace;
use seatrial_scenarios::trace::{FORMAT, sha256_hex};
use seatrial_scenarios::{RunOptions, Scenario, Setup, TraceHeader};
use seatrial_sim::des::{self, Templates};
use seatrial_sim::explore::{Options, play_block};
use serde_json::{Value, json};

/// Returns the setup and the options with which `seatrial replay` runs a scenario.
fn plan(scenario: &Scenario, seed: u64) -> (Setup, RunOptions) {
    let options = RunOptions {
        seed,
        engine: "des".to_owned(),
        pace: scenario.pace.is_none().then_some(Pace::Rest),
        ..RunOptions::default()
    };
    (scenario.setup(None, seed), options)
}

fn parsed(text: &str) -> Result<Scenario, String> {
    Scenario::parse("the scenario", text).map_err(|error| error.to_string())
}

/// Runs a scenario once. The answer has the hash of its trace, as `seatrial run` computes it.
pub(crate) fn run(text: &str, seed: u64) -> Result<Value, String> {
    let scenario = parsed(text)?;
    let (setup, options) = plan(&scenario, seed);
    let (record, trace) =
        des::run(&scenario, &setup, &options).map_err(|error| error.to_string())?;
    let rendered = trace.render(&TraceHeader {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: scenario.id.clone(),
        scenario_sha256: scenario.sha256.clone(),
        engine: "des".to_owned(),
        seed: setup.seed,
        nodes: setup.nodes,
    });
    Ok(json!({
        "id": record.id,
        "verdict": record.verdict,
        "trace_sha256": sha256_hex(&rendered),
    }))
}

/// Returns what a block of `seatrial explore` comes to: a line for each seed, with its record and its schedule.
pub(crate) fn explore(block: u64) -> String {
    let options = Options::of("manual-corrected");
    let mut text = String::new();
    for played in play_block(&mut Templates::default(), &options, block) {
        let record = serde_json::to_string(&played.record).unwrap_or_default();
        let _ = writeln!(text, "{record} {:?}", played.schedule);
    }
    text
}

/// Runs a scenario with `count` seeds, without a trace, as a search does. The caller has the clock.
pub(crate) fn many(text: &str, seed: u64, count: u64) -> Result<Value, String> {
    let scenario = parsed(text)?;
    let mut templates = Templates::default();
    let mut passed = 0_u64;
    for seed in seed..seed.saturating_add(count) {
        let (setup, options) = plan(&scenario, seed);
        let mut world = templates
            .untraced(&setup)
            .map_err(|error| error.to_string())?;
        let record = block_on(seatrial_scenarios::run(&mut world, &scenario, &options));
        passed += u64::from(record.failure.is_none());
    }
    Ok(json!({ "runs": count, "passed": passed }))
}
