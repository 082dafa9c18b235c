//! What happens on a machine, one file for each, and what can be seen of it. Flows call parts and each
//! other; parts know none of them.

mod facts;
mod faults;
mod host;
mod idle;
mod inputs;
mod key;
mod observe;
mod programs;
mod serve;
mod service;

pub use observe::Fingerprint;
