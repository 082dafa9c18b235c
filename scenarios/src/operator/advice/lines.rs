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

mod beyond;
mod past;

use std::collections::BTreeSet;

pub use beyond::{Beyond, Lines};
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

    /// Returns whether it left in order when `other` was a member of its last primary view: `other` then has what it has.
    pub fn has_left(&self, other: &NodeName) -> bool {
        let is_primary = |step: &LoggedStep| matches!(step, LoggedStep::View(view) if view.primary);
        let Some(last) = self.steps.iter().rposition(is_primary) else {
            return false;
        };
        let life = self.steps[last..].iter();
        let mut life = life.take_while(|step| !matches!(step, LoggedStep::Start(_)));
        let counts =
            matches!(life.next(), Some(LoggedStep::View(view)) if view.counts(other.as_str()));
        // A server that leaves is in a view without members.
        counts && life.any(|step| matches!(step, LoggedStep::View(view) if view.members.is_empty()))
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

/// A node at a moment of its log: now, or before it joined over a fork.
#[derive(Clone, Copy, Debug)]
struct Moment<'a> {
    node: &'a NodeName,
    /// The position of its data then.
    position: Position,
    /// Its log up to then.
    steps: &'a [LoggedStep],
}

impl<'a> From<&'a Told> for Moment<'a> {
    fn from(told: &'a Told) -> Self {
        Self {
            node: &told.node,
            position: told.position,
            steps: &told.steps,
        }
    }
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

    /// Returns how many of the views are of a history, beyond a seqno of it, up to another one.
    fn views_between(&self, history: StateUuid, from: i64, to: i64) -> i64 {
        let views = self.views.iter().map(|view| view.position);
        let within = views.filter(|at| at.uuid == history && from < at.seqno.0 && at.seqno.0 <= to);
        i64::try_from(within.count()).unwrap_or(i64::MAX)
    }

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

/// Follows the line of a node's data back.
fn line<'a>(one: Moment<'a>, told: &'a [Told]) -> Line<'a> {
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
        let own = last_within(node.node.as_str(), node.steps, end, told);
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
        (node, end) = (Moment::from(first), began);
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
/// The view counts the life of its own last view, or a life that its own log has lost as a whole; if its own log has no
/// view at all, it counts the node.
///
/// A node that was without quorum at that position had it before the view: its own event of that number is another one
/// (two components that both went on from one number met again).
fn of_others<'a>(
    node: Moment<'_>,
    own: Option<&ServerView>,
    end: Position,
    told: &'a [Told],
) -> Option<&'a ServerView> {
    let name = node.node.as_str();
    let life = own.map(|view| view.identity(name));
    let later_lives = own.and_then(|own| lives_after(node, own, told));
    let counts = |view: &&ServerView| match (view.identity(name), life) {
        (None, _) | (_, Some(None)) => false,
        (Some(_), None) => true,
        (Some(counted), Some(Some(life))) => {
            counted == life || is_on_the_way(view, counted, later_lives.as_deref())
        }
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

/// Returns the lives that a node began after one of its views, up to a moment: the position of each start, and the
/// identity if its log shows one. `None` if its log does not have the view.
fn lives_after<'a>(
    node: Moment<'_>,
    own: &ServerView,
    told: &'a [Told],
) -> Option<Vec<(Position, Option<&'a str>)>> {
    let is_own = |step: &LoggedStep| matches!(step, LoggedStep::View(view) if view.is_same(own));
    let place = node.steps.iter().rposition(is_own)?;
    // What comes after the moment may say who the last life was.
    let whole = &told.iter().find(|one| one.node == *node.node)?.steps;
    let starts = (place..node.steps.len()).filter_map(|at| match whole.get(at)? {
        LoggedStep::Start(position) => Some((at, *position)),
        _ => None,
    });
    let identity = |start: usize| {
        let life = whole[start + 1..].iter();
        let mut life = life.take_while(|step| !matches!(step, LoggedStep::Start(_)));
        life.find_map(|step| match step {
            LoggedStep::View(view) => view.identity(node.node.as_str()),
            _ => None,
        })
    };
    Some(starts.map(|(at, began)| (began, identity(at))).collect())
}

/// Returns whether a view that counts a later life of a node is on the way of its data. Its log has lost that life, or
/// the life began before the view. A life that began with the view's number or more had an event of its own there: the
/// server was ahead of the group, and ended.
fn is_on_the_way(
    view: &ServerView,
    counted: &str,
    later: Option<&[(Position, Option<&str>)]>,
) -> bool {
    let may_be = |known: &&(Position, Option<&str>)| known.1.is_none_or(|known| known == counted);
    let mut candidates = later.into_iter().flatten().filter(may_be).peekable();
    let is_lost = later.is_some() && candidates.peek().is_none();
    let at = view.position;
    is_lost || candidates.any(|(began, _)| began.uuid == at.uuid && began.seqno < at.seqno)
}

/// Returns the position that a node had when it was last without quorum after one of its views, in the same life.
fn last_without_quorum(node: Moment<'_>, own: &ServerView) -> Option<Position> {
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
                let last = of_others(Moment::from(one), own, began, told).or(own);
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
mod tests;
