//! The scenario language at the terminal: `explain`, `new`, `check`, `list`, `show`.

use std::fs;
use std::path::Path;

use crate::work::{GOOD, Work};

/// docs/scenario-language.md is what the program prints.
#[test]
fn the_reference_is_made_from_the_schema() {
    let printed = Work::new().run(&["explain", "--markdown"]).stdout;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scenario-language.md");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(&file, &printed).unwrap();
    }
    let checked_in = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        checked_in == printed,
        "docs/scenario-language.md is old: UPDATE_SCHEMA=1 cargo test --test cli reference"
    );
    // Every property of every table of the schema stands in it.
    let schema = fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/scenario.schema.json"),
    );
    let schema: serde_json::Value = serde_json::from_str(&schema.unwrap()).unwrap();
    let tables = schema["definitions"].as_object().unwrap().values();
    for table in tables.chain([&schema]) {
        for key in table["properties"].as_object().into_iter().flatten() {
            assert!(printed.contains(&format!("| `{}` |", key.0)), "{}", key.0);
        }
    }
}

#[test]
fn a_part_of_the_language_is_explained() {
    let work = Work::new();
    insta::assert_snapshot!(work.run(&["explain", "step.partition"]).transcript());
    insta::assert_snapshot!(work.run(&["explain", "expect.within"]).transcript());
    let overview = work.run(&["explain"]);
    assert_eq!(overview.code, Some(0));
    for path in ["", "expect", "options", "scenario", "procedure", "operator"] {
        let args: Vec<&str> = ["explain", path]
            .into_iter()
            .filter(|one| !one.is_empty())
            .collect();
        let text = work.run(&args).stdout;
        let long = text.lines().filter(|line| !line.starts_with("    "));
        for line in long {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
    let ran = work.run(&["explain", "step.partitoin"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr
            .contains("did you mean `seatrial explain partition`?"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_new_scenario_is_right_and_can_be_played() {
    let work = Work::new();
    let ran = work.run(&["new", "Two nodes crash, at once"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert!(
        ran.stdout.contains("two-nodes-crash-at-once.toml"),
        "{}",
        ran.stdout
    );
    let file = "two-nodes-crash-at-once.toml";
    assert_eq!(work.run(&["check", file]).code, Some(0));
    assert_eq!(work.run(&["run", file, "--on", "des"]).code, Some(0));
    let again = work.run(&["new", "Two nodes crash, at once"]);
    assert_eq!(again.code, Some(2), "it is never overwritten");
    let printed = work.run(&["new", "Another", "--out", "-"]);
    assert!(
        printed.stdout.contains("id    = \"another\""),
        "{}",
        printed.stdout
    );
}

#[test]
fn files_are_checked_without_playing_them() {
    let work = Work::new();
    work.write("good.toml", GOOD);
    work.write("bad.toml", GOOD.replace("within = \"30s\"", "within = 30"));
    let ran = work.run(&["check", "good.toml"]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (Some(0), "1 file: a right scenario\n")
    );
    let ran = work.run(&["check", "good.toml", "bad.toml", "nowhere.toml"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("such as: within = \"30s\""),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.ends_with("2 of 3 files have mistakes\n"),
        "{}",
        ran.stderr
    );
    // A built-in scenario is no file.
    assert_eq!(work.run(&["check", "back-end-log"]).code, Some(2));
}

#[test]
fn scenarios_are_listed_by_tag_and_by_words() {
    let work = Work::new();
    let tags = work.run(&["list", "--tags"]);
    assert!(tags.stdout.contains("membership"), "{}", tags.stdout);
    let ran = work.run(&["list", "--tag", "arbitrator"]);
    assert_eq!(ran.code, Some(0));
    let ran = work.run(&["list", "--tag", "arbitrater"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    assert!(
        ran.stderr.contains("did you mean `arbitrator`?"),
        "{}",
        ran.stderr
    );
    let ran = work.run(&["list", "two", "terminated"]);
    assert!(
        ran.stdout.contains("two-nodes-are-terminated"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("back-end-log"), "{}", ran.stdout);
    assert_eq!(work.run(&["list", "bananas"]).code, Some(2));
}

#[test]
fn a_procedure_is_shown() {
    let ran = Work::new().run(&["show", "manual"]);
    assert_eq!(ran.code, Some(0));
    let document = include_str!("../../runbooks/manual.md");
    assert!(ran.stdout.contains(document), "{}", ran.stdout);
    insta::assert_snapshot!(ran.stdout.replace(document, "[runbooks/manual.md]\n"));
}
