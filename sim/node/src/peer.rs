//! The address of a node: its place, until its host gets another one.

use serde::{Deserialize, Serialize};

/// A node by its place in the configuration: the stand-in for its address. The numbers behind those of the places are
/// addresses that hosts have got later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Peer(pub u8);
