//! The identity of one life of a node in its group, as logs print it.

use std::fmt;

use serde::{Serialize, Serializer};

use seatrial_galera::StateUuid;

/// The identity of one life of a server in the group (a gcomm uuid).
///
/// Logs print it whole (`View:` blocks, gvwstate.dat), as 8 digits (Galera 3), or as 8 and 4 digits
/// (Galera 4: first and fourth field). A restart from gvwstate.dat counts the fourth field up by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// The first field: the low bits of the time of its birth.
    pub first: u32,
    /// The fourth field, which counts the lives; `None` where Galera 3 printed 8 digits only.
    pub fourth: Option<u16>,
    /// The whole uuid, where the text had it.
    pub whole: Option<StateUuid>,
}

impl Identity {
    /// Reads the forms `6be05067`, `6be05067-96fb` and the whole uuid.
    pub fn read(text: &str) -> Option<Self> {
        if let Ok(whole) = text.parse::<StateUuid>() {
            return Some(Self::from(whole));
        }
        let (first, fourth) = match text.split_once('-') {
            Some((first, fourth)) => (first, Some(fourth)),
            None => (text, None),
        };
        if first.len() != 8 || fourth.is_some_and(|fourth| fourth.len() != 4) {
            return None;
        }
        let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hex(first) || !fourth.is_none_or(is_hex) {
            return None;
        }
        Some(Self {
            first: u32::from_str_radix(first, 16).ok()?,
            fourth: match fourth {
                Some(fourth) => Some(u16::from_str_radix(fourth, 16).ok()?),
                None => None,
            },
            whole: None,
        })
    }

    /// Whether both can be the same life: what both of them say is equal.
    pub fn is_same_life(&self, other: &Self) -> bool {
        let equal_or_unknown = |one: Option<u16>, other: Option<u16>| match (one, other) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        let wholes = match (self.whole, other.whole) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        self.first == other.first && equal_or_unknown(self.fourth, other.fourth) && wholes
    }

    /// Whether both can be lives of one node that was restarted from its gvwstate.dat: everything but
    /// the fourth field is equal (`gcomm/src/gcomm/uuid.hpp:fixed_part_matches`).
    pub fn is_same_node(&self, other: &Self) -> bool {
        const FOURTH: u128 = 0xffff << 48;
        match (self.whole, other.whole) {
            (Some(one), Some(other)) => one.0 & !FOURTH == other.0 & !FOURTH,
            _ => self.first == other.first,
        }
    }
}

impl From<StateUuid> for Identity {
    fn from(whole: StateUuid) -> Self {
        let digits = |shift: u32, mask: u128| (whole.0 >> shift) & mask;
        Self {
            first: u32::try_from(digits(96, 0xffff_ffff)).unwrap_or(0),
            fourth: u16::try_from(digits(48, 0xffff)).ok(),
            whole: Some(whole),
        }
    }
}

impl fmt::Display for Identity {
    /// The short form of Galera 4, or of Galera 3 where no more is known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.first)?;
        if let Some(fourth) = self.fourth {
            write!(f, "-{fourth:04x}")?;
        }
        Ok(())
    }
}

impl Serialize for Identity {
    /// The longest form that is known.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.whole {
            Some(whole) => serializer.collect_str(&whole),
            None => serializer.collect_str(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "6be05067-fc73-11ed-96fb-cfcd56e0f7fa";

    #[test]
    fn all_forms_of_one_life_are_the_same_life() {
        let [whole, four, three] =
            [WHOLE, "6be05067-96fb", "6be05067"].map(|text| Identity::read(text).unwrap());
        assert!(whole.is_same_life(&four) && whole.is_same_life(&three));
        assert_eq!(whole.to_string(), "6be05067-96fb");
        assert_eq!(three.to_string(), "6be05067");
    }

    #[test]
    fn a_restart_counts_the_fourth_field_up() {
        let read = |text: &str| Identity::read(text).unwrap();
        let next = read("6be05067-fc73-11ed-96fc-cfcd56e0f7fa");
        assert!(!read(WHOLE).is_same_life(&next));
        assert!(read(WHOLE).is_same_node(&next));
        assert!(!read(WHOLE).is_same_node(&read("6be05068-fc73-11ed-96fc-cfcd56e0f7fa")));
    }

    #[test]
    fn other_words_are_no_identity() {
        for text in [
            "",
            "6be0506",
            "6be05067-",
            "6be05067-96f",
            "bananas!",
            "+be05067",
        ] {
            assert_eq!(Identity::read(text), None, "{text}");
        }
    }
}
