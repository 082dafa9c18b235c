//! `seatrial claims`: the ledger and its audit.

use crate::work::{GOOD, Work};

#[test]
fn the_ledger_of_a_scenario() {
    let ran = Work::new().run(&["claims", "two-nodes-are-terminated-file-replaced"]);
    assert_eq!(ran.code, Some(0));
    let end = ran.stdout.find(" of the manual without");
    // What no claim covers belongs to the whole manual, not to this scenario.
    let ledger = &ran.stdout[..end.unwrap_or(ran.stdout.len())];
    insta::assert_snapshot!(
        ledger
            .rsplit_once('\n')
            .map_or(ledger, |(ledger, _)| ledger)
    );
}

#[test]
fn formats() {
    let work = Work::new();
    let args = ["claims", "two-nodes-are-terminated", "--format"];
    let json = work.run(&[&args[..], &["json"]].concat()).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let claims = json["claims"].as_array().unwrap();
    assert!(
        claims
            .iter()
            .any(|claim| claim["verdicts"]["des"] == "contradicted")
    );
    let markdown = work.run(&[&args[..], &["markdown"]].concat()).stdout;
    assert!(markdown.starts_with("# The manual's claims\n"));
}

#[test]
fn no_claim_is_decoration() {
    let ran = Work::new().run(&["claims", "--audit", "--on", "des"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.ends_with(" can fail, 0 cannot\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn decoration_is_called_so() {
    let work = Work::new();
    work.write(
        "vacuous.toml",
        r#"id    = "vacuous"
title = "Checks that cannot fail"
limit = "10m"

[[step]]
operator = { node = "A", run = "cat /var/lib/mysql/grastate.dat", lacks = "zebra" }
claim = { id = "V-1", says = "nothing prints it, ever", verdict = "holds" }

[[step]]
terminate = { nodes = ["C"] }
pace = "next"

[[step]]
expect = { node = "A", cluster_size = 3, within = "20s" }
claim = { id = "V-2", says = "true now, and false a little later", verdict = "holds" }

[[step]]
expect = { node = "A", cluster_status = "Primary", write = "acknowledged" }
claim = { id = "V-3", says = "this one can fail", verdict = "holds" }

[[step]]
wait = { for = "1h" }

[[step]]
expect = { cluster = "primary" }
claim = { id = "V-4", says = "is never reached", verdict = "holds" }
"#,
    );
    let ran = work.run(&["claims", "vacuous.toml", "--on", "des", "--audit"]);
    assert_eq!(ran.code, Some(1));
    insta::assert_snapshot!(ran.stdout);
}

#[test]
fn a_verdict_that_is_not_the_pinned_one() {
    let work = Work::new();
    work.write(
        "bad.toml",
        GOOD.replace("\"holds\"", "\"contradicted\"")
            .replace("size = 3", "size = 2"),
    );
    let ran = work.run(&["claims", "bad.toml"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.contains("NOT AS PINNED"), "{}", ran.stdout);
    assert_eq!(work.run(&["claims", "bad.toml", "--audit"]).code, Some(1));
}

#[test]
fn a_changed_manual_shows_which_claims_must_be_looked_at_again() {
    let work = Work::new();
    let old = "# Start\n\nBootstrap the node that stopped last. Start the others.\n\n# Stop\n\nStop one node after \
               another.\n";
    work.write("old.md", old);
    work.write(
        "new.md",
        old.replace("one node after another", "all nodes at once")
            .replace("others.", "others. Wait."),
    );
    let first = work.run(&["claims", "--manual", "old.md", "--write", "mine.toml"]);
    assert_eq!(
        first.code,
        Some(1),
        "no claim knows this manual: {}",
        first.stdout
    );
    // A person says which sentence makes which claim.
    let mine = std::fs::read_to_string(work.path().join("mine.toml")).unwrap();
    let places: Vec<usize> = mine.match_indices(" },").map(|(at, _)| at).collect();
    let mut bound = mine;
    for (at, claim) in places.iter().zip(["M-BOOT-1", "M-3S-2", "M-3S-1"]).rev() {
        let start = bound[..*at].rfind('"').unwrap() + 1;
        bound.replace_range(start..*at, &format!(", claims = [\"{claim}\"]"));
    }
    work.write("mine.toml", &bound);
    let args = ["claims", "--bound", "mine.toml", "--manual"];
    let same = work.run(&[&args[..], &["old.md"]].concat());
    assert_eq!(same.code, Some(0), "{}", same.stdout);
    let ran = work.run(&[&args[..], &["new.md"]].concat());
    assert_eq!(ran.code, Some(1));
    insta::assert_snapshot!(ran.stdout);
    let ran = work.run(&[&args[..], &["new.md", "--format", "json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["look"][0]["claim"], "M-3S-1");
    for bad in ["nowhere.md", "mine.toml/x"] {
        let ran = work.run(&["claims", "--manual", bad]);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    }
}
