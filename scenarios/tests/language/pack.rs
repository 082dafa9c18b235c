//! The scenario pack.

use seatrial_scenarios::matrix::{Broken, broken_states, cell_scenario};
use seatrial_scenarios::{Scenario, Supervisor, catalogue};

fn pack() -> Vec<Scenario> {
    catalogue::pack()
        .into_iter()
        .map(|(file, text)| Scenario::parse(file, text).expect("it is right"))
        .collect()
}

#[test]
fn every_scenario_breaks_something_and_is_named_after_its_file() {
    let pack = pack();
    assert!(pack.len() >= 50, "{}", pack.len());
    for (scenario, (file, _)) in pack.iter().zip(catalogue::pack()) {
        assert_eq!(file, format!("pack/{}.toml", scenario.id));
        assert_eq!(scenario.pack.as_deref(), Some("wild"), "{file}");
        assert!(scenario.why.is_some(), "{file} says why");
        assert!(Broken::of(scenario).is_some(), "{file}");
    }
    assert_eq!(broken_states(&pack).len(), pack.len(), "two are the same");
}

#[test]
fn a_cell_is_a_file_that_says_the_same() {
    for scenario in pack() {
        let broken = Broken::of(&scenario).expect("it is right");
        let cell = cell_scenario(&broken, "kolla", Supervisor::Systemd);
        assert_eq!(cell.procedure, "kolla");
        let again = Scenario::parse(&cell.file, &cell.to_toml()).expect("it is right");
        assert_eq!(again.to_toml(), cell.to_toml());
        assert_eq!(again.steps.len(), cell.steps.len());
        assert_eq!(again.options.supervisor, Supervisor::Systemd);
    }
}

#[test]
fn a_documented_scenario_ends_before_an_operator_acts() {
    let text = "id = \"t\"\ntitle = \"T\"\n[[step]]\nterminate = { nodes = [\"A\"] }\n\
                [[step]]\noperator = { node = \"A\", run = \"sudo reboot\" }\n\
                [[step]]\nstart = { nodes = [\"A\"] }\n";
    let scenario = Scenario::parse("t.toml", text).expect("it is right");
    let broken = Broken::of(&scenario).expect("it is right");
    assert_eq!(broken.before, 1);
    assert_eq!(broken.scenario.steps.len(), 1);

    let quiet = "id = \"t\"\ntitle = \"T\"\n[[step]]\nwrite = { node = \"A\", rows = 1 }\n";
    let quiet = Scenario::parse("t.toml", quiet).expect("it is right");
    assert_eq!(Broken::of(&quiet), None);
}

#[test]
fn a_step_of_a_pack_says_where_the_procedure_acts() {
    let pack = pack();
    let away = pack
        .iter()
        .find(|one| one.id == "s08-the-missing-node-is-the-newest")
        .expect("it is right");
    let broken = Broken::of(away).expect("it is right");
    assert!(broken.before < broken.scenario.steps.len());
}
