//! What the error log has beside the lines of the trace: the lines of Galera 4 that tell a cluster's story.
//!
//! A [`Detail`] is data. Nobody pays for its text before somebody reads the log: a search plays millions of runs and
//! reads hardly any. So every run writes the same log, whether or not it is read, and a procedure finds the same
//! lines everywhere.
//!
//! The words are those that recorded MariaDB 10.11 nodes with Galera 26.4 wrote.

mod text;

pub use text::Names;

use seatrial_galera::{GcommUuid, GcsState, Position, Seqno, ServerState, StateUuid, ViewId};

use crate::frame::GcsNodeState;
use crate::peer::Peer;

/// A member as the group layer prints it: its index in the component, its identity, and its place for the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LoggedMember {
    /// The index in the component; -1 for one that is gone.
    pub index: i32,
    /// Its identity.
    pub uuid: GcommUuid,
    /// Where its name is looked up; `None` for one that is gone or was never heard.
    pub place: Option<Peer>,
}

/// A view as the group communication delivers it. Galera leaves the lists `joined` and `left` empty: whoever is gone,
/// in order or not, stands under `partitioned` (`pc_proto.cpp:deliver_view`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LoggedView {
    /// Its id.
    pub id: ViewId,
    /// The members.
    pub members: Vec<GcommUuid>,
    /// Those that are gone.
    pub partitioned: Vec<GcommUuid>,
}

/// The end of a state exchange (`gcs_group.cpp:group_post_state_exchange`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LoggedQuorum {
    /// Whether the members agree on a history.
    pub primary: bool,
    /// The number of the configuration before this one: 0 for a new component, -1 for a restored one.
    pub conf_id: i64,
    /// How many members have the group's state.
    pub joined: usize,
    /// How many members there are.
    pub members: usize,
    /// The group's position before the change.
    pub act_id: Seqno,
    /// The policy of votes.
    pub vote_policy: u8,
    /// The history.
    pub history: StateUuid,
    /// The version of the replication protocol.
    pub protocol: u8,
}

/// A view as the server's applier reached it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LoggedConfiguration {
    /// The position, which a primary view takes itself.
    pub position: Position,
    /// Whether it is primary.
    pub primary: bool,
    /// This node.
    pub me: GcommUuid,
    /// The members by index; empty when the node has left.
    pub members: Vec<LoggedMember>,
}

/// A line, or a few, of the error log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Detail {
    /// The process begins: its number.
    Start(u32),
    /// The provider is loaded, at the position that galera_recovery found.
    Provider(Position),
    /// There is no grastate.dat.
    NoStateFile,
    /// The others have evicted this node.
    Evicted,
    /// None of the configured hosts has an address: the channel does not open.
    NoAddress,
    /// None of the nodes that this joiner names as its donor is here.
    DonorAway,
    /// What galera.cache holds for the history.
    Cache(StateUuid, Option<(Seqno, Seqno)>),
    /// The provider's options that tell about the node.
    Options {
        /// The node's place.
        me: Peer,
        /// `pc.weight`.
        weight: u8,
        /// `pc.recovery`.
        recovery: bool,
        /// `pc.ignore_sb`.
        ignore_sb: bool,
        /// `pc.ignore_quorum`.
        ignore_quorum: bool,
    },
    /// Replication starts.
    Connecting {
        /// Whether a new cluster was asked for.
        bootstrap: bool,
        /// The position to begin with; none is known before the guard has been passed.
        position: Option<Position>,
    },
    /// There is no gvwstate.dat.
    NoViewFile,
    /// The node listens.
    Listening(GcommUuid),
    /// It begins a group, or dials the members of one.
    Joining {
        /// Whether it begins one.
        bootstrap: bool,
    },
    /// The channel to the group is open.
    Opened,
    /// The start has failed after the wait for a primary component.
    OpenFailed,
    /// A member brings the primary component along.
    StatePrim(GcommUuid),
    /// Nobody remembers a primary component.
    NoPrimaryPossible,
    /// A peer belongs to the view.
    Stable(LoggedMember),
    /// A peer is forgotten.
    Forgetting(LoggedMember),
    /// A suspected peer is given up.
    Inactive {
        /// This node.
        me: GcommUuid,
        /// The view of the membership.
        view: ViewId,
    },
    /// A view of the group communication.
    View(Box<LoggedView>),
    /// This member has named the state exchange.
    ExchangeNamed(u64),
    /// Another member will name it.
    ExchangeAwaited,
    /// This member has told its state.
    StateSent(u64),
    /// A member has told its state.
    StateGot(u64, LoggedMember),
    /// What the members agreed on.
    Quorum(Box<LoggedQuorum>),
    /// No member has a complete state.
    NoCompleteState,
    /// This member's state changes.
    Shift(GcsState, GcsState, Seqno),
    /// This member needs no transfer.
    Restored(GcsState, Seqno),
    /// The server is told of a view.
    Configuration(Box<LoggedConfiguration>),
    /// The server's own state changes.
    Status(ServerState, ServerState),
    /// A member is in step.
    MemberSynced(LoggedMember),
    /// A member takes itself out of step, or back.
    MemberDesynced(LoggedMember, bool),
    /// No donor for this joiner.
    NoDonor(LoggedMember),
    /// A donor says that it is done, or has failed.
    TransferTo {
        /// The donor.
        donor: LoggedMember,
        /// The joiner.
        joiner: LoggedMember,
        /// Whether it has failed.
        failed: bool,
    },
    /// A joiner says that it is done, or has failed.
    TransferFrom {
        /// The joiner.
        joiner: LoggedMember,
        /// The donor.
        donor: LoggedMember,
        /// Whether it has failed.
        failed: bool,
    },
    /// This joiner's donor is gone.
    DonorGone(GcommUuid),
    /// This joiner's request was granted.
    RequestGranted(LoggedMember),
    /// This joiner's request was ignored: it has joined already, with this status.
    RequestCanceled(GcsNodeState),
    /// The request of a joiner, as its donor gets it: the joiner's position and the last one of the group.
    Requested {
        /// What the joiner has.
        have: Position,
        /// The last seqno.
        last: Seqno,
        /// Where it listens.
        joiner: Peer,
        /// Whether only events are sent.
        bypass: bool,
        /// Whether a script takes part.
        script: bool,
        /// The method.
        method: &'static str,
    },
    /// The position of a donor's script that had nothing to copy.
    BypassSent(Position),
    /// Events come.
    Receiving(Seqno, Seqno),
    /// A snapshot is in use.
    Installed(Position),
    /// The cache is emptied for another history.
    CacheReset(Position, Position),
    /// A vote on an inconsistency begins, or a member answers.
    Voted {
        /// Who.
        member: LoggedMember,
        /// On which position.
        position: Position,
        /// The error number, 0 for success.
        code: u32,
        /// Whether it is the first.
        first: bool,
    },
    /// The result of a vote.
    VoteResult {
        /// On which position.
        position: Position,
        /// Each answer with its count, of so many voters.
        answers: Vec<(u32, usize)>,
        /// How many may vote.
        voters: usize,
        /// The answer that counts.
        winner: u32,
    },
    /// Somebody asked the server to stop.
    StopRequested,
    /// Group communication is being closed.
    Closing {
        /// Whether the server stops.
        stops: bool,
    },
    /// Group communication is closed.
    Left {
        /// The view without the others; none before the first one.
        view: Option<ViewId>,
        /// This node.
        me: GcommUuid,
        /// The members that stay.
        others: Vec<GcommUuid>,
        /// The state before.
        from: GcsState,
        /// The last position received.
        seqno: Seqno,
        /// Whether the last component was primary.
        was_primary: bool,
    },
    /// A new group begins without a position (`server_state::bootstrap`).
    Bootstrapped,
    /// The start was interrupted.
    Interrupted,
    /// The start has failed.
    GivesUp,
    /// The process aborts.
    Signal(u32),
}

impl Detail {
    /// Looks up the places of the members that the line names.
    pub(crate) fn locate(&mut self, place_of: impl Fn(GcommUuid) -> Option<Peer>) {
        let find = |member: &mut LoggedMember| {
            if member.place.is_none() {
                member.place = place_of(member.uuid);
            }
        };
        match self {
            Self::Stable(member)
            | Self::Forgetting(member)
            | Self::StateGot(_, member)
            | Self::MemberSynced(member)
            | Self::MemberDesynced(member, _)
            | Self::NoDonor(member)
            | Self::RequestGranted(member)
            | Self::Voted { member, .. } => find(member),
            Self::TransferTo { donor, joiner, .. } | Self::TransferFrom { joiner, donor, .. } => {
                find(donor);
                find(joiner);
            }
            Self::Configuration(view) => view.members.iter_mut().for_each(find),
            _ => {}
        }
    }
}

/// Returns the state of the group channel that goes with a member's state in the group.
pub(crate) const fn channel_state(state: GcsNodeState) -> GcsState {
    match state {
        GcsNodeState::NonPrim => GcsState::Open,
        GcsNodeState::Prim => GcsState::Primary,
        GcsNodeState::Joiner => GcsState::Joiner,
        GcsNodeState::Donor => GcsState::Donor,
        GcsNodeState::Joined => GcsState::Joined,
        GcsNodeState::Synced => GcsState::Synced,
    }
}
