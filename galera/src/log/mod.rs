//! The error log: typed lines that print and read back.

mod kinds;
mod lines;
mod macros;
mod template;

pub use kinds::{GcsState, MemberRef, ParseLogWordError, ServerState, Severity};
pub use lines::LogLine;

#[cfg(test)]
#[path = "../tests/log.rs"]
mod tests;
