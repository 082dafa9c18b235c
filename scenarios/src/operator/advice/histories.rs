//! Lists the histories that are consistent with the evidence, and what each choice would lose in them.

use std::collections::BTreeMap;

use seatrial_galera::{Saved, StateUuid};
use seatrial_port::{NodeName, list};
use serde::Serialize;

use super::Evidence;
use super::choice::{fork, furthest, seqno, trust, uuid};

/// One way in which the cluster can have come to what was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Histories {
    /// The events of the history.
    pub says: String,
    /// The evidence for it, or against it.
    pub sign: String,
    /// The loss of each choice.
    pub losses: Vec<Loss>,
    /// Whether something in the files points to it, beyond not excluding it.
    pub likely: bool,
    /// Whether two lines have parted under one uuid in it.
    #[serde(skip)]
    pub parted: bool,
}

/// The loss of a choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Loss {
    /// The node that is bootstrapped.
    pub node: NodeName,
    /// The lost data, in words.
    pub loses: String,
    /// Whether nothing is lost, as far as these files show.
    pub nothing: bool,
}

/// Returns the histories that the evidence does not exclude, the likely ones first.
pub(super) fn consistent(all: &[Evidence], away: &[NodeName]) -> Vec<Histories> {
    let with_data: Vec<&Evidence> = all.iter().filter(|one| one.has_data()).collect();
    let mut found = Vec::new();
    let mut by_uuid: BTreeMap<StateUuid, Vec<&Evidence>> = BTreeMap::new();
    for one in &with_data {
        if let Some(uuid) = uuid(one) {
            by_uuid.entry(uuid).or_default().push(one);
        }
    }
    if by_uuid.len() > 1 {
        found.extend(several(&by_uuid));
    } else if let Some(best) = furthest(&with_data) {
        found.extend(one_uuid(best, &with_data));
    }
    for half in with_data.iter().filter(|one| trust(one) == 0) {
        found.push(half_copied(half, &with_data));
    }
    if !away.is_empty() {
        found.push(away_is_ahead(&with_data, away));
    }
    found.sort_by_key(|one| !one.likely);
    found
}

/// Returns the short form of a history's name, enough to tell a few apart.
pub(super) fn short(uuid: StateUuid) -> String {
    let text = uuid.to_string();
    text.split('-').next().unwrap_or_default().to_owned()
}

fn names(all: &[&Evidence]) -> Vec<NodeName> {
    all.iter().map(|one| one.node.clone()).collect()
}

/// Several uuids: either of them may be the cluster's, and numbers say nothing of it.
fn several(by_uuid: &BTreeMap<StateUuid, Vec<&Evidence>>) -> Vec<Histories> {
    let mut found = Vec::new();
    for (uuid, holders) in by_uuid {
        let others: Vec<(&StateUuid, &Vec<&Evidence>)> =
            by_uuid.iter().filter(|(other, _)| *other != uuid).collect();
        let said: Vec<String> = others
            .iter()
            .map(|(uuid, nodes)| format!("{} on {}", short(**uuid), list(&names(nodes))))
            .collect();
        let together = holders.iter().any(|one| {
            let members = one.view.as_ref().map_or(0, |view| view.members.len());
            members > 1
        });
        let alone = holders.iter().all(|one| one.was_alone());
        let sign = match (together, alone) {
            (true, _) => format!(
                "{} went down as {} of a primary component of several nodes",
                list(&names(holders)),
                if holders.len() == 1 {
                    "a member"
                } else {
                    "members"
                },
            ),
            (false, true) => format!(
                "{} went down as the only member of its component: such a history begins when a \
                 node without a valid grastate.dat is bootstrapped, and it may still hold the older \
                 rows",
                list(&names(holders))
            ),
            (false, false) => "no saved view says who was with whom".to_owned(),
        };
        let mut losses = Vec::new();
        for (other, nodes) in by_uuid {
            for one in nodes {
                let (loses, nothing) = if other == uuid {
                    behind(one, holders)
                } else {
                    let lost = holders.iter().map(|one| seqno(one)).max().unwrap_or(0);
                    let text = format!(
                        "all that history {} holds and {} does not: up to {lost} events, on every \
                         node, since each of them gets a full copy",
                        short(*uuid),
                        short(*other)
                    );
                    (text, false)
                };
                losses.push(Loss {
                    node: one.node.clone(),
                    loses,
                    nothing,
                });
            }
        }
        found.push(Histories {
            says: format!(
                "history {} (on {}) is the cluster's; another one began without it: {}",
                short(*uuid),
                list(&names(holders)),
                said.join(", ")
            ),
            sign,
            losses,
            likely: together,
            parted: false,
        });
    }
    found
}

/// One uuid: one line, or two that have parted.
fn one_uuid(best: &Evidence, with_data: &[&Evidence]) -> Vec<Histories> {
    let sign = fork(best, with_data);
    let one_line = Histories {
        says: "one history; each node holds a beginning of it".to_owned(),
        sign: match &sign {
            Some(sign) => format!("against it: {sign}"),
            None => common_view(with_data),
        },
        losses: with_data
            .iter()
            .map(|one| {
                let (loses, nothing) = behind(one, with_data);
                Loss {
                    node: one.node.clone(),
                    loses,
                    nothing,
                }
            })
            .collect(),
        likely: sign.is_none(),
        parted: false,
    };
    let mut found = vec![one_line];
    if with_data.len() > 1 && (sign.is_some() || !all_in_one_view(with_data)) {
        found.push(parted(sign, with_data));
    }
    found
}

/// Two histories under one uuid: what the other side wrote is lost, and nobody can say how much.
fn parted(sign: Option<String>, with_data: &[&Evidence]) -> Histories {
    let losses = with_data.iter().map(|one| {
        let most = with_data.iter().filter(|other| other.node != one.node);
        let most = most.map(|other| seqno(other)).max().unwrap_or(0);
        Loss {
            node: one.node.clone(),
            loses: format!(
                "whatever the other line wrote since they parted, which may be anything up to its \
                 event {most}; nodes of it that are behind then join without a check and keep rows \
                 that the rest lacks"
            ),
            nothing: false,
        }
    });
    Histories {
        says: "two histories under one uuid, parted by a forced bootstrap".to_owned(),
        likely: sign.is_some(),
        parted: true,
        sign: sign.unwrap_or_else(|| {
            "nothing points to it; positions and files would look the same".to_owned()
        }),
        losses: losses.collect(),
    }
}

/// Returns the histories behind a half-copied node, which shows the position of its donor.
fn half_copied(half: &Evidence, with_data: &[&Evidence]) -> Histories {
    let why = match half.saved {
        Saved::Empty => "its grastate.dat is empty",
        _ => "its grastate.dat has the zero uuid",
    };
    let losses = with_data.iter().map(|one| {
        let is_it = one.node == half.node;
        let (loses, nothing) = if is_it {
            (
                "whatever had not been copied yet: tables may be missing".to_owned(),
                false,
            )
        } else {
            let whole: Vec<&Evidence> = with_data
                .iter()
                .copied()
                .filter(|other| other.node != half.node)
                .collect();
            behind(one, &whole)
        };
        Loss {
            node: one.node.clone(),
            loses,
            nothing,
        }
    });
    Histories {
        says: format!(
            "{} was receiving a copy of another node, and shows its donor's position over half of \
             the data",
            half.node
        ),
        sign: why.to_owned(),
        losses: losses.collect(),
        likely: true,
        parted: false,
    }
}

/// A node without evidence may hold more than all others.
fn away_is_ahead(with_data: &[&Evidence], away: &[NodeName]) -> Histories {
    let views: Vec<_> = with_data.iter().map(|one| one.view.clone()).collect();
    let covered = super::is_covered(&views);
    Histories {
        says: format!(
            "{} went on after the others and holds the newest rows",
            list(away)
        ),
        sign: if covered {
            "against it: the latest saved view consists of nodes that were looked at".to_owned()
        } else {
            "nothing here excludes it".to_owned()
        },
        losses: with_data
            .iter()
            .map(|one| Loss {
                node: one.node.clone(),
                loses: format!("whatever only {} holds", list(away)),
                nothing: false,
            })
            .collect(),
        likely: false,
        parted: false,
    }
}

/// Returns what is lost when this node is the first: the events of other nodes beyond its own.
fn behind(one: &Evidence, all: &[&Evidence]) -> (String, bool) {
    let most = all.iter().map(|other| seqno(other)).max().unwrap_or(0);
    let ahead: Vec<NodeName> = all
        .iter()
        .filter(|other| seqno(other) > seqno(one))
        .map(|other| other.node.clone())
        .collect();
    match most - seqno(one) {
        gap if gap > 0 => (
            format!(
                "up to {gap} events ({} to {most}), which {} {}",
                seqno(one) + 1,
                list(&ahead),
                if ahead.len() == 1 { "holds" } else { "hold" }
            ),
            false,
        ),
        _ => ("nothing".to_owned(), true),
    }
}

/// Returns whether all of them went down in one and the same primary view.
fn all_in_one_view(all: &[&Evidence]) -> bool {
    let mut ids = all.iter().map(|one| one.view.as_ref().map(|view| &view.id));
    match ids.next() {
        Some(Some(first)) => ids.all(|id| id == Some(first)),
        _ => false,
    }
}

fn common_view(all: &[&Evidence]) -> String {
    if all.len() > 1 && all_in_one_view(all) {
        return format!(
            "all of {} went down in one and the same primary view, and got the same events in it",
            list(&names(all))
        );
    }
    "one uuid, and no two saved views that exclude each other".to_owned()
}
