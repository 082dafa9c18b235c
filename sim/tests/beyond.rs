//! The pack `beyond`, on a few seeds: every expectation holds whichever identities, delays and orders
//! are drawn, and the races reach each of their outcomes.

use std::collections::BTreeSet;

use seatrial_scenarios::language::Action;
use seatrial_scenarios::record::Verdict;
use seatrial_scenarios::{RunRecord, Scenario, catalogue};
use seatrial_sim::des::Templates;
use seatrial_sim::explore;

fn scenarios() -> Vec<Scenario> {
    catalogue::beyond()
        .into_iter()
        .map(|(file, text)| Scenario::parse(file, text).expect("it is right"))
        .collect()
}

fn play(templates: &mut Templates, scenario: &Scenario, seed: u64) -> RunRecord {
    explore::play(templates, scenario, seed, None).expect("the initial state is reached")
}

#[test]
fn every_expectation_holds_on_each_of_a_few_seeds() {
    let scenarios = scenarios();
    assert!(scenarios.len() > 30, "{}", scenarios.len());
    let mut templates = Templates::default();
    for scenario in &scenarios {
        for seed in 1..=3 {
            let record = play(&mut templates, scenario, seed);
            let passed = record.verdict == Verdict::Pass;
            assert!(passed, "{}, seed {seed}: {:?}", scenario.id, record.failure);
        }
    }
}

/// Returns the names of the outcomes that a scenario declares.
fn declared(scenario: &Scenario) -> BTreeSet<String> {
    let expects = scenario.steps.iter().filter_map(|step| match &step.action {
        Action::Expect(expect) => Some(expect),
        _ => None,
    });
    expects
        .flat_map(|expect| &expect.state.any)
        .map(|outcome| outcome.name.clone())
        .collect()
}

#[test]
fn the_seeds_reach_every_outcome_of_a_race_and_no_other() {
    let mut templates = Templates::default();
    for scenario in scenarios() {
        let wanted = declared(&scenario);
        if wanted.is_empty() {
            continue;
        }
        let mut reached = BTreeSet::new();
        for seed in 1..=100 {
            let record = play(&mut templates, &scenario, seed);
            let passed = record.verdict == Verdict::Pass;
            assert!(passed, "{}, seed {seed}: {:?}", scenario.id, record.failure);
            reached.extend(record.races.into_iter().map(|race| race.outcome));
        }
        assert_eq!(reached, wanted, "{}", scenario.id);
    }
}
