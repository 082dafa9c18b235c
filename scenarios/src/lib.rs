//! The scenario language, the [`Testbed`] port, the operator's console, procedures, oracles and the
//! runner.
//!
//! Nothing here knows an engine: `scenarios` never depends on `sim` or on `real-harness`. A procedure
//! sees a [`console`] and nothing else, the oracles see every observation.

pub mod advice;
pub mod agreement;
pub mod audit;
pub mod bed;
pub mod catalogue;
pub mod console;
pub mod glossary;
pub mod known;
pub mod language;
pub mod ledger;
pub mod matrix;
pub mod observation;
pub mod oracles;
pub mod outcome;
mod panics;
pub mod predicate;
pub mod procedures;
pub mod record;
pub mod record_file;
pub mod recording;
pub mod runner;
pub mod schedule;
pub mod testbed;
pub mod time;
pub mod trace;

pub use bed::Bed;
pub use language::{Scenario, ScenarioError};
pub use observation::{
    GrastateSeen, GvwstateSeen, HistoryEntry, NodeObservation, Observation, ProcessState,
};
pub use panics::panic_text;
pub use predicate::{ClusterPredicate, NodePredicate, Predicate};
pub use record::{Results, RunRecord};
pub use runner::{RunOptions, run};
pub use testbed::*;
pub use time::Span;
pub use trace::{Trace, TraceEvent, TraceHeader, TraceKind};
