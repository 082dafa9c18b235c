//! Runs that are halted between two steps, kept, and gone on with in more than one way.
//!
//! A search over states would otherwise play the same first steps again for each of them. What a run
//! played in parts comes to is what it comes to as a whole: the same runner plays both.

use std::collections::BTreeMap;

use crate::language::{Scenario, Step};
use crate::observation::Observation;
use crate::oracles::{Deeds, Watch, choices};
use crate::record::{Choice, Namer, RunRecord};
use crate::testbed::{NodeName, Testbed};
use crate::time::Span;

use super::options::RunOptions;
use super::requests::Requests;
use super::run::Runner;

/// A run between two steps: everything but the testbed.
#[derive(Clone, Debug)]
pub struct Halted {
    step: u32,
    began: Span,
    deadline: Span,
    over_limit: bool,
    record: RunRecord,
    requests: Requests,
    deeds: Deeds,
    replay: String,
    row_count: u32,
    load_count: u32,
    unsupported: bool,
    watch: Watch,
    namer: Namer,
}

impl Halted {
    /// How many steps have been played.
    pub const fn steps(&self) -> u32 {
        self.step
    }

    /// Whether a row is known to its client as committed.
    pub fn is_acknowledged(&self, tag: &str) -> bool {
        let mut writes = self.record.writes.iter();
        writes.any(|write| write.tag == tag && write.is_acknowledged())
    }

    /// What each node would lose as the first of a new cluster, of what clients know to be committed.
    pub fn choices(&self, observation: &Observation) -> Vec<Choice> {
        choices(&self.record.writes, observation)
    }

    /// Drops what the record says of the past and no verdict looks at: observations, commands, faults.
    pub fn forget_the_past(&mut self) {
        self.record.observations = Vec::new();
        self.record.faults = Vec::new();
        // Requests that still run are written down where they began.
        for command in &mut self.record.commands {
            command.output = None;
        }
    }

    /// The nodes have other names from here on, and had them before. The record's own list of
    /// observations, commands and faults keeps the old ones.
    pub fn rename(&mut self, names: &BTreeMap<NodeName, NodeName>) {
        let new = |name: &NodeName| names.get(name).unwrap_or(name).clone();
        for write in &mut self.record.writes {
            write.node = new(&write.node);
        }
        let deeds = &mut self.deeds;
        for set in [
            &mut deeds.hung,
            &mut deeds.powered_off,
            &mut deeds.read_locked,
            &mut deeds.tampered,
        ] {
            *set = set.iter().map(new).collect();
        }
    }
}

impl<'a, T: Testbed> Runner<'a, T> {
    fn resume(
        testbed: &'a mut T,
        scenario: &'a Scenario,
        options: &'a RunOptions,
        halted: Halted,
    ) -> Self {
        Self {
            timers: options.timers.or(scenario.timers).unwrap_or_default(),
            step: halted.step,
            began: halted.began,
            deadline: halted.deadline,
            over_limit: halted.over_limit,
            record: halted.record,
            requests: halted.requests,
            load: None,
            deeds: halted.deeds,
            replay: halted.replay,
            row_count: halted.row_count,
            load_count: halted.load_count,
            unsupported: halted.unsupported,
            watch: halted.watch,
            namer: halted.namer,
            testbed,
            scenario,
            options,
        }
    }

    fn halt(self) -> Halted {
        Halted {
            step: self.step,
            began: self.began,
            deadline: self.deadline,
            over_limit: self.over_limit,
            record: self.record,
            requests: self.requests,
            deeds: self.deeds,
            replay: self.replay,
            row_count: self.row_count,
            load_count: self.load_count,
            unsupported: self.unsupported,
            watch: self.watch,
            namer: self.namer,
        }
    }
}

/// Begins a run on a cluster in its initial state, and halts it before the first step.
pub async fn begin<T: Testbed>(
    testbed: &mut T,
    scenario: &Scenario,
    options: &RunOptions,
) -> Halted {
    let mut runner = Runner::new(testbed, scenario, options);
    runner.look_at_the_start().await;
    runner.halt()
}

/// Goes on with some steps. A load does not survive a halt, so none of them may begin one.
pub async fn go_on<T: Testbed>(
    testbed: &mut T,
    scenario: &Scenario,
    options: &RunOptions,
    halted: Halted,
    steps: &[Step],
) -> Halted {
    let mut runner = Runner::resume(testbed, scenario, options, halted);
    let mut steps = steps.iter().peekable();
    while let Some(step) = steps.next() {
        runner.play_step(step, steps.peek().copied()).await;
    }
    runner.halt()
}

/// Ends every fault that lasts and waits for rest, as the second phase begins.
pub async fn heal<T: Testbed>(
    testbed: &mut T,
    scenario: &Scenario,
    options: &RunOptions,
    halted: Halted,
) -> Halted {
    let mut runner = Runner::resume(testbed, scenario, options, halted);
    runner.heal().await;
    runner.rest().await;
    runner.halt()
}

/// Plays the second phase and closes the record.
pub async fn conclude<T: Testbed>(
    testbed: &mut T,
    scenario: &Scenario,
    options: &RunOptions,
    halted: Halted,
) -> RunRecord {
    let mut runner = Runner::resume(testbed, scenario, options, halted);
    runner.finish_with_the_second_phase().await;
    runner.finish()
}
