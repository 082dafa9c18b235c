//! The oracles, one property in each file: states that must never happen, and bad results of a procedure.
//!
//! Oracles see every observation and every write. They know nothing of an engine's inside.

mod acknowledged_write_lost;
mod cause;
mod context;
mod converged_means_equal;
mod dead_lock;
mod deeds;
mod documented_state_reached;
mod histories_diverge;
mod lists;
mod non_primary_acknowledges;
mod procedure_bounded;
mod reversed_history;
mod rows;
mod safe_to_bootstrap;
mod silent_splice;
mod stale_safe_to_bootstrap;
mod twin_primaries;
mod watch;

pub use cause::{Excuse, LossCause};
pub use context::{Oracle, OracleContext};
pub use deeds::Deeds;
pub use lists::{ANOMALIES, check_history};
pub(crate) use rows::is_synced;
pub use rows::{choices, diverged, lost_rows};
pub use seatrial_port::findings::{Class, FINDINGS, FindingKind, finding};
pub use watch::Watch;
