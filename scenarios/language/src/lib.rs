//! Reads scenario files, and reports the mistakes in them.
//!
//! A file is read in two steps. `raw.rs` holds the tables as they stand in the text; `check.rs` turns
//! them into a [`Scenario`], in which every name is known and every value possible. Both report the
//! place in the file.

mod action;
pub mod catalogue;
mod check;
mod check_action;
mod check_client;
mod check_expect;
mod check_fault;
mod check_operators;
mod check_options;
mod choice;
mod client;
mod describe;
mod error;
mod examples;
pub mod glossary;
mod operators;
mod parse;
mod part;
mod raw;
mod raw_client;
mod raw_fault;
mod raw_value;
pub mod reference;
mod repeat;
mod scenario;
pub mod schedule;
mod schema;
mod suggest;
mod table;
mod write;

pub use action::{
    Action, Expect, Load, NodeCommand, NodesCommand, Operator, ProbeRead, ProbeWrite, ProcedureEnd,
    ProcedureStep, RequestCheck, RequestEnd, Wait, Write,
};
pub use client::{ClientStep, Workload};
pub use describe::{describe, describe_fault};
pub use error::{Problem, ScenarioError};
pub use operators::{Beside, Operators};
pub use part::{CheckPart, Part};
pub use scenario::{Claim, ClaimVerdict, LIMIT_DEFAULT, Pace, SIZE_MAX, Scenario, Step};
pub use schema::schema;
