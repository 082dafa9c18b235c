//! Compares runs: engines with each other, and engines with recorded runs of real nodes.

pub mod agreement;
pub mod known;
pub mod recording;
