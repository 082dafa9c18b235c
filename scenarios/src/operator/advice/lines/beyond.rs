//! What one node holds beyond another one: the comparison of two lines.
//!
//! A node that has joined over a fork holds parts of two lines: its own up to where it joined, and from there on that of
//! the group. What the group did at the node's own numbers it lacks.

use seatrial_galera::{LoggedStep, StateUuid};

use super::past::{Part, parts};
use super::{Line, Moment, Told, line};

/// What one node holds beyond another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Beyond {
    /// Nothing: the other one holds its whole history, and it may join by events alone.
    Nothing,
    /// It has gone on apart from the other one, and has made no event but views, or it lacks what the other one holds
    /// at a number that it has passed. Nothing is lost with it, but its position means something else than the other
    /// one's: it must get a whole copy.
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
    /// The nodes as they are, and after them the moments before they joined over a fork.
    moments: Vec<Moment<'a>>,
    /// The line of each moment.
    of_moments: Vec<Line<'a>>,
    /// What each node holds of the lines, the oldest part first. The last part is of its present line.
    parts: Vec<Vec<Part>>,
}

/// Where two lines parted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parted {
    /// In this history, after this seqno.
    At(StateUuid, i64),
    /// They have nothing in common.
    FromTheStart,
    /// The logs do not say.
    Unknown,
}

/// Some of what one node holds and another one lacks: the seqnos after `from` up to `to`.
#[derive(Clone, Copy, Debug)]
struct Own {
    line: usize,
    history: StateUuid,
    from: i64,
    to: i64,
}

/// What a part has in common with a line of another node: the seqnos after `from` up to `to`.
#[derive(Clone, Copy, Debug)]
struct Share {
    history: StateUuid,
    from: i64,
    to: i64,
}

impl<'a> Lines<'a> {
    /// Follows each node's line back as far as the logs go.
    pub fn of(told: &'a [Told]) -> Self {
        let moments: Vec<Moment<'a>> = told.iter().map(Moment::from).collect();
        let of_moments = moments.iter().map(|one| line(*one, told)).collect();
        let mut all = Self {
            told,
            moments,
            of_moments,
            parts: Vec::new(),
        };
        all.parts = (0..told.len()).map(|one| parts(one, &mut all)).collect();
        all
    }

    /// Returns the nodes, as they were told.
    pub(super) const fn told(&self) -> &'a [Told] {
        self.told
    }

    /// Takes a moment of the past up, and returns its place.
    pub(super) fn add(&mut self, moment: Moment<'a>) -> usize {
        self.of_moments.push(line(moment, self.told));
        self.moments.push(moment);
        self.moments.len() - 1
    }

    /// Takes the last moment back.
    pub(super) fn take_back(&mut self) {
        self.of_moments.pop();
        self.moments.pop();
    }

    /// Returns whether the data of one moment have gone on apart from the line of another one.
    pub(super) fn has_parted(&self, one: usize, other: usize) -> bool {
        let end = self.moments[one].position;
        matches!(self.parted(one, other), Parted::At(history, shared) if history == end.uuid && shared < end.seqno.0)
    }

    /// Returns what `one` holds that `other` lacks, by their places.
    pub fn beyond(&self, one: usize, other: usize) -> Beyond {
        if one == other || self.told[one].position.is_undefined() {
            return Beyond::Nothing;
        }
        let Some(own) = self.own(one, other) else {
            return Beyond::Unknown;
        };
        match self.weigh(own.iter().copied()) {
            Beyond::Nothing if self.lacks(one, other) => Beyond::Views,
            found => found,
        }
    }

    /// Returns what `one` holds that `other` lacks although it has passed the number: `other` got later events, and
    /// so nothing sends it these any more.
    pub fn passed(&self, one: usize, other: usize) -> Beyond {
        let (mine, theirs) = (self.told[one].position, self.told[other].position);
        if one == other || mine.is_undefined() || mine.uuid != theirs.uuid {
            return Beyond::Nothing;
        }
        match self.own(one, other) {
            None => Beyond::Unknown,
            Some(own) => {
                let upto = own.into_iter().map(|own| {
                    let is_passed = own.history == theirs.uuid;
                    Own {
                        to: own.to.min(if is_passed { theirs.seqno.0 } else { own.to }),
                        ..own
                    }
                });
                self.weigh(upto)
            }
        }
    }

    /// Returns whether a node has joined over a fork and got events alone, so that its rows are not those of the
    /// others. A copy makes it whole again.
    pub fn has_joined_over(&self, one: usize) -> bool {
        self.parts[one].len() > 1
    }

    /// Returns whether a node's log has lost its end: the last view on the way of its data stands in the logs of others
    /// alone, or has other members although the node `was_alone` in its last one.
    pub fn has_lost_its_end(&self, one: usize, was_alone: bool) -> bool {
        let newest = self.of_moments[one].views.first();
        newest.is_none_or(|newest| {
            if was_alone && newest.members.len() > 1 {
                return true;
            }
            let mut steps = self.told[one].steps.iter();
            !steps.any(|step| matches!(step, LoggedStep::View(view) if view.is_same(newest)))
        })
    }

    /// Returns whether `other` holds events after the last view that its line has in common with that of `one`.
    pub fn has_gone_on_after_meeting(&self, other: usize, one: usize) -> bool {
        let (mine, theirs) = (&self.of_moments[one].views, &self.of_moments[other].views);
        let mut common = mine
            .iter()
            .filter(|view| theirs.iter().any(|known| view.is_same(known)));
        let end = self.told[other].position;
        if let Some(view) = common.next() {
            return end.uuid != view.position.uuid || end.seqno > view.position.seqno;
        }
        let own = self.told[one].position;
        end.uuid != own.uuid || end.seqno >= own.seqno
    }

    /// Returns whether `one`, or what it meets, has joined over a fork and lacks what `other` holds.
    fn lacks(&self, one: usize, other: usize) -> bool {
        (self.has_joined_over(one) || self.has_joined_over(other))
            && self.passed(other, one) != Beyond::Nothing
    }

    fn weigh(&self, own: impl Iterator<Item = Own>) -> Beyond {
        let mut events = 0;
        let mut has_gone_on = false;
        for own in own.filter(|own| own.from < own.to) {
            has_gone_on = true;
            let views = self.of_moments[own.line].views_between(own.history, own.from, own.to);
            events += own.to - own.from - views;
        }
        match u64::try_from(events) {
            Ok(events) if events > 0 => Beyond::Events(events),
            _ if has_gone_on => Beyond::Views,
            _ => Beyond::Nothing,
        }
    }

    /// Returns what `one` holds that `other` lacks; `None` if the logs do not say.
    fn own(&self, one: usize, other: usize) -> Option<Vec<Own>> {
        let mut found = Vec::new();
        for part in &self.parts[one] {
            let mut shares = Vec::new();
            for theirs in &self.parts[other] {
                match self.parted(part.line, theirs.line) {
                    Parted::Unknown => return None,
                    Parted::FromTheStart => {}
                    Parted::At(history, seqno) => shares.push(self.share(*theirs, history, seqno)),
                }
            }
            found.extend(self.own_of(*part, &shares));
        }
        Some(found)
    }

    /// Returns what a part has in common with a line that parted from it after a seqno.
    fn share(&self, part: Part, history: StateUuid, seqno: i64) -> Share {
        // It went through an older history before, and holds all of it.
        let is_older = self.moments[part.line].position.uuid != history;
        Share {
            history,
            from: if is_older { 0 } else { part.from.unwrap_or(0) },
            to: if is_older { seqno } else { part.to.min(seqno) },
        }
    }

    /// Returns what is left of a part without the shares.
    fn own_of(&self, part: Part, shares: &[Share]) -> Vec<Own> {
        let mut found = Vec::new();
        for (age, end) in self.of_moments[part.line].ends.iter().enumerate() {
            let (from, to) = match age {
                0 => (part.from.unwrap_or(0), part.to),
                // Older histories are of the oldest part.
                _ if part.from.is_some() => break,
                _ => (0, end.seqno.0),
            };
            let here = shares.iter().filter(|share| share.history == end.uuid);
            let mut left = vec![(from, to)];
            for share in here.clone() {
                let apart = left.into_iter().flat_map(|own| share.without(own));
                left = apart.collect();
            }
            found.extend(left.into_iter().map(|(from, to)| Own {
                line: part.line,
                history: end.uuid,
                from,
                to,
            }));
            // All older events are common.
            if here.count() > 0 {
                break;
            }
        }
        found
    }

    /// Returns where the lines of two moments parted.
    fn parted(&self, one: usize, other: usize) -> Parted {
        let (mine, theirs) = (&self.of_moments[one], &self.of_moments[other]);
        let common = mine
            .views
            .iter()
            .find(|view| theirs.views.iter().any(|known| view.is_same(known)));
        match common {
            Some(view) => {
                let shared = mine.limit(view).min(theirs.limit(view));
                Parted::At(view.position.uuid, shared)
            }
            None if self.moments[other].position.is_undefined() => Parted::FromTheStart,
            // Each of them began where there were no data, so that they have nothing in common.
            None if mine.is_whole && theirs.is_whole && !mine.meets(theirs) => Parted::FromTheStart,
            None => self.over_the_gap(one, other).unwrap_or(Parted::Unknown),
        }
    }

    /// Returns where two lines parted if a log was lost: up to the data with which its oldest known part begins, a
    /// node has gone along with the views of the other one that count it.
    fn over_the_gap(&self, one: usize, other: usize) -> Option<Parted> {
        let along = |gap: usize, known: usize| {
            let cut = self.of_moments[gap].cut?;
            let name = self.moments[gap].node.as_str();
            let line = &self.of_moments[known];
            let view = line
                .views
                .iter()
                .find(|view| view.position.uuid == cut.uuid && view.counts(name))?;
            // After the gap it may have gone its own way.
            let own = self.of_moments[gap].views.iter().map(|view| view.position);
            let first = own
                .filter(|at| at.uuid == cut.uuid)
                .map(|at| at.seqno.0 - 1)
                .min();
            let shared = cut.seqno.0.min(line.limit(view));
            let shared = first.map_or(shared, |first| shared.min(first));
            Some(Parted::At(cut.uuid, shared))
        };
        along(one, other).or_else(|| along(other, one))
    }
}

impl Share {
    /// Returns what is left of the seqnos after the first of `own` up to the second.
    fn without(&self, own: (i64, i64)) -> impl Iterator<Item = (i64, i64)> {
        let (from, to) = own;
        let parts = if self.from < self.to {
            [(from, to.min(self.from)), (from.max(self.to), to)]
        } else {
            [own, (to, to)]
        };
        parts.into_iter().filter(|(from, to)| from < to)
    }
}
