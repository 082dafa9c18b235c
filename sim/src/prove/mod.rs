//! The search that leaves nothing out: every state at rest that a few events, or any number of them,
//! lead to, and what a procedure makes of each.
//!
//! From a synced cluster every event of the alphabet is applied, the cluster comes to rest, and what
//! is new is gone on from, level by level. States are equal if their keys are; a key says what of a
//! state decides its future. Nothing is drawn by chance (`jitter = "none"`): what happens depends on
//! the events alone, so that a state has one successor for each of them.
//!
//! Threads are the caller's business ([`Workers`]): [`Model`] is shared and never changes, [`Closure`] takes what
//! was found in an order that does not depend on who found it.

mod against;
mod alphabet;
mod closure;
mod key;
mod limits;
mod matrix;
mod model;
mod report;
mod search;
mod sight;

pub use against::{Earlier, Worse};
pub use alphabet::{Alphabet, Event};
pub use closure::{Closure, Found, Known, Level};
pub use key::{Canonical, Key};
pub use limits::{Knowledge, LookAlikes, tells_apart};
pub use matrix::{Limits, ProcedureRow, Terms};
pub use model::{Judged, Live, Model, SEED, judged};
pub use report::{Example, LevelRow, OutcomeRow, ProveReport};
pub use search::{Bounds, Healed, SearchEnd, Searched, Verdict, Workers, search};
pub use sight::{Evidence, Look, Sight};
