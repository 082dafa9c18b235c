//! `seatrial explore` in shards, and `seatrial merge`.

use crate::work::{Ran, Work};

/// Two blocks of seeds: one for each of two shards.
const SEEDS: &str = "0..32";

fn explore(work: &Work, more: &[&str], index: Option<&str>) -> Ran {
    let mut args = vec![
        "explore",
        "--procedure",
        "manual",
        "--timers",
        "fast",
        "--seeds",
        SEEDS,
        "--out",
        "out",
    ];
    args.extend(more);
    let mut command = work.command(&args);
    command.env_remove("JOB_COMPLETION_INDEX");
    if let Some(index) = index {
        command.env("JOB_COMPLETION_INDEX", index);
    }
    Ran::of(&command.output().unwrap())
}

/// With clients a search lists what their history shows. That fails nothing by itself: MariaDB loses updates.
#[test]
fn the_history_of_clients_is_listed_beside_the_outcomes() {
    let work = Work::new();
    let search = ["explore", "--clients", "2", "--seeds", "4", "--out", "out"];
    let ran = work.run(&search);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let line = ran
        .stdout
        .lines()
        .find(|line| line.starts_with("lost-update in "));
    assert!(
        line.is_some_and(|line| line.contains("in 1 step ")),
        "{}",
        ran.stdout
    );
    let replay = ran
        .stdout
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with("seatrial replay"));
    let words: Vec<&str> = replay
        .expect("a line to replay it")
        .split(' ')
        .skip(2)
        .collect();
    let again = work.run(&[&["run"], &words[..], &["--out", "again"]].concat());
    assert_eq!(again.code, Some(0), "{}", again.stdout);
    assert!(
        again.stdout.contains("lost-update (pinned)"),
        "{}",
        again.stdout
    );

    let smaller = work.run(
        &[
            &["shrink", "--finding", "lost-update", "--seed", "0"],
            &words[..1],
        ]
        .concat(),
    );
    assert_eq!(smaller.code, Some(1), "{}", smaller.stderr);
    let none = work.run(&["shrink", "--finding", "append-lost", words[0]]);
    assert_eq!(none.code, Some(0));
    assert!(
        none.stderr
            .contains("does not show append-lost on des with seed 1"),
        "{}",
        none.stderr
    );

    let known = work.run(&["explore", "--clients", "1", "--from", "states.jsonl"]);
    assert_eq!(known.code, Some(2), "{}", known.stderr);
}

#[test]
fn two_shards_merged_are_the_whole_byte_for_byte() {
    let work = Work::new();
    let whole = explore(&work, &["--jobs", "2"], None);
    assert_eq!(whole.code, Some(1), "the manual fails: {}", whole.stderr);
    assert!(whole.stdout.contains("seatrial replay"), "{}", whole.stdout);
    // The one names its index, the other is told it as the pod of an indexed job is.
    explore(&work, &["--shard", "0/2", "--jobs", "1"], None);
    explore(&work, &["--shard", "/2", "--jobs", "1"], Some("1"));

    let (one, other) = ("out/shard-0-of-2.jsonl", "out/shard-1-of-2.jsonl");
    let merged = work.run(&["merge", other, one]);
    assert_eq!(merged.code, Some(0), "{}", merged.stderr);
    let whole = work.read("out/campaign.jsonl");
    assert!(whole.lines().count() > 33, "a header, seeds and findings");
    assert_eq!(merged.stdout, whole);
    // Again, with files that are there twice, and with what has been merged.
    let ran = work.run(&["merge", one, other, one, "--out", "merged.jsonl"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let ran = work.run(&["merge", "merged.jsonl", one]);
    assert_eq!(ran.stdout, whole);

    let half = work.run(&["merge", one]);
    assert_eq!(half.code, Some(4));
    assert_eq!(
        half.stderr,
        "missing: shard 1/2: 16 of 32 seeds, such as 16\n"
    );
    let header_and_a_seed: Vec<&str> = whole.lines().take(2).collect();
    work.write("cut.jsonl", header_and_a_seed.join("\n"));
    let cut = work.run(&["merge", "cut.jsonl"]);
    assert_eq!(cut.code, Some(4));
    assert_eq!(cut.stderr, "missing: 31 of 32 seeds, such as 1\n");
    let in_part: String = work
        .read(one)
        .lines()
        .take(5)
        .collect::<Vec<_>>()
        .join("\n");
    work.write("part.jsonl", in_part);
    let part = work.run(&["merge", "part.jsonl", other]);
    assert_eq!(
        part.stderr,
        "missing: shard 0/2 (in part): 12 of 32 seeds, such as 4\n"
    );

    let version = concat!("\"program\":\"", env!("CARGO_PKG_VERSION"), "\"");
    let text = work.read(one);
    assert!(text.contains(version), "{text}");
    work.write(
        "other.jsonl",
        text.replace(version, "\"program\":\"0.0.0\""),
    );
    let mixed = work.run(&["merge", "other.jsonl", other]);
    assert_eq!(mixed.code, Some(2));
    assert!(
        mixed
            .stderr
            .contains("shards of different campaigns do not go together"),
        "{}",
        mixed.stderr
    );
    assert_eq!(mixed.stdout, "");
}

/// A folder stands for the shards in it, and a finding is no failure where it is a result.
#[test]
fn a_campaign_in_a_folder() {
    let work = Work::new();
    let fails = ["--fail-on", "none", "--jobs", "1"];
    let whole = explore(&work, &fails, None);
    assert_eq!(whole.code, Some(0), "{}", whole.stderr);
    let stuck = explore(&work, &["--fail-on", "split-brain"], None);
    assert_eq!(stuck.code, Some(0), "{}", stuck.stdout);
    for index in ["0", "1"] {
        let ran = explore(
            &work,
            &[&fails[..], &["--shard", "/2"]].concat(),
            Some(index),
        );
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    }
    let merged = work.run(&["merge", "out"]);
    assert_eq!(merged.code, Some(0), "{}", merged.stderr);
    assert_eq!(merged.stdout, work.read("out/campaign.jsonl"));
    let empty = work.run(&["merge", "out/findings"]);
    assert_eq!(empty.code, Some(2));
    assert!(
        empty.stderr.contains("no shard-I-of-N.jsonl"),
        "{}",
        empty.stderr
    );
}

#[test]
fn shards_of_a_proof_are_the_whole_byte_for_byte() {
    let work = Work::new();
    let prove = |more: &[&str]| {
        let args = [
            "prove",
            "--procedure",
            "manual",
            "--timers",
            "fast",
            "--out",
            "out",
        ];
        let bounds = ["--faults", "1", "--jobs", "1"];
        work.run(&[&args[..], &bounds, more].concat())
    };
    let whole = prove(&[]);
    assert_eq!(whole.code, Some(1), "the manual fails: {}", whole.stderr);
    let report = work.read("out/prove.json");
    for shard in ["0/3", "1/3", "2/3"] {
        let ran = prove(&["--shard", shard, "--fail-on", "none"]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let said = format!("shard {} of 3: the cases are its share", &shard[..1]);
        assert!(ran.stdout.contains(&said), "{}", ran.stdout);
    }
    let shards = [
        "out/prove-0-of-3.json",
        "out/prove-1-of-3.json",
        "out/prove-2-of-3.json",
    ];
    let cases = |file: &str| work.json(file)["cases"].as_u64().unwrap();
    assert!(shards.iter().all(|file| cases(file) > 0));
    let sum: u64 = shards.iter().map(|file| cases(file)).sum();
    assert_eq!(sum, cases("out/prove.json"));
    let merged = work.run(&["merge", shards[2], shards[0], shards[1], shards[0]]);
    assert_eq!(merged.code, Some(0), "{}", merged.stderr);
    assert_eq!(merged.stdout, report);
    // The examples of the merged report lie beside it.
    for example in work.json("out/prove.json")["examples"].as_array().unwrap() {
        let line = example["replay"].as_str().unwrap();
        let file = line.split(' ').nth(2).unwrap();
        assert!(work.path().join(file).is_file(), "{line}");
    }

    let two = work.run(&["merge", shards[0], shards[2], "--out", "two.json"]);
    assert_eq!(two.code, Some(4));
    assert_eq!(two.stderr, "missing: shard 1/3; nothing is written\n");
    assert!(!work.path().join("two.json").exists());
    work.write("whole.json", &report);
    let whole = work.run(&["merge", "whole.json"]);
    assert_eq!(whole.code, Some(2), "{}", whole.stdout);
    let other = work.read(shards[0]).replace("\"manual\"", "\"kolla\"");
    work.write("prove-0-of-3.json", other);
    let mixed = work.run(&["merge", "prove-0-of-3.json", shards[1], shards[2]]);
    assert_eq!(mixed.code, Some(2), "{}", mixed.stdout);
    assert!(
        mixed.stderr.contains("shards of different searches"),
        "{}",
        mixed.stderr
    );
}

#[test]
fn a_shard_without_an_index_says_what_is_missing() {
    let work = Work::new();
    let ran = explore(&work, &["--shard", "/2"], None);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("JOB_COMPLETION_INDEX is not set"),
        "{}",
        ran.stderr
    );
    let ran = explore(&work, &["--shard", "/2"], Some("2"));
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("there is no shard 2 of 2"),
        "{}",
        ran.stderr
    );
    let ran = explore(&work, &["--shard", "/2"], Some("one"));
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("`one` is not a whole number"),
        "{}",
        ran.stderr
    );
}
