//! The parts of a machine. Each owns its fields. Other code reads and changes them only by its methods.
//!
//! A part knows neither the machine nor another part. What takes more than one part is written in `flows`.

mod daemon;
mod details;
mod hand;
mod outbox;
mod programs;
mod service;
mod site;
mod storage;
mod unit_journal;

pub(super) use daemon::{Daemon, Incoming, Looked, Server, time};
pub(super) use details::stamp;
pub(super) use hand::{Hand, Started};
pub(crate) use outbox::CallId;
pub use outbox::MachineEffect;
pub(super) use outbox::Outbox;
pub(super) use programs::{Asker, FAULT, Programs, Recovery, Running};
pub(super) use service::Service;
pub use site::Installation;
pub(super) use site::Site;
pub(super) use storage::Storage;
pub(super) use unit_journal::UnitJournal;
