//! A cluster that several operators share: each has its own console, and time passes for all of them at once.
//!
//! A procedure lets time pass only while it waits for a command or sleeps. So each procedure is a future, and what it
//! waits for is a wish. While somebody can go on, no time passes. Where all wait, the cluster goes on until the first
//! wish is met or its time is over. No thread takes part, and nothing is drawn: the order is that of the operators.

use std::cell::Cell;
use std::collections::BTreeSet;

use async_trait::async_trait;
use seatrial_port::console::CommandOutcome;
use seatrial_port::trace::TraceKind;
use seatrial_port::{
    Capabilities, Condition, Fault, FaultOutcome, NodeName, Observation, Progress, Request,
    RequestId, Span, Testbed, Timeout,
};

/// The cluster, which at each moment one of the operators or their scheduler holds.
///
/// Owns the lines that were typed and that the oracles have not heard of.
pub(super) struct Desk<'a> {
    testbed: Cell<Option<&'a mut (dyn Testbed + 'a)>>,
    typed: Cell<Vec<(NodeName, String)>>,
}

impl<'a> Desk<'a> {
    pub(super) const fn new(testbed: &'a mut (dyn Testbed + 'a)) -> Self {
        Self {
            testbed: Cell::new(Some(testbed)),
            typed: Cell::new(Vec::new()),
        }
    }

    /// Takes down a line that is typed.
    fn types(&self, node: &NodeName, line: &str) {
        let mut typed = self.typed.take();
        typed.push((node.clone(), line.to_owned()));
        self.typed.set(typed);
    }

    /// Returns the lines that were typed since the last call.
    pub(super) fn take_typed(&self) -> Vec<(NodeName, String)> {
        self.typed.take()
    }

    /// Takes the cluster. Whoever takes it puts it back before another can ask.
    pub(super) fn take(&self) -> &'a mut (dyn Testbed + 'a) {
        self.testbed
            .take()
            .expect("invariant: one at a time holds the cluster")
    }

    /// Puts the cluster back.
    pub(super) fn put(&self, testbed: &'a mut (dyn Testbed + 'a)) {
        self.testbed.set(Some(testbed));
    }

    /// Does something with the cluster, in this instant.
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut (dyn Testbed + 'a)) -> T) -> T {
        let testbed = self.take();
        let done = act(testbed);
        self.put(testbed);
        done
    }
}

/// The state of an operator between two instants.
#[derive(Clone, Debug, Default)]
pub(super) enum Turn {
    /// It can go on.
    #[default]
    Acts,
    /// It waits for the end of a request, or for a time.
    Waits {
        /// The request, if it waits for one.
        request: Option<RequestId>,
        /// When its patience is over.
        until: Span,
    },
    /// It can go on: what it waited for has happened, or its time is over.
    Answered(bool),
}

/// Returns what an operator waits for, if it waits.
pub(super) fn waits(turn: &Cell<Turn>) -> Option<(Option<RequestId>, Span)> {
    let now = turn.take();
    let found = match &now {
        Turn::Waits { request, until } => Some((*request, *until)),
        Turn::Acts | Turn::Answered(_) => None,
    };
    turn.set(now);
    found
}

/// The cluster as one of several operators has it.
///
/// Owns the answers of hosts that its seat does not reach. A console calls it. It starts requests on the shared cluster
/// at once, and hands every wait to the scheduler.
pub(super) struct Share<'d, 'a> {
    pub(super) desk: &'d Desk<'a>,
    pub(super) turn: &'d Cell<Turn>,
    /// The number of the operator, from 1.
    pub(super) operator: u32,
    pub(super) procedure: &'d str,
    pub(super) seat: Option<&'d NodeName>,
    /// The nodes whose hosts the seat does not reach.
    pub(super) away: BTreeSet<NodeName>,
    /// The hosts that were tried in vain, by the order of the attempts.
    pub(super) tried: Vec<NodeName>,
}

impl Share<'_, '_> {
    /// Returns the number of a request that no host has got. These count down from the greatest number, where no
    /// engine comes.
    fn id_of_attempt(&self) -> RequestId {
        let attempts = u32::try_from(self.tried.len()).unwrap_or(u32::MAX);
        RequestId(u32::MAX.saturating_sub(attempts))
    }

    /// Returns the host that was tried in vain with this request.
    fn attempt(&self, id: RequestId) -> Option<&NodeName> {
        let place = usize::try_from(u32::MAX - id.0).ok()?;
        self.tried.get(place)
    }
}

#[async_trait(?Send)]
impl Testbed for Share<'_, '_> {
    fn capabilities(&self) -> Capabilities {
        self.desk.with(|testbed| testbed.capabilities())
    }

    async fn apply(&mut self, together: &[Fault]) -> Vec<FaultOutcome> {
        let testbed = self.desk.take();
        let done = testbed.apply(together).await;
        self.desk.put(testbed);
        done
    }

    fn start(&mut self, request: Request) -> RequestId {
        let (Request::Operator { node, .. } | Request::Client { node, .. }) = &request;
        let node = node.clone();
        if self.away.contains(&node) {
            let id = self.id_of_attempt();
            let text = format!(
                "operator {} ({}) does not reach {node}",
                self.operator, self.procedure
            );
            self.desk
                .with(|testbed| testbed.record(None, TraceKind::Note { text }));
            self.tried.push(node);
            return id;
        }
        if let Request::Operator { line, .. } = &request {
            self.desk.types(&node, line);
        }
        self.desk.with(|testbed| {
            let event = TraceKind::Operator {
                operator: self.operator,
                procedure: self.procedure.to_owned(),
                seat: self.seat.cloned(),
            };
            testbed.record(Some(node), event);
            testbed.start(request)
        })
    }

    async fn poll(&mut self, id: RequestId) -> Progress {
        if let Some(node) = self.attempt(id) {
            return Progress::Done(CommandOutcome::unreachable(node).output);
        }
        let testbed = self.desk.take();
        let progress = testbed.poll(id).await;
        self.desk.put(testbed);
        progress
    }

    fn interrupt(&mut self, id: RequestId) {
        if self.attempt(id).is_none() {
            self.desk.with(|testbed| testbed.interrupt(id));
        }
    }

    /// Hands the wait to the scheduler. A console waits for the end of a request or for a time.
    async fn wait(&mut self, until: &Condition, limit: Span) -> Result<Span, Timeout> {
        let request = match until {
            Condition::Ended(id) if self.attempt(*id).is_some() => return Ok(Span::ZERO),
            Condition::Ended(id) => Some(*id),
            _ => None,
        };
        let began = self.now();
        self.turn.set(Turn::Waits {
            request,
            until: began + limit,
        });
        let met = std::future::poll_fn(|_| match self.turn.take() {
            Turn::Answered(met) => std::task::Poll::Ready(met),
            still => {
                self.turn.set(still);
                std::task::Poll::Pending
            }
        })
        .await;
        let waited = self.now().saturating_sub(began);
        if met {
            Ok(waited)
        } else {
            Err(Timeout { waited })
        }
    }

    async fn observe(&mut self) -> Observation {
        let testbed = self.desk.take();
        let seen = testbed.observe().await;
        self.desk.put(testbed);
        seen
    }

    fn now(&self) -> Span {
        self.desk.with(|testbed| testbed.now())
    }

    fn record(&mut self, node: Option<NodeName>, event: TraceKind) {
        self.desk.with(|testbed| testbed.record(node, event));
    }
}
