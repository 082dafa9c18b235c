//! The scenario language, the [`Testbed`] port, the operator's console, procedures, oracles and the
//! runner.
//!
//! Nothing here knows an engine: `scenarios` never depends on `sim` or on `real-harness`. A procedure
//! sees a [`console`] and nothing else, the oracles see every observation.

pub mod console;
pub mod observation;
pub mod predicate;
pub mod testbed;
pub mod time;
pub mod trace;

pub use observation::{
    GrastateSeen, GvwstateSeen, HistoryEntry, NodeObservation, Observation, ProcessState,
};
pub use predicate::{ClusterPredicate, NodePredicate, Predicate};
pub use testbed::*;
pub use time::Span;
pub use trace::{Trace, TraceEvent, TraceHeader, TraceKind};
