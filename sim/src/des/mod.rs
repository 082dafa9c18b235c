//! The discrete-event engine: a network and one queue of events in the order of time, under the cluster.
//!
//! The world is a value; nothing in it depends on anything but the setup and what is done to it.

mod bed;
mod coast;
mod connections;
mod key;
mod network;
mod queue;
mod testbed;
mod world;

pub use coast::Coasting;
pub use key::Precision;
pub(crate) use key::WorldKey;
pub use testbed::{Templates, replay, run};
pub use world::World;
