//! evs: membership by timers and agreement, views, and the way from one view to the next
//! (`gcomm/src/evs_proto.cpp`).
//!
//! Total order inside a view is in [`order`]; agreement on the next view in [`gather`].

#[cfg(test)]
mod galera;
mod gather;
mod install;
mod key;
mod order;
mod receive;
#[cfg(test)]
mod tests;
mod timers;

use std::collections::{BTreeMap, BTreeSet};

use seatrial_galera::{GcommUuid, ViewId, ViewType};

use crate::frame::{EvsMessage, GapMessage, InstallMessage, JoinMessage, LeaveMessage, PcMessage};
use crate::time::Time;

use order::InputMap;

/// The state of the protocol (`evs_proto.hpp:Proto::State`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum State {
    /// Not started, or over.
    Closed,
    /// Started, not yet noticed by anybody.
    Joining,
    /// Leaving in order.
    Leaving,
    /// Agreeing on the next view.
    Gather,
    /// Agreed, waiting until everybody has committed.
    Install,
    /// In a view.
    Operational,
}

/// A view as the layer above sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct EvsView {
    /// `TRANS` or `REG`, with the number.
    pub(crate) id: ViewId,
    /// The members.
    pub(crate) members: BTreeSet<GcommUuid>,
    /// Members of the view before that left in order.
    pub(crate) left: BTreeSet<GcommUuid>,
    /// Members of the view before that did not come along.
    pub(crate) partitioned: BTreeSet<GcommUuid>,
}

/// The requests and deliveries of the layer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Out {
    /// Send to everybody.
    Broadcast(EvsMessage),
    /// Send to everybody what another node said first.
    Forward(GcommUuid, EvsMessage),
    /// A message in order.
    Deliver(GcommUuid, PcMessage),
    /// A new view.
    View(EvsView),
    /// The layer is closed.
    Closed,
    /// A node is evicted: the other layers do not count with it either.
    Evicted(GcommUuid),
    /// A member is suspected; for the log.
    Suspecting(GcommUuid),
    /// No view could be formed in `evs.max_install_timeouts` attempts ("failed to form singleton
    /// view").
    GaveUp,
}

/// `evs.view_forget_timeout`.
const FORGET: Time = Time::from_millis(24 * 60 * 60 * 1_000);

/// The record of another node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Known {
    operational: bool,
    suspected: bool,
    /// Last progress.
    heard: Time,
    join: Option<JoinMessage>,
    leaving: bool,
    /// The view that it has committed to.
    committed: Option<ViewId>,
}

impl Known {
    const fn new(now: Time) -> Self {
        Self {
            operational: true,
            suspected: false,
            heard: now,
            join: None,
            leaving: false,
            committed: None,
        }
    }
}

/// The membership protocol.
///
/// It owns the view, what is known of every other node, and the messages of the view. The node's flow
/// `layers` calls it. It knows no primary component and no connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Evs {
    me: GcommUuid,
    state: State,
    known: BTreeMap<GcommUuid, Known>,
    view: ViewId,
    members: BTreeSet<GcommUuid>,
    /// Views that this node or those with whom it agreed have left behind: what still comes from
    /// there is old (`previous_views_`).
    previous: BTreeSet<ViewId>,
    /// Views that the nodes of the present agreement come from; old with the next view
    /// (`gather_views_`).
    gathered: BTreeSet<ViewId>,
    input: InputMap,
    last_sent: i64,
    /// Message counter of JOINs and commits.
    fifo: u64,
    /// The JOIN that was sent last, to send a new one only when it differs.
    last_join: Option<JoinMessage>,
    install: Option<InstallMessage>,
    /// Attempts at the current change.
    attempt: u32,
    /// When the install timer was last set.
    install_since: Option<Time>,
    install_timeouts: u32,
    /// Neither speaks nor listens until then: too many changes have failed.
    isolated_until: Option<Time>,
    /// The nodes that are kept out, and since when (`protolay.hpp:evict`).
    evicted: BTreeMap<GcommUuid, Time>,
    /// A closing that waits for the current change to end.
    leave_pending: bool,
    /// When the timers were last set that look for silent nodes and that repeat what was said. They run
    /// by themselves: what is said or heard meanwhile does not move them (`evs_proto.cpp:reset_timer`).
    check_since: Time,
    retrans_since: Time,
    /// When silent nodes were last looked for.
    last_check: Time,
    /// When the last JOIN was sent, to send them at a limited rate.
    last_join_sent: Time,
}

impl Evs {
    /// Returns a closed protocol. `restored_seq` is the number of the view in gvwstate.dat: view numbers are
    /// never used again (`evs_proto.cpp:Proto`, constructor).
    pub(crate) fn new(me: GcommUuid, restored_seq: Option<u32>) -> Self {
        let seq = restored_seq.map_or(0, |seq| seq + 1);
        let view = ViewId::new(ViewType::Reg, me, seq);
        let members = BTreeSet::from([me]);
        Self {
            me,
            state: State::Closed,
            known: BTreeMap::new(),
            view,
            input: InputMap::new(&members),
            members,
            previous: BTreeSet::new(),
            gathered: BTreeSet::new(),
            last_sent: -1,
            fifo: 0,
            last_join: None,
            install: None,
            attempt: 0,
            install_since: None,
            install_timeouts: 0,
            isolated_until: None,
            evicted: BTreeMap::new(),
            leave_pending: false,
            check_since: Time::ZERO,
            retrans_since: Time::ZERO,
            last_check: Time::ZERO,
            last_join_sent: Time::ZERO,
        }
    }

    pub(crate) const fn state(&self) -> State {
        self.state
    }

    /// Returns the number of nodes that are known, this one included (`known_size` in `pc.cpp:connect`).
    pub(crate) fn known_size(&self) -> usize {
        self.known.len() + 1
    }

    pub(crate) const fn members(&self) -> &BTreeSet<GcommUuid> {
        &self.members
    }

    pub(crate) const fn view_id(&self) -> ViewId {
        self.view
    }

    /// Starts the protocol: the node announces itself and is not a member of anything.
    pub(crate) fn join(&mut self, now: Time, out: &mut Vec<Out>) {
        self.state = State::Joining;
        self.last_check = now;
        self.set_timers(now);
        self.send_join(now, out);
    }

    /// Repeats its announcement until a member has answered (`pc.cpp:connect`).
    pub(crate) fn announce(&mut self, now: Time, out: &mut Vec<Out>) {
        if self.state == State::Joining {
            self.send_join(now, out);
        }
    }

    /// The node takes part in the membership from here on.
    pub(crate) fn start_gathering(&mut self, now: Time, out: &mut Vec<Out>) {
        if self.state == State::Joining {
            self.shift_to_gather(now);
            self.send_join(now, out);
            self.try_install(now, out);
        }
    }

    /// Leaves in order (`evs_proto.cpp:close`).
    pub(crate) fn close(&mut self, now: Time, out: &mut Vec<Out>) {
        match self.state {
            State::Closed | State::Leaving => {}
            State::Gather | State::Install => self.leave_pending = true,
            State::Joining => self.shift_to_closed(out),
            State::Operational => self.leave(now, out),
        }
    }

    /// Evicts a node for good, or lets all back in (`evs_proto.cpp:set_param`). A member is removed by a new view, of
    /// whose agreement the evicted nodes are a part, so that all others evict it as well.
    pub(crate) fn evict(&mut self, node: Option<GcommUuid>, now: Time, out: &mut Vec<Out>) {
        let Some(node) = node else {
            self.evicted.clear();
            return;
        };
        self.keep_out(node, now, out);
        if self.state == State::Operational && self.members.contains(&node) {
            self.shift_to_gather(now);
            self.set_inactive(&BTreeSet::from([node]));
            self.send_join(now, out);
            self.try_install(now, out);
        }
    }

    /// Notes that a node is evicted.
    fn keep_out(&mut self, node: GcommUuid, now: Time, out: &mut Vec<Out>) {
        if self.evicted.insert(node, now).is_none() {
            out.push(Out::Evicted(node));
        }
    }

    /// Forgets evictions after a day (`evs_proto.cpp:cleanup_evicted`, `evs.view_forget_timeout`).
    fn forget_evicted(&mut self, now: Time) {
        self.evicted.retain(|_, since| now.since(*since) < FORGET);
    }

    /// Ends at once, without a word.
    pub(crate) fn abort(&mut self) {
        self.state = State::Closed;
    }

    fn leave(&mut self, now: Time, out: &mut Vec<Out>) {
        self.leave_pending = false;
        self.state = State::Leaving;
        self.set_timers(now);
        self.send_leave(out);
        self.close_if_alone(out);
    }

    fn send_leave(&self, out: &mut Vec<Out>) {
        out.push(Out::Broadcast(EvsMessage::Leave(LeaveMessage {
            view: self.view,
            last_sent: self.last_sent,
            aru: self.input.aru(),
        })));
    }

    fn shift_to_closed(&mut self, out: &mut Vec<Out>) {
        self.state = State::Closed;
        out.push(Out::Closed);
    }

    /// A leaving node is done when no member is left that could note its leave
    /// (`evs_proto.cpp:handle_leave`).
    fn close_if_alone(&mut self, out: &mut Vec<Out>) {
        let others = self
            .members
            .iter()
            .filter_map(|uuid| self.known.get(uuid))
            .any(|known| known.operational && !known.leaving);
        if self.state == State::Leaving && !others {
            self.shift_to_closed(out);
        }
    }

    /// Puts a message into the total order. Between two views that cannot be done (`EAGAIN`): the
    /// layer above keeps the message and tries again.
    pub(crate) fn send(&mut self, payload: PcMessage, now: Time, out: &mut Vec<Out>) -> bool {
        if self.state != State::Operational {
            return false;
        }
        self.send_user(Some(payload), now, out);
        self.deliver_safe(now, out);
        true
    }

    fn send_user(&mut self, payload: Option<PcMessage>, now: Time, out: &mut Vec<Out>) {
        self.last_sent += 1;
        let seq = self.last_sent;
        self.input.insert(self.me, seq, payload.clone());
        self.input.note_sent(seq, now);
        self.input.acknowledged(self.me, self.input.aru());
        out.push(Out::Broadcast(EvsMessage::User(
            self.input.user_message(self.view, seq, payload),
        )));
    }

    fn send_gap(&self, out: &mut Vec<Out>) {
        out.push(Out::Broadcast(EvsMessage::Gap(GapMessage {
            view: self.view,
            last_sent: self.last_sent,
            aru: self.input.aru(),
            have: self.input.have(),
            commit: None,
        })));
    }

    /// Delivers whatever everybody has.
    fn deliver_safe(&mut self, now: Time, out: &mut Vec<Out>) {
        self.input.acknowledged(self.me, self.input.aru());
        while self.state == State::Operational && self.last_sent < self.input.highest() {
            self.send_user(None, now, out);
        }
        while let Some((source, payload)) = self.input.pop_safe() {
            if let Some(payload) = payload {
                out.push(Out::Deliver(source, payload));
            }
        }
    }

    /// A silent node does not count any more, and what it said about the next view is void
    /// (`evs_proto.cpp:set_inactive`).
    fn set_inactive(&mut self, inactive: &BTreeSet<GcommUuid>) {
        for uuid in inactive {
            if let Some(known) = self.known.get_mut(uuid) {
                known.operational = false;
                known.suspected = true;
                known.heard = Time::ZERO;
                known.join = None;
            }
        }
    }
}
