//! What else the log of a node says: refused peers, votes, silence, donors that hang.

use jiff::Timestamp;

use seatrial_evidence::{Event, Identity, ProtocolTooNew};

use crate::ledger::Hang;
use crate::mark::{Dated, Mark, span};
use crate::statement::{Statement, count};
use crate::tell::{Facts, refused_peers};

/// Things that were said again and again within a while, as one.
struct Group {
    says: String,
    first: Mark,
    last: Mark,
    times: u64,
    /// A peer was refused.
    is_refusal: bool,
}

/// What else happened on a node.
pub(crate) fn of(facts: &Facts<'_, '_>, node: usize) -> Vec<(Timestamp, Statement)> {
    let mut lines = Vec::new();
    let mut groups: Vec<Group> = Vec::new();
    for (_, life) in facts.cluster.lives_of(node) {
        for dated in life.facts.iter().chain(&life.before) {
            if let Some(says) = repeated(facts, node, dated) {
                gather(&mut groups, says, dated);
            } else if let Some(statement) = single(facts, node, dated) {
                lines.push(facts.at(dated.mark(), statement));
            }
        }
    }
    for group in groups {
        let times = if group.times > 1 {
            format!(
                " This was said {}, until {}.",
                count(i64::try_from(group.times).unwrap_or(i64::MAX), "time"),
                facts.cluster.face.show_after(group.last.at, group.first.at)
            )
        } else {
            String::new()
        };
        let mut marks = vec![group.first, group.last];
        let from = group
            .is_refusal
            .then(|| refused_peers::came_from(facts, node, group.first, group.last));
        let (from, closed) = from.flatten().unwrap_or_default();
        marks.extend(closed);
        let says = format!("{}{from}{times}", group.says);
        lines.push(facts.at(group.first, Statement::certain(says, marks)));
    }
    lines
}

fn gather(groups: &mut Vec<Group>, says: String, dated: &Dated<'_>) {
    /// What comes again within this time is the same trouble.
    const AGAIN_S: i64 = 600;
    let last = dated.last_mark();
    let known = groups.iter_mut().rev().find(|group| {
        group.says == says && dated.at.as_second() - group.last.at.as_second() < AGAIN_S
    });
    match known {
        Some(group) => {
            group.times += dated.times();
            group.last = last;
        }
        None => groups.push(Group {
            says,
            first: dated.mark(),
            last,
            times: dated.times(),
            is_refusal: matches!(
                dated.fact.event,
                Event::HandshakeFailed { .. } | Event::OtherCluster { .. }
            ),
        }),
    }
}

/// Events that repeat themselves.
fn repeated(facts: &Facts<'_, '_>, node: usize, dated: &Dated<'_>) -> Option<String> {
    let name = facts.cluster.name(node);
    Some(match &dated.fact.event {
        Event::HandshakeFailed { text } => {
            format!(
                "{name} refuses a connection: {}.",
                text.trim_end_matches('.')
            )
        }
        Event::OtherCluster { own, peer } => format!(
            "{name} refuses a peer of another cluster: the peer's cluster name is {peer}, its own is {own}."
        ),
        Event::Suspected { peer } => {
            format!(
                "{name} does not hear {} and suspects it.",
                peer_words(facts, node, peer, dated.at)
            )
        }
        Event::PeerTimedOut { peer, .. } => {
            format!("The link from {name} to {} times out.", named(facts, peer))
        }
        Event::CacheLost => format!("The write-set cache of {name} could not be read back."),
        Event::ActionRejected => format!(
            "An action of {name} is not ordered: the client had an error, or it is sent again. This is no loss."
        ),
        _ => return None,
    })
}

/// A peer by its identity, or by its index in the view that the node is in.
fn peer_words(facts: &Facts<'_, '_>, node: usize, peer: &str, at: Timestamp) -> String {
    if peer.len() < 8 && peer.chars().all(|c| c.is_ascii_digit()) {
        let cluster = facts.cluster;
        let views = cluster.views.iter().rev();
        let mut before = views.filter(|view| view.mark.at <= at && view.has_node(node));
        let member = before.next().and_then(|view| {
            let group = view.seen.iter().find_map(|seen| seen.group_view.as_ref())?;
            group.0.members.get(peer.parse::<usize>().ok()?)
        });
        return member.map_or_else(
            || format!("the member with index {peer}"),
            |identity| named(facts, identity),
        );
    }
    Identity::read(peer).map_or_else(|| peer.to_owned(), |identity| named(facts, &identity))
}

/// The name of an identity, where a log or a view has it.
fn named(facts: &Facts<'_, '_>, identity: &Identity) -> String {
    refused_peers::node_of(facts, identity).map_or_else(
        || identity.to_string(),
        |node| facts.cluster.name(node).to_owned(),
    )
}

/// Events that are said once.
fn single(facts: &Facts<'_, '_>, node: usize, dated: &Dated<'_>) -> Option<Statement> {
    let name = facts.cluster.name(node);
    let mark = dated.mark();
    let says = match &dated.fact.event {
        Event::VoteBegins {
            member, position, ..
        } => {
            let on = position.map_or_else(String::new, |position| {
                format!(" on {}", super::short(position))
            });
            format!("{} begins a vote on an inconsistency{on}.", member.name)
        }
        Event::Inconsistent { .. } => {
            format!("The data of {name} differ from the group's: it leaves, and the group is well.")
        }
        Event::ProtocolTooNew(ProtocolTooNew {
            protocol,
            group,
            known,
        }) => format!(
            "{name} joins, and aborts: the group works by version {group} of the protocol {protocol}, {name} knows \
             {known} at most."
        ),
        Event::Evicted => format!("The group has put {name} out."),
        Event::DuplicateIdentity => {
            format!("Another node has the identity of {name}: gvwstate.dat was copied.")
        }
        Event::ConflictingPrimaries => format!("{name} meets another primary component and ends."),
        Event::ViewChangeFailed => {
            format!("A change of membership finds no common view on {name}.")
        }
        Event::NoPrimaryReached => format!("{name} reaches no primary component in time."),
        Event::ExchangeFailed { .. } => format!("A state exchange fails on {name}."),
        Event::CacheReset { from, to } if !from.uuid.is_nil() && from.uuid != to.uuid => {
            format!("The write-set cache of {name} is emptied for another history.")
        }
        Event::FullClusterCrash { pod } => {
            format!("The operator finds the whole cluster down and asks {pod}.")
        }
        Event::ViewRestored { restored: true } => {
            format!("{name} restores the view of gvwstate.dat: the life before crashed.")
        }
        Event::ReportFailed { .. } => format!("{name} could not report its position in time."),
        _ => return None,
    };
    Some(Statement::certain(says, [mark]))
}

/// The sentences about a donor that hangs.
pub(crate) fn hang(facts: &Facts<'_, '_>, hang: &Hang) -> Vec<(Timestamp, Statement)> {
    let name = facts.cluster.name(hang.node);
    let mut marks = vec![hang.since, hang.last];
    let mut says = format!(
        "{name} is a donor from here on and never comes back from it, until its log ends at {} ({} later): \
         no line says that the transfer ended or that it is synced again.",
        facts.cluster.face.show_after(hang.last.at, hang.since.at),
        span(hang.since.at, hang.last.at)
    );
    if let Some(applied) = &hang.applied
        && hang.passed > 0
    {
        says.extend([format!(
            " It handles no view after {}, although {} pass.",
            applied.value,
            count(
                i64::try_from(hang.passed).unwrap_or(i64::MAX),
                "more configuration"
            )
        )]);
        marks.push(applied.mark);
    }
    let mut lines = vec![facts.at(hang.since, Statement::certain(says, marks))];
    if hang.passed > 0 {
        let applied = hang.applied.as_ref();
        let far = applied.map_or_else(String::new, |applied| {
            format!(": it may have applied no more than {}", applied.value)
        });
        let before = hang.report.map_or_else(String::new, |report| {
            format!(
                ", and a report of its position timed out at {}",
                facts.time(report.at)
            )
        });
        let marks = [
            hang.report,
            applied.map(|applied| applied.mark),
            Some(hang.since),
        ];
        let line = Statement::inferred(
            format!("The applier of {name} hangs{far}{before}."),
            marks.into_iter().flatten(),
        );
        lines.push(facts.at(hang.since, line));
    }
    lines
}
