//! Findings: what is old, what contradicts itself, what a person must know before anything is started.

mod cluster;
mod node;
mod notes;

use serde::Serialize;

use seatrial_galera::Position;

use crate::event::Failure;
use crate::fact::Source;
use crate::known::Known;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// No bootstrap may be advised before it is explained.
    Stops,
    /// Some of the evidence is doubtful; the decision stands without it.
    Doubts,
    /// Worth knowing.
    Notes,
}

/// What kind of finding it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// A primary component serves.
    Serves,
    /// A server runs without quorum.
    NoQuorum,
    /// A server runs and waits for other members.
    Waits,
    /// A server runs, and nothing says what it does.
    Runs,
    /// A log ends without a stop.
    MayRun,
    /// The latest run failed.
    RunFailed,
    /// The tables of the server itself are missing.
    NoSystemTables,
    /// A recovered position is older than what the log shows after it.
    OldPosition,
    /// Another recovery run said something else before.
    EarlierPositions,
    /// grastate.dat is older than the log.
    OldStateFile,
    /// grastate.dat is ahead of InnoDB.
    SavedAboveData,
    /// grastate.dat and InnoDB name two histories.
    TwoHistories,
    /// Two nodes have one identity: a disk was cloned.
    Clone,
    /// A node has more than its group had.
    Reversal,
    /// The data folder may be half copied.
    HalfCopied,
    /// The flag says "last", and others went on.
    FlagBesideOthers,
    /// The flag and an orderly stop speak for a node.
    LeftLast,
    /// A stopped node holds more, or another history, than the component that serves.
    BesideServing,
    /// Two nodes' clocks differ.
    Clocks,
    /// `gcomm://` stands in a configuration: each start is a bootstrap.
    EmptyAddress,
    /// The nodes' configurations name different clusters.
    ClusterNames,
    /// A setting that changes what a crash loses, or who has quorum.
    Setting,
    /// An operator's banner, or a flag that a script set.
    Operator,
    /// Starts with the bootstrap option were refused.
    Refused,
    /// A gvwstate.dat breaks off, so that Galera reads no view from it.
    ViewCutOff,
    /// A grastate.dat of an old version, or without a line end.
    StateFileForm,
    /// A token that cannot be read.
    Unreadable,
    /// A file belongs to a node by its name only.
    ByNameOnly,
    /// Two nodes' logs name one node.
    SharedName,
    /// The group put the node out, or found its data to differ.
    Expelled,
}

/// Something that a person must know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What kind of finding it is.
    pub kind: Kind,
    /// How much it weighs.
    pub weight: Weight,
    /// The nodes that it is about.
    pub nodes: Vec<String>,
    /// The finding in a sentence or two.
    pub says: String,
    /// What to do about it; empty where there is nothing to do.
    pub remedy: String,
    /// The lines that show it.
    pub sources: Vec<Source>,
}

/// Everything that is to be said about these nodes, the weightiest first.
pub fn findings(nodes: &[Known]) -> Vec<Finding> {
    let mut found = Vec::new();
    for node in nodes {
        node::findings(node, nodes, &mut found);
    }
    cluster::findings(nodes, &mut found);
    found.sort_by_key(|finding| (finding.weight, finding.kind));
    found
}

/// A position as people compare it: the beginning of the history and the number.
pub fn short(position: Position) -> String {
    let uuid = position.uuid.to_string();
    format!(
        "{}:{}",
        uuid.split('-').next().unwrap_or_default(),
        position.seqno
    )
}

/// A list of names for a sentence.
pub(crate) fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// Why a run failed, as a clause after "because".
pub const fn because(failure: Failure) -> &'static str {
    match failure {
        Failure::Locked => "another process holds the data, so a server was running",
        Failure::WsrepOff => "wsrep is off in that run, so it skipped the recovery",
        Failure::NoPermission => "it may not read or write a file",
        Failure::DiskFull => "the disk is full",
        Failure::Corrupt => "InnoDB finds its files damaged",
        Failure::StorageEngine => "InnoDB did not start",
        Failure::BadOption => "an option in the configuration is unknown",
        Failure::NotFound => "a file or a program is missing",
        Failure::Unexplained => "the wrapper got no position, and does not say why",
    }
}

/// What to do about a run that failed.
const fn remedy(failure: Failure) -> &'static str {
    match failure {
        Failure::Locked => {
            "look whether its server is alive, and ask it: SHOW STATUS LIKE 'wsrep%'. It may be the \
             survivor"
        }
        Failure::WsrepOff => {
            "run it with wsrep_on=ON and the configuration that the server uses: \
             galera_recovery, or mysqld_safe --wsrep-recover"
        }
        Failure::NoPermission => {
            "run it as the server's user (mysql or root), and look at the owner of the data folder"
        }
        Failure::DiskFull => "make room on the disk, then run the recovery again",
        Failure::Corrupt => {
            "copy the data folder before anything else. Do not bootstrap this node; let it join by \
             a full copy later"
        }
        Failure::StorageEngine => "look at the lines above it in the log, then run it again",
        Failure::BadOption => "mend the option that the line names, then run it again",
        Failure::NotFound => "look at the path that the line names, then run it again",
        Failure::Unexplained => "read the log of that run for the first [ERROR], then run it again",
    }
}
