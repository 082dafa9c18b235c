//! The functions that the lab needs of a cluster beyond the [`Testbed`] port.

use super::testbed::Testbed;
use super::trace::TraceEvent;

/// A cluster at the lab's prompt.
pub trait Bed: Testbed + Sized {
    /// Returns an exact copy, or `None` where the engine cannot go back in time.
    fn copy(&self) -> Option<Self>;

    /// Returns the events since the last call.
    fn take_events(&mut self) -> Vec<TraceEvent>;

    /// Returns a hash over the whole state: two moments with the same hash go on in the same way.
    /// `None` where the engine does not show its whole state.
    fn hash(&self) -> Option<String>;
}
