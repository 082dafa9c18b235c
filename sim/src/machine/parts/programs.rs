//! The programs that operators have started on a machine, and what they and clients wait for.

use std::collections::BTreeMap;

use seatrial_scenarios::console::{CallState, Program, QueryId, QueryResult};
use seatrial_scenarios::{RequestId, Span};

use super::outbox::CallId;
use crate::machine::sql::Session;

/// A program that an operator has started.
#[derive(Clone, Debug)]
pub(in crate::machine) struct Running {
    /// The request by which it was started.
    pub(in crate::machine) id: RequestId,
    /// The program.
    pub(in crate::machine) program: Program,
    /// When it wants to be called.
    pub(in crate::machine) wake: Option<Span>,
}

/// The asker of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::machine) enum Asker {
    /// A client of the scenario.
    Client(RequestId),
    /// A program on this machine.
    Program(QueryId),
    /// A fault that holds a session.
    Session,
}

/// A `--wsrep-recover` under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::machine) struct Recovery {
    /// When it ends.
    pub(in crate::machine) until: Span,
    /// Its output.
    pub(in crate::machine) lines: Vec<String>,
    /// Its exit code.
    pub(in crate::machine) exit: i32,
}

/// The programs of a machine.
///
/// It owns the programs that run, their queries and recoveries, and everybody who waits for an answer of
/// the server. The flows `programs`, `inputs` and `faults` call it. It lets no program go on by itself.
#[derive(Clone, Debug, Default)]
pub(in crate::machine) struct Programs {
    running: Vec<Running>,
    queries: BTreeMap<QueryId, Option<QueryResult>>,
    recoveries: BTreeMap<QueryId, Recovery>,
    last_query: u32,
    askers: BTreeMap<seatrial_node::RequestId, Asker>,
    /// The calls of programs to other hosts.
    calls: BTreeMap<QueryId, CallState>,
    /// The queries that came by a call from another host.
    guests: BTreeMap<QueryId, CallId>,
    last_ask: u32,
    /// The sessions whose statement has no answer yet.
    sessions: BTreeMap<QueryId, Session>,
    /// Those that sleep: until when, and the answer then.
    sleeping: BTreeMap<QueryId, (Span, QueryResult)>,
    /// The number of clients that hold the global read lock.
    locks: u32,
    /// A fault's session holds it from this instant on.
    held: Option<Span>,
}

/// The number of a fault's session.
pub(in crate::machine) const FAULT: u32 = 3;

impl Programs {
    /// Adds a program.
    pub(in crate::machine) fn push(&mut self, running: Running) {
        self.running.push(running);
    }

    /// Takes the program that was started by a request.
    pub(in crate::machine) fn take(&mut self, id: RequestId) -> Option<Running> {
        let index = self.running.iter().position(|running| running.id == id)?;
        Some(self.running.remove(index))
    }

    /// Takes all programs.
    pub(in crate::machine) fn take_all(&mut self) -> Vec<Running> {
        std::mem::take(&mut self.running)
    }

    /// A program that asks to be called at once is called with the next change.
    pub(in crate::machine) fn postpone(&mut self, now: Span) {
        for running in &mut self.running {
            if running.wake.is_some_and(|at| at <= now) {
                running.wake = Some(Span(now.as_micros() + 1_000));
            }
        }
    }

    /// Returns whether a program runs.
    pub(in crate::machine) const fn run(&self) -> bool {
        !self.running.is_empty()
    }

    /// Returns the first instant at which a program wants to be called.
    pub(in crate::machine) fn wake(&self) -> Option<Span> {
        self.running.iter().filter_map(|running| running.wake).min()
    }

    /// Returns the first end of a recovery after an instant.
    pub(in crate::machine) fn next_recovery(&self, now: Span) -> Option<Span> {
        let ends = self.recoveries.values().map(|recovery| recovery.until);
        ends.filter(|until| *until > now).min()
    }

    /// Returns whether a recovery has ended whose program has not seen it yet.
    pub(in crate::machine) fn has_ended_recovery(&self, now: Span) -> bool {
        let mut recoveries = self.recoveries.values();
        recoveries.any(|recovery| recovery.until <= now)
    }

    /// Returns a number that no query has had.
    pub(in crate::machine) const fn next_query(&mut self) -> QueryId {
        self.last_query += 1;
        QueryId(self.last_query)
    }

    /// A query has this answer, or none yet.
    pub(in crate::machine) fn set_answer(&mut self, id: QueryId, answer: Option<QueryResult>) {
        self.queries.insert(id, answer);
    }

    /// Returns the answer to a query, if it is there.
    pub(in crate::machine) fn answer(&self, id: QueryId) -> Option<QueryResult> {
        self.queries.get(&id)?.clone()
    }

    /// A statement waits for its answer.
    pub(in crate::machine) fn wait(
        &mut self,
        id: QueryId,
        since: Span,
        state: &'static str,
        text: &str,
    ) {
        let session = Session {
            number: Self::number_of(id),
            since,
            state: Some(state),
            text: text.to_owned(),
        };
        self.sessions.insert(id, session);
    }

    /// Returns the number of a client's session.
    pub(in crate::machine) const fn number_of(id: QueryId) -> u32 {
        FAULT + id.0
    }

    /// A statement sleeps until an instant, and has this answer then.
    pub(in crate::machine) fn sleep(&mut self, id: QueryId, until: Span, answer: QueryResult) {
        self.sleeping.insert(id, (until, answer));
    }

    /// Those that have slept enough have their answers.
    pub(in crate::machine) fn end_sleeps(&mut self, now: Span) {
        let ended = self.sleeping.extract_if(.., |_, (until, _)| *until <= now);
        let ended: Vec<_> = ended.collect();
        for (id, (_, answer)) in ended {
            self.queries.insert(id, Some(answer));
        }
    }

    /// Returns the first end of a sleep after an instant.
    pub(in crate::machine) fn next_sleep(&self, now: Span) -> Option<Span> {
        let ends = self.sleeping.values().map(|(until, _)| *until);
        ends.filter(|until| *until > now).min()
    }

    /// Returns the sessions by their number: that of a fault, and those whose statement has no answer yet.
    pub(in crate::machine) fn sessions(&self) -> Vec<Session> {
        let held = self.held.map(|since| Session {
            number: FAULT,
            since,
            state: None,
            text: String::new(),
        });
        held.into_iter()
            .chain(self.sessions.values().cloned())
            .collect()
    }

    /// A client takes the global read lock. Returns whether it is the first.
    pub(in crate::machine) const fn lock(&mut self) -> bool {
        self.locks += 1;
        self.locks == 1 && self.held.is_none()
    }

    /// A client lets it go. Returns whether nobody holds it any more.
    pub(in crate::machine) const fn unlock(&mut self) -> bool {
        let had = self.locks > 0;
        self.locks = self.locks.saturating_sub(1);
        had && self.locks == 0 && self.held.is_none()
    }

    /// A fault's session holds the lock from an instant on, or lets it go. Returns whether a client holds it.
    pub(in crate::machine) const fn hold(&mut self, since: Option<Span>) -> bool {
        self.held = since;
        self.locks > 0
    }

    /// Returns whether somebody holds the lock.
    pub(in crate::machine) const fn is_locked(&self) -> bool {
        self.locks > 0 || self.held.is_some()
    }

    /// Returns whether a fault's session holds the lock.
    pub(in crate::machine) const fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// The server is gone, and with it every session. Returns those that slept.
    pub(in crate::machine) fn take_sleepers(&mut self) -> impl Iterator<Item = QueryId> + use<> {
        (self.locks, self.held) = (0, None);
        std::mem::take(&mut self.sleeping).into_keys()
    }

    /// Takes the answer to a query, if it is there.
    pub(in crate::machine) fn take_answer(&mut self, id: QueryId) -> Option<QueryResult> {
        let answer = self.answer(id)?;
        self.sessions.remove(&id);
        self.queries.remove(&id);
        Some(answer)
    }

    /// A recovery begins.
    pub(in crate::machine) fn begin_recovery(&mut self, recovery: Recovery) -> QueryId {
        let id = self.next_query();
        self.recoveries.insert(id, recovery);
        id
    }

    /// Takes a recovery that has ended.
    pub(in crate::machine) fn take_recovery(&mut self, id: QueryId, now: Span) -> Option<Recovery> {
        if self.recoveries.get(&id)?.until > now {
            return None;
        }
        self.recoveries.remove(&id)
    }

    /// A program calls another host.
    pub(in crate::machine) fn begin_call(&mut self) -> QueryId {
        let id = self.next_query();
        self.calls.insert(id, CallState::Dialling);
        id
    }

    /// A call is so far, if its program is still there.
    pub(in crate::machine) fn set_call(&mut self, id: QueryId, state: CallState) {
        if let Some(known) = self.calls.get_mut(&id) {
            *known = state;
        }
    }

    /// Returns the progress of a call.
    pub(in crate::machine) fn call(&self, id: QueryId) -> CallState {
        self.calls.get(&id).cloned().unwrap_or(CallState::Dialling)
    }

    /// A query has come by a call.
    pub(in crate::machine) fn add_guest(&mut self, id: QueryId, call: CallId) {
        self.guests.insert(id, call);
    }

    /// Takes the calls whose queries have been answered.
    pub(in crate::machine) fn take_answered_guests(&mut self) -> Vec<(CallId, QueryResult)> {
        let guests = self.guests.clone();
        let answered = guests.into_iter().filter_map(|(id, call)| {
            let answer = self.take_answer(id)?;
            self.guests.remove(&id);
            Some((call, answer))
        });
        answered.collect()
    }

    /// The server is gone: these calls have lost their connection.
    pub(in crate::machine) fn lose_guests(&mut self, lost: &str) {
        let waiting: Vec<QueryId> = self.guests.keys().copied().collect();
        for id in waiting {
            if self.answer(id).is_none() {
                self.set_answer(id, Some(Err(lost.to_owned())));
            }
        }
    }

    /// The host has lost power: neither its calls nor its guests hear anything more.
    pub(in crate::machine) fn forget_calls(&mut self) {
        self.calls.clear();
        self.guests.clear();
    }

    /// Somebody asks the server: gives the question's number.
    pub(in crate::machine) fn ask(&mut self, asker: Asker) -> seatrial_node::RequestId {
        self.last_ask += 1;
        let id = seatrial_node::RequestId(self.last_ask);
        self.askers.insert(id, asker);
        id
    }

    /// The server has answered a question: says who has asked.
    pub(in crate::machine) fn answered(&mut self, id: seatrial_node::RequestId) -> Option<Asker> {
        self.askers.remove(&id)
    }

    /// The server is gone: says who has waited for it.
    pub(in crate::machine) fn take_askers(&mut self) -> impl Iterator<Item = Asker> + use<> {
        std::mem::take(&mut self.askers).into_values()
    }
}
