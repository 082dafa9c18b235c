//! The parts of a node. Each owns its fields. Other code reads and changes them only by its methods. Two of them
//! hand out whole values that they own: [`Group`] its four layers, [`Transfer`] the donation under way.
//!
//! A part knows neither the node nor another part, but for [`Store`], which keeps the redo log, and
//! [`Applier`], which keeps the votes. What takes more than one part is written in `flows`.

mod applier;
mod clients;
#[cfg(test)]
mod galera;
mod group;
mod life;
mod redo;
mod sessions;
mod store;
mod transfer;
mod votes;

pub(crate) use applier::{Action, Applier};
pub(crate) use clients::Clients;
pub(crate) use group::{Beginning, Group};
pub use life::Phase;
pub(crate) use life::{Closing, Life, Term};
pub(crate) use sessions::Blocked;
pub(crate) use store::Store;
pub(crate) use transfer::{Donation, Heard, Transfer};
pub(crate) use votes::Vote;
