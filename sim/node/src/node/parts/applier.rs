//! The applier: the actions to apply, in order, and what delays it.

use std::collections::VecDeque;

use seatrial_galera::Seqno;

use crate::database::WriteSet;
use crate::effect::{Effect, Effects, TimerId};
use crate::frame::GcsNodeState;
use crate::gcs::Conf;
use crate::time::Time;

use super::votes::{Vote, Votes};

/// Something that the group has ordered and the applier applies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// A configuration.
    Conf(Conf),
    /// A transaction.
    WriteSet(Seqno, WriteSet),
    /// This node's state has changed in the total order.
    State(GcsNodeState),
    /// Somebody could not apply this position: how did this node fare?
    VoteRequest(Seqno),
}

/// The holder of the applier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Hold {
    /// It is free.
    Free,
    /// The snapshot that this node gives.
    Snapshot,
    /// A global read lock, with or without a snapshot beside it.
    Lock,
}

/// The applier of a node.
///
/// It owns the queue of what the group has ordered, the last configuration, and what this node has told
/// the group of its state. The flows `apply`, `vote`, `serve` and those of a state transfer call it. It
/// never touches the database.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Applier {
    queue: VecDeque<Action>,
    /// The first action takes a moment, which a timer measures.
    armed: bool,
    hold: Hold,
    /// `wsrep_desync` is on.
    desynced: bool,
    /// The last configuration that was processed.
    conf: Option<Conf>,
    /// The group counts this node as synced.
    synced: bool,
    /// This node has said that it is synced.
    sync_sent: bool,
    votes: Votes,
    /// The next rollback fails.
    fails_rollback: bool,
    /// A transaction could be neither applied nor rolled back: its thread has gone, and its place in the commit order is
    /// never left.
    stuck: bool,
    /// This node has asked the others to stop sending (`gcs.cpp:gcs_fc_stop_begin`).
    stop_sent: bool,
}

impl Applier {
    /// Returns an applier with nothing to do.
    pub(crate) const fn new() -> Self {
        Self {
            queue: VecDeque::new(),
            armed: false,
            hold: Hold::Free,
            desynced: false,
            conf: None,
            synced: false,
            sync_sent: false,
            votes: Votes::none(),
            fails_rollback: false,
            stuck: false,
            stop_sent: false,
        }
    }

    /// The next rollback fails.
    pub(crate) const fn fail_next_rollback(&mut self) {
        self.fails_rollback = true;
    }

    /// A transaction cannot be applied, and is rolled back. Returns whether that fails: then nothing is applied any more.
    pub(crate) const fn fails_rollback(&mut self) -> bool {
        self.stuck |= self.fails_rollback;
        self.stuck
    }

    /// Returns whether the applier has ended in the middle of a transaction.
    pub(crate) const fn is_stuck(&self) -> bool {
        self.stuck
    }

    /// Returns the word that flow control has for the group, if it has changed: more waits here than `limit`, or no more
    /// than that.
    pub(crate) fn flow_changed(&mut self, limit: usize) -> Option<bool> {
        let stop = self.queue.len() > limit;
        let changed = stop != self.stop_sent;
        self.stop_sent = stop;
        changed.then_some(stop)
    }

    /// A new configuration begins without flow control.
    pub(crate) const fn forget_flow(&mut self) {
        self.stop_sent = false;
    }

    /// Adds an action to the queue.
    pub(crate) fn push(&mut self, action: Action) {
        self.queue.push_back(action);
    }

    /// Returns the next action.
    pub(crate) fn next(&self) -> Option<&Action> {
        self.queue.front()
    }

    /// Takes the next action out of the queue.
    pub(crate) fn take_next(&mut self) -> Option<Action> {
        self.queue.pop_front()
    }

    /// Returns the number of actions that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Returns whether nothing waits but this node's own changes of state.
    pub(crate) fn waits_for_states(&self) -> bool {
        let is_state = |action: &Action| matches!(action, Action::State(_));
        self.queue.iter().all(is_state)
    }

    /// Drops everything that waits.
    pub(crate) fn clear(&mut self) {
        self.queue.clear();
    }

    /// Drops the transactions that wait: a mistake that tests plant.
    pub(crate) fn drop_write_sets(&mut self) {
        self.queue
            .retain(|action| !matches!(action, Action::WriteSet(..)));
    }

    /// Returns whether the next action may be applied now.
    pub(crate) const fn is_free(&self) -> bool {
        matches!(self.hold, Hold::Free) && !self.armed && !self.votes.is_open() && !self.stuck
    }

    /// The first action takes until `at`.
    pub(crate) fn arm(&mut self, at: Time, fx: &mut Effects) {
        self.armed = true;
        fx.push(Effect::SetTimer(TimerId::Apply, at));
    }

    /// Returns whether the first action takes a moment.
    pub(crate) const fn is_armed(&self) -> bool {
        self.armed
    }

    /// The moment for the first action has passed.
    pub(crate) const fn disarm(&mut self) {
        self.armed = false;
    }

    /// Returns whether a snapshot or a read lock holds the applier.
    pub(crate) const fn is_paused(&self) -> bool {
        !matches!(self.hold, Hold::Free)
    }

    /// Returns whether `wsrep_desync` is on.
    pub(crate) const fn is_desynced(&self) -> bool {
        self.desynced
    }

    /// `wsrep_desync` is on, or off.
    pub(crate) const fn set_desynced(&mut self, on: bool) {
        self.desynced = on;
    }

    /// Returns whether a read lock holds the applier.
    pub(crate) const fn is_locked(&self) -> bool {
        matches!(self.hold, Hold::Lock)
    }

    /// The snapshot holds the applier; a read lock goes on holding it.
    pub(crate) const fn pause(&mut self) {
        if !self.is_locked() {
            self.hold = Hold::Snapshot;
        }
    }

    /// A read lock holds the applier.
    pub(crate) const fn lock(&mut self) {
        self.hold = Hold::Lock;
    }

    /// The read lock is gone; the snapshot holds the applier until it is let go.
    pub(crate) const fn unlock(&mut self) {
        self.hold = Hold::Snapshot;
    }

    /// Lets the applier go on, unless a read lock holds it. Returns whether it goes on.
    pub(crate) const fn resume(&mut self) -> bool {
        if self.is_locked() {
            return false;
        }
        self.hold = Hold::Free;
        true
    }

    /// The node has left its group: what that has said counts no longer.
    pub(crate) fn forget_group(&mut self) {
        self.conf = None;
        self.armed = false;
        self.synced = false;
        self.sync_sent = false;
        self.votes = Votes::none();
    }

    /// Returns the last configuration that was processed.
    pub(crate) const fn conf(&self) -> Option<&Conf> {
        self.conf.as_ref()
    }

    /// Returns whether that one is a working configuration.
    pub(crate) fn is_primary(&self) -> bool {
        self.conf.as_ref().is_some_and(|conf| conf.primary)
    }

    /// The last configuration is this one from here on.
    pub(crate) fn enter(&mut self, conf: Conf) {
        self.conf = Some(conf);
    }

    /// Returns whether the group counts this node as synced.
    pub(crate) const fn is_synced(&self) -> bool {
        self.synced
    }

    /// The group counts this node as synced, or no longer does.
    pub(crate) const fn set_synced(&mut self, synced: bool) {
        self.synced = synced;
    }

    /// Returns whether this node has said that it is synced.
    pub(crate) const fn has_sent_sync(&self) -> bool {
        self.sync_sent
    }

    /// This node has said that it is synced, or has to say it again.
    pub(crate) const fn set_sync_sent(&mut self, sent: bool) {
        self.sync_sent = sent;
    }

    /// Opens a vote: the applier waits for the group's decision.
    pub(crate) fn open_vote(&mut self, vote: Vote) {
        self.votes.open(vote);
    }

    /// Returns whether the group has decided on a position with this node.
    pub(crate) fn has_decided(&self, seqno: Seqno) -> bool {
        self.votes.is_decided(seqno)
    }

    /// The group has decided on a position: gives back this node's vote on it, if it has one.
    pub(crate) fn decide_vote(&mut self, seqno: Seqno) -> Option<Vote> {
        self.votes.decide(seqno)
    }
}
