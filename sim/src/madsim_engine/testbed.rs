//! This engine behind the Testbed port.

use std::time::Duration;

use madsim::time::sleep;
use seatrial_scenarios::{
    Capabilities, Condition, Fault, FaultOutcome, NodeName, Observation, Progress, Request,
    RequestId, Span, Testbed, Timeout, TraceKind,
};

use crate::install;
use crate::machine::Machine;

use super::world::World;

/// How often a condition is looked at.
const POLL: Span = Span::from_millis(20);
/// How often rest is looked at.
const REST_POLL: Span = Span::from_millis(500);

/// A cluster on madsim's hosts.
pub struct Madsim {
    /// What the tasks share.
    pub(super) world: World,
}

impl Testbed for Madsim {
    fn capabilities(&self) -> Capabilities {
        install::capabilities("madsim")
    }

    async fn apply(&mut self, together: &[Fault]) -> Vec<FaultOutcome> {
        let mut shared = self.world.lock();
        let mut outcomes = Vec::new();
        for fault in together {
            let outcome = shared.apply(&self.world, fault);
            let what = TraceKind::Fault {
                fault: fault.clone(),
                outcome: outcome.clone(),
            };
            shared.trace_at(None, what);
            outcomes.push(outcome);
        }
        shared.last_change = shared.now();
        shared.revision += 1;
        shared.mirror();
        shared.links_changed.notify_one();
        outcomes
    }

    fn start(&mut self, request: Request) -> RequestId {
        self.world.lock().start_request(&self.world, request)
    }

    async fn poll(&mut self, id: RequestId) -> Progress {
        let shared = self.world.lock();
        shared
            .requests
            .get(&id)
            .map_or(Progress::Unknown, |(_, progress)| progress.clone())
    }

    fn interrupt(&mut self, id: RequestId) {
        if let Some(interrupt) = self.world.lock().interrupts.get(&id) {
            interrupt.notify_one();
        }
    }

    async fn wait(&mut self, until: &Condition, limit: Span) -> Result<Span, Timeout> {
        let start = self.now();
        let end = start + limit;
        let mut looked_at = None;
        loop {
            let (met, now) = {
                let shared = self.world.lock();
                let seen = looked_at == Some(shared.revision);
                looked_at = Some(shared.revision);
                let now = shared.now();
                let met = match until {
                    Condition::Never => false,
                    Condition::Ended(id) => shared
                        .requests
                        .get(id)
                        .is_none_or(|(_, progress)| progress.has_ended()),
                    Condition::Rest => {
                        now.saturating_sub(shared.last_change) >= install::REST
                            && shared.machines.iter().all(Machine::is_at_rest)
                    }
                    Condition::State(_) | Condition::Not(_) if seen => false,
                    Condition::State(predicate) => predicate.holds(&shared.observation(false)),
                    Condition::Not(predicate) => !predicate.holds(&shared.observation(false)),
                };
                (met, now)
            };
            if met {
                return Ok(now - start);
            }
            if now >= end {
                return Err(Timeout { waited: limit });
            }
            let step = match until {
                Condition::Never => end - now,
                Condition::Rest => REST_POLL,
                _ => POLL,
            };
            sleep(Duration::from_micros(step.min(end - now).as_micros())).await;
        }
    }

    async fn observe(&mut self) -> Observation {
        self.world.lock().observation(true)
    }

    fn now(&self) -> Span {
        self.world.lock().now()
    }

    fn record(&mut self, node: Option<NodeName>, event: TraceKind) {
        let mut shared = self.world.lock();
        let now = shared.now();
        shared.trace.push(now, node, event);
    }
}
