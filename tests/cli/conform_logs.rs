//! `seatrial conform --logs`: what real logs show, decided again.

use std::path::Path;

use crate::work::{GOOD, Work};

const U: &str = "7159b315-ed8a-11ed-b66b-82b08426f1d2";

/// A start with the bootstrap option after this flag, which ends as told.
fn start(flag: u8, end: &str) -> String {
    format!(
        "2030-01-02  3:04:05 0 [Note] WSREP: Found saved state: {U}:100, safe_to_bootstrap: {flag}\n\
         2030-01-02  3:04:05 0 [Note] WSREP: Connecting with bootstrap option: 1\n\
         2030-01-02  3:04:05 0 {end}\n"
    )
}

const REFUSED: &str = "[ERROR] WSREP: It may not be safe to bootstrap the cluster from this node. It was not the \
                       last one to leave the cluster and may not contain all the updates.";
const ACCEPTED: &str = "[Note] WSREP: gcomm: bootstrapping new group 'g'";

#[test]
fn a_refusal_and_a_start_that_the_flag_explains() {
    let work = Work::new();
    work.write("a.log", start(0, REFUSED) + &start(1, ACCEPTED));
    let ran = work.run(&["conform", "--logs", "a.log"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    insta::assert_snapshot!(ran.stdout);
}

#[test]
fn a_server_that_did_what_the_rules_do_not_allow() {
    let work = Work::new();
    work.write("a.log", start(0, ACCEPTED));
    let ran = work.run(&["conform", "--logs", "a.log"]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    insta::assert_snapshot!(ran.stdout);
    let ran = work.run(&["conform", "--logs", "a.log", "--format", "json"]);
    assert_eq!(ran.code, Some(1));
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["decided"], 1);
    assert_eq!(json["differing"][0]["place"], "a.log:3");
}

#[test]
fn nothing_decided_is_no_agreement() {
    let work = Work::new();
    work.write(
        "a.log",
        "2030-01-02  3:04:05 0 [Note] WSREP: gcomm: connected\n",
    );
    let ran = work.run(&["conform", "--logs", "a.log"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
    assert!(ran.stderr.contains("no decision"), "{}", ran.stderr);
    // A member whose beginning is not in the log shows results without what they follow from.
    work.write(
        "b.log",
        "2030-01-02  3:04:06 0 [Note] WSREP: Member 0.0 (A) requested state transfer from '*any*'. Selected 1.0 \
         (B)(SYNCED) as donor.\n",
    );
    let ran = work.run(&["conform", "--logs", "b.log"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
    assert!(ran.stderr.contains("with its inputs"), "{}", ran.stderr);
    let ran = work.run(&["conform", "--logs", "no-such-file"]);
    assert_eq!(ran.code, Some(2));
    let ran = work.run(&["conform", "--logs", "a.log", "--random"]);
    assert_eq!(ran.code, Some(2));
}

#[test]
fn the_models_own_logs_are_decided_as_they_were() {
    let work = Work::new();
    work.write("good.toml", GOOD);
    let mut scenarios = vec!["good.toml"];
    scenarios.extend([
        "two-nodes-are-terminated-both-come-back",
        "all-nodes-are-gracefully-stopped",
        "forced-bootstrap-behind-a-partition",
    ]);
    let mut args = vec!["run", "--keep-logs", "--on", "des", "--out", "out"];
    args.extend(&scenarios);
    work.run(&args);
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(work.path().join("out/logs")).unwrap() {
        folders.push(entry.unwrap().path().join("des").display().to_string());
    }
    folders.sort();
    assert!(folders.len() >= 2, "{folders:?}");
    let mut args = vec!["conform", "--logs"];
    args.extend(folders.iter().map(String::as_str));
    let ran = work.run(&args);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
}

#[test]
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn real_clusters() {
    let incidents = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/incidents");
    if !incidents.is_dir() {
        println!(
            "skipped: there are no logs of real clusters in {}",
            incidents.display()
        );
        return;
    }
    let of = |name: &str| incidents.join(name).display().to_string();
    let work = Work::new();
    let paths = [
        of("merge_rotated_daily"),
        of("operator_split"),
        of("upgrade"),
    ];
    let mut args = vec!["conform", "--logs", "--format", "json"];
    args.splice(2..2, paths.iter().map(String::as_str));
    let ran = work.run(&args);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    println!("{} of {} decisions equal", json["equal"], json["decided"]);
    assert_eq!(ran.code, Some(0), "{}", json["differing"]);
    assert!(
        json["kinds"]["guard"]["equal"].as_u64() >= Some(103),
        "{}",
        json["kinds"]
    );
}
