//! The discrete-event engine behind the Testbed port.

use std::collections::BTreeMap;

use seatrial_node::{DeliberateFault, Peer};
use seatrial_scenarios::recording::{Recording, Replay};
use seatrial_scenarios::runner::{self, RunOptions};
use seatrial_scenarios::{
    Capabilities, Condition, Fault, FaultOutcome, NodeName, Observation, Progress, Request,
    RequestId, RunRecord, Scenario, Setup, Span, Testbed, Timeout, Trace, TraceEvent, TraceKind,
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
                Condition::State(predicate) => predicate.holds(self.look()),
                Condition::Not(predicate) => !predicate.holds(self.look()),
            };
            if met {
                return Ok(self.now - start);
            }
            looked_at = Some(self.revision);
            let next = match until {
                // Nothing has changed for long enough, but something is under way: its end is an event.
                Condition::Rest if self.last_change + install::REST > self.now => {
                    end.min(self.last_change + install::REST)
                }
                _ => end,
            };
            self.leap(next);
            if !self.step(next) {
                self.now = next;
                if next == end {
                    return Err(Timeout { waited: limit });
                }
            }
        }
    }

    async fn observe(&mut self) -> Observation {
        let mut seen = self.look().clone();
        if self.histories {
            for (name, machine) in self.names.iter().zip(&self.machines) {
                if let Some(node) = seen.nodes.get_mut(name) {
                    node.history = Some(machine.history());
                }
            }
        }
        seen
    }

    fn now(&self) -> Span {
        self.now
    }

    fn record(&mut self, node: Option<NodeName>, event: TraceKind) {
        if self.traced {
            self.trace.push(self.now, node, event);
        }
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

    /// All nodes now, as far as conditions look at them.
    fn look(&mut self) -> &Observation {
        self.seen.at = self.now;
        for peer in std::mem::take(&mut self.changed) {
            let index = usize::from(peer.0);
            let (machine, name) = (&self.machines[index], &self.names[index]);
            let revision = machine.disk_revision();
            let before = self.seen.nodes.get_mut(name);
            let files = match before.filter(|_| self.seen_disks[index] == revision) {
                Some(node) => (node.grastate.take(), node.gvwstate.take()),
                None => machine.files(),
            };
            self.seen_disks[index] = revision;
            self.seen
                .nodes
                .insert(name.clone(), machine.observe_with(files));
        }
        &self.seen
    }

    /// A world in the initial state of a setup.
    ///
    /// The construction itself is drawn for one of a few seeds, so that those who make many runs can
    /// keep the worlds that it gives (see [`Templates`]); everything after it is drawn for the setup's
    /// own seed.
    ///
    /// # Errors
    /// When the initial state is not reached.
    pub fn build(setup: &Setup) -> Result<Self, BuildError> {
        let mut world = Self::construct(&Templates::key(setup), None)?;
        world.reseed(setup.seed);
        Ok(world)
    }

    fn reseed(&mut self, seed: u64) {
        self.keyed = self.keyed.reseeded(seed);
        for machine in &mut self.machines {
            machine.reseed(seed);
        }
    }

    fn construct(
        setup: &Setup,
        deliberate_fault: Option<DeliberateFault>,
    ) -> Result<Self, BuildError> {
        let mut world = Self::with_fault(setup, deliberate_fault);
        pollster::block_on(install::build(&mut world, setup))?;
        for peer in world.peers() {
            world.machine_mut(peer).keep_old_copies();
        }
        Ok(world)
    }

    /// Whether there is a trace. The run is the same without one, and faster.
    pub fn set_traced(&mut self, on: bool) {
        self.traced = on;
        for machine in &mut self.machines {
            machine.set_traced(on);
        }
    }

    /// Drops the trace so far.
    pub fn forget_trace(&mut self) {
        self.trace = Trace::default();
    }

    /// Whether nothing is wrong with the network.
    pub fn network_is_whole(&self) -> bool {
        self.links.is_whole()
    }

    /// The trace so far.
    pub const fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Takes the events since the last time out of the world, so that copies of it stay small.
    pub fn take_events(&mut self) -> Vec<TraceEvent> {
        std::mem::take(&mut self.trace.events)
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

/// How many different constructions of an initial state there are: enough for every order of the
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

    /// The setup with the seed for which its construction is drawn.
    fn key(setup: &Setup) -> Setup {
        Setup {
            seed: setup.seed % CONSTRUCTIONS,
            ..setup.clone()
        }
    }

    /// What [`World::build`] gives, without a trace.
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
        world.reseed(setup.seed);
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
