//! Calls from one host to another over the network of the model: how far each is.

use std::collections::BTreeMap;

use seatrial_galera::SqlError;
use seatrial_node::Peer;
use seatrial_scenarios::Span;
use seatrial_scenarios::console::{Call, CallEnd, QueryId, QueryResult};

use crate::machine::CallId;
use crate::ports::{SYN_GIVES_UP, TCP_GIVES_UP};

use super::engine::NO_SUCH_HOST;
use super::whole::Cluster;

/// The first packet of an attempt to connect is sent again after this long, then after twice as long.
const SYN_AGAIN: Span = Span::from_secs(1);
/// An echo is waited for so long (`ping`, `MAXWAIT`).
const ECHO_GIVES_UP: Span = Span::from_secs(10);
/// The first retransmission timeout of TCP; each further one doubles.
const RETRANSMIT: Span = Span::from_millis(200);

/// The progress of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing has answered.
    Dialling,
    /// The question is on its way to a host.
    Asking(Peer),
    /// The server of a host has it.
    Asked(Peer),
    /// The end is on its way back from a host.
    Answering(Peer, CallEnd),
}

/// A call that is not over.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Open {
    from: Peer,
    /// The address that is called.
    to: Peer,
    /// The number by which the caller's program knows it.
    query: QueryId,
    call: Call,
    phase: Phase,
    /// The beginning of the phase.
    since: Span,
    /// The time until the next attempt.
    pause: Span,
}

/// The calls that are not over.
///
/// It owns them. [`Cluster::go_on`] takes one out, looks at the network and at both machines, and puts it back.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls {
    open: BTreeMap<CallId, Open>,
    last: u64,
}

/// What an engine has to do for a call.
pub(super) enum Next {
    /// Nothing: it is over, or waits for a server.
    Nothing,
    /// To go on with it at this instant.
    At(Span),
    /// To settle these machines.
    Settle(Vec<Peer>),
}

impl Cluster {
    /// A program on a host calls an address. Returns the number of the call.
    pub(super) fn open_call(
        &mut self,
        from: Peer,
        to: Peer,
        query: QueryId,
        call: Call,
        now: Span,
    ) -> CallId {
        let calls = self.calls_mut();
        calls.last += 1;
        let id = CallId(calls.last);
        let open = Open {
            from,
            to,
            query,
            call,
            phase: Phase::Dialling,
            since: now,
            pause: SYN_AGAIN,
        };
        calls.open.insert(id, open);
        id
    }

    /// The server of a host has answered a call. Returns when the answer arrives.
    pub(super) fn answer_call(
        &mut self,
        id: CallId,
        answer: QueryResult,
        now: Span,
    ) -> Option<Span> {
        let open = self.calls_mut().open.get(&id)?;
        let (Phase::Asked(host), from) = (open.phase.clone(), open.from) else {
            return None;
        };
        let at = now + self.delay(host, from, now);
        let open = self.calls_mut().open.get_mut(&id)?;
        open.phase = Phase::Answering(host, CallEnd::Answered(answer));
        (open.since, open.pause) = (at, RETRANSMIT);
        Some(at)
    }

    /// Returns the host that a call has reached or is about to, or else the caller: where its next step happens.
    pub(super) fn caller(&self, id: CallId) -> Option<Peer> {
        self.calls().open.get(&id).map(|open| open.from)
    }

    /// Goes on with a call, as far as it can in this instant.
    pub(super) fn go_on(&mut self, id: CallId, now: Span) -> Next {
        let Some(mut open) = self.calls_mut().open.remove(&id) else {
            return Next::Nothing;
        };
        let from = open.from;
        let waited = now.saturating_sub(open.since);
        let at = match open.phase.clone() {
            Phase::Dialling => {
                let limit = match open.call {
                    Call::Echo => ECHO_GIVES_UP,
                    _ => SYN_GIVES_UP,
                };
                let host = self.addresses().holder(open.to);
                match host.filter(|host| self.machine(*host).is_powered()) {
                    None if waited >= NO_SUCH_HOST => {
                        return self.end(&open, CallEnd::NoRoute, now);
                    }
                    None => open.since + NO_SUCH_HOST,
                    Some(host) if self.links().rejects_call(from, host, &open.call, now) => {
                        open.phase = Phase::Answering(host, CallEnd::Refused);
                        now + self.delay(from, host, now)
                    }
                    Some(host) if self.links().takes_call(from, host, &open.call, now) => {
                        open.phase = Phase::Asking(host);
                        now + self.delay(from, host, now)
                    }
                    Some(_) if waited >= limit => return self.end(&open, CallEnd::TimedOut, now),
                    Some(_) => {
                        let at = (now + open.pause).min(open.since + limit);
                        open.pause += open.pause;
                        at
                    }
                }
            }
            Phase::Asking(host) => {
                let machine = self.machine(host);
                let is_open = open.call.port().is_none_or(|port| machine.is_open_at(port));
                let end = match &open.call {
                    _ if !is_open => CallEnd::Refused,
                    Call::Statement(text) => {
                        let text = text.clone();
                        open.phase = Phase::Asked(host);
                        let query = open.query;
                        if !machine.is_suspended() {
                            self.machine_mut(from).call_connected(now, query);
                        }
                        self.calls_mut().open.insert(id, open);
                        self.machine_mut(host).serve_guest(now, id, &text);
                        return Next::Settle(vec![from, host]);
                    }
                    Call::Port(_) | Call::Echo => CallEnd::Open,
                };
                open.phase = Phase::Answering(host, end);
                let at = now + self.delay(host, from, now);
                (open.since, open.pause) = (at, RETRANSMIT);
                at
            }
            Phase::Asked(_) => {
                self.calls_mut().open.insert(id, open);
                return Next::Nothing;
            }
            Phase::Answering(host, end) => {
                if self.links().lets_back(host, from, &open.call, now) {
                    return self.end(&open, end, now);
                }
                if waited >= TCP_GIVES_UP {
                    let end = match open.call {
                        Call::Statement(_) => {
                            CallEnd::Answered(Err(SqlError::LostConnection.to_string()))
                        }
                        Call::Port(_) | Call::Echo => CallEnd::TimedOut,
                    };
                    return self.end(&open, end, now);
                }
                let at = now + open.pause;
                open.pause += open.pause;
                at
            }
        };
        self.calls_mut().open.insert(id, open);
        Next::At(at)
    }

    fn end(&mut self, open: &Open, end: CallEnd, now: Span) -> Next {
        self.machine_mut(open.from).call_over(now, open.query, end);
        Next::Settle(vec![open.from])
    }
}
