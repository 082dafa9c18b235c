//! The words that a key of a scenario file may have as its value.

use schemars::JsonSchema;
use seatrial_port::predicate::ClusterPredicate;
use seatrial_port::{
    Damage, ForceEdit, Initial, Jitter, Message, MysqldSafeLog, ProcessState, StateFile,
    Supervisor, Timers,
};
use serde::Deserialize;

use super::action::{ProbeRead, ProbeWrite, ProcedureEnd, RequestEnd};
use super::scenario::{ClaimVerdict, Pace};

/// Defines the words of a key and what each stands for.
macro_rules! words {
    ($($(#[doc = $doc:literal])+ $name:ident => $target:ty {
        $($(#[doc = $word_doc:literal])+ $variant:ident = $word:literal => $value:expr,)+
    })+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
            pub(super) enum $name {
                $($(#[doc = $word_doc])+ #[serde(rename = $word)] $variant,)+
            }

            impl $name {
                /// Returns the meaning of the word.
                pub(super) fn meaning(self) -> $target {
                    match self { $(Self::$variant => $value,)+ }
                }
            }
        )+
    };
}

words! {
    /// The state of the cluster before the first step.
    InitialWord => Initial {
        /// Bootstrapped, joined and synced.
        Synced = "synced" => Initial::Synced,
        /// Installed, never started.
        Empty = "empty" => Initial::Empty,
        /// As `synced`, then every node stopped in order, the first node last.
        Down = "down" => Initial::Down,
    }
    /// The nodes' timeouts.
    TimersWord => Timers {
        /// Galera's own defaults.
        Default = "default" => Timers::Default,
        /// Short timeouts.
        Fast = "fast" => Timers::Fast,
    }
    /// When the next step begins.
    PaceWord => Pace {
        /// When nothing has changed for a while.
        Rest = "rest" => Pace::Rest,
        /// At once.
        Next = "next" => Pace::Next,
    }
    /// The treatment of a server that ended abnormally.
    SupervisorWord => Supervisor {
        /// Nothing restarts it.
        None = "none" => Supervisor::None,
        /// systemd starts it again after 5 s.
        Systemd = "systemd" => Supervisor::Systemd,
    }
    /// The way in which the force edits grastate.dat.
    ForceWord => ForceEdit {
        /// In the file that is there.
        InPlace = "in-place" => ForceEdit::InPlace,
        /// By a new file that takes its name.
        Replace = "replace" => ForceEdit::Replace,
    }
    /// The place where `mysqld_safe` writes its log.
    LogWord => MysqldSafeLog {
        /// Into the server's log file.
        File = "file" => MysqldSafeLog::File,
        /// To syslog.
        Syslog = "syslog" => MysqldSafeLog::Syslog,
    }
    /// The statement of a client.
    ClientWord => &'static str {
        /// `START TRANSACTION`.
        Begin = "begin" => "begin",
        /// `SELECT` of one row.
        Read = "read" => "read",
        /// Adds a value to the end of a row's text.
        Append = "append" => "append",
        /// Gives a row another text.
        Set = "set" => "set",
        /// `COMMIT`.
        Commit = "commit" => "commit",
        /// `ROLLBACK`.
        Rollback = "rollback" => "rollback",
    }
    /// Whether simulated times vary.
    JitterWord => Jitter {
        /// As the seed draws them.
        Drawn = "drawn" => Jitter::Drawn,
        /// Each is the middle of its range.
        None = "none" => Jitter::None,
    }
    /// A file that can be damaged.
    FileWord => StateFile {
        /// The replicator's saved state.
        Grastate = "grastate.dat" => StateFile::Grastate,
        /// The saved view of the last primary component.
        Gvwstate = "gvwstate.dat" => StateFile::Gvwstate,
        /// The write-set cache.
        GaleraCache = "galera.cache" => StateFile::GaleraCache,
        /// The error log; `garbage` are bytes of zero at its end, as after a loss of power.
        ErrorLog = "mariadb.log" => StateFile::ErrorLog,
    }
    /// The kind of damage to a file.
    DamageWord => Damage {
        /// The name is gone.
        Delete = "delete" => Damage::Delete,
        /// The file has no bytes.
        Empty = "empty" => Damage::Empty,
        /// The bytes mean nothing.
        Garbage = "garbage" => Damage::Garbage,
        /// A copy from the end of the initial state has been put back.
        OldCopy = "old-copy" => Damage::OldCopy,
    }
    /// The state of the server process.
    ProcessWord => ProcessState {
        /// It runs and its SQL port answers.
        Running = "running" => ProcessState::Running,
        /// It runs and has no SQL port.
        Waiting = "waiting" => ProcessState::Waiting,
        /// There is no process.
        Exited = "exited" => ProcessState::Exited,
    }
    /// `wsrep_cluster_status`.
    StatusWord => &'static str {
        /// In the primary component.
        Primary = "Primary" => "Primary",
        /// Without quorum.
        NonPrimary = "non-Primary" => "non-Primary",
        /// Out of the group.
        Disconnected = "Disconnected" => "Disconnected",
    }
    /// A status variable that is on or off.
    FlagWord => &'static str {
        /// On.
        On = "ON" => "ON",
        /// Off.
        Off = "OFF" => "OFF",
    }
    /// `wsrep_local_state_comment`; `Joiner` and `Donor` stand for the long forms.
    LocalStateWord => &'static str {
        /// Not in a primary component.
        Initialized = "Initialized" => "Initialized",
        /// Asking for a state transfer.
        JoiningShort = "Joining" => "Joining",
        /// Receiving a state transfer.
        JoinerShort = "Joiner" => "Joiner",
        /// Receiving a state transfer, as printed.
        Joiner = "Joining: receiving State Transfer" => "Joining: receiving State Transfer",
        /// Giving a state transfer.
        DonorShort = "Donor" => "Donor",
        /// Giving a state transfer, as printed.
        Donor = "Donor/Desynced" => "Donor/Desynced",
        /// It has the state and catches up.
        Joined = "Joined" => "Joined",
        /// Equal to the group.
        Synced = "Synced" => "Synced",
        /// Voted out of the group for a different state.
        Inconsistent = "Inconsistent" => "Inconsistent",
    }
    /// An expectation about the cluster as a whole.
    ClusterWord => ClusterPredicate {
        /// Every node is Primary, Synced and ready, in one component.
        AllSynced = "all-synced" => ClusterPredicate::AllSynced,
        /// At least one node is Primary and ready.
        Primary = "primary" => ClusterPredicate::Primary,
        /// No node is Primary.
        NoPrimary = "no-primary" => ClusterPredicate::NoPrimary,
        /// Two nodes are Primary without counting each other.
        TwinPrimaries = "twin-primaries" => ClusterPredicate::TwinPrimaries,
    }
    /// The result of a write that is tried.
    WriteWord => ProbeWrite {
        /// The client gets an error.
        Refused = "refused" => ProbeWrite::Refused,
        /// The client is told that it is committed.
        Acknowledged = "acknowledged" => ProbeWrite::Acknowledged,
        /// The client waits.
        Hangs = "hangs" => ProbeWrite::Hangs,
    }
    /// The result of a read that is tried.
    ReadWord => ProbeRead {
        /// The client gets an error.
        Refused = "refused" => ProbeRead::Refused,
        /// The client gets its rows.
        Ok = "ok" => ProbeRead::Ok,
    }
    /// The end of a named request.
    EndWord => RequestEnd {
        /// It has ended, in whatever way.
        Ended = "ended" => RequestEnd::Ended,
        /// It still runs.
        Running = "running" => RequestEnd::Running,
        /// A write has succeeded.
        Acknowledged = "acknowledged" => RequestEnd::Acknowledged,
        /// A write has failed, and the client knows it.
        Refused = "refused" => RequestEnd::Refused,
        /// The connection was lost while the write ran.
        Unknown = "unknown" => RequestEnd::Unknown,
    }
    /// A message between nodes.
    MessageWord => Message {
        /// evs: the membership to come, as the sender sees it (`evs_message2.hpp`).
        Join = "JOIN" => Message::Join,
        /// evs: the representative's decision on the membership.
        Install = "INSTALL" => Message::Install,
        /// evs: the GAP by which a member commits an INSTALL.
        Commit = "COMMIT" => Message::Commit,
        /// evs: any other GAP, an acknowledgement.
        Gap = "GAP" => Message::Gap,
        /// evs: the sender leaves in order.
        Leave = "LEAVE" => Message::Leave,
        /// pc: what a member remembers of primary components (`pc_message.hpp`).
        State = "STATE" => Message::State,
        /// pc: the primary component to come.
        PcInstall = "PC-INSTALL" => Message::PcInstall,
        /// gcs: the name of a state exchange (`GCS_MSG_STATE_UUID`).
        StateUuid = "STATE-UUID" => Message::StateUuid,
        /// gcs: a member's state in the exchange (`GCS_MSG_STATE_MSG`).
        StateMsg = "STATE-MSG" => Message::StateMsg,
        /// gcs: a joiner asks for a state transfer.
        StateRequest = "STATE-REQUEST" => Message::StateRequest,
        /// gcs: a transfer has ended, for the donor or the joiner (`GCS_MSG_JOIN`).
        GcsJoin = "GCS-JOIN" => Message::GcsJoin,
        /// gcs: the sender has caught up (`GCS_MSG_SYNC`).
        Sync = "SYNC" => Message::Sync,
        /// gcs: a vote on an error (`GCS_MSG_VOTE`).
        Vote = "VOTE" => Message::Vote,
        /// A transaction.
        WriteSet = "WRITE-SET" => Message::WriteSet,
    }
    /// The end of a procedure.
    ProcedureEndWord => ProcedureEnd {
        /// It says that the cluster has recovered.
        Recovered = "recovered" => ProcedureEnd::Recovered,
        /// It asks a person to decide.
        AsksPerson = "asks-person" => ProcedureEnd::AsksPerson,
        /// It gives up.
        GaveUp = "gave-up" => ProcedureEnd::GaveUp,
    }
    /// Whether a statement of the documentation is so.
    VerdictWord => ClaimVerdict {
        /// It is so.
        Holds = "holds" => ClaimVerdict::Holds,
        /// It is not so.
        Contradicted = "contradicted" => ClaimVerdict::Contradicted,
    }
}

impl ClientWord {
    /// Returns whether the statement is about one row.
    pub(super) const fn has_row(self) -> bool {
        matches!(self, Self::Read | Self::Append | Self::Set)
    }
}
