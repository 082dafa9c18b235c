//! Agreement on the next view: JOIN, INSTALL, commit (`gcomm/src/evs_proto.cpp`,
//! `gcomm/src/evs_consensus.cpp`).

use std::collections::{BTreeMap, BTreeSet};

use seatrial_galera::{GcommUuid, ViewId};

use crate::config::Config;
use crate::frame::{EvsMessage, JoinMessage, JoinNode, LeaveMessage, UserMessage};
use crate::time::Time;

use super::{Evs, Known, Out, State};

/// No two JOINs within this time, where nothing demands one at once
/// (`evs_proto.cpp:join_rate_limit`).
const JOIN_RATE_LIMIT: Time = Time::from_millis(100);

impl Evs {
    /// A new agreement begins, or the one under way begins anew. Whoever calls this says whether a
    /// JOIN is sent at once.
    pub(super) fn shift_to_gather(&mut self, now: Time) {
        if !matches!(self.state, State::Gather | State::Install) {
            self.install_since = Some(now);
            self.retrans_since = now;
            // From here on, the members decide together what is delivered.
            self.input.freeze();
        }
        self.state = State::Gather;
        self.check_since = now;
        self.install = None;
        for known in self.known.values_mut() {
            known.committed = None;
        }
    }

    /// Returns the JOIN that this node would send now (`evs_proto.cpp:create_join`).
    pub(super) fn my_join(&self) -> JoinMessage {
        let mut nodes: BTreeMap<GcommUuid, JoinNode> = self
            .known
            .iter()
            .map(|(uuid, known)| {
                let view = match &known.join {
                    Some(join) => Some(join.view),
                    None => self.members.contains(uuid).then_some(self.view),
                };
                let node = JoinNode {
                    operational: known.operational,
                    suspected: known.suspected,
                    leaving: known.leaving,
                    evicted: self.evicted.contains_key(uuid),
                    view,
                };
                (*uuid, node)
            })
            .collect();
        let me = JoinNode {
            operational: true,
            suspected: false,
            leaving: false,
            evicted: false,
            view: Some(self.view),
        };
        nodes.insert(self.me, me);
        for uuid in self.evicted.keys() {
            nodes.entry(*uuid).or_insert(JoinNode {
                operational: false,
                suspected: false,
                leaving: false,
                evicted: true,
                view: None,
            });
        }
        JoinMessage {
            view: self.view,
            fifo: self.fifo,
            have: self.input.have(),
            safe: self.input.safe_seqs(),
            nodes,
            max_view_seq: self.view.seq + self.attempt,
        }
    }

    pub(super) fn send_join(&mut self, now: Time, out: &mut Vec<Out>) {
        self.fifo += 1;
        let join = self.my_join();
        self.last_join = Some(join.clone());
        self.last_join_sent = now;
        if self.isolated_until.is_none() {
            out.push(Out::Broadcast(EvsMessage::Join(join)));
        }
    }

    /// Makes a new JOIN if this node's view of the membership has changed since the last one, and sends it unless all
    /// agree already (`evs_proto.cpp:handle_join`). They are sent at a limited rate (`join_rate_limit`):
    /// one that may not go now is not sent before the timer repeats what was said.
    pub(super) fn join_changed(&mut self, now: Time, out: &mut Vec<Out>) {
        let mut join = self.my_join();
        if let Some(last) = &self.last_join {
            join.fifo = last.fifo;
            if join == *last {
                return;
            }
        }
        self.last_join = Some(join);
        if !self.is_consensus() && now.since(self.last_join_sent) >= JOIN_RATE_LIMIT {
            self.send_join(now, out);
        }
    }

    /// `evs_proto.cpp:handle_join`.
    pub(super) fn received_join(
        &mut self,
        source: GcommUuid,
        join: &JoinMessage,
        now: Time,
        config: &Config,
        out: &mut Vec<Out>,
    ) {
        match self.state {
            State::Closed | State::Joining => return,
            State::Leaving => {
                if join.view == self.view {
                    self.send_leave(out);
                }
                return;
            }
            State::Operational | State::Gather | State::Install => {}
        }
        let out_of_order = self.known.get(&source).is_some_and(|known| {
            let last = known.join.as_ref();
            last.is_some_and(|last| join.fifo <= last.fifo)
        });
        if out_of_order || self.is_of_previous_view(source, join.view) {
            return;
        }
        if let Some(install) = &self.install {
            let representative = install.view.uuid;
            if source == representative {
                if join.view == install.view {
                    // The representative has the new view already: so may this node.
                    let install = install.clone();
                    self.enter_view(&install, now, out);
                    if self.state != State::Operational {
                        return;
                    }
                }
            } else if self.agrees_with_install(install) {
                // An agreement is being carried out. A member that disagrees must wait.
                return;
            }
        }
        if self.state != State::Gather {
            self.shift_to_gather(now);
        }
        if self.members.contains(&source) && join.view.seq > self.view.seq {
            // It has formed another view without this node.
            self.set_inactive(&BTreeSet::from([source]));
            return;
        }
        self.take_join(source, join, now, config, out);
        self.join_changed(now, out);
        self.try_install(now, out);
    }

    /// Keeps a JOIN, and the views of which it tells.
    pub(super) fn note_join(&mut self, source: GcommUuid, join: &JoinMessage) {
        self.gathered
            .extend(join.nodes.values().filter_map(|node| node.view));
        if let Some(known) = self.known.get_mut(&source) {
            known.join = Some(join.clone());
        }
    }

    pub(super) fn take_join(
        &mut self,
        source: GcommUuid,
        join: &JoinMessage,
        now: Time,
        config: &Config,
        out: &mut Vec<Out>,
    ) {
        // From here on, unknown nodes are known, and must speak for themselves.
        // Earlier incarnations too, this node's own among them: somebody who has slept through a restart
        // still counts them, and they have to be given up by everybody alike.
        for uuid in join.nodes.keys().filter(|uuid| **uuid != self.me) {
            self.known.entry(*uuid).or_insert_with(|| Known::new(now));
        }
        // What one member has evicted is evicted by all, and by nobody itself.
        let evicted = join.nodes.iter().filter(|(_, node)| node.evicted);
        let evicted = evicted
            .map(|(uuid, _)| *uuid)
            .filter(|uuid| *uuid != self.me);
        let evicted: BTreeSet<GcommUuid> = evicted.collect();
        self.set_inactive(&evicted);
        for uuid in evicted {
            self.keep_out(uuid, now, out);
        }
        match join.nodes.get(&self.me) {
            Some(me) if me.operational => self.refresh(source, now),
            // A member that treats this node as non-operational becomes non-operational too ("mutual
            // exclusion").
            Some(_) => self.set_inactive(&BTreeSet::from([source])),
            None => {}
        }
        self.note_join(source, join);
        if join.view == self.view {
            for (uuid, node) in &join.nodes {
                if let Some(known) = self.known.get_mut(uuid)
                    && node.leaving
                    && !known.leaving
                {
                    known.leaving = true;
                    known.operational = false;
                }
            }
            self.help(join, out);
        }
        let same_view: Vec<(GcommUuid, bool, bool)> = join
            .nodes
            .iter()
            .filter(|(_, node)| node.view == Some(self.view))
            .map(|(uuid, node)| (*uuid, node.suspected, node.operational))
            .collect();
        let mut inactive = BTreeSet::new();
        for (uuid, suspected, operational) in same_view {
            let here = self.known.get(&uuid).is_some_and(|known| known.suspected);
            if (suspected && self.is_suspected_by_most(uuid)) || (!operational && here) {
                inactive.insert(uuid);
            }
        }
        self.set_inactive(&inactive);
        self.set_inactive(&self.unseen());
        if self
            .install_since
            .is_some_and(|since| now.since(since) >= config.evs_suspect_timeout)
        {
            self.set_inactive(&self.asymmetric());
        }
    }

    /// Sends messages of the common view that the sender of a JOIN lacks, whoever said them first:
    /// those who move together must have the same ones (`evs_proto.cpp:handle_join`, recovery).
    fn help(&self, join: &JoinMessage, out: &mut Vec<Out>) {
        for (source, have) in self.input.have() {
            // A JOIN of one's own view names all members of that view.
            let Some(theirs) = join.have.get(&source).copied() else {
                continue;
            };
            if have <= theirs {
                continue;
            }
            for (seq, payload) in self.input.missing_above(source, theirs) {
                let message = UserMessage {
                    view: self.view,
                    seq,
                    aru: -1,
                    payload,
                    retransmitted: true,
                };
                out.push(Out::Forward(source, EvsMessage::User(message)));
            }
        }
    }

    /// Returns the members that take part, as this node sees them.
    pub(super) fn operational_set(&self) -> BTreeSet<GcommUuid> {
        self.known
            .iter()
            .filter(|(_, known)| known.operational)
            .map(|(uuid, _)| *uuid)
            .chain([self.me])
            .collect()
    }

    pub(super) fn leaving_set(&self) -> BTreeSet<GcommUuid> {
        self.known
            .iter()
            .filter(|(_, known)| known.leaving)
            .map(|(uuid, _)| *uuid)
            .collect()
    }

    /// Returns whether a JOIN agrees with this node (`evs_consensus.cpp:is_consistent`).
    ///
    /// The same nodes take part, come from the same views and are suspected or not, as this node said in its last own
    /// JOIN (`create_join`). A suspicion that has come up since then counts with the next JOIN only. A JOIN of the
    /// present view must agree with the present state as well. Whoever has only heard of a node does not know yet from
    /// which view it comes.
    fn is_consistent(&self, join: &JoinMessage) -> bool {
        self.last_join.as_ref().is_some_and(|mine| {
            operational(join).eq(operational(mine))
                && (join.view != self.view
                    || (join.have == mine.have && self.is_consistent_in_view(join)))
        })
    }

    /// Returns whether a JOIN of the present view agrees with the present state: the same messages are here, and the
    /// same members leave or are lost (`evs_consensus.cpp:is_consistent_same_view`).
    fn is_consistent_in_view(&self, join: &JoinMessage) -> bool {
        let said = |wanted: &dyn Fn(&JoinNode) -> bool| -> BTreeSet<GcommUuid> {
            let nodes = join.nodes.iter();
            nodes
                .filter(|(_, node)| wanted(node))
                .map(|(uuid, _)| *uuid)
                .collect()
        };
        let lost = || {
            let lost = |known: &Known| !known.operational && !known.leaving;
            let members = self.members.iter();
            members
                .filter(|uuid| self.known.get(uuid).is_some_and(lost))
                .copied()
                .collect::<BTreeSet<_>>()
        };
        join.have == self.input.have()
            && said(&|node| node.leaving) == self.leaving_set()
            && said(&|node| !node.operational && !node.leaving && node.view == Some(self.view))
                == lost()
    }

    /// Returns whether everybody who takes part says the same (`evs_consensus.cpp:is_consensus`): as this
    /// node does, and those of one view as each other, since they have to leave it with the same messages.
    pub(super) fn is_consensus(&self) -> bool {
        let own = self.last_join.as_ref();
        if !own.is_some_and(|mine| self.is_consistent_in_view(mine)) {
            return false;
        }
        let mut said: BTreeMap<ViewId, &BTreeMap<GcommUuid, i64>> = BTreeMap::new();
        self.known
            .values()
            .filter(|known| known.operational)
            .all(|known| {
                known.join.as_ref().is_some_and(|join| {
                    self.is_consistent(join)
                        && *said.entry(join.view).or_insert(&join.have) == &join.have
                })
            })
    }

    pub(super) fn received_leave(
        &mut self,
        source: GcommUuid,
        leave: &LeaveMessage,
        now: Time,
        out: &mut Vec<Out>,
    ) {
        let Some(known) = self.known.get_mut(&source) else {
            return;
        };
        if leave.view != self.view {
            // It leaves another view, and will not be in the next one here.
            known.operational = false;
            return;
        }
        if known.leaving {
            return;
        }
        known.leaving = true;
        known.operational = false;
        known.heard = now;
        self.input.acknowledged(source, leave.aru);
        match self.state {
            State::Operational => {
                self.shift_to_gather(now);
                self.send_join(now, out);
            }
            State::Gather if self.operational_set().len() == 1 => self.send_join(now, out),
            State::Gather => self.join_changed(now, out),
            State::Leaving => self.close_if_alone(out),
            State::Closed | State::Joining | State::Install => {}
        }
        // The last one agrees with itself at once: recorded nodes were alone in their own view within
        // milliseconds of the other's leave.
        self.try_install(now, out);
    }

    /// Returns whether most of the current view suspect a node, by their JOINs (`check_suspects`).
    fn is_suspected_by_most(&self, uuid: GcommUuid) -> bool {
        let by_others = self
            .known
            .iter()
            .filter(|(other, _)| **other != uuid && self.members.contains(other))
            .filter_map(|(_, known)| known.join.as_ref())
            .filter(|join| join.nodes.get(&uuid).is_some_and(|node| node.suspected))
            .count();
        let own = self.last_join.as_ref();
        let by_me = own
            .and_then(|join| join.nodes.get(&uuid))
            .is_some_and(|node| node.suspected);
        let is_operational = |known: &Known| known.operational;
        self.known.get(&uuid).is_some_and(is_operational)
            && by_others + usize::from(by_me) > self.members.len() / 2
    }

    /// Nodes of other views that have not said anything here, and on which none of those who know
    /// them counts (`check_unseen`).
    fn unseen(&self) -> BTreeSet<GcommUuid> {
        let joins = || self.known.values().filter_map(|known| known.join.as_ref());
        let all_here = joins().all(|join| {
            join.nodes.iter().all(|(uuid, node)| {
                let known = self.known.get(uuid);
                *uuid == self.me
                    || known.is_some_and(|known| !node.operational || known.join.is_some())
            })
        });
        if !all_here {
            return BTreeSet::new();
        }
        self.known
            .iter()
            .filter(|(uuid, known)| {
                known.operational && known.join.is_none() && !self.members.contains(uuid)
            })
            .filter(|(uuid, _)| {
                let mut told = joins()
                    .filter_map(|join| join.nodes.get(uuid))
                    .filter(|node| node.view.is_some())
                    .peekable();
                told.peek().is_some() && told.all(|node| !node.operational)
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

    /// No view in `evs.install_timeout` (`evs_proto.cpp:handle_install_timer`): at first the node drops those who do
    /// not agree and those who did not commit, then everybody and keeps to itself for a while, then it gives up.
    pub(super) fn check_install_timer(&mut self, now: Time, config: &Config, out: &mut Vec<Out>) {
        if !matches!(self.state, State::Gather | State::Install)
            || self
                .install_since
                .is_none_or(|since| now.since(since) < config.evs_install_timeout)
        {
            return;
        }
        self.install_since = Some(now);
        if self.install_timeouts > config.evs_max_install_timeouts {
            self.abort();
            out.push(Out::GaveUp);
            return;
        }
        let everybody = self.install_timeouts == config.evs_max_install_timeouts;
        // One after the other: the loss of a member changes whether the next one agrees.
        for uuid in self.known.keys().copied().collect::<Vec<_>>() {
            let join = self.known.get(&uuid).and_then(|known| known.join.as_ref());
            if everybody || !join.is_some_and(|join| self.is_consistent(join)) {
                self.set_inactive(&BTreeSet::from([uuid]));
            }
        }
        if let Some(install) = &self.install {
            let committed = |known: &Known| known.committed == Some(install.view);
            let late = self.known.iter().filter(|(_, known)| !committed(known));
            let late = late.map(|(uuid, _)| *uuid).collect();
            self.set_inactive(&late);
        }
        if everybody {
            self.isolated_until =
                Some(now + config.evs_suspect_timeout + config.evs_inactive_timeout);
        }
        self.shift_to_gather(now);
        self.send_join(now, out);
        self.try_install(now, out);
        self.install_timeouts += 1;
    }
}

/// Returns the members that take part, as the sender of a JOIN sees them, and their views.
fn operational(join: &JoinMessage) -> impl Iterator<Item = (GcommUuid, bool, Option<ViewId>)> + '_ {
    join.nodes
        .iter()
        .filter(|(_, node)| node.operational)
        .map(|(uuid, node)| (*uuid, node.suspected, node.view))
}
