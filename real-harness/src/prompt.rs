//! A real cluster for a user at a prompt. It runs until the user ends it.

use seatrial_scenarios::{Bed, Setup, TraceEvent};

use crate::docker::Docker;
use crate::error::HarnessError;
use crate::ours::Owner;
use crate::run::{self, RealOptions, runtime, stopped};
use crate::testbed::Real;

/// Starts a cluster and brings it into its initial state. Whoever has it calls [`Real::remove`].
///
/// # Errors
/// When the machine lacks something, or the initial state is not reached.
pub async fn start(setup: &Setup, real: &RealOptions) -> Result<Real, HarnessError> {
    run::start(setup, real).await
}

impl Bed for Real {
    /// There is one world only: real nodes cannot be copied.
    fn copy(&self) -> Option<Self> {
        None
    }

    fn take_events(&mut self) -> Vec<TraceEvent> {
        for text in std::mem::take(&mut self.trouble) {
            self.note(text);
        }
        self.take_trace().events
    }

    fn hash(&self) -> Option<String> {
        None
    }
}

impl Real {
    /// Removes the containers and their network.
    pub async fn remove(self) {
        self.into_trace().1.remove().await;
    }
}

/// Does the work of a person's session. Where [`stop`](crate::stop()) is called meanwhile the work is
/// dropped, what this process has made is removed, and nothing comes back.
pub fn at_prompt<T>(work: impl Future<Output = T>) -> Option<T> {
    runtime().block_on(async {
        tokio::select! {
            done = work => Some(done),
            () = stopped() => {
                if let Ok(docker) = Docker::connect().await {
                    // The next run sweeps what cannot be removed now.
                    let _ = docker.sweep(Owner::is_this_process).await;
                }
                None
            }
        }
    })
}
