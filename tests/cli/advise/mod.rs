//! `seatrial advise`: the state files of recorded runs, and what people get wrong.

mod cases;
mod evidence;
mod forms;
mod live;
mod table;

use std::path::Path;

pub(crate) use forms::tar;

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
    assert!(text.starts_with("Bootstrap B (or C)"), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn positions_that_differ_in_one_history() {
    let text = advice(&of("s08b", &NODES, &ALL));
    assert!(text.starts_with("Bootstrap C, after setting"), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn the_highest_number_of_another_history() {
    let text = advice(&of("s63", &NODES, &ALL));
    assert!(text.starts_with("Bootstrap nothing yet."), "{text}");
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
    assert!(text.starts_with("Bootstrap nothing yet."), "{text}");
    insta::assert_snapshot!(text);
    // B and C were the last component, so that A is not needed.
    let mut args = of("s07e", &["B", "C"], &ALL);
    args.extend(["--node".to_owned(), "A=unreachable".to_owned()]);
    assert!(advice(&args).starts_with("Bootstrap B (or C)"));
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
fn what_it_rests_on() {
    let mut args = of("s08b", &NODES, &ALL);
    args.push("--explain".to_owned());
    let text = advice(&args);
    for part in [
        "Where it stands",
        "Histories that are consistent with it",
        "Files",
        "What these files cannot tell",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

/// A damaged file costs what is damaged, and is said to be so.
#[test]
fn garbage_is_said_to_be_garbage() {
    let work = Work::new();
    work.write("grastate.dat", "# GALERA saved state\nuuid: bananas\n");
    let ran = work.run(&["advise", "--node", "A=grastate.dat"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stdout.starts_with("Bootstrap nothing yet."),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("`bananas` was passed over"),
        "{}",
        ran.stdout
    );
    for bytes in [
        &b"\x01\x02 what is this"[..],
        b"bananas",
        b"",
        b"\xff\xfe\x00",
        b"InnoDB: Starting shutdown...\n",
    ] {
        work.write("recovered.txt", bytes);
        let ran = work.run(&["advise", "--node", "A=recovered.txt"]);
        assert_eq!(ran.code, Some(2), "{bytes:?}: {}", ran.stdout);
        assert_eq!(ran.stdout, "");
        assert!(ran.stderr.contains("help: "), "{}", ran.stderr);
    }
}
