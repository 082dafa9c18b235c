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
const FORKS: [&str; 2] = ["twin-primaries", "diverged"];

/// What one side knows of a run.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    /// The members of the primary components, each once, in the order in which they came first.
    components: Vec<BTreeSet<String>>,
    forked: bool,
    lost: bool,
    refused: usize,
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
    for view in story.components.iter().flat_map(|component| &component.views) {
        add(&mut components, view.iter().cloned().collect());
    }
    let refused = story.acts.iter().map(|act| match act.deed {
        Deed::Refused { times, .. } => times,
        _ => 0,
    });
    let told = Told {
        components,
        forked: !story.forks.is_empty(),
        lost: story.no_return.is_some(),
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
                    add(&mut components, members.split(", ").map(str::to_owned).collect());
                }
            }
            TraceKind::Log { line } if line.contains("It may not be safe to bootstrap") => refused += 1,
            _ => {}
        }
    }
    let found = |name: &str| played.record.findings.iter().any(|finding| finding.oracle == name);
    Told {
        components,
        forked: FORKS.iter().any(|name| found(name)),
        lost: found("acknowledged-write-lost"),
        refused,
    }
}

#[test]
fn the_autopsy_tells_what_the_trace_knows() {
    let differences = Mutex::new(BTreeMap::new());
    let whole = Mutex::new(0_usize);
    each(|scenario, played| {
        // A log that is not whole cannot tell all of it.
        if played.whole_logs().count() < played.logs.len() {
            return;
        }
        *whole.lock().unwrap() += 1;
        let (told, _) = told_by_logs(&played.logs);
        let known = known(played);
        let mut text = String::new();
        if told.components != known.components {
            let _ = write!(text, " components {:?} {:?};", told.components, known.components);
        }
        if told.forked != known.forked {
            let _ = write!(text, " forked {} {};", told.forked, known.forked);
        }
        if told.lost != known.lost {
            let _ = write!(text, " lost {} {};", told.lost, known.lost);
        }
        if told.refused != known.refused {
            let _ = write!(text, " refused {} {};", told.refused, known.refused);
        }
        if !text.is_empty() {
            differences.lock().unwrap().insert(scenario.id.clone(), text);
        }
    });
    let (whole, differences) = (whole.into_inner().unwrap(), differences.into_inner().unwrap());
    for (scenario, text) in &differences {
        println!("{scenario}:{text}");
    }
    println!("{} of {whole} scenarios agree", whole - differences.len());
    assert!(whole - differences.len() >= 40, "{} of {whole}", whole - differences.len());
}
