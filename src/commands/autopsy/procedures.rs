//! Puts every procedure at the moment before the point of no return, and says what each would have done.

use seatrial_answers::Reconstruction;
use seatrial_autopsy::Story;
use seatrial_reports::wrapped;
use seatrial_scenarios::language::ProcedureEnd;
use seatrial_scenarios::matrix::{Broken, cell_scenario};
use seatrial_scenarios::record::StepObservation;
use seatrial_scenarios::{
    NodeObservation, ProcessState, RunOptions, RunRecord, Scenario, Supervisor, procedures as known,
};
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
    // Procedures that came to the same are named together.
    let mut results: Vec<(String, Vec<&str>)> = Vec::new();
    let acts_alone = |name: &&&str| **name != "none" && !known::is_automaton(name);
    for name in known::names().iter().filter(acts_alone) {
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
            Ok(record) => came_to(&record, state.before, &made),
            Err(text) => format!("could not be played: {text}"),
        };
        match results.iter_mut().find(|(known, _)| *known == says) {
            Some((_, names)) => names.push(name),
            None => results.push((says, vec![name])),
        }
    }
    for (says, names) in &results {
        out.print(&wrapped("", "", &format!("{}:", names.join(", "))));
        out.print(&wrapped("  ", "  ", says));
    }
    Ok(exit::OK)
}

/// What a run came to, in words.
fn came_to(record: &RunRecord, before: usize, made: &Reconstruction) -> String {
    let Some(procedure) = record.procedures.last() else {
        let why = record
            .failure
            .as_ref()
            .map_or("", |failure| failure.text.as_str());
        return format!("the incident could not be played up to there: {why}");
    };
    let end = match procedure.end {
        ProcedureEnd::Recovered => "says that all is well",
        ProcedureEnd::AsksPerson => "asks a person",
        ProcedureEnd::GaveUp => "gives up",
        ProcedureEnd::Unbounded => "does not end",
    };
    let Some(last) = record.observations.last() else {
        return format!("{end}; nothing was seen after it");
    };
    let down: Vec<String> = last
        .nodes
        .iter()
        .filter(|(_, node)| !serves(node))
        .map(|(name, _)| made.name(name.as_str()))
        .collect();
    let whole = if down.is_empty() {
        "all nodes serve".to_owned()
    } else {
        format!("{} does not serve", down.join(", "))
    };
    format!("{end}; {whole}; {}", rows(record, last, before, made))
}

fn serves(node: &NodeObservation) -> bool {
    node.cluster_status.as_deref() == Some("Primary")
        && node.local_state.as_deref() == Some("Synced")
}

/// Returns the acknowledged rows that the cluster holds in the end, in words.
fn rows(record: &RunRecord, last: &StepObservation, steps: usize, made: &Reconstruction) -> String {
    let acknowledged: Vec<&str> = record
        .writes
        .iter()
        // Later ones only ask whether the cluster serves.
        .filter(|write| usize::try_from(write.step).is_ok_and(|step| step <= steps))
        .filter(|write| write.is_acknowledged())
        .map(|write| write.tag.as_str())
        .collect();
    let held = |tag: &&str, served: bool| {
        let mut nodes = last.nodes.values();
        nodes.any(|node| {
            (serves(node) || !served) && node.rows.iter().flatten().any(|row| row == *tag)
        })
    };
    let missing: Vec<&str> = acknowledged
        .iter()
        .copied()
        .filter(|tag| !held(tag, true))
        .collect();
    let number = acknowledged.len();
    if missing.is_empty() {
        return format!("all {number} acknowledged rows are served");
    }
    let (on_disk, gone): (Vec<&str>, Vec<&str>) =
        missing.into_iter().partition(|tag| held(tag, false));
    let mut parts = Vec::new();
    let silent: Vec<String> = last
        .nodes
        .iter()
        // A server that is up and does not serve may not have opened its tables.
        .filter(|(_, node)| node.process == ProcessState::Running && !serves(node))
        .map(|(name, _)| made.name(name.as_str()))
        .collect();
    if !gone.is_empty() && !silent.is_empty() {
        let lost = gone.len();
        parts.push(format!(
            "{lost} of {number} acknowledged rows are served by no node, and {} cannot be asked",
            silent.join(", ")
        ));
    } else if !gone.is_empty() {
        let lost = gone.len();
        parts.push(format!("{lost} of {number} acknowledged rows are gone"));
    }
    if !on_disk.is_empty() {
        let kept = on_disk.len();
        parts.push(format!(
            "{kept} of {number} acknowledged rows lie only on the disk of a node that does not serve"
        ));
    }
    parts.join("; ")
}
