//! View ids and their order.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{GcommUuid, ShortUuid};

/// A text that is not a view id or a view type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Error, Serialize, Deserialize)]
#[error("`{text}` is not {wanted}")]
pub struct ParseViewIdError {
    text: String,
    wanted: String,
}

/// The kind of a view (`gcomm/src/gcomm/view.hpp:ViewType`).
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum ViewType {
    /// -1: no view yet. Seen in the `gvwstate.dat` that a start from an empty one leaves.
    #[default]
    None,
    /// 0: an agreed membership, of the layer below the primary component.
    Reg,
    /// 1: those that move together from one [`ViewType::Reg`] view to the next.
    Trans,
    /// 2: a component without quorum.
    NonPrim,
    /// 3: a primary component.
    Prim,
}

impl ViewType {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 5] = [
        Self::None,
        Self::Reg,
        Self::Trans,
        Self::NonPrim,
        Self::Prim,
    ];

    /// Galera's number, as printed after `view_id:` in `gvwstate.dat`.
    pub const fn number(self) -> i8 {
        match self {
            Self::None => -1,
            Self::Reg => 0,
            Self::Trans => 1,
            Self::NonPrim => 2,
            Self::Prim => 3,
        }
    }

    /// Returns the type with that number.
    pub fn from_number(number: i8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

impl fmt::Display for ViewType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "NONE",
            Self::Reg => "REG",
            Self::Trans => "TRANS",
            Self::NonPrim => "NON_PRIM",
            Self::Prim => "PRIM",
        })
    }
}

impl FromStr for ViewType {
    type Err = ParseViewIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.to_string() == text)
            .ok_or_else(|| ParseViewIdError {
                text: text.to_owned(),
                wanted: "a view type".to_owned(),
            })
    }
}

/// The id of a view: who formed it, and the how manyeth it is. Printed `view_id(PRIM,8347b5eb-9459,3)`; the text
/// reads back as a [`ShortViewId`], because the uuid in it is a short one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ViewId {
    /// The kind of the view.
    pub kind: ViewType,
    /// The member that formed it: the lowest uuid among those that agreed.
    pub uuid: GcommUuid,
    /// Counts view changes, failed attempts too, and only goes up.
    pub seq: u32,
}

impl ViewId {
    /// Puts the parts together.
    #[must_use]
    pub const fn new(kind: ViewType, uuid: GcommUuid, seq: u32) -> Self {
        Self { kind, uuid, seq }
    }

    /// Returns whether this view yields to the other one (`gcomm/src/gcomm/view.hpp:operator<`): the lower
    /// seq comes first, and at one seq the view of the *younger* uuid. Of two primary components that meet,
    /// the greater view id stays.
    pub fn precedes(&self, other: &Self) -> bool {
        self < other
    }
}

impl PartialOrd for ViewId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ViewId {
    fn cmp(&self, other: &Self) -> Ordering {
        let age = || {
            if self.uuid == other.uuid {
                Ordering::Equal
            } else if other.uuid.older_than(self.uuid) {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        };
        self.seq
            .cmp(&other.seq)
            .then_with(age)
            .then(self.kind.cmp(&other.kind))
    }
}

impl fmt::Display for ViewId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ShortViewId::from(*self).fmt(f)
    }
}

/// A [`ViewId`] as log lines show it, with the uuid shortened.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct ShortViewId {
    /// The kind of the view.
    pub kind: ViewType,
    /// The member that formed it.
    pub uuid: ShortUuid,
    /// Counts view changes.
    pub seq: u32,
}

impl From<ViewId> for ShortViewId {
    fn from(id: ViewId) -> Self {
        Self {
            kind: id.kind,
            uuid: id.uuid.into(),
            seq: id.seq,
        }
    }
}

impl fmt::Display for ShortViewId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "view_id({},{},{})", self.kind, self.uuid, self.seq)
    }
}

impl FromStr for ShortViewId {
    type Err = ParseViewIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let mut parts = text.strip_prefix("view_id(")?.strip_suffix(')')?.split(',');
            let id = Self {
                kind: parts.next()?.parse().ok()?,
                uuid: parts.next()?.parse().ok()?,
                seq: parts.next()?.parse().ok()?,
            };
            parts.next().is_none().then_some(id)
        };
        read().ok_or_else(|| ParseViewIdError {
            text: text.to_owned(),
            wanted: "a view id".to_owned(),
        })
    }
}

#[cfg(test)]
#[path = "tests/view.rs"]
mod tests;
