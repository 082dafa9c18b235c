//! Idle time that is computed and not played changes nothing: neither the record, nor the trace, nor the world.

use std::path::PathBuf;

use seatrial_scenarios::language::Pace;
use seatrial_scenarios::runner::{self, RunOptions};
use seatrial_scenarios::schedule::{Play, Schedule, Vocabulary};
use seatrial_scenarios::{RunRecord, Scenario, Span, Trace};
use seatrial_sim::des::{Coasting, Templates, World};
use seatrial_sim::explore::{self, Options};

fn options(scenario: &Scenario, seed: u64) -> RunOptions {
    RunOptions {
        seed,
        pace: scenario.pace.is_none().then_some(Pace::Rest),
        ..RunOptions::default()
    }
}

fn play(scenario: &Scenario, seed: u64, coasting: Coasting) -> (RunRecord, Trace) {
    let mut world = World::build(&scenario.setup(None, seed)).expect("the initial state");
    world.set_coasting(coasting);
    let options = options(scenario, seed);
    let record = pollster::block_on(runner::run(&mut world, scenario, &options));
    (record, world.into_trace())
}

fn same_with_and_without(scenario: &Scenario, seed: u64) {
    let (with, trace_with) = play(scenario, seed, Coasting::On);
    let (without, trace_without) = play(scenario, seed, Coasting::Off);
    for (a, b) in trace_with.events.iter().zip(&trace_without.events) {
        assert_eq!(a, b, "{} with seed {seed}", scenario.id);
    }
    assert_eq!(trace_with.events.len(), trace_without.events.len());
    assert_eq!(with, without, "{} with seed {seed}", scenario.id);
}

/// Plays a scenario with a copy of the world beside each coast. Returns the simulated time that was computed, and all
/// of it.
fn checked(templates: &mut Templates, scenario: &Scenario, seed: u64) -> (Span, Span) {
    let setup = scenario.setup(None, seed);
    let mut world = templates.untraced(&setup).expect("the initial state");
    world.set_coasting(Coasting::Checked);
    let (before, began) = (world.coasted(), world.now());
    let options = options(scenario, seed);
    pollster::block_on(runner::run(&mut world, scenario, &options));
    (
        world.coasted().saturating_sub(before),
        world.now().saturating_sub(began),
    )
}

fn documented() -> Vec<Scenario> {
    let folders = [
        "../scenarios/catalogue",
        "../scenarios/beyond",
        "../scenarios/suites",
    ];
    let folders = folders.map(|folder| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder));
    let mut files: Vec<_> = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).expect("the folder"))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "toml"))
        .collect();
    files.sort();
    let parse = |file: &PathBuf| {
        let text = std::fs::read_to_string(file).expect("a file");
        Scenario::parse(&file.display().to_string(), &text).expect("a scenario")
    };
    files.iter().map(parse).collect()
}

#[test]
fn the_documented_scenarios_are_the_same() {
    for scenario in documented() {
        same_with_and_without(&scenario, 1);
    }
}

#[test]
fn every_stretch_of_the_documented_scenarios_ends_as_if_it_was_played() {
    let mut templates = Templates::default();
    let (mut coasted, mut all) = (Span::ZERO, Span::ZERO);
    for scenario in documented() {
        let (here, whole) = checked(&mut templates, &scenario, 2);
        coasted += here;
        all += whole;
    }
    let half = Span(all.as_micros() / 2);
    assert!(coasted > half, "only {coasted} of {all} computed");
}

#[test]
fn random_schedules_are_the_same() {
    let vocabulary = Vocabulary::search();
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

/// `COASTS=1000` takes so many blocks of `explore`.
#[test]
fn every_stretch_of_explored_schedules_ends_as_if_it_was_played() {
    let blocks = std::env::var("COASTS").ok();
    let blocks = blocks.and_then(|text| text.parse().ok()).unwrap_or(2);
    let options = Options::of("manual");
    let mut templates = Templates::default();
    let (mut coasted, mut all) = (Span::ZERO, Span::ZERO);
    for block in 0..blocks {
        for played in explore::play_block(&mut templates, &options, block) {
            let seed = played.record.seed;
            let scenario = explore::scenario_of(&options, &played.schedule, seed);
            let (here, whole) = checked(&mut templates, &scenario, seed);
            coasted += here;
            all += whole;
        }
    }
    let third = Span(all.as_micros() / 3);
    assert!(coasted > third, "only {coasted} of {all} computed");
}

/// Things that make idle time difficult, one in each: a name, options, steps, and the least part in percent that is
/// computed.
const SITUATIONS: &[(&str, &str, &str, u64)] = &[
    ("nothing", "", "wait = { for = \"2000s\" }", 95),
    (
        "attempts that wait for an answer",
        "",
        "power_off = { nodes = [\"C\"] }\n[[step]]\nwait = { for = \"60s\" }\n[[step]]\npower_off = { nodes = [\"B\"] }\n[[step]]\nwait = { for = \"300s\" }",
        30,
    ),
    (
        "a node without quorum dials two that refuse",
        "",
        "terminate = { nodes = [\"B\", \"C\"] }\n[[step]]\nwait = { for = \"200s\" }",
        30,
    ),
    (
        "a hung node",
        "",
        "hang = { nodes = [\"C\"] }\n[[step]]\nwait = { for = \"100s\" }\n[[step]]\nresume = { nodes = [\"C\"] }\n[[step]]\nwait = { for = \"100s\" }",
        30,
    ),
    (
        "all nodes hang",
        "",
        "hang = { nodes = [\"A\", \"B\", \"C\"] }\n[[step]]\nwait = { for = \"20s\" }\n[[step]]\nresume = { nodes = [\"A\", \"B\", \"C\"] }\n[[step]]\nwait = { for = \"50s\" }",
        10,
    ),
    (
        "a cut one way",
        "",
        "cut = { from = \"A\", to = \"C\" }\n[[step]]\nwait = { for = \"90s\" }\n[[step]]\nheal = {}\n[[step]]\nwait = { for = \"90s\" }",
        0,
    ),
    (
        "a closed port",
        "",
        "cut = { from = \"A\", to = \"C\", port = 4567 }\n[[step]]\nwait = { for = \"90s\" }\n[[step]]\nheal = {}\n[[step]]\nwait = { for = \"90s\" }",
        0,
    ),
    (
        "a partition",
        "",
        "partition = { groups = [[\"A\"], [\"B\", \"C\"]] }\n[[step]]\nwait = { for = \"90s\" }\n[[step]]\nheal = {}\n[[step]]\nwait = { for = \"90s\" }",
        20,
    ),
    (
        "latency",
        "",
        "latency = { node = \"B\", by = \"150ms\" }\n[[step]]\nwait = { for = \"100s\" }",
        50,
    ),
    (
        "latency of a second",
        "",
        "latency = { node = \"B\", by = \"900ms\" }\n[[step]]\nwait = { for = \"100s\" }",
        0,
    ),
    (
        "loss",
        "",
        "loss = { node = \"B\", percent = 10 }\n[[step]]\nwait = { for = \"100s\" }",
        0,
    ),
    (
        "a link that flaps",
        "",
        "flap = { node = \"B\", period = \"3s\" }\n[[step]]\nwait = { for = \"100s\" }",
        0,
    ),
    (
        "another address",
        "",
        "stop = { nodes = [\"C\"] }\n[[step]]\nreaddress = { node = \"C\", address = \"10.0.0.14\" }\n[[step]]\nstart = { nodes = [\"C\"] }\n[[step]]\nwait = { for = \"200s\" }",
        30,
    ),
    (
        "no chance",
        "[options]\njitter = \"none\"\n",
        "terminate = { nodes = [\"C\"] }\n[[step]]\nwait = { for = \"100s\" }\n[[step]]\nstart = { nodes = [\"C\"] }\n[[step]]\nwait = { for = \"100s\" }",
        60,
    ),
    (
        "short timers",
        "[options]\n\"evs.keepalive_period\" = \"PT0.3S\"\n\"evs.inactive_check_period\" = \"PT0.2S\"\n\"gmcast.peer_timeout\" = \"PT1S\"\n",
        "wait = { for = \"100s\" }\n[[step]]\nterminate = { nodes = [\"C\"] }\n[[step]]\nwait = { for = \"100s\" }",
        50,
    ),
    (
        "signs of gmcast's own",
        "[options]\n\"evs.keepalive_period\" = \"PT2S\"\n",
        "wait = { for = \"100s\" }",
        0,
    ),
    (
        "a redo log that is written once a second",
        "[options]\ninnodb_flush_log_at_trx_commit = 0\n",
        "write = { node = \"A\", rows = 2 }\n[[step]]\nwait = { for = \"60s\" }",
        30,
    ),
];

#[test]
fn difficult_idle_time_ends_as_if_it_was_played() {
    let mut templates = Templates::default();
    for (name, options, steps, least) in SITUATIONS {
        let (mut coasted, mut all) = (Span::ZERO, Span::ZERO);
        for seed in 0..6 {
            let text = format!(
                "id = \"idle\"\ntitle = \"{name}\"\nnodes = [\"A\", \"B\", \"C\"]\n{options}\n[[step]]\n{steps}\n"
            );
            let scenario = Scenario::parse("idle.toml", &text).unwrap_or_else(|error| {
                panic!("{name}: {error:?}");
            });
            let (here, whole) = checked(&mut templates, &scenario, seed);
            coasted += here;
            all += whole;
        }
        let part = coasted.as_micros() * 100 / all.as_micros();
        assert!(part >= *least, "{name}: only {part} % of {all} computed");
    }
}
