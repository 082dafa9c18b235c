//! `seatrial verify`: procedures by scenarios.

use serde_json::Value;

use crate::work::{Ran, Work};

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

const FILE: &str = "target/seatrial/verify/verify.json";

/// One procedure is under test: its bad cells fail. A table of several compares them.
#[test]
fn a_bad_cell_of_the_one_procedure_under_test_fails() {
    let work = Work::new();
    let one = work.run(&["verify", "orchestrator-v2", "--scenarios", HARD]);
    assert_eq!(one.code, Some(1), "{}", one.stdout);
    assert!(
        one.stderr.contains("failed: ") && one.stderr.contains("lossy"),
        "{}",
        one.stderr
    );
    let two = ["verify", "orchestrator-v2", "kolla", "--scenarios", HARD];
    let ran = work.run(&two);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let chosen = work.run(&[&two[..], &["--fail-on", "lossy,split"]].concat());
    assert_eq!(chosen.code, Some(1), "{}", chosen.stderr);
    let none = ["verify", "orchestrator-v2", "--scenarios", HARD];
    let none = work.run(&[&none[..], &["--fail-on", "none"]].concat());
    assert_eq!(none.code, Some(0), "{}", none.stderr);
    let unknown = work.run(&["verify", "kolla", "--fail-on", "sad"]);
    assert_eq!(unknown.code, Some(2));
}

#[test]
fn only_what_got_worse_or_is_missing_fails() {
    let work = Work::new();
    let args = ["verify", "orchestrator-v2", "--scenarios", HARD];
    assert_eq!(work.run(&args).code, Some(1));
    let json = work.read(FILE);
    work.write("same.json", &json);
    let again = work.run(&[&args[..], &["--against", "same.json"]].concat());
    assert_eq!(again.code, Some(0), "bad before: {}", again.stderr);
    assert!(
        again
            .stdout
            .contains("0 worse, 0 missing, 0 better, 0 new, 4 compared"),
        "{}",
        again.stdout
    );

    work.write(
        "better.json",
        json.replacen("\"outcome\": \"lossy\"", "\"outcome\": \"recovered\"", 1),
    );
    let ran = work.run(&[&args[..], &["--against", "better.json"]].concat());
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stdout.contains("lossy, was recovered"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("seatrial replay"), "{}", ran.stdout);
    assert!(
        ran.stderr
            .contains("1 cell is worse since the earlier matrix"),
        "{}",
        ran.stderr
    );

    // An improvement is told, too.
    work.write(
        "worse.json",
        json.replacen("\"outcome\": \"lossy\"", "\"outcome\": \"split-brain\"", 1),
    );
    let ran = work.run(&[&args[..], &["--against", "worse.json"]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stdout.contains("lossy, was split-brain"),
        "{}",
        ran.stdout
    );

    work.write("other.json", "{}");
    let ran = work.run(&[&args[..], &["--against", "other.json"]].concat());
    assert_eq!(ran.code, Some(2));
}

/// A procedure or a scenario that is gone is missing; one that the earlier file lacks is new, and not silence.
#[test]
fn what_was_removed_is_missing_and_what_was_added_is_new() {
    let work = Work::new();
    work.run(&["verify", "manual", "kolla", "--scenarios", HARD]);
    work.write("before.json", work.read(FILE));
    let against = ["--against", "before.json"];

    let ran = work.run(&[&["verify", "manual", "--scenarios", HARD], &against[..]].concat());
    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("missing procedure kolla: 4 cells"),
        "{}",
        ran.stdout
    );
    let junit = work.read("target/seatrial/verify/junit.xml");
    assert!(
        junit.contains("<testsuite name=\"kolla\" tests=\"4\""),
        "{junit}"
    );

    let fewer = HARD.split_once(',').unwrap().1;
    let args = ["verify", "manual", "kolla", "--scenarios", fewer];
    let ran = work.run(&[&args[..], &against[..]].concat());
    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
    assert!(
        ran.stdout
            .contains("missing scenario s01b-old-clean-first-node: 2 cells"),
        "{}",
        ran.stdout
    );

    let args = ["verify", "manual", "kolla", "none", "--scenarios", HARD];
    let ran = work.run(&[&args[..], &against[..]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stdout.contains("new     procedure none: 4 cells"),
        "{}",
        ran.stdout
    );
}

/// A file that was made under other conditions says nothing about the procedure.
#[test]
fn a_file_of_other_conditions_is_refused() {
    let work = Work::new();
    work.write("mine.toml", crate::work::BROKEN);
    let args = [
        "verify",
        "kolla",
        "--fail-on",
        "none",
        "--scenarios",
        "mine.toml",
    ];
    assert_eq!(work.run(&args).code, Some(0));
    work.write("before.json", work.read(FILE));
    let against = [&args[..], &["--against", "before.json"]].concat();
    assert_eq!(work.run(&against).code, Some(0));
    for (flags, reason) in [
        (&["--seed", "2"][..], "seeds: 1 there, 2 here"),
        (&["--seeds", "3"], "seeds: 1 there, 1 to 3 here"),
        (&["--on", "madsim"], "engine: des there, madsim here"),
        (
            &["--timers", "fast"],
            "timers: the scenarios' own there, fast here",
        ),
        (
            &["--supervisor", "systemd"],
            "supervisor: none there, systemd here",
        ),
    ] {
        let ran = work.run(&[&against[..], flags].concat());
        assert_eq!(ran.code, Some(2), "{flags:?}: {}", ran.stdout);
        assert!(ran.stderr.contains(reason), "{}", ran.stderr);
        let allowed = work.run(&[&against[..], flags, &["--allow-different"]].concat());
        assert_eq!(allowed.code, Some(0), "{flags:?}: {}", allowed.stderr);
        assert!(allowed.stderr.contains(reason), "{}", allowed.stderr);
    }
    work.write("mine.toml", format!("# changed\n{}", crate::work::BROKEN));
    let ran = work.run(&against);
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("other versions of scenarios: broken"),
        "{}",
        ran.stderr
    );
    // A file of the first format does not say its conditions.
    let old = work
        .read("before.json")
        .replace("\"format\": 2", "\"format\": 1");
    work.write("before.json", old);
    let ran = work.run(&against);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("format 1: the file does not say"),
        "{}",
        ran.stderr
    );
}

/// JUnit, the page and the summary of a matrix, and all of them again from its folder alone.
#[test]
fn a_matrix_has_all_reports_and_they_are_made_again_from_its_folder() {
    let work = Work::new();
    let args = [
        "verify",
        "orchestrator-v2",
        "--scenarios",
        HARD,
        "--out",
        "m",
    ];
    assert_eq!(work.run(&args).code, Some(1));
    let junit = work.read("m/junit.xml");
    assert!(
        junit.contains("<testsuite name=\"orchestrator-v2\" tests=\"4\""),
        "{junit}"
    );
    assert!(
        junit.contains("file=\"s01b-old-clean-first-node\""),
        "{junit}"
    );
    let page = work.read("m/index.html");
    assert!(page.contains("id=\"matrix\"") && page.contains("What was typed"));
    assert!(page.contains("watch this run"), "bad cells keep their runs");
    let json = work.json("m/verify.json");
    assert_eq!(json["program"], env!("CARGO_PKG_VERSION"));
    for name in ["junit.xml", "index.html", "verify.md"] {
        work.remove(&format!("m/{name}"));
    }
    let ran = work.run(&["report", "m"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let again = work.read("m/index.html");
    assert!(again.contains("watch this run"));
    let failures = |text: &str| text.matches("<failure").count();
    assert_eq!(failures(&work.read("m/junit.xml")), failures(&junit));
}

#[test]
fn shards_and_seeds_make_one_matrix() {
    let work = Work::new();
    let args = [
        "verify",
        "kolla",
        "manual",
        "--scenarios",
        HARD,
        "--seeds",
        "2",
    ];
    let whole = [&args[..], &["--out", "whole", "--results", "record"]].concat();
    assert_eq!(work.run(&whole).code, Some(0));
    assert_eq!(
        work.json("whole/verify.json")["cells"]
            .as_array()
            .unwrap()
            .len(),
        16
    );
    for shard in ["0", "1", "2"] {
        let (name, out) = (format!("{shard}/3"), format!("part-{shard}"));
        let part = [&args[..], &["--shard", &name, "--out", &out]].concat();
        assert_eq!(work.run(&part).code, Some(0));
    }
    let merge = ["report", "part-2", "part-0", "part-1", "--out", "merged"];
    let ran = work.run(&merge);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let cells = |file: &str| {
        let mut json = work.json(file);
        for cell in json["cells"].as_array_mut().unwrap() {
            // The lines that play a cell again name the folder.
            cell.as_object_mut().unwrap().remove("replay");
        }
        json["cells"].to_string()
    };
    assert_eq!(cells("merged/verify.json"), cells("whole/verify.json"));
    let ran = work.run(&["report", "part-2", "part-0", "--out", "two"]);
    assert_eq!(ran.code, Some(4), "{}", ran.stderr);
    assert!(ran.stderr.starts_with("INTERRUPTED: "), "{}", ran.stderr);
}

/// Ctrl-C leaves no table that looks whole.
#[test]
fn an_interrupted_matrix_says_so_first() {
    let work = Work::new();
    // Every cell of the one is bad, and so leaves a file at once.
    let args = ["verify", "orchestrator-v2", "kolla", "--seeds", "100000"];
    let args = [&args[..], &["--scenarios", "s01b-old-clean-first-node"]].concat();
    let child = work
        .command(&[&args[..], &["--out", "m"]].concat())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let cells = work.path().join("m/cells");
    let written = || std::fs::read_dir(&cells).is_ok_and(|mut files| files.next().is_some());
    while !written() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let kill = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
    let ran = Ran::of(&child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(4), "{}", ran.stderr);
    assert!(ran.stdout.starts_with("INTERRUPTED: "), "{}", ran.stdout);
    assert!(ran.stdout.contains("· not played"), "{}", ran.stdout);
    assert!(
        !ran.stdout.contains("median over"),
        "no totals: {}",
        ran.stdout
    );
    assert!(work.json("m/verify.json")["not_played"].as_u64().unwrap() > 0);
    assert!(work.read("m/verify.md").starts_with("# INTERRUPTED: "));
    assert!(work.read("m/junit.xml").contains("interrupted: "));
    assert!(work.read("m/index.html").contains("<h1>INTERRUPTED: "));
    let again = work.run(&[&args[..], &["--against", "m/verify.json"]].concat());
    assert_eq!(again.code, Some(2), "{}", again.stdout);
    assert!(
        again.stderr.contains("it is not complete"),
        "{}",
        again.stderr
    );
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
