//! Both simulated engines: the same body on each, the same bytes every time, and what lies on a link.

#![cfg(madsim)]

use std::collections::BTreeMap;
use std::path::Path;

use seatrial_scenarios::runner::{self, RunOptions};
use seatrial_scenarios::{
    ClusterPredicate, Condition, Fault, NodeName, NodePredicate, Predicate, Progress, Request,
    RequestId, Scenario, Setup, Span, Statement, Testbed, Timers, TraceHeader, TraceKind,
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
