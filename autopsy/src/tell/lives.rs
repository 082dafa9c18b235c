//! The sentences about one life of a server: its start, how it came into its group, how it left.

use jiff::Timestamp;

use seatrial_evidence::Event;

use crate::life::{End, Life, Role};
use crate::mark::{Mark, span};
use crate::statement::{Statement, count, list};
use crate::tell::{Facts, short};

/// The sentences about one life.
pub(crate) fn life_lines(
    facts: &Facts<'_, '_>,
    index: usize,
    life: &Life<'_>,
    lines: &mut Vec<(Timestamp, Statement)>,
) {
    let cluster = facts.cluster;
    let name = cluster.name(life.node);
    match life.role {
        Role::RecoveryRun => {
            if let Some(recovered) = &life.recovered {
                lines.push(facts.at(
                    recovered.mark,
                    Statement::certain(
                        format!("A recovery run on {name} finds {}.", short(recovered.value)),
                        [recovered.mark],
                    ),
                ));
            }
            return;
        }
        Role::Outside => {
            if let Some(mark) = life.first() {
                let version = life
                    .version
                    .as_ref()
                    .map_or_else(String::new, |version| format!(" ({version})"));
                let until = life.last().map_or_else(String::new, |last| {
                    format!(", until {}", cluster.face.show_after(last.at, mark.at))
                });
                let outside = life.facts.iter().chain(&life.before).find(|dated| {
                    matches!(dated.fact.event, Event::NotAClusterNode | Event::Initialize)
                });
                let marks = [
                    Some(mark),
                    outside.map(crate::mark::Dated::mark),
                    life.last(),
                ];
                lines.push(facts.at(
                    mark,
                    Statement::certain(
                        format!("A server{version} runs on {name} outside of any cluster{until}."),
                        marks.into_iter().flatten(),
                    ),
                ));
            }
            return;
        }
        Role::Member => {}
    }
    lines.extend(start(facts, index, life));
    lines.extend(entry(facts, index, life));
    if let Some(mark) = synced(life) {
        lines.push(facts.at(
            mark,
            Statement::certain(format!("{name} is synced."), [mark]),
        ));
    }
    if let Some(mark) = life.ready {
        let then = cluster
            .views_of(index)
            .rfind(|view| cluster.views[*view].mark.at <= mark.at);
        let alone = then.is_some_and(|view| cluster.views[view].size == 1);
        let alone = if alone { " alone" } else { "" };
        lines.push(facts.at(
            mark,
            Statement::certain(format!("{name}{alone} accepts clients."), [mark]),
        ));
    }
    if let Some(reversal) = &life.reversal {
        let (own, group) = reversal.value;
        lines.push(facts.at(reversal.mark, Statement::certain(
            format!(
                "{name} has more than its group and aborts: reversing history {own} to {group}, {} more than \
                 the primary component. Its data are still on its disk.",
                count(own - group, "event")
            ),
            [reversal.mark],
        )));
    }
    lines.extend(leaving(facts, life));
}

/// The first time that the node was in step with its group.
pub(crate) fn synced(life: &Life<'_>) -> Option<Mark> {
    life.facts.iter().find_map(|dated| match &dated.fact.event {
        Event::Shift { to, .. } if to == "SYNCED" => Some(dated.mark()),
        _ => None,
    })
}

/// The start, and what the data folder held.
fn start(facts: &Facts<'_, '_>, index: usize, life: &Life<'_>) -> Option<(Timestamp, Statement)> {
    let cluster = facts.cluster;
    let name = cluster.name(life.node);
    let mark = life.start?;
    let mut marks = vec![mark];
    let mut says = format!("{name} starts");
    if let Some(version) = &life.version {
        says.extend([format!(" ({version})")]);
    }
    match &life.bootstrap_option {
        Some(option) if option.value => {
            says.push_str(" with the bootstrap option");
            marks.push(option.mark);
        }
        Some(option) => {
            says.push_str(" without the bootstrap option");
            marks.push(option.mark);
        }
        None => {}
    }
    if let Some(saved) = &life.saved {
        let flag = match saved.value.1 {
            Some(flag) => format!(", safe_to_bootstrap {}", u8::from(flag)),
            None => String::new(),
        };
        says.extend([format!(": saved state {}{flag}", short(saved.value.0))]);
        marks.push(saved.mark);
    }
    if let Some(mark) = life.no_saved {
        says.push_str(": its data folder is empty, without grastate.dat");
        marks.push(mark);
    }
    if let Some(recovered) = &life.recovered {
        says.extend([format!("; recovered position {}", short(recovered.value))]);
        marks.push(recovered.mark);
    }
    says.push('.');
    let is_undefined = life
        .saved
        .as_ref()
        .is_some_and(|saved| saved.value.0.is_undefined());
    if is_undefined && life.recovered.is_none() && life.no_saved.is_none() {
        says.push_str(" No position was recovered before it.");
        if let Some(cache) = &life.cache {
            says.extend([format!(
                " Its write-set cache still holds {} to {}.",
                cache.value.0, cache.value.1
            )]);
            marks.push(cache.mark);
        }
    }
    if let Some(identity) = life.identity
        && had_identity(facts, index)
    {
        says.extend([format!(" Its identity is now {identity}.")]);
    }
    let mut earlier = facts
        .cluster
        .lives_of(life.node)
        .filter(|(other, _)| *other < index);
    let known = earlier
        .find_map(|(_, other)| other.address.as_ref())
        .map(|known| &known.value);
    if let Some(address) = &life.address
        && known != Some(&address.value)
    {
        let now = if known.is_some() { "now " } else { "" };
        says.extend([format!(" Its address is {now}{}.", address.value)]);
        marks.push(address.mark);
    }
    Some(facts.at(mark, Statement::certain(says, marks)))
}

/// Whether an earlier life of the node had an identity that its log shows.
fn had_identity(facts: &Facts<'_, '_>, index: usize) -> bool {
    let life = &facts.cluster.lives[index];
    let mut earlier = facts
        .cluster
        .lives_of(life.node)
        .filter(|(other, _)| *other < index);
    earlier.any(|(_, other)| other.identity.is_some())
}

/// How the life came into its first view: by a bootstrap, or by joining.
fn entry(facts: &Facts<'_, '_>, index: usize, life: &Life<'_>) -> Option<(Timestamp, Statement)> {
    let cluster = facts.cluster;
    let name = cluster.name(life.node);
    let first = cluster.views_of(index).next();
    if let Some(mark) = life.bootstrap {
        let mut marks = vec![mark];
        marks.extend(life.bootstrap_option.as_ref().map(|option| option.mark));
        let mut says = format!("{name} bootstraps a primary component of one member");
        if let Some(view) = first.map(|view| &cluster.views[view]) {
            if let Some(position) = view.position() {
                says.extend([format!(" at {position}")]);
            }
            if let Some(history) = view.history {
                says.extend([format!(", history {}", super::short_uuid(history))]);
            }
            marks.extend(view.marks());
        }
        if let Some(saved) = &life.saved {
            let flag = saved.value.1.map_or_else(String::new, |flag| {
                format!(", safe_to_bootstrap {}", u8::from(flag))
            });
            says.extend([format!("; it had {}{flag}", short(saved.value.0))]);
            marks.push(saved.mark);
        }
        if let Some(new) = life.new_history {
            says.push_str("; this is a new history");
            marks.push(new);
        }
        if let Some(identity) = life.identity {
            says.extend([format!("; its identity is {identity}")]);
        }
        says.push('.');
        return Some(facts.at(mark, Statement::certain(says, marks)));
    }
    life.start?;
    let view = &cluster.views[first?];
    let others: Vec<String> = cluster
        .members(view)
        .into_iter()
        .filter(|other| other != name)
        .collect();
    let mut says = if others.is_empty() {
        format!("{name} is alone in its first view")
    } else {
        format!("{name} meets {}", list(&others))
    };
    if let (Some(number), Some(conf_id)) = (
        view.number
            .map(|n| n.to_string())
            .or_else(|| view.view_number().map(|n| n.to_string())),
        view.conf_id,
    ) {
        says.extend([format!(": view {number}, configuration {conf_id}")]);
    } else if let Some(number) = view.number {
        says.extend([format!(": view {number}")]);
    }
    if let Some(primary) = view.primary_before {
        says.extend([format!(", members {primary}/{}", view.size)]);
    }
    if let Some(position) = view.shown() {
        says.extend([format!(", position {position}")]);
    }
    if let Some(identity) = life.identity {
        says.extend([format!("; its identity is {identity}")]);
    }
    says.push('.');
    let seen = view.seen_by(index)?;
    let own = [
        seen.quorum.as_ref().map(|(_, mark)| *mark),
        seen.group_view.as_ref().map(|(_, mark)| *mark),
        seen.server_view.as_ref().map(|(_, mark)| *mark),
        Some(seen.mark),
    ];
    Some(facts.at(
        seen.mark,
        Statement::certain(says, own.into_iter().flatten()),
    ))
}

/// How the life left its group, and how it ended.
fn leaving(facts: &Facts<'_, '_>, life: &Life<'_>) -> Vec<(Timestamp, Statement)> {
    let cluster = facts.cluster;
    let name = cluster.name(life.node);
    let mut lines = Vec::new();
    let asked = life.stop_requested;
    let orderly = asked.is_some_and(|asked| {
        life.left
            .as_ref()
            .is_none_or(|left| left.mark.at >= asked.at)
    });
    let by_itself = life.left.as_ref().filter(|_| !orderly);
    if let Some(left) = by_itself {
        let stays = match (life.ended(), asked) {
            (Some(end), Some(asked)) => format!(
                " Its server stays up outside of the cluster for {} until it is shut down at {}.",
                span(left.mark.at, asked.at),
                cluster.face.show_after(end.at, left.mark.at)
            ),
            (Some(end), None) if end.at.as_second() - left.mark.at.as_second() < 120 => {
                format!(
                    " Its server ends at {}.",
                    cluster.face.show_after(end.at, left.mark.at)
                )
            }
            (None, _) => " No line says that its server ended.".to_owned(),
            _ => String::new(),
        };
        let marks = [Some(left.mark), asked, life.ended()];
        lines.push(facts.at(
            left.mark,
            Statement::certain(
                format!("{name} leaves its group at {}.{stays}", left.value),
                marks.into_iter().flatten(),
            ),
        ));
        return lines;
    }
    if let Some(asked) = asked {
        let mut marks = vec![asked];
        let by = life
            .stopped_by
            .as_ref()
            .map_or_else(String::new, |by| format!(" by {by}"));
        let mut says = format!("{name} is told to shut down{by}");
        if let Some(left) = &life.left {
            says.extend([format!(
                ", leaves in order at {} ({})",
                left.value,
                cluster.face.show_after(left.mark.at, asked.at)
            )]);
            marks.push(left.mark);
        }
        match life.stopped {
            Some(stopped) => {
                says.extend([format!(
                    " and has stopped at {}.",
                    cluster.face.show_after(stopped.at, asked.at)
                )]);
                marks.push(stopped);
            }
            None => says.push_str("; no line says that it has stopped."),
        }
        lines.push(facts.at(asked, Statement::certain(says, marks)));
        return lines;
    }
    let says = match life.end {
        End::Crashed(signal) => format!("{name} crashes (signal {signal})."),
        End::CutOff => format!(
            "No line says how this run of {name} ended, and the next one starts later: it was killed, or lines are missing."
        ),
        End::Aborted if life.reversal.is_none() => {
            let joined = if life.full.is_some() {
                ""
            } else {
                " without having joined"
            };
            format!("{name} gives up and ends{joined}.")
        }
        End::Stopped if life.full.is_some() => format!("{name} has stopped."),
        _ => return lines,
    };
    let mark = life
        .gave_up
        .filter(|_| life.end == End::Aborted)
        .or(life.ended())
        .or_else(|| life.last());
    if let Some(mark) = mark {
        lines.push(facts.at(
            mark,
            Statement::certain(says, [mark].into_iter().chain(life.ended())),
        ));
    }
    lines
}
