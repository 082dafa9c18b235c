//! `seatrial explore --from`: a search goes on from the states that `seatrial prove` has found.

use crate::work::{Ran, Work};

/// Proves something small, so that `out/states.jsonl` is there.
fn proven() -> Work {
    let work = Work::new();
    let args = [
        "prove",
        "--procedure",
        "none",
        "--alphabet",
        "kill,start,single",
        "--faults",
        "2",
        "--timers",
        "fast",
        "--out",
        "out",
    ];
    let ran = work.run(&args);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    work
}

fn explore(work: &Work, more: &[&str]) -> Ran {
    let args = [
        "explore",
        "--from",
        "out/states.jsonl",
        "--procedure",
        "none",
        "--seeds",
        "0..32",
        "--out",
        "found",
    ];
    work.run(&[&args[..], more].concat())
}

#[test]
fn seeds_go_on_from_each_state() {
    let work = proven();
    let states = work.read("out/states.jsonl").lines().count() - 1;
    let ran = explore(&work, &["--jobs", "2"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stdout.starts_with("Never reached: "), "{}", ran.stdout);
    let covered = format!("Covered {states} of {states} states, ");
    assert!(ran.stdout.contains(&covered), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("    outcome asks-person\n"),
        "{}",
        ran.stdout
    );

    let whole = work.read("found/campaign.jsonl");
    assert!(whole.contains("\"went\":{\"state\":"), "{whole}");
    // The finding plays from a synced cluster.
    let replay = ran
        .stdout
        .lines()
        .find(|line| line.contains("seatrial replay "));
    let words: Vec<&str> = replay
        .expect("a finding")
        .split_whitespace()
        .skip(1)
        .collect();
    assert!(words.ends_with(&["--seed", "1"]), "{words:?}");
    let again = work.run(&words);
    assert_eq!(again.code, Some(1), "{}", again.stderr);

    for shard in ["0/2", "1/2"] {
        explore(&work, &["--shard", shard]);
    }
    let merged = work.run(&["merge", "found"]);
    assert_eq!(merged.code, Some(0), "{}", merged.stderr);
    assert_eq!(merged.stdout, whole);
}

#[test]
fn what_is_no_file_of_states_is_refused() {
    let work = proven();
    let refused = |file: &str, more: &[&str]| {
        let args = [&["explore", "--from", file, "--seeds", "0..16"][..], more].concat();
        let ran = work.run(&args);
        assert_eq!(ran.code, Some(2), "{}", ran.stdout);
        ran.stderr
    };
    let says = refused("none.jsonl", &[]);
    assert!(
        says.contains("`seatrial prove` writes states.jsonl"),
        "{says}"
    );
    let says = refused("out/prove.json", &[]);
    assert!(says.contains("out/prove.json: line 1: "), "{says}");
    let text = work.read("out/states.jsonl");
    let key = "{\"key\":\"";
    let at = text.find(key).expect("a state") + key.len();
    work.write(
        "other.jsonl",
        format!("{}{:032x}{}", &text[..at], 1, &text[at + 32..]),
    );
    let says = refused("other.jsonl", &[]);
    assert!(
        says.contains("state 0 is another one in this program"),
        "{says}"
    );
    for more in [
        ["--nodes", "2"],
        ["--supervisor", "systemd"],
        ["--timers", "fast"],
    ] {
        let says = refused("out/states.jsonl", &more);
        assert!(says.contains("cannot be used with"), "{says}");
    }
}
