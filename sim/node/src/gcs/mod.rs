//! gcs: the group's history, node states, donors (`gcs/src/gcs_group.cpp`, `gcs_state_msg.cpp`,
//! `gcs_node.cpp`).
//!
//! A primary component below is not enough: the members must also agree on a history. The members of a
//! working configuration decide. If there is none, those who were in one decide; if there are none either,
//! a member that was told to bootstrap decides.

mod donor;
#[cfg(test)]
mod galera;
mod key;
mod out;
mod quorum;
mod vote;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use seatrial_galera::{GcommUuid, Position, Seqno, StateUuid, ViewType};

use crate::config::Config;
use crate::decide;
use crate::deliberate_fault::DeliberateFault;
use crate::detail::{Detail, LoggedMember, LoggedQuorum, channel_state};
use crate::frame::{GcsMessage, GcsNodeState, GcsState, newest_protocol};
use crate::pc::{Delivery, PcView};

pub use donor::Candidate;
pub(crate) use donor::choose;
pub(crate) use out::{Conf, Out, StateRequest};
pub use quorum::Agreement;
pub(crate) use quorum::{after_exchange, quorum};
use vote::Votes;

/// The state of the group as this member sees it (`gcs_group.hpp:gcs_group_state_t`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum GroupState {
    /// Not in a primary configuration.
    NonPrimary,
    /// The first member has not named the exchange yet.
    WaitStateUuid,
    /// Waiting for answers.
    WaitStateMessages,
    /// In a working configuration.
    Primary,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Member {
    uuid: GcommUuid,
    status: GcsNodeState,
    cached: Seqno,
    /// The donor of a joiner, the joiner of a donor.
    peer: Option<GcommUuid>,
    /// Its last vote: position and error number.
    vote: Option<(Seqno, u32)>,
    /// It has been in step with this group since it got its state: its vote counts, also while it gives its state and
    /// catches up after that (`count_last_applied`).
    counts: bool,
    /// It holds no data (`group_node_is_stateful`).
    arbitrator: bool,
    /// Its place (`gmcast.segment`).
    segment: u8,
}

/// The group as this member sees it.
///
/// It owns the history, the members and their states. The node's flow `layers` calls it. It hands up what
/// the replicator has to do, and never touches data.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Gcs {
    me: GcommUuid,
    state: GroupState,
    uuid: StateUuid,
    /// The last position received in order (`act_id_`); the replicator may be behind it.
    received: Seqno,
    /// The number of the last primary configuration in this process.
    prim_seqno: i64,
    /// This member's state in it.
    prim_state: GcsNodeState,
    /// The current exchange.
    exchange: u64,
    states: BTreeMap<GcommUuid, GcsState>,
    members: Vec<Member>,
    /// No primary component has been seen yet: a first one of this member alone begins or continues a
    /// history. Members get their names in the exchange of states, and it is by the missing name that
    /// Galera tells (`gcs_group.cpp:gcs_group_handle_comp_msg`).
    first: bool,
    bootstrap: bool,
    /// The actions that wait for a working configuration.
    queue: VecDeque<GcsMessage>,
    /// A source of names for exchanges and new histories, from the process's entropy.
    entropy: u128,
    exchanges: u64,
    votes: Votes,
    /// The members that have more to apply than they may: while there are any, nobody sends a transaction
    /// (`gcs.cpp:gcs_handle_flow_control`).
    stops: u32,
    /// Transactions that wait for them (`gcs_sm.hpp:gcs_sm_pause`).
    stopped: VecDeque<GcsMessage>,
    /// This member's own `gcs.vote_policy`.
    vote_policy: u8,
    /// The group's position with which the present configuration began (`quorum.act_id`).
    begun_at: Seqno,
    /// The end of a transfer that the group has not taken note of yet (`need_to_join`, `join_gtid`).
    join_due: Option<Option<Seqno>>,
    /// This member holds no data.
    arbitrator: bool,
    /// This member's own place.
    segment: u8,
    /// The newest version of the replication protocol that a primary configuration of this process has had.
    prim_protocol: u8,
    fault: Option<DeliberateFault>,
}

impl Gcs {
    /// Returns a member that is in no component. Its history and position are `start`.
    pub(crate) const fn new(
        me: GcommUuid,
        start: Position,
        entropy: u128,
        config: &Config,
    ) -> Self {
        Self {
            me,
            state: GroupState::NonPrimary,
            uuid: start.uuid,
            received: start.seqno,
            prim_seqno: -1,
            prim_state: GcsNodeState::NonPrim,
            exchange: 0,
            states: BTreeMap::new(),
            members: Vec::new(),
            first: true,
            bootstrap: false,
            queue: VecDeque::new(),
            entropy,
            exchanges: 0,
            votes: Votes::new(config.gcs_vote_policy),
            stops: 0,
            stopped: VecDeque::new(),
            vote_policy: config.gcs_vote_policy,
            begun_at: Seqno::UNDEFINED,
            join_due: None,
            arbitrator: config.arbitrator,
            segment: config.gmcast_segment,
            prim_protocol: 0,
            fault: config.deliberate_fault,
        }
    }

    /// Returns whether a test has planted this mistake.
    fn has(&self, fault: DeliberateFault) -> bool {
        self.fault == Some(fault)
    }

    fn my_index(&self) -> Option<usize> {
        let is_me = |member: &Member| member.uuid == self.me;
        self.members.iter().position(is_me)
    }

    /// This member's state in the group.
    pub(crate) fn my_status(&self) -> GcsNodeState {
        self.my_index()
            .map_or(GcsNodeState::NonPrim, |index| self.members[index].status)
    }

    /// Sends now, or when a working configuration is there.
    pub(crate) fn send(&mut self, message: GcsMessage, out: &mut Vec<Out>) {
        if let GcsMessage::Join { seqno } = &message {
            self.join_due = Some(*seqno);
        }
        if self.stops > 0 && matches!(message, GcsMessage::WriteSet(_)) {
            self.stopped.push_back(message);
        } else if self.state == GroupState::Primary && self.queue.is_empty() {
            out.push(Out::Send(message));
        } else {
            self.queue.push_back(message);
        }
    }

    /// The layer below could not take the message (`EAGAIN`): it is kept.
    pub(crate) fn keep(&mut self, message: GcsMessage) {
        self.queue.push_front(message);
    }

    /// Sends what was kept.
    pub(crate) fn flush(&mut self, out: &mut Vec<Out>) {
        if self.state == GroupState::Primary {
            out.extend(self.queue.drain(..).map(Out::Send));
        }
    }

    /// A new component (`gcs_group_handle_comp_msg`).
    pub(crate) fn component(&mut self, view: &PcView, out: &mut Vec<Out>) {
        let primary = view.id.kind == ViewType::Prim;
        // Flow control begins anew with each configuration (`gcs.cpp:gcs_handle_act_conf`).
        self.stops = 0;
        self.queue.append(&mut self.stopped);
        let old: Vec<Member> = std::mem::take(&mut self.members);
        self.members = view
            .members
            .iter()
            .map(|uuid| {
                old.iter()
                    .find(|member| member.uuid == *uuid)
                    .cloned()
                    .unwrap_or(Member {
                        uuid: *uuid,
                        status: GcsNodeState::NonPrim,
                        cached: Seqno::UNDEFINED,
                        peer: None,
                        vote: None,
                        counts: false,
                        arbitrator: false,
                        segment: 0,
                    })
            })
            .collect();
        self.states.clear();
        // The view that breaks off an exchange of states has no such flag any more, and takes this node's too
        // (`gcs_group_handle_comp_msg`, `my_bootstrap`).
        if self.state != GroupState::Primary {
            self.bootstrap = view.bootstrap;
        }
        if !primary {
            self.go_non_primary(out);
            return;
        }
        let is_first = self.first && self.members.len() == 1 && old.len() <= 1;
        if self.state == GroupState::NonPrimary && is_first {
            self.begin_history(out);
        }
        self.first = false;
        self.state = GroupState::WaitStateUuid;
        if self.members.first().map(|member| member.uuid) == Some(self.me) {
            self.exchanges += 1;
            let low = self.entropy & u128::from(u64::MAX);
            let name = u64::try_from(low).unwrap_or(0) ^ (self.exchanges << 48);
            out.push(Out::Told(Detail::ExchangeNamed(name)));
            out.push(Out::Send(GcsMessage::StateUuid(name)));
        } else {
            out.push(Out::Told(Detail::ExchangeAwaited));
        }
    }

    /// A lone node that was told to bootstrap: its history goes on, or a new one begins.
    fn begin_history(&mut self, out: &mut Vec<Out>) {
        if self.received.is_undefined() {
            self.received = Seqno(0);
            self.uuid = StateUuid(self.entropy);
            out.push(Out::NewGroup(self.uuid));
        }
        self.prim_seqno = 0;
        self.prim_state = GcsNodeState::Joined;
        self.members[0].status = GcsNodeState::Joined;
    }

    fn go_non_primary(&mut self, out: &mut Vec<Out>) {
        self.state = GroupState::NonPrimary;
        let refused = self.queue.drain(..).filter_map(|message| match message {
            GcsMessage::WriteSet(write_set) => Some(Out::NotOrdered(write_set)),
            GcsMessage::Causal { number } => Some(Out::Causal(number, None)),
            _ => None,
        });
        out.extend(refused);
        let before = self.my_status();
        for member in &mut self.members {
            member.status = GcsNodeState::NonPrim;
        }
        self.tell_shift(before, out);
        let members = u32::try_from(self.members.len()).unwrap_or(u32::MAX);
        out.push(Out::Conf(Conf {
            primary: false,
            number: -1,
            uuid: self.uuid,
            seqno: self.received,
            members,
            who: self.members.iter().map(|member| member.uuid).collect(),
            my_state: GcsNodeState::NonPrim,
        }));
    }

    /// Takes a message in the total order. `cached` is the lowest position in the write-set cache, which
    /// an exchange of states tells the others.
    pub(crate) fn message(&mut self, delivery: Delivery, cached: Seqno, out: &mut Vec<Out>) {
        let Delivery {
            source,
            message,
            ordered,
        } = delivery;
        match message {
            GcsMessage::StateUuid(name) => {
                if self.state == GroupState::WaitStateUuid && ordered {
                    self.exchange = name;
                    self.state = GroupState::WaitStateMessages;
                    let state = self.state_message(cached);
                    out.push(Out::Told(Detail::StateSent(name)));
                    out.push(Out::Send(GcsMessage::State(state)));
                }
            }
            GcsMessage::State(state) => {
                if self.state == GroupState::WaitStateMessages && state.exchange == self.exchange {
                    self.states.insert(source, state);
                    let member = self.logged(source);
                    out.push(Out::Told(Detail::StateGot(self.exchange, member)));
                    if self.states.len() == self.members.len() {
                        self.end_exchange(out);
                    }
                }
            }
            GcsMessage::WriteSet(write_set) => {
                let counts = ordered && self.state == GroupState::Primary;
                if counts || self.has(DeliberateFault::UnorderedCounts) {
                    self.received = self.received.next();
                    out.push(Out::WriteSet(self.received, write_set));
                } else if source == self.me {
                    out.push(Out::NotOrdered(write_set));
                }
            }
            GcsMessage::StateRequest {
                have,
                snapshot_possible,
                trivial,
                wanted,
            } => {
                if ordered && self.state == GroupState::Primary {
                    let request = StateRequest {
                        have,
                        snapshot_possible,
                        trivial,
                        wanted,
                    };
                    self.state_request(source, request, out);
                }
            }
            GcsMessage::Join { seqno } => {
                if ordered {
                    self.join_message(source, seqno, out);
                }
            }
            GcsMessage::Vote { seqno, code } => {
                if ordered && self.state == GroupState::Primary {
                    self.vote_message(source, seqno, code, out);
                }
            }
            GcsMessage::Causal { number } => {
                if source == self.me {
                    let counts = ordered && self.state == GroupState::Primary;
                    out.push(Out::Causal(number, counts.then_some(self.received)));
                }
            }
            GcsMessage::Flow { stop } => {
                if ordered && self.state == GroupState::Primary {
                    self.flow(stop, out);
                }
            }
            GcsMessage::Sync => {
                if self.status_of(source) == Some(GcsNodeState::Joined) {
                    out.push(Out::Told(Detail::MemberSynced(self.logged(source))));
                    self.set_status(source, GcsNodeState::Synced, out);
                }
            }
            GcsMessage::Desync => {
                if self.status_of(source) == Some(GcsNodeState::Synced) {
                    let member = self.logged(source);
                    out.push(Out::Told(Detail::MemberDesynced(member, true)));
                    self.set_status(source, GcsNodeState::Donor, out);
                }
            }
        }
    }

    /// A member has more to apply than it may, or no longer (`gcs.cpp:gcs_handle_flow_control`).
    fn flow(&mut self, stop: bool, out: &mut Vec<Out>) {
        self.stops = if stop {
            self.stops + 1
        } else {
            self.stops.saturating_sub(1)
        };
        if self.stops == 0 {
            out.extend(self.stopped.drain(..).map(Out::Send));
        }
    }

    /// Returns how much may wait at a member before it asks the others to stop: `gcs.fc_limit`, 16, times the root of
    /// the number of members (`gcs.cpp:_set_fc_limits`).
    pub(crate) fn flow_limit(&self) -> usize {
        let square = 16 * 16 * self.members.len();
        let root = square.isqrt();
        root + usize::from((2 * root + 1).pow(2) <= 4 * square)
    }

    /// Returns whether the group waits for a member that has too much to apply.
    pub(crate) const fn is_stopped(&self) -> bool {
        self.stops > 0
    }

    fn state_message(&self, cached: Seqno) -> GcsState {
        GcsState {
            exchange: self.exchange,
            group_uuid: self.uuid,
            received: self.received,
            prim_seqno: self.prim_seqno,
            prim_state: self.prim_state,
            current_state: self.my_status(),
            cached,
            bootstrap: self.bootstrap,
            vote: self.my_index().and_then(|index| self.members[index].vote),
            counts: self
                .my_index()
                .is_some_and(|index| self.members[index].counts),
            arbitrator: self.arbitrator,
            prim_protocol: self.prim_protocol,
            vote_policy: self.vote_policy,
            segment: self.segment,
        }
    }

    /// Everybody has answered (`gcs_group.cpp:group_post_state_exchange`).
    fn end_exchange(&mut self, out: &mut Vec<Out>) {
        self.bootstrap = false;
        let states: Vec<&GcsState> = self.states.values().collect();
        let Some(quorum) = quorum(&states, self.fault) else {
            out.push(Out::Told(Detail::NoCompleteState));
            out.push(Out::NoHistory);
            out.push(Out::Told(Detail::Quorum(Box::new(LoggedQuorum {
                primary: false,
                conf_id: -1,
                joined: 0,
                members: self.members.len(),
                act_id: Seqno::UNDEFINED,
                vote_policy: self.votes.policy(),
                history: StateUuid::NIL,
                protocol: self.prim_protocol,
            }))));
            self.go_non_primary(out);
            return;
        };
        let accepted = self.has(DeliberateFault::HigherSeqnoAccepted);
        let own = Position::new(self.uuid, self.received);
        if decide::reverses(own, &quorum) && !accepted {
            // The others count this member in and give it a position; it leaves in order afterwards.
            out.push(Out::Reversing {
                mine: self.received,
                group: quorum.received,
            });
            return;
        }
        // A component of its own that begins counts itself in before it has told anybody.
        let was_open = self.my_status() == GcsNodeState::NonPrim || quorum.prim_seqno == 0;
        let before = self.my_status();
        for member in &mut self.members {
            let Some(state) = self.states.get(&member.uuid) else {
                continue;
            };
            member.cached = state.cached;
            member.arbitrator = state.arbitrator;
            member.segment = state.segment;
            member.status = after_exchange(state, &quorum, self.fault);
            (member.counts, member.vote) = vote::after_exchange(member.status, state);
            if !matches!(member.status, GcsNodeState::Joiner | GcsNodeState::Donor) {
                member.peer = None;
            }
        }
        self.state = GroupState::Primary;
        self.uuid = quorum.uuid;
        self.begun_at = quorum.received;
        self.votes.agree(quorum.vote_policy);
        self.received = quorum.received.next();
        self.prim_seqno = quorum.prim_seqno + 1;
        self.prim_state = self.my_status();
        self.prim_protocol = self.prim_protocol.max(quorum.protocol);
        self.tell_quorum(&quorum, out);
        if quorum.protocol > newest_protocol(self.arbitrator) {
            // The others count this member in.
            out.push(Out::ProtocolTooNew {
                group: quorum.protocol,
            });
            return;
        }
        let status = self.my_status();
        if !was_open {
            self.tell_shift(before, out);
        } else if status == GcsNodeState::Prim {
            self.tell_shift(GcsNodeState::NonPrim, out);
        } else {
            let state = channel_state(status);
            out.push(Out::Told(Detail::Restored(state, self.received)));
        }
        out.push(Out::Conf(Conf {
            primary: true,
            number: self.prim_seqno,
            uuid: self.uuid,
            seqno: self.received,
            members: u32::try_from(self.members.len()).unwrap_or(u32::MAX),
            who: self.members.iter().map(|member| member.uuid).collect(),
            my_state: self.my_status(),
        }));
        self.check_donor(out);
        self.votes_after_a_change(out);
        self.join_again(out);
        self.flush(out);
    }

    fn tell_quorum(&self, quorum: &Agreement, out: &mut Vec<Out>) {
        let has_state = |member: &&Member| {
            use GcsNodeState::{Donor, Joined, Synced};
            matches!(member.status, Joined | Synced | Donor)
        };
        out.push(Out::Told(Detail::Quorum(Box::new(LoggedQuorum {
            primary: true,
            conf_id: quorum.prim_seqno,
            joined: self.members.iter().filter(has_state).count(),
            members: self.members.len(),
            act_id: quorum.received,
            vote_policy: self.votes.policy(),
            history: quorum.uuid,
            protocol: quorum.protocol,
        }))));
    }

    /// This member as the log names it; index -1 for one that is gone.
    fn logged(&self, uuid: GcommUuid) -> LoggedMember {
        let index = self.members.iter().position(|member| member.uuid == uuid);
        LoggedMember {
            index: index.and_then(|i| i32::try_from(i).ok()).unwrap_or(-1),
            uuid,
            place: None,
        }
    }

    /// Tells the log if this member's state is another one than before.
    fn tell_shift(&self, before: GcsNodeState, out: &mut Vec<Out>) {
        let (from, to) = (channel_state(before), channel_state(self.my_status()));
        if from != to {
            out.push(Out::Told(Detail::Shift(from, to, self.received)));
        }
    }

    /// The last position received in order.
    pub(crate) const fn received(&self) -> Seqno {
        self.received
    }

    fn status_of(&self, uuid: GcommUuid) -> Option<GcsNodeState> {
        let member = self.members.iter().find(|member| member.uuid == uuid);
        member.map(|member| member.status)
    }

    fn set_status(&mut self, uuid: GcommUuid, status: GcsNodeState, out: &mut Vec<Out>) {
        let before = self.my_status();
        self.set_status_untold(uuid, status, |_| {});
        self.tell_shift(before, out);
        if uuid == self.me {
            out.push(Out::StateChanged(status));
        }
    }

    /// The same, where the log has its line later: the choice of a donor comes first. `then` is told of this member's
    /// own change.
    fn set_status_untold(&mut self, uuid: GcommUuid, status: GcsNodeState, then: impl FnOnce(Out)) {
        if let Some(member) = self.members.iter_mut().find(|member| member.uuid == uuid) {
            member.status = status;
            member.counts |= status == GcsNodeState::Synced;
        }
        if uuid == self.me {
            self.prim_state = status;
            then(Out::StateChanged(status));
        }
    }

    /// Returns the members of the configuration, for `wsrep_cluster_size` and the log.
    pub(crate) fn member_ids(&self) -> BTreeSet<GcommUuid> {
        self.members.iter().map(|member| member.uuid).collect()
    }
}
