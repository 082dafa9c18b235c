//! Everything that a line, or a block of lines, can say.

mod parts;
mod time;

use serde::Serialize;

use seatrial_galera::{Position, Seqno, StateUuid};

use crate::identity::Identity;
use crate::state_file::{StateFile, ViewFile};

pub use parts::*;

/// What a line, or a block of lines, says.
///
/// The groups follow the life of a server, from its start to its end; what other files say comes last.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "says")]
#[non_exhaustive]
pub enum Event {
    // Lives of a server.
    /// A process begins (`starting as process`): a server, a recovery run, an upgrade run, a helper of a transfer.
    Start {
        /// The version of the server.
        version: String,
        /// The process; in a container each life is 1.
        pid: Option<u64>,
    },
    /// A run that makes an empty data folder (`initializing of server in progress`).
    Initialize,
    /// This run is no member of a cluster: an upgrade or a helper (`Node is not a cluster node`).
    NotAClusterNode,
    /// Clients are served (`ready for connections`).
    Ready,
    /// Somebody asked the server to stop.
    StopRequested {
        /// Who, where the line says it: `a signal`, or a user of SQL.
        by: Option<String>,
    },
    /// The server has stopped in order (`Shutdown complete`). InnoDB's `Shutdown completed` is another line.
    StopComplete,
    /// The server gives up (`Aborting`, `Terminated.`).
    Abort,
    /// The server crashed.
    Crash {
        /// The signal.
        signal: u32,
    },
    /// `mysqld_safe` says that the process has ended.
    ProcessEnded,
    /// The provider's version, such as `4.11(a9008fc)`.
    Provider {
        /// It.
        version: String,
    },
    /// The options of the provider that tell about the node.
    ProviderOptions {
        /// `base_host`: the address that the node gives to the others.
        host: Option<String>,
        /// `base_port`.
        port: Option<String>,
        /// `pc.weight`.
        weight: Option<i64>,
        /// `pc.recovery`.
        recovery: Option<bool>,
        /// `pc.ignore_sb` or `pc.ignore_quorum` is on: a component may go on without a majority.
        ignores_quorum: bool,
    },

    // Positions.
    /// What grastate.dat said when a server started.
    SavedState {
        /// Uuid and seqno; -1 after a crash.
        position: Position,
        /// The flag; `None` from Galera before 3.19.
        safe_to_bootstrap: Option<bool>,
    },
    /// There was no grastate.dat when a server started.
    NoSavedState,
    /// A wrapper begins a recovery run.
    RecoveryBegins,
    /// InnoDB's position, the answer of a recovery run.
    Recovered {
        /// It.
        position: Position,
    },
    /// The wrapper took the position of grastate.dat and made no recovery run.
    RecoverySkipped {
        /// It.
        position: Position,
    },
    /// A recovery run or a start failed, and why.
    Failed {
        /// Why.
        why: Failure,
    },
    /// The tables of the server itself are missing: the data folder is not initialised.
    NoSystemTables,
    /// The position at which a server starts, and no answer of a recovery run.
    StartPosition {
        /// It.
        position: Position,
        /// The line that says so.
        by: StartPositionBy,
    },
    /// A server was started without a position (`No pre-stored wsrep-start position found`).
    NoStartPosition,
    /// The position after a transfer, as InnoDB holds it. Every start prints it, too.
    StoragePosition {
        /// It.
        position: Position,
    },

    // The group.
    /// `Connecting with bootstrap option: 1`.
    BootstrapOption {
        /// Whether a new primary component is wanted.
        on: bool,
    },
    /// A new primary component is made (`gcomm: bootstrapping new group`).
    Bootstrap {
        /// The cluster's name.
        group: String,
    },
    /// A new history begins.
    NewHistory {
        /// Its uuid.
        history: StateUuid,
    },
    /// A bootstrap is refused, because `safe_to_bootstrap` is 0.
    BootstrapRefused,
    /// The server could not connect to the cluster.
    ConnectFailed {
        /// The number of the error: 7 covers most.
        reason: Option<i64>,
    },
    /// No primary component was reached in time (`failed to reach primary view`).
    NoPrimaryReached,
    /// Whether the view of gvwstate.dat was restored at the start: if so, the last life crashed.
    ViewRestored {
        /// Whether it was.
        restored: bool,
    },
    /// The node waits for other members, because the restored view asks for them.
    WaitsForMembers,
    /// A plain start: the addresses that it dials.
    Connecting {
        /// The cluster's name.
        group: String,
        /// The addresses.
        peers: String,
    },
    /// The node listens: its identity in this life.
    Listening {
        /// Its identity.
        identity: Identity,
    },
    /// The node's own whole identity.
    OwnIdentity {
        /// It.
        identity: Identity,
    },
    /// The node's own address.
    OwnAddress {
        /// It, without the scheme.
        address: String,
    },
    /// The node's own name.
    OwnName {
        /// `wsrep_node_name`.
        name: String,
    },
    /// The node is connected: name, position and identity (`Server … connected to cluster`).
    Connected {
        /// `wsrep_node_name`.
        name: String,
        /// The position.
        position: Position,
        /// Its identity.
        identity: Identity,
    },
    /// The channel to the group is open.
    ChannelOpened {
        /// The cluster's name.
        group: String,
    },
    /// A link to a peer.
    PeerConnected {
        /// The identity of the node that wrote the log.
        own: Identity,
        /// Who.
        peer: Identity,
        /// Its address, without the scheme.
        address: String,
    },
    /// A peer is a stable part of the group.
    PeerStable {
        /// Who.
        peer: Identity,
        /// Its address, without the scheme.
        address: String,
    },
    /// A peer is forgotten: it left, or was parted.
    PeerForgotten {
        /// Who.
        peer: Identity,
        /// Its address, without the scheme.
        address: String,
    },
    /// Nothing came over a link to a peer; a reconnection is no change of view.
    PeerTimedOut {
        /// The identity of the node that wrote the log.
        own: Identity,
        /// Who.
        peer: Identity,
        /// Its address, without the scheme.
        address: String,
    },
    /// A peer is not heard and is suspected. Both sides of a break write it.
    Suspected {
        /// Its identity or its index in the view, as the line has it.
        peer: String,
    },
    /// A suspected peer is given up.
    Inactive {
        /// Its identity or its index in the view; empty where the line names none.
        peer: String,
    },
    /// A change of membership found no common view.
    ViewChangeFailed,
    /// The membership, as the group layer sees it.
    GroupView(GroupView),
    /// The group layer got a component.
    Component {
        /// Whether it is primary.
        primary: bool,
        /// Whether it was made by `pc.bootstrap`; a start with the bootstrap option says no here.
        bootstrap: bool,
        /// The node's own index.
        own_index: i64,
        /// How many members it has.
        members: u64,
    },
    /// A state message of a member: its index and name. The exchange has one uuid on all nodes.
    StateMessage {
        /// The exchange.
        exchange: StateUuid,
        /// Who.
        member: Member,
    },
    /// This node, as representative, began a state exchange.
    ExchangeBegun {
        /// The exchange.
        exchange: StateUuid,
    },
    /// A state exchange failed.
    ExchangeFailed {
        /// The exchange.
        exchange: StateUuid,
    },
    /// What the members decided.
    Quorum(Quorum),
    /// The applier reached a view.
    ServerView(ServerView),
    /// The view that came with a snapshot, which is the donor's.
    ViewOfTransfer(ServerView),
    /// A number of the history is a view and no write set.
    ViewNumber {
        /// The number.
        seqno: Seqno,
        /// How it came here.
        from: ViewNumberFrom,
    },
    /// The node's state in the group changed. TO is the group's position and not the applied one.
    Shift {
        /// From which state.
        from: String,
        /// To which state.
        to: String,
        /// The group's position.
        seqno: Seqno,
    },
    /// No transfer was needed. With Galera 4 the number includes the view.
    RestoredState {
        /// The position.
        seqno: Seqno,
    },
    /// The server's own state changed.
    ServerStatus {
        /// From which.
        from: String,
        /// To which.
        to: String,
    },
    /// A member is in step with the group. Every member prints it.
    MemberSynced {
        /// Who.
        member: Member,
    },
    /// The node lost the primary component (`Received NON-PRIMARY.`).
    LostPrimary,
    /// The node leaves (`SELF-LEAVE`), which is no loss of quorum.
    SelfLeave,

    // Transfers.
    /// A donor was chosen. Every member prints it.
    DonorChosen {
        /// The member that asks.
        joiner: Member,
        /// Whom it asked for: a name, a list, `*any*`.
        wanted: String,
        /// The member that gives.
        donor: Member,
    },
    /// No donor could be chosen. Every member prints it, and it repeats every second.
    NoDonor {
        /// The member that asks.
        joiner: Member,
        /// Whom it asked for.
        wanted: String,
        /// Why not: `Host is down` (no member of that name) or `Resource temporarily unavailable`.
        reason: String,
    },
    /// A transfer is needed: the gap. A zero local state means a full copy.
    TransferWanted {
        /// The group's position.
        group: Option<Position>,
        /// The node's own.
        local: Option<Position>,
    },
    /// The request for a transfer failed.
    RequestFailed {
        /// The number of the error: -11 (no donor at the moment), -77, 32, …
        errno: i64,
        /// Whether it is tried again every second.
        retries: bool,
    },
    /// The node gives up the transfer, and ends.
    RequestUnrecoverable {
        /// The number of the error.
        errno: i64,
    },
    /// What a joiner asks for: all after the first number up to the second.
    IstRequest {
        /// The history.
        history: StateUuid,
        /// The last one that it has.
        have: Seqno,
        /// The last one that it wants.
        last: Seqno,
    },
    /// The donor sends these numbers.
    IstSending {
        /// The first.
        first: Seqno,
        /// The last.
        last: Seqno,
    },
    /// The joiner gets these numbers.
    IstReceiving {
        /// The first.
        first: Seqno,
        /// The last.
        last: Seqno,
    },
    /// The incremental transfer is complete.
    IstReceived {
        /// The position then.
        position: Position,
    },
    /// The donor's cache does not reach back far enough, so that a full copy follows.
    IstNotInCache {
        /// The first number that is missing.
        seqno: Seqno,
    },
    /// The incremental transfer broke.
    IstFailed {
        /// The last number that should have come, where the line says so.
        expected: Option<Seqno>,
        /// The last that came.
        received: Option<Seqno>,
        /// The number of the error, where the line has one: 71 is EPROTO, and no version.
        errno: Option<i64>,
    },
    /// The donor has sent a snapshot, or has let it be passed over. The position is that of the request.
    SstSent {
        /// It.
        position: Position,
    },
    /// The joiner has the snapshot.
    SstReceived {
        /// Its position, which may be higher than that of the request.
        position: Position,
    },
    /// Galera 3: the transfer is complete, or none was needed.
    SstComplete {
        /// The position.
        seqno: Seqno,
    },
    /// The script of a transfer starts.
    SstScript {
        /// On which side.
        side: Side,
        /// Whether it only accompanies an incremental transfer.
        bypass: bool,
        /// The script, such as `wsrep_sst_mariabackup`.
        method: String,
    },
    /// The joiner's script empties the data folder and takes a full copy.
    SstProceeds,
    /// The script of a transfer failed, or the donor could not send.
    SstFailed {
        /// The words of the line.
        text: String,
    },
    /// The donor's script begins to send a full copy.
    SstStreams,
    /// A tool that a transfer's script runs has failed: `socat`, `xtrabackup`, `mariabackup`.
    SstToolFailed {
        /// The words of the line.
        text: String,
    },
    /// The donor says that it is done: `to … complete` or `to … failed`. Every member prints it.
    TransferTo {
        /// The member that gave.
        donor: Member,
        /// The member that got it; index -1 where it has left.
        joiner: Member,
        /// Whether it failed.
        failed: bool,
    },
    /// The joiner says that it is done. Every member prints it.
    TransferFrom {
        /// The member that got it.
        joiner: Member,
        /// The member that gave.
        donor: Member,
        /// Whether it failed.
        failed: bool,
    },

    // Trouble.
    /// This node has more than the group: the sure sign of a fork. It aborts, its data are still there.
    Reversal {
        /// Its own position.
        own: Seqno,
        /// The group's.
        group: Seqno,
    },
    /// What the write-set cache holds.
    Cache {
        /// The first number.
        first: Seqno,
        /// The last.
        last: Seqno,
    },
    /// The cache was emptied for another history.
    CacheReset {
        /// From.
        from: Position,
        /// To.
        to: Position,
    },
    /// The lowest number that the write-set cache keeps, said at a view (`Min available from gcache`).
    CacheFrom {
        /// It.
        seqno: Seqno,
    },
    /// The cache could not be read back.
    CacheLost,
    /// A vote on an inconsistency begins.
    VoteBegins {
        /// Who.
        member: Member,
        /// On which write set.
        position: Option<Position>,
        /// The rest of the line.
        text: String,
    },
    /// Votes that a quorum result repeats; they may be years old, and are no event then.
    VoteResult {
        /// On which write set.
        position: Position,
        /// The winning hash; all zero is success.
        winner: Option<String>,
    },
    /// This node's data differ: it leaves, and the group is well.
    Inconsistent {
        /// The words of the line.
        text: String,
    },
    /// The group works by a newer version of a protocol than this node knows, which aborts.
    ProtocolTooNew(ProtocolTooNew),
    /// A peer of another cluster dialled.
    OtherCluster {
        /// This node's cluster.
        own: String,
        /// The peer's.
        peer: String,
    },
    /// A connection was refused, mostly by TLS.
    HandshakeFailed {
        /// Why.
        text: String,
    },
    /// A connection is closed after a refusal: where it came from.
    PeerClosed {
        /// The peer's address, without scheme and port.
        address: String,
    },
    /// Two primary components met, and this one ends.
    ConflictingPrimaries,
    /// Another node has the same identity: gvwstate.dat was copied with a disk.
    DuplicateIdentity,
    /// The group has put this node out.
    Evicted,
    /// The node could not report its position in time: its applier may hang.
    ReportFailed {
        /// The position.
        position: Option<Position>,
    },
    /// An action of this node was not ordered. The client had an error, or it is sent again.
    ActionRejected,
    /// Something asked the server for its keyring: a backup does as it begins, also that of a full transfer.
    KeyringAsked,
    // Wrappers and operators.
    /// The PXC operator found the whole cluster down and waits for a person.
    FullClusterCrash {
        /// The pod that asks.
        pod: String,
    },
    /// The position that the operator found on a pod.
    OperatorPosition {
        /// The pod.
        pod: String,
        /// The position, without the history.
        seqno: Seqno,
    },
    /// A script set `safe_to_bootstrap` to 1.
    FlagSetByScript,

    // Files and tables.
    /// The content of a grastate.dat.
    StateFile(StateFile),
    /// The content of a gvwstate.dat.
    ViewFile(ViewFile),
    /// A bare `uuid:seqno`.
    BarePosition {
        /// It.
        position: Position,
    },
    /// A status variable of a running server (`SHOW STATUS LIKE 'wsrep%'`).
    Status {
        /// Its name, in lower case.
        name: String,
        /// Its value.
        value: String,
    },
    /// A setting out of a configuration file or of `SHOW VARIABLES`.
    Setting {
        /// The section, such as `mysqld`; empty for `SHOW VARIABLES`.
        section: String,
        /// Its name, in lower case, with `_` for `-`.
        name: String,
        /// Its value, without quotes and passwords.
        value: String,
    },
    /// What `systemctl status` says of the server's unit.
    Unit {
        /// `active`, `inactive`, `failed`, `activating`, …
        active: String,
        /// The rest of the line: `running`, since when, the result.
        detail: String,
    },
    /// A running server process on a list of processes.
    Process {
        /// The position on its command line, which is where it *started*.
        start: Option<Position>,
    },
    /// A line that an archive of `advise --collector` holds about the node.
    Collected {
        /// What: `host`, `date`, `process`, …
        name: String,
        /// Its value.
        value: String,
    },
    /// The last line of a log that has a time. The caller adds it, out of the [`Summary`](crate::Summary).
    LogEnds,
    /// Facts of the file are left out here, as many as it is repeated. [`Bounded`](crate::Bounded) says so.
    LeftOut,
    /// A token that cannot be read costs that token only.
    Unreadable {
        /// What it should have been.
        wanted: String,
        /// The text that is there instead, shortened and without control characters.
        text: String,
    },
}
