//! The world as a cluster at the lab's prompt.

use seatrial_scenarios::trace::sha256_hex;
use seatrial_scenarios::{Bed, TraceEvent};

use super::World;

impl Bed for World {
    fn copy(&self) -> Option<Self> {
        Some(self.clone())
    }

    fn take_events(&mut self) -> Vec<TraceEvent> {
        Self::take_events(self)
    }

    fn hash(&self) -> Option<String> {
        // The derived Debug prints everything in the world, and maps in the order of their keys.
        Some(sha256_hex(&format!("{self:?}")))
    }
}
