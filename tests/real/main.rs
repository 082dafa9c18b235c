//! The command on real `MariaDB` nodes.
//!
//! These tests need a Docker engine and the image that `seatrial image build` makes. Without them they
//! pass, and say that they were not run and why: `cargo test` works on any machine.

mod engine;
mod lines;
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

/// A scenario in which the operator's tool is not ours.
const OWN_TOOL: &str = r#"
id     = "own-tool"
title  = "The operator types a tool of the user's own"
source = "none"
why    = "the tool under test is the user's"
nodes  = ["A", "B", "C"]
second_phase = false

[[step]]
operator = { node = "B", run = "sudo cm-cluster-manage --show-cluster-status", exit = 7, prints = "own tool: --show-cluster-status on B" }
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
    assert!(
        record.contains("4 rules; packets dropped so far: "),
        "{record}"
    );
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
    assert!(engine.clean().contains("removed"));
    assert_eq!(Engine::containers_of(number), 0);
}

/// Each fault that a container can have, with the evidence that it took effect; and the restart of what
/// ended abnormally, where mariadb.service is under systemd.
#[test]
fn every_fault_leaves_a_receipt() {
    let Some(engine) = Engine::here("every fault on real nodes") else {
        return;
    };
    let scenario = include_str!("every-fault.toml");
    let ran = engine.run(scenario, &["--timers", "fast"]);
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    let record = ran.record();
    for receipt in [
        "is in state T",
        "is in state S",
        "% of all to C",
        "dropped and let through in turn",
        "holds the global read lock",
        "the session has ended",
        "mail back end ended",
        "A->C ",
        "no rule drops anything any more",
        "exited with 137",
        "grastate.dat has 11 bytes now",
        "there is no grastate.dat now",
        "100% /var/lib/mysql",
        "0.06s added to what reaches",
        "rsync ",
        "will take the global read lock",
    ] {
        assert!(
            record.contains(receipt),
            "no receipt `{receipt}`:\n{record}"
        );
    }
    assert!(!record.contains("Skipped"), "{record}");
    engine.assert_nothing_is_left();
}

/// An image without programs that filter packets, as the official one: a container beside each host
/// does it.
#[test]
fn packets_are_filtered_beside_hosts_whose_image_cannot() {
    let Some(engine) = Engine::here("an image without iptables") else {
        return;
    };
    let Some(image) = engine.image_without_filters() else {
        return;
    };
    let ran = engine.run(SHORT, &["--timers", "fast", "--image", &image.name]);
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    assert!(
        ran.record().contains("4 rules; packets dropped so far: "),
        "{}",
        ran.record()
    );
    drop(image);
    assert!(
        engine
            .clean()
            .contains("1 prepared image that no run would use again removed"),
        "what was prepared of an image goes when the image has gone"
    );
}

/// A user's own cluster tool takes the place of ours.
#[test]
fn a_tool_of_the_user_s_own_is_typed_by_the_operator() {
    let Some(engine) = Engine::here("a cluster tool of the user's own") else {
        return;
    };
    let tool = engine.file(
        "own-tool",
        "#!/bin/bash\necho \"own tool: $1 on $(cat /run/seatrial/node)\"\nexit 7\n",
    );
    let ran = engine.run(OWN_TOOL, &["--timers", "fast", "--cluster-tool", &tool]);
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    engine.assert_nothing_is_left();
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
