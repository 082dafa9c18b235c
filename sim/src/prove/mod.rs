//! The exhaustive search: it finds every state at rest that a few events, or any number of them, lead to, and
//! runs a procedure in each.
//!
//! The search begins with a synced cluster, applies every event of the alphabet, and lets the cluster come to
//! rest. It expands the new states, level by level. States are equal if their keys are equal. A key has the part
//! of a state that determines what happens next. There is no chance (`jitter = "none"`): only the events decide
//! what happens, so that a state has one successor for each event.
//!
//! The caller provides the threads ([`Workers`]). [`Model`] is shared and never changes. [`Closure`] takes
//! results in an order that does not depend on the thread that found them.

mod against;
mod alphabet;
mod closure;
mod examine;
mod key;
mod kinds;
mod limits;
mod matrix;
mod model;
mod ranks;
mod report;
mod search;
mod shards;
mod sight;
mod starts;
mod states;

pub use crate::des::Precision;
pub use against::{Earlier, Worse};
pub use alphabet::Event;
pub use closure::{Closure, Found, Known, Level};
pub use examine::{Other, RowReport, TableReport, examine};
pub use key::{Canonical, Key};
pub use kinds::{Alphabet, Kind};
pub use limits::{Knowledge, LookAlikes, tells_apart};
pub use matrix::{Limits, ProcedureRow, Terms};
pub use model::{Judged, Live, Model, SEED, judged};
pub use report::{Example, ForEver, LevelRow, OutcomeRow, ProveReport};
pub use search::{Bounds, Healed, SearchEnd, Searched, Verdict, Workers, search};
pub use shards::{MergeError, merge};
pub use sight::{Evidence, Look, Sight};
pub use starts::Starts;
pub use states::{KnownState, States, StatesError, StatesHeader};
