//! The operator's console: the commands of the manual, with the same text on every engine.

pub mod host;

pub use host::{Host, QueryId, QueryResult, Signal, Step, UnitState};
