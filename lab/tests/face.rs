//! Uses the lab as a second face would: a mission from its first text to its grade, without a file.

#![expect(clippy::unwrap_used, reason = "a test may stop where it cannot go on")]

use pollster::block_on;
use seatrial_lab::{
    Des, Lab, Letter, Opening, OpeningError, Progress, Setting, embedded_missions,
    mission_or_scenario,
};

fn setting() -> Setting {
    Setting {
        missions: embedded_missions().unwrap(),
        seed: 7,
        timers: None,
        keep_events: false,
    }
}

fn open(opening: &Opening) -> Result<(Lab<Des>, String), OpeningError> {
    block_on(Lab::open(Des, setting(), opening, Progress::default()))
}

#[test]
fn a_mission_is_ended_and_its_grade_can_be_kept_as_json() {
    let id = "find-the-safe-node";
    let opening = mission_or_scenario(&setting().missions, id).unwrap();
    let (mut lab, story) = open(&opening).unwrap();
    assert!(story.contains("Goal"), "{story}");
    assert_eq!(lab.completions("debr").words, ["debrief"]);
    let reply = block_on(lab.line("debrief"));
    assert!(reply.progress_changed && !reply.refused, "{}", reply.text);
    assert!(reply.plain().starts_with("Grade "), "{}", reply.plain());
    let json = serde_json::to_string(lab.progress()).unwrap();
    let read: Progress = serde_json::from_str(&json).unwrap();
    assert_eq!(&read, lab.progress());
    assert_eq!((read.best(id), read.tries(id)), (Some(Letter::F), 1));
}

#[test]
fn what_is_saved_is_handed_to_the_face() {
    let (mut lab, _) = open(&Opening::Plain).unwrap();
    assert!(lab.prompt().starts_with("lab "));
    block_on(lab.line("fault terminate A"));
    let reply = block_on(lab.line("save broken.toml"));
    let file = reply.file.unwrap();
    assert_eq!(file.name, "broken.toml");
    let opening = mission_or_scenario(&setting().missions, &file.text).unwrap();
    let (mut again, _) = open(&opening).unwrap();
    assert!(!block_on(again.line("next all")).refused);
}

#[test]
fn a_mission_that_is_not_there_is_an_error() {
    let error = open(&Opening::Mission("nothing".to_owned())).err();
    let error = error.expect("there is no such mission");
    assert!(matches!(error, OpeningError::Mission(text) if text.contains("nothing")));
}
