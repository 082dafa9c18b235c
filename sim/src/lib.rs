//! The simulation: disks, machines, networks, and the two engines that let scenarios act on them.
//!
//! Both engines drive one `cluster` and add their network, their time and their order of events. [`des`] is a discrete-event loop, fast, for search. `madsim` runs the same machines as async tasks
//! over madsim's network, with encoded frames on its TCP streams: a second opinion on everything that
//! the first engine's network and order of events might hide.

mod cluster;
pub mod des;
mod disk;
pub mod explore;
pub mod interleave;
mod keyed;
mod links;
mod machine;
#[cfg(madsim)]
pub mod madsim_engine;
mod ports;
pub mod prove;
pub mod setup;

pub use seatrial_node::decide;

pub use disk::{Disk, Inode};
pub use keyed::{Keyed, KeyedRng};
pub use links::Links;
pub use machine::{Fingerprint, Installation, Machine, MachineEffect};
pub use setup::BuildError;
