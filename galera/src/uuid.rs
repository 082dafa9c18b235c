//! The two kinds of uuid: of the replicated history ([`StateUuid`]) and of one process in the group ([`GcommUuid`]).

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A text that is not a uuid of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Error, Serialize, Deserialize)]
#[error("`{text}` is not {wanted}")]
pub struct ParseUuidError {
    text: String,
    wanted: String,
}

impl ParseUuidError {
    fn new(text: &str, wanted: &str) -> Self {
        Self {
            text: text.to_owned(),
            wanted: wanted.to_owned(),
        }
    }
}

/// Reads exactly `digits` lower or upper case hex digits.
fn hex(text: &str, digits: usize) -> Option<u128> {
    if text.len() != digits {
        return None;
    }
    // Not `from_str_radix`, which also takes a leading `+`: a uuid may not have one.
    text.chars()
        .map(|digit| digit.to_digit(16))
        .try_fold(0, |value: u128, digit| {
            Some(value << 4 | u128::from(digit?))
        })
}

/// Reads the form 8-4-4-4-12.
fn parse_fields(text: &str) -> Option<[u128; 5]> {
    let mut parts = text.split('-');
    let fields = [
        hex(parts.next()?, 8)?,
        hex(parts.next()?, 4)?,
        hex(parts.next()?, 4)?,
        hex(parts.next()?, 4)?,
        hex(parts.next()?, 12)?,
    ];
    parts.next().is_none().then_some(fields)
}

/// The identity of a replicated history: `wsrep_cluster_state_uuid`, the uuid in `grastate.dat` and before the colon
/// of every position. Seqnos are comparable only within one of these.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct StateUuid(pub u128);

impl StateUuid {
    /// No history: `00000000-0000-0000-0000-000000000000` (`WSREP_UUID_UNDEFINED`).
    pub const NIL: Self = Self(0);

    /// Returns whether this is [`StateUuid::NIL`].
    pub const fn is_nil(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for StateUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // By hand: tables, files and observations are full of uuids, and the formatter would run five times for each.
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [b'-'; 36];
        let mut place = 0;
        for (index, byte) in self.0.to_be_bytes().into_iter().enumerate() {
            // The dashes stand there already.
            place += usize::from(matches!(index, 4 | 6 | 8 | 10));
            text[place] = DIGITS[usize::from(byte >> 4)];
            text[place + 1] = DIGITS[usize::from(byte & 0xf)];
            place += 2;
        }
        f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for StateUuid {
    type Err = ParseUuidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let [low, mid, high, sequence, node] =
            parse_fields(text).ok_or_else(|| ParseUuidError::new(text, "a uuid"))?;
        Ok(Self(
            low << 96 | mid << 80 | high << 64 | sequence << 48 | node,
        ))
    }
}

/// The version field of every identity but the nil one. A real version 1 uuid has the high bits of its time there,
/// which stay the same for weeks.
const TIME_HIGH: u128 = 0x11f1;

/// The identity of one process in the group: `wsrep_gcomm_uuid`, `my_uuid` and `member` of `gvwstate.dat`.
///
/// Printed like a version 1 uuid, `{time_low}-{clock_seq}-11f1-{incarnation}-{node}`. Galera keeps the incarnation in
/// the fourth field, where a version 1 uuid has its clock sequence (`gcomm/src/gcomm/uuid.hpp:get_incarnation`).
/// The order is the byte order of the printed form, as `gu_uuid_compare` has it: the lowest uuid of a view
/// represents it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GcommUuid {
    /// First field, 32 bits. Random, so it decides the order between nodes.
    pub time_low: u32,
    /// The incarnation of this identity, which counts up at each start from `gvwstate.dat`. Fourth field.
    pub incarnation: u16,
    /// Random bits of the identity that no restart changes. Second field.
    pub clock_seq: u16,
    /// Fifth field, 48 bits: the top 40 are the birth in milliseconds since the run's start, the low 8 the node index.
    pub node: u64,
}

impl GcommUuid {
    /// No identity. An empty `gvwstate.dat` is restored with it.
    pub const NIL: Self = Self {
        time_low: 0,
        incarnation: 0,
        clock_seq: 0,
        node: 0,
    };

    /// Returns a fresh identity.
    ///
    /// `birth_ms` is in milliseconds since the run's start, and its low 40 bits count. The incarnation starts at a
    /// value made of `clock_seq`: a real one starts at the random clock sequence of a version 1 uuid, between 8000
    /// and bfff, and not at zero.
    #[must_use]
    pub const fn new(time_low: u32, clock_seq: u16, birth_ms: u64, node_index: u8) -> Self {
        Self {
            time_low,
            incarnation: 0x8000 | (clock_seq & 0x3fff),
            clock_seq,
            node: (birth_ms & 0xff_ffff_ffff) << 8 | node_index as u64,
        }
    }

    /// Returns whether this is [`GcommUuid::NIL`].
    pub fn is_nil(self) -> bool {
        self == Self::NIL
    }

    /// Returns the identity of the next process that starts from this one's `gvwstate.dat`
    /// (`uuid.hpp:increment_incarnation`, called by the constructor of `PC` in `gcomm/src/pc.cpp`).
    #[must_use]
    pub const fn next_incarnation(self) -> Self {
        Self {
            incarnation: self.incarnation.wrapping_add(1),
            ..self
        }
    }

    /// Returns whether both are lives of one identity (`uuid.hpp:fixed_part_matches`, used through
    /// `UUIDFixedPartCmp`).
    pub const fn same_fixed_part(self, other: Self) -> bool {
        self.time_low == other.time_low
            && self.clock_seq == other.clock_seq
            && self.node == other.node
    }

    /// Returns whether this identity was made before the other one, which decides between views of one seq
    /// (`gcomm/src/gcomm/view.hpp:operator<`, `gu_uuid_older`). A restored identity keeps its age. Two of one age
    /// are told apart by their order, where Galera would call neither of them older.
    pub fn older_than(self, other: Self) -> bool {
        (self.birth_ms(), self) < (other.birth_ms(), other)
    }

    /// Returns the birth of the identity, in milliseconds since the run's start.
    pub const fn birth_ms(self) -> u64 {
        (self.node >> 8) & 0xff_ffff_ffff
    }

    /// Returns the index of the node in its cluster, from zero.
    pub const fn node_index(self) -> u8 {
        self.node.to_le_bytes()[0]
    }

    /// Returns the form that log lines use, such as `8347b5eb-9459`.
    pub fn short(self) -> String {
        ShortUuid::from(self).to_string()
    }

    /// Returns the third field: the nil identity and its later incarnations have nothing in it.
    const fn time_high(self) -> u128 {
        if self.same_fixed_part(Self::NIL) {
            0
        } else {
            TIME_HIGH
        }
    }

    fn bits(self) -> u128 {
        u128::from(self.time_low) << 96
            | u128::from(self.clock_seq) << 80
            | self.time_high() << 64
            | u128::from(self.incarnation) << 48
            | u128::from(self.node & 0xffff_ffff_ffff)
    }
}

impl PartialOrd for GcommUuid {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for GcommUuid {
    fn cmp(&self, other: &Self) -> Ordering {
        // The second part only matters for a `node` of more than 48 bits, so that the order agrees with equality.
        (self.bits(), self.node).cmp(&(other.bits(), other.node))
    }
}

impl fmt::Display for GcommUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        StateUuid(self.bits()).fmt(f)
    }
}

impl FromStr for GcommUuid {
    type Err = ParseUuidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseUuidError::new(text, "a node's uuid");
        let [time_low, clock_seq, time_high, incarnation, node] =
            parse_fields(text).ok_or_else(error)?;
        let uuid = Self {
            time_low: u32::try_from(time_low).map_err(|_| error())?,
            incarnation: u16::try_from(incarnation).map_err(|_| error())?,
            clock_seq: u16::try_from(clock_seq).map_err(|_| error())?,
            node: u64::try_from(node).map_err(|_| error())?,
        };
        if uuid.time_high() == time_high {
            Ok(uuid)
        } else {
            Err(error())
        }
    }
}

/// The form in which log lines name a process: first field and incarnation
/// (`gcomm/src/gcomm/uuid.hpp:to_stream` with `full` unset). It does not lead back to the whole uuid.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct ShortUuid {
    /// The first field of the uuid.
    pub time_low: u32,
    /// The incarnation, which is the fourth field of the uuid.
    pub incarnation: u16,
}

impl From<GcommUuid> for ShortUuid {
    fn from(uuid: GcommUuid) -> Self {
        Self {
            time_low: uuid.time_low,
            incarnation: uuid.incarnation,
        }
    }
}

impl fmt::Display for ShortUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}-{:04x}", self.time_low, self.incarnation)
    }
}

impl FromStr for ShortUuid {
    type Err = ParseUuidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (low, incarnation) = text.split_once('-')?;
            Some(Self {
                time_low: u32::try_from(hex(low, 8)?).ok()?,
                incarnation: u16::try_from(hex(incarnation, 4)?).ok()?,
            })
        };
        read().ok_or_else(|| ParseUuidError::new(text, "a node's short uuid"))
    }
}

#[cfg(test)]
#[path = "tests/uuid.rs"]
mod tests;
