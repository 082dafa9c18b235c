//! The time line by primary component.

use jiff::Timestamp;

use seatrial_evidence::Event;

use crate::cluster::{Alive, Begin};
use crate::ledger::{Fork, Side};
use crate::mark::{Mark, span};
use crate::statement::{Statement, count, list};
use crate::story::{ComponentStory, ForkStory, SideStory, Story, ViewStory};
use crate::tell::{Facts, short_uuid, transfers};
use crate::view::View;

/// Adds the components and the forks.
pub(crate) fn tell(facts: &Facts<'_, '_>, story: &mut Story) {
    let told = transfers::tell(facts);
    for index in 0..facts.cluster.components.len() {
        story.components.push(component(facts, index, &told));
    }
    story.forks = facts
        .forks
        .iter()
        .map(|fork| fork_story(facts, fork))
        .collect();
}

fn component(
    facts: &Facts<'_, '_>,
    index: usize,
    told: &[(Timestamp, Option<usize>, Statement)],
) -> ComponentStory {
    let cluster = facts.cluster;
    let own = &cluster.components[index];
    let first = cluster.first_view(index);
    let (end, ends) = end(facts, index);
    let mut lines: Vec<(Timestamp, Statement)> = Vec::new();
    let mut before: Option<&View> = None;
    for view in own.views.iter().map(|view| &cluster.views[*view]) {
        lines.push(facts.at(view.mark, view_line(facts, before, view)));
        if let Some(gap) = before.and_then(|before| gap(facts, before, view)) {
            lines.push(facts.at(view.mark, gap));
        }
        before = Some(view);
    }
    for (at, view, statement) in told {
        if view.is_some_and(|view| cluster.component_of[view] == index) {
            lines.push((*at, statement.clone()));
        }
    }
    if let Some((mark, statement)) = ends {
        lines.push(facts.at(mark, statement));
    }
    lines.sort_by_key(|(at, _)| *at);
    ComponentStory {
        line: own.branch + 1,
        title: title(facts, index, end),
        lines: lines.into_iter().map(|(_, line)| line).collect(),
        from: facts.time(first.mark.at),
        to: facts.time(end),
        first_seqno: own.from,
        last_seqno: own.reach.as_ref().map(|reach| reach.value),
        views: own
            .views
            .iter()
            .map(|view| {
                let view = &cluster.views[*view];
                ViewStory {
                    at: facts.time(view.mark.at),
                    members: cluster.members(view),
                    configuration: view.conf_id,
                    position: view.shown(),
                }
            })
            .collect(),
    }
}

/// The last sign of a component, and the sentence that it ended.
fn end(facts: &Facts<'_, '_>, index: usize) -> (Timestamp, Option<(Mark, Statement)>) {
    let cluster = facts.cluster;
    let mark = last_sign(facts, index);
    if cluster.was_alive(index, mark.at) != Alive::No {
        return (mark.at, None);
    }
    let reach = &cluster.components[index].reach;
    let position = reach
        .as_ref()
        .map_or_else(String::new, |reach| format!(" at {}", reach.value));
    let marks = [Some(mark), reach.as_ref().map(|reach| reach.mark)];
    (
        mark.at,
        Some((
            mark,
            Statement::certain(
                format!("The component ends{position}: its last member is out."),
                marks.into_iter().flatten(),
            ),
        )),
    )
}

/// The last line that a member of a component wrote as its member.
pub(crate) fn last_sign(facts: &Facts<'_, '_>, index: usize) -> Mark {
    let cluster = facts.cluster;
    let view = cluster.last_view(index);
    let mut last: Option<Mark> = None;
    for member in &view.members {
        if let Some(life) = cluster.life_of(member) {
            let life = &cluster.lives[life];
            let out = life.out().or_else(|| life.last());
            if let Some(out) = out
                && last.is_none_or(|last| last.at < out.at)
            {
                last = Some(out);
            }
        }
    }
    last.unwrap_or(view.mark)
}

fn title(facts: &Facts<'_, '_>, index: usize, end: Timestamp) -> Statement {
    let cluster = facts.cluster;
    let own = &cluster.components[index];
    let first = cluster.first_view(index);
    let history = first.history.map_or_else(String::new, |uuid| {
        format!(" of history {}", short_uuid(uuid))
    });
    let mut members: Vec<String> = Vec::new();
    for view in &own.views {
        for name in cluster.members(&cluster.views[*view]) {
            if !members.contains(&name) {
                members.push(name);
            }
        }
    }
    members.sort();
    let (from, to) = (first.mark.at, end);
    let mut says = format!(
        "Primary component {}{history}, {} to {} ({}): {}.",
        index + 1,
        facts.time(from),
        cluster.face.show_after(to, from),
        span(from, to),
        list(&members)
    );
    if let (Some(before), Some(reach)) = (own.from, &own.reach) {
        let number = write_sets(facts, index);
        says.extend([format!(
            " From {before} to {}: {} and {}.",
            reach.value,
            count(number.0, "write set"),
            count(number.1, "view")
        )]);
        if first.seqno.is_none() {
            says.push_str(" With Galera 3 a view takes no number.");
        }
    }
    match own.begin {
        Begin::Unseen => says.push_str(" The logs begin in the middle of it."),
        Begin::Split => says.push_str(" It parted from another component."),
        Begin::Bootstrap(_) => {}
    }
    let marks = [first.mark];
    let reach = own.reach.iter().map(|reach| reach.mark);
    let statement = Statement::certain(says, marks.into_iter().chain(reach));
    facts.at(first.mark, statement).1
}

/// How many write sets and views a component has ordered.
pub(crate) fn write_sets(facts: &Facts<'_, '_>, component: usize) -> (i64, i64) {
    let cluster = facts.cluster;
    let own = &cluster.components[component];
    let (Some(from), Some(reach)) = (own.from, &own.reach) else {
        return (0, 0);
    };
    let mut views = 0;
    let mut last: Option<i64> = None;
    for view in own.views.iter().map(|view| &cluster.views[*view]) {
        if view.seqno.is_some() {
            views += i64::from(view.seqno <= Some(reach.value));
            if let (Some(last), Some(now)) = (last, view.conf_id) {
                views += (now - last - 1).max(0);
            }
        }
        last = view.conf_id.or(last);
    }
    ((reach.value - from - views).max(0), views)
}

/// One view: its number, its members, who came and went, what was written since the one before.
fn view_line(facts: &Facts<'_, '_>, before: Option<&View>, view: &View) -> Statement {
    let cluster = facts.cluster;
    let members = cluster.members(view);
    let mut says = match (view.view_number(), view.number) {
        (Some(number), Some(id)) if u64::try_from(number) != Ok(id) => {
            format!("View {id} (view# {number})")
        }
        (_, Some(id)) => format!("View {id}"),
        (Some(number), None) => format!("View# {number}"),
        (None, None) => "A view".to_owned(),
    };
    if let Some(conf_id) = view.conf_id {
        says.extend([format!(", configuration {conf_id}")]);
    }
    if let Some(primary) = view.primary_before {
        says.extend([format!(", members {primary}/{}", view.size)]);
    }
    if let Some(position) = view.shown() {
        says.extend([format!(", position {position}")]);
    }
    says.extend([format!(": {}.", list(&members))]);
    if let (Some(seqno), false, Some(_)) = (view.seqno, view.handled, view.conf_id) {
        says.extend([format!(
            " No log shows an applier that handled this view; its own number is {seqno}."
        )]);
    }
    if before.is_none() {
        says.push_str(&gone_before(facts, view));
    }
    if let Some(before) = before {
        let then = cluster.members(before);
        let came: Vec<String> = members
            .iter()
            .filter(|name| !then.contains(name))
            .cloned()
            .collect();
        let went: Vec<String> = then
            .iter()
            .filter(|name| !members.contains(name))
            .cloned()
            .collect();
        if !came.is_empty() {
            let came: Vec<String> = came
                .iter()
                .map(|name| as_identity(facts, view, name))
                .collect();
            says.extend([format!(" {} came.", list(&came))]);
        }
        if !went.is_empty() {
            says.extend([format!(" {} went.", list(&went))]);
        }
        let again: Vec<String> = members
            .iter()
            .filter(|name| then.contains(name) && is_other_life(facts, before, view, name))
            .cloned()
            .collect();
        if !again.is_empty() {
            says.extend([format!(" {} came with another identity.", list(&again))]);
        }
        if let (Some(then), Some(now)) = (before.position(), view.before)
            && gap(facts, before, view).is_none()
        {
            let written = now - then;
            let time = span(before.mark.at, view.mark.at);
            says.extend([match written {
                0 => format!(" Nothing was written in the {time} since the view before."),
                number => format!(
                    " {} in the {time} since the view before.",
                    count(number, "write set")
                ),
            }]);
        }
    }
    Statement::certain(says, view.marks())
}

/// A name with the identity that it has in this view.
fn as_identity(facts: &Facts<'_, '_>, view: &View, name: &str) -> String {
    let node = facts.cluster.node_named(name);
    let place = view
        .nodes
        .iter()
        .position(|own| own.is_some() && *own == node);
    match place.and_then(|place| view.members.get(place)) {
        Some(identity) => format!("{name} ({identity})"),
        None => name.to_owned(),
    }
}

/// The nodes that were gone in the first view that the logs show.
fn gone_before(facts: &Facts<'_, '_>, view: &View) -> String {
    let cluster = facts.cluster;
    let group = view.seen.iter().find_map(|seen| seen.group_view.as_ref());
    let Some((group, _)) = group else {
        return String::new();
    };
    let gone: Vec<_> = group.left.iter().chain(&group.partitioned).collect();
    // The only node that is no member is the one that is gone.
    let mut others = (0..cluster.nodes.len()).filter(|node| !view.has_node(*node));
    let only = match (others.next(), others.next()) {
        (Some(node), None) if gone.len() == 1 => Some(node),
        _ => None,
    };
    match (gone.as_slice(), only) {
        ([], _) => String::new(),
        ([identity], Some(node)) => format!(" {} ({identity}) went.", cluster.name(node)),
        (many, _) => {
            let names: Vec<String> = many.iter().map(ToString::to_string).collect();
            format!(" {} went.", list(&names))
        }
    }
}

fn is_other_life(facts: &Facts<'_, '_>, before: &View, view: &View, name: &str) -> bool {
    let Some(node) = facts.cluster.node_named(name) else {
        return false;
    };
    let of = |view: &View| {
        let place = view.nodes.iter().position(|own| *own == Some(node))?;
        view.members.get(place).copied()
    };
    matches!((of(before), of(view)), (Some(one), Some(other)) if !one.is_same_life(&other))
}

/// Views that no line shows: their configurations are missing.
fn gap(facts: &Facts<'_, '_>, before: &View, view: &View) -> Option<Statement> {
    let (last, now) = (before.conf_id?, view.conf_id?);
    let missing = now - last - 1;
    if missing <= 0 {
        return None;
    }
    let numbers: Vec<String> = (last + 1..now)
        .map(|conf_id| (conf_id + 1).to_string())
        .collect();
    let mut repeated: Vec<Mark> = Vec::new();
    let mut says = format!(
        "No log shows {} {}: {} changed membership between these lines.",
        if missing == 1 { "view" } else { "views" },
        list(&numbers),
        if missing == 1 { "it" } else { "they" },
    );
    if let (Some(then), Some(now), Some(_)) = (before.position(), view.before, view.seqno) {
        says.extend([format!(
            " Between {then} and {} there are {}",
            now + 1,
            count((now - then - missing).max(0), "write set")
        )]);
        let (numbers, lines) = view_numbers(facts, then, now + 1);
        if i64::try_from(numbers.len()) == Ok(missing + 1) {
            let written: Vec<String> = (then + 1..=now)
                .filter(|number| !numbers.contains(number))
                .map(|number| number.to_string())
                .collect();
            let views: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            if written.len() <= 5 {
                says.extend([format!(" ({})", list(&written))]);
            }
            says.extend([format!("; {} are views", list(&views))]);
            repeated.extend(lines);
        }
        says.push('.');
    }
    says.push_str(&came_and_went(facts, before, view, missing));
    let marks = before
        .marks()
        .into_iter()
        .take(1)
        .chain(view.marks().into_iter().take(1));
    Some(Statement::inferred(says, marks.chain(repeated)))
}

/// Numbers between two that a transfer repeated as views.
fn view_numbers(facts: &Facts<'_, '_>, then: i64, last: i64) -> (Vec<i64>, Vec<Mark>) {
    let mut numbers: Vec<i64> = Vec::new();
    let mut marks = Vec::new();
    for dated in facts.cluster.lives.iter().flat_map(|life| &life.facts) {
        let seqno = match &dated.fact.event {
            Event::ViewNumber { seqno, .. } => seqno.0,
            _ => continue,
        };
        if seqno > then && seqno <= last && !numbers.contains(&seqno) {
            numbers.push(seqno);
            marks.push(dated.mark());
        }
    }
    if !numbers.contains(&last) {
        numbers.push(last);
    }
    numbers.sort_unstable();
    (numbers, marks)
}

/// Where one member alone differs before and after, only it can have come and gone.
fn came_and_went(facts: &Facts<'_, '_>, before: &View, view: &View, missing: i64) -> String {
    let gone: Vec<usize> = (0..before.members.len())
        .filter(|place| !view.has(&before.members[*place]))
        .collect();
    let [place] = gone.as_slice() else {
        return String::new();
    };
    let Some(node) = before.nodes[*place] else {
        return String::new();
    };
    if !view.has_node(node) || before.members.len() != view.members.len() {
        return String::new();
    }
    let name = facts.cluster.name(node);
    match missing {
        1 => format!(" {name} left in it."),
        3 => format!(" {name} left, came back and left once more in them: nobody else changed."),
        _ => format!(" {name} left in them, at least once: nobody else changed."),
    }
}

fn fork_story(facts: &Facts<'_, '_>, fork: &Fork) -> ForkStory {
    let history = facts.cluster.first_view(fork.component).history;
    ForkStory {
        history: history.map(|uuid| uuid.to_string()).unwrap_or_default(),
        common: fork.common,
        at_once: fork.at_once,
        sides: [&fork.new, &fork.old]
            .map(|side| side_story(facts, side))
            .into(),
    }
}

fn side_story(facts: &Facts<'_, '_>, side: &Side) -> SideStory {
    let nodes: Vec<usize> = side.holders.iter().map(|holder| holder.node).collect();
    SideStory {
        nodes: facts.cluster.names_of(&nodes),
        reach: side.reach.value,
        write_sets: side.write_sets,
        views: side.views,
        lost: side.lost().is_some(),
    }
}
