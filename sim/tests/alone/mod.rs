//! The worker of a search in a test: one job after the other.

use std::convert::Infallible;

use seatrial_sim::prove::{SearchEnd, Workers};

/// One job after the other.
pub(crate) struct Alone;

impl Workers for Alone {
    type Error = Infallible;

    fn map<J: Sync, R: Send>(
        &self,
        jobs: &[J],
        _name: impl Fn(&J) -> String + Sync,
        make: impl Fn(&J) -> R + Sync,
    ) -> Result<Vec<R>, Infallible> {
        Ok(jobs.iter().map(make).collect())
    }

    fn map_all<J: Sync, R: Send>(
        &self,
        jobs: &[J],
        name: impl Fn(&J) -> String + Sync,
        make: impl Fn(&J) -> R + Sync,
    ) -> Result<Vec<R>, Infallible> {
        self.map(jobs, name, make)
    }

    fn why_stopped(&self) -> SearchEnd {
        SearchEnd::Whole
    }

    fn tell(&self, _level: usize, _states: usize, _healed: usize) {}
}
