//! The deeds done to a cluster, as far as an oracle needs them.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_port::{Fault, NodeName, NodeObservation, Observation, Options, ProcessState};

use super::cause::Excuse;
use super::rows::{is_primary, is_synced, reversed, rows};

/// The deeds done to the cluster so far, as far as an oracle needs them.
///
/// The runner tells it of faults, commands and observations. Every oracle reads it. It decides nothing but
/// which excuse explains what is seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deeds {
    /// The excuses for a safety finding: forces, damage, settings.
    pub excuses: BTreeSet<Excuse>,
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
    /// The nodes whose files a person has changed: their content is no evidence any more.
    pub tampered: BTreeSet<NodeName>,
    /// The states that the scenario waited for and that did not come, in words.
    pub unreached: Vec<String>,
    /// Nodes whose server was killed or lost its power.
    killed: BTreeSet<NodeName>,
    /// Those to which that has happened more than once.
    killed_again: BTreeSet<NodeName>,
    /// Nodes that were last seen down, starting or joining: what they knew of the group is in files alone.
    incomplete: BTreeSet<NodeName>,
    /// Nodes that were seen to wait for a donor in a view of their own alone.
    left_alone: BTreeSet<NodeName>,
    /// Nodes that ran on without quorum, or hung while others may have gone on, and have not been seen
    /// complete since.
    left_behind: BTreeSet<NodeName>,
}

impl Deeds {
    /// Gives the nodes other names, as far as lasting faults and tampered files go.
    pub(in crate::trial) fn rename(&mut self, names: &BTreeMap<NodeName, NodeName>) {
        let new = |name: &NodeName| names.get(name).unwrap_or(name).clone();
        for set in [
            &mut self.hung,
            &mut self.powered_off,
            &mut self.read_locked,
            &mut self.tampered,
        ] {
            *set = set.iter().map(new).collect();
        }
    }

    /// Returns the excuses as the record shows them: their sentences, sorted.
    pub fn excuse_texts(&self) -> Vec<String> {
        let texts: BTreeSet<String> = self.excuses.iter().map(Excuse::to_string).collect();
        texts.into_iter().collect()
    }

    /// Takes note of the settings with which the nodes run.
    pub fn settings(&mut self, options: &Options) {
        let all = options
            .node_settings
            .values()
            .chain(std::iter::once(&options.settings));
        for settings in all {
            let flush = settings.get("innodb_flush_log_at_trx_commit");
            if flush.is_some_and(|flush| flush != "1") {
                self.excuses.insert(Excuse::Durability);
            }
        }
    }

    /// Takes note of what is seen. Galera itself loses what was acknowledged, with nobody forcing anything,
    /// in three ways, of which real nodes have shown the first two:
    ///
    /// - A node that was left behind puts an older primary view together again, once those who had gone on
    ///   without it have been killed and started. Identities are compared without incarnations there, and
    ///   a view of gvwstate.dat does not count beside one that somebody remembers
    ///   (`gcomm/src/pc_proto.cpp:is_prim`). Or those who had gone on are joiners without a donor: the only
    ///   complete node leads, however old its state (`gcs_state_msg.cpp:gcs_state_msg_get_quorum`).
    /// - A joiner whose donor has left is a primary component by itself, writes that into its gvwstate.dat,
    ///   and becomes primary by its next start.
    /// - All are killed while a row is on one disk only, and so is its holder again before the others have
    ///   heard of it.
    pub fn saw(&mut self, observation: &Observation) {
        for (name, node) in &observation.nodes {
            if !is_primary(node) {
                if node.process == ProcessState::Running && node.cluster_status.is_some() {
                    self.left_behind.insert(name.clone());
                }
                continue;
            }
            if let Some(excuse) = self.excuse(name, node, observation) {
                self.excuses.insert(excuse);
            }
        }
        for (name, node) in &observation.nodes {
            // A node that serves, or that runs without quorum and remembers what it had.
            let complete = is_primary(node) && is_synced(node);
            if complete || node.process == ProcessState::Running && !is_primary(node) {
                self.incomplete.remove(name);
            } else {
                self.incomplete.insert(name.clone());
            }
            let view = node.gvwstate.as_ref().map(|file| &file.members);
            let alone = view.is_some_and(|members| *members == [name.to_string()]);
            if alone && node.process == ProcessState::Waiting {
                self.left_alone.insert(name.clone());
            }
        }
    }

    /// Returns the reason why a primary node lacks rows of others, where that is Galera's own doing.
    fn excuse(
        &mut self,
        name: &NodeName,
        node: &NodeObservation,
        observation: &Observation,
    ) -> Option<Excuse> {
        let behind = self.left_behind.contains(name);
        let alone = self.left_alone.contains(name);
        let killed = self.killed.contains(name);
        if !behind && !alone && !killed {
            return None;
        }
        let own = rows(node)?;
        // Rows tell only where clients have written; who aborts, being ahead of the group, tells it too.
        let holds_more = |(other, node): &(&NodeName, &NodeObservation)| {
            let more = || rows(node).is_some_and(|rows| !rows.is_subset(&own));
            *other != name && (reversed(node).is_some() || more())
        };
        let ahead = observation.nodes.iter().filter(holds_more);
        let ahead: Vec<&NodeName> = ahead.map(|(other, _)| other).collect();
        if ahead.is_empty() {
            self.left_behind.remove(name);
            self.left_alone.remove(name);
            return None;
        }
        let gone =
            |other: &&NodeName| self.killed.contains(*other) || self.incomplete.contains(*other);
        if (behind || alone) && ahead.iter().all(gone) {
            return Some(if behind {
                Excuse::LeftBehind(name.clone())
            } else {
                Excuse::LeftAlone(name.clone())
            });
        }
        let killed = killed && ahead.iter().all(|other| self.killed_again.contains(*other));
        killed.then(|| Excuse::KilledAgain(name.clone()))
    }

    /// Takes note of a fault that was applied.
    pub fn fault(&mut self, fault: &Fault) {
        if let Fault::Terminate(node) | Fault::Crash(node) | Fault::PowerOff(node) = fault {
            if !self.killed.insert(node.clone()) {
                self.killed_again.insert(node.clone());
            }
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
            // While it is suspended, it is not seen without quorum, but it remembers its view as well.
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
                self.excuses.insert(Excuse::Damaged(*file, node.clone()));
            }
            Fault::DiskLost(node) => {
                self.tampered.insert(node.clone());
                self.excuses.insert(Excuse::DiskLost(node.clone()));
            }
            Fault::DiskCloned { to: node, .. }
            | Fault::DiskRestored { node, .. }
            | Fault::DataRestored { node, .. } => {
                self.tampered.insert(node.clone());
                self.excuses.insert(Excuse::DiskReplaced(node.clone()));
            }
            // No other fault excuses a finding, or lasts until an action ends it.
            _ => {}
        }
    }

    /// Records a command line that is typed.
    pub fn command(&mut self, node: &NodeName, line: &str) {
        if line.contains("--force-safe-to-bootstrap") {
            self.tampered.insert(node.clone());
            self.excuses.insert(Excuse::BootstrapForced(node.clone()));
        }
        if line.contains("rm -rf") {
            self.tampered.insert(node.clone());
            self.excuses.insert(Excuse::DataRemoved(node.clone()));
        }
        if line.contains("pc.bootstrap") {
            self.excuses.insert(Excuse::PcBootstrap(node.clone()));
        }
        let files = ["grastate.dat", "gvwstate.dat", "galera.cache"];
        let edits = ["sed -i", "rm ", "mv ", "cp ", "> ", "tee "];
        if files.iter().any(|file| line.contains(file))
            && edits.iter().any(|edit| line.contains(edit))
        {
            self.tampered.insert(node.clone());
            self.excuses.insert(Excuse::FilesEdited(node.clone()));
        }
    }
}
