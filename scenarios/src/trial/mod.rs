//! A run of a scenario: the runner, the oracles that watch it, its record and what it came to.

pub mod audit;
pub mod history;
pub mod matrix;
pub mod oracles;
pub mod outcome;
pub(crate) mod record;
pub mod runner;
