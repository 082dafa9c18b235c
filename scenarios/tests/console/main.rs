//! Transcripts of the operator's console: what was typed, what the host was asked for, what was
//! printed and returned.
//!
//! The host is a fake whose unit, files and server do what the test says. A snapshot that changes
//! is a change of what operators see: accept it only if that was meant.

mod cluster_manage;
mod fake;
mod files;
mod host_commands;
mod network;
mod parsing;
mod recovery;
mod sql;
mod units;
