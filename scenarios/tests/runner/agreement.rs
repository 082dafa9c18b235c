//! Comparing engines.

use seatrial_scenarios::agreement::Agreement;
use seatrial_scenarios::record::{RaceResult, RunRecord, StepObservation};
use seatrial_scenarios::{GrastateSeen, NodeName, NodeObservation, ProcessState, Scenario};

/// Returns a record of an engine on which A and B show these conf_ids and positions after each step.
fn record(engine: &str, steps: &[[(&str, i64); 2]]) -> RunRecord {
    let text = "id = \"x\"\ntitle = \"X\"\n[[step]]\nheal = {}\n";
    let scenario = Scenario::parse("x.toml", text).expect("it is right");
    let mut record = RunRecord::begin(&scenario, engine.to_owned(), 0);
    for (step, values) in (1..).zip(steps) {
        let nodes = ["A", "B"]
            .into_iter()
            .zip(values)
            .map(|(name, (conf_id, position))| {
                let mut node = NodeObservation::absent();
                node.process = ProcessState::Running;
                node.conf_id = Some((*conf_id).to_owned());
                node.last_committed = Some(*position);
                node.grastate = Some(GrastateSeen {
                    uuid: "U1".into(),
                    seqno: -1,
                    safe_to_bootstrap: 0,
                });
                node.rows = Some(vec!["w1A".to_owned()]);
                (NodeName::new(name), node)
            });
        record.observations.push(StepObservation {
            step,
            at_ms: 0,
            at_rest: true,
            unstable: None,
            nodes: nodes.collect(),
        });
    }
    record
}

#[test]
fn counters_are_compared_by_change_and_rank() {
    let one = record("des", &[[("3", 7), ("3", 7)], [("4", 9), ("4", 8)]]);
    let other = record(
        "real",
        &[[("13", 107), ("13", 107)], [("14", 109), ("14", 108)]],
    );
    let agreement = Agreement::of(&[one.clone(), other]);
    assert_eq!(agreement.differing, []);
    assert_eq!((agreement.steps_compared, agreement.steps_equal), (2, 2));
    // Thirteen plain fields and three ranks of each node, and from the second step three changes.
    assert_eq!(agreement.compared, 2 * 16 + 2 * 19);
    assert_eq!(agreement.equal, agreement.compared);

    let off = record(
        "real",
        &[[("13", 107), ("13", 107)], [("14", 110), ("14", 108)]],
    );
    let agreement = Agreement::of(&[one, off]);
    assert_eq!(agreement.differing.len(), 1);
    let difference = &agreement.differing[0];
    assert_eq!(difference.field, "last_committed (change)");
    assert_eq!(
        (
            difference.values["des"].as_str(),
            difference.values["real"].as_str()
        ),
        ("+2", "+3")
    );
    assert_eq!((agreement.steps_compared, agreement.steps_equal), (2, 1));
}

#[test]
fn undefined_counters_are_words() {
    let lost = u64::MAX.to_string();
    let one = record("des", &[[("3", 7), ("3", 7)], [(&lost, -1), ("3", 7)]]);
    let other = record("real", &[[("9", 7), ("9", 7)], [("-1", -1), ("9", 7)]]);
    assert_eq!(Agreement::of(&[one, other]).differing, []);
}

#[test]
fn races_and_motion_are_left_out_and_counted() {
    let with = |engine: &str, unstable: bool, at_rest: bool| {
        let mut record = record(engine, &[[("3", 7), ("3", 7)], [("4", 9), ("4", 8)]]);
        record.observations[1].unstable = unstable.then(|| "two start".to_owned());
        record.observations[1].at_rest = at_rest;
        record
    };
    let race = Agreement::of(&[with("des", true, true), with("real", true, true)]);
    assert_eq!(race.excluded.values().sum::<u64>(), 2 * 6);
    assert_eq!(race.steps_compared, 2);
    let motion = Agreement::of(&[with("des", false, true), with("real", false, false)]);
    assert_eq!(motion.excluded.values().sum::<u64>(), 2 * 19);
    assert_eq!(motion.steps_compared, 1);
}

#[test]
fn rows_of_a_load_are_left_out() {
    let mut one = record("des", &[[("3", 7), ("3", 7)]]);
    let other = record("real", &[[("3", 7), ("3", 7)]]);
    let a = one.observations[0]
        .nodes
        .get_mut(&NodeName::new("A"))
        .expect("a node");
    a.rows.as_mut().expect("it has rows").push("l1A".to_owned());
    let agreement = Agreement::of(&[one, other]);
    assert_eq!(
        (agreement.differing.len(), agreement.excluded.len()),
        (0, 1)
    );
}

#[test]
fn one_engine_agrees_with_nobody() {
    let agreement = Agreement::of(&[record("des", &[[("3", 7), ("3", 7)]])]);
    assert_eq!(agreement, Agreement::default());
}

/// Returns a record whose race of step 2 ended so, begun by step 1.
fn raced(engine: &str, outcome: &str, position: i64) -> RunRecord {
    let mut record = record(
        engine,
        &[
            [("3", 7), ("3", 7)],
            [("4", position), ("4", 8)],
            [("5", position + 1), ("5", position + 1)],
        ],
    );
    record.races.push(RaceResult {
        from: 1,
        step: 2,
        outcome: outcome.to_owned(),
    });
    record
}

#[test]
fn a_declared_race_that_ends_alike_is_compared_like_anything_else() {
    let agreement = Agreement::of(&[raced("des", "x", 8), raced("real", "x", 8)]);
    assert!(agreement.races[0].alike);
    assert_eq!(agreement.steps_compared, 3);
    assert!(agreement.excluded.is_empty());
}

#[test]
fn a_declared_race_that_ends_in_two_ways_ends_the_comparison_where_it_began() {
    let agreement = Agreement::of(&[raced("des", "x", 8), raced("real", "y", 9)]);
    assert!(!agreement.races[0].alike);
    assert_eq!(agreement.races[0].outcomes["real"], "y");
    assert_eq!(
        (agreement.steps_compared, agreement.differing.len()),
        (0, 0)
    );
    assert_eq!(agreement.excluded.len(), 1, "left out, and counted");
}

#[test]
fn one_outcome_in_two_places_is_not_alike() {
    let agreement = Agreement::of(&[raced("des", "x", 7), raced("real", "x", 9)]);
    assert!(
        !agreement.races[0].alike,
        "A is behind B on one engine only"
    );
}

#[test]
fn an_engine_that_ends_a_race_otherwise_than_declared_is_compared() {
    let mut odd = raced("real", "x", 9);
    odd.races.clear();
    let agreement = Agreement::of(&[raced("des", "x", 8), odd]);
    assert!(agreement.races.is_empty());
    assert!(!agreement.differing.is_empty());
}
