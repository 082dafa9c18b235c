//! The outcome is the procedure's own: it is not charged with what stood before its first command.

use seatrial_scenarios::language::Pace;
use seatrial_scenarios::outcome::Outcome;
use seatrial_scenarios::schedule::{Op, Play, Schedule, Vocabulary};
use seatrial_sim::des::Templates;
use seatrial_sim::explore::play;

/// Two primary components serve, and each has taken rows, before the procedure `none` is asked for anything.
#[test]
fn procedure_that_types_nothing_is_charged_with_nothing() {
    let schedule = Schedule {
        nodes: Vocabulary::search().nodes,
        options: seatrial_scenarios::Options::default(),
        timers: None,
        ops: vec![
            Op::Stop(vec![1]),
            Op::ForceBootstrap(1),
            Op::Write { node: 2, rows: 1 },
        ],
    };
    let none = Play {
        pace: Pace::Rest,
        procedure: Some("none".to_owned()),
    };
    let scenario = schedule.scenario("split", "B is bootstrapped beside A and C", &none);
    let run = play(&mut Templates::default(), &scenario, 1, None).expect("it runs");
    let (before, own) = run.findings_apart();
    let names = |findings: &[seatrial_scenarios::record::Finding]| -> Vec<String> {
        findings.iter().map(|found| found.oracle.clone()).collect()
    };
    assert!(
        names(before).contains(&"twin-primaries".to_owned()),
        "{before:?}"
    );
    assert_eq!(names(own), Vec::<String>::new());
    assert_eq!(Outcome::of(&run), Outcome::Stuck);
}
