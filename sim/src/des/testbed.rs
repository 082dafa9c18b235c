//! The discrete-event engine behind the Testbed port.

use std::collections::BTreeMap;

use async_trait::async_trait;
use seatrial_node::DeliberateFault;
use seatrial_scenarios::recording::{Recording, Replay};
use seatrial_scenarios::runner::{self, RunOptions};
use seatrial_scenarios::{
    Capabilities, Condition, Fault, FaultOutcome, FileChange, HostTree, NodeName, Observation,
    Progress, Request, RequestId, RunRecord, Scenario, Setup, Span, Testbed, Timeout, Trace,
    TraceEvent, TraceKind,
};

use crate::cluster::Engine;
use crate::setup::{self, BuildError};

use super::world::World;

#[async_trait(?Send)]
impl Testbed for World {
    fn capabilities(&self) -> Capabilities {
        setup::capabilities("des")
    }

    async fn apply(&mut self, together: &[Fault]) -> Vec<FaultOutcome> {
        self.apply_together(together)
    }

    fn start(&mut self, request: Request) -> RequestId {
        let (id, peer) = self.cluster.register(&request, self.now);
        if let Some(peer) = peer {
            self.hand_over(id, &request, peer);
        }
        id
    }

    async fn poll(&mut self, id: RequestId) -> Progress {
        self.cluster.requests().progress(id)
    }

    fn interrupt(&mut self, id: RequestId) {
        if let Some(peer) = self.cluster.requests().runs_on(id) {
            self.press_ctrl_c(id, peer);
        }
    }

    async fn wait(&mut self, until: &Condition, limit: Span) -> Result<Span, Timeout> {
        let start = self.now;
        let end = start + limit;
        let mut looked_at = None;
        loop {
            if self.cluster.meets(until, &mut looked_at, self.now) {
                return Ok(self.now - start);
            }
            let at_rest = self.cluster.last_change() + setup::REST;
            let next = match until {
                // No change for long enough, but an operation is under way: its end is an event.
                Condition::Rest if at_rest > self.now => end.min(at_rest),
                _ => end,
            };
            if !self.cluster.listens() {
                self.coast(next);
            }
            if !self.step(next) {
                self.now = next;
                if next == end {
                    return Err(Timeout { waited: limit });
                }
            }
        }
    }

    async fn observe(&mut self) -> Observation {
        self.cluster.observe(self.now)
    }

    async fn error_logs(&mut self) -> BTreeMap<NodeName, String> {
        self.cluster.error_logs()
    }

    async fn host_tree(&mut self, node: &NodeName, known: Option<u64>) -> HostTree {
        self.cluster.host_tree(node, known)
    }

    async fn change_files(&mut self, node: &NodeName, changes: &[FileChange]) -> Vec<String> {
        Engine::change_files(self, node, changes)
    }

    fn now(&self) -> Span {
        self.now
    }

    fn record(&mut self, node: Option<NodeName>, event: TraceKind) {
        self.cluster.record(self.now, node, event);
    }
}

impl World {
    /// Returns all nodes now; `histories` adds what only a simulation can show.
    pub fn observation(&self, histories: bool) -> Observation {
        self.cluster.observation(histories, self.now)
    }

    /// Returns a world in the initial state of a setup.
    ///
    /// The construction itself is drawn for one of a few seeds, so that those who make many runs can
    /// keep the worlds that it gives (see [`Templates`]); everything after it is drawn for the setup's
    /// own seed.
    ///
    /// # Errors
    /// When the initial state is not reached.
    pub fn build(setup: &Setup) -> Result<Self, BuildError> {
        let mut world = Self::construct(&Templates::key(setup), None)?;
        world.cluster.reseed(setup.seed);
        Ok(world)
    }

    fn construct(
        setup: &Setup,
        deliberate_fault: Option<DeliberateFault>,
    ) -> Result<Self, BuildError> {
        let mut world = Self::with_fault(setup, deliberate_fault);
        pollster::block_on(setup::build(&mut world, setup))?;
        world.cluster.keep_old_copies();
        Ok(world)
    }

    /// Whether there is a trace. The run is the same without one, and faster.
    pub fn set_traced(&mut self, on: bool) {
        self.cluster.set_traced(on);
    }

    /// Drops the trace so far.
    pub fn forget_trace(&mut self) {
        self.cluster.journal_mut().take_trace();
    }

    /// Returns whether nothing is wrong with the network.
    pub fn network_is_whole(&self) -> bool {
        self.cluster.links().is_whole()
    }

    /// Returns the trace so far.
    pub const fn trace(&self) -> &Trace {
        self.cluster.journal().trace()
    }

    /// Takes the events since the last time out of the world, so that copies of it stay small.
    pub fn take_events(&mut self) -> Vec<TraceEvent> {
        self.cluster.journal_mut().take_events()
    }

    /// Takes the trace.
    pub fn into_trace(mut self) -> Trace {
        self.cluster.journal_mut().take_trace()
    }
}

/// The number of different constructions of an initial state: enough for every order of the
/// nodes' identities to come up.
const CONSTRUCTIONS: u64 = 16;

/// Worlds in their initial states, for many runs of a few setups.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    worlds: BTreeMap<String, World>,
    deliberate_fault: Option<DeliberateFault>,
}

impl Templates {
    /// Worlds with a mistake in the model, to see that it is found. For tests alone: nothing that a
    /// user writes leads here.
    pub fn with_fault(fault: DeliberateFault) -> Self {
        Self {
            deliberate_fault: Some(fault),
            ..Self::default()
        }
    }

    /// Returns the setup with the seed for which its construction is drawn.
    fn key(setup: &Setup) -> Setup {
        Setup {
            seed: setup.seed % CONSTRUCTIONS,
            ..setup.clone()
        }
    }

    /// Returns the result of [`World::build`], without a trace.
    ///
    /// # Errors
    /// When the initial state is not reached.
    pub fn untraced(&mut self, setup: &Setup) -> Result<World, BuildError> {
        let key = Self::key(setup);
        let name = format!("{key:?}");
        if !self.worlds.contains_key(&name) {
            let mut world = World::construct(&key, self.deliberate_fault)?;
            world.set_traced(false);
            world.forget_trace();
            self.worlds.insert(name.clone(), world);
        }
        let mut world = self.worlds[&name].clone();
        world.cluster.reseed(setup.seed);
        Ok(world)
    }
}

/// Replays a recording on this engine.
///
/// # Errors
/// When the initial state is not reached.
pub fn replay(recording: &Recording, seed: u64) -> Result<Replay, BuildError> {
    let mut world = World::build(&recording.setup(seed))?;
    world.set_traced(false);
    Ok(pollster::block_on(recording.replay(&mut world)))
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
