//! The same bytes every time, wherever and beside whatever a run is made.

use crate::work::{GOOD, Work};

const ID: &str = "two-nodes-are-terminated";

#[test]
fn the_same_bytes_every_time() {
    let work = Work::new();
    for engine in ["des", "madsim"] {
        let args = ["replay", ID, "--on", engine, "--seed", "7"];
        let (first, second) = (work.run(&args), work.run(&args));
        assert_eq!(first.code, Some(0), "{}", first.stderr);
        assert!(first.stdout.lines().count() > 100);
        assert!(first.stdout == second.stdout, "two runs on {engine} differ");
        let other = work.run(&["replay", ID, "--on", engine, "--seed", "8"]);
        assert!(
            first.stdout != other.stdout,
            "the seed makes no difference on {engine}"
        );
    }
}

#[test]
fn a_file_and_the_id_of_the_catalogue_give_the_same_bytes() {
    let work = Work::new();
    let file = format!(
        "{}/scenarios/catalogue/{ID}.toml",
        env!("CARGO_MANIFEST_DIR")
    );
    assert!(work.run(&["replay", &file]).stdout == work.run(&["replay", ID]).stdout);
}

#[test]
fn the_trace_is_json_lines_with_a_header() {
    let ran = Work::new().run(&["replay", ID, "--seed", "7"]);
    let mut lines = ran.stdout.lines();
    let header: serde_json::Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    assert_eq!(header["scenario"], ID);
    assert_eq!(header["engine"], "des");
    assert_eq!(header["seed"], 7);
    let mut before = 0;
    for line in lines {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        let at = event["at_us"].as_u64().unwrap();
        assert!(at >= before, "time runs backwards: {line}");
        before = at;
    }
}

/// What `run` records is what `replay` prints, with the flags that `run` says.
#[test]
fn a_replay_has_the_hash_of_the_run() {
    let work = Work::new();
    work.write("good.toml", GOOD);
    for (run, replay) in [
        (
            &["run", "good.toml"][..],
            &["replay", "good.toml", "--on", "des"][..],
        ),
        (
            // One engine alone has the pace of several.
            &["run", "good.toml", "--on", "des"],
            &["replay", "good.toml"],
        ),
        (
            &["run", "good.toml", "--on", "des", "--pace", "next"],
            &["replay", "good.toml", "--pace", "next"],
        ),
        (
            &["run", "good.toml", "--timers", "fast"],
            &["replay", "good.toml", "--timers", "fast"],
        ),
    ] {
        assert_eq!(work.run(run).code, Some(0));
        let results = work.json("target/seatrial/latest/results.json");
        let recorded = &results["scenarios"][0]["trace_sha256"];
        let replayed = work.run(replay).stdout;
        let record = work.read("target/seatrial/latest/record.jsonl");
        assert!(record.contains(&replayed), "{run:?} and {replay:?} differ");
        assert_eq!(*recorded, seatrial_scenarios::trace::sha256_hex(&replayed));
    }
}

#[test]
fn without_frames() {
    let work = Work::new();
    let all = work.run(&["replay", ID]).stdout;
    let few = work.run(&["replay", ID, "--no-frames"]).stdout;
    assert!(all.contains(r#""sent""#));
    assert!(!few.contains(r#""sent""#));
    assert!(few.lines().all(|line| all.contains(line)));
}
