//! Sentences about transfers, and about searches for a donor.

use jiff::Timestamp;

use crate::errno;
use crate::life::Said;
use crate::mark::{Mark, span};
use crate::statement::{Statement, count, list};
use crate::tell::{Facts, short};
use crate::transfer::{NoDonor, Transfer, TransferKind};

/// A sentence for each transfer and each search, with the view in which it happened.
pub(crate) fn tell(facts: &Facts<'_, '_>) -> Vec<(Timestamp, Option<usize>, Statement)> {
    let mut told = Vec::new();
    for transfer in &facts.transfers {
        let (at, statement) = facts.at(transfer.chosen, one(facts, transfer));
        told.push((at, transfer.view, statement));
    }
    for search in &facts.no_donors {
        let (at, statement) = facts.at(search.first, no_donor(facts, search));
        let view = (0..facts.cluster.views.len()).rev().find(|view| {
            let view = &facts.cluster.views[*view];
            view.mark.at <= search.first.at && view.has_node(search.joiner)
        });
        told.push((at, view, statement));
    }
    told.sort_by_key(|(at, _, _)| *at);
    told
}

/// The sentence about a transfer.
pub(crate) fn one(facts: &Facts<'_, '_>, transfer: &Transfer) -> Statement {
    let cluster = facts.cluster;
    let (joiner, donor) = (cluster.name(transfer.joiner), cluster.name(transfer.donor));
    let mut marks: Vec<Mark> = transfer.marks.clone();
    let mut says = match transfer.kind {
        TransferKind::Sst => format!("{joiner} gets a full SST from {donor}"),
        TransferKind::Ist => format!("{joiner} gets an IST from {donor}"),
        TransferKind::Unknown => format!("{joiner} asks {donor} for a transfer"),
    };
    if let Some(has) = &transfer.has {
        says.extend([if has.value.is_undefined() {
            "; it has no position of its own".to_owned()
        } else {
            format!("; it has {}", short(has.value))
        }]);
        marks.push(has.mark);
        if let Some(group) = &transfer.group {
            says.extend([format!(", the group is at {}", group.value.seqno)]);
            let lacks = group.value.seqno.0 - has.value.seqno.0;
            if !has.value.is_undefined() && has.value.uuid == group.value.uuid && lacks > 1_000 {
                says.extend([format!(" ({lacks} behind)")]);
            }
            marks.push(group.mark);
        }
    }
    says.push('.');
    if let (TransferKind::Ist, Some(range)) = (transfer.kind, &transfer.ist) {
        says.extend([format!(
            " It carries {} to {}{}.",
            range.value.0,
            range.value.1,
            views_in(facts, transfer, range)
        )]);
        marks.push(range.mark);
    }
    if let Some(seqno) = &transfer.not_in_cache {
        says.extend([format!(
            " IST is impossible: {} is not in the cache of {donor}.",
            seqno.value
        )]);
        marks.push(seqno.mark);
    }
    ending(facts, transfer, &mut says, &mut marks);
    Statement::certain(says, marks)
}

fn views_in(facts: &Facts<'_, '_>, transfer: &Transfer, range: &Said<(i64, i64)>) -> String {
    let Some(component) = transfer.view.map(|view| facts.cluster.component_of[view]) else {
        return String::new();
    };
    let Some(component) = facts.cluster.components.get(component) else {
        return String::new();
    };
    let branch = component.branch;
    let (first, last) = range.value;
    let views = facts.cluster.views_between(branch, first - 1, last);
    let write_sets = (last - first + 1 - views).max(0);
    if views == 0 {
        return String::new();
    }
    format!(
        " ({}, {})",
        count(write_sets, "write set"),
        count(views, "view")
    )
}

fn ending(facts: &Facts<'_, '_>, transfer: &Transfer, says: &mut String, marks: &mut Vec<Mark>) {
    let cluster = facts.cluster;
    let (joiner, donor) = (cluster.name(transfer.joiner), cluster.name(transfer.donor));
    let begun = transfer.chosen.at;
    let time = |mark: Mark| cluster.face.show_after(mark.at, begun);
    if let (TransferKind::Sst, Some(copied)) = (transfer.kind, &transfer.copied) {
        says.extend([format!(
            " The copy of {} is there at {}.",
            copied.value,
            time(copied.mark)
        )]);
        marks.push(copied.mark);
    }
    if let Some(failed) = &transfer.ist_failed {
        let after = if transfer.kind == TransferKind::Sst {
            " that follows the SST"
        } else {
            ""
        };
        let numbers = match (failed.value.expected, failed.value.received) {
            (Some(expected), Some(received)) => {
                format!(": last expected {expected}, last received {received}")
            }
            _ => String::new(),
        };
        says.extend([format!(
            " The IST{after} fails at {}{numbers}.",
            time(failed.mark)
        )]);
        if let Some(errno) = &failed.value.errno {
            says.extend([format!(
                " The number of the error is {}.",
                errno::words(errno.value)
            )]);
            marks.push(errno.mark);
        }
        marks.push(failed.mark);
        return;
    }
    if let Some(synced) = transfer.synced {
        says.extend([format!(" {joiner} is synced at {}.", time(synced))]);
        marks.push(synced);
        marks.extend(transfer.joiner_done);
    } else if let Some(done) = transfer.joiner_done {
        says.extend([format!(" {joiner} has it at {}.", time(done))]);
        marks.push(done);
    } else if let Some((text, mark)) = transfer.failed.first() {
        says.extend([format!(
            " It breaks after {} ({}): {}.",
            span(begun, mark.at),
            time(*mark),
            reason(text)
        )]);
        marks.push(*mark);
        if let Some(streams) = transfer.streams {
            says.extend([format!(" The copy had begun to flow at {}.", time(streams))]);
            marks.push(streams);
        }
        if let Some((_, first)) = transfer.tools.first() {
            let tools = transfer.tools.iter().take(3);
            let said: Vec<&str> = tools.map(|(text, _)| text.trim_end_matches('.')).collect();
            says.extend([format!(
                " Tools of its script said at {}: {}.",
                time(*first),
                said.join("; ")
            )]);
            marks.push(*first);
        }
        let more = transfer.failed.iter().skip(1).map(|(_, mark)| *mark);
        marks.extend(more);
    } else if let Some(done) = transfer.donor_done {
        says.extend([format!(
            " {donor} has sent it at {}; no line says that {joiner} has it.",
            time(done)
        )]);
        marks.push(done);
    } else {
        says.push_str(" No line says how it ended.");
    }
}

/// Why a transfer failed, in words.
fn reason(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    match text.strip_prefix('-') {
        Some(number) if number.chars().all(|c| c.is_ascii_digit()) => {
            let number = number
                .parse()
                .map_or_else(|_| text.to_owned(), |number: i64| errno::words(-number));
            format!("the donor could not send it, error {number}")
        }
        _ => text.to_owned(),
    }
}

/// The sentence about a search.
pub(crate) fn no_donor(facts: &Facts<'_, '_>, search: &NoDonor) -> Statement {
    let cluster = facts.cluster;
    let joiner = cluster.name(search.joiner);
    let reasons: Vec<String> = search
        .reasons
        .iter()
        .map(|reason| {
            let meaning = match reason.as_str() {
                "Host is down" => " (the donor that it names is no member)",
                text if text.starts_with("Resource temporarily") => {
                    " (the donor that it names cannot serve now)"
                }
                _ => "",
            };
            format!("{reason}{meaning}")
        })
        .collect();
    let mut says = format!(
        "{joiner} asks for '{}' as donor and finds none in {}, until {}: {}.",
        search.wanted,
        count(i64::try_from(search.times).unwrap_or(i64::MAX), "request"),
        cluster.face.show_after(search.last.at, search.first.at),
        list(&reasons)
    );
    let mut marks = vec![search.first, search.last];
    if let Some(gave_up) = search.gave_up {
        says.extend([format!(
            " It gives up at {}.",
            cluster.face.show_after(gave_up.at, search.first.at)
        )]);
        marks.push(gave_up);
    }
    if let Some((names, mark)) = others_synced(facts, search) {
        says.extend([format!(
            " {} {} synced all the while: the request names one donor and allows no other.",
            list(&names),
            if names.len() == 1 { "was" } else { "were" }
        )]);
        marks.push(mark);
    }
    Statement::certain(says, marks)
}

/// Members that were synced while no donor was found.
fn others_synced(facts: &Facts<'_, '_>, search: &NoDonor) -> Option<(Vec<String>, Mark)> {
    use seatrial_evidence::Event;
    if search.wanted.contains('*') || search.wanted.ends_with(',') {
        return None;
    }
    let mut names = Vec::new();
    let mut line = None;
    for (index, life) in facts.cluster.lives.iter().enumerate() {
        if life.node == search.joiner || facts.cluster.name(life.node) == search.wanted {
            continue;
        }
        let is_there = life.first().is_some_and(|mark| mark.at <= search.first.at)
            && life.out().is_none_or(|mark| mark.at >= search.last.at)
            && life.last().is_some_and(|mark| mark.at >= search.first.at);
        if !is_there || facts.cluster.component_of_life(index).is_none() {
            continue;
        }
        let shifts = life
            .facts
            .iter()
            .filter(|dated| dated.at <= search.first.at);
        let last = shifts.rev().find_map(|dated| match &dated.fact.event {
            Event::Shift { to, .. } => Some((to.clone(), dated.mark())),
            _ => None,
        });
        if let Some((state, mark)) = last
            && state == "SYNCED"
        {
            names.push(facts.cluster.name(life.node).to_owned());
            line = Some(mark);
        }
    }
    line.map(|line| (names, line))
}
