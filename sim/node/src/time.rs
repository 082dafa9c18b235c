//! Time as the node sees it: microseconds since the run's start, handed in with every input.

use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

/// An instant, or a stretch of time, in microseconds.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Time(pub u64);

impl Time {
    /// The run's start.
    pub const ZERO: Self = Self(0);

    /// Returns a stretch of milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis * 1_000)
    }

    /// Returns the time since `earlier`, zero where that is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }

    /// Returns a whole fraction of a stretch.
    #[must_use]
    pub const fn divided_by(self, divisor: u64) -> Self {
        Self(self.0 / divisor)
    }

    /// Returns the shortest stretch in which both periods fit a whole number of times; a period of nothing
    /// counts as the shortest one there is.
    #[must_use]
    pub const fn common_multiple(self, other: Self) -> Self {
        let (a, b) = (
            if self.0 == 0 { 1 } else { self.0 },
            if other.0 == 0 { 1 } else { other.0 },
        );
        let (mut x, mut y) = (a, b);
        while y != 0 {
            (x, y) = (y, x % y);
        }
        Self(a / x * b)
    }
}

impl Add for Time {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Time {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_meet_at_their_least_common_multiple() {
        let ms = Time::from_millis;
        assert_eq!(ms(1_000).common_multiple(ms(500)), ms(1_000));
        assert_eq!(ms(400).common_multiple(ms(500)), ms(2_000));
    }
}
