//! The faults that a scenario can apply to a cluster.

use serde::{Deserialize, Serialize};

use super::name::NodeName;
use super::time::Span;

/// A file that can be damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum StateFile {
    /// The replicator's saved state.
    #[serde(rename = "grastate.dat")]
    Grastate,
    /// The saved view of the last primary component.
    #[serde(rename = "gvwstate.dat")]
    Gvwstate,
    /// The write-set cache.
    #[serde(rename = "galera.cache")]
    GaleraCache,
}

impl StateFile {
    /// The file's name in the data folder.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grastate => "grastate.dat",
            Self::Gvwstate => "gvwstate.dat",
            Self::GaleraCache => "galera.cache",
        }
    }
}

/// How a file is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Damage {
    /// The name is gone.
    Delete,
    /// The file is there and has no bytes.
    Empty,
    /// The file holds bytes that mean nothing.
    Garbage,
    /// A copy taken at the end of the initial state has been put back.
    OldCopy,
}

/// A fault. All faults of one call of [`Testbed::apply`] happen in the same instant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Fault {
    /// SIGKILL of the server; nobody starts it again until somebody does.
    Terminate(NodeName),
    /// SIGKILL of the server; the supervisor may start it again.
    Crash(NodeName),
    /// The host loses power: every process is gone, unsynced writes may be lost or torn.
    PowerOff(NodeName),
    /// The host boots again, and with it the MariaDB service.
    PowerOn(NodeName),
    /// SIGSTOP of the server.
    Hang(NodeName),
    /// SIGCONT of the server.
    Resume(NodeName),
    /// Nothing passes from the one node to the other any more; the other way is open.
    Cut {
        /// The sender that is not heard.
        from: NodeName,
        /// The receiver that hears nothing.
        to: NodeName,
    },
    /// Nodes of different groups do not reach each other; nodes of one group do.
    Partition(Vec<Vec<NodeName>>),
    /// Every cut, loss and added latency ends.
    Heal,
    /// Added one-way latency on everything that reaches or leaves the node.
    Latency {
        /// The node.
        node: NodeName,
        /// The added latency.
        by: Span,
    },
    /// A part of the packets that reach the node is lost.
    Loss {
        /// The node.
        node: NodeName,
        /// Lost packets of a hundred.
        percent: u8,
    },
    /// The links of the node are cut and healed in turn.
    Flap {
        /// The node.
        node: NodeName,
        /// How long a cut lasts, and how long the time between two cuts.
        period: Span,
    },
    /// A file of the node is damaged.
    Damage {
        /// The node.
        node: NodeName,
        /// The file.
        file: StateFile,
        /// How.
        how: Damage,
    },
    /// Writes to the node's disk fail.
    DiskFull(NodeName),
    /// The node's data folder is empty, as after a replaced disk.
    DiskLost(NodeName),
    /// A running state transfer to or from the node breaks off.
    InterruptTransfer(NodeName),
    /// The next orderly stop of the node's server does not end by itself.
    StopHangs(NodeName),
    /// A session takes the global read lock (FLUSH TABLES WITH READ LOCK) and keeps it.
    ReadLock(NodeName),
    /// That session ends.
    ReadUnlock(NodeName),
    /// The mail back end of the node ends.
    BackendStop(NodeName),
    /// The node's clock jumps forward.
    ClockJump {
        /// The node.
        node: NodeName,
        /// By how much.
        by: Span,
    },
}

impl Fault {
    /// The fault's name in a scenario file.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Terminate(_) => "terminate",
            Self::Crash(_) => "crash",
            Self::PowerOff(_) => "power_off",
            Self::PowerOn(_) => "power_on",
            Self::Hang(_) => "hang",
            Self::Resume(_) => "resume",
            Self::Cut { .. } => "cut",
            Self::Partition(_) => "partition",
            Self::Heal => "heal",
            Self::Latency { .. } => "latency",
            Self::Loss { .. } => "loss",
            Self::Flap { .. } => "flap",
            Self::Damage { .. } => "damage",
            Self::DiskFull(_) => "disk_full",
            Self::DiskLost(_) => "disk_lost",
            Self::InterruptTransfer(_) => "interrupt_transfer",
            Self::StopHangs(_) => "stop_hangs",
            Self::ReadLock(_) => "read_lock",
            Self::ReadUnlock(_) => "read_unlock",
            Self::BackendStop(_) => "backend_stop",
            Self::ClockJump { .. } => "clock_jump",
        }
    }
}

/// What became of a fault.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FaultOutcome {
    /// It took effect; the receipt is the evidence.
    Applied(String),
    /// It had nothing to act on, and why.
    Skipped(String),
    /// This engine cannot do it, and why.
    Unsupported(String),
}
