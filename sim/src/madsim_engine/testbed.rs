//! This engine behind the Testbed port.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use madsim::time::{sleep, timeout};
use seatrial_scenarios::{
    Capabilities, Condition, Fault, FaultOutcome, FileChange, HostTree, NodeName, Observation,
    Progress, Request, RequestId, Span, Testbed, Timeout, TraceKind,
};

use crate::cluster::Engine;
use crate::setup;

use super::world::World;

/// The interval at which a condition is checked.
const POLL: Span = Span::from_millis(20);
/// The interval at which rest is checked.
const REST_POLL: Span = Span::from_millis(500);

/// A cluster on madsim's hosts.
pub struct Madsim {
    /// The state that the tasks share.
    pub(super) world: World,
}

#[async_trait(?Send)]
impl Testbed for Madsim {
    fn capabilities(&self) -> Capabilities {
        setup::capabilities("madsim")
    }

    async fn apply(&mut self, together: &[Fault]) -> Vec<FaultOutcome> {
        self.world.lock().apply_together(together)
    }

    fn start(&mut self, request: Request) -> RequestId {
        self.world.lock().start_request(request)
    }

    async fn poll(&mut self, id: RequestId) -> Progress {
        self.world.lock().cluster.requests().progress(id)
    }

    fn interrupt(&mut self, id: RequestId) {
        self.world.lock().interrupt(id);
    }

    async fn wait(&mut self, until: &Condition, limit: Span) -> Result<Span, Timeout> {
        let start = self.now();
        let end = start + limit;
        let mut looked_at = None;
        loop {
            let (met, now) = {
                let mut shared = self.world.lock();
                let now = shared.now();
                (shared.cluster.meets(until, &mut looked_at, now), now)
            };
            if met {
                return Ok(now - start);
            }
            if now >= end {
                return Err(Timeout { waited: limit });
            }
            let step = match until {
                Condition::Never | Condition::Message(_) => end - now,
                Condition::Rest => REST_POLL,
                _ => POLL,
            };
            let step = Duration::from_micros(step.min(end - now).as_micros());
            if matches!(until, Condition::Message(_)) {
                let heard = self.world.lock().heard.clone();
                let _ = timeout(step, heard.notified()).await;
            } else {
                sleep(step).await;
            }
        }
    }

    async fn observe(&mut self) -> Observation {
        let mut shared = self.world.lock();
        let now = shared.now();
        shared.cluster.observe(now)
    }

    async fn error_logs(&mut self) -> BTreeMap<NodeName, String> {
        self.world.lock().cluster.error_logs()
    }

    async fn host_tree(&mut self, node: &NodeName, known: Option<u64>) -> HostTree {
        self.world.lock().cluster.host_tree(node, known)
    }

    async fn change_files(&mut self, node: &NodeName, changes: &[FileChange]) -> Vec<String> {
        Engine::change_files(&mut self.world.lock(), node, changes)
    }

    fn now(&self) -> Span {
        self.world.lock().now()
    }

    fn record(&mut self, node: Option<NodeName>, event: TraceKind) {
        let mut shared = self.world.lock();
        let now = shared.now();
        shared.cluster.record(now, node, event);
    }
}
