//! Leaping over idle stretches changes nothing: neither the record nor the trace.

use std::path::PathBuf;

use seatrial_scenarios::language::Pace;
use seatrial_scenarios::runner::{self, RunOptions};
use seatrial_scenarios::schedule::{Play, Schedule, Vocabulary};
use seatrial_scenarios::{RunRecord, Scenario, Span, Trace};
use seatrial_sim::des::World;

fn play(scenario: &Scenario, seed: u64, leaps: bool) -> (RunRecord, Trace, Span) {
    let mut world = World::build(&scenario.setup(None, seed)).expect("the initial state");
    world.set_leaps(leaps);
    let before = world.leapt();
    let options = RunOptions {
        seed,
        pace: Some(Pace::Rest),
        ..RunOptions::default()
    };
    let record = pollster::block_on(runner::run(&mut world, scenario, &options));
    let leapt = world.leapt().saturating_sub(before);
    (record, world.into_trace(), leapt)
}

/// Says how much was leapt over.
fn same_with_and_without(scenario: &Scenario, seed: u64) -> Span {
    let (with, trace_with, leapt) = play(scenario, seed, true);
    let (without, trace_without, none) = play(scenario, seed, false);
    assert_eq!(none, Span::ZERO);
    for (a, b) in trace_with.events.iter().zip(&trace_without.events) {
        assert_eq!(a, b, "{} with seed {seed}", scenario.id);
    }
    assert_eq!(trace_with.events.len(), trace_without.events.len());
    assert_eq!(with, without, "{} with seed {seed}", scenario.id);
    leapt
}

#[test]
fn the_documented_scenarios_are_the_same() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../scenarios/catalogue");
    let mut leapt = Span::ZERO;
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the catalogue")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a file");
        let scenario = Scenario::parse(&file.display().to_string(), &text).expect("a scenario");
        leapt += same_with_and_without(&scenario, 1);
    }
    assert!(leapt > Span::from_secs(600), "only {leapt} leapt over");
}

#[test]
fn random_schedules_are_the_same() {
    let vocabulary = Vocabulary::everything();
    let play = Play {
        pace: Pace::Rest,
        procedure: Some("manual-corrected".to_owned()),
    };
    for seed in 0..25 {
        let schedule = Schedule::draw(&vocabulary, seed);
        let scenario = schedule.scenario(&format!("drawn-{seed}"), "drawn", &play);
        same_with_and_without(&scenario, seed);
    }
}
