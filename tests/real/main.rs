//! The command on real `MariaDB` nodes.
//!
//! These tests need a Docker engine and the image that `seatrial image build` makes. Without them they
//! pass, and say that they were not run and why: `cargo test` works on any machine.

mod engine;
mod script;

use engine::Engine;

/// A scenario that is over in seconds: it has no second phase.
const SHORT: &str = r#"
id     = "short"
title  = "One of three nodes dies"
source = "Failure scenarios / One node is terminated"
why    = "the harness is under test here, not the cluster"
nodes  = ["A", "B", "C"]
second_phase = false

[[step]]
write = { node = "A", rows = 2 }
[[step]]
terminate = { nodes = ["A"] }
[[step]]
expect = { nodes = ["B", "C"], within = "20s", cluster_status = "Primary", cluster_size = 2, write = "acknowledged" }
[[step]]
operator = { node = "A", run = "sudo cm-cluster-manage --show-cluster-status", exit = 1, prints = "ERROR 2002" }
[[step]]
partition = { groups = [["A", "B"], ["C"]] }
[[step]]
expect = { nodes = ["B", "C"], within = "20s", cluster_status = "non-Primary", write = "refused" }
"#;

/// A scenario that lasts until somebody ends it.
const ENDLESS: &str = r#"
id     = "endless"
title  = "Nothing happens for ten minutes"
source = "none"
why    = "to be broken off"
nodes  = ["A", "B", "C"]
second_phase = false

[[step]]
wait = { for = "10m" }
"#;

/// A scenario whose check does not hold.
const FAILING: &str = r#"
id     = "failing"
title  = "A check that does not hold"
source = "none"
why    = "to see what is kept of it"
nodes  = ["A", "B", "C"]
second_phase = false

[[step]]
expect = { node = "A", cluster_size = 2 }
"#;

#[test]
fn a_scenario_passes_with_a_receipt_for_each_fault_and_leaves_nothing() {
    let Some(engine) = Engine::here("a scenario on real nodes") else {
        return;
    };
    let ran = engine.run(SHORT, &["--timers", "fast"]);
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    let record = ran.record();
    assert!(record.contains("exited with 137"), "{record}");
    assert!(record.contains("4 one-way links cut"), "{record}");
    engine.assert_nothing_is_left();
}

#[test]
fn a_scenario_that_fails_keeps_each_node_s_log_and_files() {
    let Some(engine) = Engine::here("the evidence of a failure") else {
        return;
    };
    let ran = engine.run(FAILING, &["--timers", "fast", "--seed", "1"]);
    assert_eq!(ran.code, Some(1), "{}", ran.text);
    let folder = ran.out.join("real/failing-seed-1");
    let step = std::fs::read_to_string(folder.join("step.txt")).expect("the step is named");
    assert!(step.contains("step 1"), "{step}");
    for node in ["A", "B", "C"] {
        let log = folder.join(node).join("mariadb.log");
        let log = std::fs::read_to_string(log).expect("there is a log of each node");
        assert!(log.contains("Synchronized with group"), "{log}");
        assert!(folder.join(node).join("grastate.dat").exists());
        assert!(folder.join(node).join("status.txt").exists());
    }
    engine.assert_nothing_is_left();
}

#[test]
fn ctrl_c_leaves_nothing_and_is_no_failure() {
    let Some(engine) = Engine::here("Ctrl-C in the middle of a run") else {
        return;
    };
    let mut child = engine.start(ENDLESS);
    Engine::wait_for_containers(&child);
    Engine::signal(&child, "INT");
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(4), "stopped, and nothing found");
    assert_eq!(Engine::containers_of(child.id()), 0);
    engine.assert_nothing_is_left();
}

#[test]
fn what_a_killed_run_leaves_behind_goes_with_clean() {
    let Some(engine) = Engine::here("kill -9 in the middle of a run") else {
        return;
    };
    let mut child = engine.start(ENDLESS);
    Engine::wait_for_containers(&child);
    let number = child.id();
    child.kill().expect("it can be killed");
    child.wait().expect("it has ended");
    assert_eq!(Engine::containers_of(number), 3, "nobody removed them");
    assert_eq!(engine.clean(), Some(0));
    assert_eq!(Engine::containers_of(number), 0);
}

/// No root, and no tool but the engine: a user whose only privilege is the group of Docker's socket.
#[test]
fn an_ordinary_user_in_the_docker_group_can_run_scenarios() {
    let Some(engine) = Engine::here("the harness as an ordinary user") else {
        return;
    };
    let Some(user) = engine.as_ordinary_user() else {
        return;
    };
    let ran = user.run(SHORT, &["--timers", "fast"]);
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    user.assert_nothing_is_left();
}

#[test]
fn doctor_says_what_is_here() {
    let Some(engine) = Engine::here("what doctor says of Docker") else {
        return;
    };
    let text = engine.doctor();
    assert!(text.contains("docker "), "{text}");
    assert!(text.contains("seatrial/mariadb:bookworm is here"), "{text}");
    assert!(text.contains("packets can be filtered"), "{text}");
}

/// Without an engine a run ends with exit code 3 and says how to get one. This needs no Docker.
#[test]
fn without_a_docker_engine_the_remedy_is_told() {
    let ran = Engine::nowhere().run(SHORT, &[]);
    assert_eq!(ran.code, Some(3), "{}", ran.text);
    assert!(
        ran.text.contains("no Docker engine answers"),
        "{}",
        ran.text
    );
    assert!(ran.text.contains("start Docker"), "{}", ran.text);
}
