//! Recovery procedures: what an operator types, step by step, at a [`Console`].
//!
//! A procedure is what is under test. It reads text and exit codes and nothing else, so that it
//! could be typed by hand on a real cluster. Every one of them ends: no loop is without a bound.
//!
//! | name | what it is |
//! |---|---|
//! | `none` | looks once, and does nothing |
//! | `manual` | the manual's Recovery procedure, taken literally |
//! | `manual-corrected` | the same with the fewest changes that make it safe |

mod manual;
mod manual_corrected;
mod none;
mod reading;
mod survey;

use crate::console::Console;

/// How a procedure ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProcedureOutcome {
    /// Every node is ready, in one primary component.
    Recovered,
    /// A person must decide: the text says what, and what was seen.
    AsksPerson(String),
    /// The procedure is at its end and the cluster is not recovered: the text says what was seen.
    GaveUp(String),
}

/// The names that [`run_procedure`] knows.
pub const fn names() -> &'static [&'static str] {
    &["none", "manual", "manual-corrected"]
}

/// Runs the procedure of this name. An unknown name gives up at once.
pub async fn run_procedure<C: Console>(name: &str, console: &mut C) -> ProcedureOutcome {
    match name {
        "none" => none::run(console).await,
        "manual" => manual::run(console).await,
        "manual-corrected" => manual_corrected::run(console).await,
        _ => ProcedureOutcome::GaveUp(format!("there is no procedure `{name}`")),
    }
}
