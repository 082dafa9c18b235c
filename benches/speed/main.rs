//! Measures the speed of the engines and the searches, compared with other simulators and another checker:
//! `cargo bench`. `docs/performance.md` says what is measured and how.
//!
//! Each part runs in a process of its own, so that its memory is its own too. Seconds are those of the
//! processor, and the best of three rounds.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark prints"
)]
#![expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]

mod count;
mod measure;
#[path = "../../src/memory.rs"]
mod memory;
#[cfg(madsim)]
mod ours;
#[path = "../../sim/tests/same_model/mod.rs"]
mod same_model;
mod search;
#[cfg(madsim)]
mod toy;

use std::fmt::Write as _;
use std::process::Command;

use seatrial_scenarios::Scenario;
use seatrial_scenarios::catalogue;
use seatrial_scenarios::runner::{self, RunOptions};
use seatrial_sim::des::{Coasting, Templates};

use measure::best;

/// As in the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A measurement: a name, and a number.
type Numbers = Vec<(&'static str, f64)>;

/// The parts by name.
const PARTS: &[(&str, fn() -> Numbers)] = &[
    ("des", scenario_on_des),
    ("catalogue", catalogue_on_des),
    #[cfg(madsim)]
    ("madsim", scenario_on_madsim),
    ("explore", explore),
    ("shrink", shrink),
    ("closure", closure),
    ("breadth-first", breadth_first),
    ("stateright", stateright),
    #[cfg(madsim)]
    ("toy-des", toy_on_des),
    #[cfg(madsim)]
    ("toy-coasting", toy_on_des_coasting),
    #[cfg(madsim)]
    ("toy-own-madsim", toy_on_our_madsim),
    #[cfg(madsim)]
    ("toy-madsim", toy_on_madsim),
    #[cfg(madsim)]
    ("toy-turmoil", toy_on_turmoil),
];

/// The documented scenario that is measured alone.
const SCENARIO: &str = "two-nodes-are-terminated-both-come-back";

fn main() {
    let mut args = std::env::args().skip(1);
    let mode = args.next();
    let wanted = args.next().unwrap_or_default();
    match mode.as_deref() {
        Some("--part") => {}
        Some("--count") => return count::work(&wanted),
        _ => return print!("{}", report()),
    }
    let (_, part) = PARTS
        .iter()
        .find(|(name, _)| *name == wanted)
        .expect("the part has a name");
    for (name, number) in part() {
        println!("{name}\t{number}");
    }
    if let Some(memory) = memory::peak_mib() {
        println!("memory\t{memory}");
    }
}

/// Measures a part in a process of its own.
fn in_a_process(part: &str) -> Vec<(String, f64)> {
    let program = std::env::current_exe().expect("the system says where the benchmark is");
    let output = Command::new(program)
        .args(["--part", part])
        .output()
        .expect("it can be started again");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{part}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    text.lines()
        .filter_map(|line| line.split_once('\t'))
        .filter_map(|(name, number)| Some((name.to_owned(), number.parse().ok()?)))
        .collect()
}

/// The whole report.
fn report() -> String {
    let measured: Vec<(&str, Vec<(String, f64)>)> = PARTS
        .iter()
        .map(|(part, _)| {
            let numbers = in_a_process(part);
            // A failure of a later part does not lose these measurements.
            eprintln!("{part}: {numbers:.1?}");
            (*part, numbers)
        })
        .collect();
    let get = |part: &str, name: &str| -> Option<f64> {
        let (_, numbers) = measured.iter().find(|(known, _)| *known == part)?;
        numbers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, n)| *n)
    };
    let mut text = format!(
        "{:<54}{:>12}{:>12}\n",
        "one core, trace off", "measured", "target"
    );
    let mut line = |what: &str, number: Option<f64>, target: Option<f64>| {
        let Some(number) = number else { return };
        let target = target.map_or_else(String::new, |target| {
            let met = if number >= target { "met" } else { "MISSED" };
            format!("{:>12} {met}", number_text(target))
        });
        let _ = writeln!(text, "{what:<54}{:>12}{target}", number_text(number));
    };
    line(
        "a documented scenario on des, runs/s",
        get("des", "runs"),
        Some(1_000.0),
    );
    line("  simulated/real", get("des", "times"), Some(300_000.0));
    line("  coasting, runs/s", get("des", "coasting-runs"), None);
    line(
        "  coasting, simulated/real",
        get("des", "coasting-times"),
        Some(1_000_000.0),
    );
    line(
        "all documented scenarios on des, runs/s",
        get("catalogue", "runs"),
        None,
    );
    line("  simulated/real", get("catalogue", "times"), None);
    line(
        "  coasting, runs/s",
        get("catalogue", "coasting-runs"),
        None,
    );
    line(
        "  coasting, simulated/real",
        get("catalogue", "coasting-times"),
        None,
    );
    line(
        "the scenario on madsim, simulated/real",
        get("madsim", "times"),
        Some(20_000.0),
    );
    line(
        "explore, seeds/s",
        get("explore", "seeds"),
        Some(1_000_000.0 / 1_200.0 / 2.0),
    );
    line("  MiB", get("explore", "memory"), None);
    line(
        "shrinking, the longest of 8: findings/s",
        get("shrink", "longest"),
        Some(0.5),
    );
    line(
        "  findings of 8 with at most 8 steps left",
        get("shrink", "short"),
        Some(8.0),
    );
    line(
        "closure at rest, transitions/s",
        get("closure", "transitions"),
        None,
    );
    line("  states/s", get("closure", "states"), None);
    line("  MiB", get("closure", "memory"), None);
    let (ours, theirs) = (get("breadth-first", "rate"), get("stateright", "rate"));
    line("breadth first, states/s", ours, None);
    line("  MiB", get("breadth-first", "memory"), None);
    line("the same model in stateright, states/s", theirs, None);
    line("  MiB", get("stateright", "memory"), None);
    line("  states of both", get("stateright", "states"), None);
    line("  ours / stateright", ratio(ours, theirs), Some(1.5));
    line(
        "the toy cluster, simulated/real: our nodes on des",
        get("toy-des", "times"),
        None,
    );
    line(
        "  our nodes on des coasting",
        get("toy-coasting", "times"),
        None,
    );
    line(
        "  our nodes on our madsim engine",
        get("toy-own-madsim", "times"),
        None,
    );
    line(
        "  a plain program on madsim",
        get("toy-madsim", "times"),
        None,
    );
    line(
        "  a plain program on turmoil",
        get("toy-turmoil", "times"),
        None,
    );
    line("  frames in 1000 s: des", get("toy-des", "frames"), None);
    line(
        "  frames in 1000 s: plain madsim",
        get("toy-madsim", "frames"),
        None,
    );
    line(
        "  frames in 1000 s: turmoil",
        get("toy-turmoil", "frames"),
        None,
    );
    let des = get("toy-des", "times");
    line(
        "  ratio des / plain madsim",
        ratio(des, get("toy-madsim", "times")),
        None,
    );
    line(
        "  ratio des / turmoil",
        ratio(des, get("toy-turmoil", "times")),
        None,
    );
    let coasting = get("toy-coasting", "times");
    line(
        "  ratio des coasting / plain madsim",
        ratio(coasting, get("toy-madsim", "times")),
        None,
    );
    line(
        "  ratio des coasting / turmoil",
        ratio(coasting, get("toy-turmoil", "times")),
        None,
    );
    // Frames must be the same, or the ratios say nothing.
    for other in ["toy-madsim", "toy-turmoil"] {
        if let (Some(des), Some(frames)) = (get("toy-des", "frames"), get(other, "frames")) {
            assert!(
                (des / frames - 1.0).abs() < 0.05,
                "{other} sends {frames} frames, des {des}"
            );
        }
    }
    text
}

fn ratio(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    Some(one? / other?)
}

/// A number with so many digits as mean something.
fn number_text(number: f64) -> String {
    if number < 100.0 {
        format!("{number:.2}")
    } else {
        format!("{number:.0}")
    }
}

/// Plays scenarios with some seeds on `des`; gives back simulated milliseconds.
fn play(templates: &mut Templates, scenarios: &[Scenario], seeds: u64, coasting: Coasting) -> u64 {
    let mut simulated = 0;
    for seed in 0..seeds {
        for scenario in scenarios {
            let setup = scenario.setup(None, seed);
            let mut world = templates.untraced(&setup).expect("the initial state");
            world.set_coasting(coasting);
            let options = RunOptions {
                seed,
                ..RunOptions::default()
            };
            let run = runner::run(&mut world, scenario, &options);
            simulated += pollster::block_on(run).simulated_ms;
        }
    }
    simulated
}

fn documented() -> Vec<Scenario> {
    let all = catalogue::all().into_iter();
    all.map(|(file, text)| Scenario::parse(file, text).expect("the catalogue is right"))
        .collect()
}

fn on_des(scenarios: &[Scenario], seeds: u64) -> Numbers {
    let mut templates = Templates::default();
    // The initial states are made once, as in every campaign.
    play(&mut templates, scenarios, 16, Coasting::On);
    let runs = (seeds * scenarios.len() as u64) as f64;
    let (simulated, without) = best(|| play(&mut templates, scenarios, seeds, Coasting::Off));
    let (same, with) = best(|| play(&mut templates, scenarios, seeds, Coasting::On));
    assert_eq!(simulated, same, "coasting changes nothing");
    let simulated = simulated as f64 / 1_000.0;
    vec![
        ("runs", runs / without),
        ("times", simulated / without),
        ("coasting-runs", runs / with),
        ("coasting-times", simulated / with),
    ]
}

fn one_scenario() -> Scenario {
    let (file, text) = catalogue::find(SCENARIO).expect("it is in the catalogue");
    Scenario::parse(file, text).expect("the catalogue is right")
}

fn scenario_on_des() -> Numbers {
    on_des(&[one_scenario()], 400)
}

fn catalogue_on_des() -> Numbers {
    on_des(&documented(), 16)
}

#[cfg(madsim)]
fn scenario_on_madsim() -> Numbers {
    let scenario = one_scenario();
    let (simulated, seconds) = best(|| {
        let run = |seed| {
            let options = RunOptions {
                seed,
                engine: "madsim".to_owned(),
                ..RunOptions::default()
            };
            let setup = scenario.setup(None, seed);
            let run = seatrial_sim::madsim_engine::run(&scenario, &setup, &options);
            run.expect("the initial state").0.simulated_ms
        };
        (0..40).map(run).sum::<u64>()
    });
    vec![
        ("runs", 40.0 / seconds),
        ("times", simulated as f64 / 1_000.0 / seconds),
    ]
}

fn explore() -> Numbers {
    let mut templates = Templates::default();
    search::explore(&mut templates, 2);
    let (seeds, seconds) = best(|| search::explore(&mut templates, 20));
    vec![("seeds", seeds as f64 / seconds)]
}

fn shrink() -> Numbers {
    let mut templates = Templates::default();
    let findings = search::findings(&mut templates, 8);
    let mut longest = 0.0_f64;
    let mut short = 0.0;
    for finding in &findings {
        let (steps, seconds) = best(|| search::shrink(&mut templates, finding));
        longest = longest.max(seconds);
        short += f64::from(u8::from(steps <= 8));
    }
    vec![("longest", 1.0 / longest), ("short", short)]
}

fn closure() -> Numbers {
    let ((states, transitions), seconds) = best(search::closure);
    vec![
        ("states", states as f64 / seconds),
        ("transitions", transitions as f64 / seconds),
    ]
}

fn breadth_first() -> Numbers {
    let nodes = search::small_model();
    let (states, seconds) = best(|| search::ours(&nodes));
    vec![("states", states as f64), ("rate", states as f64 / seconds)]
}

fn stateright() -> Numbers {
    let nodes = search::small_model();
    let (states, seconds) = best(|| search::stateright(&nodes));
    let ours = search::ours(&nodes);
    assert_eq!(states, ours, "both count the same states");
    vec![("states", states as f64), ("rate", states as f64 / seconds)]
}

/// Simulated seconds of the toy cluster, and of those whose frames are compared.
#[cfg(madsim)]
const TOY: (u64, u64) = (10_000, 1_000);

#[cfg(madsim)]
fn toy(seconds: u64, mut run: impl FnMut(u64) -> u64) -> Numbers {
    let (frames, took) = best(|| run(seconds));
    let frames = frames as f64 * TOY.1 as f64 / seconds as f64;
    vec![("times", seconds as f64 / took), ("frames", frames)]
}

#[cfg(madsim)]
fn toy_on_des() -> Numbers {
    let world = ours::world(Coasting::Off);
    toy(TOY.0, |seconds| ours::des(&world, seconds))
}

/// Frames of computed time are counted and not sent.
#[cfg(madsim)]
fn toy_on_des_coasting() -> Numbers {
    let world = ours::world(Coasting::On);
    toy(TOY.0, |seconds| ours::des(&world, seconds))
}

#[cfg(madsim)]
fn toy_on_our_madsim() -> Numbers {
    toy(TOY.1, |seconds| {
        ours::madsim(seconds);
        0
    })
}

#[cfg(madsim)]
fn toy_on_madsim() -> Numbers {
    toy(TOY.1, toy::madsim::run)
}

#[cfg(madsim)]
fn toy_on_turmoil() -> Numbers {
    toy(TOY.1 / 10, toy::turmoil::run)
}
