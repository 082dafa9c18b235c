//! What was done to the cluster, in order: from this a scenario is made.

use jiff::{SignedDuration, Timestamp};

use seatrial_evidence::{Event, Source};

use crate::cluster::Begin;
use crate::life::{End, Life, Role, Said};
use crate::mark::Mark;
use crate::story::{Act, Deed, JoinFailure, Story};
use crate::tell::found::{FlagSet, flags_set, refusals};
use crate::tell::{Facts, refused_peers};
use crate::transfer::TransferKind;
use crate::view::View;

/// An act before it has its text.
type Raw = (Timestamp, Option<Source>, Deed);

/// How far the lines of a node and the views of others may lie apart, and still be of one event, in
/// seconds. A node that is told to stop stays a member for ten seconds and longer.
const NEAR_S: i64 = 120;

/// Adds the acts.
pub(crate) fn tell(facts: &Facts<'_, '_>, story: &mut Story) {
    let cluster = facts.cluster;
    let refusals = refusals(facts);
    let flags = flags_set(facts);
    let mut acts: Vec<Raw> = Vec::new();
    for (index, life) in cluster.lives.iter().enumerate() {
        let is_refused = refusals.iter().any(|group| group.lives.contains(&index));
        if !is_refused {
            life_acts(facts, index, life, &flags, &mut acts);
        }
    }
    for group in &refusals {
        if let Some(mark) = cluster.lives[group.lives[0]].refused {
            let node = cluster.name(group.node).to_owned();
            let times = group.lives.len();
            acts.push((mark.at, Some(mark.source), Deed::Refused { node, times }));
        }
    }
    for flag in &flags {
        let node = cluster.name(flag.node).to_owned();
        acts.push((
            flag.marks[0].at,
            Some(flag.marks[0].source),
            Deed::FlagSet { node },
        ));
    }
    for hang in &facts.hangs {
        let node = cluster.name(hang.node).to_owned();
        acts.push((
            hang.since.at,
            Some(hang.since.source),
            Deed::DonorHangs { node },
        ));
    }
    acts.extend(turned_away(facts));
    acts.extend(writes(facts));
    let seen = seen_by_others(facts, &acts);
    acts.extend(seen);
    acts.extend(present(facts));
    acts.sort_by_key(|(at, _, deed)| (*at, order(deed)));
    story.acts = acts
        .into_iter()
        .map(|(at, evidence, deed)| Act {
            at: facts.time(at),
            second: at.as_second(),
            evidence,
            deed,
        })
        .collect();
}

/// What comes first of two acts of one instant.
const fn order(deed: &Deed) -> u8 {
    match deed {
        Deed::Present { .. } => 0,
        Deed::Wrote { .. } => 1,
        Deed::FlagSet { .. } => 2,
        _ => 3,
    }
}

/// Nodes that came and went, of which only the views of others tell.
fn seen_by_others(facts: &Facts<'_, '_>, acts: &[Raw]) -> Vec<Raw> {
    let cluster = facts.cluster;
    let near = |at: Timestamp, fits: &dyn Fn(&Deed) -> bool| {
        acts.iter().any(|(other, _, deed)| {
            (other.as_second() - at.as_second()).abs() < NEAR_S && fits(deed)
        })
    };
    let mut seen: Vec<Raw> = Vec::new();
    for (index, component) in cluster.components.iter().enumerate() {
        let first = cluster.first_view(index);
        if index > 0 && component.begin == Begin::Unseen && component.parent.is_some() {
            // Somebody bootstrapped it before: a member that did not come with this view.
            let there = first.members.iter().zip(&first.nodes).find(|(member, _)| {
                cluster
                    .life_of(member)
                    .is_none_or(|life| cluster.lives[life].start.is_none())
            });
            if let Some((_, Some(node))) = there {
                let at = first.mark.at.checked_sub(SignedDuration::from_secs(NEAR_S));
                seen.push((
                    at.unwrap_or(first.mark.at),
                    Some(first.mark.source),
                    Deed::Bootstrapped {
                        node: cluster.name(*node).to_owned(),
                        forced: false,
                        forks: false,
                    },
                ));
            }
        }
        for (place, pair) in component.views.windows(2).enumerate() {
            let (before, view) = (&cluster.views[pair[0]], &cluster.views[pair[1]]);
            for node in 0..cluster.nodes.len() {
                let name = cluster.name(node);
                let (was, is) = (before.has_node(node), view.has_node(node));
                if was == is {
                    continue;
                }
                let mark = view.mark;
                let own = |deed: &Deed| match deed {
                    Deed::Started { node, .. } | Deed::Bootstrapped { node, .. } => {
                        is && node == name
                    }
                    Deed::Stopped { node } | Deed::Ended { node } | Deed::Reversed { node, .. } => {
                        !is && node == name
                    }
                    _ => false,
                };
                // A node that was started and left within the minute has said so itself.
                let own_failed = |deed: &Deed| matches!(deed, Deed::Started { node, joined: false, .. } if node == name);
                if near(mark.at, &own) || (!is && near(mark.at, &own_failed)) {
                    continue;
                }
                let next = component
                    .views
                    .get(place + 2)
                    .map(|view| &cluster.views[*view]);
                let stays = next.is_none_or(|next| {
                    next.has_node(node) || next.mark.at.as_second() - mark.at.as_second() > NEAR_S
                });
                let node = name.to_owned();
                // A component that lost half of its members and stayed primary was left in order.
                let in_order = view.members.len() * 2 <= before.members.len();
                let deed = if is {
                    Deed::Started {
                        failure: if stays {
                            None
                        } else {
                            failure(facts, &node, mark.at, None)
                        },
                        node,
                        joined: stays,
                        empty: false,
                    }
                } else if in_order {
                    Deed::Stopped { node }
                } else {
                    Deed::Ended { node }
                };
                seen.push((mark.at, Some(mark.source), deed));
            }
        }
    }
    seen
}

/// What kept a node out that started at this moment: as its own life tells, or the logs of others.
fn failure(
    facts: &Facts<'_, '_>,
    name: &str,
    at: Timestamp,
    life: Option<usize>,
) -> Option<JoinFailure> {
    /// The longest time from a start to the end of its attempt to join, in seconds.
    const ATTEMPT_S: i64 = 600;
    let cluster = facts.cluster;
    let node = cluster.node_named(name)?;
    let until = life.and_then(|life| cluster.lives[life].last());
    let is_of_it = |mark: Mark| {
        let after = mark.at.as_second() - at.as_second();
        match until {
            Some(until) => mark.at >= at && mark.at <= until.at,
            None => (-1..ATTEMPT_S).contains(&after),
        }
    };
    // The attempt that lines of others show next is its own.
    let transfer = facts
        .transfers
        .iter()
        .find(|one| one.joiner == node && is_of_it(one.chosen));
    let search = facts
        .no_donors
        .iter()
        .find(|one| one.joiner == node && is_of_it(one.first));
    let first_search = search.map(|search| search.first.at);
    if let Some(transfer) = transfer
        && first_search.is_none_or(|first| transfer.chosen.at <= first)
    {
        let donor = cluster.name(transfer.donor).to_owned();
        let hangs = facts.hangs.iter().any(|hang| {
            hang.node == transfer.donor
                && (hang.since.at.as_second() - transfer.chosen.at.as_second()).abs() <= 2
        });
        return match transfer.kind {
            _ if hangs => Some(JoinFailure::NoAnswer { donor }),
            TransferKind::Sst if transfer.broke() => Some(JoinFailure::Broken),
            _ => None,
        };
    }
    if search.is_some() {
        return Some(JoinFailure::NoDonor);
    }
    let met_nobody = life.is_some_and(|life| cluster.views_of(life).next().is_none());
    met_nobody.then_some(JoinFailure::TurnedAway)
}

/// Nodes that were refused and have no log of that time: those that refused them say where they came from.
fn turned_away(facts: &Facts<'_, '_>) -> Vec<Raw> {
    let cluster = facts.cluster;
    let mut acts: Vec<Raw> = Vec::new();
    for (index, life) in cluster.lives.iter().enumerate() {
        for dated in &life.facts {
            let is_refusal = matches!(
                dated.fact.event,
                Event::OtherCluster { .. } | Event::HandshakeFailed { .. }
            );
            if !is_refusal {
                continue;
            }
            let (first, last) = (dated.mark(), dated.last_mark());
            for node in refused_peers::owners(facts, life.node, first, last) {
                let own = cluster.lives_of(node).any(|(_, own)| {
                    own.first().is_some_and(|own| own.at <= last.at)
                        && own.last().is_some_and(|own| own.at >= first.at)
                });
                let member = cluster
                    .views_of(index)
                    .rfind(|view| cluster.views[*view].mark.at <= first.at)
                    .is_some_and(|view| cluster.views[view].has_node(node));
                let known = acts.iter().any(|(at, _, deed)| {
                    let same = matches!(deed, Deed::Started { node: other, .. } if other == cluster.name(node));
                    same && first.at.as_second() - at.as_second() < NEAR_S
                });
                if own || member || known {
                    continue;
                }
                acts.push((
                    first.at,
                    Some(first.source),
                    Deed::Started {
                        node: cluster.name(node).to_owned(),
                        joined: false,
                        empty: false,
                        failure: Some(JoinFailure::TurnedAway),
                    },
                ));
            }
        }
    }
    acts
}

/// The members of the first view that the logs show, where they begin in the middle.
fn present(facts: &Facts<'_, '_>) -> Vec<Raw> {
    let cluster = facts.cluster;
    let Some(component) = cluster.components.first() else {
        return Vec::new();
    };
    if component.begin != Begin::Unseen {
        return Vec::new();
    }
    let view = cluster.first_view(0);
    let first = cluster
        .lives
        .iter()
        .filter_map(Life::first)
        .map(|mark| mark.at)
        .min();
    let at = first.unwrap_or(view.mark.at).min(view.mark.at);
    // A node that came with this view was not there before.
    let came = |node: &&usize| {
        let mut lives = cluster.lives_of(**node);
        lives.any(|(index, life)| life.start.is_some() && view.seen_by(index).is_some())
    };
    let nodes = view.nodes.iter().flatten().filter(|node| !came(node));
    nodes
        .map(|node| {
            let node = cluster.name(*node).to_owned();
            (at, Some(view.mark.source), Deed::Present { node })
        })
        .collect()
}

/// What was done to the cluster in a life.
fn life_acts(
    facts: &Facts<'_, '_>,
    index: usize,
    life: &Life<'_>,
    flags: &[FlagSet],
    acts: &mut Vec<Raw>,
) {
    let cluster = facts.cluster;
    let node = cluster.name(life.node).to_owned();
    if life.role != Role::Member {
        return;
    }
    let mut act = |mark: Mark, deed: Deed| acts.push((mark.at, Some(mark.source), deed));
    if let Some(mark) = life.bootstrap {
        let component = cluster.component_of_life(index);
        let forks = facts
            .forks
            .iter()
            .any(|fork| Some(fork.component) == component);
        let forced = flags.iter().any(|flag| flag.life == index);
        act(
            mark,
            if life.new_history.is_some() || life.no_saved.is_some() {
                Deed::NewCluster { node: node.clone() }
            } else {
                Deed::Bootstrapped {
                    node: node.clone(),
                    forced,
                    forks,
                }
            },
        );
    } else if let Some(mark) = life.start {
        let empty = life.no_saved.is_some()
            || life
                .saved
                .as_ref()
                .is_some_and(|saved| saved.value.0.is_undefined())
                && life.recovered.is_none();
        act(
            mark,
            Deed::Started {
                node: node.clone(),
                joined: life.full.is_some(),
                empty,
                failure: if life.full.is_some() {
                    None
                } else {
                    failure(facts, &node, mark.at, Some(index))
                },
            },
        );
    }
    if let Some(reversal) = &life.reversal {
        let (own, group) = reversal.value;
        act(
            reversal.mark,
            Deed::Reversed {
                node: node.clone(),
                own,
                group,
            },
        );
        return;
    }
    if let Some(asked) = life.stop_requested {
        // It is a member until it leaves, ten seconds after it was told to, or later.
        let left = life.left.as_ref().map(|left| left.mark);
        let mark = left.filter(|left| left.at >= asked.at).unwrap_or(asked);
        act(mark, Deed::Stopped { node });
    } else if matches!(life.end, End::Crashed(_) | End::CutOff) {
        if let Some(mark) = life.last() {
            act(mark, Deed::Ended { node });
        }
    } else if let (Some(mark), true) = (life.ended(), life.full.is_some()) {
        act(mark, Deed::Stopped { node });
    }
}

/// What clients wrote, at the end of each component.
fn writes(facts: &Facts<'_, '_>) -> Vec<Raw> {
    let cluster = facts.cluster;
    let mut all = Vec::new();
    for component in &cluster.components {
        for pair in component.views.windows(2) {
            let (before, view) = (&cluster.views[pair[0]], &cluster.views[pair[1]]);
            let missing = match (before.conf_id, view.conf_id, view.seqno) {
                (Some(last), Some(now), Some(_)) => (now - last - 1).max(0),
                _ => 0,
            };
            if let (Some(then), Some(now)) = (before.position(), view.before)
                && now > then + missing
            {
                all.extend(wrote(facts, before, now - then - missing, view.mark));
            }
        }
        let last = component.views.last().map(|view| &cluster.views[*view]);
        if let (Some(view), Some(Said { value, mark })) = (last, &component.reach)
            && view.position().is_some_and(|position| position < *value)
        {
            all.extend(wrote(
                facts,
                view,
                value - view.position().unwrap_or(0),
                *mark,
            ));
        }
    }
    all
}

fn wrote(facts: &Facts<'_, '_>, view: &View, write_sets: i64, mark: Mark) -> Option<Raw> {
    // A node that was there before, and so need not be copied first.
    let nodes = view.nodes.iter().flatten();
    let writer = nodes.max_by_key(|node| {
        let earlier = facts
            .cluster
            .views
            .iter()
            .filter(|other| other.mark.at < view.mark.at);
        let before = earlier.filter(|other| other.has_node(**node)).count();
        (before, std::cmp::Reverse(**node))
    });
    let deed = Deed::Wrote {
        node: facts.cluster.name(*writer?).to_owned(),
        write_sets,
    };
    // It was written some time after the view.
    let later = view.mark.at.checked_add(SignedDuration::from_secs(1));
    let at = later.unwrap_or(view.mark.at).min(mark.at);
    Some((at.max(view.mark.at), Some(mark.source), deed))
}
