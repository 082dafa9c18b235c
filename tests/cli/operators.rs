//! Two operators at once, as a user asks for them: what is refused, and what a found file replays.

use crate::work::Work;

/// A state in which every node is down.
const STATE: &str = "s00-all-stopped-in-order";

#[test]
fn what_cannot_act_at_once_is_refused_with_a_sentence() {
    let work = Work::new();
    let cases: [(&[&str], &str); 7] = [
        (&["--beside", "manul"], "did you mean `manual`?"),
        (&["--beside", "script"], "a program of your own acts alone"),
        (&["--seats", "A,B"], "there are 2 seats and 1 operators"),
        (&["--seats", "Z"], "has no node `Z`"),
        (
            &["--beside", "manual", "--each-node"],
            "cannot be used with",
        ),
        (&["--beside-after", "5s"], "required"),
        (
            &["--beside", "kubeblocks-pod"],
            "acts on its own node, and has none",
        ),
    ];
    for (flags, says) in cases {
        let mut args = vec!["verify", "optimal", "--scenarios", STATE];
        args.extend(flags);
        let ran = work.run(&args);
        assert_eq!(ran.code, Some(2), "{flags:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(says), "{flags:?}: {}", ran.stderr);
    }
}

#[test]
fn a_bad_cell_of_two_operators_is_played_again_from_its_file() {
    let work = Work::new();
    let flags = [
        "verify",
        "kubeblocks-pod",
        "--each-node",
        "--scenarios",
        STATE,
    ];
    let ran = work.run(&flags);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let json = work.read("target/seatrial/verify/verify.json");
    let matrix: serde_json::Value = serde_json::from_str(&json).unwrap();
    let cell = &matrix["cells"][0];
    assert_eq!(cell["procedure"], "kubeblocks-pod on each node");
    assert_eq!(cell["outcome"], "split-brain");
    let operators: Vec<u64> = cell["typed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["operator"].as_u64().unwrap())
        .collect();
    assert!([1, 2, 3].iter().all(|number| operators.contains(number)));
    let replay = cell["replay"].as_str().unwrap();
    let words: Vec<&str> = replay.split_whitespace().skip(1).collect();
    let again = work.run(&words);
    assert!(
        again.stdout.contains("\"operator\":3") && again.stdout.contains("twin"),
        "{}",
        again.stdout.lines().last().unwrap_or_default()
    );
}

#[test]
fn a_shard_says_which_operators_acted() {
    let work = Work::new();
    let ran = work.run(&[
        "explore",
        "--procedure",
        "optimal",
        "--beside",
        "manual",
        "--beside-after",
        "5s",
        "--seeds",
        "0..16",
        "--fail-on",
        "none",
    ]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let shard = work.read("target/seatrial/explore/campaign.jsonl");
    let head = shard.lines().next().unwrap();
    assert!(
        head.contains("\"procedure\":\"optimal beside manual after 5s\""),
        "{head}"
    );
}
