//! `seatrial run`: the terminal, the folder of results, the exit codes.

use serde_json::Value;

use crate::work::{GOOD, Work};

const RESULTS: &str = "target/seatrial/latest/results.json";

/// The output without what differs from run to run: wall times, and the widths that depend on them.
fn without_wall_time(text: &str) -> String {
    let line = |line: &str| {
        let indent = if line.starts_with("    ") { "    " } else { "" };
        let words: Vec<&str> = line.split_whitespace().map(without_number).collect();
        format!("{indent}{}", words.join(" "))
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// `39ms` and `0.024s]` are wall times; simulated times have whole seconds.
fn without_number(word: &str) -> &str {
    let number = word.strip_suffix("ms").or_else(|| word.strip_suffix("s]"));
    if number.is_some_and(|number| number.parse::<f64>().is_ok()) {
        "…"
    } else {
        word
    }
}

/// `GOOD` with an expectation that cannot be met.
fn failing() -> String {
    GOOD.replace("id    = \"good\"", "id    = \"bad\"")
        .replace("size = 3", "size = 2")
}

#[test]
fn the_terminal() {
    let work = Work::new();
    let ran = work.run(&[
        "run",
        "forced-bootstrap-behind-a-partition",
        "--on",
        "des",
        "--pace",
        "rest",
    ]);
    assert_eq!(ran.code, Some(0));
    assert_eq!(ran.stderr, "");
    insta::assert_snapshot!(without_wall_time(&ran.stdout));
}

#[test]
fn a_failure() {
    let work = Work::new();
    work.write("bad.toml", failing());
    let ran = work.run(&["run", "bad.toml"]);
    assert_eq!(ran.code, Some(1));
    insta::assert_snapshot!(without_wall_time(&ran.stdout));
    let results = work.json(RESULTS);
    assert_eq!(results["scenarios"][0]["verdict"], "fail");
    assert_eq!(
        results["scenarios"][0]["claims"][0]["verdict"],
        "contradicted"
    );
    assert_eq!(results["scenarios"][0]["claims"][0]["expected"], "holds");
}

#[test]
fn results_have_the_documented_fields() {
    let work = Work::new();
    work.run(&[
        "run",
        "two-nodes-are-terminated",
        "--seed",
        "5",
        "--seeds",
        "2",
    ]);
    let results = work.json(RESULTS);
    assert_eq!(
        keys(&results),
        [
            "agreement",
            "commit",
            "engines",
            "format",
            "not_run",
            "program",
            "scenarios"
        ]
    );
    assert_eq!(results["engines"], serde_json::json!(["des", "madsim"]));
    let scenarios = results["scenarios"].as_array().unwrap();
    let runs: Vec<(&str, u64)> = scenarios
        .iter()
        .map(|run| {
            (
                run["engine"].as_str().unwrap(),
                run["seed"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(runs, [("des", 5), ("madsim", 5), ("des", 6), ("madsim", 6)]);
    for run in scenarios {
        assert_eq!(
            keys(run),
            [
                "claims",
                "engine",
                "findings",
                "flags",
                "id",
                "observations",
                "replay",
                "scenario_sha256",
                "seed",
                "simulated_ms",
                "source",
                "title",
                "trace_sha256",
                "verdict",
                "wall_ms"
            ]
        );
        // The first of repeated seeds keeps what was observed.
        if run["seed"] != 5 {
            continue;
        }
        assert_eq!(keys(&run["observations"][0]), ["at_ms", "nodes", "step"]);
        assert_eq!(
            keys(&run["observations"][0]["nodes"]["A"]),
            [
                "cluster_size",
                "cluster_status",
                "conf_id",
                "connected",
                "exit",
                "grastate",
                "gvwstate",
                "last_committed",
                "local_state",
                "local_state_uuid",
                "process",
                "ready",
                "rows",
                "state_uuid"
            ]
        );
    }
    assert!(results["agreement"]["compared"].as_u64().unwrap() > 100);
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

#[test]
fn json_is_the_file_and_nothing_else() {
    let work = Work::new();
    let ran = work.run(&["run", "back-end-log", "--format", "json", "--out", "here"]);
    assert_eq!(ran.code, Some(0));
    assert_eq!(
        ran.stdout.trim_end(),
        work.read("here/results.json").trim_end()
    );
    for file in [
        "record.jsonl",
        "summary.md",
        "junit.xml",
        "index.html",
        "chrome-trace.json",
    ] {
        assert!(!work.read(&format!("here/{file}")).is_empty(), "{file}");
    }
}

/// The part of a record that has no wall time in it.
fn traces(record: &str) -> String {
    let is_trace = |line: &&str| line.starts_with("{\"at_us\"") || line.starts_with("{\"format\"");
    record
        .lines()
        .filter(is_trace)
        .collect::<Vec<_>>()
        .join("\n")
}

/// However many threads there are, the results are the same, wall time apart.
#[test]
fn the_number_of_jobs_makes_no_difference() {
    let work = Work::new();
    let run = |jobs: &str| {
        let names = [
            "back-end-log",
            "one-node-is-terminated",
            "starting-the-other-nodes",
        ];
        let flags = ["--seeds", "3", "--out", "o", "--jobs", jobs];
        work.run(&[&["run"], &names[..], &flags[..]].concat());
        let mut results = work.json("o/results.json");
        for run in results["scenarios"].as_array_mut().unwrap() {
            run.as_object_mut().unwrap().remove("wall_ms");
        }
        (results, traces(&work.unpacked("o/record.jsonl.gz")))
    };
    let (one, four) = (run("1"), run("4"));
    assert_eq!(one.0, four.0);
    assert!(one.1 == four.1);
}

#[test]
fn against_an_earlier_run_only_what_got_worse_fails() {
    let work = Work::new();
    work.write("bad.toml", failing());
    work.write("good.toml", GOOD);
    // The same id gets another version, which is a difference that must be allowed.
    let run = |file: &str| work.run(&["run", file, "--against", RESULTS, "--allow-different"]);
    let failures = || {
        let junit = work.read("target/seatrial/latest/junit.xml");
        junit.matches("<failure").count() + junit.matches("<error").count()
    };
    assert_eq!(work.run(&["run", "bad.toml"]).code, Some(1));
    assert_eq!(failures(), 2);
    // It failed before; the file of results is read before it is written anew.
    assert_eq!(run("bad.toml").code, Some(0));
    assert_eq!(failures(), 0, "JUnit agrees with the exit code");
    // Now the same id passes, and then it fails again.
    work.write("bad.toml", GOOD.replace("\"good\"", "\"bad\""));
    let better = run("bad.toml");
    assert_eq!(better.code, Some(0));
    assert!(
        better
            .stdout
            .contains("better bad on des, seed 1: pass, it was fail"),
        "{}",
        better.stdout
    );
    work.write("bad.toml", failing());
    let worse = run("bad.toml");
    assert_eq!(worse.code, Some(1));
    assert!(
        worse
            .stderr
            .contains("worse than before: bad on des, seed 1: fail, it was pass"),
        "{}",
        worse.stderr
    );
    assert_eq!(failures(), 2);
}

/// A scenario that was removed is missing, one that was added is new, and a new one must pass.
#[test]
fn against_an_earlier_run_what_was_removed_is_missing() {
    let work = Work::new();
    work.write("bad.toml", failing());
    work.write("good.toml", GOOD);
    work.run(&["run", "good.toml", "back-end-log"]);
    work.write("before.json", work.read(RESULTS));
    let against = ["--against", "before.json"];
    let ran = work.run(&[&["run", "good.toml"], &against[..]].concat());
    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
    assert_eq!(
        ran.stderr,
        "missing: back-end-log: 2 of 2 runs passed then\n"
    );
    let junit = work.read("target/seatrial/latest/junit.xml");
    assert!(junit.contains("back-end-log is missing"), "{junit}");
    let args = [
        "run",
        "good.toml",
        "back-end-log",
        "one-node-is-gracefully-stopped",
    ];
    let ran = work.run(&[&args[..], &against[..]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stdout
            .contains("0 worse, 0 missing, 0 better, 2 new, 4 runs compared"),
        "{}",
        ran.stdout
    );
    let args = ["run", "good.toml", "back-end-log", "bad.toml"];
    let ran = work.run(&[&args[..], &against[..]].concat());
    assert_eq!(ran.code, Some(1), "a new scenario must pass");
}

#[test]
fn an_earlier_run_of_other_conditions_is_refused() {
    let work = Work::new();
    work.write("good.toml", GOOD);
    work.run(&["run", "good.toml"]);
    work.write("before.json", work.read(RESULTS));
    let args = ["run", "good.toml", "--against", "before.json"];
    for (flags, reason) in [
        (&["--seed", "2"][..], "seeds: 1 there, 2 here"),
        (&["--seeds", "1..4"], "seeds: 1 there, 1 to 3 here"),
        (&["--on", "des"], "engines: des, madsim there, des here"),
        (
            &["--timers", "fast"],
            "timers and pace: none there, `--timers fast` here",
        ),
    ] {
        let ran = work.run(&[&args[..], flags].concat());
        assert_eq!(ran.code, Some(2), "{flags:?}: {}", ran.stdout);
        assert!(ran.stderr.contains(reason), "{}", ran.stderr);
    }
    work.write("good.toml", format!("# changed\n{GOOD}"));
    let ran = work.run(&args);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("other versions of scenarios: good"),
        "{}",
        ran.stderr
    );
}

/// A fault that has nothing to act on makes another run than the scenario describes.
#[test]
fn a_fault_without_effect_fails_the_run_unless_the_step_allows_it() {
    let work = Work::new();
    let twice = |allowed: &str| {
        GOOD.replace("size = 3", "size = 2").replace("all-synced", "primary").replace(
            "[[step]]\nwrite",
            &format!(
                "[[step]]\nterminate = {{ nodes = [\"C\"] }}\n\n[[step]]\ncrash = {{ nodes = [\"C\"] }}\n{allowed}\n[[step]]\nwrite"
            ),
        )
    };
    work.write("good.toml", twice(""));
    let ran = work.run(&["run", "good.toml", "--on", "des"]);
    assert_eq!(ran.code, Some(3), "{}", ran.stdout);
    let said = "crash C had no effect: no mariadbd runs";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    assert!(
        ran.stdout
            .contains("1 fault had no effect\n  crash C (the run fails)"),
        "{}",
        ran.stdout
    );
    let file = |name: &str| work.read(&format!("target/seatrial/latest/{name}"));
    assert!(file("junit.xml").contains(said));
    assert!(file("summary.md").contains("## Faults without effect"));
    assert!(file("results.json").contains("step 2: crash C: no mariadbd runs"));

    work.write("good.toml", twice("may_skip = true\n"));
    let ran = work.run(&["run", "good.toml", "--on", "des"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    assert!(
        ran.stdout
            .contains("1 fault had no effect\n  crash C (the step allows it)"),
        "{}",
        ran.stdout
    );
    assert!(file("junit.xml").contains("crash C had no effect"));

    work.write(
        "good.toml",
        GOOD.replace("rows = 1 }", "rows = 1 }\nmay_skip = true"),
    );
    let ran = work.run(&["run", "good.toml"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr
            .contains("this step has no fault that could be skipped"),
        "{}",
        ran.stderr
    );
}

#[test]
fn the_same_scenario_twice_is_one() {
    let work = Work::new();
    work.run(&["run", "back-end-log", "back-end-log", "--on", "des,des"]);
    assert_eq!(work.json(RESULTS)["scenarios"].as_array().unwrap().len(), 1);
}

#[test]
fn kept_logs_lie_beside_the_results() {
    let work = Work::new();
    work.write("good.toml", GOOD);
    let ran = work.run(&[
        "run",
        "good.toml",
        "--keep-logs",
        "--on",
        "des",
        "--out",
        "out",
    ]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for node in ["A", "B", "C"] {
        let log = work.read(&format!("out/logs/good/des/{node}.log"));
        assert!(
            log.contains("[Note] WSREP: Quorum results:\n\tversion    = 6,"),
            "{log}"
        );
    }
    let ran = work.run(&[
        "run",
        "good.toml",
        "--keep-logs",
        "--on",
        "des",
        "--seeds",
        "2",
        "--out",
        "two",
    ]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(work.path().join("two/logs/good/des/seed-2/A.log").is_file());
    let ran = work.run(&["run", "good.toml", "--on", "des", "--out", "none"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(!work.path().join("none/logs").exists());
}
