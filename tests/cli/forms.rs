//! The three forms of the decision table, written by `seatrial optimal`: they come to what the table comes to.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::work::{Work, can_confine};

/// Broken states whose way through the table takes 14 of its rows together. `FORMS=whole` plays all.
const SAMPLE: [&str; 8] = [
    "s02-stale-flag-after-a-forced-bootstrap",
    "s03b-an-empty-node-with-a-history-of-its-own",
    "s05-bootstrap-on-both-sides",
    "s08b-the-missing-node-is-the-newest-crashed",
    "s09-the-missing-node-never-returns",
    "s19-a-node-bootstraps-over-a-live-primary",
    "s35b-a-partition-while-the-procedure-acts",
    "two-nodes-are-terminated",
];

/// A state in which a person is asked, and one that is recovered. A playbook takes most of a minute for each.
const SAMPLE_OF_THE_PLAYBOOK: [&str; 2] = [
    "s03b-an-empty-node-with-a-history-of-its-own",
    "s37-two-crash-one-survives",
];

/// Writes the forms into a folder.
fn emit(work: &Work, folder: &str) -> PathBuf {
    let ran = work.run(&["optimal", "--faults", "0", "--out", folder]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("Forms recover.sh"), "{}", ran.stdout);
    work.path().join(folder)
}

/// Returns the texts of all files of a folder.
fn texts(folder: &Path, found: &mut BTreeMap<String, Vec<u8>>, root: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts(&path, found, root);
        } else {
            let name = path.strip_prefix(root).unwrap().display().to_string();
            found.insert(name, fs::read(&path).unwrap());
        }
    }
}

/// Plays a form and the table itself in the same states, and compares each pair of cells.
fn compared(work: &Work, form: &[&str], sample: &[&str], exact: bool) {
    let states = sample.join(",");
    let mut args = vec!["verify", "optimal"];
    args.extend(form);
    if std::env::var("FORMS").is_ok_and(|which| which == "whole") {
        args.extend(["--results", "none", "--format", "json"]);
    } else {
        args.extend([
            "--scenarios",
            &states,
            "--results",
            "none",
            "--format",
            "json",
        ]);
    }
    let ran = work.run(&args);
    let matrix: Value = serde_json::from_str(&ran.stdout).expect(&ran.stderr);
    let mut by_state: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for cell in matrix["cells"].as_array().unwrap() {
        let scenario = cell["scenario"].as_str().unwrap();
        by_state.entry(scenario).or_default().push(cell);
    }
    assert!(by_state.len() >= sample.len(), "{}", by_state.len());
    for (scenario, cells) in by_state {
        let [table, own] = cells.as_slice() else {
            panic!("{scenario} has {} cells", cells.len());
        };
        let same: &[&str] = if exact {
            &["outcome", "lost", "took_ms", "commands"]
        } else {
            &["outcome", "lost"]
        };
        for what in same {
            assert_eq!(
                table[what], own[what],
                "{what} in {scenario}: {table} {own}"
            );
        }
    }
}

/// A shell reads a script without a mistake.
fn reads(shell: &str, script: &Path) {
    let read = Command::new(shell).arg("-n").arg(script).output();
    // A machine without this shell has another one.
    if let Ok(read) = read {
        let said = String::from_utf8_lossy(&read.stderr);
        assert!(
            read.status.success(),
            "{shell} {}: {said}",
            script.display()
        );
    }
}

#[test]
fn the_forms_are_the_same_bytes_every_time() {
    let work = Work::new();
    let (mut one, mut other) = (BTreeMap::new(), BTreeMap::new());
    let folder = emit(&work, "one");
    texts(&folder, &mut one, &folder);
    let folder = emit(&work, "other");
    texts(&folder, &mut other, &folder);
    assert_eq!(one, other);
    for script in ["recover.sh", "playbook/recover.sh", "playbook/decide.sh"] {
        for shell in ["sh", "bash", "ksh"] {
            reads(shell, &folder.join(script));
        }
    }
}

/// `REWRITE_MANUAL=1` writes it.
#[test]
fn the_corrected_manual_is_what_the_table_makes() {
    let work = Work::new();
    let emitted = fs::read_to_string(emit(&work, "forms").join("the-corrected-manual.md")).unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/the-corrected-manual.md");
    if std::env::var("REWRITE_MANUAL").is_ok() {
        fs::write(&file, &emitted).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap();
    assert!(
        emitted == committed,
        "docs/the-corrected-manual.md is not what `seatrial optimal` writes: run this test with REWRITE_MANUAL=1"
    );
}

#[test]
fn recover_sh_comes_to_what_the_table_comes_to() {
    if !can_confine() {
        return;
    }
    let work = Work::new();
    let script = emit(&work, "forms")
        .join("recover.sh")
        .display()
        .to_string();
    compared(
        &work,
        &["--script", &script, "--patience", "120"],
        &SAMPLE,
        false,
    );
}

/// The runbook even types the same number of commands, and needs the same time.
#[test]
fn the_corrected_manual_comes_to_what_the_table_comes_to() {
    if !can_confine() {
        return;
    }
    let work = Work::new();
    let manual = emit(&work, "forms")
        .join("the-corrected-manual.md")
        .display()
        .to_string();
    compared(
        &work,
        &["--runbook", &manual, "--patience", "120"],
        &SAMPLE,
        true,
    );
}

#[test]
fn the_playbook_comes_to_what_the_table_comes_to() {
    if !crate::ansible::is_here("ansible-playbook") {
        return;
    }
    let work = Work::new();
    let folder = emit(&work, "forms").join("playbook");
    let script = folder.join("recover.sh").display().to_string();
    let folder = folder.display().to_string();
    compared(
        &work,
        &["--script", &script, "--bind", &folder, "--patience", "120"],
        &SAMPLE_OF_THE_PLAYBOOK,
        false,
    );
}
