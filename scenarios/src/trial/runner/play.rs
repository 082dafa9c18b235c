//! Lets time pass on a cluster while requests run.

use seatrial_port::trace::TraceKind;
use seatrial_port::{Condition, NodeName, Observation, Span, Testbed};

use super::clock::{Clock, Halt};
use super::journal::Journal;
use super::requests::{Requests, Started};

/// The time that the runner waits for rest.
pub(super) const REST_LIMIT: Span = Span::from_secs(180);

/// The time that the runner waits instead while a load runs, since there is no rest under load.
const LOAD_PAUSE: Span = Span::from_secs(5);

/// A cluster, the requests that run on it, the clock and the journal.
///
/// Owns nothing: it borrows what is needed to let time pass. The runner, its checks and its second phase
/// call it. It does not know the oracles, the scenario or the options of the run, and it decides nothing.
pub(super) struct Play<'a> {
    pub(super) testbed: &'a mut dyn Testbed,
    pub(super) clock: &'a mut Clock,
    pub(super) requests: &'a mut Requests,
    pub(super) journal: &'a mut Journal,
}

impl Play<'_> {
    /// Returns the instant.
    pub(super) fn now(&self) -> Span {
        self.testbed.now()
    }

    /// Puts an event of the runner's into the trace.
    pub(super) fn trace(&mut self, event: TraceKind) {
        self.testbed.record(None, event);
    }

    /// Puts a remark into the trace.
    pub(super) fn note(&mut self, text: String) {
        self.trace(TraceKind::Note { text });
    }

    /// Returns the state of all nodes.
    pub(super) async fn observe(&mut self) -> Observation {
        self.testbed.observe().await
    }

    /// Lets time pass until the condition is true, and says whether it is. The run's deadline ends
    /// every wait; a load goes on meanwhile.
    pub(super) async fn wait(&mut self, until: &Condition, limit: Span) -> bool {
        let capped = limit.min(self.clock.left(self.now()));
        let reached = if self.requests.is_under_load() {
            self.wait_under_load(until, capped).await
        } else if self.requests.clients.are_at_work() {
            self.wait_under_workload(until, capped).await
        } else {
            self.testbed.wait(until, capped).await.is_ok()
        };
        if !reached && capped < limit {
            self.clock.halt(Halt::OverLimit);
        }
        reached
    }

    /// Lets this much time pass.
    pub(super) async fn pass(&mut self, span: Span) {
        self.wait(&Condition::Never, span).await;
    }

    /// Waits for rest, and says whether it came.
    pub(super) async fn rest(&mut self) -> bool {
        if self.requests.is_under_load() || self.requests.clients.are_at_work() {
            self.pass(LOAD_PAUSE).await;
            return false;
        }
        let at_rest = self.wait(&Condition::Rest, REST_LIMIT).await;
        if !at_rest {
            self.note(format!("no rest within {REST_LIMIT}"));
        }
        at_rest
    }

    /// Asks after every request without an end, and writes down the ends.
    pub(super) async fn refresh(&mut self) {
        self.requests.refresh(self.testbed, self.journal).await;
    }

    /// Waits until all have ended, together at most this long, and writes down the ends.
    pub(super) async fn wait_for_all(&mut self, started: &[Started], limit: Span) {
        let until = self.now() + limit;
        for one in started {
            let left = until.saturating_sub(self.now());
            self.wait(&Condition::Ended(one.id), left).await;
        }
        self.refresh().await;
    }

    /// Begins a write of the row with this tag.
    pub(super) fn write(&mut self, node: &NodeName, tag: &str) -> Started {
        self.requests.write(self.testbed, self.journal, node, tag)
    }

    /// Begins a write of a step, whose tag counts the rows of all steps.
    pub(super) fn write_row(&mut self, node: &NodeName, name: Option<&str>) -> Started {
        let tag = self.requests.next_tag(node);
        let started = self.write(node, &tag);
        self.requests.give_name(name, started);
        started
    }

    /// Begins a command of a step.
    pub(super) fn command(&mut self, node: &NodeName, line: &str, name: Option<&str>) -> Started {
        let started = self
            .requests
            .command(self.testbed, self.journal, node, line);
        self.requests.give_name(name, started);
        started
    }
}
