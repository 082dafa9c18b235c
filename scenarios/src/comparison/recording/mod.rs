//! Recorded runs of a real cluster, and their replay on an engine.
//!
//! A recording is a list of steps: what was done, and what each node then showed. Provenance: MariaDB
//! 10.11.18 with Galera 26.4.23, three containers, measured 2026-11-23. How the files are made, and
//! what of a run they leave out, stands in `scenarios/recordings/README.md`.
//!
//! The replay looks at a node when nothing changes any more, or at once if a step says `"look": "now"`.
//! `compare.rs` decides which fields are compared. It leaves out what the real cluster itself does not repeat.

mod compare;
mod replay;

use std::collections::BTreeMap;

use seatrial_port::predicate::{NodePredicate, Predicate};
use seatrial_port::{
    Damage, ForceEdit, GrastateSeen, GvwstateSeen, Initial, NodeName, NodeObservation, Options,
    ProcessState, Setup, StateFile, Timers,
};
use serde::{Deserialize, Serialize};

pub use compare::{Disagreement, FieldScore, Replay};

/// A recorded run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// Its short name.
    pub name: String,
    /// The title.
    pub title: String,
    /// The timeouts.
    pub timers: Timers,
    /// Provider and server options beyond the timeouts.
    pub settings: BTreeMap<String, String>,
    /// The way in which the state file was forced.
    pub force: ForceEdit,
    /// The state of the cluster before the first step.
    #[serde(default)]
    pub initial: Initial,
    /// Whether positions can be compared. They cannot under a load, whose rows were not counted.
    #[serde(default = "yes")]
    pub positions: bool,
    /// The expectation about the rows of a load at the end.
    pub load: Option<LoadEnd>,
    /// The parts of the real run that are not replayed, and why.
    #[serde(default)]
    pub left_out: Vec<LeftOut>,
    /// The rows at the end, of the nodes that could be read.
    pub final_rows: BTreeMap<NodeName, Vec<String>>,
    /// The steps; the first one is the initial state where it does nothing.
    pub steps: Vec<RecordedStep>,
}

const fn yes() -> bool {
    true
}

/// The end of a load of unnumbered rows.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadEnd {
    /// No acknowledged row was lost.
    pub rows_kept: bool,
}

/// A part of a real run that is not replayed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
}

/// When the nodes are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Look {
    /// When nothing changes any more.
    #[default]
    Rest,
    /// As soon as the actions of the step are done.
    Now,
}

/// One step.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedStep {
    /// The actions, in order.
    #[serde(rename = "do")]
    pub actions: Vec<RecordedAction>,
    /// When was looked.
    #[serde(default)]
    pub look: Look,
    /// Fields that the real cluster does not repeat in this step, with the reason.
    #[serde(default)]
    pub unstable: Vec<Unstable>,
    /// The observation after the actions.
    pub observed: BTreeMap<NodeName, RecordedNode>,
    /// The other outcomes: the real cluster has several outcomes here.
    #[serde(default, rename = "or")]
    pub alternatives: Vec<Alternative>,
}

/// Fields that are not compared in a step.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unstable {
    /// Their names, as in a [`Disagreement`].
    pub fields: Vec<String>,
    /// The nodes; all of them if none is named.
    #[serde(default)]
    pub nodes: Vec<NodeName>,
    /// Why.
    pub why: String,
}

/// Another outcome of a step.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alternative {
    /// The event that happened instead.
    pub title: String,
    /// The nodes that then show something else than recorded.
    pub observed: BTreeMap<NodeName, RecordedNode>,
    /// The steps after it were not recorded for this outcome.
    #[serde(default)]
    pub ends: bool,
}

/// One action.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum RecordedAction {
    /// Writes a row, and waits for its end, at most 20 s.
    Write {
        /// Where.
        node: NodeName,
        /// The row's tag.
        tag: String,
        /// The result: `acknowledged`, `refused 1047`, `timeout`.
        result: String,
    },
    /// A row is sent, and the next action follows in the same instant.
    BeginWrite {
        /// Where.
        node: NodeName,
        /// The row's tag.
        tag: String,
    },
    /// The end of that.
    EndWrite {
        /// Where.
        node: NodeName,
        /// The row's tag.
        tag: String,
        /// The result.
        result: String,
    },
    /// Large rows into a table of their own, one transaction each. The observers did not read it.
    Blobs {
        /// Where.
        node: NodeName,
        /// How many.
        rows: u32,
    },
    /// A change of the schema.
    Ddl {
        /// Where.
        node: NodeName,
        /// The name of the change.
        tag: String,
    },
    /// Sends SIGTERM to all in one instant, and waits for their ends, at most 15 s.
    Stop {
        /// The node of the server.
        nodes: Vec<NodeName>,
    },
    /// A plain start with `galera_recovery`, all in one instant.
    Start {
        /// The node of the server.
        nodes: Vec<NodeName>,
    },
    /// Stop and start, all in one instant.
    Restart {
        /// The node of the server.
        nodes: Vec<NodeName>,
    },
    /// A start with `--wsrep-new-cluster`.
    Bootstrap {
        /// The node of the server.
        nodes: Vec<NodeName>,
        /// The end of the command, if it fails.
        exit: Option<i32>,
        /// The line of the log after that.
        logs: Option<String>,
    },
    /// `safe_to_bootstrap` is set to 1.
    Force {
        /// In whose state file.
        nodes: Vec<NodeName>,
    },
    /// `pc.bootstrap=YES`.
    PcBootstrap {
        /// On which server.
        nodes: Vec<NodeName>,
    },
    /// `--wsrep-recover`.
    Recover {
        /// On which node.
        nodes: Vec<NodeName>,
        /// The position that it says.
        recovered: String,
    },
    /// SIGKILL, all in one instant.
    Terminate {
        /// The node of the server.
        nodes: Vec<NodeName>,
    },
    /// SIGSTOP.
    Hang {
        /// The node of the server.
        nodes: Vec<NodeName>,
    },
    /// SIGCONT.
    Resume {
        /// The node of the server.
        nodes: Vec<NodeName>,
    },
    /// A session takes the global read lock, and a second passes.
    ReadLock {
        /// On which server.
        nodes: Vec<NodeName>,
    },
    /// The data folder is replaced by an empty one.
    LoseDisk {
        /// Whose.
        nodes: Vec<NodeName>,
    },
    /// A state file is damaged.
    Damage {
        /// Whose.
        node: NodeName,
        /// Which.
        file: StateFile,
        /// How.
        how: Damage,
    },
    /// The network falls into groups.
    Partition {
        /// The groups; nodes of one group reach each other.
        groups: Vec<Vec<NodeName>>,
    },
    /// No packet passes from the first group to the second.
    Cut {
        /// Senders and receivers.
        groups: (Vec<NodeName>, Vec<NodeName>),
    },
    /// A part of what reaches a node is lost.
    Loss {
        /// The node whose packets are lost.
        node: NodeName,
        /// Lost packets of a hundred.
        percent: u8,
    },
    /// The network is whole again.
    Heal,
    /// Time passes.
    Wait {
        /// The amount, in seconds.
        seconds: f64,
    },
    /// Time passes until a node shows something.
    Until {
        /// Who.
        node: NodeName,
        /// What.
        until: UntilState,
        /// The longest time, in seconds.
        within_seconds: f64,
        /// The time that it took on real nodes, with what a noisy machine adds: least and most.
        bounds_seconds: Option<(f64, f64)>,
    },
    /// Clients begin to write all the time.
    Load {
        /// Where.
        nodes: Vec<NodeName>,
        /// The number of clients on each node.
        clients: usize,
    },
    /// They end.
    EndLoad,
}

/// The state of a node that a recording waits for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UntilState {
    cluster_status: Option<String>,
    cluster_size: Option<u32>,
    local_state: Option<String>,
    ready: Option<String>,
    process: Option<ProcessState>,
}

impl UntilState {
    fn of(&self, node: &NodeName) -> Predicate {
        let wanted = NodePredicate {
            cluster_status: self.cluster_status.clone(),
            cluster_size: self.cluster_size,
            local_state: self.local_state.clone(),
            ready: self.ready.clone(),
            process: self.process,
            ..NodePredicate::default()
        };
        Predicate {
            nodes: vec![(node.clone(), wanted)],
            ..Predicate::default()
        }
    }
}

/// The observation of a node.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedNode {
    process: ProcessState,
    exit: Option<i32>,
    cluster_status: Option<String>,
    cluster_size: Option<u32>,
    ready: Option<String>,
    connected: Option<String>,
    local_state: Option<String>,
    conf_id: Option<String>,
    last_committed: Option<i64>,
    state_uuid: Option<String>,
    local_state_uuid: Option<String>,
    /// The answer to a query of the table: `ok` or the number of the error.
    read: Option<String>,
    rows_n: Option<u32>,
    grastate: Option<GrastateSeen>,
    gvwstate: Option<GvwstateSeen>,
    /// The node's identity in gvwstate.dat, numbered by first appearance.
    identity: Option<usize>,
    write: Option<Probe>,
}

/// A write that the observer itself made right after looking at a node.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    tag: String,
    result: String,
}

impl Recording {
    /// Reads a recording.
    ///
    /// # Errors
    /// When the text is not one.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Returns the recordings that are part of the program, by name.
    ///
    /// # Panics
    /// When one of them is not a recording: a mistake in the file, which a test finds.
    pub fn all() -> Vec<Self> {
        INCLUDED
            .iter()
            .map(|(name, text)| {
                Self::parse(text).unwrap_or_else(|error| panic!("invariant: {name}: {error}"))
            })
            .collect()
    }

    /// Returns whether the real cluster has several outcomes somewhere.
    pub fn is_race(&self) -> bool {
        self.steps.iter().any(|step| !step.alternatives.is_empty())
    }

    /// Returns the cluster on which it was made.
    pub fn setup(&self, seed: u64) -> Setup {
        let options = Options {
            settings: self.settings.clone(),
            force: self.force,
            ..Options::default()
        };
        Setup {
            nodes: ["A", "B", "C"].map(NodeName::new).to_vec(),
            initial: self.initial,
            timers: self.timers,
            options,
            seed,
        }
    }
}

include!(concat!(env!("OUT_DIR"), "/recordings.rs"));

fn counted(node: &NodeObservation) -> usize {
    node.rows
        .iter()
        .flatten()
        .filter(|tag| !is_blob(tag))
        .count()
}

/// Rows of the table that the observers did not read.
fn is_blob(tag: &str) -> bool {
    tag.starts_with('b')
}
