//! Makes a component primary again, and delivers a view to the layer above (`gcomm/src/pc_proto.cpp`).

use std::collections::{BTreeMap, BTreeSet};

use seatrial_galera::{GcommUuid, ViewId, ViewType};

use crate::deliberate_fault::DeliberateFault;
use crate::detail::Detail;
use crate::effect::Note;
use crate::frame::PcNode;

use super::{Fatal, Out, Pc, PcView, State};

impl Pc {
    /// Returns the rules of `docs/rules.md` by which this component waits; none if it does not.
    pub(crate) fn waits_by(&self) -> Vec<&'static str> {
        if self.state != State::NonPrim {
            return Vec::new();
        }
        let mut views = self.instances.values().map(|node| node.last_prim.kind);
        let remembers = views.any(|kind| kind == ViewType::Prim);
        let mut rules = Vec::new();
        if remembers || self.restored.is_none() {
            rules.push("P4");
        }
        if self.restored.is_some() {
            rules.push("V6");
        }
        rules
    }

    /// `pc_proto.cpp:is_prim`.
    pub(super) fn becomes_primary(&self, out: &mut Vec<Out>) -> Result<bool, Fatal> {
        let own = |(source, nodes): (&GcommUuid, &BTreeMap<GcommUuid, PcNode>)| {
            let node = nodes.get(source).filter(|node| node.prim)?.clone();
            Some((*source, node))
        };
        let states = self.states.iter();
        let (sources, from_prim): (Vec<GcommUuid>, Vec<PcNode>) = states.filter_map(own).unzip();
        if let Some(source) = sources.first() {
            out.push(Out::Told(Detail::StatePrim(*source)));
        }
        if let Some(first) = from_prim.first() {
            let consistent = from_prim
                .iter()
                .all(|node| node.last_prim == first.last_prim);
            return if consistent {
                Ok(true)
            } else {
                Err(Fatal::LastPrimsNotConsistent)
            };
        }
        // No member comes from a primary view. The greatest view that a member remembers may be restored
        // if all its members are present. Incarnations do not count.
        let present: Vec<GcommUuid> = self.states.keys().copied().collect();
        let exactly = self.has(DeliberateFault::IncarnationCompared);
        let is_present = |uuid: GcommUuid| {
            let is_same =
                |here: &GcommUuid| here.same_fixed_part(uuid) && !(exactly && *here != uuid);
            present.iter().any(is_same)
        };
        let all = || self.states.values().flat_map(BTreeMap::iter);
        let greatest = all()
            .filter(|(_, node)| node.last_prim.kind == ViewType::Prim)
            .map(|(_, node)| node.last_prim)
            .reduce(|a, b| if a.precedes(&b) { b } else { a });
        let Some(greatest) = greatest else {
            out.push(Out::Told(Detail::NoPrimaryPossible));
            out.push(Out::Note(Note::Reunion {
                last_primary: Vec::new(),
                missing: Vec::new(),
            }));
            return Ok(false);
        };
        // A node that one member has evicted is not waited for.
        let evicted: BTreeSet<GcommUuid> = all()
            .filter(|(_, node)| node.evicted)
            .map(|(uuid, _)| *uuid)
            .collect();
        let counts = |uuid: &GcommUuid| !evicted.contains(uuid);
        let wanted: BTreeSet<GcommUuid> = all()
            .filter(|(uuid, node)| node.last_prim == greatest && counts(uuid))
            .map(|(uuid, _)| *uuid)
            .collect();
        out.push(Out::Note(Note::Reunion {
            missing: wanted
                .iter()
                .filter(|uuid| !is_present(**uuid))
                .copied()
                .collect(),
            last_primary: wanted.into_iter().collect(),
        }));
        // Here incarnations count: a restarted process is not the process whose state is unknown.
        let unknown = |(uuid, node): (&GcommUuid, &PcNode)| node.un && !present.contains(uuid);
        if self.instances.iter().any(unknown) {
            return Ok(false);
        }
        let complete = all()
            .filter(|(uuid, node)| node.last_prim == greatest && counts(uuid))
            .all(|(uuid, _)| is_present(*uuid) || self.has(DeliberateFault::ReunionOfSome));
        if complete {
            out.push(Out::Rebootstrapping);
        }
        Ok(complete)
    }

    /// `pc_proto.cpp:deliver_view`, with the automatic recovery of gvwstate.dat.
    pub(super) fn deliver_view(
        &mut self,
        id: ViewId,
        members: &BTreeSet<GcommUuid>,
        bootstrap: bool,
        out: &mut Vec<Out>,
    ) {
        let view = PcView {
            id,
            members: members.clone(),
            left: std::mem::take(&mut self.left),
            partitioned: std::mem::take(&mut self.partitioned),
            bootstrap,
        };
        out.push(Out::View(view));
        if id.kind == ViewType::Prim {
            if self.restored.take().is_some() {
                out.push(Out::ClearRestoredView);
            }
            return;
        }
        if self.start_prim {
            return;
        }
        let Some(restored) = &self.restored else {
            return;
        };
        let in_restored = |uuid: GcommUuid| {
            restored
                .members
                .iter()
                .any(|member| member.same_fixed_part(uuid))
        };
        let mut greatest_seq = 0;
        for (uuid, node) in &self.instances {
            if !in_restored(*uuid) {
                continue;
            }
            if node.last_prim.kind != ViewType::NonPrim || node.last_prim.uuid != restored.id.uuid {
                out.push(Out::InconsistentWithRestoredView(*uuid));
                return;
            }
            greatest_seq = greatest_seq.max(node.last_prim.seq);
        }
        let enough = self.has(DeliberateFault::RestoredByOne);
        let same_members = (enough || members.len() == restored.members.len())
            && members.iter().all(|uuid| in_restored(*uuid));
        if greatest_seq == restored.id.seq && same_members {
            out.push(Out::PromoteToPrimary);
            // Between two views the layer below takes no message (`EAGAIN`).
            if self.state != State::Trans {
                self.send_install(true, out);
            }
        }
    }
}
