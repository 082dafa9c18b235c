//! Randomness by key.
//!
//! A draw is a function of the master seed, a purpose and the event itself: the link and the instant, or the
//! node and the number of its start. There is no shared stream and no running number. So taking one event
//! out of a schedule leaves the draws of all others as they were.

use std::convert::Infallible;

use rand::TryRng;
use rand::distr::{Distribution, Uniform};
use rapidhash::v3::rapidhash_v3;

/// The longest that seed, purpose and key of an event are together, in bytes.
const KEY_MAX: usize = 128;

/// The source of all draws of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Keyed {
    seed: u64,
    jitter: bool,
}

impl Keyed {
    /// Returns the source for a master seed.
    pub const fn new(seed: u64) -> Self {
        Self { seed, jitter: true }
    }

    /// Returns the same source, whose times all are the middle of their ranges.
    #[must_use]
    pub const fn without_jitter(self) -> Self {
        Self {
            jitter: false,
            ..self
        }
    }

    /// Returns the same for another master seed.
    #[must_use]
    pub const fn reseeded(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Returns whether times vary.
    pub const fn has_jitter(&self) -> bool {
        self.jitter
    }

    /// Returns a time in a range, in whatever unit the range has: drawn, or the middle where nothing varies.
    pub fn time(&self, purpose: &'static str, key: &[u64], low: u64, high: u64) -> u64 {
        if self.jitter {
            self.between(purpose, key, low, high)
        } else {
            low.midpoint(high)
        }
    }

    /// Returns a generator for one event, whose purpose and key fit into 128 bytes together. Its algorithm is pinned:
    /// rapidhash version 3 of seed, purpose, key and the number of the draw within the event.
    pub fn draw(&self, purpose: &'static str, key: &[u64]) -> KeyedRng {
        let mut bytes = [0; KEY_MAX];
        let mut length = 0;
        let mut add = |part: &[u8]| {
            bytes[length..length + part.len()].copy_from_slice(part);
            length += part.len();
        };
        add(&self.seed.to_le_bytes());
        add(purpose.as_bytes());
        for part in key {
            add(&part.to_le_bytes());
        }
        KeyedRng {
            state: rapidhash_v3(&bytes[..length]),
            draws: 0,
        }
    }

    /// Returns a number from `low` to `high`, both included.
    pub fn between(&self, purpose: &'static str, key: &[u64], low: u64, high: u64) -> u64 {
        let range = Uniform::new_inclusive(low, high).expect("invariant: low is not above high");
        range.sample(&mut self.draw(purpose, key))
    }
}

/// The generator of one event.
#[derive(Clone, Debug)]
pub struct KeyedRng {
    state: u64,
    draws: u64,
}

impl TryRng for KeyedRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|word| (word >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.draws += 1;
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.state.to_le_bytes());
        bytes[8..].copy_from_slice(&self.draws.to_le_bytes());
        Ok(rapidhash_v3(&bytes))
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Infallible> {
        for chunk in into.chunks_mut(8) {
            let word = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_its_key_alone() {
        let keyed = Keyed::new(7);
        let first = keyed.between("latency", &[0, 1, 5], 0, 1_000_000);
        let _ = keyed.between("latency", &[0, 2, 5], 0, 1_000_000);
        assert_eq!(first, keyed.between("latency", &[0, 1, 5], 0, 1_000_000));
        assert_ne!(first, keyed.between("boot", &[0, 1, 5], 0, 1_000_000));
        assert_ne!(
            first,
            Keyed::new(8).between("latency", &[0, 1, 5], 0, 1_000_000)
        );
    }

    #[test]
    fn the_algorithm_is_pinned() {
        // A change here changes every recorded run.
        assert_eq!(Keyed::new(1).between("latency", &[0, 1], 0, 999), PINNED);
    }

    const PINNED: u64 = 958;
}
