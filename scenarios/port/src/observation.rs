//! The observable state of a cluster at an instant, in the words of `results.json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::name::NodeName;
use super::time::Span;

/// The state of a node's server process.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ProcessState {
    /// The process runs and its SQL port answers; of an arbitrator: the process runs.
    Running,
    /// The process runs and has no SQL port: it waits for a primary component, or receives a snapshot.
    Waiting,
    /// There is no process.
    Exited,
}

impl ProcessState {
    /// Returns the word of scenario files and of `results.json`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Exited => "exited",
        }
    }
}

/// grastate.dat as it is on disk.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct GrastateSeen {
    /// The state uuid, `zero` for the nil uuid; a file of no bytes reads `zero`.
    pub uuid: String,
    /// The position, -1 for undefined.
    pub seqno: i64,
    /// 0 or 1; a file of no bytes reads 1.
    pub safe_to_bootstrap: u8,
}

/// gvwstate.dat as it is on disk.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct GvwstateSeen {
    /// The names of the nodes in the saved view, sorted; empty where the file cannot be read.
    pub members: Vec<String>,
}

/// One transaction in a node's history, as only a simulated engine can show it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct HistoryEntry {
    /// The state uuid under which it was committed.
    pub uuid: String,
    /// Its position.
    pub seqno: i64,
    /// The tag of the row, or a name for what else took the position (`view`, `ddl:…`).
    pub tag: String,
}

impl HistoryEntry {
    /// The tag of a position that a change of view took.
    pub const VIEW: &str = "view";

    /// Returns whether a change of view took the position, and no transaction.
    pub fn is_view(&self) -> bool {
        self.tag.starts_with(Self::VIEW)
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands a reference over"
)]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// One node at an instant. Fields that do not apply are `None`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct NodeObservation {
    /// The node runs an arbitrator (garbd), which has no port, no files and no rows.
    #[serde(default, skip_serializing_if = "is_false")]
    pub arbitrator: bool,
    /// The state of the process.
    pub process: ProcessState,
    /// Exit code of the last process (128 plus the signal), when there is none now.
    pub exit: Option<i32>,
    /// The last process has said that it is ahead of its group ("Reversing history"), and there is none now.
    #[serde(default, skip_serializing_if = "is_false")]
    pub reversed: bool,
    /// `wsrep_cluster_status`.
    pub cluster_status: Option<String>,
    /// `wsrep_cluster_size`.
    pub cluster_size: Option<u32>,
    /// `wsrep_ready`.
    pub ready: Option<String>,
    /// `wsrep_connected`.
    pub connected: Option<String>,
    /// `wsrep_local_state_comment`.
    pub local_state: Option<String>,
    /// `wsrep_cluster_conf_id`, as printed.
    pub conf_id: Option<String>,
    /// `wsrep_last_committed`.
    pub last_committed: Option<i64>,
    /// `wsrep_cluster_state_uuid`: raw from an engine, `U1`, `U2` … or `zero` in a record.
    pub state_uuid: Option<String>,
    /// `wsrep_local_state_uuid`, in the same way.
    pub local_state_uuid: Option<String>,
    /// grastate.dat, `None` where there is no such file.
    pub grastate: Option<GrastateSeen>,
    /// gvwstate.dat, `None` where there is no such file.
    pub gvwstate: Option<GvwstateSeen>,
    /// The tags of the rows that the node holds, sorted; of a stopped node those on its disk.
    pub rows: Option<Vec<String>>,
    /// The node's history in order, where the engine can show it. Not part of `results.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<Vec<HistoryEntry>>,
}

impl NodeObservation {
    /// Returns a node that was installed and never started.
    pub const fn absent() -> Self {
        Self {
            arbitrator: false,
            process: ProcessState::Exited,
            exit: None,
            reversed: false,
            cluster_status: None,
            cluster_size: None,
            ready: None,
            connected: None,
            local_state: None,
            conf_id: None,
            last_committed: None,
            state_uuid: None,
            local_state_uuid: None,
            grastate: None,
            gvwstate: None,
            rows: None,
            history: None,
        }
    }
}

/// All nodes at an instant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// When, since the run's start.
    pub at: Span,
    /// The nodes by name.
    pub nodes: BTreeMap<NodeName, NodeObservation>,
}
