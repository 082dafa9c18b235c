//! Mistakes that tests plant in the model, to check that the searches find them.
//!
//! Each breaks one rule of Galera at the place where the model keeps it. Nothing but tests sets one: no
//! option, no scenario file and no command line knows them. `docs/deliberate-faults.md` lists what finds
//! each.

use serde::{Deserialize, Serialize};

/// The rule that a mistake breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The wrong behaviour.
    pub what: &'static str,
    /// File and function of the rule in Galera's source, or the program whose rule it is.
    pub galera: &'static str,
}

macro_rules! deliberate_faults {
    ($($name:ident, $what:literal, $galera:literal;)*) => {
        /// A mistake in the model that tests plant, and that the searches must find.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        pub enum DeliberateFault {
            $(#[doc = concat!($what, " (`", $galera, "`)")] $name,)*
        }

        impl DeliberateFault {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Returns the rule that it breaks, and the place of the rule in Galera.
            pub const fn broken(self) -> Broken {
                match self {
                    $(Self::$name => Broken { what: $what, galera: $galera },)*
                }
            }
        }
    };
}

deliberate_faults! {
    PositionBeforeView,
        "an orderly stop writes its position into grastate.dat before it removes gvwstate.dat",
        "pc.cpp:close, replicator_smm.cpp";
    HalfIsQuorum,
        "exactly half of the last primary view is a quorum",
        "pc_proto.cpp:have_quorum";
    LeftCountsAsGone,
        "whoever left in order counts in the quorum as one that vanished",
        "pc_proto.cpp:have_quorum";
    ReunionOfSome,
        "a part of the last primary view forms a primary component again",
        "pc_proto.cpp:is_prim";
    IncarnationCompared,
        "a node that was restarted is not taken for the one that it was",
        "pc_proto.cpp:is_prim";
    RestoredByOne,
        "one member alone restores the view of gvwstate.dat",
        "pc_proto.cpp:deliver_view";
    UnorderedCounts,
        "what is delivered after the quorum was lost gets a position",
        "gcs_group.cpp:gcs_group_handle_act_msg";
    HigherSeqnoAccepted,
        "a node that is ahead of its group stays in it",
        "gcs_group.cpp:group_post_state_exchange";
    GapNotSeen,
        "a node that is behind its group is taken for one that is not",
        "gcs_node.cpp:gcs_node_update_status";
    OtherUuidAccepted,
        "a node with another history is taken for one of this history",
        "gcs_node.cpp:gcs_node_update_status";
    LowestGoesOn,
        "the group goes on from the lowest position that a member has",
        "gcs_state_msg.cpp:gcs_state_msg_get_quorum";
    LostDonorIgnored,
        "a joiner whose donor is gone goes on waiting",
        "gcs_group.cpp:group_check_donor";
    FailedDonorSaysDone,
        "a donor whose transfer broke off says that it is done",
        "gcs_group.cpp:gcs_group_handle_join_msg";
    IstWithoutGapCheck,
        "a donor sends what its cache has, though the joiner needs more",
        "ist.cpp, gcache: seqno_lock";
    CatchUpDropped,
        "what was received during a state transfer is thrown away",
        "replicator_str.cpp";
    VoidStateTrusted,
        "a void grastate.dat beside a recovered position is taken for a valid one",
        "replicator_smm.cpp:ReplicatorSMM";
    RecoveredIgnored,
        "the position that was recovered from InnoDB is not used",
        "replicator_smm.cpp:ReplicatorSMM";
    SeqnoWrittenEarly,
        "a running node writes its position into grastate.dat",
        "saved_state.cpp:set";
    GuardIgnored,
        "the guard at a bootstrap does not look at safe_to_bootstrap",
        "replicator_smm.cpp:connect";
    SafeNeverCleared,
        "safe_to_bootstrap is never set back to 0",
        "replicator_smm.cpp:process_conf_change";
    SafeAtEveryStop,
        "every orderly stop sets safe_to_bootstrap to 1",
        "replicator_smm.cpp:shift_to_CLOSED";
    SafeWithoutQuorum,
        "a node that is alone without quorum calls itself safe",
        "replicator_smm.cpp:process_conf_change";
    ViewKeptAtStop,
        "gvwstate.dat stays where it is at an orderly stop",
        "pc.cpp:close";
    ViewNeverWritten,
        "gvwstate.dat is never written",
        "pc.cpp:handle_up";
    NonPrimaryViewWritten,
        "a view without quorum is written into gvwstate.dat as well",
        "pc.cpp:handle_up";
    WaitPrimIgnored,
        "a start waits for a primary component without limit",
        "pc.cpp:connect";
    SilenceIgnored,
        "a silent member is never suspected",
        "evs_proto.cpp:check_inactive";
    RelayAbsent,
        "messages are not relayed to those who have no direct link",
        "gmcast.cpp:relay";
    AcknowledgedAtOnce,
        "a client is answered before its transaction has a position",
        "wsrep-lib: transaction.cpp:certify_commit";
    RefusalAcknowledged,
        "a client whose transaction got no position is told that it is committed",
        "wsrep-lib: transaction.cpp:certify_commit";
    CommitNotSynced,
        "a client is answered before the redo log is on the disk",
        "InnoDB: trx0trx.cc:trx_flush_log_if_needed";
    NonPrimaryWrites,
        "a node without quorum takes writes",
        "sql_parse.cc: wsrep_ready";
    NewClusterFlagKept,
        "the flag of a bootstrap stays on the service: every later start is a bootstrap",
        "galera_new_cluster";
}
