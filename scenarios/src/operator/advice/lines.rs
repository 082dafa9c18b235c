//! Lines of history: what one node holds that another one lacks, from the `View:` blocks of their logs.
//!
//! Positions alone do not say it. After a forced bootstrap two nodes count on from the same number, and each
//! number then stands for two different events. But every change of the membership stands in the log with its
//! position. Two nodes share their events up to the first view that only one of them has.
//!
//! A node's *line* are the primary views that led to its data, the newest first. A view follows the one before
//! it on a member that was in both in one life. If all members have begun a new life, it follows the greatest
//! view that any of them had before. So the log of a third node tells what a copied node's own log does not.
//!
//! A server that is bootstrapped without a readable grastate.dat begins a new history over the data that it has. Its
//! log says with which position that start began, so that the line goes on in the older history.

use std::collections::BTreeSet;

use seatrial_galera::{LoggedStep, Position, ServerView, StateUuid};
use seatrial_port::NodeName;

/// A node's data as they are known: their position, and their way by the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The node.
    pub node: NodeName,
    /// The position of its data; undefined where it holds none.
    pub position: Position,
    /// The starts and views in its log, in their order.
    pub steps: Vec<LoggedStep>,
}

impl Told {
    /// Returns whether its last request for what it lacked was not met. Its data may then be half of a copy.
    pub fn is_half(&self) -> bool {
        let own = |step: &LoggedStep| matches!(step, LoggedStep::Asked { joiner, .. } if joiner == self.node.as_str());
        let Some(asked) = self.steps.iter().rposition(own) else {
            return false;
        };
        let met = |step: &LoggedStep| match step {
            LoggedStep::Copied { .. } => true,
            LoggedStep::View(view) => view.primary,
            LoggedStep::Start(_) | LoggedStep::Asked { .. } => false,
        };
        !self.steps[asked..].iter().any(met)
    }

    /// Returns the primary views that the node reached, each with the position that its life began with and the
    /// steps before it.
    fn views(&self) -> impl Iterator<Item = (&ServerView, Option<Position>, &[LoggedStep])> {
        let mut began = None;
        let steps = self.steps.iter().enumerate();
        steps.filter_map(move |(place, step)| match step {
            LoggedStep::Start(position) => {
                began = Some(*position);
                None
            }
            LoggedStep::View(view) => view.primary.then(|| (view, began, &self.steps[..place])),
            LoggedStep::Asked { .. } | LoggedStep::Copied { .. } => None,
        })
    }
}

/// What one node holds beyond another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Beyond {
    /// Nothing: the other one holds its whole history, and it may join by events alone.
    Nothing,
    /// It has gone on apart from the other one, and has made no event but views. Nothing is lost with it, but
    /// its position means something else than the other one's: it must get a whole copy.
    Views,
    /// This many events that the other one lacks.
    Events(u64),
    /// The logs do not say.
    Unknown,
}

/// The lines of all nodes.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    told: &'a [Told],
    lines: Vec<Line<'a>>,
}

/// The way of a node's data.
#[derive(Clone, Debug, Default)]
struct Line<'a> {
    /// The views that led to them, the newest first.
    views: Vec<&'a ServerView>,
    /// The last position of the data in each history that they went through, the newest first.
    ends: Vec<Position>,
    /// Whether the line goes back to where there were no data.
    is_whole: bool,
    /// The data with which the oldest known part began, if the logs do not go back further.
    cut: Option<Position>,
}

impl Line<'_> {
    /// Returns the last seqno of a history that the data went through.
    fn end(&self, history: StateUuid) -> Option<i64> {
        let end = self.ends.iter().find(|end| end.uuid == history)?;
        Some(end.seqno.0)
    }

    /// Returns how many of the views are of a history and beyond a seqno of it.
    fn views_after(&self, history: StateUuid, seqno: i64) -> i64 {
        let views = self.views.iter().map(|view| view.position);
        let later = views.filter(|at| at.uuid == history && at.seqno.0 > seqno);
        i64::try_from(later.count()).unwrap_or(i64::MAX)
    }
}

impl<'a> Lines<'a> {
    /// Follows each node's line back as far as the logs go.
    pub fn of(told: &'a [Told]) -> Self {
        let lines = told.iter().map(|one| line(one, told)).collect();
        Self { told, lines }
    }

    /// Returns what `one` holds that `other` lacks, by their places.
    pub fn beyond(&self, one: usize, other: usize) -> Beyond {
        if one == other || self.told[one].position.is_undefined() {
            return Beyond::Nothing;
        }
        let (mine, theirs) = (&self.lines[one], &self.lines[other]);
        let common = mine
            .views
            .iter()
            .find(|view| theirs.views.iter().any(|known| view.is_same(known)));
        // Where the lines parted: a history, and the last seqno that both have of it.
        let parted = match common {
            Some(view) => {
                let shared = mine.limit(view).min(theirs.limit(view));
                Some((view.position.uuid, shared))
            }
            None if self.told[other].position.is_undefined() => None,
            // Each of them began where there were no data, so that they have nothing in common.
            None if mine.is_whole && theirs.is_whole && !mine.meets(theirs) => None,
            None => match self.over_the_gap(one, other) {
                Some(parted) => Some(parted),
                None => return Beyond::Unknown,
            },
        };
        let mut events = 0;
        let mut has_gone_on = false;
        for end in &mine.ends {
            let from = match parted {
                Some((history, shared)) if history == end.uuid => shared,
                _ => 0,
            };
            let own = end.seqno.0 - from;
            has_gone_on |= own > 0;
            events += own - mine.views_after(end.uuid, from);
            if parted.is_some_and(|(history, _)| history == end.uuid) {
                break;
            }
        }
        match u64::try_from(events) {
            Ok(events) if events > 0 => Beyond::Events(events),
            _ if has_gone_on => Beyond::Views,
            _ => Beyond::Nothing,
        }
    }
}

/// Returns what a node held, when it last had no primary component, beyond what it holds now. More than nothing
/// means that it joined a primary component over a fork and got its events alone, so that its rows are not those of
/// the others. A copy makes it whole again.
pub fn joined_over(one: usize, told: &[Told]) -> Beyond {
    let steps = &told[one].steps;
    let copied = steps
        .iter()
        .rposition(|step| matches!(step, LoggedStep::Copied { .. }));
    let mut worst = Beyond::Nothing;
    for (place, step) in steps.iter().enumerate().skip(copied.map_or(0, |at| at + 1)) {
        // A server without quorum changes nothing either, until it is in a primary component again.
        let position = match step {
            LoggedStep::Start(position) => position,
            LoggedStep::View(view) if !view.primary => &view.position,
            _ => continue,
        };
        let mut all = told.to_vec();
        all.push(Told {
            node: told[one].node.clone(),
            position: *position,
            steps: steps[..place].to_vec(),
        });
        let then = Lines::of(&all).beyond(told.len(), one);
        if then != Beyond::Unknown {
            worst = worst.max(then);
        }
    }
    worst
}

impl Lines<'_> {
    /// Returns where two lines parted if a log was lost: up to the data with which its oldest known part begins, a
    /// node has gone along with the views of the other one that count it.
    fn over_the_gap(&self, one: usize, other: usize) -> Option<(StateUuid, i64)> {
        let along = |gap: usize, known: usize| {
            let cut = self.lines[gap].cut?;
            let name = self.told[gap].node.as_str();
            let line = &self.lines[known];
            let view = line
                .views
                .iter()
                .find(|view| view.position.uuid == cut.uuid && view.counts(name))?;
            // After the gap it may have gone its own way.
            let own = self.lines[gap].views.iter().map(|view| view.position);
            let first = own
                .filter(|at| at.uuid == cut.uuid)
                .map(|at| at.seqno.0 - 1)
                .min();
            let shared = cut.seqno.0.min(line.limit(view));
            Some((cut.uuid, first.map_or(shared, |first| shared.min(first))))
        };
        along(one, other).or_else(|| along(other, one))
    }
}

impl Line<'_> {
    /// Returns the last seqno, in the history of a view of this line, that comes before the next view.
    fn limit(&self, view: &ServerView) -> i64 {
        let history = view.position.uuid;
        let later = self.views.iter().take_while(|known| !known.is_same(view));
        let first = later.filter(|known| known.position.uuid == history).last();
        let end = self.end(history).unwrap_or(view.position.seqno.0);
        first.map_or(end, |first| first.position.seqno.0 - 1)
    }

    /// Returns whether both went through one history.
    fn meets(&self, other: &Self) -> bool {
        self.ends.iter().any(|end| other.end(end.uuid).is_some())
    }
}

/// Follows a node's line back.
fn line<'a>(one: &'a Told, told: &'a [Told]) -> Line<'a> {
    let mut line = Line::default();
    let mut node = one;
    let mut end = one.position;
    // Each turn goes to an older history. No log has more of them than starts.
    for _ in 0..=told.iter().map(|one| one.steps.len()).sum() {
        if end.is_undefined() {
            line.is_whole = true;
            break;
        }
        line.ends.push(end);
        let own = last_within(node.node.as_str(), &node.steps, end, told);
        let Some(mut view) = of_others(node, own, end, told).or(own) else {
            line.cut = Some(end);
            break;
        };
        line.views.push(view);
        while let Some(earlier) = before(view, told) {
            line.views.push(earlier);
            view = earlier;
        }
        // The first view of a history: the member that began it had data, or had none.
        let Some((first, began)) = beginning(view, told) else {
            line.cut = start_of(view, told);
            break;
        };
        if line.ends.iter().any(|known| known.uuid == began.uuid) {
            break;
        }
        (node, end) = (first, began);
    }
    line
}

/// Returns the last view on the way to data of this position. A copy goes on from the line of its donor, and so do the
/// events that a node got from a donor before it was in a primary component again.
fn last_within<'a>(
    name: &'a str,
    steps: &'a [LoggedStep],
    end: Position,
    told: &'a [Told],
) -> Option<&'a ServerView> {
    let (mut name, mut steps, mut end) = (name, steps, end);
    // A copy of a copy, and so on: not more of them than nodes.
    for _ in 0..=told.len() {
        match origin(name, steps, end)? {
            Origin::View(view) => return Some(view),
            Origin::Donor(donor, position) => {
                let from = told.iter().find(|one| one.node.as_str() == donor)?;
                (name, steps, end) = (from.node.as_str(), &from.steps, position);
            }
        }
    }
    None
}

/// The way on which a node came to data of a position.
enum Origin<'a> {
    /// It was in this view.
    View(&'a ServerView),
    /// It got them from this donor, which had data of this position.
    Donor(&'a str, Position),
}

/// Returns how a node came to data of a position, by its own log.
fn origin<'a>(name: &str, steps: &'a [LoggedStep], end: Position) -> Option<Origin<'a>> {
    let mut end = end;
    let is_within = |at: &Position, end: Position| at.uuid == end.uuid && at.seqno <= end.seqno;
    // The donor of the life that is looked at.
    let mut asked: Option<&str> = None;
    for step in steps.iter().rev() {
        match step {
            LoggedStep::View(view) if view.primary && is_within(&view.position, end) => {
                return Some(Origin::View(view));
            }
            LoggedStep::Copied { donor, position } if is_within(position, end) => {
                return Some(Origin::Donor(donor, *position));
            }
            LoggedStep::Asked { joiner, donor } if joiner == name => asked = Some(donor),
            LoggedStep::Start(began) => {
                let has_gone_on = is_within(began, end) && began.seqno < end.seqno;
                // Until it is in a primary component, a server commits nothing but what a donor sends.
                if let Some(donor) = asked.take()
                    && has_gone_on
                {
                    return Some(Origin::Donor(donor, end));
                }
                // What it had done before, and did not hold when it started, is not on the way.
                if has_gone_on {
                    end = *began;
                }
            }
            _ => {}
        }
    }
    None
}

/// Returns a later view than the node's own last one that a log of others has: its own log may have lost its end.
/// The view counts the life of its own last view; if its own log has no view at all, it counts the node.
///
/// A node that was without quorum at that position had it before the view: its own event of that number is another one
/// (two components that both went on from one number met again).
fn of_others<'a>(
    node: &Told,
    own: Option<&ServerView>,
    end: Position,
    told: &'a [Told],
) -> Option<&'a ServerView> {
    let name = node.node.as_str();
    let life = own.map(|view| view.identity(name));
    let counts = |view: &&ServerView| match life {
        Some(life) => life.is_some() && view.identity(name) == life,
        None => view.counts(name),
    };
    let without_quorum = own.and_then(|own| last_without_quorum(node, own));
    let later = |view: &&ServerView| {
        view.position.uuid == end.uuid
            && view.position.seqno <= end.seqno
            && without_quorum
                .is_none_or(|at| at.uuid != view.position.uuid || at.seqno < view.position.seqno)
            && own.is_none_or(|own| own.position.seqno < view.position.seqno)
    };
    let views = told.iter().flat_map(Told::views).map(|(view, ..)| view);
    views
        .filter(later)
        .filter(counts)
        .max_by_key(|view| view.position.seqno)
}

/// Returns the position that a node had when it was last without quorum after one of its views, in the same life.
fn last_without_quorum(node: &Told, own: &ServerView) -> Option<Position> {
    let is_own = |step: &LoggedStep| matches!(step, LoggedStep::View(view) if view.is_same(own));
    let place = node.steps.iter().rposition(is_own)?;
    let life = node.steps[place..]
        .iter()
        .take_while(|step| !matches!(step, LoggedStep::Start(_)));
    life.filter_map(|step| match step {
        LoggedStep::View(view) if !view.primary && view.position.uuid == own.position.uuid => {
            Some(view.position)
        }
        _ => None,
    })
    .last()
}

/// Returns the position of the data with which the first known life of a line began.
fn start_of(view: &ServerView, told: &[Told]) -> Option<Position> {
    let of = |one: &Told| {
        let mut views = one.views();
        let (_, began, _) = views.find(|(known, ..)| known.is_same(view))?;
        began
    };
    let starts = told.iter().filter_map(of);
    starts
        .filter(|start| start.uuid == view.position.uuid)
        .max_by_key(|start| start.seqno)
}

/// Returns the node that began a history with this view, and the position that it began with; `None` if the view
/// is not the first of its history.
fn beginning<'a>(view: &ServerView, told: &'a [Told]) -> Option<(&'a Told, Position)> {
    if view.position.seqno.0 > 1 {
        return None;
    }
    told.iter().find_map(|one| {
        let mut views = one.views();
        let (_, began, _) = views.find(|(known, ..)| known.is_same(view))?;
        Some((one, began.unwrap_or(Position::UNDEFINED)))
    })
}

/// Returns the view from which this one came. Its position is lower, so that every line ends.
fn before<'a>(view: &ServerView, told: &'a [Told]) -> Option<&'a ServerView> {
    let mut in_one_life: BTreeSet<&ServerView> = BTreeSet::new();
    let mut without_quorum: BTreeSet<&ServerView> = BTreeSet::new();
    let mut in_another: BTreeSet<&ServerView> = BTreeSet::new();
    for one in told {
        let mut previous: Option<&ServerView> = None;
        for (known, began, steps) in one.views() {
            if known.is_same(view) {
                let fits = |known: &&ServerView| {
                    known.position.uuid == view.position.uuid
                        && known.position.seqno < view.position.seqno
                };
                let is_of_this_life = |earlier: &&ServerView| earlier.me() == known.me();
                // Two components met: the one that was primary goes on, and the others join it.
                let kept = if has_lost_quorum(steps) {
                    &mut without_quorum
                } else {
                    &mut in_one_life
                };
                kept.extend(previous.filter(fits).filter(is_of_this_life));
                // A new life goes on from the data that its disk held.
                let began = began.unwrap_or(view.position);
                let own = last_within(one.node.as_str(), steps, began, told);
                let last = of_others(one, own, began, told).or(own);
                in_another.extend(last.filter(fits));
            }
            previous = Some(known);
        }
    }
    let found = in_one_life.last().or(without_quorum.last());
    found.or(in_another.last()).copied()
}

/// Returns whether a node was without quorum after the last primary view of these steps.
fn has_lost_quorum(steps: &[LoggedStep]) -> bool {
    let last = steps.iter().rev().find_map(|step| match step {
        LoggedStep::View(view) => Some(view.primary),
        _ => None,
    });
    last == Some(false)
}

#[cfg(test)]
#[path = "lines_tests.rs"]
mod tests;
