//! The number of an event in a history.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A text that is not a whole number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Error, Serialize, Deserialize)]
#[error("`{text}` is not a seqno")]
pub struct ParseSeqnoError {
    text: String,
}

/// The number of a write set or a primary view in its history, counted from 1. Both kinds take one number
/// (Galera 4, `gcs/src/gcs_group.cpp:gcs_group_act_conf`). Comparable only within one [`StateUuid`](crate::StateUuid).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Seqno(pub i64);

impl Seqno {
    /// No position, printed -1 (`WSREP_SEQNO_UNDEFINED`).
    pub const UNDEFINED: Self = Self(-1);

    /// Returns whether this is not a position: every negative number counts as [`Seqno::UNDEFINED`].
    pub const fn is_undefined(self) -> bool {
        self.0 < 0
    }

    /// Returns the number after this one; after [`Seqno::UNDEFINED`] comes 0.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl Default for Seqno {
    fn default() -> Self {
        Self::UNDEFINED
    }
}

impl fmt::Display for Seqno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Seqno {
    type Err = ParseSeqnoError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| ParseSeqnoError {
            text: text.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn undefined_is_minus_one_and_followed_by_zero() {
        assert_eq!(Seqno::default().to_string(), "-1");
        assert!(Seqno(-1).is_undefined());
        assert!(!Seqno(0).is_undefined());
        assert_eq!(Seqno::UNDEFINED.next(), Seqno(0));
        assert_eq!(
            "7,0-1-44".parse::<Seqno>().unwrap_err().to_string(),
            "`7,0-1-44` is not a seqno"
        );
    }

    proptest! {
        #[test]
        fn print_then_parse(number: i64) {
            prop_assert_eq!(Seqno(number).to_string().parse::<Seqno>(), Ok(Seqno(number)));
        }
    }
}
