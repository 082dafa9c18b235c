//! Pipes, colours, the log.

use std::io::Read as _;
use std::process::Stdio;

use crate::work::{Ran, Work};

const ID: &str = "two-nodes-are-terminated";

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let work = Work::new();
    let mut child = work
        .command(&["replay", ID])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 10]).unwrap();
    drop(stdout);
    let ran = Ran::of(&child.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
}

#[test]
fn colours_only_where_they_are_wanted() {
    let work = Work::new();
    let plain = work.run(&["run", "back-end-log"]).stdout;
    assert!(!plain.contains('\u{1b}'));
    let forced = work
        .command(&["run", "back-end-log"])
        .env_remove("NO_COLOR")
        .env("CLICOLOR_FORCE", "1")
        .output()
        .unwrap();
    assert!(Ran::of(&forced).stdout.contains('\u{1b}'));
}

#[test]
fn the_log_shows_simulated_time_and_stays_off_standard_output() {
    let work = Work::new();
    let quiet = work.run(&["replay", ID]);
    let told = work.run(&["-v", "replay", ID]);
    assert!(
        quiet.stdout == told.stdout,
        "the log must not change the trace"
    );
    assert!(!quiet.stderr.contains("mariadbd started"));
    let line = told
        .stderr
        .lines()
        .find(|line| line.contains("terminate A"))
        .unwrap();
    assert!(
        line.starts_with("[   ") && line.contains("s]  INFO "),
        "{line}"
    );
    let more = work.run(&["-vv", "replay", ID]).stderr;
    assert!(more.lines().count() > told.stderr.lines().count());
    let filtered = work
        .command(&["-v", "replay", ID])
        .env("RUST_LOG", "error")
        .output()
        .unwrap();
    assert!(!Ran::of(&filtered).stderr.contains("mariadbd started"));
}

#[cfg(unix)]
#[test]
fn a_signal_ends_a_campaign_after_the_runs_under_way() {
    let work = Work::new();
    let mut child = work
        .command(&["run", "back-end-log", "--seeds", "1000000", "--on", "des"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The table's header is printed when signals are already heard.
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut [0; 10])
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    let kill = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
    let ran = Ran::of(&child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(4), "{}", ran.stderr);
    assert!(ran.stdout.contains("INTERRUPTED: "), "{}", ran.stdout);
    assert!(!ran.stdout.contains("Summary"), "no total: {}", ran.stdout);
    let file = |name: &str| work.read(&format!("target/seatrial/latest/{name}"));
    assert!(file("summary.md").starts_with("# INTERRUPTED: "));
    assert!(file("index.html").contains("<h1>INTERRUPTED: "));
    assert!(file("junit.xml").contains("interrupted: "));
    assert!(
        work.json("target/seatrial/latest/results.json")["not_run"]
            .as_u64()
            .unwrap()
            > 0
    );
}
