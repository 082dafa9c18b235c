//! Runs a scenario on a [`Testbed`](seatrial_port::Testbed).
//!
//! The runner knows no engine and imports no async runtime. Time passes only inside
//! [`Testbed::wait`](seatrial_port::Testbed::wait), so a run is a function of the scenario, the
//! options and the engine. The engine puts faults and requests into the trace; the runner adds the
//! steps, the checks and its notes.
//!
//! A run between two steps is a `Course`. It has four parts, and each keeps its fields to itself:
//!
//! ```text
//! Clock     when the run began, when it must end, why there cannot be another step
//! Requests  writes and commands without an end, their names, the load, the clients of lists
//! Journal   the record, the names of uuids, the number of the step
//! Witness   the oracles and what was done to the cluster
//! ```
//!
//! To play, a `Runner` borrows them for one call. `Play` inside it has the cluster and the first three:
//! it lets time pass. `Check` borrows `Play` to decide an `expect`, and a procedure gets a console on the
//! cluster. Only the runner itself speaks to the witness.

mod act;
mod branch;
mod check;
mod clients;
mod clock;
mod console;
mod course;
pub mod external;
mod journal;
mod load;
mod options;
mod output;
mod play;
mod procedure;
mod reach;
mod requests;
mod run;
mod second_phase;
mod shared;
mod together;
mod verdict;
mod witness;
mod workload;

pub use console::RunnerConsole;
pub use course::{Course, run};
pub use options::{Negation, RunOptions, Stagger, hold_for};
pub use procedure::{PROCEDURE_BOUND, run_bounded};
pub use second_phase::summary;
