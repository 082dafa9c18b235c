//! `seatrial conform --random`: engines compared on schedules that nobody has written.

use crate::work::Work;

/// The score of a kind, from results.json.
fn score<'a>(json: &'a serde_json::Value, kind: &str) -> &'a serde_json::Value {
    let score = &json["by_kind"][kind];
    assert!(score.is_object(), "no {kind} in {json:#}");
    score
}

#[test]
fn the_whole_vocabulary_is_scored_by_kind() {
    let work = Work::new();
    let whole = ["conform", "--random", "--vocabulary", "whole"];
    let drawn = ["--seeds", "1..41", "--all-files", "--out", "out"];
    let ran = work.run(&[&whole[..], &drawn].concat());
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    for line in ran.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let json = work.json("out/results.json");
    assert_eq!(json["schedules"], 40);
    for kind in [
        "cluster: 2 nodes",
        "cluster: 5 nodes",
        "cluster: an arbitrator",
        "cluster: wsrep_sst_method = mariabackup",
        "operation: disk full",
        "operation: flap for",
        "operation: snapshot broken",
    ] {
        let score = score(&json, kind);
        assert!(score["compared"].as_u64() > Some(0), "{kind}: {score}");
        assert_eq!(score["compared"], score["equal"], "{kind}");
    }
    // Each schedule is a file that can be played alone.
    let ran = work.run(&["run", "out/random-1.toml", "--on", "des,madsim"]);
    assert!(ran.stdout.contains("random-1"), "{}", ran.stdout);
    assert!(ran.stdout.contains("Agreement"), "{}", ran.stdout);
}

#[test]
fn one_engine_is_no_comparison() {
    let work = Work::new();
    let ran = work.run(&["conform", "--random", "--on", "des"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("give two or more with --on"),
        "{}",
        ran.stderr
    );
    let ran = work.run(&["conform", "--vocabulary", "whole"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
    assert!(ran.stderr.contains("--random"), "{}", ran.stderr);
}
