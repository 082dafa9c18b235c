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
        keep_events: true,
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

#[test]
fn a_face_that_draws_gets_the_moment_as_data() {
    let (mut lab, _) = open(&Opening::Plain).unwrap();
    block_on(lab.line("client A write 2"));
    block_on(lab.line("fault terminate A B"));
    block_on(lab.line("wait 20s"));
    let scene = lab.scene();
    assert_eq!(
        (scene.moment, scene.start, scene.fork.as_str()),
        (3, 0, "main")
    );
    let lines: Vec<&str> = scene.moments.iter().map(|m| m.line.as_str()).collect();
    assert_eq!(
        lines[1..],
        ["client A write 2", "fault terminate A B", "wait 20s"]
    );
    let rows = scene.rows.unwrap();
    assert_eq!(rows.len(), 2);
    assert!(
        rows.iter()
            .all(|row| row.outcome == "acknowledged" && row.on == ["A", "B", "C"])
    );
    let survivor = &scene.nodes[2];
    assert_eq!(survivor.cluster_status.as_deref(), Some("non-Primary"));
    let sum = survivor.quorum.as_ref().unwrap();
    assert_eq!(
        (sum.twice_present, sum.left_weight, sum.total, sum.holds),
        (2, 0, 3, false)
    );
    assert_eq!(scene.nodes[0].server, "exited");
    // The film holds the run up to now: what was typed, and what happened.
    let film = lab.film();
    assert_eq!(film.scenario.steps.len(), 3);
    assert!(film.events.len() > 50, "{}", film.events.len());
    block_on(lab.line("back"));
    assert_eq!(lab.film().scenario.steps.len(), 2);
    assert!(lab.film().events.len() < film.events.len());
}

#[test]
fn a_mission_hides_what_no_operator_can_see() {
    let (mut lab, _) = open(&Opening::Mission("find-the-safe-node".to_owned())).unwrap();
    let scene = lab.scene();
    assert_eq!(scene.mission.as_ref().unwrap().hints, (0, 3));
    assert!(scene.rows.is_none() && scene.findings.is_empty());
    assert!(scene.nodes.iter().all(|node| node.position.is_none()));
    assert!(
        scene.start > 0,
        "the incident is over when the learner begins"
    );
    block_on(lab.line("debrief"));
    assert!(lab.scene().rows.is_some());
}
