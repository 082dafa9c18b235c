//! The simulated error log in MariaDB's form: one reader serves it and real logs, and it tells what the trace knows.

#![expect(clippy::unwrap_used, reason = "a test may stop where it cannot go on")]

mod autopsy;
mod played;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use seatrial_evidence::{Event, Fact, Identity, ViewKind};
use seatrial_scenarios::{NodeName, Scenario, TraceKind, catalogue};

use played::{Played, play, read};

/// How messages begin that tell nothing of the story, after `WSREP: ` and the place in the source.
const OF_NO_INTEREST: [&str; 34] = [
    "Start replication",
    "Could not open state file for reading",
    "access file(",
    "start_prim is enabled, turn off pc_recovery",
    "clear restored view",
    "promote to primary component",
    "re-bootstrapping prim from partitioned components",
    "gcomm: connected",
    "gcomm: closed",
    "gcomm: terminating thread",
    "gcomm: joining thread",
    "gcomm: closing backend",
    "Node ",
    "STATE EXCHANGE: Waiting for state UUID.",
    "STATE EXCHANGE: sent state msg: ",
    "Quorum: No node with complete state:",
    "No re-merged primary component found.",
    "No bootstrapped primary component found.",
    "Non-primary view",
    "Synchronized with group, ready for connections",
    "Shutdown replication",
    "turning message relay requesting on",
    "Failed to open backend connection: ",
    "Failed to open channel ",
    "gcs connect failed: ",
    "Wsrep startup was interrupted",
    "conflicting prims: my prim: ",
    "discarding other prim view: older overrides",
    "Requesting state transfer: success, donor: ",
    "Requesting state transfer failed: No donor candidates",
    "You have configured 'rsync' state snapshot transfer method",
    "SST succeeded for position ",
    "Installed new state from SST: ",
    "Skipped GCache ring buffer recovery",
];

/// More of them.
const NOR_THESE: [&str; 7] = [
    "Recovering GCache ring buffer: didn't recover any events.",
    "Donor ",
    "Member ",
    "Bootstrapping a new cluster, setting initial position to ",
    "Running: 'wsrep_sst_",
    "restore pc from disk ",
    "Receiving IST failed",
];

/// Every scenario that is played, on its engine.
fn each(check: impl Fn(&Scenario, &Played) + Sync) -> usize {
    let all: Vec<Scenario> = catalogue::every()
        .map(|(file, text)| Scenario::parse(file, text).unwrap())
        .collect();
    let (next, broken) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(scenario) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let played = play("des", scenario, 1);
                    let checked = std::panic::AssertUnwindSafe(|| check(scenario, &played));
                    if let Err(panic) = std::panic::catch_unwind(checked) {
                        let text = seatrial_scenarios::panic_text(&*panic);
                        broken
                            .lock()
                            .unwrap()
                            .push(format!("{}: {text}", scenario.id));
                    }
                }
            });
        }
    });
    let mut broken = broken.into_inner().unwrap();
    broken.sort();
    assert!(
        broken.is_empty(),
        "{}:\n{}",
        broken.len(),
        broken.join("\n")
    );
    all.len()
}

/// The messages of a log: a line with a head, and those below it that have none.
fn messages(log: &str) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    for line in log.lines() {
        if line.starts_with("20") && line.contains("] ") {
            messages.push(line.to_owned());
        } else if let Some(last) = messages.last_mut() {
            last.push('\n');
            last.push_str(line);
        }
    }
    messages
}

/// What a message says, without its head and its place in the source.
fn text(message: &str) -> &str {
    let text = message.split_once("WSREP: ").map_or("", |(_, text)| text);
    let text = text.split_once("():").map_or(text, |(_, rest)| rest);
    // An identity may begin with digits, too.
    let behind = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let text = behind.strip_prefix(": ").unwrap_or(text);
    // `8d3af2c6-9c00 conflicting prims: …`, `(8d3af2c6-9c00, 'tcp://…') turning …`
    let text = text.split_once("') ").map_or(text, |(_, rest)| rest);
    match text.split_once(' ') {
        Some((identity, rest)) if Identity::read(identity).is_some() => rest,
        _ => text,
    }
}

#[test]
fn the_reader_reads_every_line_of_the_simulated_logs() {
    let lines = AtomicUsize::new(0);
    let scenarios = each(|_, played| {
        for (node, log) in &played.logs {
            // A loss of power may leave half a line.
            let whole = log.rfind('\n').map_or("", |end| &log[..=end]);
            for message in messages(whole) {
                if !message.contains("WSREP: ") {
                    continue;
                }
                lines.fetch_add(1, Ordering::Relaxed);
                let facts = read(&format!("{message}\n"));
                let unreadable = facts
                    .iter()
                    .any(|fact| matches!(fact.event, Event::Unreadable { .. }));
                assert!(!unreadable, "{node}: {message}");
                let says = text(&message);
                let of_no_interest = OF_NO_INTEREST.iter().chain(&NOR_THESE);
                let known = of_no_interest.clone().any(|words| says.starts_with(words));
                assert!(!facts.is_empty() || known, "{node}: not read: {message}");
            }
        }
    });
    assert!(scenarios >= 40, "{scenarios} scenarios");
    let lines = lines.into_inner();
    assert!(lines > 40_000, "{lines} lines");
}

/// The names behind the identities that the nodes of a run had.
fn names(logs: &BTreeMap<NodeName, Vec<Fact>>) -> Vec<(Identity, NodeName)> {
    let mut names = Vec::new();
    for (node, facts) in logs {
        for fact in facts {
            match &fact.event {
                Event::Listening { identity } => names.push((*identity, node.clone())),
                Event::ServerView(view) => {
                    let members = view.members.iter();
                    let named = members.map(|it| (it.identity, NodeName::new(&it.name)));
                    names.extend(named);
                }
                _ => {}
            }
        }
    }
    names
}

/// The primary components that a node was in, by their members, as the log tells.
fn components(facts: &[Fact], names: &[(Identity, NodeName)]) -> Vec<BTreeSet<String>> {
    let mut all: Vec<BTreeSet<String>> = Vec::new();
    for fact in facts {
        if let Event::GroupView(view) = &fact.event
            && view.kind == ViewKind::Primary
        {
            let name = |identity: &Identity| {
                let named = names.iter().find(|(it, _)| it.is_same_life(identity));
                named.map_or_else(|| "?".to_owned(), |(_, name)| name.to_string())
            };
            let members: BTreeSet<String> = view.members.iter().map(name).collect();
            if all.last() != Some(&members) {
                all.push(members);
            }
        }
    }
    all
}

/// The same, as the trace has it: the state of the group layer at each change.
fn components_of_trace(played: &Played, node: &NodeName) -> Vec<BTreeSet<String>> {
    let mut all: Vec<BTreeSet<String>> = Vec::new();
    for event in &played.trace.events {
        if event.node.as_ref() != Some(node) {
            continue;
        }
        let TraceKind::State { changed } = &event.what else {
            continue;
        };
        let Some(Some(view)) = changed.get("view") else {
            continue;
        };
        if let Some(members) = view.strip_prefix("PRIM: ") {
            let members: BTreeSet<String> = members.split(", ").map(str::to_owned).collect();
            if all.last() != Some(&members) {
                all.push(members);
            }
        }
    }
    all
}

fn count(facts: &[Fact], wanted: impl Fn(&Event) -> bool) -> usize {
    let all = facts.iter().filter(|fact| wanted(&fact.event));
    all.map(|fact| 1 + fact.repeats.more as usize).sum()
}

fn in_trace(played: &Played, node: &NodeName, words: &str) -> usize {
    let of = played
        .trace
        .events
        .iter()
        .filter(|event| event.node.as_ref() == Some(node));
    of.filter(|event| matches!(&event.what, TraceKind::Log { line } if line.contains(words)))
        .count()
}

#[test]
fn the_logs_tell_what_the_trace_knows() {
    let (nodes, views) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let scenarios = each(|scenario, played| {
        let arbitrators: BTreeSet<&NodeName> = scenario
            .nodes
            .iter()
            .filter(|node| {
                played
                    .record
                    .observations
                    .iter()
                    .any(|seen| seen.nodes.get(*node).is_some_and(|seen| seen.arbitrator))
            })
            .collect();
        let logs: BTreeMap<NodeName, Vec<Fact>> = played
            .logs
            .iter()
            .map(|(node, log)| (node.clone(), read(log)))
            .collect();
        let names = names(&logs);
        for (node, _) in played.whole_logs() {
            if arbitrators.contains(node) {
                continue;
            }
            let facts = &logs[node];
            nodes.fetch_add(1, Ordering::Relaxed);
            let told = components(facts, &names);
            views.fetch_add(told.len(), Ordering::Relaxed);
            assert_eq!(told, components_of_trace(played, node), "{node}");
            let refused = count(facts, |event| matches!(event, Event::BootstrapRefused));
            assert_eq!(
                refused,
                in_trace(played, node, "It may not be safe to bootstrap")
            );
            let reversed = count(facts, |event| matches!(event, Event::Reversal { .. }));
            assert_eq!(
                reversed,
                in_trace(played, node, "Reversing history"),
                "{node}"
            );
            let donors = count(facts, |event| matches!(event, Event::DonorChosen { .. }));
            assert_eq!(donors, in_trace(played, node, "as donor."), "{node}");
            // The server says so once it has applied what the group layer has told it; a node may be lost in between.
            let shifts = |state: &str| {
                count(
                    facts,
                    |event| matches!(event, Event::Shift { to, .. } if to == state),
                )
            };
            let synced = in_trace(played, node, "Synchronized with group");
            assert!(
                shifts("SYNCED") >= synced,
                "{node}: {} and {synced}",
                shifts("SYNCED")
            );
            assert!(
                shifts("SYNCED") <= synced + shifts("CLOSED") + shifts("OPEN") + 2,
                "{node}"
            );
        }
    });
    let (nodes, views) = (nodes.into_inner(), views.into_inner());
    assert!(
        scenarios >= 40 && nodes >= 120 && views >= 400,
        "{scenarios} {nodes} {views}"
    );
}

#[test]
fn a_short_life_in_full() {
    let scenario = Scenario::parse(
        "short.toml",
        r#"
id     = "short"
title  = "A second node joins and leaves"
why    = "The whole log of a member, from start to stop."
nodes  = ["A", "B"]
second_phase = false

[[step]]
stop = { nodes = ["B"] }
[[step]]
expect = { node = "A", within = "20s", cluster_size = 1 }
"#,
    )
    .unwrap();
    let played = play("des", &scenario, 1);
    // Identities and histories are drawn by the seed; times are those of the simulated clock.
    insta::assert_snapshot!(played.logs[&NodeName::new("B")]);
}
