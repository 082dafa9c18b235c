//! The messages between nodes, layer by layer, and their encoding.
//!
//! The `des` engine hands frames over as values, `madsim` as bytes on a TCP stream; both are the same
//! frames.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_galera::{ARBITRATOR_PROTOCOL, GcommUuid, Position, Seqno, StateUuid, ViewId};
use serde::{Deserialize, Serialize};

use crate::database::{Database, WriteSet};
use crate::peer::Peer;

/// The kinds of connection between nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Channel {
    /// Group communication (port 4567).
    Group,
    /// State transfer, snapshot and incremental (ports 4444 and 4568).
    Transfer,
    /// The script of an incremental transfer alone (port 4444), while its donor gets no connection to port 4568.
    Script,
}

impl Channel {
    /// Returns the channel's word in a trace.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Transfer => "transfer",
            Self::Script => "script",
        }
    }
}

/// One message on a link.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Frame {
    /// Group communication.
    Group(GroupFrame),
    /// State transfer.
    Transfer(TransferFrame),
    /// The donor's script says over a connection of its own that nothing is to be copied: the joiner's position,
    /// confirmed.
    Script(Position),
}

impl Frame {
    /// Returns the bytes of the frame, without a length in front.
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("invariant: a frame is plain data of bounded depth")
    }

    /// Reads a frame back.
    ///
    /// # Errors
    /// When the bytes are no frame.
    pub fn decode(bytes: &[u8]) -> Result<Self, postcard::Error> {
        postcard::from_bytes(bytes)
    }

    /// Returns the kind of connection on which the frame travels.
    pub const fn channel(&self) -> Channel {
        match self {
            Self::Group(_) => Channel::Group,
            Self::Transfer(_) => Channel::Transfer,
            Self::Script(_) => Channel::Script,
        }
    }

    /// Returns the frame in a few words, for traces.
    pub fn summary(&self) -> String {
        match self {
            Self::Group(frame) => frame.summary(),
            Self::Transfer(frame) => frame.summary(),
            Self::Script(position) => format!("sst bypass {position}"),
        }
    }

    /// Returns whether the frame only keeps a connection or a view alive.
    pub const fn is_keepalive(&self) -> bool {
        match self {
            Self::Group(GroupFrame::Keepalive) => true,
            Self::Group(GroupFrame::Evs { message, .. }) => {
                matches!(message, EvsMessage::Gap(gap) if gap.commit.is_none())
            }
            _ => false,
        }
    }
}

/// gmcast: connections, addresses, relaying (`gcomm/src/gmcast_message.hpp`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum GroupFrame {
    /// The first message on a connection, from either side.
    Hello {
        /// The sender.
        uuid: GcommUuid,
    },
    /// The nodes to which the sender is connected. Addresses spread by this message.
    Topology {
        /// The sender's live connections.
        linked: BTreeMap<Peer, GcommUuid>,
    },
    /// A heartbeat.
    Keepalive,
    /// The receiver was evicted: it is not let in (`gmcast_proto.cpp:evict`).
    Evicted,
    /// A message of the layer above.
    Evs {
        /// The original sender; a relayed message arrives from another node.
        source: GcommUuid,
        /// The receiver is asked to pass it on (`F_RELAY`).
        relay: bool,
        /// The message.
        message: EvsMessage,
    },
}

/// evs: membership and order (`gcomm/src/evs_message2.hpp`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EvsMessage {
    /// A message in the view's total order, with a payload or only to complete a round.
    User(UserMessage),
    /// The messages that the sender has: acknowledgement, keepalive, commit of an INSTALL.
    Gap(GapMessage),
    /// The membership to come, as the sender sees it.
    Join(JoinMessage),
    /// The representative's decision on it.
    Install(Box<InstallMessage>),
    /// The sender leaves in order.
    Leave(LeaveMessage),
}

/// A numbered message of a view.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UserMessage {
    /// The view.
    pub view: ViewId,
    /// The sender's number in the view, from 0.
    pub seq: i64,
    /// Up to where the sender has everything from everybody.
    pub aru: i64,
    /// The content; nothing in a message that completes a round.
    pub payload: Option<PcMessage>,
    /// A member that has the message sends it again (`F_RETRANS`). It counts even if the first sender is
    /// lost.
    pub retransmitted: bool,
}

/// The messages that the sender has received in a view.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GapMessage {
    /// The view.
    pub view: ViewId,
    /// The sender's own last number.
    pub last_sent: i64,
    /// Up to where the sender has everything from everybody.
    pub aru: i64,
    /// Up to where it has each source without a gap.
    pub have: BTreeMap<GcommUuid, i64>,
    /// The view whose INSTALL the sender commits to (`F_COMMIT`).
    pub commit: Option<ViewId>,
}

/// One node in a JOIN.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct JoinNode {
    /// The sender counts on the node.
    pub operational: bool,
    /// The sender has not heard the node for `evs.suspect_timeout`.
    pub suspected: bool,
    /// The node has said LEAVE.
    pub leaving: bool,
    /// The sender has evicted the node.
    pub evicted: bool,
    /// The view in which the sender believes the node to be, none as long as it has not said so.
    pub view: Option<ViewId>,
}

/// The membership to come, as the sender sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct JoinMessage {
    /// The view in which the sender is.
    pub view: ViewId,
    /// The sender's message counter: older JOINs are ignored.
    pub fifo: u64,
    /// Up to where the sender has each source of that view without a gap.
    pub have: BTreeMap<GcommUuid, i64>,
    /// Up to where the sender knew, when the change began, that each member had everything
    /// (`safe_seq`).
    pub safe: BTreeMap<GcommUuid, i64>,
    /// Every node that the sender knows of.
    pub nodes: BTreeMap<GcommUuid, JoinNode>,
    /// The highest view number that the sender has seen or tried.
    pub max_view_seq: u32,
}

/// One member in an INSTALL.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InstallNode {
    /// The view from which the member comes.
    pub view: ViewId,
    /// The messages of that view that the member has.
    pub have: BTreeMap<GcommUuid, i64>,
    /// Up to where it knew that each member of that view had everything.
    pub safe: BTreeMap<GcommUuid, i64>,
}

/// The representative's decision.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InstallMessage {
    /// The view to come.
    pub view: ViewId,
    /// Its members.
    pub members: BTreeMap<GcommUuid, InstallNode>,
    /// Nodes that leave in order with this change.
    pub leaving: BTreeSet<GcommUuid>,
    /// What the representative would say in a JOIN now.
    pub join: JoinMessage,
}

/// The sender leaves in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LeaveMessage {
    /// The view that it leaves.
    pub view: ViewId,
    /// Its own last number there.
    pub last_sent: i64,
    /// Up to where it has everything.
    pub aru: i64,
}

/// pc: the primary component (`gcomm/src/pc_message.hpp`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PcMessage {
    /// The sender's knowledge about every instance.
    State {
        /// The instances.
        nodes: BTreeMap<GcommUuid, PcNode>,
    },
    /// The component becomes primary, or a member changes its weight.
    Install {
        /// By `pc.bootstrap` or by automatic recovery (`F_BOOTSTRAP`).
        bootstrap: bool,
        /// The sender's new weight; nothing else changes then (`F_WEIGHT_CHANGE`).
        weight: Option<u8>,
        /// The instances as the sender sees them.
        nodes: BTreeMap<GcommUuid, PcNode>,
    },
    /// A message of the layer above.
    User(GcsMessage),
}

/// One instance in the primary component's bookkeeping (`gcomm/src/pc_message.hpp:pc::Node`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PcNode {
    /// It is in a primary component now.
    pub prim: bool,
    /// It is unknown whether it has installed the last view that it was asked to install.
    pub un: bool,
    /// The last primary view that it was in; of kind non-primary where it comes from gvwstate.dat.
    pub last_prim: ViewId,
    /// The number of messages that the component had ordered.
    pub to_seq: i64,
    /// `pc.weight`.
    pub weight: u8,
    /// The sender has evicted the node: nobody waits for it.
    pub evicted: bool,
}

/// gcs: the group's history (`gcs/src/gcs_group.cpp`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum GcsMessage {
    /// The first member names this state exchange.
    StateUuid(u64),
    /// A member's answer.
    State(GcsState),
    /// A transaction.
    WriteSet(WriteSet),
    /// A node asks for a state transfer.
    StateRequest {
        /// The position of the joiner.
        have: Position,
        /// The joiner could take a snapshot: its server is not up yet.
        snapshot_possible: bool,
        /// An arbitrator asks, which wants nothing ("trivial").
        trivial: bool,
        /// `wsrep_sst_donor` of the joiner.
        wanted: Vec<WantedDonor>,
    },
    /// A donor or a joiner is done: the position, or a failure.
    Join {
        /// The position reached, none for a failure.
        seqno: Option<Seqno>,
    },
    /// The sender has applied everything that it received.
    Sync,
    /// Flow control: the sender has more to apply than it may (`gcs.cpp:gcs_fc_stop_begin`), or no longer.
    Flow {
        /// Whether the others must wait.
        stop: bool,
    },
    /// The sender desyncs itself (FLUSH TABLES WITH READ LOCK).
    Desync,
    /// A read of the sender's waits for what the group has ordered before this (`gcs_core.cpp:gcs_core_caused`).
    Causal {
        /// The read.
        number: u64,
    },
    /// The sender's result for the transaction at a position (`GCS_MSG_VOTE`).
    Vote {
        /// The position.
        seqno: Seqno,
        /// The error's number, 0 for success.
        code: u32,
    },
}

/// A member's part in the state exchange (`gcs/src/gcs_state_msg.hpp`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GcsState {
    /// The exchange that it answers.
    pub exchange: u64,
    /// The history that the member has.
    pub group_uuid: StateUuid,
    /// The last position that it has received in order.
    pub received: Seqno,
    /// The number of its last primary configuration, -1 for none in this process.
    pub prim_seqno: i64,
    /// Its state in that configuration.
    pub prim_state: GcsNodeState,
    /// Its state now.
    pub current_state: GcsNodeState,
    /// The lowest position in its gcache, undefined for none.
    pub cached: Seqno,
    /// It was told to bootstrap (automatic recovery, `pc.bootstrap`).
    pub bootstrap: bool,
    /// Its last vote: position and error number.
    pub vote: Option<(Seqno, u32)>,
    /// Its vote counts (`GCS_STATE_FCLA`).
    pub counts: bool,
    /// It holds no data (`GCS_STATE_ARBITRATOR`).
    pub arbitrator: bool,
    /// The version of the replication protocol in its last primary configuration (`prim_repl_ver`), 0 for none.
    pub prim_protocol: u8,
    /// Its `gcs.vote_policy`.
    pub vote_policy: u8,
    /// Its place (`gmcast.segment`). In Galera the layer below tells it with the component.
    pub segment: u8,
}

/// An entry of `wsrep_sst_donor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum WantedDonor {
    /// The node of this number.
    Node(u8),
    /// A name that no node has.
    Nobody,
    /// An empty entry, as behind a comma at the end: whoever can.
    Anyone,
}

impl GcsState {
    /// Returns the newest version of the replication protocol that the member knows.
    pub const fn protocol(&self) -> u8 {
        newest_protocol(self.arbitrator)
    }
}

/// Returns the newest version of the replication protocol that a server knows, or that garbd claims to know.
pub(crate) const fn newest_protocol(arbitrator: bool) -> u8 {
    if arbitrator { ARBITRATOR_PROTOCOL } else { 11 }
}

/// The state of a group member (`gcs/src/gcs.hpp:gcs_node_state_t`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum GcsNodeState {
    /// In a non-primary configuration, or never in one.
    NonPrim,
    /// In a primary configuration, needs a state transfer.
    Prim,
    /// Receives one.
    Joiner,
    /// Gives one, or has desynced itself.
    Donor,
    /// Has its state, catches up.
    Joined,
    /// Has applied everything.
    Synced,
}

/// State transfer (`galera/src/replicator_str.cpp`, `galera/src/ist_proto.hpp`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TransferFrame {
    /// The donor's script has run in bypass: what follows is incremental. In Galera the script's
    /// "SST received" line.
    Bypass {
        /// The joiner's own position, confirmed.
        position: Position,
    },
    /// A part of the donor's files.
    SnapshotPart {
        /// Parts sent so far, this one included.
        part: u32,
        /// Parts in all.
        parts: u32,
        /// The donor's position, which the half-copied files already show.
        position: Position,
        /// In the last part the database.
        database: Option<Box<Database>>,
    },
    /// The joiner has taken a part: rsync's connection moves on only as fast as the other side
    /// reads, so that a copy stands still while the nodes do not reach each other.
    SnapshotTaken {
        /// Which.
        part: u32,
    },
    /// One event of the incremental transfer.
    IstEvent(CachedEvent),
    /// The incremental transfer is complete.
    IstEnd {
        /// Up to here.
        last: Seqno,
    },
}

/// One position in the write-set cache.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CachedEvent {
    /// The position.
    pub seqno: Seqno,
    /// The transaction, none for a configuration change.
    pub write_set: Option<WriteSet>,
}

impl GroupFrame {
    fn summary(&self) -> String {
        match self {
            Self::Hello { uuid } => format!("hello {}", uuid.short()),
            Self::Topology { linked } => format!("topology of {}", linked.len()),
            Self::Keepalive => "keepalive".into(),
            Self::Evicted => "evicted".into(),
            Self::Evs {
                source,
                relay,
                message,
            } => {
                let relayed = if *relay { " (relay)" } else { "" };
                format!("{} from {}{relayed}", message.summary(), source.short())
            }
        }
    }
}

impl EvsMessage {
    fn summary(&self) -> String {
        match self {
            Self::User(user) => match &user.payload {
                None => format!("evs complete {}", user.seq),
                Some(payload) => format!("evs user {} {}", user.seq, payload.summary()),
            },
            Self::Gap(gap) => match gap.commit {
                Some(view) => format!("evs commit {view}"),
                None => format!("evs gap {}", gap.aru),
            },
            Self::Join(join) => {
                let list: Vec<String> = join
                    .nodes
                    .iter()
                    .map(|(uuid, node)| {
                        format!(
                            "{}{}",
                            if node.operational { '+' } else { '-' },
                            uuid.short()
                        )
                    })
                    .collect();
                format!("evs join [{}]", list.join(" "))
            }
            Self::Install(install) => format!("evs install {}", install.view),
            Self::Leave(_) => "evs leave".into(),
        }
    }
}

impl PcMessage {
    fn summary(&self) -> String {
        match self {
            Self::State { .. } => "pc state".into(),
            Self::Install {
                weight: Some(weight),
                ..
            } => format!("pc install weight {weight}"),
            Self::Install {
                bootstrap: true, ..
            } => "pc install bootstrap".into(),
            Self::Install {
                bootstrap: false, ..
            } => "pc install".into(),
            Self::User(message) => match message {
                GcsMessage::StateUuid(_) => "gcs state uuid".into(),
                GcsMessage::State(state) => {
                    format!("gcs state {}:{}", state.group_uuid, state.received)
                }
                GcsMessage::WriteSet(ws) => format!("write set {}", ws.tag()),
                GcsMessage::StateRequest { have, .. } => format!("state request {have}"),
                GcsMessage::Join { seqno: Some(seqno) } => format!("gcs join {seqno}"),
                GcsMessage::Join { seqno: None } => "gcs join failed".into(),
                GcsMessage::Sync => "gcs sync".into(),
                GcsMessage::Flow { stop: true } => "gcs flow control: stop".into(),
                GcsMessage::Flow { stop: false } => "gcs flow control: go on".into(),
                GcsMessage::Desync => "gcs desync".into(),
                GcsMessage::Causal { .. } => "gcs causal".into(),
                GcsMessage::Vote { seqno, code } => format!("gcs vote {code} on {seqno}"),
            },
        }
    }
}

impl TransferFrame {
    fn summary(&self) -> String {
        match self {
            Self::Bypass { position } => format!("sst bypass {position}"),
            Self::SnapshotPart { part, parts, .. } => format!("sst part {part}/{parts}"),
            Self::SnapshotTaken { part } => format!("sst part {part} taken"),
            Self::IstEvent(event) => format!("ist {}", event.seqno),
            Self::IstEnd { last } => format!("ist end {last}"),
        }
    }
}
