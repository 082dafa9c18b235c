//! The discrete-event engine behind the Testbed port.

use seatrial_node::Peer;
use seatrial_scenarios::runner::{self, RunOptions};
use seatrial_scenarios::{
    Capabilities, Condition, Fault, FaultOutcome, NodeName, Observation, Progress, Request,
    RequestId, RunRecord, Scenario, Setup, Span, Testbed, Timeout, Trace, TraceKind,
};

use crate::install::{self, BuildError};

use super::World;

impl Testbed for World {
    fn capabilities(&self) -> Capabilities {
        install::capabilities("des")
    }

    async fn apply(&mut self, together: &[Fault]) -> Vec<FaultOutcome> {
        let mut outcomes = Vec::new();
        for fault in together {
            let outcome = self.apply_one(fault);
            let what = TraceKind::Fault {
                fault: fault.clone(),
                outcome: outcome.clone(),
            };
            self.trace_at(None, what);
            outcomes.push(outcome);
        }
        self.last_change = self.now;
        self.revision += 1;
        self.resume_links();
        outcomes
    }

    fn start(&mut self, request: Request) -> RequestId {
        self.start_request(&request)
    }

    async fn poll(&mut self, id: RequestId) -> Progress {
        self.requests
            .get(&id)
            .map_or(Progress::Unknown, |(_, progress)| progress.clone())
    }

    fn interrupt(&mut self, id: RequestId) {
        if let Some((peer, Progress::Running)) = self.requests.get(&id) {
            let (peer, now) = (*peer, self.now);
            self.machine_mut(peer).interrupt(now, id);
            self.settle(peer);
        }
    }

    async fn wait(&mut self, until: &Condition, limit: Span) -> Result<Span, Timeout> {
        let start = self.now;
        let end = start + limit;
        let mut looked_at = None;
        loop {
            let met = match until {
                Condition::Never => false,
                Condition::Ended(id) => self
                    .requests
                    .get(id)
                    .is_none_or(|(_, progress)| progress.has_ended()),
                Condition::Rest => self.is_at_rest(install::REST),
                Condition::State(_) | Condition::Not(_) if looked_at == Some(self.revision) => {
                    false
                }
                Condition::State(predicate) => predicate.holds(&self.observation(false)),
                Condition::Not(predicate) => !predicate.holds(&self.observation(false)),
            };
            if met {
                return Ok(self.now - start);
            }
            looked_at = Some(self.revision);
            let next = match until {
                Condition::Rest => {
                    end.min((self.last_change + install::REST).max(self.now + Span(1)))
                }
                _ => end,
            };
            if !self.step(next) {
                self.now = next;
                if next == end {
                    return Err(Timeout { waited: limit });
                }
            }
        }
    }

    async fn observe(&mut self) -> Observation {
        self.observation(self.histories)
    }

    fn now(&self) -> Span {
        self.now
    }

    fn record(&mut self, node: Option<NodeName>, event: TraceKind) {
        self.trace.push(self.now, node, event);
    }
}

impl World {
    /// All nodes now; `histories` adds what only a simulation can show.
    pub fn observation(&self, histories: bool) -> Observation {
        Observation {
            at: self.now,
            nodes: self
                .names
                .iter()
                .zip(&self.machines)
                .map(|(name, machine)| (name.clone(), machine.observe(histories)))
                .collect(),
        }
    }

    /// A world in the initial state of a setup.
    ///
    /// # Errors
    /// When the initial state is not reached.
    pub fn build(setup: &Setup) -> Result<Self, BuildError> {
        let mut world = Self::new(setup);
        pollster::block_on(install::build(&mut world, setup))?;
        for peer in world.peers() {
            world.machine_mut(peer).keep_old_copies();
        }
        Ok(world)
    }

    /// Whether frames are part of the trace.
    pub const fn set_trace_frames(&mut self, on: bool) {
        self.trace_frames = on;
    }

    /// The trace so far.
    pub const fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Takes the trace.
    pub fn into_trace(self) -> Trace {
        self.trace
    }

    /// The place of a node.
    pub fn place(&self, name: &NodeName) -> Option<Peer> {
        self.peer(name)
    }
}

/// Runs a scenario on this engine.
///
/// # Errors
/// When the initial state is not reached.
pub fn run(
    scenario: &Scenario,
    setup: &Setup,
    options: &RunOptions,
) -> Result<(RunRecord, Trace), BuildError> {
    let mut world = World::build(setup)?;
    let record = pollster::block_on(runner::run(&mut world, scenario, options));
    Ok((record, world.into_trace()))
}
