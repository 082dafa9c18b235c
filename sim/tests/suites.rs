//! The pack `suites`, on a few seeds and with both sets of timers: what MariaDB's own tests assert holds here too.

use seatrial_scenarios::record::Verdict;
use seatrial_scenarios::{Scenario, Timers, catalogue};
use seatrial_sim::des::Templates;
use seatrial_sim::explore;

fn scenarios() -> Vec<Scenario> {
    catalogue::suites()
        .into_iter()
        .map(|(file, text)| Scenario::parse(file, text).expect("it is right"))
        .collect()
}

#[test]
fn every_expectation_holds_on_each_of_a_few_seeds() {
    let scenarios = scenarios();
    assert!(scenarios.len() > 50, "{}", scenarios.len());
    let mut templates = Templates::default();
    for mut scenario in scenarios {
        for timers in [Timers::Default, Timers::Fast] {
            scenario.timers = Some(timers);
            for seed in 1..=2 {
                let record = explore::play(&mut templates, &scenario, seed, None)
                    .expect("the initial state is reached");
                let passed = record.verdict == Verdict::Pass;
                assert!(
                    passed,
                    "{}, seed {seed}, {timers:?}: {:?}",
                    scenario.id, record.failure
                );
            }
        }
    }
}
