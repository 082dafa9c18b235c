//! What happens with a scenario and a cluster: the operator's commands and procedures, the runner, the oracles and
//! what is made of its records.
//!
//! The folders lie along the road of a run, and each imports only those below it:
//!
//! ```text
//! results      record.jsonl, results.json, the ledger of claims
//! comparison   engines side by side, recorded runs of real nodes
//! trial        the runner, the oracles, the record of a run, its outcome
//! operator     commands, procedures, advice
//! ```
//!
//! Below them lie two crates of their own, which do not know each other's users either:
//!
//! ```text
//! language     scenario files, their checks, the catalogue, random schedules
//! port         what crosses between a scenario and a cluster
//! ```
//!
//! This file names every module of the three for other crates. Inside the crate the folders name each other, and
//! `tests/folders.rs` holds their order.
//!
//! Nothing here knows an engine: `scenarios` never depends on `sim` or on `real-harness`. A procedure
//! sees a [`console`] and nothing else, the oracles see every observation.

mod comparison;
mod operator;
mod results;
mod trial;

pub use comparison::{agreement, known, recording};
pub use operator::{advice, procedures};
pub use results::{ledger, record_file};
pub use seatrial_language::{self as language, catalogue, glossary, reference, schedule};
pub use seatrial_port::{observation, predicate, testbed, time, trace};
pub use trial::{audit, history, matrix, oracles, outcome, runner};

/// The operator's console: the commands, the host on which they run, the port of procedures.
pub mod console {
    pub use crate::operator::commands::*;
    pub use seatrial_port::call::{Call, CallEnd, CallState};
    pub use seatrial_port::console::{CommandOutcome, Console};
    pub use seatrial_port::firewall::{Chain, Firewall, PacketKind, Rule, Target};
    pub use seatrial_port::host::{
        DIRTY_READS, Host, QueryId, QueryResult, Signal, Step, UnitFileState, UnitState,
        WITHOUT_NOTES, WITHOUT_REPLICATION,
    };
    pub use seatrial_port::journal::{JournalEntry, UnitEvent};
    pub use seatrial_port::paths::{BACKEND_LOG, GRASTATE, GVWSTATE, MARIADB_LOG};
    pub use seatrial_port::{console as port, host};
}

/// Engines side by side on random schedules, and `results.json` of that.
pub mod random_schedules {
    pub use crate::comparison::random_schedules::*;
    pub use crate::comparison::score::*;
    pub use crate::results::random_schedules_json::results;
}

/// The record of a run, and `results.json`.
pub mod record {
    pub use crate::results::results_json::*;
    pub use crate::trial::record::*;
}

pub use results::results_json::Results;
pub use seatrial_language::{Scenario, ScenarioError};
pub use seatrial_port::predicate::{ClusterPredicate, NodePredicate, Predicate};
pub use seatrial_port::trace::{Trace, TraceEvent, TraceHeader, TraceKind};
pub use seatrial_port::*;
pub use trial::record::RunRecord;
pub use trial::runner::{RunOptions, run};
