//! From agreement to the next view: INSTALL, commit, and what the old view still delivers
//! (`gcomm/src/evs_proto.cpp`).

use std::collections::{BTreeMap, BTreeSet};

use seatrial_galera::{GcommUuid, ViewId, ViewType};

use crate::config::Config;
use crate::frame::{EvsMessage, GapMessage, InstallMessage, InstallNode};
use crate::time::Time;

use super::order::InputMap;
use super::{Evs, EvsView, Known, Out, State};

impl Evs {
    /// As the representative, decides when everybody agrees (`evs_proto.cpp:send_install`).
    pub(super) fn try_install(&mut self, now: Time, out: &mut Vec<Out>) {
        if self.state != State::Gather || !self.is_consensus() {
            return;
        }
        let members = self.operational_set();
        if members.first() != Some(&self.me) {
            return;
        }
        let mut nodes = BTreeMap::new();
        let mut max_seq = self.view.seq + self.attempt;
        for uuid in &members {
            let node = match self.known.get(uuid).and_then(|known| known.join.as_ref()) {
                Some(join) => {
                    max_seq = max_seq.max(join.max_view_seq);
                    InstallNode {
                        view: join.view,
                        have: join.have.clone(),
                        safe: join.safe.clone(),
                    }
                }
                None => InstallNode {
                    view: self.view,
                    have: self.input.have(),
                    safe: self.input.safe_seqs(),
                },
            };
            nodes.insert(*uuid, node);
        }
        let install = InstallMessage {
            view: ViewId::new(ViewType::Reg, self.me, max_seq + 1),
            members: nodes,
            leaving: self.leaving_set(),
            join: self.my_join(),
        };
        if self.isolated_until.is_none() {
            out.push(Out::Broadcast(EvsMessage::Install(Box::new(
                install.clone(),
            ))));
        }
        self.accept_install(install, now, out);
    }

    /// Returns whether the view to come is the one that this node would choose
    /// (`evs_consensus.cpp:is_consistent`).
    pub(super) fn agrees_with_install(&self, install: &InstallMessage) -> bool {
        install.members.keys().copied().eq(self.operational_set())
            && install
                .members
                .values()
                .all(|node| node.view != self.view || node.have == self.input.have())
            && install.leaving.is_superset(&self.leaving_set())
    }

    /// `evs_proto.cpp:handle_install`.
    pub(super) fn received_install(
        &mut self,
        source: GcommUuid,
        install: &InstallMessage,
        now: Time,
        config: &Config,
        out: &mut Vec<Out>,
    ) {
        if install.view.seq <= self.view.seq {
            return;
        }
        match self.state {
            State::Leaving => {
                if install.leaving.contains(&self.me) || !install.members.contains_key(&self.me) {
                    self.shift_to_closed(out);
                }
                return;
            }
            State::Closed | State::Joining | State::Operational => return,
            State::Gather | State::Install => {}
        }
        if let Some(last) = &self.install {
            if last.view.uuid != source {
                if install.members.contains_key(&self.me) {
                    // Two nodes have decided at the same time.
                    self.shift_to_gather(now);
                    self.send_join(now, out);
                }
                return;
            }
            if install.view.seq <= last.view.seq {
                return;
            }
            self.shift_to_gather(now);
        }
        self.attempt = self.attempt.max(install.view.seq - self.view.seq);
        // The decision tells more than the last JOIN of the representative did.
        self.take_join(source, &install.join, now, config, out);
        self.join_changed(now, out);
        if !install.members.contains_key(&self.me) {
            return;
        }
        // A node that was first heard of just now is not in the coming view, and must wait for the
        // next one.
        let (members, named) = (&self.members, &install.join.nodes);
        let before = self.known.len();
        self.known
            .retain(|uuid, _| named.contains_key(uuid) || members.contains(uuid));
        if self.known.len() < before {
            self.last_join = Some(self.my_join());
        }
        if self.agrees_with_install(install) {
            self.refresh(source, now);
            self.accept_install(install.clone(), now, out);
        } else {
            self.send_join(now, out);
        }
    }

    pub(super) fn accept_install(
        &mut self,
        install: InstallMessage,
        now: Time,
        out: &mut Vec<Out>,
    ) {
        self.state = State::Install;
        self.set_timers(now);
        self.attempt = self.attempt.max(install.view.seq - self.view.seq);
        self.install = Some(install);
        self.send_commit(out);
        self.install_if_committed(now, out);
    }

    fn send_commit(&self, out: &mut Vec<Out>) {
        let Some(install) = &self.install else { return };
        if self.isolated_until.is_some() {
            return;
        }
        out.push(Out::Broadcast(EvsMessage::Gap(GapMessage {
            view: self.view,
            last_sent: self.last_sent,
            aru: self.input.aru(),
            have: BTreeMap::new(),
            commit: Some(install.view),
        })));
    }

    /// While no view is there: says again what was said last.
    pub(super) fn retransmit(&mut self, now: Time, out: &mut Vec<Out>) {
        if self.state == State::Install {
            if let Some(install) = &self.install
                && install.view.uuid == self.me
                && self.isolated_until.is_none()
            {
                out.push(Out::Broadcast(EvsMessage::Install(Box::new(
                    install.clone(),
                ))));
            }
            self.send_commit(out);
        } else {
            self.send_join(now, out);
            self.try_install(now, out);
        }
    }

    pub(super) fn install_if_committed(&mut self, now: Time, out: &mut Vec<Out>) {
        let Some(install) = &self.install else { return };
        let committed = install
            .members
            .keys()
            .filter(|uuid| **uuid != self.me)
            .all(|uuid| {
                self.known
                    .get(uuid)
                    .is_some_and(|known| known.committed == Some(install.view))
            });
        if self.state == State::Install && committed {
            let install = install.clone();
            self.enter_view(&install, now, out);
        }
    }

    /// Somebody speaks in the view to come: all have committed, and so this node enters it too
    /// (`evs_proto.cpp:handle_user_from_different_view`).
    pub(super) fn follow_into(&mut self, view: ViewId, now: Time, out: &mut Vec<Out>) {
        let install = self.install.as_ref().filter(|install| install.view == view);
        if self.state == State::Install
            && let Some(install) = install.cloned()
        {
            self.enter_view(&install, now, out);
        }
    }

    /// Delivers what the old view still holds, then the new view
    /// (`evs_proto.cpp:deliver_trans_view`, `deliver_reg_view`).
    pub(super) fn enter_view(&mut self, install: &InstallMessage, now: Time, out: &mut Vec<Out>) {
        let together: BTreeSet<GcommUuid> = install
            .members
            .iter()
            .filter(|(_, node)| node.view == self.view)
            .map(|(uuid, _)| *uuid)
            .collect();
        let left: BTreeSet<GcommUuid> = self
            .members
            .intersection(&install.leaving)
            .copied()
            .collect();
        let partitioned: BTreeSet<GcommUuid> = self
            .members
            .iter()
            .filter(|uuid| !together.contains(uuid) && !left.contains(uuid))
            .copied()
            .collect();
        // Those who go on together deliver the same before the transitional view: what anybody of them
        // knew to be safe, and what all of them have (`evs_proto.cpp:update_im_safe_seqs`).
        self.input.thaw();
        for uuid in &together {
            let node = &install.members[uuid];
            let aru = node.have.values().copied().min().unwrap_or(-1);
            self.input.acknowledged(*uuid, aru);
            for (member, safe) in &node.safe {
                self.input.acknowledged(*member, *safe);
            }
        }
        self.deliver_safe(now, out);
        out.push(Out::View(EvsView {
            id: ViewId::new(ViewType::Trans, self.view.uuid, self.view.seq),
            members: together,
            left: left.clone(),
            partitioned: partitioned.clone(),
        }));
        while let Some((source, payload)) = self.input.pop_rest() {
            if let Some(payload) = payload {
                out.push(Out::Deliver(source, payload));
            }
        }
        self.previous.insert(self.view);
        self.previous.append(&mut self.gathered);
        self.previous.remove(&install.view);
        self.view = install.view;
        self.members = install.members.keys().copied().collect();
        self.input = InputMap::new(&self.members);
        self.last_sent = -1;
        self.known
            .retain(|uuid, _| install.members.contains_key(uuid));
        for known in self.known.values_mut() {
            *known = Known::new(now);
        }
        self.install = None;
        self.install_since = None;
        self.install_timeouts = 0;
        self.attempt = 0;
        self.last_join = None;
        self.state = State::Operational;
        self.set_timers(now);
        out.push(Out::View(EvsView {
            id: self.view,
            members: self.members.clone(),
            left,
            partitioned,
        }));
        if self.leave_pending {
            self.leave(now, out);
        }
    }
}
