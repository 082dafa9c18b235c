//! The pack of what the manual does not name.

use seatrial_scenarios::{Scenario, catalogue};

#[test]
fn every_scenario_names_the_rule_that_its_expectations_follow() {
    for (file, text) in catalogue::beyond() {
        let scenario = Scenario::parse(file, text).expect("it is right");
        assert_eq!(file, format!("beyond/{}.toml", scenario.id));
        assert_eq!(scenario.pack.as_deref(), Some("beyond"), "{file}");
        assert_eq!(scenario.source, None, "{file} is not of the manual");
        assert!(scenario.why.is_some(), "{file} says why");
        assert_eq!(scenario.claims().count(), 0, "{file} decides no claim");
        let cites = |note: &String| note.contains(".cpp:") || note.contains(".cc:");
        let notes = scenario.steps.iter().filter_map(|step| step.note.as_ref());
        assert!(
            notes.into_iter().any(cites),
            "{file} names file and function"
        );
    }
}

#[test]
fn no_id_stands_in_two_folders() {
    let mut ids: Vec<String> = catalogue::every()
        .map(|(file, text)| Scenario::parse(file, text).expect("it is right").id)
        .collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all);
}
