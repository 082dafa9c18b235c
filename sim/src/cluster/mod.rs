//! The cluster under both engines: its machines and everything about them that does not depend on how
//! frames travel or on what happens first.
//!
//! An engine is what it adds to this: its network, its time and its order of events. It adds them through
//! the trait [`Engine`]. What a machine asks for, what a fault does and what is traced is written here,
//! once.

mod addresses;
mod calls;
mod ear;
mod engine;
mod images;
mod journal;
mod requests;
mod watch;
mod whole;

pub(crate) use engine::Engine;
pub(crate) use watch::place;
pub(crate) use whole::Cluster;
