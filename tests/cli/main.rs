//! The command as its users meet it: output, exit codes, files.

#![expect(clippy::unwrap_used, reason = "a test may stop where it cannot go on")]

mod about;
mod claims;
mod errors;
mod lab;
mod replay;
mod report;
mod run;
mod streams;
mod terminal;
mod verify;
mod work;
