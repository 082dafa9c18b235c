//! The folder of results: who may write it, and what is in it while it is written.

use std::fs;
use std::process::Stdio;

use crate::work::{Ran, Work};

/// However often two runs meet in one folder, one of them writes it and the other one is told who does.
#[test]
fn two_runs_into_one_folder_never_mix() {
    let work = Work::new();
    let mut refused = 0;
    for _ in 0..50 {
        let children = ["back-end-log", "one-node-is-gracefully-stopped"].map(|id| {
            let mut command = work.command(&["run", id, "--on", "des", "--out", "o"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            (id, command.spawn().unwrap())
        });
        let ran = children.map(|(id, child)| (id, Ran::of(&child.wait_with_output().unwrap())));
        for (_, ran) in &ran {
            match ran.code {
                Some(0) => {}
                Some(3) => {
                    refused += 1;
                    assert!(
                        ran.stderr.starts_with("error: o is being written by "),
                        "{}",
                        ran.stderr
                    );
                    assert!(ran.stderr.contains("--out auto"), "{}", ran.stderr);
                }
                _ => panic!("{}", ran.stderr),
            }
        }
        assert!(ran.iter().any(|(_, ran)| ran.code == Some(0)));
        // The folder has one run, and all of it.
        let results = work.json("o/results.json");
        let made = results["scenarios"].as_array().unwrap();
        assert_eq!(made.len(), 1);
        let id = made[0]["id"].as_str().unwrap();
        assert!(
            work.read("o/record.jsonl")
                .contains(&format!("\"scenario\":\"{id}\""))
        );
        assert!(
            work.read("o/junit.xml")
                .contains(&format!("classname=\"{id}\""))
        );
    }
    assert!(refused > 0, "they never met");
}

#[test]
fn a_folder_of_its_own_is_never_shared() {
    let work = Work::new();
    let run = || {
        let mut command = work.command(&["run", "back-end-log", "--on", "des", "--out", "auto"]);
        command.stdout(Stdio::piped()).spawn().unwrap()
    };
    let children = [run(), run(), run()];
    for child in children {
        assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
    }
    for number in 1..=3 {
        let file = format!("target/seatrial/run-{number}/results.json");
        assert_eq!(work.json(&file)["scenarios"].as_array().unwrap().len(), 1);
    }
    let ran = work.run(&[
        "verify",
        "kolla",
        "--scenarios",
        "s06-parallel-stop",
        "--out",
        "auto",
    ]);
    assert!(
        ran.stdout.contains("target/seatrial/verify-1/index.html"),
        "{}",
        ran.stdout
    );
}

#[test]
fn the_results_are_chosen() {
    let work = Work::new();
    let files = |flags: &[&str]| {
        let args = [&["run", "back-end-log", "--out", "o"], flags].concat();
        assert_eq!(work.run(&args).code, Some(0));
        let mut names: Vec<String> = fs::read_dir(work.path().join("o"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != ".lock")
            .collect();
        names.sort();
        names.join(" ")
    };
    assert_eq!(
        files(&[]),
        "badge.json chrome-trace.json index.html junit.xml record.jsonl results.json summary.md"
    );
    assert_eq!(files(&["--results", "none"]), "results.json");
    assert_eq!(
        files(&["--results", "junit,record"]),
        "junit.xml record.jsonl results.json"
    );
}

/// The first of repeated seeds keeps its trace; the others keep their hash and the command that plays them again.
#[test]
fn repeated_seeds_keep_what_is_worth_keeping() {
    let work = Work::new();
    let args = [
        "run",
        "one-node-is-terminated",
        "--seeds",
        "6",
        "--out",
        "o",
    ];
    assert_eq!(work.run(&args).code, Some(0));
    let results = work.json("o/results.json");
    let runs = results["scenarios"].as_array().unwrap();
    assert_eq!(runs.len(), 12);
    for run in runs {
        assert_eq!(run["trace_sha256"].as_str().unwrap().len(), 64);
        assert!(
            run["replay"]
                .as_str()
                .unwrap()
                .starts_with("seatrial replay ")
        );
        let kept = run["seed"] == 1;
        let seen = run["observations"].as_array().unwrap();
        assert_eq!(!seen.is_empty(), kept, "{run}");
    }
    // The record is packed, and every report is made from it again.
    let before = work.read("o/results.json");
    work.remove("o/results.json");
    let ran = work.run(&["report", "o"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert!(work.read("o/results.json") == before);
    let shown = work.run(&[
        "show",
        "--run",
        "o",
        "one-node-is-terminated",
        "--on",
        "des",
    ]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
}
