//! The past of a node that has joined over a fork: which parts of which lines it holds.

use seatrial_galera::{LoggedStep, Position};

use super::beyond::Lines;
use super::{Moment, Told};

/// What a node holds of a line: the seqnos after `from` up to `to` of the history that the line ends in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The place of the moment whose line it is.
    pub(super) line: usize,
    /// `None` for the oldest part: it has everything that led to it.
    pub(super) from: Option<i64>,
    pub(super) to: i64,
}

/// Returns what a node holds. More than one part means that it has joined a primary component over a fork and got its
/// events alone.
pub(super) fn parts(one: usize, lines: &mut Lines<'_>) -> Vec<Part> {
    let told = lines.told();
    let now = told[one].position;
    let mut parts: Vec<Part> = Vec::new();
    for moment in moments(Moment::from(&told[one]), told, told.len()) {
        if moment.position.uuid != now.uuid {
            continue;
        }
        let at = moment.position.seqno.0.min(now.seqno.0);
        // What it held beyond was lost with the power, or with the log that a crash left.
        parts.retain_mut(|part| {
            part.to = part.to.min(at);
            part.from.is_none_or(|from| from < part.to)
        });
        let position = Position::new(now.uuid, seatrial_galera::Seqno(at));
        let line = lines.add(Moment { position, ..moment });
        let from = parts.last().map(|part| part.to);
        if lines.has_parted(line, one) && from.is_none_or(|from| from < at) {
            parts.push(Part { line, from, to: at });
        } else {
            lines.take_back();
        }
    }
    parts.push(Part {
        line: one,
        from: parts.last().map(|part| part.to),
        to: now.seqno.0,
    });
    parts
}

/// Returns the moments at which a node had data that it may have kept since: each start, each time without quorum, those of
/// the donor of its last copy, and those of a donor that sent it events. `donors` bounds the copies of copies.
fn moments<'a>(one: Moment<'a>, told: &'a [Told], donors: usize) -> Vec<Moment<'a>> {
    let copied = one
        .steps
        .iter()
        .rposition(|step| matches!(step, LoggedStep::Copied { .. }));
    let mut found = Vec::new();
    if let Some(LoggedStep::Copied { donor, position }) = copied.map(|place| &one.steps[place])
        && let Some(from) = find(donor, told)
        && donors > 0
    {
        let of_donor = moments(Moment::from(from), told, donors - 1);
        let kept = of_donor
            .into_iter()
            .filter(|moment| moment.position.uuid == position.uuid);
        found.extend(kept.map(|moment| Moment {
            position: moment.position.min(*position),
            ..moment
        }));
    }
    let mut began = Position::UNDEFINED;
    let mut donor: Option<&str> = None;
    let places = copied.map_or(0, |at| at + 1)..one.steps.len();
    for place in places {
        // A server without quorum changes nothing until it is in a primary component again.
        let position = match &one.steps[place] {
            LoggedStep::Start(position) => {
                (began, donor) = (*position, None);
                *position
            }
            LoggedStep::View(view) if !view.primary => view.position,
            LoggedStep::View(view) => {
                // Up to its first view in a component it got the donor's events, of whatever line they are.
                let from = donor.take().and_then(|donor| find(donor, told));
                let of_donor = from.filter(|_| donors > 0);
                let of_donor = of_donor.map(|from| moments(Moment::from(from), told, donors - 1));
                let is_sent = |moment: &Moment<'_>| {
                    let at = moment.position;
                    at.uuid == began.uuid && began < at && at.seqno < view.position.seqno
                };
                found.extend(of_donor.into_iter().flatten().filter(is_sent));
                continue;
            }
            LoggedStep::Asked {
                joiner,
                donor: from,
            } if joiner == one.node.as_str() => {
                donor = Some(from);
                continue;
            }
            LoggedStep::Asked { .. } | LoggedStep::Copied { .. } => continue,
        };
        found.push(Moment {
            node: one.node,
            position,
            steps: &one.steps[..=place],
        });
    }
    found
}

fn find<'a>(name: &str, told: &'a [Told]) -> Option<&'a Told> {
    told.iter().find(|one| one.node.as_str() == name)
}
