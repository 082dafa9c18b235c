//! Decides which node to bootstrap from the complete evidence.
//!
//! Commits are applied in one order, so of two nodes with one history the one with the higher
//! position holds everything that the other holds. That is the whole reason for "the highest
//! position". It fails where there are two histories, and where the data behind a position are not
//! whole; then a person is asked.

use std::fmt::Write as _;

use seatrial_galera::{Position, Saved, SavedView, StateUuid};
use seatrial_port::{NodeName, list};

use super::Evidence;

/// The conclusion from the evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// This node holds everything that any of them holds.
    Bootstrap(NodeName),
    /// A person must decide.
    Ask {
        /// The kind of question.
        why: Why,
        /// The question, and what was found.
        text: String,
    },
}

/// The reason why a person must decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The position of a node is unknown.
    NoPosition,
    /// There are several histories, and numbers do not compare them.
    Histories,
    /// The data behind the highest position may not be whole.
    NotWhole,
    /// There may be two histories under one uuid.
    Forked,
}

/// Chooses among stopped nodes.
pub fn choose(all: &[Evidence]) -> Decision {
    let ask = |why: Why, text: String| Decision::Ask {
        why,
        text: format!("{text}. Found: {}", describe(all)),
    };

    let silent = names(all, |evidence| evidence.position.is_none());
    if !silent.is_empty() {
        let text = format!("the position of {} cannot be read", list(&silent));
        return ask(Why::NoPosition, text);
    }
    let with_data: Vec<&Evidence> = all.iter().filter(|evidence| evidence.has_data()).collect();
    let Some(first) = with_data.first() else {
        // No node was ever in a cluster, so there is nothing to lose.
        return all.first().map_or_else(
            || ask(Why::NoPosition, "there is no node".to_owned()),
            |first| Decision::Bootstrap(first.node.clone()),
        );
    };
    // D1: the manual's own example compares the numbers of three histories.
    if with_data
        .iter()
        .any(|evidence| uuid(evidence) != uuid(first))
    {
        return ask(
            Why::Histories,
            "the nodes hold different histories, whose positions say nothing about each \
                    other: decide whose data are kept"
                .to_owned(),
        );
    }
    let best = furthest(&with_data).unwrap_or(first);
    if let Some(why) = doubt(best, &with_data) {
        let text = format!(
            "{} has the highest position, and {why}: decide whether its data are kept",
            best.node
        );
        return ask(Why::NotWhole, text);
    }
    if let Some(sign) = fork(best, &with_data) {
        let text = format!("{sign}: there may be two histories under one uuid");
        return ask(Why::Forked, text);
    }
    Decision::Bootstrap(best.node.clone())
}

/// Returns the node of the highest position; of equal ones the node whose data are certainly whole, then one
/// that needs no force, then the first.
pub(super) fn furthest<'a>(with_data: &[&'a Evidence]) -> Option<&'a Evidence> {
    let all = with_data.iter().copied().rev();
    all.max_by_key(|evidence| rank(evidence))
}

/// Returns the order of preference: the seqno, the trust in the data, and whether no force is needed.
pub(crate) fn rank(evidence: &Evidence) -> (i64, u8, bool) {
    (seqno(evidence), trust(evidence), is_safe(evidence))
}

/// Returns the evidence that one history has become two without a new uuid: a forced bootstrap beside a
/// component that went on.
///
/// The positions say nothing of it. A view of one member is left by that member alone, and with it
/// the node took at least one seqno that nobody else has; `safe_to_bootstrap: 1` says the same of an
/// orderly stop (measurements, A1.1 and A2.13).
pub(super) fn fork(best: &Evidence, with_data: &[&Evidence]) -> Option<String> {
    let others = || with_data.iter().filter(|one| one.node != best.node);
    let alone: Vec<NodeName> = others()
        .filter(|one| one.was_alone())
        .map(|one| one.node.clone())
        .collect();
    if !alone.is_empty() {
        return Some(format!(
            "{} was a primary component of its own, and others have gone on without it",
            list(&alone)
        ));
    }
    for (index, one) in with_data.iter().enumerate() {
        for other in &with_data[index + 1..] {
            if let (Some(a), Some(b)) = (&one.view, &other.view)
                && a.excludes(b)
            {
                return Some(format!(
                    "the last primary components of {} and {} had no member in common",
                    one.node, other.node
                ));
            }
        }
    }
    let last: Vec<NodeName> = others()
        .filter(|one| is_safe(one) && seqno(one) < seqno(best))
        .map(|one| one.node.clone())
        .collect();
    (!last.is_empty()).then(|| {
        format!(
            "{} was the last one of a primary component (safe_to_bootstrap 1), and {} has gone on \
             without it",
            list(&last),
            best.node
        )
    })
}

/// Returns whether nodes that cannot be reached can be left out: whether the last primary component that is
/// known consists of nodes that can be reached.
///
/// `views` are the saved views of all nodes that can be reached. A component can only be followed
/// by one that contains enough of its members, so nobody outside of the latest one has gone on.
pub fn is_covered(views: &[Option<SavedView>]) -> bool {
    let views: Vec<&SavedView> = views.iter().flatten().collect();
    let Some(latest) = views.iter().max_by_key(|view| view.id.1) else {
        return false;
    };
    let is_known = |member: &String| views.iter().any(|view| view.is_of(member));
    // Two views of one number are of two lines that know nothing of each other.
    views
        .iter()
        .all(|view| view.id.1 < latest.id.1 || view.id == latest.id)
        && latest.members.iter().all(is_known)
}

/// Returns the trust in the data of a position.
pub(super) fn trust(evidence: &Evidence) -> u8 {
    match evidence.saved {
        Saved::Named(_) => 2,
        // Galera leaves no such file behind, so these say nothing of the data.
        Saved::Missing | Saved::Garbage => 1,
        Saved::Empty | Saved::Zero => 0,
    }
}

/// Returns the objection to the node with the highest position, if there is one.
pub(crate) fn doubt(best: &Evidence, with_data: &[&Evidence]) -> Option<String> {
    let others_trusted = with_data
        .iter()
        .all(|evidence| evidence.node == best.node || trust(evidence) > 0);
    let strictly = with_data
        .iter()
        .all(|evidence| evidence.node == best.node || seqno(evidence) < seqno(best));
    match best.saved {
        Saved::Named(state) if Some(state.uuid) != uuid(best) => {
            Some(format!("its grastate.dat names another history ({})", state.uuid))
        }
        Saved::Named(_) | Saved::Missing | Saved::Garbage => None,
        // A half-copied node shows the position of its donor, which is no higher than the donor's
        // is today (A5.38). Higher than all whole nodes means that it is whole itself.
        Saved::Empty if others_trusted && strictly => None,
        Saved::Empty => Some("its empty grastate.dat may stand for a half-copied disk".to_owned()),
        Saved::Zero => Some(
            "its grastate.dat has the zero uuid of an interrupted state transfer or schema change, \
             or of a node that was ahead of the cluster"
                .to_owned(),
        ),
    }
}

pub(super) fn uuid(evidence: &Evidence) -> Option<StateUuid> {
    evidence.position.map(|position| position.uuid)
}

pub(super) fn seqno(evidence: &Evidence) -> i64 {
    evidence.position.map_or(-1, |position| position.seqno.0)
}

pub(super) fn is_safe(evidence: &Evidence) -> bool {
    matches!(evidence.saved, Saved::Named(state) if state.safe_to_bootstrap)
}

fn names(all: &[Evidence], wanted: impl Fn(&Evidence) -> bool) -> Vec<NodeName> {
    all.iter()
        .filter(|evidence| wanted(evidence))
        .map(|e| e.node.clone())
        .collect()
}

/// Returns the evidence in one line for each node, as a person needs it to decide.
fn describe(all: &[Evidence]) -> String {
    let mut text = String::new();
    for evidence in all {
        let separator = if text.is_empty() { "" } else { "; " };
        let position = evidence
            .position
            .map_or_else(|| "unknown".to_owned(), |p: Position| p.to_string());
        let saved = match evidence.saved {
            Saved::Named(state) => {
                format!(
                    "grastate.dat {}, safe {}",
                    state.position(),
                    u8::from(state.safe_to_bootstrap)
                )
            }
            Saved::Missing => "no grastate.dat".to_owned(),
            Saved::Empty => "grastate.dat empty".to_owned(),
            Saved::Zero => "grastate.dat with the zero uuid".to_owned(),
            Saved::Garbage => "grastate.dat unreadable".to_owned(),
        };
        // Writing into a string cannot fail.
        let _ = write!(text, "{separator}{} at {position}, {saved}", evidence.node);
    }
    text
}

#[cfg(test)]
#[path = "choice_tests.rs"]
mod tests;
