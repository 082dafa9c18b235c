//! Quorum, counted over the last primary view (`gcomm/src/pc_proto.cpp`).

use std::collections::BTreeSet;

use seatrial_galera::GcommUuid;

use crate::decide;
use crate::deliberate_fault::DeliberateFault;
use crate::effect::Note;
use crate::evs::EvsView;

use super::Pc;

impl Pc {
    fn weight_of(&self, members: impl Iterator<Item = GcommUuid>) -> u64 {
        members
            .filter_map(|uuid| self.instances.get(&uuid))
            .map(|node| u64::from(node.weight))
            .sum()
    }

    /// Returns the weights of the members of the primary component together, 0 outside it
    /// (`pc_proto.cpp:cluster_weight`).
    pub(crate) fn cluster_weight(&self) -> u32 {
        let own = self.own();
        let nodes = self.instances.values().filter(|_| own.prim);
        let members = nodes.filter(|node| node.last_prim == own.last_prim);
        members.map(|node| u32::from(node.weight)).sum()
    }

    /// Returns the votes of a component, and the total that they are compared with
    /// (`pc_proto.cpp:have_quorum`). Present members count twice, and members that left in order once,
    /// against a primary view.
    pub(super) fn votes(&self, view: &EvsView, primary: &BTreeSet<GcommUuid>) -> (u64, u64) {
        let present = self.weight_of(view.members.intersection(primary).copied());
        let left = if self.has(DeliberateFault::LeftCountsAsGone) {
            0
        } else {
            self.weight_of(view.left.intersection(primary).copied())
        };
        let all = self.weight_of(primary.iter().copied());
        decide::votes(present, left, all)
    }

    /// `pc_proto.cpp:have_quorum`, against the component before.
    pub(super) fn have_quorum(&self, view: &EvsView) -> bool {
        let (votes, all) = self.votes(view, &self.component);
        votes > all || (self.has(DeliberateFault::HalfIsQuorum) && votes == all)
    }

    /// Returns the sum of [`Self::have_quorum`] for people.
    pub(super) fn quorum_note(&self, view: &EvsView, holds: bool) -> Note {
        let weight = |uuid: &GcommUuid| self.instances.get(uuid).map_or(0, |node| node.weight);
        let of_last =
            |uuids: &BTreeSet<GcommUuid>| uuids.intersection(&self.last_primary).copied().collect();
        Note::Quorum {
            present: of_last(&view.members),
            left: of_last(&view.left),
            last_primary: self
                .last_primary
                .iter()
                .map(|uuid| (*uuid, u32::from(weight(uuid))))
                .collect(),
            holds,
        }
    }

    /// `pc_proto.cpp:have_split_brain`: exactly half.
    pub(super) fn is_split_brain(&self, view: &EvsView) -> bool {
        let (votes, all) = self.votes(view, &self.component);
        votes == all
    }
}
