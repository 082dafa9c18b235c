//! Node by node: the lives of each server, and what was done to it.

use jiff::Timestamp;

use seatrial_evidence::Event;

use crate::life::Life;
use crate::statement::Statement;
use crate::story::{NodeStory, Story, Stretch};
use crate::tell::found::{flag_line, flags_set, refusals, refused};
use crate::tell::lives::life_lines;
use crate::tell::{Facts, backups, remarks, transfers};

/// Adds the nodes, and the acts.
pub(crate) fn tell(facts: &Facts<'_, '_>, story: &mut Story) {
    let refusals = refusals(facts);
    let flags = flags_set(facts);
    for node in 0..facts.cluster.nodes.len() {
        let mut lines: Vec<(Timestamp, Statement)> = Vec::new();
        let mut stretches = Vec::new();
        for flag in flags.iter().filter(|flag| flag.node == node) {
            lines.push(flag_line(facts, flag));
        }
        for (index, life) in facts.cluster.lives_of(node) {
            let group = refusals.iter().find(|group| group.lives.contains(&index));
            match group {
                Some(group) if group.lives[0] == index => {
                    lines.extend(refused(facts, group));
                }
                Some(_) => {}
                None => {
                    life_lines(facts, index, life, &mut lines);
                }
            }
            stretches.extend(states(facts, index, life));
        }
        for transfer in &facts.transfers {
            if transfer.joiner == node {
                lines.push(facts.at(transfer.chosen, transfers::one(facts, transfer)));
            }
        }
        for search in facts
            .no_donors
            .iter()
            .filter(|search| search.joiner == node)
        {
            lines.push(facts.at(search.first, transfers::no_donor(facts, search)));
        }
        for hang in facts.hangs.iter().filter(|hang| hang.node == node) {
            lines.extend(remarks::hang(facts, hang));
        }
        lines.extend(remarks::of(facts, node));
        lines.extend(backups::of(facts, node));
        lines.sort_by_key(|(at, _)| *at);
        story.nodes.push(NodeStory {
            name: facts.cluster.name(node).to_owned(),
            has_log: facts.cluster.nodes[node].has_log,
            lines: lines.into_iter().map(|(_, line)| line).collect(),
            stretches,
        });
    }
}

/// The states of a life, one after the other.
fn states(facts: &Facts<'_, '_>, index: usize, life: &Life<'_>) -> Vec<Stretch> {
    let component = facts.cluster.component_of_life(index);
    let line = component.map_or(0, |component| {
        facts.cluster.components[component].branch + 1
    });
    let mut points: Vec<(Timestamp, String)> = Vec::new();
    if let (None, Some(first)) = (life.start, life.first()) {
        let state = if life.full.is_some() {
            "SYNCED"
        } else {
            "OUTSIDE"
        };
        points.push((first.at, state.to_owned()));
    } else if let Some(start) = life.start {
        points.push((start.at, "OUTSIDE".to_owned()));
    }
    for dated in &life.facts {
        match &dated.fact.event {
            Event::Shift { to, .. } => {
                let state = if to == "CLOSED" || to == "OPEN" {
                    "OUTSIDE"
                } else {
                    to
                };
                points.push((dated.at, state.to_owned()));
            }
            Event::RestoredState { .. } => points.push((dated.at, "JOINED".to_owned())),
            _ => {}
        }
    }
    let end = life.ended().or_else(|| life.last()).map(|mark| mark.at);
    let mut all: Vec<Stretch> = Vec::new();
    for (place, (from, state)) in points.iter().enumerate() {
        let Some(to) = points.get(place + 1).map(|(at, _)| *at).or(end) else {
            continue;
        };
        if let Some(last) = all.last_mut()
            && last.state == *state
        {
            last.to = to.as_second();
            continue;
        }
        all.push(Stretch {
            from: from.as_second(),
            to: to.as_second(),
            at: facts.time(*from),
            state: state.clone(),
            line: if state == "OUTSIDE" { 0 } else { line },
        });
    }
    all
}
