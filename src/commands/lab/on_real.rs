//! Real nodes as an engine of the lab.

use seatrial_lab::Engine;
use seatrial_real_harness::{Real, RealOptions};
use seatrial_scenarios::Setup;

/// Makes clusters of real nodes.
pub(super) struct OnReal(pub(super) RealOptions);

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
