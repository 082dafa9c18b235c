//! Findings that need more than one node.

use std::collections::BTreeMap;

use jiff::Timestamp;

use seatrial_galera::{Saved, StateUuid};

use super::{Finding, Kind, Weight, list, short};
use crate::event::Event;
use crate::fact::Source;
use crate::known::{Known, Server};

/// The seconds that two clocks may be apart before it is said.
const CLOCKS_APART: i64 = 5;

pub(super) fn findings(nodes: &[Known], found: &mut Vec<Finding>) {
    clones(nodes, found);
    flags(nodes, found);
    cluster_names(nodes, found);
    shared_names(nodes, found);
    clocks(nodes, found);
    beside_serving(nodes, found);
}

fn name(node: &Known) -> String {
    node.files.name.clone()
}

/// One identity on two nodes: a disk was cloned, with gvwstate.dat on it.
fn clones(nodes: &[Known], found: &mut Vec<Finding>) {
    let mut by_identity: BTreeMap<&str, Vec<(&Known, Source)>> = BTreeMap::new();
    for node in nodes {
        if let Some((view, source)) = &node.view_file
            && let Some(own) = &view.my_uuid
            && own
                .bytes()
                .any(|byte| byte.is_ascii_hexdigit() && byte != b'0')
        {
            by_identity.entry(own).or_default().push((node, *source));
        }
    }
    for (identity, holders) in by_identity {
        if holders.len() < 2 {
            continue;
        }
        let names: Vec<String> = holders.iter().map(|(node, _)| name(node)).collect();
        let said = list(&names);
        found.push(Finding {
            kind: Kind::Clone,
            weight: Weight::Stops,
            says: format!(
                "{said} are one node {}: the gvwstate.dat of both names the identity {}. One disk \
                 is a copy of the other.",
                if names.len() == 2 {
                    "twice"
                } else {
                    "several times"
                },
                identity.split('-').next().unwrap_or(identity),
            ),
            remedy:
                "find out which is the copy, and remove gvwstate.dat from it: two nodes of one \
                     identity knock each other out. What the other members did is not known from \
                     these"
                    .to_owned(),
            nodes: names,
            sources: holders.iter().map(|(_, source)| *source).collect(),
        });
    }
}

/// A flag of 1 beside a history that went on elsewhere, and a flag that speaks for a node.
fn flags(nodes: &[Known], found: &mut Vec<Finding>) {
    for node in nodes {
        let Some((file, source)) = &node.state_file else {
            continue;
        };
        let (Some(true), Some(saved)) = (file.safe_to_bootstrap, file.position()) else {
            continue;
        };
        if saved.uuid.is_nil() || saved.seqno.is_undefined() {
            continue;
        }
        let further: Vec<(&Known, seatrial_galera::Position, Source)> = nodes
            .iter()
            .filter(|other| other.files.name != node.files.name)
            .filter_map(|other| {
                let by_position = other.position.map(|(position, _)| position);
                let dated = by_position.or(other.log.highest)?;
                let is_further = dated.value.uuid == saved.uuid && dated.value.seqno > saved.seqno;
                is_further.then_some((other, dated.value, dated.source))
            })
            .collect();
        if let Some((_, furthest, _)) = further.iter().max_by_key(|(_, position, _)| *position) {
            let names: Vec<String> = further.iter().map(|(other, _, _)| name(other)).collect();
            found.push(Finding {
                kind: Kind::FlagBesideOthers,
                weight: Weight::Doubts,
                says: format!(
                    "{} says that it was the last ({}, safe_to_bootstrap 1), and {} went on to {}.",
                    name(node),
                    short(saved),
                    list(&names),
                    short(*furthest)
                ),
                remedy: "the flag alone decides nothing".to_owned(),
                nodes: std::iter::once(name(node)).chain(names).collect(),
                sources: std::iter::once(*source)
                    .chain(further.iter().map(|(_, _, source)| *source))
                    .collect(),
            });
            continue;
        }
        let has_void = nodes.iter().any(|other| {
            other.files.name != node.files.name
                && other.position.is_none()
                && matches!(other.saved(), Saved::Zero | Saved::Empty)
        });
        if has_void {
            found.push(Finding {
                kind: Kind::LeftLast,
                weight: Weight::Notes,
                says: format!(
                    "{} left last and in order ({}, safe_to_bootstrap 1), which speaks for it: \
                     nobody of its component went on.",
                    name(node),
                    short(saved)
                ),
                remedy: String::new(),
                nodes: vec![name(node)],
                sources: vec![*source],
            });
        }
    }
}

fn cluster_names(nodes: &[Known], found: &mut Vec<Finding>) {
    let mut names: BTreeMap<String, Vec<(String, Source)>> = BTreeMap::new();
    for node in nodes {
        let setting = node
            .setting("wsrep_cluster_name")
            .or_else(|| node.setting("galera_group"));
        if let Some(setting) = setting {
            names
                .entry(setting.value.clone())
                .or_default()
                .push((name(node), setting.source));
        }
    }
    if names.len() < 2 {
        return;
    }
    let said: Vec<String> = names
        .iter()
        .map(|(cluster, nodes)| {
            let nodes: Vec<String> = nodes.iter().map(|(node, _)| node.clone()).collect();
            format!("`{cluster}` on {}", list(&nodes))
        })
        .collect();
    found.push(Finding {
        kind: Kind::ClusterNames,
        weight: Weight::Doubts,
        says: format!(
            "The configurations name different clusters: {}.",
            list(&said)
        ),
        remedy: "nodes of different names refuse each other: mend wsrep_cluster_name".to_owned(),
        nodes: names
            .values()
            .flatten()
            .map(|(node, _)| node.clone())
            .collect(),
        sources: names
            .values()
            .flatten()
            .map(|(_, source)| *source)
            .collect(),
    });
}

fn shared_names(nodes: &[Known], found: &mut Vec<Finding>) {
    let mut by_name: BTreeMap<&String, Vec<&Known>> = BTreeMap::new();
    for node in nodes {
        for own in &node.files.own_names {
            by_name.entry(own).or_default().push(node);
        }
    }
    for (own, holders) in by_name {
        if holders.len() < 2 {
            continue;
        }
        let names: Vec<String> = holders.iter().map(|node| name(node)).collect();
        found.push(Finding {
            kind: Kind::SharedName,
            weight: Weight::Doubts,
            says: format!(
                "The files of {} all say that they are of `{own}`.",
                list(&names)
            ),
            remedy: "look whether files were copied into the wrong folder, or a disk was cloned"
                .to_owned(),
            nodes: names,
            sources: Vec::new(),
        });
    }
}

/// Stopped nodes that hold what the component that serves does not.
fn beside_serving(nodes: &[Known], found: &mut Vec<Finding>) {
    let serving = nodes
        .iter()
        .find(|node| matches!(node.server, Server::Serves { .. }));
    let Some(serving) = serving else { return };
    let history: Option<StateUuid> = serving
        .status("wsrep_cluster_state_uuid")
        .or_else(|| serving.status("wsrep_local_state_uuid"))
        .and_then(|uuid| uuid.parse().ok());
    let committed: Option<i64> = serving
        .status("wsrep_last_committed")
        .and_then(|seqno| seqno.parse().ok());
    let who = name(serving);
    for node in nodes {
        let Some((position, _)) = node.position else {
            continue;
        };
        if position.value.is_undefined() {
            continue;
        }
        let other_history = history.is_some_and(|history| history != position.value.uuid);
        let more = committed.map_or(0, |committed| {
            position.value.seqno.0.saturating_sub(committed)
        });
        let (weight, says) = if other_history {
            (
                Weight::Doubts,
                format!(
                    "{} holds another history ({}) than {who}, which serves: when it is started, a \
                     full copy overwrites it.",
                    name(node),
                    short(position.value)
                ),
            )
        } else if more > 0 {
            (
                Weight::Stops,
                format!(
                    "{} holds {}, {more} events more than {who}, which serves: there may be two \
                     lines of history, and its start would end with its data overwritten.",
                    name(node),
                    short(position.value)
                ),
            )
        } else {
            continue;
        };
        found.push(Finding {
            kind: Kind::BesideServing,
            weight,
            says,
            remedy: "copy its data folder before it is started".to_owned(),
            nodes: vec![name(node), who.clone()],
            sources: [Some(position.source), serving.server.source()]
                .into_iter()
                .flatten()
                .collect(),
        });
    }
}

/// Clocks, by the state exchanges that several nodes took part in: the same exchange is one moment.
fn clocks(nodes: &[Known], found: &mut Vec<Finding>) {
    let mut seen: BTreeMap<StateUuid, BTreeMap<usize, (Timestamp, Source)>> = BTreeMap::new();
    for (index, node) in nodes.iter().enumerate() {
        for fact in &node.remarks {
            if let Event::StateMessage { exchange, .. } = &fact.event
                && let Some(at) = fact.at
            {
                seen.entry(*exchange)
                    .or_default()
                    .entry(index)
                    .or_insert((at.instant(), fact.source));
            }
        }
    }
    for (one, first) in nodes.iter().enumerate() {
        for (other, second) in nodes.iter().enumerate().skip(one + 1) {
            let mut apart: Vec<(i64, Source, Source)> = seen
                .values()
                .filter_map(|by_node| {
                    let (at_one, source_one) = by_node.get(&one)?;
                    let (at_other, source_other) = by_node.get(&other)?;
                    let seconds = at_other.as_second() - at_one.as_second();
                    Some((seconds, *source_one, *source_other))
                })
                .collect();
            apart.sort_by_key(|(seconds, ..)| *seconds);
            let Some((seconds, source_one, source_other)) = apart.get(apart.len() / 2).copied()
            else {
                continue;
            };
            if seconds.abs() < CLOCKS_APART {
                continue;
            }
            let (behind, ahead) = if seconds > 0 {
                (first, second)
            } else {
                (second, first)
            };
            found.push(Finding {
                kind: Kind::Clocks,
                weight: Weight::Doubts,
                says: format!(
                    "The clock of {} is {} ahead of that of {}: both logged the same state \
                     exchange.",
                    name(ahead),
                    duration(seconds.abs()),
                    name(behind)
                ),
                remedy: "do not compare times across the two".to_owned(),
                nodes: vec![name(ahead), name(behind)],
                sources: vec![source_one, source_other],
            });
        }
    }
}

/// A length of time for a sentence.
fn duration(seconds: i64) -> String {
    let parts = [(3600, "h"), (60, "min"), (1, "s")];
    let mut rest = seconds;
    let mut said = Vec::new();
    for (unit, word) in parts {
        if rest >= unit {
            said.push(format!("{} {word}", rest / unit));
            rest %= unit;
        }
    }
    said.truncate(2);
    said.join(" ")
}
