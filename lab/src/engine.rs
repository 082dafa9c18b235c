//! The engines that make clusters for the lab.

use seatrial_scenarios::{Bed, Setup};
use seatrial_sim::des::World;

/// An engine that makes clusters for the lab.
#[expect(
    async_fn_in_trait,
    reason = "generics only, and the simulated clusters are not Send"
)]
pub trait Engine {
    /// The clusters that it makes.
    type Bed: Bed;

    /// Makes a cluster in its initial state.
    ///
    /// # Errors
    /// A text with the reason, if the initial state is not reached.
    async fn build(&self, setup: &Setup) -> Result<Self::Bed, String>;

    /// Ends a cluster that is not needed any more.
    async fn end(&self, bed: Self::Bed);

    /// Returns what the user must know before typing at this engine's prompt.
    fn remark(&self) -> Option<&'static str>;
}

/// The discrete-event engine.
pub struct Des;

impl Engine for Des {
    type Bed = World;

    async fn build(&self, setup: &Setup) -> Result<World, String> {
        World::build(setup).map_err(|error| error.to_string())
    }

    async fn end(&self, _: World) {}

    fn remark(&self) -> Option<&'static str> {
        None
    }
}
