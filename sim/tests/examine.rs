//! The decision table of `optimal`: in every state that one event leads to it recovers, and no other first act is
//! better there. Two events take minutes: `cargo test --release -p seatrial-sim --test examine -- --ignored`.

mod alone;

use seatrial_scenarios::Supervisor;
use seatrial_sim::prove::{Alphabet, Bounds, Model, TableReport, examine, search};

use alone::Alone;

fn examined(alphabet: &str, faults: usize, others_within: Option<usize>) -> TableReport {
    let model = Model::new(None, Supervisor::None);
    let root = model.root().expect("the root is reached");
    let bounds = Bounds {
        faults: Some(faults),
        max_states: None,
        sights: false,
        share: None,
    };
    let alphabet: Alphabet = alphabet.parse().expect("an alphabet");
    let Ok(found) = search(&model, root.clone(), alphabet, &[], bounds, &Alone);
    let Ok(report) = examine(&model, &root, &found, Some(faults), others_within, &Alone);
    report
}

fn holds(report: &TableReport) {
    let good = ["recovered", "impossible"];
    assert!(
        report.outcomes.keys().all(|outcome| good.contains(outcome)),
        "{:?}",
        report.outcomes
    );
    for row in &report.rows {
        assert!(row.better.is_empty(), "row {}: {:?}", row.row, row.better);
    }
}

#[test]
fn no_other_first_act_is_better_within_one_event() {
    let report = examined("usual", 1, Some(1));
    holds(&report);
    // To call a broken cluster recovered is worse everywhere: so the comparison bites.
    let deciding = report
        .rows
        .iter()
        .filter(|row| row.first > 0 && row.act != "done");
    for row in deciding {
        let done = row.worse.iter().find(|other| other.act == "done");
        assert_eq!(
            done.map(|done| done.worse_in),
            Some(row.first),
            "row {}",
            row.row
        );
    }
}

#[test]
fn forced_bootstraps_of_single_nodes_are_recovered() {
    holds(&examined("kill,stop,write,force,bootstrap,single", 2, None));
}

#[test]
#[ignore = "minutes"]
fn no_other_first_act_is_better_within_two_events() {
    holds(&examined("usual", 2, Some(2)));
}
