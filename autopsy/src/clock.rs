//! Finds how far the clocks of nodes differ, from events that several nodes saw.
//!
//! A state exchange has one uuid on all members, and each of them logs it within the same moment. The
//! uuid is of version 1, so that it carries the UTC time at which it was made.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use seatrial_evidence::{Event, Fact, Source, Stamp, ViewKind, in_order, made_at};
use seatrial_galera::StateUuid;

use crate::NodeLog;
use crate::mark::{Dated, Face, Mark};
use crate::statement::{Certainty, Statement, list};

/// Smaller differences are those of messages on their way and of logs that wait for the disk.
const NOTICED_S: i64 = 3;

/// A common difference between lines and uuids that is worth a word.
const SHIFTED_S: i64 = 1_800;

/// The facts of all nodes by one clock.
#[derive(Debug)]
pub(crate) struct Aligned<'a> {
    /// The facts of each node in the order of time.
    pub(crate) facts: Vec<Vec<Dated<'a>>>,
    /// The clock that times are shown by.
    pub(crate) face: Face,
    /// What is to be said about clocks.
    pub(crate) says: Vec<Statement>,
}

/// An event that several nodes log in the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Shared {
    /// An exchange of states, by its uuid.
    Exchange(StateUuid),
    /// A primary view, by its id.
    View(u32, Option<u16>, u64),
}

impl Shared {
    /// The time that it carries itself.
    fn made_at(self) -> Option<Timestamp> {
        match self {
            Self::Exchange(uuid) => made_at(uuid),
            Self::View(..) => None,
        }
    }
}

/// Such an event as one node logged it.
#[derive(Clone, Copy)]
struct Seen {
    at: Timestamp,
    source: Source,
}

/// Puts the facts of each node in order, and all of them on one clock.
pub(crate) fn align<'a>(nodes: &[NodeLog<'a>]) -> Aligned<'a> {
    let ordered: Vec<Vec<&'a Fact>> = nodes.iter().map(|node| in_order(&node.files)).collect();
    let exchanges: Vec<BTreeMap<Shared, Seen>> =
        ordered.iter().map(|facts| exchanges(facts)).collect();
    let (shifts, shared) = shifts(&exchanges);
    let mut says = differing(nodes, &shifts, &shared, &exchanges);
    says.extend(shifted_logs(&exchanges, &shifts));
    says.extend(zones(nodes, &ordered));
    let reference = reference(&shifts);
    let face = Face {
        offset: reference.and_then(|node| zone(&ordered[node])),
    };
    let facts = ordered
        .iter()
        .zip(&shifts)
        .map(|(facts, shift)| dated(facts, *shift))
        .collect();
    Aligned { facts, face, says }
}

fn dated<'a>(facts: &[&'a Fact], shift_s: i64) -> Vec<Dated<'a>> {
    let correct = |stamp: Stamp| {
        let by = SignedDuration::from_secs(shift_s);
        stamp.instant().checked_sub(by).unwrap_or(stamp.instant())
    };
    let mut now = facts
        .iter()
        .find_map(|fact| fact.at)
        .map_or(Timestamp::UNIX_EPOCH, correct);
    let mut all = Vec::with_capacity(facts.len());
    for fact in facts {
        // A wrapper's local time stands beside the server's UTC: such a line keeps its place.
        if let Some(stamp) = fact.at {
            let at = correct(stamp);
            if at >= now {
                now = at;
            }
        }
        let last_at = fact.repeats.last_at.map_or(now, correct).max(now);
        all.push(Dated {
            fact,
            at: now,
            last_at,
        });
    }
    all
}

fn exchanges(facts: &[&Fact]) -> BTreeMap<Shared, Seen> {
    let mut exchanges = BTreeMap::new();
    let mut views = BTreeMap::new();
    for fact in facts {
        let Some(at) = fact.at else { continue };
        let seen = Seen {
            at: at.instant(),
            source: fact.source,
        };
        match &fact.event {
            Event::StateMessage { exchange, .. } | Event::ExchangeBegun { exchange } => {
                exchanges.entry(Shared::Exchange(*exchange)).or_insert(seen);
            }
            Event::GroupView(view) if view.kind == ViewKind::Primary => {
                if let Some((identity, number)) = &view.id {
                    let key = Shared::View(identity.first, identity.fourth, *number);
                    views.entry(key).or_insert(seen);
                }
            }
            _ => {}
        }
    }
    // An exchange is the better sign: a node may get a view late.
    if exchanges.is_empty() {
        views
    } else {
        exchanges
    }
}

fn median(mut values: Vec<i64>) -> Option<i64> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

fn seconds_between(from: Timestamp, to: Timestamp) -> i64 {
    let milliseconds = to.as_millisecond() - from.as_millisecond();
    milliseconds.div_euclid(1_000) + i64::from(milliseconds.rem_euclid(1_000) >= 500)
}

/// How far the clock of each node is ahead of that of the first node, and by which exchanges it is known.
fn shifts(exchanges: &[BTreeMap<Shared, Seen>]) -> (Vec<i64>, Vec<Option<(usize, Vec<Shared>)>>) {
    let count = exchanges.len();
    let mut shifts: Vec<Option<i64>> = vec![None; count];
    let mut shared: Vec<Option<(usize, Vec<Shared>)>> = vec![None; count];
    for start in 0..count {
        if shifts[start].is_some() {
            continue;
        }
        // The first node of a group that shares no exchange with others: the time in its uuids tells.
        shifts[start] = if start == 0 {
            Some(0)
        } else {
            let own = by_uuids(&exchanges[start]);
            let first = by_uuids(&exchanges[0]);
            match (own, first) {
                (Some(own), Some(first)) if (own - first).abs() > NOTICED_S => Some(own - first),
                _ => Some(0),
            }
        };
        let mut todo = vec![start];
        while let Some(known) = todo.pop() {
            for other in 0..count {
                if shifts[other].is_some() {
                    continue;
                }
                let both: Vec<Shared> = exchanges[known]
                    .keys()
                    .filter(|uuid| exchanges[other].contains_key(*uuid))
                    .copied()
                    .collect();
                let differences = both
                    .iter()
                    .map(|uuid| {
                        seconds_between(exchanges[known][uuid].at, exchanges[other][uuid].at)
                    })
                    .collect();
                if let (Some(difference), Some(base)) = (median(differences), shifts[known]) {
                    shifts[other] = Some(base + difference);
                    shared[other] = Some((known, both));
                    todo.push(other);
                }
            }
        }
    }
    let shifts: Vec<i64> = shifts.into_iter().map(Option::unwrap_or_default).collect();
    // The clock that most nodes agree with is the clock of the story.
    let usual = usual(&shifts);
    let shifts = shifts
        .into_iter()
        .map(|shift| {
            let shift = shift - usual;
            if shift.abs() > NOTICED_S { shift } else { 0 }
        })
        .collect();
    (shifts, shared)
}

/// The shift that most nodes have, within what is not noticed.
fn usual(shifts: &[i64]) -> i64 {
    let agree = |one: &i64| {
        shifts
            .iter()
            .filter(|other| (*other - one).abs() <= NOTICED_S)
            .count()
    };
    let mut best = shifts.first().copied().unwrap_or_default();
    for shift in shifts {
        if agree(shift) > agree(&best) {
            best = *shift;
        }
    }
    best
}

/// How far lines are ahead of the times in the uuids that they name.
fn by_uuids(exchanges: &BTreeMap<Shared, Seen>) -> Option<i64> {
    let differences = exchanges
        .iter()
        .filter_map(|(uuid, seen)| Some(seconds_between(uuid.made_at()?, seen.at)))
        .collect();
    median(differences)
}

fn reference(shifts: &[i64]) -> Option<usize> {
    shifts.iter().position(|shift| *shift == 0)
}

/// The zone that most stamps of a log name.
fn zone(facts: &[&Fact]) -> Option<jiff::tz::Offset> {
    let mut counts: BTreeMap<i32, usize> = BTreeMap::new();
    for offset in facts.iter().filter_map(|fact| fact.at?.offset) {
        *counts.entry(offset.seconds()).or_default() += 1;
    }
    let (seconds, _) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    jiff::tz::Offset::from_seconds(seconds).ok()
}

fn differing(
    nodes: &[NodeLog<'_>],
    shifts: &[i64],
    shared: &[Option<(usize, Vec<Shared>)>],
    exchanges: &[BTreeMap<Shared, Seen>],
) -> Vec<Statement> {
    let mut says = Vec::new();
    for (node, shift) in shifts.iter().enumerate() {
        if *shift == 0 {
            continue;
        }
        // Either this node was reached from another one, or others were reached from it.
        let (other, by) = match &shared[node] {
            Some((other, by)) => (Some(*other), by.clone()),
            None => shared
                .iter()
                .enumerate()
                .find_map(|(other, link)| match link {
                    Some((from, by)) if *from == node => Some((Some(other), by.clone())),
                    _ => None,
                })
                .unwrap_or_default(),
        };
        let name = &nodes[node].name;
        let direction = if *shift > 0 { "ahead of" } else { "behind" };
        let known = if by.is_empty() {
            "the times in the uuids of its state exchanges show it".to_owned()
        } else if by.len() == 1 {
            "a view that both saw shows it".to_owned()
        } else {
            format!("{} views that both saw show it", by.len())
        };
        let whose = other.map_or("that of the others", |other| nodes[other].name.as_str());
        let whose = if other.is_some() {
            format!("that of {whose}")
        } else {
            whose.to_owned()
        };
        let mut evidence = Vec::new();
        for uuid in by.iter().take(2) {
            for place in [Some(node), other].into_iter().flatten() {
                if let Some(seen) = exchanges[place].get(uuid) {
                    evidence.push(Mark {
                        source: seen.source,
                        at: seen.at,
                    });
                }
            }
        }
        says.push(Statement::inferred(
            format!(
                "The clock of {name} is {} {direction} {whose}: {known}. The times below are corrected.",
                amount(*shift)
            ),
            evidence,
        ));
    }
    says
}

/// All logs differ alike from the times in uuids: somebody has shifted their dates, or the zone is wrong.
fn shifted_logs(exchanges: &[BTreeMap<Shared, Seen>], shifts: &[i64]) -> Option<Statement> {
    let mut all = Vec::new();
    for (seen, shift) in exchanges.iter().zip(shifts) {
        all.extend(by_uuids(seen).map(|difference| difference - shift));
    }
    let difference = median(all)?;
    if difference.abs() < SHIFTED_S {
        return None;
    }
    let seen = exchanges
        .iter()
        .find_map(|seen| seen.iter().find(|(uuid, _)| uuid.made_at().is_some()))?;
    let direction = if difference > 0 { "later" } else { "earlier" };
    Some(Statement::inferred(
        format!(
            "All lines show times that are {} {direction} than the times in the uuids of the state \
             exchanges, which are UTC: the dates were shifted, or the zone is wrong. This is alike on all nodes.",
            amount(difference)
        ),
        [Mark {
            source: seen.1.source,
            at: seen.1.at,
        }],
    ))
}

/// Says which nodes write another zone, and which write none.
fn zones(nodes: &[NodeLog<'_>], ordered: &[Vec<&Fact>]) -> Vec<Statement> {
    let firsts = ordered
        .iter()
        .filter_map(|facts| facts.iter().find(|fact| fact.at.is_some()));
    let evidence = firsts.map(|fact| fact.source).collect();
    let mut by_zone: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (node, facts) in nodes.iter().zip(ordered) {
        if !facts.iter().any(|fact| fact.at.is_some()) {
            continue;
        }
        let name = zone(facts).map_or_else(
            || "local time without a zone".to_owned(),
            |offset| {
                if offset == jiff::tz::Offset::UTC {
                    "UTC".to_owned()
                } else {
                    format!("UTC{offset}")
                }
            },
        );
        by_zone.entry(name).or_default().push(&node.name);
    }
    if by_zone.len() < 2 {
        return Vec::new();
    }
    let parts: Vec<String> = by_zone
        .iter()
        .map(|(zone, names)| format!("{} in {zone}", list(names)))
        .collect();
    vec![Statement {
        says: format!("The logs show different zones: {}.", parts.join("; ")),
        certainty: Certainty::Certain,
        evidence,
        ..Statement::default()
    }]
}

/// An amount of seconds in words.
fn amount(seconds: i64) -> String {
    let seconds = seconds.abs();
    let (days, hours) = (seconds / 86_400, seconds % 86_400 / 3_600);
    match (days, hours) {
        (0, 0) if seconds < 120 => format!("{seconds} s"),
        (0, 0) => format!("{} min", seconds / 60),
        (0, hours) if seconds % 3_600 < 60 => format!("{hours} h"),
        (0, hours) => format!("{hours} h {} min", seconds % 3_600 / 60),
        (days, 0) => format!("{days} days"),
        (days, hours) => format!("{days} days and {hours} h"),
    }
}
