//! `seatrial verify --runbook` and `seatrial runbook`: documents as the procedure, on `des`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::work::{Ran, Work, can_confine};

const EASY: &str = "s00b-all-stopped-in-order-the-first-is-safe";
const SURVIVOR: &str = "s37-two-crash-one-survives";
const HUNG: &str = "s39-one-hangs-two-crash";

/// The manual as a runbook.
fn manual() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks/manual.md");
    fs::read_to_string(path).unwrap()
}

/// A runbook of one block of the operator's.
fn one_block(code: &str) -> String {
    format!("# Recover\n\n```sh on=operator\n{code}\n```\n")
}

fn verify(work: &Work, file: &str, scenarios: &str, more: &[&str]) -> Ran {
    let mut args = vec!["verify", "--runbook", file, "--scenarios", scenarios];
    args.extend(more);
    work.run(&args)
}

/// The broken states that the whole of this test plays; every fourth of them without `RUNBOOK=whole`.
fn states(work: &Work) -> String {
    let ran = work.run(&["verify", "none", "--results", "none", "--format", "json"]);
    let matrix: Value = serde_json::from_str(&ran.stdout).expect(&ran.stderr);
    let all = matrix["scenarios"].as_array().unwrap();
    assert!(all.len() >= 84, "{}", all.len());
    let step = if std::env::var("RUNBOOK").is_ok_and(|which| which == "whole") {
        1
    } else {
        4
    };
    let ids = all
        .iter()
        .step_by(step)
        .filter_map(|row| row["id"].as_str());
    ids.collect::<Vec<_>>().join(",")
}

/// The document and the built-in procedure type the same commands at the same instants, and come to the same.
#[test]
fn the_manual_as_a_document_is_the_built_in_one_in_every_state() {
    if !can_confine() {
        return;
    }
    let work = Work::new();
    let states = states(&work);
    work.write("manual.md", manual());
    let ran = work.run(&[
        "verify",
        "manual",
        "--runbook",
        "manual.md",
        "--scenarios",
        &states,
        "--results",
        "none",
        "--format",
        "json",
    ]);
    let matrix: Value = serde_json::from_str(&ran.stdout).expect(&ran.stderr);
    let mut by_state: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for cell in matrix["cells"].as_array().unwrap() {
        let scenario = cell["scenario"].as_str().unwrap();
        by_state.entry(scenario).or_default().push(cell);
    }
    assert_eq!(by_state.len(), states.split(',').count());
    for (scenario, cells) in by_state {
        let [one, other] = cells.as_slice() else {
            panic!("{scenario} has {} cells", cells.len());
        };
        for what in ["outcome", "took_ms", "commands", "lost"] {
            assert_eq!(
                one[what], other[what],
                "{what} in {scenario}: {one} {other}"
            );
        }
    }
}

/// The question of a release engineer: a step of the manual was changed; what is better, what is worse?
#[test]
fn a_changed_step_shows_what_is_better_and_what_is_worse() {
    if !can_confine() {
        return;
    }
    let work = Work::new();
    let states = format!("{SURVIVOR},{HUNG}");
    work.write("manual.md", manual());
    let before = verify(&work, "manual.md", &states, &["--out", "before"]);
    assert_eq!(before.code, Some(1), "{}", before.stderr);

    // The node is stopped before it is forced, so that the stop does not overwrite the force.
    let force = "Force the node that is left, then bootstrap it.\n";
    let stop = "\n```sh on=operator\nchoose stopping \"$first\"\nsee \"Stop MariaDB\"\n```\n";
    let changed = manual().replace(force, &format!("{force}{stop}"));
    assert_ne!(changed, manual());
    work.write("manual.md", &changed);
    let after = verify(
        &work,
        "manual.md",
        &states,
        &["--against", "before/verify.json"],
    );
    assert_eq!(after.code, Some(1));
    assert!(
        after
            .stdout
            .contains("1 worse, 0 missing, 1 better, 0 new, 2 compared"),
        "{}",
        after.stdout
    );
    let json = work.json("target/seatrial/verify/verify.json");
    let worse = json["cells"]
        .as_array()
        .unwrap()
        .iter()
        .find(|cell| cell["scenario"] == HUNG)
        .unwrap();
    assert_eq!(worse["outcome"], "lossy");
    // The stop, the force and the bootstrap, each with its line in the changed document.
    let line = |wanted: &str, after: &str| {
        let from = changed.find(after).unwrap();
        let at = from + changed[from..].find(wanted).unwrap();
        changed[..at].matches('\n').count() + 1
    };
    let way = format!(
        "{}, {}, {}",
        line("sudo systemctl stop", "## Stop MariaDB"),
        line("sudo cm-cluster-manage --force", force),
        line("sudo systemctl stop", "## Stop MariaDB"),
    );
    let text = worse["text"].as_str().unwrap();
    assert!(
        text.contains(&way) && text.ends_with("of manual.md"),
        "{text}, wanted {way}"
    );
    let transcript = work.read(&format!("target/seatrial/verify/cells/{HUNG}--runbook.txt"));
    assert!(
        transcript.contains(&format!(
            "line {:>4}:",
            line("sudo cm-cluster-manage --force", force)
        )),
        "{transcript}"
    );
}

#[test]
fn a_mistake_of_the_author_has_its_line() {
    let work = Work::new();
    for (text, said) in [
        (
            one_block("see \"Stop\""),
            "own.md:4: there is no section \"Stop\"",
        ),
        (
            "# A\n\nprose\n".to_owned(),
            "own.md:1: no block of this document is run",
        ),
        (
            "# A\n\n```sh on=operator wen=x\n```\n".to_owned(),
            "own.md:3: a block has no `wen`",
        ),
    ] {
        work.write("own.md", &text);
        for args in [
            &["runbook", "check", "own.md"][..],
            &["runbook", "tangle", "own.md"],
            &["verify", "--runbook", "own.md"],
        ] {
            let ran = work.run(args);
            assert_eq!(ran.code, Some(2), "{args:?} {}", ran.stdout);
            assert!(ran.stderr.contains(said), "{args:?}: {}", ran.stderr);
        }
    }
}

#[test]
fn the_shell_names_the_lines_of_the_document() {
    if !can_confine() {
        return;
    }
    let work = Work::new();
    work.write("own.md", one_block("echo\nif true; then"));
    let ran = verify(&work, "own.md", EASY, &[]);
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("own.md: the shell cannot read it"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("own.md: "), "{}", ran.stderr);
}

#[test]
fn the_three_ends_of_a_runbook() {
    if !can_confine() {
        return;
    }
    for (code, outcome, text) in [
        (
            "on A sudo galera_new_cluster; for n in B C; do on $n sudo systemctl start mariadb; done; recovered",
            "recovered",
            "",
        ),
        (
            "ask_a_person which one is newer",
            "asks-person",
            "which one is newer (line 3)",
        ),
        (
            "give_up nothing to start",
            "stuck",
            "nothing to start (line 3)",
        ),
        (
            "on A whoami",
            "stuck",
            "nobody said that the cluster has recovered",
        ),
        ("on A frobnicate; recovered", "not-judged", "frobnicate"),
    ] {
        let work = Work::new();
        work.write("own.md", one_block(code));
        let ran = verify(&work, "own.md", EASY, &["--format", "json"]);
        let matrix: Value = serde_json::from_str(&ran.stdout).expect(&ran.stderr);
        let cell = &matrix["cells"][0];
        assert_eq!(cell["outcome"], outcome, "{code}: {cell}");
        assert!(
            cell["text"].as_str().unwrap_or_default().contains(text),
            "{code}: {cell}"
        );
    }
}

/// Sphinx and AsciiDoc, from which manuals are built, are read by the same rule.
#[test]
fn other_markup_makes_the_same_procedure() {
    if !can_confine() {
        return;
    }
    let rst = "Recover\n=======\n\n.. runbook: on=operator\n.. code-block:: sh\n\n   choose first A\n\nBegin there:\n\n\
               .. runbook: on=first\n.. code-block:: sh\n\n   sudo galera_new_cluster\n\n.. runbook: on=operator\n\
               .. code-block:: sh\n\n   for n in $(others A); do on \"$n\" sudo systemctl start mariadb; done\n   recovered\n";
    let adoc = "= Recover\n\n[source,sh,on=operator]\n----\nchoose first A\n----\n\n[source,sh,on=first]\n----\n\
                sudo galera_new_cluster\n----\n\n[source,sh,on=operator]\n----\n\
                for n in $(others A); do on \"$n\" sudo systemctl start mariadb; done\nrecovered\n----\n";
    for (name, text) in [("own.rst", rst), ("own.adoc", adoc)] {
        let work = Work::new();
        work.write(name, text);
        let ran = verify(&work, name, EASY, &["--format", "json"]);
        let matrix: Value = serde_json::from_str(&ran.stdout).expect(&ran.stderr);
        assert_eq!(
            matrix["cells"][0]["outcome"], "recovered",
            "{name}: {}",
            matrix["cells"][0]
        );
        assert_eq!(matrix["cells"][0]["commands"], 3, "{name}");
    }
}

#[test]
fn a_block_that_no_state_reaches_is_named() {
    if !can_confine() {
        return;
    }
    let work = Work::new();
    work.write(
        "own.md",
        "# Recover\n\n```sh on=operator when=false\ngive_up\n```\n\n```sh on=operator\nrecovered\n```\n\n```sh\nls\n```\n",
    );
    let ran = work.run(&["runbook", "check", "own.md", "--scenarios", EASY]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(
        ran.stdout,
        "own.md: 2 blocks in 1 section, no mistake found\n  not run, because they have no `on=`: the blocks at line 11\n  \
         line 3, when='false': none of 1 broken state reaches this block, so nothing is known of it\n"
    );
}
