//! Puts every procedure at the moment before the point of no return, and says what each would have done.

use seatrial_autopsy::Story;
use seatrial_reports::wrapped;
use seatrial_scenarios::matrix::{Broken, cell_scenario};
use seatrial_scenarios::outcome::Outcome;
use seatrial_scenarios::{RunOptions, RunRecord, Scenario, Supervisor, procedures as known};
use seatrial_sim::des::Templates;
use seatrial_sim::explore::play_with;

use super::reconstruction;
use crate::args::{EngineArg, SEED};
use crate::output::Out;
use crate::{Stop, engines, exit, signals};

/// Plays the procedures on des, and prints what each came to.
pub(super) fn procedures(story: &Story, out: &mut Out) -> Result<u8, Stop> {
    let made = reconstruction(story)?;
    let nothing = || Stop {
        code: exit::ENVIRONMENT,
        text: "error: there is no moment to begin from: the story has no point of no return, or \
               nothing before it can be played again"
            .to_owned(),
    };
    let text = made.before_no_return.as_ref().ok_or_else(nothing)?;
    let scenario = Scenario::parse("the reconstruction", text)
        .map_err(|error| Stop::bug("the reconstruction", &error.to_string()))?;
    let state = Broken::of(&scenario).ok_or_else(nothing)?;
    let moment = story.no_return.as_ref().or(story.danger.as_ref());
    let at = moment.and_then(|moment| moment.at.as_deref());
    out.print(&wrapped(
        "",
        "",
        &format!(
            "The incident is played again on des, up to the moment before {}. Then each procedure acts.",
            at.unwrap_or("the point of no return")
        ),
    ));
    for remark in &made.remarks {
        out.print(&wrapped("  - ", "    ", remark));
    }
    out.line("");
    signals::listen();
    let mut templates = Templates::default();
    for name in known::names().iter().filter(|name| **name != "none") {
        if signals::stopped() {
            return Ok(exit::STOPPED);
        }
        let cell = cell_scenario(&state, name, Supervisor::None);
        let options = RunOptions {
            seed: SEED,
            engine: engines::name(EngineArg::Des).to_owned(),
            ..RunOptions::default()
        };
        let says = match play_with(&mut templates, &cell, &options) {
            Ok(record) => came_to(&record, state.before),
            Err(text) => format!("could not be played: {text}"),
        };
        out.print(&wrapped("  ", "    ", &format!("{name}: {says}")));
    }
    Ok(exit::OK)
}

/// What a run came to, in words.
fn came_to(record: &RunRecord, before: usize) -> String {
    let broke = record
        .failure
        .as_ref()
        .filter(|_| record.second_phase.is_none());
    if let Some(failure) = broke {
        return format!(
            "the incident could not be played up to there: {}",
            failure.text
        );
    }
    let Some(phase) = &record.second_phase else {
        return "no procedure acted".to_owned();
    };
    let outcome = Outcome::of(record, before);
    let text = if phase.text.starts_with(outcome.name()) {
        phase.text.clone()
    } else {
        format!("{}: {}", outcome.name(), phase.text)
    };
    format!("{text}; {}", rows(record, before))
}

/// Which acknowledged rows the cluster holds in the end.
fn rows(record: &RunRecord, steps: usize) -> String {
    let acknowledged: Vec<&str> = record
        .writes
        .iter()
        // Later ones only ask whether the cluster serves.
        .filter(|write| usize::try_from(write.step).is_ok_and(|step| step <= steps))
        .filter(|write| write.is_acknowledged())
        .map(|write| write.tag.as_str())
        .collect();
    let Some(last) = record.observations.last() else {
        return "nothing was seen of its rows".to_owned();
    };
    let held = |tag: &&str, served: bool| {
        last.nodes.values().any(|node| {
            let serves = node.cluster_status.as_deref() == Some("Primary");
            (serves || !served) && node.rows.iter().flatten().any(|row| row.as_str() == *tag)
        })
    };
    let missing: Vec<&str> = acknowledged
        .iter()
        .copied()
        .filter(|tag| !held(tag, true))
        .collect();
    let number = acknowledged.len();
    if missing.is_empty() {
        return format!("the cluster holds all {number} acknowledged rows");
    }
    let (on_disk, gone): (Vec<&str>, Vec<&str>) =
        missing.into_iter().partition(|tag| held(tag, false));
    let mut parts = Vec::new();
    if !gone.is_empty() {
        parts.push(format!(
            "{} of {number} acknowledged rows are gone: {}",
            gone.len(),
            gone.join(", ")
        ));
    }
    if !on_disk.is_empty() {
        parts.push(format!(
            "{} of {number} lie only on the disk of a node that does not serve: {}",
            on_disk.len(),
            on_disk.join(", ")
        ));
    }
    parts.join("; ")
}
