//! The lines themselves: for each its severity, its template and the values in it.
//!
//! The words are those of the recorded runs; lines that no recording has are taken from the source named with them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::kinds::{GcsState, MemberRef, ServerState, Severity};
use super::macros::{log_lines, prefix};
use super::template::{Codec, OneZero, Plain, Spaced, ViewLists, YesNo, fill, scan};
use crate::{GcommUuid, Position, RecoveredPosition, Seqno, ShortUuid, ShortViewId, StateUuid};

log_lines! {
    unit {
        /// `gvwstate.dat` was read (`gcomm/src/pc.cpp`, constructor of `PC`). An empty one counts as read.
        GvwRestored = Note wsrep "restore pc from disk successfully";
        /// There is no `gvwstate.dat` to read.
        GvwRestoreFailed = Note wsrep "restore pc from disk failed";
        /// A bootstrap does not restore a view (`pc.cpp:connect`).
        StartPrim = Note wsrep "start_prim is enabled, turn off pc_recovery";
        /// A primary view makes the restored one void (`pc_proto.cpp:deliver_view`).
        ClearRestoredView = Note wsrep "clear restored view";
        /// All members of the restored view are there (`pc_proto.cpp:deliver_view`).
        PromoteToPrimary = Note wsrep "promote to primary component";
        /// All members of the last primary view are there again (`pc_proto.cpp:is_prim`).
        RebootstrappingPrim = Note wsrep "re-bootstrapping prim from partitioned components";
        /// No member remembers a primary view (`pc_proto.cpp:is_prim`).
        NoPrimaryPossible = Note wsrep
            "No nodes coming from primary view, primary view is not possible";
        /// The view of a node that has left.
        EmptyView = Note wsrep "view((empty))";
        /// The group channel is open.
        Connected = Note wsrep "gcomm: connected";
        /// No primary component came up within `pc.wait_prim_timeout` (`pc.cpp:connect`).
        FailedToReachPrimary = Error wsrep
            "failed to open gcomm backend connection: 110: failed to reach primary view";
        /// Somebody else has this uuid (`gmcast_proto.cpp:validate_handshake_uuid`).
        DuplicateUuid = Error wsrep "failed to open gcomm backend connection: 131: A node with the same UUID already exists in the cluster. Removing gvwstate.dat file, this node will generate a new UUID when restarted. (FATAL)";
        /// The view is not primary (`gcs/src/gcs_group.cpp:gcs_group_handle_comp_msg`).
        ReceivedNonPrimary = Note wsrep "Received NON-PRIMARY.";
        /// Another member begins the state exchange.
        StateUuidWait = Note wsrep "STATE EXCHANGE: Waiting for state UUID.";
        /// No member was in the last primary component (`gcs_state_msg.cpp:state_quorum_remerge`).
        NoRemerge = Warning wsrep "No re-merged primary component found.";
        /// No member bootstraps (`gcs_state_msg.cpp:state_quorum_bootstrap`).
        NoBootstrapped = Warning wsrep "No bootstrapped primary component found.";
        /// The guard of a bootstrap (`galera/src/replicator_smm.cpp:connect`), with the blank before the last dot.
        UnsafeToBootstrap = Error wsrep "It may not be safe to bootstrap the cluster from this node. It was not the last one to leave the cluster and may not contain all the updates. To force cluster bootstrap with this node, edit the grastate.dat file manually and set safe_to_bootstrap to 1 .";
        /// The donor of this joiner failed (`gcs_group.cpp:gcs_group_handle_join_msg`).
        WillNeverReceive = Error wsrep "./gcs/src/gcs_group.cpp:gcs_group_handle_join_msg():1225: Will never receive state. Need to abort.";
        /// No donor yet; the joiner asks on.
        TransferRetry = Note wsrep "Requesting state transfer failed: No donor candidates temporarily available in suitable state. Will keep retrying every 1 second(s)";
        /// A running node cannot take a snapshot by rsync.
        SstImpossibleWhileRunning = Note wsrep "You have configured 'rsync' state snapshot transfer method which cannot be performed on a running server. Wsrep provider won't be able to fall back to it if other means of state transfer are unavailable. In that case you will need to restart the server.";
        /// The server was told of a view without quorum.
        NonPrimaryView = Note wsrep "Non-primary view";
        /// The server is up to date.
        SynchronizedWithGroup = Note wsrep "Synchronized with group, ready for connections";
        /// A start that a fatal error ended.
        StartupInterrupted = Error wsrep "Wsrep startup was interrupted";
        /// A graceful stop begins.
        ShutdownReplication = Note wsrep "Shutdown replication";
        /// The group channel is closed.
        Closed = Note wsrep "gcomm: closed";
        /// A graceful stop has ended.
        ShutdownComplete = Note server "/usr/sbin/mariadbd: Shutdown complete";
        /// The server gives up.
        Aborting = Error server "Aborting";
        /// The SQL port is open.
        ReadyForConnections = Note server "/usr/sbin/mariadbd: ready for connections.";
    }
    tuple {
        /// The answer of `--wsrep-recover` (`sql/wsrep_mysqld.cc:wsrep_recover`).
        RecoveredPosition(RecoveredPosition) = Note wsrep "Recovered position: {}";
        /// The position that a server finds at an ordinary start. The manual's `grep` finds this line too.
        RecoveredPositionFromStorage(Position) = Note wsrep "Recovered position from storage: {}";
        /// The position a bootstrap begins with (wsrep-lib, `server_state::bootstrap`).
        BootstrapPosition(Position) = Note wsrep
            "Bootstrapping a new cluster, setting initial position to {}";
        /// A bootstrap without a position makes a new history (`gcs_group.cpp:gcs_group_handle_comp_msg`).
        NewGroup(StateUuid) = Note wsrep "Starting new group from scratch: {}";
        /// The identity of the process (`galera/src/replicator_smm.cpp`).
        MyUuid(GcommUuid) = Note wsrep "####### My UUID: {}";
        /// This member begins the state exchange.
        StateUuidSent(StateUuid) = Note wsrep "STATE_EXCHANGE: sent state UUID: {}";
        /// A member that brings the primary component along (`pc_proto.cpp:is_prim`).
        NodeStatePrim(ShortUuid) = Note wsrep "Node {} state prim";
        /// An address that no member of the new primary view has is dialled no more.
        DiscardingPending(String) = Note wsrep "discarding pending addr without UUID: {}";
        /// `grastate.dat` is not there.
        NoStateFile(String) = Warning wsrep "Could not open state file for reading: '{}'";
        /// `gvwstate.dat` is not there (`gcomm/src/view.cpp:read_file`).
        NoViewFile(String) = Note wsrep "access file({}) failed(No such file or directory)";
        /// The group begins with this node.
        BootstrappingGroup(String) = Note wsrep "gcomm: bootstrapping new group '{}'";
        /// The opening of the channel failed, with the text of the error.
        GcsConnectFailed(String) = Error wsrep "gcs connect failed: {}";
        /// The donor left (`gcs_group.cpp:group_check_donor`).
        DonorGone(GcommUuid) = Warning wsrep "Donor {} is no longer in the group. State transfer cannot be completed, need to abort.";
        /// A member is up to date.
        MemberSynced(MemberRef) = Note wsrep "Member {} synced with group.";
        /// This server is up to date: its `wsrep_node_name`.
        ServerSynced(String) = Note wsrep "Server {} synced with group";
        /// The donor's events up to here are applied.
        IstReceived(Position) = Note wsrep "IST received: {}";
        /// The donor no longer has the first event asked for (`galera/src/replicator_str.cpp`).
        IstNotInCache(Seqno) = Note wsrep
            "IST first seqno {} not found from cache, falling back to SST";
        /// This member failed where most did not (`replicator_smm.cpp:process_apply_error`).
        InconsistentByConsensus(Position) = Error wsrep
            "Inconsistency detected: Inconsistent by consensus on {}";
        /// This member did not fail where most did (`replicator_smm.cpp:process_vote`).
        VoteInconsistent(Position) = Error wsrep
            "Inconsistency detected: Vote 0 (success) on {} is inconsistent with group. Leaving cluster.";
        /// The events could not be read or applied (`replicator_str.cpp`). The process stays.
        IstFailed(String) = Error wsrep "Receiving IST failed, node restart required: {}";
        /// The snapshot is here, at this position.
        SstReceived(Position) = Note wsrep "SST received: {}";
        /// The snapshot is sent.
        SstSent(Position) = Note wsrep "SST sent: {}";
        /// The snapshot is in use.
        SstSucceeded(Position) = Note wsrep "SST succeeded for position {}";
        /// The data differ from the group's.
        Inconsistency(String) = Error wsrep "Inconsistency detected: {}";
        /// The end of a process that aborts: the number of the signal.
        GotSignal(i32) = Error server "/usr/sbin/mariadbd got signal {} ;";
    }
    named {
        /// A view as the group layer sees it (`gcs_group.cpp:gcs_group_handle_comp_msg`).
        NewComponent {
            primary: bool => YesNo, bootstrap: bool => YesNo,
            my_idx: i32 => Plain, memb_num: u32 => Plain
        } = Note wsrep "New COMPONENT: primary = {}, bootstrap = {}, my_idx = {}, memb_num = {}";
        /// A view as the group communication delivers it (`gcomm/src/view.cpp`). The other three lists stay empty.
        View { id: ShortViewId => Plain, members: Vec<ShortUuid> => ViewLists }
            = Note wsrep "view({} memb {{}";
        /// A change of state (`gcs/src/gcs.cpp:gcs_shift_state`).
        Shifting { from: GcsState => Plain, to: GcsState => Plain, seqno: Seqno => Plain }
            = Note wsrep "Shifting {} -> {} (TO: {})";
        /// A member of a restored component needs no transfer (`gcs.cpp:gcs_handle_act_conf`).
        RestoredState { to: GcsState => Plain, seqno: Seqno => Plain }
            = Note wsrep "Restored state OPEN -> {} ({})";
        /// Some of the last primary component are together again (`gcs_state_msg.cpp:state_quorum_remerge`).
        PartialRemerge { primary: StateUuid => Plain, found: u32 => Plain, of: u32 => Plain }
            = Note wsrep "Partial re-merge of primary {} found: {} of {}.";
        /// All of them are.
        FullRemerge { primary: StateUuid => Plain, found: u32 => Plain, of: u32 => Plain }
            = Note wsrep "Full re-merge of primary {} found: {} of {}.";
        /// A restored component is formed by a bootstrap (`gcs_state_msg.cpp:state_quorum_bootstrap`).
        BootstrappedPrimary { primary: StateUuid => Plain, found: u32 => Plain }
            = Note wsrep "Bootstrapped primary {} found: {}.";
        /// This member is ahead of the group and must not stay (`gcs_group.cpp:group_post_state_exchange`).
        ReversingHistory { from: Seqno => Plain, to: Seqno => Plain, more: i64 => Plain }
            = Error wsrep "./gcs/src/gcs_group.cpp:group_post_state_exchange():453: Reversing history: {} -> {}, this member has applied {} more events than the primary component.Data loss is possible. Must abort.";
        /// The component works by a newer version of the protocol (`gcs_group.cpp:group_check_proto_ver`).
        ProtocolTooNew { group: u8 => Plain, known: u8 => Plain } = Error wsrep "./gcs/src/gcs_group.cpp:group_check_proto_ver():359: Group requested repl_proto_ver: {}, max supported by this node: {}. Upgrade the node before joining this group. Must abort.";
        /// Two primary components met (`pc_proto.cpp:handle_state`).
        ConflictingPrims { me: ShortUuid => Plain, mine: ShortViewId => Plain, other: ShortViewId => Plain }
            = Warning wsrep "{} conflicting prims: my prim: {} other prim: {}";
        /// The one with the greater view id stays (`pc_proto.cpp:handle_state`).
        DiscardingOtherPrim { me: ShortUuid => Plain } = Warning wsrep
            "{} discarding other prim view: older overrides";
        /// The other one closes its channel, and its process stays (`pc_proto.cpp:handle_state`, `gcs_gcomm.cpp`).
        ConflictingLoser { me: ShortUuid => Plain } = Error wsrep "exception from gcomm, backend must be restarted: {} aborting due to conflicting prims: older overrides (FATAL)";
        /// A node without primary component met two of them (`pc_proto.cpp:is_prim`).
        LastPrimsInconsistent { me: ShortUuid => Plain } = Error wsrep
            "exception from gcomm, backend must be restarted: {} last prims not consistent (FATAL)";
        /// The same while the channel is being opened, which ends the start.
        StartLastPrimsInconsistent { me: ShortUuid => Plain } = Error wsrep
            "failed to open gcomm backend connection: 131: {} last prims not consistent (FATAL)";
        /// A member's last view is not the restored one, so nothing is restored (`pc_proto.cpp:deliver_view`). The
        /// line ends without its second bracket.
        InconsistentWithRestoredView {
            node: ShortUuid => Plain, last_prim_type: i8 => Plain,
            last_prim: ShortUuid => Plain, restored: ShortUuid => Plain
        } = Warning wsrep "node uuid: {} last_prim(type: {}, uuid: {}) is inconsistent to restored view(type: V_NON_PRIM, uuid: {}";
        /// `grastate.dat` as it was found (`galera/src/saved_state.cpp`).
        FoundSavedState { position: Position => Plain, safe_to_bootstrap: bool => OneZero }
            = Note wsrep "Found saved state: {}, safe_to_bootstrap: {}";
        /// The way in which the node starts.
        Connecting { bootstrap: bool => OneZero } = Note wsrep
            "Connecting with bootstrap option: {}";
        /// The provider could not be connected; 7 is `WSREP_NODE_FAIL`.
        ConnectFailed { url: String => Plain, errno: i32 => Plain } = Error wsrep
            "wsrep::connect({}) failed: {}";
        /// The channel could not be opened: a negative error number and its text.
        BackendOpenFailed { errno: i32 => Plain, reason: String => Plain } = Error wsrep
            "./gcs/src/gcs_core.cpp:gcs_core_open():256: Failed to open backend connection: {} ({})";
        /// The channel could not be opened, with its name and address.
        ChannelOpenFailed {
            group: String => Plain, url: String => Plain,
            errno: i32 => Plain, reason: String => Plain
        } = Error wsrep
            "./gcs/src/gcs.cpp:gcs_open():1701: Failed to open channel '{}' at '{}': {} ({})";
        /// The addresses a plain start dials.
        ConnectingToGroup { group: String => Plain, peers: String => Plain } = Note wsrep
            "gcomm: connecting to group '{}', peer '{}'";
        /// The node is reachable.
        Listening { me: ShortUuid => Plain, listen: String => Plain, at: String => Plain }
            = Note wsrep "({}, '{}') listening at {}";
        /// A link to a peer is lost, so others pass messages on (`gmcast.cpp:check_liveness`).
        RelayOn { me: ShortUuid => Plain, listen: String => Plain, nonlive: Vec<String> => Spaced }
            = Note wsrep "({}, '{}') turning message relay requesting on, nonlive peers: {}";
        /// All links are there again.
        RelayOff { me: ShortUuid => Plain, listen: String => Plain } = Note wsrep
            "({}, '{}') turning message relay requesting off";
        /// A peer is reachable.
        DeclaringStable { peer: ShortUuid => Plain, address: String => Plain } = Note wsrep
            "declaring {} at {} stable";
        /// A peer that left or was partitioned off is dialled no more.
        Forgetting { peer: ShortUuid => Plain, address: String => Plain } = Note wsrep
            "forgetting {} ({})";
        /// A member was silent for `evs.suspect_timeout` (`evs_proto.cpp:check_inactive`).
        Suspecting {
            me: ShortUuid => Plain, state: String => Plain,
            view: ShortViewId => Plain, peer: ShortUuid => Plain
        } = Note wsrep "evs::proto({}, {}, {}) suspecting node: {}";
        /// A suspected member is given up (`evs_proto.cpp:check_inactive`).
        DeclaringInactive {
            me: ShortUuid => Plain, state: String => Plain, view: ShortViewId => Plain
        } = Note wsrep
            "evs::proto({}, {}, {}) suspected node without join message, declaring inactive";
        /// The process slept, so it blames nobody (`evs_proto.cpp:check_inactive`). Both are ISO 8601 durations.
        InactiveCheckSkipped { limit: String => Plain, elapsed: String => Plain } = Warning wsrep
            "last inactive check more than {} ago ({}), skipping check";
        /// A transfer is needed (`galera/src/replicator_str.cpp:request_state_transfer`). Three lines.
        StateTransferRequired { group: Position => Plain, local: Position => Plain }
            = Note wsrep "State transfer required: \n\tGroup state: {}\n\tLocal state: {}";
        /// A donor was found (`gcs_group.cpp:gcs_group_handle_state_request`).
        DonorSelected {
            joiner: MemberRef => Plain, wanted: String => Plain, donor: MemberRef => Plain
        } = Note wsrep
            "Member {} requested state transfer from '{}'. Selected {}(SYNCED) as donor.";
        /// No donor was found (`gcs_group.cpp:gcs_group_handle_state_request`).
        NoDonor { joiner: MemberRef => Plain, wanted: String => Plain } = Note wsrep "Member {} requested state transfer from '{}', but it is impossible to select State Transfer donor: No donor candidates temporarily available in suitable state";
        /// The donor is done.
        TransferTo { donor: MemberRef => Plain, joiner: MemberRef => Plain } = Note wsrep
            "{}: State transfer to {} complete.";
        /// The joiner is done.
        TransferFrom { joiner: MemberRef => Plain, donor: MemberRef => Plain } = Note wsrep
            "{}: State transfer from {} complete.";
        /// The donor failed.
        TransferFailed {
            donor: MemberRef => Plain, joiner: MemberRef => Plain, reason: String => Plain
        } = Warning wsrep "{}: State transfer to {} failed: {}";
        /// Missing events come, both ends included.
        IstReceiving { writesets: i64 => Plain, first: Seqno => Plain, last: Seqno => Plain }
            = Note wsrep "Receiving IST: {} writesets, seqnos {}-{}";
        /// A joiner's request to its donor: all after its own position, up to the group's, at its own
        /// address.
        IstRequest {
            history: StateUuid => Plain, have: Seqno => Plain,
            last: Seqno => Plain, address: String => Plain
        } = Note wsrep "IST request: {}:{}-{}|{}";
        /// The donor sends these events, both ends included.
        IstSending { first: Seqno => Plain, last: Seqno => Plain } = Note wsrep
            "IST sender {} -> {}";
        /// The server's own state changes (`wsrep-lib/src/server_state.cpp:state`).
        ServerStatus { from: ServerState => Plain, to: ServerState => Plain } = Note wsrep
            "Server status change {} -> {}";
        /// The first words of a server, with its process id.
        PidLine { version: String => Plain, revision: String => Plain, uid: String => Plain, pid: u32 => Plain }
            = Note server "Starting MariaDB {} source revision {} server_uid {} as process {}";
    }
}

impl LogLine {
    /// [`LogLine::View`] of whole identities.
    pub fn view(id: crate::ViewId, members: impl IntoIterator<Item = GcommUuid>) -> Self {
        Self::View {
            id: id.into(),
            members: members.into_iter().map(Into::into).collect(),
        }
    }

    /// [`LogLine::IstReceiving`] with its count worked out; nothing when `last` is before `first`.
    pub const fn ist_receiving(first: Seqno, last: Seqno) -> Self {
        let writesets = last.0.saturating_sub(first.0).saturating_add(1);
        Self::IstReceiving {
            writesets: if writesets < 0 { 0 } else { writesets },
            first,
            last,
        }
    }

    /// [`LogLine::ReversingHistory`] with its difference worked out: this member's position, the group's.
    pub const fn reversing_history(from: Seqno, to: Seqno) -> Self {
        Self::ReversingHistory {
            from,
            to,
            more: from.0.saturating_sub(to.0),
        }
    }
}
