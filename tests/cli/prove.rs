//! `seatrial prove` and `seatrial verify --exhaustive`: every state within an event or two.

use serde_json::Value;

use crate::work::{Ran, Work};

/// Returns the output without the time that it took.
fn untimed(ran: &Ran) -> String {
    let text = ran.transcript();
    let lines = text.lines().filter(|line| !line.contains("Summary ["));
    lines.collect::<Vec<_>>().join("\n")
}

fn prove(work: &Work, more: &[&str]) -> Ran {
    let mut args = vec!["prove", "--timers", "fast", "--out", "out"];
    args.extend(more);
    work.run(&args)
}

#[test]
fn the_table_of_one_event() {
    let work = Work::new();
    let ran = prove(&work, &["--procedure", "manual", "--faults", "1"]);
    insta::assert_snapshot!(untimed(&ran));
}

#[test]
fn threads_do_not_show() {
    let run = |jobs: &str| {
        let work = Work::new();
        let faults = ["--procedure", "manual", "--faults", "1", "--jobs", jobs];
        let ran = prove(&work, &faults);
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        let mut texts = vec![work.read("out/prove.json")];
        let folder = std::fs::read_dir(work.path().join("out/examples")).unwrap();
        let mut names: Vec<String> = folder
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert!(!names.is_empty());
        for name in names {
            texts.push(work.read(&format!("out/examples/{name}")));
            texts.push(name);
        }
        (untimed(&ran), texts)
    };
    assert_eq!(run("1"), run("2"));
}

#[test]
fn a_bound_on_states_is_named_with_what_it_left_open() {
    let work = Work::new();
    let ran = prove(
        &work,
        &["--procedure", "manual-corrected", "--max-states", "10"],
    );
    assert_eq!(ran.code, Some(4), "stopped, nothing found: {}", ran.stdout);
    let open = "stopped by max-states: 44 states were not expanded";
    assert!(ran.stdout.contains(open), "{}", ran.stdout);
    let honest = "Not for ever: the search did not close within 45 states.";
    assert!(ran.stdout.contains(honest), "{}", ran.stdout);
    let json = work.json("out/prove.json");
    assert_eq!(json["ended"], "max-states");
    assert_eq!(json["open"], 44);
    assert_eq!(json["for_ever"]["closed"], false);
    assert_eq!(json["faults"], Value::Null);
    // The same bound, with something found on the way. The manual reads old lines of logs, which then count.
    let ran = prove(&work, &["--procedure", "manual", "--max-states", "10"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
    let open = "stopped by max-states: 44 states were not expanded";
    assert!(ran.stdout.contains(open), "{}", ran.stdout);
}

/// Returns the text with every line break and indent as one space.
fn flowing(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn an_alphabet_that_closes_says_what_holds_for_ever() {
    let work = Work::new();
    let corrected = ["--procedure", "manual-corrected", "--alphabet"];
    let ran = prove(&work, &[&corrected[..], &["kill,single"]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    let sentence = "For ever: from a synced cluster, any number of kills, of one node at a time, in any order: \
        manual-corrected always recovers.";
    assert!(flowing(&ran.stdout).contains(sentence), "{}", ran.stdout);
    let json = work.json("out/prove.json");
    assert_eq!(json["for_ever"]["closed"], true);
    assert_eq!(json["for_ever"]["sentence"], sentence);
    assert_eq!(json["alphabet"], "kill,single");
}

/// An alphabet that closes, and what holds for ever of both procedures.
struct Closed {
    alphabet: &'static str,
    /// The states for `none`, which reads no saved view, and for `manual-corrected`, which compares their members.
    states: [u64; 2],
    /// The shortest way to the only class from which `manual-corrected` does not recover, if there is one.
    asks_after: Option<&'static str>,
}

/// The shortest way to the only class with stops from which `manual-corrected` does not recover.
const AFTER_STOPS: Option<&str> = Some("terminate A; stop B; start B; stop C; terminate B");

const AFTER_FORCE: Option<&str> =
    Some("terminate A; on A: cm-cluster-manage --force-safe-to-bootstrap");

const CLOSED: [Closed; 7] = [
    closed("partition,heal", [118, 118], None),
    closed("kill,start", [2042, 2042], None),
    closed("kill,start,write,single", [2703, 2703], None),
    closed("stop,kill,start,single", [5700, 7450], AFTER_STOPS),
    closed("stop,kill,start", [9279, 11029], AFTER_STOPS),
    closed("kill,start,force,single", [15424, 15424], AFTER_FORCE),
    closed("stop,kill,start,write,single", [19742, 27851], AFTER_STOPS),
];

const fn closed(
    alphabet: &'static str,
    states: [u64; 2],
    asks_after: Option<&'static str>,
) -> Closed {
    Closed {
        alphabet,
        states,
        asks_after,
    }
}

/// Proves both procedures over an alphabet, and compares the sentences and the numbers of states.
fn holds_for_ever(closed: &Closed) {
    let work = Work::new();
    let found = |procedure: &str| {
        let ran = work.run(&[
            "prove",
            "--procedure",
            procedure,
            "--alphabet",
            closed.alphabet,
            "--out",
            "out",
        ]);
        let json = work.json("out/prove.json");
        assert_eq!(json["for_ever"]["closed"], true, "{}", ran.stdout);
        let sentence = json["for_ever"]["sentence"].as_str().unwrap().to_owned();
        (json["states"].as_u64().unwrap(), sentence)
    };
    let [(of_none, none), (of_corrected, corrected)] = ["none", "manual-corrected"].map(found);
    assert_eq!(
        [of_none, of_corrected],
        closed.states,
        "{}",
        closed.alphabet
    );
    let recovers = if closed.alphabet == "partition,heal" {
        "none always recovers."
    } else {
        "none does not recover in exactly 4 classes of states; "
    };
    assert!(none.contains(recovers), "{none}");
    let ends = closed.asks_after.map_or_else(
        || "manual-corrected always recovers.".to_owned(),
        |path| {
            format!(
                "manual-corrected does not recover in exactly 1 class of states; the shortest way to each: needs a \
                 person (after {path}). In every other state it recovers."
            )
        },
    );
    assert!(corrected.ends_with(&ends), "{corrected}");
}

#[test]
fn partitions_and_heals_hold_nobody_up_for_ever() {
    holds_for_ever(&CLOSED[0]);
}

/// All alphabets that close: `cargo test --release --test cli -- --ignored closed_alphabets`.
#[test]
#[ignore = "minutes"]
fn closed_alphabets_have_their_sentences() {
    for closed in &CLOSED {
        holds_for_ever(closed);
    }
}

#[test]
fn a_procedure_that_fails_for_ever_has_a_shortest_way_to_each_class_of_states() {
    let work = Work::new();
    let ran = prove(&work, &["--procedure", "none", "--alphabet", "kill,single"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
    let sentence = "none does not recover in exactly 2 classes of states; the shortest way to each: stuck (after \
        terminate A); and stuck, held by P4 (after terminate A; terminate B). In every other state it recovers.";
    assert!(flowing(&ran.stdout).contains(sentence), "{}", ran.stdout);
    let examples = &work.json("out/prove.json")["examples"];
    assert_eq!(examples[0]["replays"], true);
    assert_eq!(examples[1]["replays"], true);
    assert_eq!(examples[1]["rules"][0], "P4");
    let ran = work.run(&["run", "out/examples/stuck-none-1.toml", "--on", "des"]);
    assert_ne!(
        ran.code,
        Some(2),
        "the example is a scenario: {}",
        ran.stderr
    );
}

#[test]
fn words_that_are_no_kinds_of_events_are_refused() {
    let work = Work::new();
    for (alphabet, says) in [
        ("kill,stat", "`stat` is no kind of event"),
        ("single", "names no kind of event"),
    ] {
        let ran = prove(&work, &["--alphabet", alphabet]);
        assert_eq!(ran.code, Some(2), "{}", ran.stdout);
        assert!(ran.stderr.contains(says), "{}", ran.stderr);
    }
}

#[test]
fn a_budget_that_is_over_at_once_is_named_too() {
    let work = Work::new();
    let ran = prove(&work, &["--budget", "0s"]);
    assert_eq!(ran.code, Some(4), "{}", ran.stdout);
    assert!(
        ran.stdout
            .contains("stopped by budget: 1 state was not expanded"),
        "{}",
        ran.stdout
    );
}

#[test]
fn interleavings_of_one_node() {
    let work = Work::new();
    let ran = work.run(&["prove", "--interleavings"]);
    insta::assert_snapshot!(untimed(&ran));
    let ran = work.run(&[
        "prove",
        "--interleavings",
        "--nodes",
        "2",
        "--max-states",
        "300",
    ]);
    assert_eq!(ran.code, Some(4), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("stopped by --max-states (300)"),
        "{}",
        ran.stdout
    );
    let ran = work.run(&["prove", "--interleavings", "--faults", "1"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
    let ran = work.run(&["prove", "--stops", "2"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
}

fn exhaustive(work: &Work, more: &[&str]) -> Ran {
    let mut args = vec![
        "verify",
        "manual",
        "kolla",
        "--exhaustive",
        "--faults",
        "1",
        "--timers",
        "fast",
        "--out",
        "out",
    ];
    args.extend(more);
    work.run(&args)
}

#[test]
fn procedures_by_states_and_the_limits_of_knowledge() {
    let work = Work::new();
    let ran = exhaustive(&work, &[]);
    insta::assert_snapshot!(untimed(&ran));
    let json = exhaustive(&work, &["--format", "json"]);
    assert_eq!(json.code, Some(0), "{}", json.stderr);
    assert_eq!(json.stdout, work.read("out/limits.json"));
    let markdown = exhaustive(&work, &["--format", "markdown"]);
    assert!(
        markdown.stdout.starts_with("| procedure | recovers |"),
        "{}",
        markdown.stdout
    );
}

#[test]
fn only_what_got_worse_fails() {
    let work = Work::new();
    assert_eq!(exhaustive(&work, &[]).code, Some(0));
    let text = work.read("out/limits.json");
    work.write("earlier.json", &text);
    let against = |file: &str| exhaustive(&work, &["--against", file]);
    let same = against("earlier.json");
    assert_eq!(same.code, Some(0), "{}", same.stderr);
    assert_eq!(same.stderr, "");

    // An earlier program under which the manual recovered the first case that it does not recover now,
    // and failed where it recovers.
    let mut earlier: Value = serde_json::from_str(&text).unwrap();
    let row = &mut earlier["procedures"][0];
    assert_eq!(row["procedure"], "manual");
    let cases = row["cases"].as_str().unwrap().to_owned();
    let bad = cases
        .find(|letter| letter != 'l')
        .expect("a case that is not recovered");
    let good = cases.find('l').expect("a case that is recovered");
    let with = |changes: &[(usize, u8)]| {
        let mut bytes = cases.clone().into_bytes();
        for (place, letter) in changes {
            bytes[*place] = *letter;
        }
        Value::from(String::from_utf8(bytes).unwrap())
    };
    row["cases"] = with(&[(bad, b'l'), (good, b'a')]);
    work.write("better.json", earlier.to_string());
    let worse = against("better.json");
    assert_eq!(worse.code, Some(1), "{}", worse.stdout);
    assert!(
        worse.stderr.starts_with("worse: manual: "),
        "{}",
        worse.stderr
    );
    assert!(
        worse.stderr.contains(", was recovered\n"),
        "{}",
        worse.stderr
    );
    assert_eq!(
        worse.stderr.matches("worse: ").count(),
        1,
        "{}",
        worse.stderr
    );

    // If the states differ, only the counts are compared.
    earlier["fingerprint"] = Value::from("other");
    earlier["procedures"][0]["cases"] = with(&[(good, b'a')]);
    work.write("others.json", earlier.to_string());
    let better = against("others.json");
    assert_eq!(better.code, Some(0), "{}", better.stderr);
    assert!(
        better.stderr.contains("counts are compared"),
        "{}",
        better.stderr
    );
    earlier["procedures"][0]["cases"] = with(&[(bad, b'l')]);
    work.write("others.json", earlier.to_string());
    let worse = against("others.json");
    assert_eq!(worse.code, Some(1), "{}", worse.stderr);
    assert!(worse.stderr.contains("or worse, "), "{}", worse.stderr);
}

#[test]
fn what_does_not_compare_is_refused() {
    let work = Work::new();
    assert_eq!(exhaustive(&work, &[]).code, Some(0));
    let against = ["--against", "out/limits.json", "--supervisor", "systemd"];
    let ran = exhaustive(&work, &against);
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
    assert!(ran.stderr.contains("--supervisor none"), "{}", ran.stderr);
    work.write("no.json", "{\"format\": 1, \"cells\": []}");
    let ran = exhaustive(&work, &["--against", "no.json"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("not a limits.json"), "{}", ran.stderr);
    for more in [["--seed", "2"], ["--on", "madsim"]] {
        let ran = exhaustive(&work, &more);
        assert_eq!(ran.code, Some(2), "{}", ran.stdout);
        assert!(ran.stderr.contains("cannot be used with"), "{}", ran.stderr);
    }
}
