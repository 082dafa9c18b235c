//! The autopsy of simulated logs against what the trace and the oracles know of the same run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Mutex;

use seatrial_autopsy::{Deed, NodeLog, Story, story};
use seatrial_evidence::Fact;
use seatrial_scenarios::language::{Action, Step};
use seatrial_scenarios::{Fault, NodeName, Scenario, Timers, TraceKind, catalogue};

use crate::each;
use crate::played::{Played, play, read};

/// Findings of the oracles that are two lines of one history.
const FORKS: [&str; 4] = [
    "histories-diverge",
    "reversed-history",
    "silent-splice",
    "twin-primaries",
];

/// A run as one side knows it.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    /// The members of the primary components, each once, in the order in which they came first.
    components: Vec<BTreeSet<String>>,
    forked: bool,
    loss: Loss,
    refused: usize,
}

/// Acknowledged rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loss {
    /// None is lost.
    Nothing,
    /// None is lost, unless nodes had not flushed what they acknowledged.
    NothingButUnflushed,
    /// Some are lost, or will be.
    Lost,
    /// The logs cannot tell, and the story says so.
    Unknown,
}

impl Loss {
    fn of(story: &Story) -> Self {
        let says = |words: &str| story.lost.iter().any(|line| line.says.starts_with(words));
        if says("Nothing was lost, if") {
            Self::NothingButUnflushed
        } else if says("Nothing was lost") {
            Self::Nothing
        } else if says("Whether") {
            Self::Unknown
        } else {
            Self::Lost
        }
    }
}

fn add(components: &mut Vec<BTreeSet<String>>, members: BTreeSet<String>) {
    if !components.contains(&members) {
        components.push(members);
    }
}

/// Tells the story of a run from its logs alone.
fn told_by_logs(logs: &BTreeMap<NodeName, String>) -> (Told, Story) {
    let facts: BTreeMap<&NodeName, Vec<Fact>> =
        logs.iter().map(|(node, log)| (node, read(log))).collect();
    let nodes: Vec<NodeLog<'_>> = facts
        .iter()
        .map(|(node, facts)| NodeLog {
            name: node.to_string(),
            own_names: BTreeSet::from([node.to_string()]),
            files: vec![facts.iter().collect()],
        })
        .collect();
    let story = story(&nodes);
    let mut components = Vec::new();
    for view in story
        .components
        .iter()
        .flat_map(|component| &component.views)
    {
        add(&mut components, view.members.iter().cloned().collect());
    }
    let refused = story.acts.iter().map(|act| match act.deed {
        Deed::Refused { times, .. } => times,
        _ => 0,
    });
    let told = Told {
        components,
        forked: !story.forks.is_empty(),
        loss: Loss::of(&story),
        refused: refused.sum(),
    };
    (told, story)
}

/// What the trace and the oracles know.
fn known(played: &Played) -> Told {
    let mut components = Vec::new();
    let mut refused = 0;
    for event in &played.trace.events {
        match &event.what {
            TraceKind::State { changed } => {
                if let Some(Some(view)) = changed.get("view")
                    && let Some(members) = view.strip_prefix("PRIM: ")
                {
                    add(
                        &mut components,
                        members.split(", ").map(str::to_owned).collect(),
                    );
                }
            }
            TraceKind::Log { line } if line.contains("It may not be safe to bootstrap") => {
                refused += 1;
            }
            _ => {}
        }
    }
    let found = |name: &str| {
        played
            .record
            .findings
            .iter()
            .any(|finding| finding.oracle == name)
    };
    let losses = played
        .record
        .findings
        .iter()
        .filter(|finding| finding.oracle == "acknowledged-write-lost");
    let unflushed = losses
        .clone()
        .all(|finding| finding.message.contains("cause: durability"));
    let loss = match (losses.count(), unflushed) {
        (0, _) => Loss::Nothing,
        (_, true) => Loss::NothingButUnflushed,
        (_, false) => Loss::Lost,
    };
    Told {
        components,
        forked: FORKS.iter().any(|name| found(name)),
        loss,
        refused,
    }
}

/// Says where two sides differ; `Unknown` and "nothing but what was not flushed" are no difference from less.
fn differences(told: &Told, known: &Told) -> Vec<String> {
    let mut all = Vec::new();
    if told.components != known.components {
        all.push(format!(
            "components {:?}, the trace {:?}",
            told.components, known.components
        ));
    }
    if told.forked != known.forked {
        all.push(format!(
            "forked {}, the oracles {}",
            told.forked, known.forked
        ));
    }
    let same = told.loss == known.loss
        || (told.loss, known.loss) == (Loss::NothingButUnflushed, Loss::Nothing);
    if !same {
        all.push(format!("{:?}, the oracles {:?}", told.loss, known.loss));
    }
    if told.refused != known.refused {
        all.push(format!(
            "{} refusals, the trace {}",
            told.refused, known.refused
        ));
    }
    all
}

#[test]
fn the_autopsy_tells_what_the_trace_knows() {
    let all = Mutex::new(BTreeMap::new());
    let whole = Mutex::new(0_usize);
    each(|scenario, played| {
        // A log that is not whole cannot tell all of it.
        if played.whole_logs().count() < played.logs.len() {
            return;
        }
        // An applier that has ended leaves no line, so no log tells that its node lacks rows.
        let ends_an_applier = |step: &Step| {
            matches!(&step.action, Action::Faults(faults)
                if faults.iter().any(|fault| matches!(fault, Fault::RollbackFails(_))))
        };
        if scenario.steps.iter().any(ends_an_applier) {
            return;
        }
        *whole.lock().unwrap() += 1;
        let (told, story) = told_by_logs(&played.logs);
        let known = known(played);
        let calm = matches!(told.loss, Loss::Nothing | Loss::NothingButUnflushed);
        assert!(
            !(calm && known.loss == Loss::Lost),
            "the story says that nothing was lost: {:?}",
            story.lost
        );
        let different = differences(&told, &known);
        if !different.is_empty() {
            all.lock().unwrap().insert(scenario.id.clone(), different);
        }
    });
    let (whole, all) = (whole.into_inner().unwrap(), all.into_inner().unwrap());
    let mut text = format!("{} of {whole} scenarios agree in all\n", whole - all.len());
    for (scenario, different) in &all {
        let _ = writeln!(text, "{scenario}: {}", different.join("; "));
    }
    insta::assert_snapshot!(text);
    assert!(whole - all.len() >= 40, "{text}");
}

/// How many seeds may tell the story of real nodes.
///
/// On real nodes what is told to several at once is not done at once, so that what is rare here is common there: three
/// that stop one after the other, where all are told to stop in one instant, is seed 820.
const SEEDS: u64 = 1_000;

/// The seed of a scenario whose simulated logs tell what the logs of real nodes tell; what happens at one instant is
/// a race, and each seed lets one side win it.
fn seed_that_tells(scenario: &Scenario, real: &Told, seeds: u64) -> Option<u64> {
    (1..=seeds).find(|seed| {
        let (simulated, _) = told_by_logs(&play("des", scenario, *seed).logs);
        differences(real, &simulated).is_empty()
    })
}

/// One of so many real stories may be told by no seed.
const TOLD_BY_NONE: usize = 12;

/// How many seeds are enough to see both ends of a race of two.
const FEW: u64 = 20;

/// The scenario with the timers that real nodes are asked with.
fn fast(scenario: &Scenario) -> Scenario {
    Scenario {
        timers: Some(Timers::Fast),
        ..scenario.clone()
    }
}

/// A race is told apart from a fault: the story of one side is that of another seed, and a story that no seed tells is
/// none of the scenario.
#[test]
fn a_race_is_another_seed_and_nothing_else() {
    let text = r#"
id     = "race"
title  = "Two nodes start at one instant"
nodes  = ["A", "B", "C"]
second_phase = false
pace   = "next"

[[step]]
stop = { nodes = ["B", "C"] }
[[step]]
wait = { for = "60s" }
[[step]]
start = { nodes = ["B", "C"] }
[[step]]
expect = { cluster = "all-synced", size = 3, within = "120s" }
"#;
    let scenario = Scenario::parse("race.toml", text).unwrap();
    let stories: Vec<Told> = (1..=FEW)
        .map(|seed| told_by_logs(&play("des", &scenario, seed).logs).0)
        .collect();
    let other = stories.iter().find(|told| **told != stories[0]);
    let other = other.expect("some seed lets the other node come first");
    assert!(!differences(other, &stories[0]).is_empty());
    assert!(seed_that_tells(&scenario, other, FEW).is_some_and(|seed| seed > 1));
    // The same with one refusal more is told by none.
    let wrong = Told {
        components: other.components.clone(),
        refused: other.refused + 1,
        ..*other
    };
    assert_eq!(seed_that_tells(&scenario, &wrong, FEW), None);
}

/// The same scenario on des and on real nodes: `run --on des,real --keep-logs --out FOLDER`, and
/// `SEATRIAL_KEPT_LOGS=FOLDER/logs`. The real story must be the simulated one, or that of another seed.
#[test]
#[expect(clippy::print_stdout, reason = "the numbers are what it is run for")]
fn the_logs_of_real_nodes_tell_the_same() {
    let Some(folder) = std::env::var_os("SEATRIAL_KEPT_LOGS") else {
        println!("skipped: SEATRIAL_KEPT_LOGS names no folder with logs of real nodes");
        return;
    };
    let logs = |path: &std::path::Path| -> BTreeMap<NodeName, String> {
        let files = std::fs::read_dir(path)
            .unwrap()
            .map(|file| file.unwrap().path());
        files
            .map(|file| {
                let node = file.file_stem().unwrap().to_string_lossy().into_owned();
                let log = std::fs::read(&file).unwrap();
                (
                    NodeName::new(node),
                    String::from_utf8_lossy(&log).into_owned(),
                )
            })
            .collect()
    };
    let (mut all, mut races, mut different) = (0_usize, Vec::new(), Vec::new());
    let every: BTreeMap<String, Scenario> = catalogue::every()
        .map(|(file, text)| Scenario::parse(file, text).unwrap())
        .map(|scenario| (scenario.id.clone(), scenario))
        .collect();
    let mut scenarios: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|scenario| scenario.unwrap().path())
        .filter(|scenario| scenario.join("des").is_dir() && scenario.join("real").is_dir())
        .collect();
    scenarios.sort();
    for scenario in &scenarios {
        let (simulated, _) = told_by_logs(&logs(&scenario.join("des")));
        let (real, _) = told_by_logs(&logs(&scenario.join("real")));
        all += 1;
        let apart = differences(&real, &simulated);
        if apart.is_empty() {
            continue;
        }
        let id = scenario.file_name().unwrap().to_string_lossy().into_owned();
        let played = every.get(&id).map(fast);
        match played.and_then(|played| seed_that_tells(&played, &real, SEEDS)) {
            Some(seed) => races.push(format!("{id}: as seed {seed}: {}", apart.join("; "))),
            None => different.push(format!("{id}: {}", apart.join("; "))),
        }
    }
    println!(
        "{} of {all} scenarios: the logs of real nodes tell the same; {} more tell what another of {SEEDS} seeds tells",
        all - races.len() - different.len(),
        races.len()
    );
    for line in races.iter().chain(&different) {
        println!("{line}");
    }
    assert!(
        all > 0,
        "{} has no logs of des and real nodes",
        folder.display()
    );
    // A busy machine delays a node longer than any draw does: a story that no seed tells is named, and few may be so.
    assert!(
        different.len() <= all / TOLD_BY_NONE,
        "{}",
        different.join("\n")
    );
}
