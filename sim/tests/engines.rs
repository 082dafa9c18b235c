//! Both simulated engines: the same body on each, the same bytes every time, and what lies on a link.

#![cfg(madsim)]

use std::collections::BTreeMap;
use std::path::Path;

use seatrial_scenarios::record::Verdict;
use seatrial_scenarios::runner::{self, RunOptions};
use seatrial_scenarios::{
    ClusterPredicate, Condition, Fault, NodeName, NodePredicate, Predicate, Progress, Request,
    RequestId, RunRecord, Scenario, Setup, Span, Statement, Testbed, Timers, Trace, TraceEvent,
    TraceHeader, TraceKind,
};
use seatrial_sim::{des, madsim_engine};

fn node(name: &str) -> NodeName {
    NodeName::new(name)
}

fn setup(seed: u64) -> Setup {
    let text = "id = \"x\"\ntitle = \"X\"\n[[step]]\nheal = {}\n";
    let scenario = Scenario::parse("x.toml", text).expect("it is right");
    scenario.setup(Some(Timers::Default), seed)
}

/// The two engines, each with the same body.
macro_rules! on_both_engines {
    ($($name:ident: $body:ident;)+) => {
        mod on_des {
            $(
                #[test]
                fn $name() {
                    let mut world = super::des::World::build(&super::setup(7)).expect("it is built");
                    pollster::block_on(super::$body(&mut world));
                }
            )+
        }
        mod on_madsim {
            $(
                #[test]
                fn $name() {
                    let body = async |testbed: &mut super::madsim_engine::Madsim| {
                        super::$body(testbed).await;
                    };
                    super::madsim_engine::drive(&super::setup(7), body).expect("it is built");
                }
            )+
        }
    };
}

on_both_engines! {
    a_survivor_of_two_refuses_and_the_three_recover: survivor;
    partitions_do_not_cut_off_the_operator: operator;
    a_command_can_be_interrupted: interrupted;
}

/// Returns what has become of a scenario on both engines, and the traces.
fn on_both(steps: &str) -> [(RunRecord, Trace); 2] {
    let text = format!("id = \"x\"\ntitle = \"X\"\nsecond_phase = false\n{steps}");
    let scenario = Scenario::parse("x.toml", &text).unwrap_or_else(|error| panic!("{error:?}"));
    let setup = scenario.setup(None, 3);
    let options = RunOptions::default();
    [
        des::run(&scenario, &setup, &options).expect("it is built"),
        madsim_engine::run(&scenario, &setup, &options).expect("it is built"),
    ]
}

/// The instant at which the step of this number begins.
fn begins(trace: &Trace, number: u32) -> usize {
    let is_it = |what: &TraceKind| matches!(what, TraceKind::Step { step, .. } if *step == number);
    let place = trace.events.iter().position(|event| is_it(&event.what));
    place.expect("the step is played")
}

/// Returns whether a trace has a frame that begins so between two steps, sent or received by a node.
fn has_frame(trace: &Trace, steps: [u32; 2], of: &str, begin: &str, sent: bool) -> bool {
    let [from, to] = steps.map(|step| begins(trace, step));
    trace.events[from..to].iter().any(|event| {
        event.node.as_ref().is_some_and(|node| node.as_str() == of)
            && match &event.what {
                TraceKind::Sent { frame, .. } => sent && frame.contains(begin),
                TraceKind::Received { frame, .. } => !sent && frame.contains(begin),
                _ => false,
            }
    })
}

#[test]
fn a_wait_ends_when_a_message_is_sent_and_before_anybody_has_it() {
    for (record, trace) in on_both(
        r#"
[[step]]
restart = { nodes = ["C"], as = "r" }
[[step]]
wait = { until = { node = "C", sends = "STATE-MSG" }, within = "60s" }
[[step]]
terminate = { nodes = ["C"] }
[[step]]
expect = { nodes = ["A", "B"], cluster_status = "Primary", cluster_size = 2, within = "60s" }
"#,
    ) {
        assert_eq!(record.verdict, Verdict::Pass, "{:?}", record.failure);
        let own = "gcs state";
        assert!(has_frame(&trace, [2, 3], "C", own, true), "C has sent it");
        let end = begins(&trace, 3);
        let last = trace.events[..end]
            .iter()
            .rev()
            .find_map(|event| match &event.what {
                TraceKind::Sent { frame, .. } if event.node == Some(node("C")) => {
                    Some((event.at_us, frame))
                }
                _ => None,
            });
        let (sent_at, frame) = last.expect("C has sent something");
        // madsim's tasks take nanoseconds.
        let after = trace.events[end].at_us - sent_at;
        assert!(after <= 10, "the wait ends in that instant, {after} us");
        let arrived = trace.events[..end].iter().any(|event| {
            event.at_us == sent_at
                && matches!(&event.what, TraceKind::Received { frame: one, .. } if one == frame)
        });
        assert!(!arrived, "nobody has it yet");
    }
}

#[test]
fn a_wait_ends_when_a_message_has_arrived() {
    for (record, trace) in on_both(
        r#"
[[step]]
terminate = { nodes = ["C"] }
[[step]]
wait = { until = { node = "B", receives = "INSTALL" }, within = "60s" }
[[step]]
heal = {}
"#,
    ) {
        assert_eq!(record.verdict, Verdict::Pass, "{:?}", record.failure);
        let install = "evs install";
        assert!(has_frame(&trace, [2, 3], "B", install, false));
        let received = |event: &&TraceEvent| {
            event.node == Some(node("B"))
                && matches!(&event.what, TraceKind::Received { frame, .. } if frame.contains(install))
        };
        let at = trace.events[..begins(&trace, 3)]
            .iter()
            .rev()
            .find(received);
        let at = at.expect("it has arrived").at_us;
        let after = trace.events[begins(&trace, 3)].at_us - at;
        assert!(after <= 10, "the wait ends in that instant, {after} us");
    }
}

#[test]
fn a_joiner_is_cut_off_at_each_message_of_its_way_in() {
    let text = include_str!("moments/a-joiner-loses-its-component-at-each-message.toml");
    let steps = &text[text.find("[[step]]").expect("it has steps")..];
    for (record, _) in on_both(steps) {
        assert_eq!(record.verdict, Verdict::Pass, "{:?}", record.failure);
    }
}

/// Clients that write meanwhile cut the wait into pieces, and no message falls between two.
#[test]
fn a_message_is_heard_under_load_and_one_that_does_not_come_is_missed() {
    for (record, _) in on_both(
        r#"
[[step]]
load = { nodes = ["A"], clients = 2 }
[[step]]
terminate = { nodes = ["C"] }
[[step]]
wait = { until = { node = "A", sends = "JOIN" }, within = "60s" }
[[step]]
wait = { until = { node = "A", sends = "LEAVE" }, within = "5s" }
"#,
    ) {
        let failure = record.failure.expect("nobody leaves");
        assert_eq!(failure.step, 4);
        assert_eq!(failure.text, "A sends LEAVE: not within 5s");
    }
}

/// What A sends to B is late, and what B sends to A is not.
#[test]
fn one_direction_of_a_link_is_slow() {
    for (record, trace) in on_both(
        r#"
[[step]]
latency = { from = "A", to = "B", by = "400ms" }
[[step]]
write = { node = "A", rows = 1 }
[[step]]
write = { node = "B", rows = 1 }
[[step]]
heal = {}
[[step]]
write = { node = "A", rows = 1 }
[[step]]
wait = { for = "2s" }
"#,
    ) {
        assert_eq!(record.verdict, Verdict::Pass, "{:?}", record.failure);
        assert_eq!(record.faults[0].fault.to_string(), "latency A to B by 0.4s");
        let took = |from: &str, to: &str, set: &str| {
            let sent = trace.events.iter().find_map(|event| match &event.what {
                TraceKind::Sent { to: other, frame }
                    if event.node == Some(node(from))
                        && *other == node(to)
                        && frame.contains(set) =>
                {
                    Some(event.at_us)
                }
                _ => None,
            });
            let received = trace.events.iter().find_map(|event| match &event.what {
                TraceKind::Received { from: other, frame }
                    if event.node == Some(node(to))
                        && *other == node(from)
                        && frame.contains(set) =>
                {
                    Some(event.at_us)
                }
                _ => None,
            });
            received.expect("it arrives") - sent.expect("it is sent")
        };
        assert!((400_000..420_000).contains(&took("A", "B", "write set w1A")));
        assert!(took("A", "C", "write set w1A") < 20_000);
        assert!(took("B", "A", "write set w2B") < 20_000);
        assert!(
            took("A", "B", "write set w3A") < 20_000,
            "the heal has ended it"
        );
    }
}

/// A node whose links come and go is in and out, and never anything else.
#[test]
fn an_outcome_may_flicker_between_those_that_are_allowed() {
    let steps = r#"
timers = "fast"
[[step]]
flap = { node = "C", period = "4s" }
[[step]]
expect = { for = "40s", any = [
    { name = "all", node = "A", cluster_status = "Primary", cluster_size = 3 },
    { name = "two", node = "A", cluster_status = "Primary", cluster_size = 2 },
    { name = "between two components", node = "A", cluster_status = "non-Primary" },
] }
"#;
    for (record, _) in on_both(steps) {
        assert_eq!(record.verdict, Verdict::Pass, "{:?}", record.failure);
    }
    // One of them is seen, and is not allowed.
    let fewer = steps.replace("cluster_size = 2", "cluster_size = 1");
    for (record, _) in on_both(&fewer) {
        let failure = record.failure.expect("two were left for a while");
        assert!(
            failure.text.contains("none of the outcomes"),
            "{}",
            failure.text
        );
    }
}

/// Rounds are played one after another, each with the names of its own.
#[test]
fn rounds_are_played_one_after_another() {
    for (record, _) in on_both(
        r#"
[[step]]
repeat.times = 3
[[step.repeat.steps]]
write = { node = "A", rows = 1, as = "w" }
[[step.repeat.steps]]
expect = { request = "w", ends = "acknowledged", within = "10s" }
[[step.repeat.steps]]
restart = { nodes = ["C"] }
pace = "rest"
[[step]]
expect = { cluster = "all-synced", size = 3, within = "60s", lost = 0 }
[[step]]
expect = { node = "C", has_rows = ["w1A", "w2A", "w3A"], within = "60s" }
"#,
    ) {
        assert_eq!(record.verdict, Verdict::Pass, "{:?}", record.failure);
        assert_eq!(record.writes.len(), 3);
    }
}

async fn ended<T: Testbed>(testbed: &mut T, id: RequestId) -> Progress {
    let limit = Span::from_secs(60);
    testbed
        .wait(&Condition::Ended(id), limit)
        .await
        .expect("the request ends");
    testbed.poll(id).await
}

async fn insert<T: Testbed>(testbed: &mut T, on: &str, tag: &str) -> Progress {
    let id = testbed.start(Request::Client {
        node: node(on),
        statement: Statement::Insert(tag.to_owned()),
    });
    ended(testbed, id).await
}

async fn command<T: Testbed>(testbed: &mut T, on: &str, line: &str) -> Progress {
    let id = testbed.start(Request::Operator {
        node: node(on),
        line: line.to_owned(),
    });
    ended(testbed, id).await
}

async fn becomes<T: Testbed>(testbed: &mut T, predicate: Predicate, secs: u64) {
    let condition = Condition::State(predicate);
    let limit = Span::from_secs(secs);
    assert!(
        testbed.wait(&condition, limit).await.is_ok(),
        "not reached: {:#?}",
        testbed.observe().await
    );
}

fn status(of: &str, status: &str) -> Predicate {
    let wanted = NodePredicate {
        cluster_status: Some(status.to_owned()),
        ..NodePredicate::default()
    };
    Predicate {
        nodes: vec![(node(of), wanted)],
        ..Predicate::default()
    }
}

fn all_synced() -> Predicate {
    Predicate {
        cluster: vec![ClusterPredicate::AllSynced],
        ..Predicate::default()
    }
}

async fn survivor<T: Testbed>(testbed: &mut T) {
    assert_eq!(insert(testbed, "A", "one").await, Progress::Acknowledged);
    let faults = [Fault::Terminate(node("A")), Fault::Terminate(node("B"))];
    testbed.apply(&faults).await;
    becomes(testbed, status("C", "non-Primary"), 20).await;
    let refused = insert(testbed, "C", "two").await;
    assert!(
        matches!(refused, Progress::Refused { code: 1047, .. }),
        "{refused:?}"
    );
    let starts: Vec<RequestId> = ["A", "B"]
        .into_iter()
        .map(|name| {
            testbed.start(Request::Operator {
                node: node(name),
                line: "systemctl start mariadb".to_owned(),
            })
        })
        .collect();
    becomes(testbed, all_synced(), 60).await;
    for id in starts {
        assert!(matches!(ended(testbed, id).await, Progress::Done(output) if output.exit == 0));
    }
    let rows = testbed.observe().await.nodes;
    for seen in rows.values() {
        assert_eq!(seen.rows.as_deref(), Some(&["one".to_owned()][..]));
    }
}

async fn operator<T: Testbed>(testbed: &mut T) {
    let groups = [["A"], ["B"], ["C"]].map(|group| group.map(node).to_vec());
    testbed.apply(&[Fault::Partition(groups.to_vec())]).await;
    for name in ["A", "B", "C"] {
        becomes(testbed, status(name, "non-Primary"), 20).await;
        let shown = command(
            testbed,
            name,
            "sudo cm-cluster-manage --show-cluster-status",
        )
        .await;
        assert!(
            matches!(&shown, Progress::Done(output) if output.stdout.contains("non-Primary")),
            "{shown:?}"
        );
    }
    testbed.apply(&[Fault::Heal]).await;
    becomes(testbed, all_synced(), 60).await;
}

async fn interrupted<T: Testbed>(testbed: &mut T) {
    let line = "tail -f /var/log/mariadb/mariadb.log".to_owned();
    let node = node("A");
    let id = testbed.start(Request::Operator { node, line });
    let waited = testbed
        .wait(&Condition::Ended(id), Span::from_secs(5))
        .await;
    assert!(waited.is_err(), "it runs until somebody stops it");
    testbed.interrupt(id);
    let Progress::Done(output) = ended(testbed, id).await else {
        panic!("a command has an output")
    };
    assert_eq!(output.exit, 130);
    assert!(output.stdout.contains("ready for connections"));
}

/// A scenario with faults, commands, writes, a procedure and a race.
const BUSY: &str = r#"
id = "busy"
title = "Something of everything"
[[step]]
load = { nodes = ["A", "C"], clients = 2, for = "3s" }
[[step]]
flap = { node = "B", period = "2s" }
[[step]]
wait = { for = "9s" }
[[step]]
heal = {}
[[step]]
power_off = { nodes = ["A"] }
[[step]]
stop = { nodes = ["B", "C"] }
[[step]]
power_on = { nodes = ["A"] }
"#;

/// Returns a run as the bytes of its record.
fn bytes(engine: &str, seed: u64) -> String {
    let scenario = Scenario::parse("busy.toml", BUSY).expect("it is right");
    let setup = scenario.setup(None, seed);
    let options = RunOptions {
        seed,
        engine: engine.to_owned(),
        ..RunOptions::default()
    };
    let (record, trace) = match engine {
        "des" => des::run(&scenario, &setup, &options),
        _ => madsim_engine::run(&scenario, &setup, &options),
    }
    .expect("the initial state is reached");
    let header = TraceHeader {
        format: 1,
        program: String::new(),
        scenario: scenario.id.clone(),
        scenario_sha256: scenario.sha256.clone(),
        engine: engine.to_owned(),
        seed,
        nodes: scenario.nodes.clone(),
    };
    let record = serde_json::to_string(&record).expect("a record is plain data");
    trace.render(&header) + &record
}

/// Twice, after runs of something else, and with others beside it: always the same bytes.
fn is_deterministic(engine: &str) {
    let first = bytes(engine, 5);
    assert!(first.len() > 50_000, "a run that says something");
    assert!(first == bytes(engine, 5), "{engine}: a second run differs");
    let warm_up = bytes(engine, 6);
    assert!(warm_up != first, "another seed is another run");
    assert!(
        first == bytes(engine, 5),
        "{engine}: a run after a warm-up differs"
    );
    let parallel: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = [5, 6, 5, 5]
            .into_iter()
            .map(|seed| scope.spawn(move || bytes(engine, seed)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("the run ends"))
            .collect()
    });
    for (seed, run) in [5, 6, 5, 5].into_iter().zip(&parallel) {
        let alone = if seed == 5 { &first } else { &warm_up };
        assert!(alone == run, "{engine}: a run in parallel differs");
    }
}

#[test]
fn des_gives_the_same_bytes() {
    is_deterministic("des");
}

#[test]
fn madsim_gives_the_same_bytes() {
    is_deterministic("madsim");
}

/// Every frame that arrives on a link was sent on it, in order, and took the time of madsim's network.
#[test]
fn frames_travel_on_madsims_links() {
    let body = async |testbed: &mut madsim_engine::Madsim| {
        insert(testbed, "A", "one").await;
        testbed.apply(&[Fault::Terminate(node("C"))]).await;
        becomes(testbed, status("A", "Primary"), 1).await;
        let _ = testbed.wait(&Condition::Never, Span::from_secs(10)).await;
    };
    let ((), trace) = madsim_engine::drive(&setup(3), body).expect("it is built");
    // Snapshots and write sets travel on a connection of their own.
    let transfer = |frame: &str| frame.starts_with("sst") || frame.starts_with("ist");
    let mut links: BTreeMap<(NodeName, NodeName, bool), (Vec<Hop>, Vec<Hop>)> = BTreeMap::new();
    for event in &trace.events {
        match (event.node.clone(), event.what.clone()) {
            (Some(from), TraceKind::Sent { to, frame }) => {
                let link = links.entry((from, to, transfer(&frame))).or_default();
                link.0.push((event.at_us, frame));
            }
            (Some(to), TraceKind::Received { from, frame }) => {
                let link = links.entry((from, to, transfer(&frame))).or_default();
                link.1.push((event.at_us, frame));
            }
            _ => {}
        }
    }
    let group = links.keys().filter(|(_, _, transfer)| !transfer).count();
    assert_eq!(group, 6, "each of three to each other");
    let mut frames = 0;
    for ((from, to, _), (sent, received)) in &links {
        let mut sent = sent.iter();
        for (arrived, frame) in received {
            let (left, _) = sent
                .find(|(_, other)| other == frame)
                .unwrap_or_else(|| panic!("{frame} from {from} to {to} was never sent"));
            let took = arrived - left;
            assert!((150..5_000).contains(&took), "{frame} took {took} us");
            frames += 1;
        }
    }
    assert!(frames > 50, "{frames} frames");
}

/// When, and which frame.
type Hop = (u64, String);

/// The second opinion would be none if it came from the first engine's code.
#[test]
fn no_code_of_des_lies_in_madsims_path() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let shared = ["setup.rs", "keyed.rs", "links.rs", "disk.rs"].map(|name| folder.join(name));
    let folders = ["madsim_engine", "cluster", "machine"].map(|name| folder.join(name));
    let mut files = shared.to_vec();
    let mut open = folders.to_vec();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.push(path);
            }
        }
    }
    let mut looked_at = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).expect("it is text");
        for path in ["crate::des", "super::des", "des::"] {
            assert!(!text.contains(path), "{} uses {path}", file.display());
        }
        looked_at += 1;
    }
    assert!(looked_at > 30);
}

/// The runner is the same on both, and so is what it makes of a scenario.
#[test]
fn a_scenario_gives_the_same_observations_on_both_engines() {
    let text = "id = \"x\"\ntitle = \"X\"\npace = \"rest\"\n[[step]]\nwrite = { node = \"A\", rows = 2 }\n[[step]]\nterminate = { nodes = [\"A\"] }\n";
    let scenario = Scenario::parse("x.toml", text).expect("it is right");
    let setup = scenario.setup(None, 1);
    let options = |engine: &str| RunOptions {
        engine: engine.to_owned(),
        ..RunOptions::default()
    };
    let mut world = des::World::build(&setup).expect("it is built");
    let one = pollster::block_on(runner::run(&mut world, &scenario, &options("des")));
    let (other, _) =
        madsim_engine::run(&scenario, &setup, &options("madsim")).expect("it is built");
    let agreement = seatrial_scenarios::agreement::Agreement::of(&[one, other]);
    assert!(agreement.compared > 90);
    assert_eq!(agreement.differing, []);
}
