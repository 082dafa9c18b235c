//! Holds the simulator to what it did before: `hashes.txt` has a line for each scenario and engine, and for
//! each search.
//!
//! A change that only moves code leaves every line as it is. Where a line changes, the commit says which
//! mistake of the model that mends, and `REWRITE_SAMENESS=1` writes the file anew.
//!
//! By default a quick part of it is played. `SAMENESS=whole` plays all of it, also with `.ci/run`.

#![cfg(madsim)]
#![expect(clippy::unwrap_used, reason = "a test may stop where it cannot go on")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use seatrial_scenarios::language::Pace;
use seatrial_scenarios::trace::sha256_hex;
use seatrial_scenarios::{RunOptions, Scenario, Trace, TraceKind, catalogue};
use seatrial_sim::{des, madsim_engine};
use serde_json::Value;

/// The number of seeds of a scenario that are played, from 1.
const SEEDS: u64 = 20;

/// How many of them the quick part plays.
const QUICK_SEEDS: u64 = 1;

/// The number of seeds of the search that are played, from 0, and the number in the quick part.
const SEARCH: [u64; 2] = [2000, 128];

const ENGINES: [&str; 2] = ["des", "madsim"];

/// The part that is played.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Quick,
    Whole,
}

impl Extent {
    fn asked() -> Self {
        let whole = std::env::var_os("SAMENESS").is_some_and(|value| value == "whole");
        if whole || rewrites() {
            Self::Whole
        } else {
            Self::Quick
        }
    }
}

fn rewrites() -> bool {
    std::env::var_os("REWRITE_SAMENESS").is_some()
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sameness/hashes.txt")
}

/// The hash of one run: everything that happened and what was found, without the words in which steps and
/// checks are described, and without the header.
fn run(engine: &str, scenario: &Scenario, seed: u64) -> String {
    let setup = scenario.setup(None, seed);
    let options = RunOptions {
        seed,
        engine: engine.to_owned(),
        pace: scenario.pace.is_none().then_some(Pace::Rest),
        ..RunOptions::default()
    };
    let ran = match engine {
        "des" => des::run(scenario, &setup, &options),
        _ => madsim_engine::run(scenario, &setup, &options),
    };
    let (record, trace) =
        ran.unwrap_or_else(|error| panic!("{} on {engine}: {error}", scenario.id));
    let found: Vec<(&str, u32)> = record
        .findings
        .iter()
        .map(|finding| (finding.oracle.as_str(), finding.step))
        .collect();
    sha256_hex(&format!(
        "{}{:?}{found:?}",
        without_words(trace),
        record.verdict
    ))
}

fn without_words(mut trace: Trace) -> String {
    let mut text = String::new();
    for event in &mut trace.events {
        match &mut event.what {
            TraceKind::Step { title: words, .. } | TraceKind::Check { text: words, .. } => {
                words.clear();
            }
            _ => {}
        }
        writeln!(text, "{}", serde_json::to_string(event).unwrap()).unwrap();
    }
    text
}

/// The lines of every scenario: the hash of its first seed, and, where all are played, of all of them.
fn scenarios(extent: Extent) -> BTreeMap<String, Vec<String>> {
    let seeds = if extent == Extent::Whole {
        SEEDS
    } else {
        QUICK_SEEDS
    };
    let all: Vec<Scenario> = catalogue::every()
        .map(|(file, text)| Scenario::parse(file, text).unwrap())
        .collect();
    let jobs: Vec<(&str, &Scenario)> = ENGINES
        .into_iter()
        .flat_map(|engine| all.iter().map(move |scenario| (engine, scenario)))
        .collect();
    let (next, lines) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some((engine, scenario)) = jobs.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let hashes: Vec<String> = (1..=seeds)
                        .map(|seed| run(engine, scenario, seed))
                        .collect();
                    let mut line = vec![short(&hashes[0])];
                    if extent == Extent::Whole {
                        line.push(short(&sha256_hex(&hashes.concat())));
                    }
                    let name = format!("{engine} {}", scenario.id);
                    lines.lock().unwrap().insert(name, line);
                }
            });
        }
    });
    lines.into_inner().unwrap()
}

fn short(hash: &str) -> String {
    hash[..16].to_owned()
}

/// Runs the command in a folder of its own, which is gone afterwards.
fn command(args: &[&str], take: impl FnOnce(&Path) -> String) -> String {
    let name = format!("sameness-{}-{}", std::process::id(), args[0]);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    let ran = Command::new(env!("CARGO_BIN_EXE_seatrial"))
        .args(args)
        .args(["--out", "out"])
        .current_dir(&folder)
        .output()
        .unwrap();
    let out = folder.join("out");
    assert!(
        out.exists(),
        "{args:?}: {}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let taken = take(&out);
    fs::remove_dir_all(&folder).unwrap();
    taken
}

/// What each seed of a search came to: outcome, oracles, simulated time and the abstract states seen.
fn explore(seeds: u64) -> String {
    let range = format!("0..{seeds}");
    command(
        &["explore", "--procedure", "manual", "--seeds", &range],
        |out| {
            let text = fs::read_to_string(out.join("campaign.jsonl")).unwrap();
            text.lines()
                .filter(|line| line.starts_with("{\"seed\""))
                .collect()
        },
    )
}

/// The counts of `prove`: states, transitions and outcomes.
fn prove() -> String {
    command(
        &["prove", "--procedure", "manual", "--faults", "2"],
        |out| {
            let text = fs::read_to_string(out.join("prove.json")).unwrap();
            let json: Value = serde_json::from_str(&text).unwrap();
            [
                "levels",
                "states",
                "transitions",
                "healed_states",
                "runs",
                "cases",
                "outcomes",
            ]
            .map(|key| json[key].to_string())
            .join("\n")
        },
    )
}

/// The cells of `verify` without their sentences.
fn verify() -> String {
    command(&["verify", "--format", "json"], |out| {
        let text = fs::read_to_string(out.join("verify.json")).unwrap();
        let mut json: Value = serde_json::from_str(&text).unwrap();
        let cells = json["cells"].as_array_mut().unwrap();
        assert!(cells.len() > 1000, "{} cells", cells.len());
        for cell in cells.iter_mut() {
            let cell = cell.as_object_mut().unwrap();
            // What describes the cell, and not what the simulator did.
            let words = ["text", "notes", "replay", "cause", "seed", "typed"];
            cell.retain(|key, _| !words.contains(&key.as_str()));
        }
        json["cells"].to_string()
    })
}

/// The whole of it, or the quick part, as lines of the file by their names.
fn now(extent: Extent) -> BTreeMap<String, Vec<String>> {
    let mut lines = scenarios(extent);
    let [whole, quick] = SEARCH;
    let mut search = vec![short(&sha256_hex(&explore(quick)))];
    if extent == Extent::Whole {
        search.push(short(&sha256_hex(&explore(whole))));
        lines.insert(
            "prove --faults 2".to_owned(),
            vec![short(&sha256_hex(&prove()))],
        );
        lines.insert("verify".to_owned(), vec![short(&sha256_hex(&verify()))]);
    }
    lines.insert("explore".to_owned(), search);
    lines
}

#[test]
fn the_simulator_does_what_it_did() {
    let extent = Extent::asked();
    let now = now(extent);
    if rewrites() {
        let mut text = String::new();
        for (name, hashes) in &now {
            writeln!(text, "{name}: {}", hashes.join(" ")).unwrap();
        }
        fs::write(file(), text).unwrap();
        return;
    }
    let text = fs::read_to_string(file()).unwrap();
    let pinned: BTreeMap<&str, Vec<&str>> = text
        .lines()
        .map(|line| {
            let (name, hashes) = line.split_once(": ").unwrap();
            (name, hashes.split(' ').collect())
        })
        .collect();
    if extent == Extent::Whole {
        let names = |map: Vec<&str>| map.join("\n");
        assert_eq!(
            names(now.keys().map(String::as_str).collect()),
            names(pinned.keys().copied().collect()),
            "a scenario came or went: REWRITE_SAMENESS=1 writes its line"
        );
    }
    let differing: Vec<&str> = now
        .iter()
        .filter(|(name, hashes)| {
            let before = pinned.get(name.as_str());
            before.is_none_or(|before| hashes.iter().zip(before).any(|(a, b)| a != b))
        })
        .map(|(name, _)| name.as_str())
        .collect();
    assert!(
        differing.is_empty(),
        "{} of {} differ from what they were:\n{}",
        differing.len(),
        now.len(),
        differing.join("\n")
    );
}
