//! The sentences of the story.

mod acts;
mod backups;
mod components;
mod danger;
mod data;
mod forks;
mod found;
mod lives;
mod nodes;
mod refused_peers;
mod remarks;
mod transfers;
mod unknown;
mod verdict;

use jiff::Timestamp;

use seatrial_galera::{Position, StateUuid};

use crate::cluster::Cluster;
use crate::ledger::{Fork, Hang, Now, forks, hangs, now};
use crate::mark::Mark;
use crate::statement::Statement;
use crate::story::Story;
use crate::transfer::{NoDonor, Transfer, transfers as find_transfers};

/// Everything that sentences are made from.
pub(crate) struct Facts<'c, 'a> {
    pub(crate) cluster: &'c Cluster<'a>,
    pub(crate) transfers: Vec<Transfer>,
    pub(crate) no_donors: Vec<NoDonor>,
    pub(crate) forks: Vec<Fork>,
    pub(crate) hangs: Vec<Hang>,
    pub(crate) now: Vec<Now>,
}

impl Facts<'_, '_> {
    /// The time as text.
    pub(crate) fn time(&self, at: Timestamp) -> String {
        self.cluster.face.show(at)
    }

    /// The sentence with the time of its first line.
    pub(crate) fn at(&self, mark: Mark, mut statement: Statement) -> (Timestamp, Statement) {
        statement.at = Some(self.time(mark.at));
        statement.second = Some(mark.at.as_second());
        (mark.at, statement)
    }
}

/// The first field of a uuid, by which people know it.
pub(crate) fn short_uuid(uuid: StateUuid) -> String {
    let text = uuid.to_string();
    text.split('-').next().unwrap_or_default().to_owned()
}

/// A position as people say it.
pub(crate) fn short(position: Position) -> String {
    if position.uuid.is_nil() {
        return format!("zero uuid, position {}", position.seqno);
    }
    format!("{}:{}", short_uuid(position.uuid), position.seqno)
}

/// Tells the story.
pub(crate) fn tell(cluster: &Cluster<'_>) -> Story {
    let (transfers, no_donors) = find_transfers(cluster);
    let forks = forks(cluster, &transfers);
    let hangs = hangs(cluster);
    let now = now(cluster, &hangs);
    let facts = Facts {
        cluster,
        transfers,
        no_donors,
        forks,
        hangs,
        now,
    };
    let mut story = Story {
        clocks: cluster.clocks.clone(),
        ..Story::default()
    };
    acts::tell(&facts, &mut story);
    nodes::tell(&facts, &mut story);
    components::tell(&facts, &mut story);
    verdict::tell(&facts, &mut story);
    data::tell(&facts, &mut story);
    unknown::tell(&facts, &mut story);
    story
}
