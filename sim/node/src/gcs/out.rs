//! The deliveries of gcs to the replicator, and its messages for the layer below.

use seatrial_galera::{GcommUuid, Position, Seqno, StateUuid};

use crate::database::WriteSet;
use crate::detail::Detail;
use crate::frame::{GcsMessage, GcsNodeState, WantedDonor};

/// A configuration as the replicator sees it (`GCS_ACT_CCHANGE`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Conf {
    /// Whether it is a working one.
    pub(crate) primary: bool,
    /// `wsrep_cluster_number`, -1 where it is not.
    pub(crate) number: i64,
    /// The history.
    pub(crate) uuid: StateUuid,
    /// The position that the configuration itself takes.
    pub(crate) seqno: Seqno,
    /// The number of members.
    pub(crate) members: u32,
    /// The members by index.
    pub(crate) who: Vec<GcommUuid>,
    /// This member's state after the exchange.
    pub(crate) my_state: GcsNodeState,
}

/// A joiner's request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StateRequest {
    /// The joiner's position.
    pub(crate) have: Position,
    /// Whether it could take a snapshot.
    pub(crate) snapshot_possible: bool,
    /// It is an arbitrator and wants nothing.
    pub(crate) trivial: bool,
    /// The donors that it names, in their order.
    pub(crate) wanted: Vec<WantedDonor>,
}

/// The deliveries and requests of the layer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Out {
    /// Put this into the total order.
    Send(GcsMessage),
    /// A new configuration.
    Conf(Conf),
    /// A transaction with its position.
    WriteSet(Seqno, WriteSet),
    /// This member's own transaction will not get a position here: no primary component.
    NotOrdered(WriteSet),
    /// What the group had ordered when it took this member's message for a causal read; `None` without a primary
    /// component.
    Causal(u64, Option<Seqno>),
    /// This member is the donor of a joiner.
    Donate {
        /// The joiner.
        joiner: GcommUuid,
        /// Its request.
        request: StateRequest,
    },
    /// The answer to this member's request: the donor, or none free now.
    DonorFound(Option<GcommUuid>),
    /// The answer to this member's request: it has joined already, with this status.
    RequestCanceled(GcsNodeState),
    /// None of the nodes that this joiner names as its donor is here.
    DonorAway,
    /// This joiner's donor has failed or is gone.
    TransferFailed,
    /// This member's state has changed in the total order.
    StateChanged(GcsNodeState),
    /// This member is ahead of the group ("Reversing history").
    Reversing {
        /// Its position.
        mine: Seqno,
        /// The group's.
        group: Seqno,
    },
    /// The component works by a newer version of the protocol than this member knows
    /// (`gcs_group.cpp:group_check_proto_ver`).
    ProtocolTooNew {
        /// The component's.
        group: u8,
    },
    /// The members hold different histories (`conflicting group UUIDs`), or no member has one.
    NoHistory,
    /// A new history begins ("Starting new group from scratch").
    NewGroup(StateUuid),
    /// A member has failed where others have not: this one says how it fared (`GCS_VOTE_REQUEST`).
    VoteRequest(Seqno),
    /// The group has decided on a position that this member has voted on.
    VoteResult {
        /// The position.
        seqno: Seqno,
        /// The error number that counts, 0 for success.
        code: u32,
    },
    /// A line that only the log has.
    Told(Detail),
    /// A member asked for a state transfer; for the log.
    DonorSelected {
        /// The joiner.
        joiner: GcommUuid,
        /// The donor.
        donor: GcommUuid,
    },
}
