//! Agreement on the next view: JOIN, INSTALL, commit (`gcomm/src/evs_proto.cpp`,
//! `gcomm/src/evs_consensus.cpp`).

use std::collections::{BTreeMap, BTreeSet};

use seatrial_galera::{GcommUuid, ViewId, ViewType};

use crate::config::Config;
use crate::frame::{
    EvsMessage, GapMessage, InstallMessage, InstallNode, JoinMessage, JoinNode, LeaveMessage,
    UserMessage,
};
use crate::time::Time;

use super::order::InputMap;
use super::{Evs, EvsView, Known, Out, State};

impl Evs {
    pub(super) fn shift_to_gather(&mut self, now: Time, config: &Config, out: &mut Vec<Out>) {
        if !matches!(self.state, State::Gather | State::Install) {
            self.gather_since = now;
            self.install_deadline = Some(now + config.evs_install_timeout);
            self.install_timeouts = 0;
            self.attempt = 0;
            for known in self.known.values_mut() {
                known.join = None;
            }
        }
        self.state = State::Gather;
        self.install = None;
        self.last_retrans = now;
        self.send_join(out);
    }

    fn my_join(&self) -> JoinMessage {
        let mut nodes: BTreeMap<GcommUuid, JoinNode> = self
            .known
            .iter()
            .map(|(uuid, known)| {
                (
                    *uuid,
                    JoinNode {
                        operational: known.operational,
                        suspected: known.suspected,
                        leaving: known.leaving,
                    },
                )
            })
            .collect();
        nodes.insert(
            self.me,
            JoinNode {
                operational: true,
                suspected: false,
                leaving: false,
            },
        );
        JoinMessage {
            view: self.view,
            fifo: self.fifo,
            have: self.input.have(),
            nodes,
            max_view_seq: self.view.seq + self.attempt,
        }
    }

    pub(super) fn send_join(&mut self, out: &mut Vec<Out>) {
        self.fifo += 1;
        let join = self.my_join();
        self.last_join = Some(join.clone());
        out.push(Out::Broadcast(EvsMessage::Join(join)));
    }

    /// Sends a JOIN if this node's picture has changed since the last one, and an INSTALL if everybody
    /// now agrees.
    pub(super) fn join_changed(&mut self, now: Time, out: &mut Vec<Out>) {
        if self.state != State::Gather {
            return;
        }
        let mut join = self.my_join();
        let changed = self.last_join.as_ref().is_none_or(|last| {
            join.fifo = last.fifo;
            join != *last
        });
        if changed {
            self.send_join(out);
        }
        self.try_install(now, out);
    }

    pub(super) fn received_join(
        &mut self,
        source: GcommUuid,
        join: &JoinMessage,
        now: Time,
        config: &Config,
        out: &mut Vec<Out>,
    ) {
        let Some(known) = self.known.get(&source) else {
            return;
        };
        // What a member said before it committed to the current view is old.
        let committed_fifo = known.committed.map(|(_, fifo)| fifo);
        let old = committed_fifo.is_some_and(|fifo| join.fifo < fifo)
            || known
                .join
                .as_ref()
                .is_some_and(|last| join.fifo <= last.fifo);
        match self.state {
            State::Closed | State::Joining => return,
            State::Leaving => {
                self.send_leave(out);
                return;
            }
            State::Operational => {
                if old {
                    return;
                }
                self.shift_to_gather(now, config, out);
            }
            State::Install => {
                if old || self.agrees_with_install(source, join) {
                    return;
                }
                self.shift_to_gather(now, config, out);
            }
            State::Gather if old => return,
            State::Gather => {}
        }
        self.take_join(source, join, now, out);
        self.join_changed(now, out);
    }

    fn agrees_with_install(&self, source: GcommUuid, join: &JoinMessage) -> bool {
        let Some(install) = &self.install else {
            return false;
        };
        operational(join).eq(install.members.keys().copied())
            && install
                .members
                .get(&source)
                .is_some_and(|node| node.view == join.view && node.have == join.have)
    }

    fn take_join(&mut self, source: GcommUuid, join: &JoinMessage, now: Time, out: &mut Vec<Out>) {
        let mut leavers = BTreeSet::new();
        let mut gone = BTreeSet::new();
        if let Some(mine) = join.nodes.get(&self.me) {
            if mine.operational {
                self.refresh(source, now);
            } else {
                // Who does not count on this node is not counted on ("mutual exclusion").
                gone.insert(source);
            }
        }
        if join.view == self.view {
            for (uuid, node) in &join.nodes {
                let Some(known) = self.known.get(uuid) else {
                    continue;
                };
                if node.leaving && !known.leaving {
                    leavers.insert(*uuid);
                }
                if !node.operational && known.suspected {
                    gone.insert(*uuid);
                }
            }
            self.help(join, out);
        }
        for uuid in leavers {
            if let Some(known) = self.known.get_mut(&uuid) {
                known.leaving = true;
                known.operational = false;
            }
        }
        self.set_inactive(&gone);
        if let Some(known) = self.known.get_mut(&source) {
            known.join = Some(join.clone());
        }
    }

    /// Sends messages of the common view that the sender of a JOIN lacks, whoever said them first:
    /// those who move together must have the same ones (`evs_proto.cpp:handle_join`, recovery).
    fn help(&self, join: &JoinMessage, out: &mut Vec<Out>) {
        for (source, have) in self.input.have() {
            let theirs = join.have.get(&source).copied().unwrap_or(-1);
            if have <= theirs {
                continue;
            }
            for (seq, payload) in self.input.missing_above(source, theirs) {
                let message = UserMessage {
                    view: self.view,
                    seq,
                    aru: -1,
                    payload,
                };
                out.push(Out::Forward(source, EvsMessage::User(message)));
            }
        }
    }

    /// Who takes part, as this node sees it.
    fn operational_set(&self) -> BTreeSet<GcommUuid> {
        self.known
            .iter()
            .filter(|(_, known)| known.operational)
            .map(|(uuid, _)| *uuid)
            .chain([self.me])
            .collect()
    }

    fn leaving_set(&self) -> BTreeSet<GcommUuid> {
        self.known
            .iter()
            .filter(|(_, known)| known.leaving)
            .map(|(uuid, _)| *uuid)
            .collect()
    }

    /// Whether a JOIN says what this node would say (`evs_consensus.cpp:is_consistent`).
    fn is_consistent(&self, join: &JoinMessage) -> bool {
        let same_leavers = || {
            let theirs: BTreeSet<GcommUuid> = join
                .nodes
                .iter()
                .filter(|(_, node)| node.leaving)
                .map(|(uuid, _)| *uuid)
                .collect();
            theirs == self.leaving_set()
        };
        operational(join).eq(self.operational_set())
            && (join.view != self.view || (join.have == self.input.have() && same_leavers()))
    }

    /// `evs_consensus.cpp:is_consensus`.
    fn is_consensus(&self) -> bool {
        self.known
            .values()
            .filter(|known| known.operational)
            .all(|known| {
                known
                    .join
                    .as_ref()
                    .is_some_and(|join| self.is_consistent(join))
            })
    }

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
                    }
                }
                None => InstallNode {
                    view: self.view,
                    have: self.input.have(),
                },
            };
            nodes.insert(*uuid, node);
        }
        let install = InstallMessage {
            view: ViewId::new(ViewType::Reg, self.me, max_seq + 1),
            members: nodes,
            leaving: self.leaving_set(),
        };
        out.push(Out::Broadcast(EvsMessage::Install(install.clone())));
        self.accept_install(install, now, out);
    }

    pub(super) fn received_install(
        &mut self,
        install: &InstallMessage,
        now: Time,
        _config: &Config,
        out: &mut Vec<Out>,
    ) {
        if install.view.seq <= self.view.seq {
            return;
        }
        if self.state == State::Leaving {
            if install.leaving.contains(&self.me) || !install.members.contains_key(&self.me) {
                self.shift_to_closed(out);
            }
            return;
        }
        let newer = self
            .install
            .as_ref()
            .is_none_or(|last| last.view.seq < install.view.seq);
        if !matches!(self.state, State::Gather | State::Install) || !newer {
            return;
        }
        self.attempt = self.attempt.max(install.view.seq - self.view.seq);
        let mine: BTreeSet<GcommUuid> = self.operational_set();
        let consistent = install.members.keys().copied().eq(mine)
            && install
                .members
                .values()
                .all(|node| node.view != self.view || node.have == self.input.have())
            && install.leaving.is_superset(&self.leaving_set());
        if consistent {
            self.accept_install(install.clone(), now, out);
        } else if self.state == State::Gather {
            self.send_join(out);
        }
    }

    fn accept_install(&mut self, install: InstallMessage, now: Time, out: &mut Vec<Out>) {
        self.state = State::Install;
        self.attempt = self.attempt.max(install.view.seq - self.view.seq);
        self.install = Some(install);
        self.fifo += 1;
        self.send_commit(out);
        self.install_if_committed(now, out);
    }

    fn send_commit(&self, out: &mut Vec<Out>) {
        let Some(install) = &self.install else { return };
        out.push(Out::Broadcast(EvsMessage::Gap(GapMessage {
            view: self.view,
            last_sent: self.last_sent,
            aru: self.input.aru(),
            have: BTreeMap::new(),
            commit: Some((install.view, self.fifo)),
        })));
    }

    /// While no view is there: says again what was said last.
    pub(super) fn retransmit(&mut self, out: &mut Vec<Out>) {
        if self.state == State::Install {
            if let Some(install) = &self.install
                && install.view.uuid == self.me
            {
                out.push(Out::Broadcast(EvsMessage::Install(install.clone())));
            }
            self.send_commit(out);
        } else {
            self.send_join(out);
        }
    }

    pub(super) fn install_if_committed(&mut self, now: Time, out: &mut Vec<Out>) {
        let Some(install) = &self.install else { return };
        let committed = install
            .members
            .keys()
            .filter(|uuid| **uuid != self.me)
            .all(|uuid| {
                self.known.get(uuid).is_some_and(|known| {
                    known
                        .committed
                        .is_some_and(|(view, _)| view == install.view)
                })
            });
        if self.state == State::Install && committed {
            let install = install.clone();
            self.enter_view(&install, now, out);
        }
    }

    /// Delivers what the old view still holds, then the new view
    /// (`evs_proto.cpp:deliver_trans_view`, `deliver_reg_view`).
    fn enter_view(&mut self, install: &InstallMessage, now: Time, out: &mut Vec<Out>) {
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
        self.view = install.view;
        self.members = install.members.keys().copied().collect();
        self.input = InputMap::new(&self.members);
        self.last_sent = -1;
        self.known
            .retain(|uuid, _| install.members.contains_key(uuid));
        for known in self.known.values_mut() {
            let committed = known.committed;
            *known = Known::new(now);
            known.committed = committed;
        }
        self.install = None;
        self.install_deadline = None;
        self.attempt = 0;
        self.last_join = None;
        self.state = State::Operational;
        self.last_keepalive = now;
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

    pub(super) fn received_leave(
        &mut self,
        source: GcommUuid,
        leave: &LeaveMessage,
        now: Time,
        config: &Config,
        out: &mut Vec<Out>,
    ) {
        if leave.view != self.view && !self.members.contains(&source) {
            return;
        }
        let Some(known) = self.known.get_mut(&source) else {
            return;
        };
        if known.leaving {
            return;
        }
        known.leaving = true;
        known.operational = false;
        known.heard = now;
        self.input.acknowledged(source, leave.aru);
        match self.state {
            State::Operational | State::Install => {
                self.shift_to_gather(now, config, out);
                self.try_install(now, out);
            }
            State::Gather => self.join_changed(now, out),
            State::Leaving => self.close_if_alone(out),
            State::Closed | State::Joining => {}
        }
    }

    /// Nodes with a JOIN that a majority of the current view suspects (`check_suspects`).
    pub(super) fn suspected_by_most(&self) -> BTreeSet<GcommUuid> {
        self.known
            .iter()
            .filter(|(_, known)| known.operational && known.suspected && known.join.is_some())
            .filter(|(uuid, _)| {
                let others = self
                    .known
                    .iter()
                    .filter(|(other, _)| self.members.contains(other))
                    .filter_map(|(_, known)| known.join.as_ref())
                    .filter(|join| join.nodes.get(uuid).is_some_and(|node| node.suspected))
                    .count();
                others + 1 > self.members.len() / 2
            })
            .map(|(uuid, _)| *uuid)
            .collect()
    }

    /// After a while in agreement: nodes that somebody whom this node trusts cannot see
    /// (`asymmetry_elimination`).
    pub(super) fn asymmetric(&self) -> BTreeSet<GcommUuid> {
        let trusted: Vec<&JoinMessage> = self
            .known
            .values()
            .filter(|known| known.operational)
            .filter_map(|known| known.join.as_ref())
            .filter(|join| {
                join.nodes
                    .get(&self.me)
                    .is_some_and(|node| node.operational)
            })
            .collect();
        self.known
            .iter()
            .filter(|(_, known)| known.operational)
            .filter(|(uuid, known)| {
                known.join.is_none()
                    || trusted
                        .iter()
                        .any(|join| join.nodes.get(uuid).is_some_and(|node| !node.operational))
            })
            .map(|(uuid, _)| *uuid)
            .collect()
    }

    /// No view in `evs.install_timeout` (`evs_proto.cpp:handle_install_timer`): at first those who do
    /// not agree are dropped, then everybody, then the node gives up.
    pub(super) fn check_install_timer(&mut self, now: Time, config: &Config, out: &mut Vec<Out>) {
        if !matches!(self.state, State::Gather | State::Install)
            || self.install_deadline.is_none_or(|deadline| now < deadline)
        {
            return;
        }
        self.install_timeouts += 1;
        self.install_deadline = Some(now + config.evs_install_timeout);
        if self.install_timeouts > config.evs_max_install_timeouts {
            self.abort();
            out.push(Out::GaveUp);
            return;
        }
        let everybody = self.install_timeouts == config.evs_max_install_timeouts;
        let dropped: BTreeSet<GcommUuid> = self
            .known
            .iter()
            .filter(|(_, known)| {
                known.operational
                    && (everybody
                        || known
                            .join
                            .as_ref()
                            .is_none_or(|join| !self.is_consistent(join)))
            })
            .map(|(uuid, _)| *uuid)
            .collect();
        self.set_inactive(&dropped);
        self.shift_to_gather(now, config, out);
        self.try_install(now, out);
    }
}

/// Who takes part, as the sender of a JOIN sees it.
fn operational(join: &JoinMessage) -> impl Iterator<Item = GcommUuid> + '_ {
    join.nodes
        .iter()
        .filter(|(_, node)| node.operational)
        .map(|(uuid, _)| *uuid)
}
