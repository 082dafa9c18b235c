//! Steps and their checks.

use seatrial_scenarios::record::{Verdict, WriteOutcome};
use seatrial_scenarios::{RunOptions, TraceKind};

use crate::fake::{Fake, play, play_on, scenario, why};

#[test]
fn a_run_in_which_everything_holds_passes() {
    let (record, fake) = play(
        r#"
[[step]]
write = { node = "A", rows = 2 }
[[step]]
terminate = { nodes = ["A", "B"] }
[[step]]
expect = { node = "C", cluster_status = "non-Primary", write = "refused", error = 1047, within = "20s" }
[[step]]
expect = { node = "A", read = "refused", error = 2002, has_rows = ["w1A", "w2A"] }
[[step]]
expect = { cluster = "no-primary", lost = 0, diverged = false, for = "1m" }
"#,
    );
    assert_eq!(record.verdict, Verdict::Pass, "{}", why(&record));
    let tags: Vec<&str> = record
        .writes
        .iter()
        .map(|write| write.tag.as_str())
        .collect();
    assert_eq!(tags, ["w1A", "w2A", "p3C"]);
    assert!(record.writes[0].is_acknowledged());
    assert!(matches!(
        record.writes[2].outcome,
        WriteOutcome::Refused { code: 1047, .. }
    ));
    let steps: Vec<u32> = record.observations.iter().map(|seen| seen.step).collect();
    assert_eq!(steps, [1, 2, 3, 4, 5], "one observation for each step");
    assert_eq!(
        fake.calls
            .iter()
            .filter(|call| *call == "apply terminate terminate")
            .count(),
        1
    );
    assert!(record.simulated_ms >= 60_000);
}

#[test]
fn a_failing_check_does_not_stop_the_run() {
    let (record, _) = play(
        r#"
[[step]]
expect = { node = "A", cluster_size = 2, within = "3s" }
[[step]]
operator = { node = "A", run = "false", exit = 0 }
[[step]]
write = { node = "A", rows = 1 }
"#,
    );
    assert_eq!(record.verdict, Verdict::Fail);
    let failure = record.failure.as_ref().expect("it failed");
    assert_eq!(failure.step, 1, "the first failing step is named");
    assert_eq!(
        failure.text,
        "within 3s: node A: expected cluster_size 2, seen 3 (seen: A Primary Synced of 3, \
         B Primary Synced of 3, C Primary Synced of 3)"
    );
    assert_eq!(record.checks.iter().filter(|check| !check.held).count(), 2);
    assert_eq!(record.writes.len(), 1, "later steps are played");
}

#[test]
fn a_state_must_stay_true() {
    let (record, _) = play(
        r#"
[[step]]
stop = { nodes = ["A"], as = "s" }
[[step]]
expect = { cluster = "all-synced", for = "20s" }
"#,
    );
    assert_eq!(record.verdict, Verdict::Fail);
    assert!(
        why(&record).starts_with("for 20s: cluster: expected all-synced after 1s"),
        "{}",
        why(&record)
    );
}

#[test]
fn an_operator_sees_exit_and_text() {
    let (record, _) = play(
        r#"
[[step]]
operator = { node = "A", run = "echo hello", exit = 0, prints = "hell", lacks = "heaven" }
[[step]]
operator = { node = "B", run = "echo hello", prints = "heaven" }
"#,
    );
    assert_eq!(
        why(&record),
        "`echo hello` on B: expected to print `heaven`; it printed: hello"
    );
    assert!(record.checks[0].held);
}

#[test]
fn a_command_that_takes_too_long_is_interrupted() {
    let (record, fake) = play(
        r#"
[[step]]
operator = { node = "A", run = "sleep 50", exit = 0, within = "10s" }
[[step]]
operator = { node = "A", run = "sleep 50", exit = 130, interrupt_after = "10s" }
"#,
    );
    assert_eq!(
        why(&record),
        "`sleep 50` on A had not ended after 10s, so Ctrl-C was sent"
    );
    assert!(record.checks[1].held, "{}", record.checks[1].text);
    assert_eq!(
        fake.calls
            .iter()
            .filter(|call| call.starts_with("interrupt"))
            .count(),
        2
    );
    assert!(record.commands[0].timed_out && !record.commands[1].timed_out);
}

#[test]
fn a_stop_that_hangs_is_a_fact_and_no_failure() {
    let (record, _) = play(
        r#"
[[step]]
stop_hangs = { node = "A" }
[[step]]
stop = { nodes = ["A"] }
"#,
    );
    assert_eq!(record.verdict, Verdict::Pass, "{}", why(&record));
    assert_eq!(record.commands[0].output, None);
    assert!(record.simulated_ms >= 30_000);
}

#[test]
fn nodes_of_one_step_begin_in_one_instant() {
    let (record, fake) = play(
        r#"
[[step]]
wait = { for = "1s" }
[[step]]
stop = { nodes = ["A", "B", "C"] }
[[step]]
together = [{ start = { nodes = ["A"] } }, { start = { nodes = ["B"] } }]
"#,
    );
    let stops = fake
        .calls
        .iter()
        .filter(|call| call.contains("stop mariadb at 1s"))
        .count();
    assert_eq!(stops, 3);
    assert!(record.observations[0].unstable.is_none());
    assert!(record.observations[1].unstable.is_some());
    assert!(record.observations[2].unstable.is_some());
}

#[test]
fn a_named_request_runs_on_and_is_asked_for_later() {
    let (record, _) = play(
        r#"
[[step]]
operator = { node = "A", run = "sleep 30", as = "nap" }
[[step]]
write = { node = "A", rows = 1, as = "w" }
[[step]]
expect = { request = "nap", ends = "running" }
[[step]]
expect = { request = "w", ends = "acknowledged" }
[[step]]
expect = { request = "nap", exit = 0, within = "40s" }
[[step]]
expect = { request = "w", ends = "refused" }
"#,
    );
    let held: Vec<bool> = record.checks.iter().map(|check| check.held).collect();
    assert_eq!(held, [true, true, true, false], "{:?}", record.checks);
    assert_eq!(why(&record), "w: expected refused, seen acknowledged");
}

#[test]
fn a_state_that_is_waited_for_in_vain_is_a_finding() {
    let (record, _) = play(
        r#"
[[step]]
wait = { until = { node = "B", local_state = "Joiner" }, within = "5s" }
"#,
    );
    assert_eq!(record.verdict, Verdict::Fail);
    assert_eq!(record.findings[0].oracle, "documented-state-reached");
}

#[test]
fn an_unsupported_fault_ends_the_run() {
    let steps = r#"
[[step]]
disk_full = { node = "A" }
[[step]]
write = { node = "A", rows = 1 }
"#;
    let (record, _) = play(steps);
    assert_eq!(record.verdict, Verdict::Unsupported);
    assert_eq!(why(&record), "disk full A: the toy has no such thing");
    assert!(record.writes.is_empty());
    assert_eq!(record.faults.len(), 1, "it is in the record all the same");

    let allowed = RunOptions {
        allow_unsupported: true,
        ..RunOptions::default()
    };
    let scenario = scenario("second_phase = false", steps);
    let record = play_on(&mut Fake::new(), &scenario, &allowed);
    assert_eq!((record.verdict, record.writes.len()), (Verdict::Pass, 1));
}

#[test]
fn a_scenario_that_takes_too_long_fails_and_names_the_step() {
    let scenario = scenario(
        "limit = \"1m\"\nsecond_phase = false",
        r#"
[[step]]
wait = { for = "50s" }
[[step]]
wait = { for = "50s" }
[[step]]
write = { node = "A", rows = 1 }
"#,
    );
    let record = play_on(&mut Fake::new(), &scenario, &RunOptions::default());
    let failure = record.failure.as_ref().expect("it failed");
    assert_eq!(failure.step, 2);
    assert_eq!(
        failure.text,
        "the scenario's limit of 60s passed in this step: wait 50s"
    );
    assert!(record.writes.is_empty());
}

#[test]
fn a_load_goes_on_while_steps_are_played() {
    let (record, _) = play(
        r#"
[[step]]
load = { nodes = ["A", "B"], clients = 2 }
[[step]]
wait = { for = "10s" }
[[step]]
load = { nodes = ["A"], clients = 0 }
[[step]]
wait = { for = "10s" }
"#,
    );
    assert_eq!(record.verdict, Verdict::Pass, "{}", why(&record));
    // Four clients, ten rows a second each, ten seconds.
    assert!(
        (390..=410).contains(&record.writes.len()),
        "{}",
        record.writes.len()
    );
    assert!(record.writes.iter().all(|write| write.at_ms <= 10_000));
}

#[test]
fn steps_and_checks_are_in_the_trace() {
    let (_, fake) = play("[[step]]\nexpect = { cluster = \"all-synced\" }\n");
    let titles: Vec<String> = fake
        .trace
        .iter()
        .map(|event| match event {
            TraceKind::Step { step, title } => format!("{step} {title}"),
            TraceKind::Check { step, held, text } => format!("{step} {held} {text}"),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(
        titles,
        [
            "0 initial state",
            "1 expect all-synced",
            "1 true as expected"
        ]
    );
}

const RACE: &str = r#"
[[step]]
write = { node = "A", rows = 1 }
[[step]]
stop = { nodes = ["C"] }
[[step]]
expect = { any = [
    { name = "two are left", node = "A", cluster_size = 2 },
    { name = "all are there", cluster = "all-synced" },
], within = "30s" }
"#;

#[test]
fn a_race_may_end_in_any_of_its_outcomes_and_its_end_is_taken_down() {
    let (record, _) = play(RACE);
    assert_eq!(record.verdict, Verdict::Pass, "{}", why(&record));
    let race = &record.races[0];
    assert_eq!((race.from, race.step), (2, 3), "the stop began it");
    assert_eq!(record.races.len(), 1);
    assert_eq!(
        record.checks[0].text,
        format!("outcome `{}`", race.outcome),
        "the trace says which"
    );
}

#[test]
fn a_race_that_ends_otherwise_fails() {
    let (record, _) = play(
        r#"
[[step]]
expect = { any = [
    { name = "one is left", node = "A", cluster_size = 1 },
    { name = "none is", cluster = "no-primary" },
], within = "2s" }
"#,
    );
    assert_eq!(record.verdict, Verdict::Fail);
    assert_eq!(
        why(&record),
        "within 2s: none of the outcomes: `one is left`: node A: expected cluster_size 1, seen 3; \
         `none is`: cluster: expected no-primary (seen: A Primary Synced of 3, \
         B Primary Synced of 3, C Primary Synced of 3)"
    );
    assert!(record.races.is_empty());
}

const REFUSED: &str = r#"
[[step]]
terminate = { nodes = ["A", "B"] }
[[step]]
write = { node = "C", rows = 2 }
[[step]]
write = { node = "C", rows = 1, as = "w" }
[[step]]
expect = { request = "w", ends = "refused" }
"#;

/// Nobody asked for the refusal, so that the scenario tests less than it seems to.
#[test]
fn a_refused_write_that_its_step_does_not_allow_fails_it() {
    let (record, _) = play(REFUSED);
    assert_eq!(record.verdict, Verdict::Fail);
    assert_eq!(record.failure.as_ref().map(|failure| failure.step), Some(2));
    assert!(
        why(&record).starts_with("a write on C was refused: "),
        "{}",
        why(&record)
    );
    let said: Vec<_> = record
        .refused
        .iter()
        .map(|writes| {
            (
                writes.step,
                writes.node.as_str(),
                writes.rows,
                writes.allowed,
            )
        })
        .collect();
    assert_eq!(said, [(2, "C", 2, false)], "the named write is asked about");
    assert!(!record.refused[0].message.is_empty());

    // One instant is no other case.
    let (record, _) = play(
        r#"
[[step]]
terminate = { nodes = ["A", "B"] }
[[step]]
together = [{ write = { node = "C", rows = 1 } }, { stop_hangs = { node = "C" } }]
"#,
    );
    assert_eq!(record.verdict, Verdict::Fail);
    assert_eq!(record.failure.as_ref().map(|failure| failure.step), Some(2));
}

#[test]
fn a_step_that_allows_it_and_a_search_go_on_after_a_refused_write() {
    let allowed = REFUSED.replace("rows = 2 }", "rows = 2 }\nmay_be_refused = true");
    let (record, _) = play(&allowed);
    assert_eq!(record.verdict, Verdict::Pass, "{}", why(&record));
    assert!(record.refused[0].allowed, "it stays in the record");

    let search = RunOptions {
        allow_skipped: true,
        ..RunOptions::default()
    };
    let scenario = scenario("second_phase = false", REFUSED);
    let record = play_on(&mut Fake::new(), &scenario, &search);
    assert_eq!(record.verdict, Verdict::Pass, "{}", why(&record));
    assert!(!record.refused[0].allowed);
}

/// The counts of a cluster from which one member goes while somebody looks.
const FLICKER: &str = r#"
[[step]]
stop = { nodes = ["C"], as = "s" }
[[step]]
expect = { for = "20s", any = [
    { name = "three", node = "A", cluster_size = 3 },
    { name = "two", node = "A", cluster_size = 2 },
] }
"#;

#[test]
fn outcomes_may_take_turns_within_a_span_and_nothing_else_may() {
    let (record, _) = play(FLICKER);
    assert_eq!(record.verdict, Verdict::Pass, "{}", why(&record));
    assert_eq!(record.races[0].outcome, "two", "the last one");

    let (record, _) = play(&FLICKER.replace("cluster_size = 2", "cluster_size = 1"));
    assert_eq!(record.verdict, Verdict::Fail);
    let text = why(&record);
    assert!(
        text.starts_with(
            "for 20s: none of the outcomes: `three`: node A: expected cluster_size 3, seen 2"
        ),
        "{text}"
    );
}

/// The toy cluster shows no messages, as a container does not.
#[test]
fn a_wait_for_a_message_is_refused_where_none_can_be_seen() {
    let (record, _) = play(
        r#"
[[step]]
wait = { until = { node = "B", sends = "INSTALL" }, within = "10s" }
[[step]]
write = { node = "A", rows = 1 }
"#,
    );
    assert_eq!(record.verdict, Verdict::Unsupported);
    assert_eq!(
        why(&record),
        "B sends INSTALL: a container's messages cannot be seen, so no wait can end at one"
    );
    assert!(record.writes.is_empty(), "what follows would say nothing");
}

/// A line that the simulated host does not have has tested nothing, whatever its exit code.
#[test]
fn a_line_that_meets_a_gap_of_the_host_is_not_judged() {
    let steps = |check: &str| {
        format!(
            r#"
[[step]]
operator = {{ node = "A", run = "frobnicate"{check} }}
[[step]]
write = {{ node = "A", rows = 1 }}
"#
        )
    };
    for check in ["", ", exit = 1"] {
        let (record, _) = play(&steps(check));
        assert_eq!(record.verdict, Verdict::Unsupported);
        assert_eq!(why(&record), "`frobnicate`: this host has no frobnicate");
        assert!(record.writes.is_empty(), "what follows would say nothing");
    }
}
