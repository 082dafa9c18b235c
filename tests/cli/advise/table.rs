//! Where the logs of all nodes are there, the decision table decides, as in the procedure `optimal`.

use std::fs;
use std::path::Path;

use super::evidence::{Case, grastate};

/// The history of the logs: those of the simulated state `s02`, without the lines that tell nothing of the data.
const HISTORY: &str = "47d69b47-6d68-f62e-11f1-dad1ec5c0000";

const NODES: [&str; 3] = ["A=a.log,a.dat", "B=b.log,b.dat", "C=c.log,c.dat"];

fn log(node: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/advise/forked");
    fs::read_to_string(folder.join(format!("{node}.log"))).unwrap()
}

/// A was bootstrapped by force, and B joined it. C had gone on alone.
fn forked(log_of_c: &str, state_of_c: &str) -> Case {
    Case::new()
        .file("a.log", log("A"))
        .file("b.log", log("B"))
        .file("c.log", log_of_c)
        .file("a.dat", grastate(HISTORY, -1, 0))
        .file("b.dat", grastate(HISTORY, -1, 0))
        .file("c.dat", state_of_c)
}

fn args() -> Vec<&'static str> {
    NODES.iter().flat_map(|node| ["--node", node]).collect()
}

#[test]
fn a_node_that_has_gone_on_apart_without_a_row_loses_nothing_and_gets_a_copy() {
    let case = forked(&log("C"), &grastate(HISTORY, 9, 1));
    let answer = case.ask(&args());
    assert_eq!(answer["row"]["number"], 25, "{answer}");
    // B joined A with a view of its own at A's number.
    assert_eq!(
        answer["row"]["copies"],
        serde_json::json!(["B", "C"]),
        "{answer}"
    );
    assert_eq!(answer["action"]["do"], "bootstrap");
    assert_eq!(answer["action"]["node"], "A");
    let losses = &answer["histories"][0]["losses"];
    assert_eq!(losses[0]["loses"], "nothing", "{losses}");
    assert_eq!(
        losses[2]["loses"], "3 events that A holds, 3 events that B holds",
        "{losses}"
    );
    let text = case.read(&args());
    assert!(text.contains("Row 25 of the decision table"), "{text}");
    assert!(
        text.contains("On B and C, server stopped: remove grastate.dat"),
        "{text}"
    );
}

/// Two events more on C's line: they are rows, and a person decides whose are kept.
#[test]
fn rows_on_both_sides_are_counted() {
    let recovered = format!("Recovered position: {HISTORY}:");
    let more = log("C").replace(&format!("{recovered}9"), &format!("{recovered}11"));
    assert_ne!(more, log("C"));
    let answer = forked(&more, &grastate(HISTORY, -1, 1)).ask(&args());
    assert_eq!(answer["row"]["number"], 26, "{answer}");
    assert_eq!(answer["action"]["do"], "decide");
    let question = answer["action"]["question"].as_str().unwrap();
    assert!(
        question.contains("A holds 3 events that C lacks"),
        "{question}"
    );
    assert!(
        question.contains("C holds 2 events that A lacks"),
        "{question}"
    );
}

/// Without the logs the positions decide, and they cannot tell a fork from one history.
#[test]
fn without_logs_no_row_is_named() {
    let recovered = |seqno: i64| format!("WSREP: Recovered position: {HISTORY}:{seqno}\n");
    let case = forked(&recovered(9), &grastate(HISTORY, 9, 1))
        .file("a.log", recovered(12))
        .file("b.log", recovered(12));
    let answer = case.ask(&args());
    assert!(answer["row"].is_null(), "{answer}");
    assert_eq!(answer["action"]["do"], "decide");
}
