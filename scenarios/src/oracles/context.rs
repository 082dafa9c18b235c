//! What an oracle is told beside the observation.

use std::collections::BTreeSet;

use crate::observation::{NodeObservation, Observation, ProcessState};
use crate::record::{Finding, ProcedureRecord, WriteRecord};
use crate::testbed::{Fault, NodeName, Options};

use super::rows::{is_primary, rows};

/// What was done to the cluster so far, as far as an oracle needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deeds {
    /// What may excuse a safety finding: forces, damage, settings.
    pub forced: BTreeSet<String>,
    /// Whether links are cut.
    pub network_cut: bool,
    /// Whether links are cut, slow or lossy.
    pub network_touched: bool,
    /// Servers under SIGSTOP.
    pub hung: BTreeSet<NodeName>,
    /// Hosts without power.
    pub powered_off: BTreeSet<NodeName>,
    /// Nodes whose tables are locked.
    pub read_locked: BTreeSet<NodeName>,
    /// Nodes whose files somebody has changed: what they say is nobody's word any more.
    pub tampered: BTreeSet<NodeName>,
    /// States that the scenario waited for in vain, in words.
    pub unreached: Vec<String>,
    /// Nodes whose server was killed or lost its power.
    killed: BTreeSet<NodeName>,
    /// Nodes that ran on without quorum, or hung while others may have gone on, and have not been seen
    /// complete since.
    left_behind: BTreeSet<NodeName>,
}

impl Deeds {
    /// Takes note of the settings with which the nodes run.
    pub fn settings(&mut self, options: &Options) {
        let all = options
            .node_settings
            .values()
            .chain(std::iter::once(&options.settings));
        for settings in all {
            let flush = settings.get("innodb_flush_log_at_trx_commit");
            if flush.is_some_and(|flush| flush != "1") {
                self.forced
                    .insert("innodb_flush_log_at_trx_commit is not 1".to_owned());
            }
        }
    }

    /// Takes note of what is seen: a node that was left behind may put an older primary view together
    /// again, once those who had gone on without it have been killed and started. Galera compares
    /// identities without incarnations there, and a view of gvwstate.dat does not count beside one that
    /// somebody remembers (`gcomm/src/pc_proto.cpp:is_prim`): nobody forces it, and what the others had
    /// gone on with is lost.
    pub fn saw(&mut self, observation: &Observation) {
        for (name, node) in &observation.nodes {
            if !is_primary(node) {
                if node.process == ProcessState::Running && node.cluster_status.is_some() {
                    self.left_behind.insert(name.clone());
                }
                continue;
            }
            if !self.left_behind.contains(name) {
                continue;
            }
            let Some(own) = rows(node) else { continue };
            let lacks_rows_of = |(other, node): &(&NodeName, &NodeObservation)| {
                *other != name && rows(node).is_some_and(|rows| !rows.is_subset(&own))
            };
            let mut lacking = observation.nodes.iter().filter(lacks_rows_of).peekable();
            if lacking.peek().is_none() {
                self.left_behind.remove(name);
            } else if lacking.all(|(other, _)| self.killed.contains(other)) {
                self.forced.insert(format!(
                    "{name} was left behind, and an older primary view was put together again"
                ));
            }
        }
    }

    /// Takes note of a fault that was applied.
    pub fn fault(&mut self, fault: &Fault) {
        if let Fault::Terminate(node) | Fault::Crash(node) | Fault::PowerOff(node) = fault {
            self.killed.insert(node.clone());
            self.left_behind.remove(node);
        }
        match fault {
            Fault::Cut { .. } | Fault::Partition(_) | Fault::Flap { .. } => {
                self.network_cut = true;
                self.network_touched = true;
            }
            Fault::Loss { .. } | Fault::Latency { .. } => self.network_touched = true,
            Fault::Heal => {
                self.network_cut = false;
                self.network_touched = false;
            }
            // While it hangs nobody sees it without quorum, yet it remembers its view as well.
            Fault::Hang(node) => {
                self.hung.insert(node.clone());
                self.left_behind.insert(node.clone());
            }
            // A killed process hangs no longer.
            Fault::Resume(node) | Fault::Terminate(node) | Fault::Crash(node) => {
                self.hung.remove(node);
                if !matches!(fault, Fault::Resume(_)) {
                    self.read_locked.remove(node);
                }
            }
            Fault::PowerOff(node) => {
                self.hung.remove(node);
                self.read_locked.remove(node);
                self.powered_off.insert(node.clone());
            }
            Fault::PowerOn(node) => {
                self.powered_off.remove(node);
            }
            Fault::ReadLock(node) => {
                self.read_locked.insert(node.clone());
            }
            Fault::ReadUnlock(node) => {
                self.read_locked.remove(node);
            }
            Fault::Damage { node, file, .. } => {
                self.tampered.insert(node.clone());
                self.forced
                    .insert(format!("{} of {node} was damaged", file.name()));
            }
            Fault::DiskLost(node) => {
                self.tampered.insert(node.clone());
                self.forced.insert(format!("the disk of {node} was lost"));
            }
            Fault::DiskFull(_)
            | Fault::InterruptTransfer(_)
            | Fault::StopHangs(_)
            | Fault::BackendStop(_)
            | Fault::ClockJump { .. } => {}
        }
    }

    /// Takes note of a command line that somebody types.
    pub fn command(&mut self, node: &NodeName, line: &str) {
        if line.contains("--force-safe-to-bootstrap") {
            self.tampered.insert(node.clone());
            self.forced
                .insert(format!("safe_to_bootstrap was forced on {node}"));
        }
        if line.contains("rm -rf") {
            self.tampered.insert(node.clone());
            self.forced
                .insert(format!("the data of {node} were removed"));
        }
        if line.contains("pc.bootstrap") {
            self.forced
                .insert(format!("pc.bootstrap was set on {node}"));
        }
        let files = ["grastate.dat", "gvwstate.dat", "galera.cache"];
        let edits = ["sed -i", "rm ", "mv ", "cp ", "> ", "tee "];
        if files.iter().any(|file| line.contains(file))
            && edits.iter().any(|edit| line.contains(edit))
        {
            self.tampered.insert(node.clone());
            self.forced
                .insert(format!("state files of {node} were edited"));
        }
    }
}

/// What an oracle is told beside the observation.
#[derive(Clone, Copy, Debug)]
pub struct OracleContext<'a> {
    /// The step after which it looks; 0 for the initial state.
    pub step: u32,
    /// Whether the cluster is at rest: what is missing now is not on its way.
    pub at_rest: bool,
    /// Every write so far.
    pub writes: &'a [WriteRecord],
    /// Every procedure so far.
    pub procedures: &'a [ProcedureRecord],
    /// What was done so far.
    pub deeds: &'a Deeds,
    /// The line that replays the run.
    pub replay: &'a str,
}

impl OracleContext<'_> {
    /// A finding of this moment.
    pub fn finding(&self, oracle: &str, message: impl Into<String>) -> Finding {
        Finding {
            oracle: oracle.to_owned(),
            message: message.into(),
            replay: self.replay.to_owned(),
            step: self.step,
        }
    }

    /// The tags of the acknowledged rows.
    pub fn acknowledged(&self) -> impl Iterator<Item = &str> {
        self.writes
            .iter()
            .filter(|write| write.is_acknowledged())
            .map(|write| write.tag.as_str())
    }
}
