//! The reason why acknowledged rows are lost, and what may excuse a safety finding.
//!
//! Both are enums that print themselves: whoever decides something looks at the variant, and the
//! sentence is for people.

use std::fmt;

use seatrial_port::{NodeName, StateFile};

/// An excuse for a safety finding: something that a person did or set, or one of the three ways in
/// which Galera itself loses what was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Excuse {
    /// A server writes its log to disk later than at each commit.
    Durability,
    /// A file of the node was damaged.
    Damaged(StateFile, NodeName),
    /// The node's disk was lost.
    DiskLost(NodeName),
    /// The node's disk was put back to an earlier state, or is that of another node.
    DiskReplaced(NodeName),
    /// `safe_to_bootstrap` was forced on the node.
    BootstrapForced(NodeName),
    /// The node's data folder was emptied.
    DataRemoved(NodeName),
    /// `pc.bootstrap` was set on the node.
    PcBootstrap(NodeName),
    /// State files of the node were edited.
    FilesEdited(NodeName),
    /// The node ran on without quorum, or hung, and its older state won.
    LeftBehind(NodeName),
    /// The node joined, its donor left, and its gvwstate.dat names itself alone.
    LeftAlone(NodeName),
    /// All who held the row were killed, and its last holders twice.
    KilledAgain(NodeName),
}

impl fmt::Display for Excuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Durability => f.write_str("innodb_flush_log_at_trx_commit is not 1"),
            Self::Damaged(file, node) => write!(f, "{} of {node} was damaged", file.name()),
            Self::DiskLost(node) => write!(f, "the disk of {node} was lost"),
            Self::DiskReplaced(node) => write!(
                f,
                "the data folder of {node} was replaced by a copy of another time or node"
            ),
            Self::BootstrapForced(node) => write!(f, "safe_to_bootstrap was forced on {node}"),
            Self::DataRemoved(node) => write!(f, "the data of {node} were removed"),
            Self::PcBootstrap(node) => write!(f, "pc.bootstrap was set on {node}"),
            Self::FilesEdited(node) => write!(f, "state files of {node} were edited"),
            Self::LeftBehind(node) => {
                write!(
                    f,
                    "{node} was left behind, and the group went on from its older state"
                )
            }
            Self::LeftAlone(node) => write!(
                f,
                "{node} was left alone while it joined, and its gvwstate.dat names nobody else"
            ),
            Self::KilledAgain(node) => write!(
                f,
                "{node} and those who hold more were killed, and these once more"
            ),
        }
    }
}

/// The most likely cause of a loss of acknowledged rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LossCause {
    /// There were two primary components, and one of them still serves the row.
    SplitBrainHeld,
    /// There were two primary components, and the one that held the row is gone.
    SplitBrainGivenUp,
    /// Nodes still hold the row, and none of them was the first of the new cluster.
    NotChosen {
        /// Those nodes, as a sentence names them.
        holders: String,
    },
    /// The only copies were on a disk that was lost.
    DiskLost(NodeName),
    /// The only copies were in a data folder that a copy of another time or node has replaced.
    DiskReplaced(NodeName),
    /// A server had not yet written the row to its disk.
    Durability,
    /// Only the node that acknowledged the row had applied it.
    ApplyLag,
    /// A state transfer overwrote the nodes that held the row.
    TransferWipe,
}

impl fmt::Display for LossCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SplitBrainHeld => f.write_str("split brain: one side of it still holds the row"),
            Self::SplitBrainGivenUp => {
                f.write_str("split brain: the side that held the row was given up")
            }
            Self::NotChosen { holders } => {
                write!(
                    f,
                    "procedure: {holders} still holds the row and was not chosen"
                )
            }
            Self::DiskLost(node) => write!(f, "{}", Excuse::DiskLost(node.clone())),
            Self::DiskReplaced(node) => write!(f, "{}", Excuse::DiskReplaced(node.clone())),
            Self::Durability => {
                write!(f, "durability setting: {}", Excuse::Durability)
            }
            Self::ApplyLag => {
                f.write_str("apply lag: no node but the one that acknowledged had applied the row")
            }
            Self::TransferWipe => {
                f.write_str("state transfer wipe: nodes that held the row were overwritten")
            }
        }
    }
}
