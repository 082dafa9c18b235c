//! The INSTALL message: a component becomes primary, or a member changes its weight
//! (`gcomm/src/pc_proto.cpp:handle_install`, `handle_trans_install`).

use std::collections::{BTreeMap, BTreeSet};

use seatrial_galera::{GcommUuid, ViewType};

use crate::frame::{PcMessage, PcNode};

use super::{Out, Pc, State};

impl Pc {
    pub(super) fn send_install(&self, bootstrap: bool, out: &mut Vec<Out>) {
        out.push(Out::Send(PcMessage::Install {
            bootstrap,
            weight: None,
            nodes: self.own_states(),
        }));
    }

    /// Returns the state that each member has reported of itself.
    fn own_states(&self) -> BTreeMap<GcommUuid, PcNode> {
        let own = |(source, nodes): (&GcommUuid, &BTreeMap<GcommUuid, PcNode>)| {
            Some((*source, nodes.get(source)?.clone()))
        };
        let members = self.members();
        let states = self.states.iter();
        let states = states.filter(|(source, _)| members.contains(source));
        states.filter_map(own).collect()
    }

    /// `pc_proto.cpp:handle_install`.
    pub(super) fn install_message(
        &mut self,
        bootstrap: bool,
        nodes: &BTreeMap<GcommUuid, PcNode>,
        out: &mut Vec<Out>,
    ) {
        match self.state {
            State::Install if !bootstrap => {}
            State::NonPrim => {}
            State::Trans if !bootstrap => {
                self.install_in_trans(nodes, out);
                return;
            }
            _ => return,
        }
        // A primary component goes on with its own count, a restored one with the highest that it knows.
        let counts = |prim: bool| {
            let nodes = nodes.values().filter(move |node| node.prim || !prim);
            nodes.map(|node| node.to_seq).max()
        };
        self.to_seq = counts(true).or_else(|| counts(false)).unwrap_or(-1);
        let members = self.members();
        let id = self.view_id(ViewType::Prim);
        for uuid in &members {
            if let Some(node) = self.instances.get_mut(uuid) {
                node.prim = true;
                node.un = false;
                node.last_prim = id;
                node.to_seq = self.to_seq;
            }
        }
        self.state = State::Prim;
        self.last_primary.clone_from(&members);
        self.component.clone_from(&members);
        self.instances.retain(|uuid, _| members.contains(uuid));
        self.deliver_view(id, &members, bootstrap, out);
    }

    /// The view broke while the INSTALL was under way (`pc_proto.cpp:handle_trans_install`). Those who
    /// are not here may have installed it, so quorum is counted against the view that it would have
    /// made; without quorum nobody knows of them.
    fn install_in_trans(&mut self, nodes: &BTreeMap<GcommUuid, PcNode>, out: &mut Vec<Out>) {
        let Some(view) = self.view.clone() else {
            return;
        };
        let would_be: BTreeSet<GcommUuid> = self
            .instances
            .keys()
            .filter(|uuid| nodes.contains_key(uuid))
            .copied()
            .collect();
        let (votes, all) = self.votes(&view, &would_be);
        if votes > all && self.is_prim() {
            return;
        }
        self.lose_in_trans(nodes, out);
    }

    /// Not primary any more, and what became of the absent ones is not known.
    fn lose_in_trans(&mut self, nodes: &BTreeMap<GcommUuid, PcNode>, out: &mut Vec<Out>) {
        self.become_non_prim(out);
        let here = self.members();
        for uuid in nodes.keys().filter(|uuid| !here.contains(uuid)) {
            if let Some(node) = self.instances.get_mut(uuid) {
                node.un = true;
            }
        }
    }

    /// An INSTALL that changes the weight of its sender (`F_WEIGHT_CHANGE`). Where the view broke
    /// under it and somebody is missing, nobody knows whether those have taken it: the component gives
    /// up being primary.
    pub(super) fn weight_message(
        &mut self,
        source: GcommUuid,
        weight: u8,
        nodes: &BTreeMap<GcommUuid, PcNode>,
        out: &mut Vec<Out>,
    ) {
        if !matches!(self.state, State::Prim | State::Trans) {
            return;
        }
        if self.state == State::Trans {
            let view = self.view.as_ref();
            let accounted = |uuid: &GcommUuid| {
                view.is_some_and(|view| view.members.contains(uuid) || view.left.contains(uuid))
            };
            if !self.component.iter().all(accounted) {
                // The weight of a sender that is here stays as it was.
                if !self.members().contains(&source) {
                    self.set_instance_weight(source, weight);
                }
                self.lose_in_trans(nodes, out);
                return;
            }
        }
        self.set_instance_weight(source, weight);
        out.push(Out::WeightChanged { source, weight });
    }

    fn set_instance_weight(&mut self, source: GcommUuid, weight: u8) {
        if let Some(node) = self.instances.get_mut(&source) {
            node.weight = weight;
        }
    }

    /// `SET GLOBAL wsrep_provider_options = 'pc.bootstrap=YES'` (`pc_proto.cpp:set_param`). Says
    /// whether it did anything.
    pub(crate) fn bootstrap(&self, out: &mut Vec<Out>) -> bool {
        if self.state != State::NonPrim {
            return false;
        }
        self.send_install(true, out);
        true
    }

    /// `SET GLOBAL wsrep_provider_options = 'pc.weight=…'` (`pc_proto.cpp:set_param`): the change is a
    /// message in the total order and takes effect everywhere with its delivery. None where the
    /// component is not primary, or between two views ("state not S_PRIM, retry again").
    pub(crate) fn weight_install(&self, weight: u8) -> Option<PcMessage> {
        (self.state == State::Prim).then(|| PcMessage::Install {
            bootstrap: false,
            weight: Some(weight),
            nodes: self.own_states(),
        })
    }
}
