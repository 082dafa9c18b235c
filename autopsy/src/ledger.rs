//! The holders of each position, the copies that were overwritten, and how every node stands at the end.

use jiff::Timestamp;

use seatrial_evidence::Event;

use crate::cluster::{Cluster, Component};
use crate::life::{End, Role, Said};
use crate::mark::Mark;
use crate::transfer::{Transfer, TransferKind};

/// One side of a fork.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    pub(crate) branch: usize,
    /// How far it came.
    pub(crate) reach: Said<i64>,
    /// Numbers beyond the parting that are views.
    pub(crate) views: i64,
    /// Numbers beyond the parting that are write sets.
    pub(crate) write_sets: i64,
    /// The nodes that held any of them as full members.
    pub(crate) holders: Vec<Holder>,
}

/// A node that held numbers of a side.
#[derive(Clone, Debug)]
pub(crate) struct Holder {
    pub(crate) node: usize,
    /// A full copy of the other side overwrote it.
    pub(crate) overwritten: Option<Overwriting>,
    /// It was let in by the other side without a full copy.
    pub(crate) spliced: Option<Mark>,
}

/// A full copy of another line of history, over the data of a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Overwriting {
    pub(crate) node: usize,
    /// The line from which on the data are given up.
    pub(crate) mark: Mark,
    /// The transfer, where lines show it.
    pub(crate) transfer: Option<usize>,
}

impl Side {
    /// The overwriting of the last copy, where no copy is left on a node.
    pub(crate) fn lost(&self) -> Option<Overwriting> {
        if self.write_sets == 0 || self.holders.is_empty() {
            return None;
        }
        let all: Option<Vec<Overwriting>> = self
            .holders
            .iter()
            .map(|holder| holder.overwritten)
            .collect();
        all?.into_iter().max_by_key(|last| last.mark.at)
    }

    /// The nodes that still hold it.
    pub(crate) fn stands_on(&self) -> Vec<usize> {
        let left = self
            .holders
            .iter()
            .filter(|holder| holder.overwritten.is_none());
        left.map(|holder| holder.node).collect()
    }
}

/// Two primary components of one history, neither of which is in the other.
#[derive(Clone, Debug)]
pub(crate) struct Fork {
    /// The component that began the second line.
    pub(crate) component: usize,
    /// The component that it parted from, or stood beside.
    pub(crate) beside: usize,
    /// Whether both lived at once.
    pub(crate) at_once: bool,
    /// The last seqno that both have.
    pub(crate) common: i64,
    /// The side that the new component began.
    pub(crate) new: Side,
    /// The other side.
    pub(crate) old: Side,
}

/// How a node stands when its log ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stand {
    /// It is a member of a primary component, with this state.
    Member(String),
    /// It is a donor, and nothing ends that.
    HangsAsDonor,
    /// Its server is up, and it is in no group.
    Outside,
    /// It is down.
    Down,
    /// Its log ends within a life, and nothing shows a group.
    Unclear,
    /// It has no log.
    Unseen,
}

/// A node at the end of the logs.
#[derive(Clone, Debug)]
pub(crate) struct Now {
    pub(crate) stand: Stand,
    pub(crate) mark: Option<Mark>,
    /// The branch and the position of its data.
    pub(crate) data: Option<(usize, Said<i64>)>,
}

/// A donor that never came back from it.
#[derive(Clone, Debug)]
pub(crate) struct Hang {
    pub(crate) node: usize,
    pub(crate) life: usize,
    /// When it became a donor.
    pub(crate) since: Mark,
    /// The last view that its applier handled: its seqno.
    pub(crate) applied: Option<Said<i64>>,
    /// How many configurations passed since that it did not handle.
    pub(crate) passed: usize,
    /// The report of its position that timed out before.
    pub(crate) report: Option<Mark>,
    pub(crate) last: Mark,
}

/// The forks, from the branches.
pub(crate) fn forks(cluster: &Cluster<'_>, transfers: &[Transfer]) -> Vec<Fork> {
    let mut forks = Vec::new();
    for (branch, own) in cluster.branches.iter().enumerate() {
        let Some((trunk, common)) = own.parted else {
            continue;
        };
        let is_of = |component: &&Component| component.branch == branch;
        let Some(component) = cluster.components.iter().position(|one| is_of(&one)) else {
            continue;
        };
        let began = cluster.first_view(component).mark.at;
        let on_trunk: Vec<usize> = (0..cluster.components.len())
            .filter(|other| cluster.components[*other].branch == trunk)
            .collect();
        let alive = on_trunk
            .iter()
            .find(|other| cluster.was_alive(**other, began) == crate::cluster::Alive::Yes)
            .copied();
        let further = on_trunk.iter().rev().find(|other| {
            let reach = cluster.components[**other].reach.as_ref();
            reach.is_some_and(|reach| reach.value > common)
        });
        let (Some(beside), Some(new), Some(old)) = (
            alive.or(further.copied()),
            side(cluster, transfers, branch, common),
            side(cluster, transfers, trunk, common),
        ) else {
            continue;
        };
        forks.push(Fork {
            component,
            beside,
            at_once: alive.is_some(),
            common,
            new,
            old,
        });
    }
    forks
}

fn side(cluster: &Cluster<'_>, transfers: &[Transfer], branch: usize, common: i64) -> Option<Side> {
    let reach = cluster.branch_reach(branch)?;
    let views = cluster.views_between(branch, common, reach.value);
    let write_sets = (reach.value - common - views).max(0);
    let mut holders: Vec<Holder> = Vec::new();
    for node in 0..cluster.nodes.len() {
        let held = held(cluster, node, branch, common);
        let Some(since) = held else { continue };
        holders.push(Holder {
            node,
            overwritten: overwritten(cluster, transfers, node, branch, since),
            spliced: spliced(cluster, transfers, node, branch, common, since),
        });
    }
    Some(Side {
        branch,
        reach,
        views,
        write_sets,
        holders,
    })
}

/// Since when the node held a number of the branch beyond the seqno, as a full member.
fn held(cluster: &Cluster<'_>, node: usize, branch: usize, seqno: i64) -> Option<Timestamp> {
    // By its own log.
    for (index, life) in cluster.lives_of(node) {
        let Some(component) = cluster.component_of_life(index) else {
            continue;
        };
        if cluster.components[component].branch != branch {
            continue;
        }
        let Some(full) = life.full else { continue };
        let history = cluster.first_view(component).history;
        let end = cluster.position_at_end(index, history);
        let reached = match end {
            Some(end) => end.value > seqno,
            None => cluster.components[component]
                .reach
                .as_ref()
                .is_some_and(|reach| reach.value > seqno),
        };
        if reached {
            return Some(full.at);
        }
    }
    if cluster.nodes[node].has_log || cluster.nodes[node].is_arbitrator() {
        return None;
    }
    // By the views of others: it was a member of a view after another one of this branch.
    let views = cluster.components.iter().filter(|one| one.branch == branch);
    let mut last_was_member = false;
    for view in views
        .flat_map(|one| &one.views)
        .map(|view| &cluster.views[*view])
    {
        let is_member = view.has_node(node);
        if is_member && last_was_member && view.position().is_some_and(|own| own > seqno) {
            return Some(view.mark.at);
        }
        last_was_member = is_member;
    }
    None
}

/// The full copy of another branch that overwrote the node.
fn overwritten(
    cluster: &Cluster<'_>,
    transfers: &[Transfer],
    node: usize,
    branch: usize,
    since: Timestamp,
) -> Option<Overwriting> {
    let is_other = |component: usize| {
        let component = cluster.components.get(component);
        component.is_some_and(|component| component.branch != branch)
    };
    let copy = transfers.iter().enumerate().find(|(_, transfer)| {
        transfer.joiner == node
            && transfer.kind == TransferKind::Sst
            && transfer.chosen.at > since
            && transfer
                .view
                .is_some_and(|view| is_other(cluster.component_of[view]))
    });
    if let Some((index, transfer)) = copy {
        return Some(Overwriting {
            node,
            mark: overwrites(transfer),
            transfer: Some(index),
        });
    }
    // A node without a position that has become a full member of the other line has been copied.
    let mut lives = cluster.lives_of(node);
    lives.find_map(|(index, life)| {
        let full = life.full.filter(|full| full.at > since)?;
        let was_empty = life.start.is_some() && life.began_at().is_none();
        let other = is_other(cluster.component_of_life(index)?);
        (other && was_empty).then_some(Overwriting {
            node,
            mark: life.start.unwrap_or(full),
            transfer: None,
        })
    })
}

/// The node became a full member of the other line with its own numbers on its disk, and without a
/// full copy: its data and those of the others differ.
fn spliced(
    cluster: &Cluster<'_>,
    transfers: &[Transfer],
    node: usize,
    branch: usize,
    common: i64,
    since: Timestamp,
) -> Option<Mark> {
    cluster.lives_of(node).find_map(|(index, life)| {
        let full = life.full.filter(|full| full.at > since)?;
        let component = &cluster.components[cluster.component_of_life(index)?];
        let began = life.began_at()?;
        let is_copied = transfers
            .iter()
            .any(|one| one.joiner_life == Some(index) && one.kind != TransferKind::Ist);
        let differs = component.branch != branch && began.value.seqno.0 > common;
        (differs && life.start.is_some() && !is_copied).then_some(full)
    })
}

/// The line from which on the joiner's data are given up.
pub(crate) fn overwrites(transfer: &Transfer) -> Mark {
    let zero = transfer.has.as_ref().filter(|has| has.value.is_undefined());
    transfer
        .overwrites
        .or_else(|| zero.map(|has| has.mark))
        .unwrap_or(transfer.chosen)
}

/// How the nodes stand at the end.
pub(crate) fn now(cluster: &Cluster<'_>, hangs: &[Hang]) -> Vec<Now> {
    (0..cluster.nodes.len())
        .map(|node| {
            let lives: Vec<usize> = cluster.lives_of(node).map(|(index, _)| index).collect();
            let mut data: Option<(usize, Said<i64>)> = None;
            for life in &lives {
                data = data_after(cluster, *life, data);
            }
            let Some(last) = lives.last() else {
                return Now {
                    stand: Stand::Unseen,
                    mark: None,
                    data: None,
                };
            };
            let life = &cluster.lives[*last];
            let stand = match life.end {
                End::Open if hangs.iter().any(|hang| hang.life == *last) => Stand::HangsAsDonor,
                End::Open if life.left.is_some() => Stand::Outside,
                End::Open => match cluster.component_of_life(*last) {
                    Some(component) if cluster.last_view(component).has_node(node) => {
                        Stand::Member(last_state(cluster, *last).unwrap_or_default())
                    }
                    _ if life.role == Role::Outside => Stand::Outside,
                    _ => Stand::Unclear,
                },
                _ => Stand::Down,
            };
            Now {
                stand,
                mark: life.ended().or_else(|| life.last()),
                data,
            }
        })
        .collect()
}

/// The state of a node by its last shift.
fn last_state(cluster: &Cluster<'_>, life: usize) -> Option<String> {
    cluster.lives[life]
        .facts
        .iter()
        .rev()
        .find_map(|dated| match &dated.fact.event {
            Event::Shift { to, .. } => Some(to.clone()),
            Event::RestoredState { .. } => Some("JOINED".to_owned()),
            _ => None,
        })
}

/// The data of a node after one of its lives.
fn data_after(
    cluster: &Cluster<'_>,
    life: usize,
    before: Option<(usize, Said<i64>)>,
) -> Option<(usize, Said<i64>)> {
    let own = &cluster.lives[life];
    let component = cluster.component_of_life(life);
    let copied = own
        .facts
        .iter()
        .rev()
        .find_map(|dated| match &dated.fact.event {
            Event::SstReceived { position } => Some(Said {
                value: position.seqno.0,
                mark: dated.mark(),
            }),
            _ => None,
        });
    let Some(component) = component else {
        return own
            .began_at()
            .and_then(|began| {
                let branch = before.as_ref().map(|(branch, _)| *branch)?;
                Some((
                    branch,
                    Said {
                        value: began.value.seqno.0,
                        mark: began.mark,
                    },
                ))
            })
            .or(before);
    };
    let branch = cluster.components[component].branch;
    if own.full.is_some() {
        let history = cluster.first_view(component).history;
        let end = cluster.position_at_end(life, history);
        let end = end.or_else(|| cluster.components[component].reach.clone());
        return end.map(|end| (branch, end)).or(before);
    }
    match (copied, own.overwritten) {
        (Some(copied), _) => Some((branch, copied)),
        // The copy began and did not end.
        (None, Some(_)) => None,
        (None, None) => own
            .began_at()
            .map(|began| {
                let branch = before.as_ref().map_or(branch, |(branch, _)| *branch);
                (
                    branch,
                    Said {
                        value: began.value.seqno.0,
                        mark: began.mark,
                    },
                )
            })
            .or(before),
    }
}

/// Donors that never came back from it.
pub(crate) fn hangs(cluster: &Cluster<'_>) -> Vec<Hang> {
    /// A transfer that takes longer is worth a word.
    const LONG_S: i64 = 600;
    let mut hangs = Vec::new();
    for (index, life) in cluster.lives.iter().enumerate() {
        let mut since: Option<(usize, Mark)> = None;
        for (place, dated) in life.facts.iter().enumerate() {
            match &dated.fact.event {
                Event::Shift { to, .. } if to.starts_with("DONOR") => {
                    since = Some((place, dated.mark()));
                }
                Event::Shift { .. } => since = None,
                _ => {}
            }
        }
        let Some((place, since)) = since else {
            continue;
        };
        let Some(last) = life.last() else { continue };
        if life.end != End::Open && life.end != End::CutOff {
            continue;
        }
        let after = &life.facts[place..];
        let passed = after
            .iter()
            .filter(|dated| matches!(&dated.fact.event, Event::Quorum(quorum) if quorum.primary))
            .count();
        let handled = after
            .iter()
            .any(|dated| matches!(&dated.fact.event, Event::ServerView(view) if view.primary));
        let lasted = last.at.as_second() - since.at.as_second();
        if handled || (passed == 0 && lasted < LONG_S) {
            continue;
        }
        let before = &life.facts[..place];
        let applied = before
            .iter()
            .rev()
            .find_map(|dated| match &dated.fact.event {
                Event::ServerView(view) if view.primary => {
                    let position = view.position?;
                    Some(Said {
                        value: position.seqno.0,
                        mark: dated.mark(),
                    })
                }
                _ => None,
            });
        let report = life.facts.iter().find_map(|dated| {
            let is_report = matches!(dated.fact.event, Event::ReportFailed { .. });
            is_report.then(|| dated.mark())
        });
        hangs.push(Hang {
            node: life.node,
            life: index,
            since,
            applied,
            passed,
            report,
            last,
        });
    }
    hangs
}
