//! The address of a node: its place.

use serde::{Deserialize, Serialize};

/// A node by its place in the configuration: the stand-in for its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Peer(pub u8);
