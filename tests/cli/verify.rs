//! `seatrial verify`: procedures by scenarios.

use serde_json::Value;

use crate::work::Work;

const EASY: &str = "s00b-all-stopped-in-order-the-first-is-safe";
const HARD: &str = "s01b-old-clean-first-node,s02b-stale-flag-on-the-first-node,\
                    s09-the-missing-node-never-returns,\
                    s14c-positions-with-a-gtid-the-newest-is-first";

fn cells(json: &str) -> Vec<Value> {
    let matrix: Value = serde_json::from_str(json).unwrap();
    matrix["cells"].as_array().unwrap().clone()
}

#[test]
fn every_rule_recovers_the_easy_case() {
    let work = Work::new();
    let ran = work.run(&["verify", "--scenarios", EASY, "--format", "json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let cells = cells(&ran.stdout);
    assert!(cells.len() >= 16, "{} procedures", cells.len());
    for cell in cells {
        assert_eq!(cell["outcome"], "recovered", "{cell}");
        assert!(cell["commands"].as_u64().unwrap() > 0, "{cell}");
    }
}

#[test]
fn a_matrix_in_a_terminal() {
    let work = Work::new();
    let ran = work.run(&[
        "verify",
        "manual",
        "manual-corrected",
        "kolla",
        "orchestrator-v2",
        "--scenarios",
        HARD,
    ]);
    assert_eq!(ran.code, Some(0), "a bad cell is data: {}", ran.stderr);
    let whole = ran.stdout;
    assert!(
        whole.lines().all(|line| line.chars().count() <= 80),
        "{whole}"
    );
    let kept: Vec<&str> = whole
        .lines()
        .filter(|line| !line.contains("Summary") && !line.contains("Results"))
        .collect();
    insta::assert_snapshot!(kept.join("\n"));
}

#[test]
fn threads_do_not_show_in_the_matrix() {
    let work = Work::new();
    let matrix = |jobs: &str| {
        let args = [
            "verify",
            "--scenarios",
            HARD,
            "--format",
            "json",
            "--jobs",
            jobs,
        ];
        work.run(&args).stdout
    };
    assert_eq!(matrix("1"), matrix("3"));
}

#[test]
fn a_bad_cell_is_replayed_from_its_file() {
    let work = Work::new();
    let args = [
        "verify",
        "orchestrator-v2",
        "--scenarios",
        HARD,
        "--format",
        "json",
    ];
    let ran = work.run(&args);
    let cells = cells(&ran.stdout);
    let lossy = cells
        .iter()
        .find(|cell| cell["outcome"] == "lossy")
        .unwrap();
    let line = lossy["replay"].as_str().unwrap();
    let words: Vec<&str> = line.split(' ').skip(1).collect();
    let replayed = work.run(&words);
    assert_eq!(replayed.code, Some(1), "{}", replayed.stderr);
    assert!(
        replayed.stderr.contains("acknowledged-write-lost"),
        "{}",
        replayed.stderr
    );
}

#[test]
fn only_what_got_worse_fails() {
    let work = Work::new();
    let file = "target/seatrial/verify/verify.json";
    let args = ["verify", "orchestrator-v2", "--scenarios", HARD];
    assert_eq!(work.run(&args).code, Some(0));
    let json = work.read(file);
    work.write("same.json", &json);
    let again = [&args[..], &["--against", "same.json"]].concat();
    assert_eq!(
        work.run(&again).code,
        Some(0),
        "bad cells that were bad before"
    );

    work.write(
        "better.json",
        json.replacen("\"lossy\"", "\"recovered\"", 1),
    );
    let ran = work.run(&[&args[..], &["--against", "better.json"]].concat());
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.contains("lossy, was recovered"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("seatrial replay"), "{}", ran.stderr);

    work.write("other.json", "{}");
    let ran = work.run(&[&args[..], &["--against", "other.json"]].concat());
    assert_eq!(ran.code, Some(2));
}

#[test]
fn a_mistyped_procedure_is_told_its_neighbour() {
    let work = Work::new();
    let ran = work.run(&["verify", "pacemakr"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("did you mean `pacemaker`?"),
        "{}",
        ran.stderr
    );
}
