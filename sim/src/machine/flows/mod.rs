//! The flows of a machine, one file each, and its observable state. Flows call parts and each
//! other; parts know none of them.

mod facts;
mod faults;
mod hand;
mod host;
mod idle;
mod inputs;
mod key;
mod observe;
mod programs;
mod serve;
mod service;
mod statements;
mod tree;

pub(crate) use idle::Idle;
pub use observe::Fingerprint;
