//! The story as data beside its sentences: refused starts, transfers, how the nodes stand at the end.

use crate::ledger::Stand;
use crate::story::{EndStory, RefusedStory, StandKind, Story, TransferEnd, TransferStory};
use crate::tell::Facts;
use crate::tell::found::refusals;
use crate::transfer::{Transfer, TransferKind};

/// Adds the data.
pub(crate) fn tell(facts: &Facts<'_, '_>, story: &mut Story) {
    let cluster = facts.cluster;
    for group in refusals(facts) {
        let at = |life: Option<&usize>| {
            let mark = life.and_then(|life| cluster.lives[*life].refused);
            mark.map_or_else(String::new, |mark| facts.time(mark.at))
        };
        story.refused.push(RefusedStory {
            node: cluster.name(group.node).to_owned(),
            times: group.lives.len(),
            from: at(group.lives.first()),
            to: at(group.lives.last()),
        });
    }
    story.transfers = facts
        .transfers
        .iter()
        .map(|one| transfer(facts, one))
        .collect();
    for (node, now) in facts.now.iter().enumerate() {
        let stand = match &now.stand {
            Stand::Member(_) => StandKind::Member,
            Stand::HangsAsDonor => StandKind::HangsAsDonor,
            Stand::Outside => StandKind::Outside,
            Stand::Down => StandKind::Down,
            Stand::Unclear => StandKind::Unclear,
            Stand::Unseen => continue,
        };
        let is_in = matches!(stand, StandKind::Member | StandKind::HangsAsDonor);
        story.ends.push(EndStory {
            node: cluster.name(node).to_owned(),
            stand,
            seqno: now.data.as_ref().filter(|_| !is_in).map(|(_, at)| at.value),
        });
    }
}

fn transfer(facts: &Facts<'_, '_>, one: &Transfer) -> TransferStory {
    let had = one.has.as_ref().filter(|has| !has.value.is_undefined());
    let of_group = |had: &&crate::life::Said<seatrial_galera::Position>| {
        one.group
            .as_ref()
            .is_none_or(|group| group.value.uuid == had.value.uuid)
    };
    TransferStory {
        at: facts.time(one.chosen.at),
        joiner: facts.cluster.name(one.joiner).to_owned(),
        donor: facts.cluster.name(one.donor).to_owned(),
        kind: one.kind,
        had: had.filter(of_group).map(|had| had.value.seqno.0),
        last: match one.kind {
            TransferKind::Ist => one.ist.as_ref().map(|range| range.value.1),
            TransferKind::Sst => one.copied.as_ref().map(|copied| copied.value),
            TransferKind::Unknown => None,
        },
        end: if one.succeeded() {
            TransferEnd::Complete
        } else if one.broke() {
            TransferEnd::Broken
        } else {
            TransferEnd::Unknown
        },
    }
}
