//! Compares runs: engines with each other, and engines with recorded runs of real nodes.

pub mod agreement;
pub mod known;
pub(crate) mod random_schedules;
pub mod recording;
pub(crate) mod score;
