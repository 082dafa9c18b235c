//! The sessions of clients and of the operator, and what they wait for.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::effect::{Effect, Effects, Reply, RequestId, Statement, TimerId};
use crate::peer::Peer;
use crate::time::Time;

use super::sessions::Sessions;

/// `Lock wait timeout exceeded`.
const LOCK_WAIT_TIMEOUT: u16 = 1205;

/// The clients of a server.
///
/// It owns the requests that have no answer yet. The flows that serve, apply, vote, change the configuration
/// and end the process call it. It never sends anything to the group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Clients {
    /// Their own transactions that have not come back yet, by number.
    pending: BTreeMap<u64, RequestId>,
    /// Schema changes that got no position, with the instants of their answers, in order.
    refused: VecDeque<(Time, RequestId)>,
    /// Statements that wait for the applier to go on.
    held: Vec<(RequestId, Statement)>,
    /// Transactions of sessions that want no notes (`sql_notes = 0`).
    quiet: BTreeSet<u64>,
    last_number: u64,
    /// Those who have asked for another weight and wait for its delivery.
    weight_asked: Vec<RequestId>,
    /// Somebody has given the server another address of a cluster, and waits until it has left the last one.
    address_asked: Option<(RequestId, Vec<Peer>)>,
    /// A session will not let the next orderly stop end.
    stays: bool,
    sessions: Sessions,
}

impl Clients {
    /// Returns the transactions that clients have open.
    pub(crate) const fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// Returns the transactions that clients have open, to change them.
    pub(crate) const fn sessions_mut(&mut self) -> &mut Sessions {
        &mut self.sessions
    }

    /// Returns a number for a transaction, unique in this process.
    pub(crate) const fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// A client waits for its transaction.
    pub(crate) fn wait_for(&mut self, number: u64, request: RequestId) {
        self.pending.insert(number, request);
    }

    /// The session of this transaction wants no notes.
    pub(crate) fn keep_quiet(&mut self, number: u64) {
        self.quiet.insert(number);
    }

    /// Returns whether the session of this transaction wants no notes.
    pub(crate) fn is_quiet(&self, number: u64) -> bool {
        self.quiet.contains(&number)
    }

    /// Returns whether a client of this server waits for the transaction.
    pub(crate) fn is_own(&self, number: u64) -> bool {
        self.pending.contains_key(&number)
    }

    /// Removes and returns the client that waits for the transaction.
    pub(crate) fn take(&mut self, number: u64) -> Option<RequestId> {
        self.pending.remove(&number)
    }

    /// Returns the number of transactions that have not come back yet.
    pub(crate) fn pending(&self) -> usize {
        self.pending.len() + self.refused.len()
    }

    /// A schema change that got no position is answered at this instant.
    pub(crate) fn refuse_at(&mut self, request: RequestId, at: Time, fx: &mut Effects) {
        self.refused.push_back((at, request));
        self.wake_for_refused(fx);
    }

    /// Answers the schema changes whose instant has come.
    pub(crate) fn answer_refused(&mut self, now: Time, fx: &mut Effects) {
        while let Some((_, request)) = self.refused.pop_front_if(|(at, _)| *at <= now) {
            fx.push(Effect::Reply(request, Reply::Error(LOCK_WAIT_TIMEOUT)));
        }
        self.wake_for_refused(fx);
    }

    fn wake_for_refused(&self, fx: &mut Effects) {
        if let Some((at, _)) = self.refused.front() {
            fx.push(Effect::SetTimer(TimerId::Isolation, *at));
        }
    }

    /// Keeps a statement until the applier goes on.
    pub(crate) fn hold(&mut self, request: RequestId, statement: Statement) {
        self.held.push((request, statement));
    }

    /// Returns the number of statements that wait for the applier.
    pub(crate) fn held(&self) -> usize {
        self.held.len()
    }

    /// Takes the statements that wait for the applier.
    pub(crate) fn take_held(&mut self) -> Vec<(RequestId, Statement)> {
        std::mem::take(&mut self.held)
    }

    /// Answers every statement that waits for the applier.
    pub(crate) fn answer_held(&mut self, reply: &Reply, fx: &mut Effects) {
        let held = self.take_held().into_iter();
        fx.extend(held.map(|(request, _)| Effect::Reply(request, reply.clone())));
    }

    /// Connections end: their clients will not learn more.
    pub(crate) fn lose_all(&mut self, fx: &mut Effects) {
        let pending = std::mem::take(&mut self.pending).into_values();
        let refused = std::mem::take(&mut self.refused).into_iter();
        let waiting = self.sessions.lose_all().into_iter();
        let all = (pending.chain(refused.map(|(_, request)| request))).chain(waiting);
        fx.extend(all.map(|request| Effect::Reply(request, Reply::Lost)));
        self.answer_held(&Reply::Lost, fx);
    }

    /// A client has asked for another weight.
    pub(crate) fn ask_weight(&mut self, request: RequestId) {
        self.weight_asked.push(request);
    }

    /// The question for another weight could not be sent.
    pub(crate) fn unask_weight(&mut self, request: RequestId) {
        self.weight_asked.retain(|waiting| *waiting != request);
    }

    /// The new weight is there.
    pub(crate) fn answer_weight(&mut self, fx: &mut Effects) {
        let asked = std::mem::take(&mut self.weight_asked).into_iter();
        fx.extend(asked.map(|request| Effect::Reply(request, Reply::Ok)));
    }

    /// The server is to join the cluster at these addresses. Who has said something else before has an answer.
    pub(crate) fn ask_address(&mut self, request: RequestId, addresses: Vec<Peer>) {
        self.address_asked = Some((request, addresses));
    }

    /// Takes the addresses that the server is to join.
    pub(crate) const fn take_address(&mut self) -> Option<(RequestId, Vec<Peer>)> {
        self.address_asked.take()
    }

    /// A session will not let the next orderly stop end.
    pub(crate) const fn stay(&mut self) {
        self.stays = true;
    }

    /// Returns whether a session will not let the next orderly stop end.
    pub(crate) const fn someone_stays(&self) -> bool {
        self.stays
    }
}
