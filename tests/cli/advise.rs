//! `seatrial advise`: the state files of recorded runs, and what people get wrong.

use std::path::Path;

use crate::work::Work;

/// The arguments for the evidence of a recording: these nodes, with these files of each.
fn of(recording: &str, nodes: &[&str], files: &[&str]) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/evidence")
        .join(recording);
    let mut args = vec!["advise".to_owned()];
    for node in nodes {
        let files: Vec<String> = files
            .iter()
            .map(|file| folder.join(node).join(file).display().to_string())
            .collect();
        args.push("--node".to_owned());
        args.push(format!("{node}={}", files.join(",")));
    }
    args
}

const ALL: [&str; 3] = ["grastate.dat", "recovered.txt", "gvwstate.dat"];
const NODES: [&str; 3] = ["A", "B", "C"];

fn advice(args: &[String]) -> String {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let ran = Work::new().run(&args);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stdout.lines().all(|line| line.chars().count() <= 80),
        "{}",
        ran.stdout
    );
    ran.stdout
}

#[test]
fn the_last_two_of_a_staggered_crash() {
    let text = advice(&of("s07e", &NODES, &ALL));
    assert!(text.contains("bootstrap B (or C)"), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn positions_that_differ_in_one_history() {
    let text = advice(&of("s08b", &NODES, &ALL));
    assert!(text.contains("bootstrap C, after setting"), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn the_highest_number_of_another_history() {
    let text = advice(&of("s63", &NODES, &ALL));
    assert!(text.contains("bootstrap nothing yet"), "{text}");
    insta::assert_snapshot!(text);
}

/// With grastate.dat alone the crashed node that holds most has no position: the old seqnos of the
/// other two, which a lock had written, decide nothing.
#[test]
fn without_recovery_runs_the_answer_is_to_make_them() {
    insta::assert_snapshot!(advice(&of("s08b", &NODES, &["grastate.dat"])));
}

#[test]
fn a_node_that_cannot_be_looked_at() {
    let mut args = of("s07e", &["A", "B"], &ALL);
    args.extend(["--node".to_owned(), "C=unreachable".to_owned()]);
    let text = advice(&args);
    assert!(text.contains("bootstrap nothing yet"), "{text}");
    insta::assert_snapshot!(text);
    // B and C were the last component, so that A is not needed.
    let mut args = of("s07e", &["B", "C"], &ALL);
    args.extend(["--node".to_owned(), "A=unreachable".to_owned()]);
    assert!(advice(&args).contains("bootstrap B (or C)"));
}

#[test]
fn for_programs() {
    let mut args = of("s08b", &NODES, &ALL);
    args.extend(["--format".to_owned(), "json".to_owned()]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let ran = Work::new().run(&args);
    let advice: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(advice["action"]["do"], "bootstrap");
    assert_eq!(advice["action"]["node"], "C");
    assert_eq!(advice["action"]["force"], true);
    let losses = &advice["histories"][0]["losses"];
    assert_eq!(losses[2]["nothing"], true, "{losses}");
    assert_eq!(
        losses[0]["loses"],
        "up to 7 events (8 to 14), which B and C hold"
    );
}

#[test]
fn garbage_is_said_to_be_garbage() {
    let said = |name: &str, bytes: &[u8]| {
        let work = Work::new();
        work.write(name, bytes);
        let ran = work.run(&["advise", "--node", &format!("A={name}")]);
        assert_eq!(ran.code, Some(2), "{name}: {}", ran.stdout);
        assert_eq!(ran.stdout, "");
        ran.stderr
    };
    let grastate = b"# GALERA saved state\nuuid: bananas\n".as_slice();
    let locked = b"InnoDB: Unable to lock ./ibdata1 error: 11\n".as_slice();
    let all: Vec<String> = [
        ("grastate.dat", grastate),
        ("grastate.dat", b"\x01\x02 what is this".as_slice()),
        ("gvwstate.dat", b"bananas".as_slice()),
        ("recovered.txt", b"bananas".as_slice()),
        ("recovered.txt", b"".as_slice()),
        ("recovered.txt", locked),
        ("recovered.txt", b"\xff\xfe\x00".as_slice()),
    ]
    .iter()
    .map(|(name, bytes)| said(name, bytes))
    .collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn what_cannot_be_meant() {
    let work = Work::new();
    work.write("grastate.dat", "");
    for args in [
        &["advise"][..],
        &["advise", "--node", "A"],
        &["advise", "--node", "A=nowhere.dat"],
        &["advise", "--node", "A=."],
        &["advise", "--node", "A=unreachable"],
        &["advise", "--node", "A=grastate.dat,grastate.dat"],
        &[
            "advise",
            "--node",
            "A=grastate.dat",
            "--node",
            "A=unreachable",
        ],
        &["advise", "--node", "=grastate.dat"],
    ] {
        let ran = work.run(args);
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{args:?}");
    }
}
