//! The witness: it asks the oracles during a run.

use std::collections::BTreeMap;

use seatrial_port::{Fault, NodeName, Observation, Options};

use crate::trial::oracles::{Deeds, OracleContext, Watch};
use crate::trial::record::{CommandRecord, Finding};

use super::journal::Journal;

/// The oracles' knowledge about a run: the deeds, and the observations.
///
/// Owns the deeds and the oracles. The runner tells it of faults and commands and shows it
/// observations. It reads the journal and writes nothing into it, and it touches no cluster.
#[derive(Clone, Debug)]
pub(super) struct Witness {
    deeds: Deeds,
    watch: Watch,
}

impl Witness {
    /// The oracles of a run whose nodes have these options.
    pub(super) fn new(options: &Options) -> Self {
        let mut deeds = Deeds::default();
        deeds.settings(options);
        Self {
            deeds,
            watch: Watch::default(),
        }
    }

    /// Returns the deeds so far.
    pub(super) const fn deeds(&self) -> &Deeds {
        &self.deeds
    }

    /// Hears of a fault that was applied.
    pub(super) fn hear_of_fault(&mut self, fault: &Fault) {
        self.deeds.fault(fault);
    }

    /// Records a line that is typed.
    pub(super) fn hear_of_line(&mut self, node: &NodeName, line: &str) {
        self.deeds.command(node, line);
    }

    /// Hears of the lines that a procedure has typed.
    pub(super) fn hear_of_commands(&mut self, commands: &[CommandRecord]) {
        for command in commands {
            self.hear_of_line(&command.node, &command.line);
        }
    }

    /// Records a state that the scenario waited for and that did not come.
    pub(super) fn hear_of_unreached(&mut self, state: String) {
        self.deeds.unreached.push(state);
    }

    /// Sees an observation, and returns what the oracles find in it for the first time.
    pub(super) fn see(
        &mut self,
        observation: &Observation,
        at_rest: bool,
        journal: &Journal,
    ) -> Vec<Finding> {
        self.deeds.saw(observation);
        let context = OracleContext {
            step: journal.step(),
            at_rest,
            writes: &journal.record().writes,
            procedures: &journal.record().procedures,
            deeds: &self.deeds,
            replay: journal.replay(),
        };
        self.watch.look(&context, observation)
    }

    /// Gives the nodes other names.
    pub(super) fn rename(&mut self, names: &BTreeMap<NodeName, NodeName>) {
        self.deeds.rename(names);
    }
}
