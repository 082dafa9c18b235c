//! Where refused peers came from: a connection that was refused is closed in the next line, with its address.

use seatrial_evidence::{Event, Identity};

use crate::life::without_port;
use crate::mark::{Dated, Mark};
use crate::statement::list;
use crate::tell::Facts;

/// A connection is closed within this time after its refusal, in seconds.
const SOON_S: i64 = 2;

/// The peers that a row of refusals refused, as the end of its sentence, with their lines.
pub(crate) fn came_from(
    facts: &Facts<'_, '_>,
    node: usize,
    first: Mark,
    last: Mark,
) -> Option<(String, Vec<Mark>)> {
    let addresses = addresses(facts, node, first, last);
    if addresses.is_empty() {
        return None;
    }
    let named: Vec<String> = addresses
        .iter()
        .map(|(address, mark)| match owner(facts, node, address, *mark) {
            Some(owner) => format!("{address}, the address of {}", facts.cluster.name(owner)),
            None => (*address).to_owned(),
        })
        .collect();
    let marks = addresses.iter().map(|(_, mark)| *mark).collect();
    Some((format!(" It came from {}.", list(&named)), marks))
}

/// The nodes that a row of refusals refused, as far as their addresses are known.
pub(crate) fn owners(facts: &Facts<'_, '_>, node: usize, first: Mark, last: Mark) -> Vec<usize> {
    let addresses = addresses(facts, node, first, last).into_iter();
    addresses
        .filter_map(|(address, mark)| owner(facts, node, address, mark))
        .collect()
}

/// The addresses that a row of refusals refused.
fn addresses<'f>(
    facts: &'f Facts<'_, '_>,
    node: usize,
    first: Mark,
    last: Mark,
) -> Vec<(&'f str, Mark)> {
    let mut addresses: Vec<(&str, Mark)> = Vec::new();
    for dated in facts
        .cluster
        .lives_of(node)
        .flat_map(|(_, life)| &life.facts)
    {
        let Event::PeerClosed { address } = &dated.fact.event else {
            continue;
        };
        let is_of_these = dated.at >= first.at
            && dated.last_at.as_second() <= last.at.as_second() + SOON_S
            && (dated.fact.source.file != first.source.file
                || dated.fact.source.line > first.source.line);
        if is_of_these && !addresses.iter().any(|(known, _)| known == address) {
            addresses.push((address, dated.mark()));
        }
    }
    addresses
}

/// The node that had an address last before a moment, or first after it.
fn owner(facts: &Facts<'_, '_>, refuser: usize, address: &str, mark: Mark) -> Option<usize> {
    let cluster = facts.cluster;
    let mut seen: Vec<(i64, usize)> = Vec::new();
    for (place, life) in cluster.lives.iter().enumerate() {
        for dated in &life.facts {
            let Some((peer, at)) = peer_at(dated) else {
                continue;
            };
            if without_port(at) == address
                && let Some(node) = node_of(facts, &peer)
            {
                seen.push((dated.at.as_second(), node));
            }
        }
        if let Some(own) = &life.address
            && own.value == address
        {
            seen.push((own.mark.at.as_second(), cluster.lives[place].node));
        }
    }
    seen.retain(|(_, node)| *node != refuser);
    let moment = mark.at.as_second();
    let before = seen.iter().filter(|(at, _)| *at <= moment).max();
    let found = before.or_else(|| seen.iter().min());
    found.map(|(_, node)| *node)
}

const fn peer_at<'a>(dated: &Dated<'a>) -> Option<(Identity, &'a str)> {
    match &dated.fact.event {
        Event::PeerConnected { peer, address, .. } | Event::PeerStable { peer, address } => {
            Some((*peer, address.as_str()))
        }
        _ => None,
    }
}

/// The node of an identity: by its own log, or by a view.
pub(crate) fn node_of(facts: &Facts<'_, '_>, identity: &Identity) -> Option<usize> {
    let cluster = facts.cluster;
    if let Some(life) = cluster.life_of(identity) {
        return Some(cluster.lives[life].node);
    }
    cluster.views.iter().find_map(|view| {
        let place = view
            .members
            .iter()
            .position(|member| member.is_same_life(identity))?;
        view.nodes[place]
    })
}
