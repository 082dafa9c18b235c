//! The inputs of a node and its effects: data, nothing else.

use seatrial_galera::{GcommUuid, GraState, GvwState, LogLine, RecoveredPosition, SqlError};
use serde::{Deserialize, Serialize};

use crate::cache::Gcache;
use crate::database::{Change, Committed, Database};
use crate::detail::Detail;
use crate::frame::{CachedEvent, Channel, Frame};
use crate::peer::Peer;
use crate::time::Time;

/// An input: something that a driver tells a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// The process has been started.
    Boot(BootMode),
    /// A timer that the node has set has run out.
    Timer(TimerId),
    /// A connection is up.
    LinkUp {
        /// The node at the other end.
        peer: Peer,
        /// The channel, which is the purpose of the connection.
        channel: Channel,
        /// This node has opened it. When both open one at once, the attempt that wins decides.
        dialled: bool,
    },
    /// A connection is gone, or could not be opened.
    LinkDown(Peer, Channel),
    /// Nobody answers an attempt to connect for a state transfer, which goes on.
    LinkWaits(Peer, TransferStage),
    /// A frame has arrived.
    Received(Peer, &'a Frame),
    /// A disk operation has ended.
    DiskDone(IoId, IoResult),
    /// A client or the operator says something to the server.
    Statement(RequestId, Statement),
    /// A signal.
    Signal(Signal),
}

/// The connections that a donor opens to its joiner, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransferStage {
    /// That of the write sets, to port 4568: of an incremental transfer, and of those that go before every snapshot.
    WriteSets,
    /// That of the snapshot's script, to port 4444.
    Snapshot,
}

/// The way in which a process is started.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BootMode {
    /// `--wsrep-new-cluster`.
    pub new_cluster: bool,
    /// `--wsrep_start_position`, as galera_recovery found it.
    pub start_position: Option<RecoveredPosition>,
    /// `wsrep_cluster_address` names hosts, and none of them has an address.
    pub no_address: bool,
    /// A number that no other process has: identities are derived from it.
    pub entropy: u64,
    /// The 100 ns counter that begins a version 1 uuid, at the run's start. It decides which node's
    /// identity is the lowest.
    pub uuid_epoch: u32,
}

/// A signal that the server handles; SIGKILL is the driver's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// SIGTERM. `entropy` spreads the exits of servers that are stopped at the same instant.
    Term {
        /// Any number; it decides how long this stop takes.
        entropy: u64,
    },
}

/// The number of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestId(pub u32);

/// A statement of a client or the operator.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Statement {
    /// A transaction.
    Commit(Change),
    /// A schema change of a session that wants no notes (`sql_notes = 0`).
    ChangeQuietly(String),
    /// A read of a table.
    Read,
    /// A statement of a session about the clients' lists.
    Lists {
        /// The session: a client's connection.
        session: SessionId,
        /// The client has begun a transaction on this connection, and not ended it.
        within: bool,
        /// The statement.
        statement: ListStatement,
    },
    /// A row with this key, on this node alone (`SET wsrep_on = OFF`).
    InsertLocally(String),
    /// A schema change on this node alone (`SET wsrep_on = OFF`).
    ChangeLocally(String),
    /// `SET GLOBAL wsrep_provider_options = 'pc.bootstrap=YES'`.
    PcBootstrap,
    /// `SET GLOBAL wsrep_provider_options = 'pc.weight=…'`.
    PcWeight(u8),
    /// `SET GLOBAL wsrep_provider_options = 'pc.ignore_sb=…'`.
    PcIgnoreSb(bool),
    /// `SET GLOBAL wsrep_provider_options = 'pc.ignore_quorum=…'`.
    PcIgnoreQuorum(bool),
    /// `SET GLOBAL wsrep_provider_options = 'gmcast.isolate=…'`.
    Isolate(Isolation),
    /// `SET GLOBAL wsrep_provider_options = 'evs.evict=…'`: the node, or none to let all back in.
    Evict(Option<GcommUuid>),
    /// `SET GLOBAL wsrep_provider_options` of a timeout of evs, which counts at once.
    EvsTimeout(EvsTimeout, Time),
    /// `SET GLOBAL wsrep_cluster_address`: the node leaves its group, and joins the one that it finds at these
    /// addresses. Without any it stays outside.
    ClusterAddress(Vec<Peer>),
    /// `FLUSH TABLES WITH READ LOCK`, kept.
    Lock,
    /// The end of the session that holds it.
    Unlock,
    /// `SET GLOBAL wsrep_desync`.
    Desync(bool),
    /// A session that will not let the next orderly stop end.
    HoldOnStop,
    /// The next rollback of an applier fails.
    FailRollback,
}

/// The number of a client's connection, unique in the server's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionId(pub u32);

/// A statement about the clients' lists: rows with a name and a text, which clients read and append to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ListStatement {
    /// `START TRANSACTION`, with `REPEATABLE READ`.
    Begin,
    /// `SELECT` of one row, without a lock.
    Read {
        /// The row.
        row: String,
        /// With `wsrep_sync_wait = 1`: everything that the group has ordered before is applied first.
        causal: bool,
    },
    /// Adds a value to the end of a row's text; makes the row where there is none.
    Append {
        /// The row.
        row: String,
        /// The value.
        value: String,
    },
    /// Gives a row this text, whatever it had.
    Set {
        /// The row.
        row: String,
        /// The text.
        text: String,
    },
    /// `COMMIT`.
    Commit,
    /// `ROLLBACK`.
    Rollback,
}

/// The values of `gmcast.isolate` (`gmcast.cpp:is_isolated`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Isolation {
    /// 0: connections are opened and taken.
    Off,
    /// 1: no connection is open, and none is opened or taken.
    On,
    /// 2: group communication ends with the next attempt.
    ForceQuit,
}

/// A timeout of evs that can be changed while the provider runs (`evs_proto.cpp:set_param`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EvsTimeout {
    /// `evs.suspect_timeout`.
    Suspect,
    /// `evs.inactive_timeout`.
    Inactive,
    /// `evs.install_timeout`.
    Install,
    /// `evs.keepalive_period`.
    Keepalive,
    /// `evs.join_retrans_period`.
    JoinRetrans,
}

/// The server's answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reply {
    /// Done.
    Ok,
    /// Done: the text of the row that was read, if there is one.
    List(Option<String>),
    /// Refused, with MariaDB's error number.
    Error(u16),
    /// Refused: a row with this key is there, or the schema change has failed.
    Failed(SqlError),
    /// The connection is gone.
    Lost,
}

/// A disk operation's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IoId(pub u64);

/// A disk operation. The disk does them in order, each takes time, and a crash can fall between any
/// two.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DiskOp {
    /// Opens grastate.dat, creating it with no bytes where it is missing, and reads every state file.
    Open,
    /// Writes grastate.dat through the handle that was opened at the start: rewind, write, fsync. The
    /// name may meanwhile belong to another file (`saved_state.cpp:write_file`).
    WriteGrastate(GraState),
    /// Writes gvwstate.dat to a temporary file, fsyncs it and renames it (`view.cpp:ViewState::write_file`).
    WriteGvwstate(GvwState),
    /// Removes gvwstate.dat.
    RemoveGvwstate,
    /// Writes commits to InnoDB's redo log: the page cache has them.
    InnodbWrite(Vec<Committed>),
    /// fsyncs the redo log.
    InnodbSync,
    /// Copies another node's files over the database.
    InnodbReplace(Box<Database>),
    /// Appends to galera.cache, which is mapped into memory.
    CacheAppend(CachedEvent),
    /// Empties galera.cache and names the history of what comes.
    CacheReset(seatrial_galera::StateUuid),
    /// Drops everything above a position from galera.cache.
    CacheDiscardAbove(seatrial_galera::Seqno),
}

/// The result of a disk operation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum IoResult {
    /// Done.
    Done,
    /// The state files.
    Opened(Box<DiskState>),
    /// The disk is full or broken.
    Failed,
}

/// The state files as a starting process finds them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DiskState {
    /// Text of grastate.dat, none where there was no such file.
    pub grastate: Option<String>,
    /// Text of gvwstate.dat.
    pub gvwstate: Option<String>,
    /// InnoDB.
    pub database: Database,
    /// galera.cache.
    pub cache: Gcache,
}

/// A timer of a node; setting it again moves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TimerId {
    /// The next stage of the start.
    Boot,
    /// gmcast's check.
    Gmcast,
    /// evs's checks.
    Evs,
    /// The next slice of opening the group (`pc.cpp:connect`).
    Connect,
    /// The wait for a primary component (`pc.wait_prim_timeout`).
    WaitPrim,
    /// The longest that an orderly leave may take (`pc.linger`).
    Linger,
    /// The applier's next step.
    Apply,
    /// The state transfer script on the joiner, and its retries.
    Joiner,
    /// The next part of the transfer on the donor.
    Donor,
    /// The once-a-second flush of `innodb_flush_log_at_trx_commit` 0 and 2.
    Flush,
    /// The orderly stop's next stage.
    Stop,
    /// The answer to a schema change that got no position.
    Isolation,
}

impl TimerId {
    /// Every timer, in their order.
    pub(crate) const ALL: [Self; 12] = [
        Self::Boot,
        Self::Gmcast,
        Self::Evs,
        Self::Connect,
        Self::WaitPrim,
        Self::Linger,
        Self::Apply,
        Self::Joiner,
        Self::Donor,
        Self::Flush,
        Self::Stop,
        Self::Isolation,
    ];
}

/// Something that a node asks its driver for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send a frame.
    Send(Peer, Frame),
    /// Open a connection.
    Connect(Peer, Channel),
    /// Close one.
    Close(Peer, Channel),
    /// Set a timer.
    SetTimer(TimerId, Time),
    /// Clear it.
    ClearTimer(TimerId),
    /// Do a disk operation.
    Disk(IoId, DiskOp),
    /// Answer a statement.
    Reply(RequestId, Reply),
    /// Something for the error log and the trace.
    Note(Note),
    /// The process ends with this exit code (128 plus the signal).
    Exit(i32),
}

/// Something that a node reports.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Note {
    /// A line of the error log.
    Log(LogLine),
    /// A line that the trace has in short, and the error log in full.
    LogAs(LogLine, Box<Detail>),
    /// A line, or a few, that only the error log has.
    Told(Box<Detail>),
    /// The SQL port is open.
    PortOpen,
    /// Quorum was counted in a component that was primary.
    Quorum {
        /// Members of the last primary view that are here.
        present: Vec<GcommUuid>,
        /// Members of it that left in order.
        left: Vec<GcommUuid>,
        /// The last primary view, with the weights.
        last_primary: Vec<(GcommUuid, u32)>,
        /// Whether the component stays primary.
        holds: bool,
    },
    /// A component without a primary member has compared what everybody remembers.
    Reunion {
        /// The members of the greatest primary view that anybody remembers.
        last_primary: Vec<GcommUuid>,
        /// Those of them that are not here.
        missing: Vec<GcommUuid>,
    },
}

/// The effects of one input, in order.
pub type Effects = Vec<Effect>;

/// Appends a line to the error log.
pub(crate) fn log(fx: &mut Effects, line: LogLine) {
    fx.push(Effect::Note(Note::Log(line)));
}
