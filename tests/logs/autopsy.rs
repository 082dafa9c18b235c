//! The autopsy of simulated logs against what the trace and the oracles know of the same run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Mutex;

use seatrial_autopsy::{Deed, NodeLog, Story, story};
use seatrial_evidence::Fact;
use seatrial_scenarios::{NodeName, TraceKind};

use crate::each;
use crate::played::{Played, read};

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

/// The same scenario on des and on real nodes: `run --on des,real --keep-logs --out FOLDER`, and
/// `SEATRIAL_KEPT_LOGS=FOLDER/logs`. Races may end in another way, so not all can be equal.
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
    let (mut all, mut different) = (0_usize, Vec::new());
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
        if !apart.is_empty() {
            different.push(format!("{}: {}", scenario.display(), apart.join("; ")));
        }
    }
    println!(
        "{} of {all} scenarios: the logs of real nodes tell the same",
        all - different.len()
    );
    for line in &different {
        println!("{line}");
    }
    assert!(
        all > 0,
        "{} has no logs of des and real nodes",
        folder.display()
    );
    assert!(different.len() * 5 <= all, "{}", different.join("\n"));
}
