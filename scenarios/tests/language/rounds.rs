//! Rounds become steps when a file is read, and what is new in the language is written as it is read.

use seatrial_scenarios::language::{Action, Wait};
use seatrial_scenarios::{Fault, Message, Scenario, Slowed, Way};

fn read(steps: &str) -> Scenario {
    let text = format!("id = \"x\"\ntitle = \"X\"\n{steps}");
    Scenario::parse("x.toml", &text).unwrap_or_else(|error| panic!("{error:?}"))
}

const ROUNDS: &str = r#"
[[step]]
disk_saved = { node = "A", as = "monday" }
[[step]]
repeat.times = 3
[[step.repeat.steps]]
write = { node = "A", rows = 1, as = "w" }
[[step.repeat.steps]]
expect = { request = "w", ends = "acknowledged", has_rows = [] }
[[step.repeat.steps]]
disk_saved = { node = "B", as = "copy" }
[[step]]
expect = { request = "w", ends = "ended" }
[[step]]
disk_restored = { node = "C", from = "copy" }
[[step]]
expect = { node = "A", has_rows = ["w3A"] }
"#;

#[test]
fn rounds_are_steps_with_names_and_lines_of_their_own() {
    let scenario = read(&ROUNDS.replace(", has_rows = []", ""));
    let places: Vec<(u32, u32)> = scenario
        .steps
        .iter()
        .map(|step| (step.number, step.line))
        .collect();
    let rounds = [8, 10, 12].into_iter().cycle().take(9);
    let lines = [4].into_iter().chain(rounds).chain([14, 16, 18]);
    assert_eq!(places, (1..).zip(lines).collect::<Vec<_>>());
    let named: Vec<&str> = scenario
        .steps
        .iter()
        .filter_map(|step| match &step.action {
            Action::Write(write) => write.name.as_deref(),
            Action::Expect(expect) => Some(expect.request.as_ref()?.name.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(named, ["w", "w", "w-2", "w-2", "w-3", "w-3", "w-3"]);
}

#[test]
fn a_name_of_a_round_is_given_once() {
    let text = ROUNDS.replace(", has_rows = []", "")
        + "[[step]]\nwrite = { node = \"B\", rows = 1, as = \"w-2\" }\n";
    let text = format!("id = \"x\"\ntitle = \"X\"\n{text}");
    let error = Scenario::parse("x.toml", &text).expect_err("the second round has this name");
    assert!(
        format!("{error:?}").contains("the name `w-2` is given twice"),
        "{error:?}"
    );
}

#[test]
fn what_is_read_is_written() {
    let scenario = read(
        r#"
[[step]]
wait = { until = { node = "B", sends = "PC-INSTALL" }, within = "10s" }
[[step]]
wait = { until = { node = "C", receives = "GCS-JOIN" } }
[[step]]
latency = { from = "A", to = "B", by = "300ms" }
[[step]]
write = { node = "A", rows = 1 }
may_be_refused = true
"#,
    );
    let actions: Vec<&Action> = scenario.steps.iter().map(|step| &step.action).collect();
    let Action::Wait(Wait::Moment { until, .. }) = actions[0] else {
        panic!("{:?}", actions[0])
    };
    assert_eq!((until.way, until.message), (Way::Sends, Message::PcInstall));
    let Action::Faults(faults) = actions[2] else {
        panic!("{:?}", actions[2])
    };
    assert!(matches!(
        &faults[0],
        Fault::Latency {
            of: Slowed::OneWay { .. },
            ..
        }
    ));
    assert!(scenario.steps[3].may_be_refused);
    let written = scenario.to_toml();
    let mut again = Scenario::parse("x.toml", &written).expect("what is written can be read");
    again.sha256.clone_from(&scenario.sha256);
    for (step, old) in again.steps.iter_mut().zip(&scenario.steps) {
        step.line = old.line;
    }
    assert_eq!(again, scenario, "{written}");
}

/// The words of files and of traces are the same.
#[test]
fn every_message_has_its_word() {
    for message in Message::ALL {
        let steps = format!(
            "[[step]]\nwait = {{ until = {{ node = \"A\", receives = \"{}\" }} }}\n",
            message.name()
        );
        let scenario = read(&steps);
        let Action::Wait(Wait::Moment { until, .. }) = &scenario.steps[0].action else {
            panic!("{:?}", scenario.steps[0])
        };
        assert_eq!(until.message, *message);
        assert_eq!(until.to_string(), format!("A receives {}", message.name()));
    }
}
