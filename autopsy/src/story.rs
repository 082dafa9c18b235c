//! The story: sentences in their order, and the structure behind them.

use serde::Serialize;

use crate::statement::Statement;
use crate::transfer::TransferKind;

/// What happened to a cluster.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Story {
    /// The whole in a few sentences.
    pub verdict: Vec<Statement>,
    /// The act after which acknowledged write sets were going to be lost.
    pub no_return: Option<Statement>,
    /// The act after which a loss was near, where nothing is lost yet.
    pub danger: Option<Statement>,
    /// What was lost, or is in danger.
    pub lost: Vec<Statement>,
    /// Where a copy may still be.
    pub copies: Vec<Statement>,
    /// What to do now, in order.
    pub to_do: Vec<Statement>,
    /// What not to do.
    pub not_to_do: Vec<Statement>,
    /// How every node stands when the logs end.
    pub now: Vec<Statement>,
    /// What is to be said about clocks.
    pub clocks: Vec<Statement>,
    /// The primary components, in order.
    pub components: Vec<ComponentStory>,
    /// Two lines of one history, or more.
    pub forks: Vec<ForkStory>,
    /// Every node by itself.
    pub nodes: Vec<NodeStory>,
    /// The starts with the bootstrap option that were refused, in rows.
    pub refused: Vec<RefusedStory>,
    /// The transfers, in order.
    pub transfers: Vec<TransferStory>,
    /// The nodes with logs at the end.
    pub ends: Vec<EndStory>,
    /// What the logs cannot tell.
    pub unknown: Vec<Statement>,
    /// What was done to the cluster, in order: from this a scenario is made.
    pub acts: Vec<Act>,
}

/// A primary component.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ComponentStory {
    /// The line of history that it belongs to, counted from 1.
    pub line: usize,
    /// What it was: members, from where to where.
    pub title: Statement,
    /// Its views and what happened in it.
    pub lines: Vec<Statement>,
    /// When it began.
    pub from: String,
    /// When the last sign of it was written.
    pub to: String,
    /// The position before its first view.
    pub first_seqno: Option<i64>,
    /// The highest position that it is known to have reached.
    pub last_seqno: Option<i64>,
    /// Its views, in order.
    pub views: Vec<ViewStory>,
}

/// A view of a primary component.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ViewStory {
    /// When it came.
    pub at: String,
    /// The members.
    pub members: Vec<String>,
    /// The number of the configuration, from 0 at a bootstrap.
    pub configuration: Option<i64>,
    /// The position of the group with this view in it.
    pub position: Option<i64>,
}

/// Starts with the bootstrap option that were refused, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RefusedStory {
    /// The node.
    pub node: String,
    /// How often.
    pub times: usize,
    /// The time of the first one.
    pub from: String,
    /// The time of the last one.
    pub to: String,
}

/// How a transfer ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransferEnd {
    /// The joiner has all of it.
    Complete,
    /// It broke.
    Broken,
    /// No line says it.
    #[default]
    Unknown,
}

/// A transfer of state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TransferStory {
    /// When the donor was chosen.
    pub at: String,
    /// The node that got it.
    pub joiner: String,
    /// The node that gave it.
    pub donor: String,
    /// Its kind.
    pub kind: TransferKind,
    /// The position that the joiner had, in the group's history; `None` where it had none, or no line says it.
    pub had: Option<i64>,
    /// The last number of the incremental transfer, or the position of the copy.
    pub last: Option<i64>,
    /// How it ended.
    pub end: TransferEnd,
}

/// How a node stands when its log ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StandKind {
    /// It is a member of a primary component.
    Member,
    /// It is a donor, and nothing ends that.
    HangsAsDonor,
    /// Its server is up, and it is in no group.
    Outside,
    /// It is down.
    Down,
    /// Its log ends within a life, and nothing shows a group.
    #[default]
    Unclear,
}

/// A node at the end of the logs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EndStory {
    /// The node.
    pub node: String,
    /// How it stands.
    pub stand: StandKind,
    /// The position of the data on the disk of a node that is in no group.
    pub seqno: Option<i64>,
}

/// A fork.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ForkStory {
    /// The history.
    pub history: String,
    /// The last seqno that both sides have.
    pub common: i64,
    /// Whether both lived at once.
    pub at_once: bool,
    /// The sides: the one that was begun anew, then the other.
    pub sides: Vec<SideStory>,
}

/// A side of a fork.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SideStory {
    /// The nodes that held it.
    pub nodes: Vec<String>,
    /// How far it came.
    pub reach: i64,
    /// How many write sets it has beyond the last common seqno.
    pub write_sets: i64,
    /// How many views it has beyond it.
    pub views: i64,
    /// Whether no copy of its own write sets is left on a node.
    pub lost: bool,
}

/// A node by itself.
#[derive(Clone, Debug, Default, Serialize)]
pub struct NodeStory {
    /// Its name.
    pub name: String,
    /// Whether a log of its own was given.
    pub has_log: bool,
    /// What it did, in order.
    pub lines: Vec<Statement>,
    /// Its states in the group, for a picture.
    pub stretches: Vec<Stretch>,
}

/// A time in which a node was in one state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stretch {
    /// From when on, in seconds since 1970.
    pub from: i64,
    /// Until when.
    pub to: i64,
    /// The same as text.
    pub at: String,
    /// Galera's word for the state, such as `SYNCED`; `OUTSIDE` for a server in no group.
    pub state: String,
    /// The line of history that the node was in, counted from 1; 0 for none.
    pub line: usize,
}

/// Something that was done to the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Act {
    /// When.
    pub at: String,
    /// The same, in seconds since 1970.
    pub second: i64,
    /// The line.
    pub evidence: Option<seatrial_evidence::Source>,
    /// What was done.
    pub deed: Deed,
}

/// What kept a node out of its group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "why")]
pub enum JoinFailure {
    /// It reached no member: its connections were refused, or nobody answered.
    TurnedAway,
    /// Nobody could give it the data.
    NoDonor,
    /// The full copy broke.
    Broken,
    /// The donor took the request and gave nothing.
    NoAnswer {
        /// The donor.
        donor: String,
    },
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "deed")]
pub enum Deed {
    /// A node was in the first primary component that the logs show.
    Present {
        /// The node.
        node: String,
    },
    /// A new history began.
    NewCluster {
        /// The node that made it.
        node: String,
    },
    /// Servers were started with the bootstrap option, and refused.
    Refused {
        /// The node.
        node: String,
        /// How often.
        times: usize,
    },
    /// Somebody set the flag.
    FlagSet {
        /// The node.
        node: String,
    },
    /// A node bootstrapped.
    Bootstrapped {
        /// The node.
        node: String,
        /// Whether its flag had been set by hand.
        forced: bool,
        /// Whether a fork began with it.
        forks: bool,
    },
    /// A node started, and was to join.
    Started {
        /// The node.
        node: String,
        /// Whether it was in step with the group in the end.
        joined: bool,
        /// Whether its data folder was empty, or had no position.
        empty: bool,
        /// What kept it out, where it did not join and lines say it.
        failure: Option<JoinFailure>,
    },
    /// A donor began a transfer, and never came back from it.
    DonorHangs {
        /// The node.
        node: String,
    },
    /// A node stopped in order.
    Stopped {
        /// The node.
        node: String,
    },
    /// A node ended without an orderly stop.
    Ended {
        /// The node.
        node: String,
    },
    /// A node had more than its group, and aborted.
    Reversed {
        /// The node.
        node: String,
        /// Its own position.
        own: i64,
        /// The group's.
        group: i64,
    },
    /// Clients wrote to a line of history.
    Wrote {
        /// A member of the component.
        node: String,
        /// How many write sets.
        write_sets: i64,
    },
}
