//! Galera's own vocabulary: what a `MariaDB` Galera node writes to disk, shows to a client and prints to its log.
//!
//! Everything here is a value with a text form. There is no behaviour of a node in this crate: it says how a
//! `grastate.dat` looks, how two view ids compare and what an error reads like, and never when one comes to be.
//! The texts are those of `MariaDB` 10.11 with Galera 26.4.23; a rule that was read in a source names its file and
//! function.
//!
//! | what | types |
//! |---|---|
//! | identities | [`StateUuid`], [`GcommUuid`], [`ShortUuid`] |
//! | positions | [`Seqno`], [`Position`], [`RecoveredPosition`] |
//! | views | [`ViewType`], [`ViewId`], [`ShortViewId`] |
//! | files | [`GraState`], [`GvwState`], [`GvwRead`], [`Saved`], [`SavedView`] |
//! | the recovery run | [`read_recovery`] |
//! | what a client sees | [`StatusVariables`], [`SqlError`], [`mysql_table`], [`cluster_status_tables`] |
//! | the error log | [`LogLine`], [`LoggedStep`], [`ServerView`] |

mod grastate;
mod gvwstate;
mod log;
mod position;
mod recovery;
mod saved;
mod seqno;
mod server_view;
mod sql;
mod status;
mod table;
mod uuid;
mod view;

/// The version of every protocol that garbd claims to know: it reads no write set, and so takes part in each of them
/// (`garb/garb_gcs.cpp:Gcs`). Servers know 11 at most.
pub const ARBITRATOR_PROTOCOL: u8 = 127;

pub use grastate::{GraState, GraStateError};
pub use gvwstate::{GvwRead, GvwState, GvwStateError};
pub use log::{GcsState, LogLine, MemberRef, ParseLogWordError, ServerState, Severity};
pub use position::{ParsePositionError, Position, RecoveredPosition};
pub use recovery::{RECOVERED, Recovery, RecoveryError, read_recovery};
pub use saved::{Saved, SavedView};
pub use seqno::{ParseSeqnoError, Seqno};
pub use server_view::{LoggedStep, ServerView};
pub use sql::SqlError;
pub use status::{ClusterStatus, ConfId, LocalState, ParseStatusError, StatusVariables};
pub use table::{NodeAddresses, cluster_status_tables, mysql_table, unsafe_to_bootstrap_warning};
pub use uuid::{GcommUuid, ParseUuidError, ShortUuid, StateUuid};
pub use view::{ParseViewIdError, ShortViewId, ViewId, ViewType};
