//! What the lab asks of an engine beyond the [`Testbed`] port.

use seatrial_real_harness::{Real, RealOptions};
use seatrial_scenarios::trace::sha256_hex;
use seatrial_scenarios::{Setup, Testbed, TraceEvent};
use seatrial_sim::des::World;

/// A cluster at the lab's prompt.
pub(crate) trait Bed: Testbed + Sized {
    /// An exact copy; `None` where the engine cannot go back in time.
    fn copy(&self) -> Option<Self>;

    /// The events since the last call.
    fn take_events(&mut self) -> Vec<TraceEvent>;

    /// A hash over everything that there is: two moments with the same one go on in the same way.
    /// `None` where the engine cannot be seen into.
    fn hash(&self) -> Option<String>;
}

/// An engine that makes clusters for the lab.
pub(crate) trait Engine {
    /// The clusters that it makes.
    type Bed: Bed;

    /// A cluster in its initial state.
    ///
    /// # Errors
    /// When the initial state is not reached, in words.
    async fn build(&self, setup: &Setup) -> Result<Self::Bed, String>;

    /// Ends a cluster that is not needed any more.
    async fn end(&self, bed: Self::Bed);

    /// What a person must know who types at this engine's prompt.
    fn remark(&self) -> Option<&'static str>;
}

/// The discrete-event engine.
pub(crate) struct Des;

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

/// Real nodes.
pub(crate) struct OnReal(pub(crate) RealOptions);

impl Engine for OnReal {
    type Bed = Real;

    async fn build(&self, setup: &Setup) -> Result<Real, String> {
        seatrial_real_harness::start(setup, &self.0)
            .await
            .map_err(|error| error.to_string())
    }

    async fn end(&self, bed: Real) {
        bed.remove().await;
    }

    fn remark(&self) -> Option<&'static str> {
        Some(
            "These are real nodes. Time passes while you think, and there is no way back: `back`, \
             `goto`, `fork` and `reset` are for `--on des`.",
        )
    }
}

impl Bed for Real {
    fn copy(&self) -> Option<Self> {
        None
    }

    fn take_events(&mut self) -> Vec<TraceEvent> {
        Real::take_events(self)
    }

    fn hash(&self) -> Option<String> {
        None
    }
}

impl Bed for World {
    fn copy(&self) -> Option<Self> {
        Some(self.clone())
    }

    fn take_events(&mut self) -> Vec<TraceEvent> {
        World::take_events(self)
    }

    fn hash(&self) -> Option<String> {
        // Everything in the world is printed by its derived Debug, maps in the order of their keys.
        Some(sha256_hex(&format!("{self:?}")))
    }
}
