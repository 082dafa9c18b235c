//! The functions of a [`Course`] for a search: several steps at a time, the end of a run, and other names.
//!
//! A search over states would otherwise play the same first steps again for each of them. What a run
//! played in parts comes to is what it comes to as a whole: the same runner plays both.

use std::collections::BTreeMap;

use seatrial_language::{Scenario, Step};
use seatrial_port::{NodeName, Observation, Played, Testbed};

use crate::trial::oracles::choices;
use crate::trial::record::{Choice, RunRecord};

use super::course::Course;
use super::options::RunOptions;

impl Course {
    /// Returns the number of steps that have been played.
    pub const fn steps(&self) -> u32 {
        self.journal.step()
    }

    /// Returns whether a row is known to its client as committed.
    pub fn is_acknowledged(&self, tag: &str) -> bool {
        let mut writes = self.record().writes.iter();
        writes.any(|write| write.tag == tag && write.is_acknowledged())
    }

    /// Returns the acknowledged rows that each node would lose as the first of a new cluster.
    pub fn choices(&self, observation: &Observation) -> Vec<Choice> {
        choices(&self.record().writes, observation)
    }

    /// Drops what the record says of the past and no verdict looks at: observations, commands, faults.
    pub fn forget_the_past(&mut self) {
        self.journal.forget_the_past();
    }

    /// The nodes have other names from here on, and had them before. The record's own list of
    /// observations, commands and faults keeps the old ones.
    pub fn rename(&mut self, names: &BTreeMap<NodeName, NodeName>) {
        self.journal.rename(names);
        self.witness.rename(names);
    }

    /// Goes on with some steps.
    #[must_use]
    pub fn go_on<'a>(
        mut self,
        testbed: &'a mut dyn Testbed,
        scenario: &'a Scenario,
        options: &'a RunOptions,
        steps: &'a [Step],
    ) -> Played<'a, Self> {
        Box::pin(async move {
            let mut runner = self.runner(testbed, scenario, options);
            let mut steps = steps.iter().peekable();
            while let Some(step) = steps.next() {
                runner.play_step(step, steps.peek().copied()).await;
            }
            self
        })
    }

    /// Ends every fault that lasts and waits for rest, as the second phase begins.
    #[must_use]
    pub fn heal<'a>(
        mut self,
        testbed: &'a mut dyn Testbed,
        scenario: &'a Scenario,
        options: &'a RunOptions,
    ) -> Played<'a, Self> {
        Box::pin(async move {
            let mut runner = self.runner(testbed, scenario, options);
            runner.heal().await;
            runner.play.rest().await;
            self
        })
    }

    /// Waits for rest, and says whether the cluster came to it.
    #[must_use]
    pub fn rest<'a>(
        mut self,
        testbed: &'a mut dyn Testbed,
        scenario: &'a Scenario,
        options: &'a RunOptions,
    ) -> Played<'a, (Self, bool)> {
        Box::pin(async move {
            let mut runner = self.runner(testbed, scenario, options);
            let at_rest = runner.play.rest().await;
            (self, at_rest)
        })
    }

    /// Plays the second phase and closes the record.
    pub fn conclude<'a>(
        mut self,
        testbed: &'a mut dyn Testbed,
        scenario: &'a Scenario,
        options: &'a RunOptions,
    ) -> Played<'a, RunRecord> {
        Box::pin(async move {
            let mut runner = self.runner(testbed, scenario, options);
            runner.finish_with_the_second_phase().await;
            self.close(testbed, scenario)
        })
    }
}
