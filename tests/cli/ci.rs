//! What CI systems get: annotations, reports of their own forms, the step summary, and the files of docs/ci.md.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::work::{GOOD, Ran, Work, can_confine};

fn failing() -> String {
    GOOD.replace("size = 3", "size = 2")
}

/// An annotation points at the line in which the step begins.
#[test]
fn annotations_point_at_the_step_that_failed() {
    let work = Work::new();
    work.write("bad.toml", failing());
    let text = failing();
    let lines: Vec<&str> = text.lines().collect();
    let line = 1 + lines.iter().rposition(|line| *line == "[[step]]").unwrap();
    let forms = ["--annotations", "github,gitlab,sarif", "--on", "des"];
    let ran = work.run(&[&["run", "bad.toml"], &forms[..]].concat());
    assert_eq!(ran.code, Some(1));
    let start = format!("::error file=bad.toml,line={line},title=good on des%2C seed 1::step 2: ");
    assert!(ran.stderr.starts_with(&start), "{}", ran.stderr);
    let folder = "target/seatrial/latest";
    let report = work.json(&format!("{folder}/gl-code-quality-report.json"));
    assert_eq!(report[0]["location"]["path"], "bad.toml");
    assert_eq!(report[0]["location"]["lines"]["begin"], line);
    let log = work.json(&format!("{folder}/results.sarif"));
    let result = &log["runs"][0]["results"][0];
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "bad.toml");
    assert_eq!(place["region"]["startLine"], line);
    // A scenario that passed has none.
    work.write("good.toml", GOOD);
    let ran = work.run(&[&["run", "good.toml"], &forms[..]].concat());
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert_eq!(
        work.json(&format!("{folder}/results.sarif"))["runs"][0]["results"],
        serde_json::json!([])
    );
}

#[test]
fn a_script_is_annotated_for_its_bad_cells() {
    if !can_confine() {
        return;
    }
    let work = Work::new();
    work.write("mine.sh", "#!/bin/sh\nexit 1\n");
    work.make_executable("mine.sh");
    let ran = work.run(&[
        "verify",
        "--script",
        "mine.sh",
        "--scenarios",
        "s06-parallel-stop",
        "--annotations",
        "github",
    ]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr
            .contains("::error file=mine.sh,line=1,title=script on s06-parallel-stop::stuck"),
        "{}",
        ran.stderr
    );
}

/// bash says in which line it is, and other programs are searched for the command.
#[test]
fn a_script_is_annotated_at_the_line_that_decided() {
    if !can_confine() {
        return;
    }
    let work = Work::new();
    // In a function, after a loop, with a trap and a variable that must not change.
    let bash = "#!/bin/bash\nset -euo pipefail\nlook() {\n  ssh \"$1\" true\n}\nfor node in A B C; do\n  look $node\ndone\n\
                boot() {\n  ssh A sudo galera_new_cluster || true\n}\nboot\nssh A sudo systemctl status mariadb || true\n\
                trap 'echo end' EXIT\ntrue one two\n[ \"$_\" = two ]\nexit 1\n";
    let sh = "#!/bin/sh\nssh A true\nssh B sudo systemctl status mariadb\nexit 1\n";
    let trapped =
        "#!/bin/bash\n# RETURN\nssh A true\nssh B sudo systemctl status mariadb\nexit 1\n";
    for (name, text, line) in [
        ("bash.sh", bash, 13),
        ("sh.sh", sh, 3),
        ("return.sh", trapped, 4),
    ] {
        work.write(name, text);
        work.make_executable(name);
        let args = [
            "verify",
            "--script",
            name,
            "--scenarios",
            "s06-parallel-stop",
        ];
        let ran = work.run(&[&args[..], &["--annotations", "github"]].concat());
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        let place = format!("::error file={name},line={line},title=script on s06-parallel-stop::");
        assert!(ran.stderr.contains(&place), "{name}: {}", ran.stderr);
        assert!(!ran.stdout.contains("unbound variable"), "{}", ran.stdout);
    }
}

#[test]
fn a_comment_and_a_badge() {
    let work = Work::new();
    let verify = |more: &[&str]| {
        let args = ["verify", "kolla", "--comment", "comment.md", "--out", "o"];
        work.run(&[&args[..], more].concat())
    };
    let few = [
        "--scenarios",
        "s06-parallel-stop,s02b-stale-flag-on-the-first-node",
    ];
    verify(&few);
    insta::assert_snapshot!("a_comment_without_an_earlier_file", work.read("comment.md"));
    work.write(
        "before.json",
        work.read("o/verify.json")
            .replace("\"recovered\"", "\"lossy\""),
    );
    let against = [&few[..], &["--against", "before.json"]].concat();
    verify(&against);
    insta::assert_snapshot!("a_comment_with_an_earlier_file", work.read("comment.md"));
    let badge = work.json("o/badge.json");
    assert_eq!(badge["schemaVersion"], 1);
    assert_eq!(badge["label"], "seatrial");
    work.write("bad.toml", failing());
    let ran = work.run(&[
        "run",
        "bad.toml",
        "--on",
        "des",
        "--comment",
        "run.md",
        "--out",
        "r",
    ]);
    assert_eq!(ran.code, Some(1));
    insta::assert_snapshot!("a_comment_of_a_run", work.read("run.md"));
    let badge = work.json("r/badge.json");
    assert_eq!(
        (&badge["message"], &badge["color"]),
        (&"0 of 1 run passed".into(), &"red".into())
    );
}

#[test]
fn the_step_summary_is_written_by_itself() {
    let work = Work::new();
    let with_summary = |args: &[&str]| {
        let mut command = work.command(args);
        command.env("GITHUB_STEP_SUMMARY", work.path().join("step.md"));
        Ran::of(&command.output().unwrap())
    };
    work.write("step.md", "before\n");
    with_summary(&["run", "back-end-log", "--on", "des"]);
    with_summary(&["verify", "kolla", "--scenarios", "s06-parallel-stop"]);
    let text = work.read("step.md");
    assert!(text.starts_with("before\n# Seatrial\n"), "{text}");
    assert!(text.contains("# Procedures by scenarios"), "{text}");
}

/// The scripts of the action are right for bash, and its steps name what the program has.
#[test]
fn the_files_for_ci_are_right() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let action = fs::read_to_string(root.join("action.yml")).unwrap();
    let mut scripts = Vec::new();
    let mut lines = action.lines().peekable();
    while let Some(line) = lines.next() {
        if line.trim() != "run: |" {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let mut script = String::new();
        while let Some(line) = lines
            .next_if(|line| line.trim().is_empty() || line.len() - line.trim_start().len() > indent)
        {
            script.push_str(line);
            script.push('\n');
        }
        scripts.push(script);
    }
    assert_eq!(scripts.len(), 3);
    for script in scripts {
        let mut bash = Command::new("bash")
            .arg("-n")
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        bash.stdin
            .take()
            .unwrap()
            .write_all(script.as_bytes())
            .unwrap();
        assert!(bash.wait().unwrap().success(), "{script}");
    }
    // The step that runs the trial, as the runner would run it.
    let work = Work::new();
    let trial = action.split("id: trial").nth(1).unwrap();
    let script = trial
        .split("run: |")
        .nth(1)
        .unwrap()
        .split("    - name")
        .next()
        .unwrap();
    let bin = Path::new(env!("CARGO_BIN_EXE_seatrial")).parent().unwrap();
    work.write("output", "");
    let ran = Command::new("bash")
        .args(["-e", "-o", "pipefail", "-c", script])
        .current_dir(work.path())
        .env(
            "ARGS",
            "verify kolla --scenarios \"s06-parallel-stop\" --fail-on none",
        )
        .env("RESULTS", "results")
        .env("BIN", bin)
        .env("GITHUB_OUTPUT", work.path().join("output"))
        .output()
        .unwrap();
    assert_eq!(
        ran.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    assert_eq!(work.read("output"), "code=0\n");
    assert!(work.read("results/junit.xml").contains("kolla"));
    let hook = fs::read_to_string(root.join(".pre-commit-hooks.yaml")).unwrap();
    assert!(hook.contains("entry: seatrial check"));
    for file in ["deploy/gitlab-component.yml", "deploy/Jenkinsfile"] {
        assert!(
            fs::read_to_string(root.join(file))
                .unwrap()
                .contains("junit"),
            "{file}"
        );
    }
}
