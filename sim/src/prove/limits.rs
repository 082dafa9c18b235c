//! The limits of knowledge: which states look the same and need different actions, what tells them
//! apart, and the best that a procedure could do with what it can see.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::search::{Healed, Searched};
use super::sight::Evidence;

/// States that look the same to an operator.
#[derive(Clone, Debug, Serialize)]
pub struct LookAlikes {
    /// The evidence.
    pub seen: String,
    /// The lines of nodes with which one may begin, whichever of the states it is; none where the
    /// states need different actions.
    pub begin_with: Vec<usize>,
    /// The number of states that look like this.
    pub states: usize,
    /// The number of these states in which no node could begin without loss.
    pub hopeless: usize,
    /// Two states that look so and need different actions, by their numbers; one and the same where
    /// its nodes look alike and are not.
    pub apart: Option<(usize, usize)>,
    #[serde(skip)]
    healed: Vec<usize>,
}

/// The knowledge from one kind of evidence.
pub struct Knowledge {
    /// The kind of evidence.
    pub evidence: Evidence,
    /// The states, grouped by what is seen of them.
    pub groups: Vec<LookAlikes>,
}

impl Knowledge {
    /// Groups the healed states of a search by what is seen of them.
    pub fn of(found: &Searched, evidence: Evidence) -> Self {
        let mut by_text: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, healed) in found.healed.iter().enumerate() {
            let text = healed.look(evidence).text.as_str();
            by_text.entry(text).or_default().push(number);
        }
        let groups = by_text
            .into_iter()
            .map(|(text, members)| group(found, evidence, text, members))
            .collect();
        Self { evidence, groups }
    }

    /// Returns the groups in which no procedure that sees only this can be safe.
    pub fn undecided(&self) -> impl Iterator<Item = &LookAlikes> {
        self.groups.iter().filter(|group| group.apart.is_some())
    }

    /// Returns the number of states that lie in such groups.
    pub fn undecided_states(&self) -> usize {
        self.undecided().map(|group| group.states).sum()
    }

    /// By number of the healed state: whether the best decision table recovers it.
    pub fn decided(&self) -> BTreeSet<usize> {
        let sure = self.groups.iter().filter(|g| !g.begin_with.is_empty());
        sure.flat_map(|group| group.healed.iter().copied())
            .collect()
    }
}

fn group(found: &Searched, evidence: Evidence, text: &str, members: Vec<usize>) -> LookAlikes {
    let safe = |number: &usize| &found.healed[*number].look(evidence).safe;
    let mut common: Option<BTreeSet<usize>> = None;
    let mut hopeless = 0;
    let mut apart = None;
    let mut before: Vec<(usize, &BTreeSet<usize>)> = Vec::new();
    for number in &members {
        for set in safe(number) {
            if set.is_empty() {
                hopeless += 1;
                break;
            }
            let left = common.as_ref().map_or_else(|| set.clone(), |c| c & set);
            if left.is_empty() && apart.is_none() {
                // The first that has nothing in common with this one, else the first of all.
                let other = before.iter().find(|(_, other)| other.is_disjoint(set));
                let other = other.or(before.first());
                apart = other.map(|(other, _)| (*other, *number));
            }
            common = Some(left);
            before.push((*number, set));
        }
    }
    let first = |number: usize| found.healed[number].first;
    LookAlikes {
        seen: text.to_owned(),
        begin_with: common.unwrap_or_default().into_iter().collect(),
        states: members.len(),
        hopeless,
        apart: apart.map(|(one, other)| (first(one), first(other))),
        healed: members,
    }
}

/// Returns the cheapest evidence with which two states do not look the same any more.
pub fn tells_apart(one: &Healed, other: &Healed) -> Option<Evidence> {
    let differ = |evidence: &Evidence| one.look(*evidence).text != other.look(*evidence).text;
    Evidence::ALL.into_iter().find(differ)
}
