//! What the logs cannot tell.

use seatrial_evidence::Event;

use crate::life::{Life, Role};
use crate::mark::{Mark, span};
use crate::statement::{Statement, list};
use crate::story::Story;
use crate::tell::Facts;
use crate::tell::found::flags_set;

/// A time without a line that is worth a word, in seconds, where something changed in it.
const LONG_S: i64 = 300;

/// Adds what the logs cannot tell.
pub(crate) fn tell(facts: &Facts<'_, '_>, story: &mut Story) {
    let cluster = facts.cluster;
    let unseen = facts.cluster.without_log();
    if !unseen.is_empty() {
        story.unknown.push(Statement::certain(
            format!(
                "What {} did: there is no log of {}; {} known from the logs of others only.",
                list(&unseen),
                if unseen.len() == 1 { "it" } else { "them" },
                if unseen.len() == 1 {
                    "it is"
                } else {
                    "they are"
                }
            ),
            named_by(facts),
        ));
    }
    left_out(facts, story);
    for flag in flags_set(facts)
        .iter()
        .filter(|flag| flag.by_script.is_none())
    {
        story.unknown.push(Statement::certain(
            format!(
                "The person who set the flag of {}.",
                cluster.name(flag.node)
            ),
            flag.marks.iter().copied(),
        ));
    }
    missing_views(facts, story);
    missing_lives(facts, story);
    for fork in &facts.forks {
        for side in [&fork.new, &fork.old] {
            let kept = [&fork.new, &fork.old]
                .iter()
                .any(|one| one.lost().is_some());
            if side.write_sets > 0 && (side.lost().is_some() || !kept) {
                story.unknown.push(Statement::certain(
                    format!(
                        "The content of the {} write sets up to {}, and whether binary logs, a backup or replicas hold them.",
                        side.write_sets, side.reach.value
                    ),
                    [side.reach.mark],
                ));
            }
        }
    }
    let stops: Vec<&Life<'_>> = cluster
        .lives
        .iter()
        .filter(|life| life.stop_requested.is_some())
        .collect();
    if !stops.is_empty() {
        let marks: Vec<Mark> = stops
            .iter()
            .filter_map(|life| life.stop_requested)
            .take(6)
            .collect();
        story.unknown.push(Statement::certain(
            "The reason for each stop of a server: a log names a signal only.",
            marks,
        ));
    }
    for hang in &facts.hangs {
        story.unknown.push(Statement::certain(
            format!(
                "What the threads of {} wait for, and whether it confirmed writes to clients after {}.",
                cluster.name(hang.node),
                facts.time(hang.since.at)
            ),
            [hang.since],
        ));
    }
    let broke: Vec<&crate::transfer::Transfer> = facts
        .transfers
        .iter()
        .filter(|transfer| transfer.broke() && transfer.joiner_life.is_none())
        .collect();
    if !broke.is_empty() {
        let times: Vec<String> = broke
            .iter()
            .map(|transfer| facts.time(transfer.chosen.at))
            .collect();
        story.unknown.push(Statement::certain(
            format!(
                "Why the transfers of {} broke: the joiners' logs are missing.",
                list(&times)
            ),
            broke.iter().map(|transfer| transfer.chosen),
        ));
    }
    ends(facts, story);
}

/// The middle of files that have very many facts.
fn left_out(facts: &Facts<'_, '_>, story: &mut Story) {
    let cluster = facts.cluster;
    for life in &cluster.lives {
        let gaps = life.facts.iter();
        for dated in gaps.filter(|dated| dated.fact.event == Event::LeftOut) {
            let number = dated.times();
            story.unknown.push(Statement::certain(
                format!(
                    "What {} did between {} and {}: its log says so much that {number} facts of that time are left out. Give \
                     the part of the log that matters to see them.",
                    cluster.name(life.node),
                    facts.time(dated.at),
                    cluster.face.show_after(dated.last_at, dated.at)
                ),
                [dated.mark(), dated.last_mark()],
            ));
        }
    }
}

/// The first view in which each node without a log stands.
fn named_by(facts: &Facts<'_, '_>) -> Vec<Mark> {
    let nodes = facts.cluster.nodes.iter().enumerate();
    let unseen = nodes.filter(|(_, node)| !node.has_log);
    let views = unseen.filter_map(|(node, _)| {
        let mut views = facts.cluster.views.iter();
        views.find(|view| view.has_node(node))
    });
    let mut marks = Vec::new();
    for view in views {
        marks.extend(view.marks().into_iter().take(1));
    }
    marks
}

/// Views that no line shows.
fn missing_views(facts: &Facts<'_, '_>, story: &mut Story) {
    let cluster = facts.cluster;
    for component in &cluster.components {
        for pair in component.views.windows(2) {
            let (before, view) = (&cluster.views[pair[0]], &cluster.views[pair[1]]);
            let (Some(last), Some(now)) = (before.conf_id, view.conf_id) else {
                continue;
            };
            if now - last > 1 {
                let numbers: Vec<String> =
                    (last + 1..now).map(|conf| (conf + 1).to_string()).collect();
                let quiet = last_line_before(facts, view.mark);
                let from = quiet.unwrap_or(before.mark);
                let marks = before
                    .marks()
                    .into_iter()
                    .take(1)
                    .chain(view.marks().into_iter().take(1));
                story.unknown.push(Statement::inferred(
                    format!(
                        "What happened between {} and {} ({}): no file has a line of that time, yet {} {} fell into it.",
                        facts.time(from.at),
                        cluster.face.show_after(view.mark.at, from.at),
                        span(from.at, view.mark.at),
                        if now - last == 2 { "view" } else { "views" },
                        list(&numbers)
                    ),
                    marks,
                ));
            }
        }
    }
}

/// The last line of a member before a view, where the logs are silent for long.
fn last_line_before(facts: &Facts<'_, '_>, mark: Mark) -> Option<Mark> {
    let lines = facts.cluster.lives.iter().flat_map(|life| &life.facts);
    let earlier = lines.filter(|dated| mark.at.as_second() - dated.last_at.as_second() > 30);
    earlier.max_by_key(|dated| dated.last_at).map(|dated| Mark {
        source: dated.fact.source,
        at: dated.last_at,
    })
}

/// Members that were seen by others and of which the own log has no life.
fn missing_lives(facts: &Facts<'_, '_>, story: &mut Story) {
    let cluster = facts.cluster;
    let mut told: Vec<usize> = Vec::new();
    for view in &cluster.views {
        for (member, node) in view.members.iter().zip(&view.nodes) {
            let Some(node) = *node else { continue };
            if !cluster.nodes[node].has_log
                || cluster.life_of(member).is_some()
                || told.contains(&node)
            {
                continue;
            }
            told.push(node);
            let first = cluster.lives_of(node).find_map(|(_, life)| life.first());
            let until = first
                .filter(|first| first.at > view.mark.at)
                .map_or_else(String::new, |first| {
                    format!(" before {}", facts.time(first.at))
                });
            story.unknown.push(Statement::certain(
                format!(
                    "What {} did{until}: others saw it as a member, as {member}, and its own log has no line of that.",
                    cluster.name(node)
                ),
                view.marks(),
            ));
        }
    }
}

/// Where the logs end.
fn ends(facts: &Facts<'_, '_>, story: &mut Story) {
    let cluster = facts.cluster;
    let end = cluster.end();
    let mut early: Vec<(usize, Mark)> = Vec::new();
    for node in 0..cluster.nodes.len() {
        let last = cluster
            .lives_of(node)
            .filter(|(_, life)| life.role == Role::Member)
            .last();
        if let Some(mark) = last.and_then(|(_, life)| life.last())
            && end.as_second() - mark.at.as_second() > LONG_S
            && last.is_some_and(|(_, life)| life.end == crate::life::End::Open)
        {
            early.push((node, mark));
        }
    }
    for (node, mark) in early {
        story.unknown.push(Statement::certain(
            format!(
                "Whether {} still runs: its log says nothing after {}.",
                cluster.name(node),
                facts.time(mark.at)
            ),
            [mark],
        ));
    }
    if let Some(last) = cluster
        .lives
        .iter()
        .filter_map(Life::last)
        .max_by_key(|mark| mark.at)
    {
        story.unknown.push(Statement::certain(
            format!(
                "What happened after {}, when the logs end.",
                facts.time(last.at)
            ),
            [last],
        ));
    }
}
