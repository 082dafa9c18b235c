//! The key of a world at rest: the part of its state that determines what happens next. It is made of the
//! machines one by one, what each has to do with each other, and who holds which rows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use seatrial_galera::{Position, Seqno, StateUuid};
use seatrial_node::{Change, Channel, Living, Peer, StateKey};
use seatrial_scenarios::NodeName;
use serde::{Deserialize, Serialize};

use crate::machine::Machine;

use super::connections::conn_key;
use super::world::World;

/// The precision of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// All memory counts. Such keys grow with the path, and the search within a number of events uses them.
    Exact,
    /// Only what a later step can still ask for counts. There are finitely many such keys as long as no event
    /// makes histories.
    ForEver {
        /// Whether the last recovered position in each log counts, for procedures that read old lines of it.
        logs: bool,
        /// Whether the members of all saved views count, for procedures that read them.
        views: bool,
        /// Whether events can keep running nodes apart.
        apart: bool,
        /// Whether events can make two primary components that know nothing of each other. Then numbers of views and
        /// positions of both are compared when they meet, and gaps between them are exact up to this.
        forks: Option<u8>,
        /// Whether donors can differ in what they hand on.
        donors: bool,
    },
}

/// A group of rows that the same nodes hold, and that are not on all disks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Rows {
    /// By place: whether the node's database holds them.
    pub(crate) databases: u32,
    /// By place: whether the node's write-set cache holds them.
    pub(crate) caches: u32,
    /// Whether their clients know that they are committed.
    pub(crate) acknowledged: bool,
    /// The history in which they were committed.
    pub(crate) history: StateUuid,
}

/// The key of a world at rest.
#[derive(Clone, Debug)]
pub(crate) struct WorldKey {
    /// The precision with which it was made.
    pub(crate) precision: Precision,
    /// The machines by place.
    pub(crate) machines: Vec<StateKey>,
    /// Adds the connections from the machine at the first place to the one at the second.
    pub(crate) pairs: BTreeMap<(usize, usize), StateKey>,
    /// Rows that do not lie on all disks, with the position of the last one of each group.
    pub(crate) rows: BTreeMap<Rows, Position>,
}

impl World {
    /// Returns the key of this world, if it is at rest, with this precision.
    pub(crate) fn key(
        &self,
        precision: Precision,
        is_acknowledged: impl Fn(&str) -> bool,
    ) -> WorldKey {
        let empty = match precision {
            Precision::Exact => StateKey::default(),
            Precision::ForEver {
                logs,
                views,
                apart,
                forks,
                donors,
            } => {
                let mut living = Living {
                    logs_count: logs,
                    views_count: views,
                    apart,
                    forks: forks.is_some(),
                    donors,
                    ..Living::default()
                };
                for (node, machine) in (0..).zip(self.cluster.machines()) {
                    machine.identities(node, &mut living);
                }
                StateKey::for_ever(&Arc::new(living))
            }
        };
        let mut machines = Vec::new();
        let mut pairs = BTreeMap::new();
        for peer in self.cluster.peers() {
            let mut part = empty.clone();
            self.machine(peer).key(&mut part);
            machines.push(part);
            for other in self.cluster.peers().filter(|other| *other != peer) {
                let mut part = empty.clone();
                part.flag(self.cluster.links().is_open(peer, other, self.now));
                for port in self.cluster.links().closed_ports(peer, other) {
                    part.plain(port.number());
                }
                self.key_of_connection(peer, other, &mut part);
                let machine = self.machine(peer);
                machine.key_of_peer(other, self.machine(other), &mut part);
                pairs.insert((usize::from(peer.0), usize::from(other.0)), part);
            }
        }
        WorldKey {
            precision,
            machines,
            pairs,
            rows: self.rows(is_acknowledged),
        }
    }

    /// Returns the rules of `docs/rules.md` that keep nodes from serving.
    pub(crate) fn held_by(&self) -> BTreeSet<&'static str> {
        let machines = self.cluster.machines().iter();
        machines.flat_map(Machine::held_by).collect()
    }

    fn key_of_connection(&self, from: Peer, to: Peer, into: &mut StateKey) {
        let key = conn_key(from, to, Channel::Group);
        // The rest of a connection that both ends have given up does not matter. A
        // suspended end knows nothing yet, and the other end dials it again and again: at what point
        // of that it is, is a phase of a timer.
        let uses = |end: Peer, other: Peer| {
            let machine = self.machine(end);
            machine.is_linked(other) && !machine.hangs()
        };
        let in_use = uses(from, to) || uses(to, from);
        match self.network.connection(key).filter(|_| in_use) {
            None => into.word("no connection"),
            Some(connection) => connection.key(usize::from(from > to), into),
        }
    }

    fn rows(&self, is_acknowledged: impl Fn(&str) -> bool) -> BTreeMap<Rows, Position> {
        let mut held: BTreeMap<(StateUuid, Seqno, &str), (u32, u32)> = BTreeMap::new();
        for (place, machine) in self.cluster.machines().iter().enumerate() {
            for entry in &machine.database().history {
                if let Some(Change::Insert(tag)) = &entry.change {
                    let key = (entry.uuid, entry.seqno, tag.as_str());
                    held.entry(key).or_default().0 |= 1 << place;
                }
            }
            let cache = machine.cache();
            for (seqno, write_set) in &cache.events {
                let change = write_set.as_ref().map(|write_set| &write_set.change);
                if let Some(Change::Insert(tag)) = change {
                    let key = (cache.uuid, *seqno, tag.as_str());
                    held.entry(key).or_default().1 |= 1 << place;
                }
            }
        }
        let everywhere = (1 << self.cluster.machines().len()) - 1;
        let mut groups = BTreeMap::new();
        for ((history, seqno, tag), (databases, caches)) in held {
            if databases == everywhere {
                continue;
            }
            let group = Rows {
                databases,
                caches,
                acknowledged: is_acknowledged(tag),
                history,
            };
            // In the order of positions: the last one stays.
            groups.insert(group, Position::new(history, seqno));
        }
        groups
    }

    /// The nodes have other names from here on; everything else stays as it is.
    ///
    /// # Panics
    /// When there are not as many names as nodes.
    pub fn rename(&mut self, names: &[NodeName]) {
        self.cluster.rename(names);
    }
}
