//! The documented state is reached: a scenario that never gets where it wants to look shows nothing.

use seatrial_port::Observation;

use crate::trial::record::Finding;

use super::context::{Oracle, OracleContext};

/// A state that the scenario waits for and that never came.
#[derive(Clone, Debug)]
pub(super) struct DocumentedStateReached;

impl Oracle for DocumentedStateReached {
    fn check(&mut self, context: &OracleContext<'_>, _: &Observation) -> Vec<Finding> {
        context
            .deeds
            .unreached
            .first()
            .map(|state| {
                context.finding(
                    "documented-state-reached",
                    format!("never reached: {state}"),
                )
            })
            .into_iter()
            .collect()
    }
}
