//! When the next step begins, and how long things last.

use seatrial_scenarios::language::Pace;
use seatrial_scenarios::runner::hold_for;
use seatrial_scenarios::{RunOptions, Span, Timers};

use crate::fake::{Fake, play_on, scenario};

const STEPS: &str = r#"
[[step]]
write = { node = "A", rows = 1 }
[[step]]
terminate = { nodes = ["A"] }
[[step]]
wait = { until = { node = "B", cluster_size = 2 }, within = "5s" }
[[step]]
write = { node = "B", rows = 1, as = "w" }
[[step]]
write = { node = "B", rows = 1 }
"#;

fn rests(top: &str, options: &RunOptions) -> (usize, Vec<bool>) {
    let scenario = scenario(&format!("second_phase = false\n{top}"), STEPS);
    let mut fake = Fake::new();
    let record = play_on(&mut fake, &scenario, options);
    let rests = fake.calls.iter().filter(|call| *call == "rest").count();
    (
        rests,
        record
            .observations
            .iter()
            .map(|seen| seen.at_rest)
            .collect(),
    )
}

#[test]
fn next_does_not_wait() {
    assert_eq!(rests("", &RunOptions::default()), (0, vec![false; 5]));
}

#[test]
fn rest_waits_after_each_action_but_not_around_the_middle_of_something() {
    let expected = (2, vec![true, false, false, false, true]);
    assert_eq!(rests("pace = \"rest\"", &RunOptions::default()), expected);
}

#[test]
fn the_options_win_over_the_scenario() {
    let rest = RunOptions {
        pace: Some(Pace::Rest),
        ..RunOptions::default()
    };
    assert_eq!(rests("", &rest).0, 2);
    let next = RunOptions {
        pace: Some(Pace::Next),
        ..RunOptions::default()
    };
    assert_eq!(rests("pace = \"rest\"", &next).0, 0);
}

#[test]
fn fast_timers_shorten_what_must_stay_true() {
    let secs = Span::from_secs;
    assert_eq!(hold_for(secs(60), Timers::Default), secs(60));
    assert_eq!(hold_for(secs(100), Timers::Fast), secs(20));
    assert_eq!(
        hold_for(secs(60), Timers::Fast),
        secs(13),
        "pc.wait_prim_timeout plus 5 s"
    );
    assert_eq!(
        hold_for(secs(5), Timers::Fast),
        secs(5),
        "never longer than written"
    );
}

#[test]
fn the_same_run_gives_the_same_record() {
    let scenario = scenario("pace = \"rest\"", STEPS);
    let once = play_on(&mut Fake::new(), &scenario, &RunOptions::default());
    let again = play_on(&mut Fake::new(), &scenario, &RunOptions::default());
    assert_eq!(once, again);
}
