//! The last observation of the machines, and the time of the last observable change.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_node::Peer;
use seatrial_scenarios::{NodeName, Observation, Span};

use crate::machine::{Fingerprint, Machine};

/// Returns the place of a machine in the lists.
pub(crate) fn place(peer: Peer) -> usize {
    usize::from(peer.0)
}

/// The observations that conditions look at.
///
/// It owns the last observation and the fingerprints by which a change is noticed. The cluster calls it.
/// It only reads machines.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    fingerprints: Vec<Fingerprint>,
    last_change: Span,
    /// Counts observable changes.
    revision: u64,
    /// The nodes as they were last seen.
    seen: Observation,
    /// Those that have changed since.
    changed: BTreeSet<Peer>,
    /// The state of each node's disk when it was last seen.
    seen_disks: Vec<u64>,
}

impl Watch {
    /// Machines of which nothing has been seen yet.
    pub(super) fn new(machines: &[Machine]) -> Self {
        Self {
            fingerprints: machines.iter().map(Machine::fingerprint).collect(),
            last_change: Span::ZERO,
            revision: 0,
            seen: Observation {
                at: Span::ZERO,
                nodes: BTreeMap::new(),
            },
            changed: (0..).map(Peer).take(machines.len()).collect(),
            seen_disks: vec![0; machines.len()],
        }
    }

    /// Returns the number of observable changes so far.
    pub(super) const fn revision(&self) -> u64 {
        self.revision
    }

    /// Returns the instant of the last one.
    pub(super) const fn last_change(&self) -> Span {
        self.last_change
    }

    /// Counts rest from this instant on.
    pub(super) const fn touch(&mut self, now: Span) {
        self.last_change = now;
    }

    /// Counts a change that no fingerprint shows.
    pub(super) const fn count_change(&mut self) {
        self.revision += 1;
    }

    /// Compares a machine with its fingerprint, and says whether it has changed.
    pub(super) fn notice(&mut self, peer: Peer, machine: &Machine, now: Span) -> bool {
        let fingerprint = machine.fingerprint();
        let known = &mut self.fingerprints[place(peer)];
        if *known == fingerprint {
            return false;
        }
        *known = fingerprint;
        self.changed.insert(peer);
        self.last_change = now;
        self.revision += 1;
        true
    }

    /// Forgets what was seen: the nodes have other names.
    pub(super) fn forget(&mut self) {
        self.seen.nodes.clear();
        self.changed = (0..).map(Peer).take(self.fingerprints.len()).collect();
    }

    /// Returns all nodes now, without histories. Only those that have changed are looked at again.
    pub(super) fn look(
        &mut self,
        names: &[NodeName],
        machines: &[Machine],
        now: Span,
    ) -> &Observation {
        self.seen.at = now;
        for peer in std::mem::take(&mut self.changed) {
            let index = place(peer);
            let (machine, name) = (&machines[index], &names[index]);
            let revision = machine.disk_revision();
            let before = self.seen.nodes.get_mut(name);
            let files = match before.filter(|_| self.seen_disks[index] == revision) {
                Some(node) => (node.grastate.take(), node.gvwstate.take()),
                None => machine.files(),
            };
            self.seen_disks[index] = revision;
            let node = machine.observe_with(files);
            self.seen.nodes.insert(name.clone(), node);
        }
        &self.seen
    }
}
