//! Running a scenario on a [`Testbed`](crate::port::Testbed).
//!
//! The runner knows no engine and imports no async runtime. Time passes only inside
//! [`Testbed::wait`](crate::port::Testbed::wait), so a run is a function of the scenario, the
//! options and the engine. The engine puts faults and requests into the trace; the runner adds the
//! steps, the checks and its notes.

mod act;
mod branch;
mod check;
mod console;
mod course;
pub mod external;
mod load;
mod options;
mod procedure;
mod requests;
mod run;
mod second_phase;
mod verdict;

pub use console::RunnerConsole;
pub use course::Course;
pub use options::{Negation, RunOptions, hold_for};
pub use procedure::{PROCEDURE_BOUND, run_bounded};
pub use run::run;
pub use second_phase::summary;
