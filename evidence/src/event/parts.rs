//! The parts of events: members, views, quorum results, reasons.

use serde::Serialize;

use seatrial_galera::{Position, StateUuid};

use crate::identity::Identity;

/// A member as its group numbers it, such as `1.0 (b)`: index, segment, name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Member {
    /// The index in the component; -1 for one that has left.
    pub index: i64,
    /// The name: `wsrep_node_name`, or `left the group`.
    pub name: String,
}

/// A version of a protocol that is too new for a node (`gcs_group.cpp:group_check_proto_ver`). An arbitrator that was
/// alone in a primary component has raised it to 127.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProtocolTooNew {
    /// The protocol: `gcs`, `repl` or `appl`.
    pub protocol: String,
    /// The group's version.
    pub group: u32,
    /// The newest that the node knows.
    pub known: u32,
}

/// What a view is, by its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ViewKind {
    /// A primary component.
    Primary,
    /// A component without quorum, or one that is not decided yet.
    NonPrimary,
    /// A regular or transitional view of the layer below.
    Other,
    /// `view ((empty))`: the node has left.
    Empty,
}

/// `view (view_id(PRIM,…)`: the membership as the group layer sees it, before it is agreed on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupView {
    /// Its type.
    pub kind: ViewKind,
    /// The member that formed it, and its number; `None` for the empty view.
    pub id: Option<(Identity, u64)>,
    /// The members.
    pub members: Vec<Identity>,
    /// Those that came.
    pub joined: Vec<Identity>,
    /// Those that left in order.
    pub left: Vec<Identity>,
    /// Those that are not heard any more. A node that leaves lists the living ones here.
    pub partitioned: Vec<Identity>,
}

/// `Quorum results:`: what the members have decided about the component.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Quorum {
    /// Whether the component is primary.
    pub primary: bool,
    /// The number of the configuration; 0 for a new component, -1 for a non-primary one.
    pub conf_id: Option<i64>,
    /// How many of the members were primary before.
    pub primary_members: Option<u64>,
    /// How many members there are.
    pub members: Option<u64>,
    /// The position of the group *before* the change. With Galera 4 the view takes the next number.
    pub act_id: Option<i64>,
    /// What all members have applied at least; it lags, and is no position.
    pub last_applied: Option<i64>,
    /// The protocols, as `gcs/repl/appl`.
    pub protocols: Option<String>,
    /// The policy of votes on inconsistencies: Galera 4 only.
    pub vote_policy: Option<i64>,
    /// The history.
    pub history: Option<StateUuid>,
}

/// A view as the server's applier reached it, possibly much later than the group layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServerView {
    /// The position; with Galera 4 the number is the view's own.
    pub position: Option<Position>,
    /// The number of the view (Galera 3: `view# 17`; one more than the `conf_id`); -1 non-primary.
    pub number: Option<i64>,
    /// Whether the component is primary.
    pub primary: bool,
    /// Whether it is the last one of this life (`final: yes`).
    pub is_final: bool,
    /// The server's own index among the members.
    pub own_index: Option<i64>,
    /// How many members there are.
    pub count: Option<u64>,
    /// The members with their indices; Galera 3 does not list them.
    pub members: Vec<ViewMember>,
}

/// A member of a [`ServerView`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ViewMember {
    /// Its index.
    pub index: i64,
    /// Its identity.
    pub identity: Identity,
    /// Its name; `unspecified` where the node did not know it.
    pub name: String,
}

/// How a view's own number came to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ViewNumberFrom {
    /// It was decided while the node took part.
    Group,
    /// Repeated out of an incremental transfer.
    Ist,
    /// Repeated out of the part of a transfer that only rebuilds the certification index.
    Preload,
    /// Repeated out of a snapshot.
    Sst,
}

/// The line that announced the position at which a server starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StartPositionBy {
    /// `Assigning U:N to wsrep_start_position`.
    Assigned,
    /// `--wsrep_start_position=U:N` on a command line or as printed by `galera_recovery`.
    Option,
    /// `Loading provider … initial position: U:N`.
    Provider,
    /// `Setting (GCS) initial position to U:N`.
    Group,
}

/// Why a recovery run, or a start, came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// The data are locked: another server runs on them.
    Locked,
    /// wsrep is off in this run, so that it skipped the recovery.
    WsrepOff,
    /// The run may not read or write a file.
    NoPermission,
    /// The disk is full.
    DiskFull,
    /// InnoDB finds its own files damaged.
    Corrupt,
    /// InnoDB cannot open or create what it needs, for a reason that is none of the others.
    StorageEngine,
    /// An option is unknown or has no sense, so that no server starts.
    BadOption,
    /// There is no such file or program.
    NotFound,
    /// The wrapper says that it got no position, and not why.
    Unexplained,
}

/// The side of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The member that gives.
    Donor,
    /// The member that gets.
    Joiner,
}
