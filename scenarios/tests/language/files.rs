//! The files that are checked in.

use std::collections::BTreeSet;

use seatrial_scenarios::{Scenario, catalogue, language, ledger};

#[test]
fn every_scenario_of_the_program_is_right() {
    let mut ids = BTreeSet::new();
    for (file, text) in catalogue::all() {
        let scenario = Scenario::parse(file, text).unwrap_or_else(|error| {
            panic!("{:?}", miette::Report::new(*error));
        });
        let name = file.rsplit('/').next().unwrap_or(file);
        assert_eq!(
            name,
            format!("{}.toml", scenario.id),
            "a file is named after its id"
        );
        assert!(
            ids.insert(scenario.id.clone()),
            "{} stands twice",
            scenario.id
        );
        assert_eq!(catalogue::find(&scenario.id), Some((file, text)));
    }
    assert!(ids.contains("two-nodes-are-terminated"));
}

#[test]
fn a_claim_is_worded_and_pinned_alike_wherever_it_stands() {
    let mut known: std::collections::BTreeMap<String, (String, language::ClaimVerdict)> =
        std::collections::BTreeMap::new();
    for (file, text) in catalogue::all() {
        let scenario = Scenario::parse(file, text).expect("it is right");
        for (_, claim) in scenario.claims() {
            let said = (claim.says.clone(), claim.verdict);
            let first = known
                .entry(claim.id.clone())
                .or_insert_with(|| said.clone());
            assert_eq!(*first, said, "{} in {file}", claim.id);
        }
    }
}

#[test]
fn the_schema_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/scenario.schema.json");
    let schema = language::schema();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, &schema).expect("the schema can be written");
    }
    let checked_in = std::fs::read_to_string(path).expect("the schema is checked in");
    assert!(
        checked_in == schema,
        "scenarios/scenario.schema.json is not what the program prints: run this test with UPDATE_SCHEMA=1"
    );
}

#[test]
fn the_list_of_uncovered_sentences_is_right() {
    ledger::uncovered().expect("claims/uncovered.toml is right");
}

#[test]
fn the_checked_in_schema_of_results_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/results.schema.json");
    let printed = seatrial_scenarios::record::results_schema();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, &printed).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(path).unwrap(),
        printed,
        "scenarios/results.schema.json is not what the program makes: run this test with UPDATE_SCHEMA=1"
    );
}

#[test]
fn the_checked_in_schema_of_matrices_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/verify.schema.json");
    let printed = seatrial_scenarios::matrix::schema();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, &printed).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(path).unwrap_or_default(),
        printed,
        "scenarios/verify.schema.json is not what the program makes: run this test with UPDATE_SCHEMA=1"
    );
}
