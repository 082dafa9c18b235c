//! `grastate.dat`: a node's record of its history between two runs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{ParseSeqnoError, ParseUuidError, Position, Seqno, StateUuid};

/// The mistake in a `grastate.dat`, and its line (counted from 1).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Error, Serialize, Deserialize)]
pub enum GraStateError {
    /// A line that no known field begins.
    #[error("line {line}: `{text}` is not a field of grastate.dat")]
    UnknownField {
        /// Where.
        line: usize,
        /// The line.
        text: String,
    },
    /// A field that was there before.
    #[error("line {line}: `{field}` is there twice")]
    Duplicate {
        /// Where.
        line: usize,
        /// Its name.
        field: String,
    },
    /// The uuid cannot be read.
    #[error("line {line}: {source}")]
    Uuid {
        /// Where.
        line: usize,
        /// Why.
        source: ParseUuidError,
    },
    /// The seqno cannot be read.
    #[error("line {line}: {source}")]
    Seqno {
        /// Where.
        line: usize,
        /// Why.
        source: ParseSeqnoError,
    },
    /// Neither 0 nor 1.
    #[error("line {line}: safe_to_bootstrap is `{text}`, neither 0 nor 1")]
    SafeToBootstrap {
        /// Where.
        line: usize,
        /// The value that it has.
        text: String,
    },
    /// The file ends without the field.
    #[error("there is no `{0}`")]
    Missing(String),
}

/// The content of `grastate.dat` (`galera/src/saved_state.cpp`).
///
/// The default is what a node takes from a missing or empty file: no position, and free to bootstrap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GraState {
    /// The history; nil while a state transfer or a schema change is under way, and after an inconsistency.
    pub uuid: StateUuid,
    /// The last event; -1 while the node runs, and after a crash.
    pub seqno: Seqno,
    /// Whether the node may be bootstrapped: whether its last primary view had it as the only member.
    pub safe_to_bootstrap: bool,
}

impl Default for GraState {
    fn default() -> Self {
        Self {
            uuid: StateUuid::NIL,
            seqno: Seqno::UNDEFINED,
            safe_to_bootstrap: true,
        }
    }
}

impl GraState {
    /// Uuid and seqno together.
    pub const fn position(self) -> Position {
        Position::new(self.uuid, self.seqno)
    }

    /// Reads the file as Galera does (`saved_state.cpp`, constructor of `SavedState`): no text is an error, an unknown
    /// line is passed over, a field that is missing keeps its default, the last of two wins. An unreadable uuid
    /// becomes nil, an unreadable number its default.
    ///
    /// A last line without a newline is not read: the loop there ends before it looks at such a line.
    pub fn read(text: &str) -> Self {
        let mut state = Self::default();
        for line in text
            .split_inclusive('\n')
            .filter_map(|line| line.strip_suffix('\n'))
        {
            let mut words = line.split_whitespace();
            let (field, value) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
            match field {
                "uuid:" => state.uuid = value.parse().unwrap_or(StateUuid::NIL),
                "seqno:" => state.seqno = value.parse().unwrap_or(Seqno::UNDEFINED),
                "safe_to_bootstrap:" => {
                    state.safe_to_bootstrap = parse_bool(value).unwrap_or(true);
                }
                _ => {}
            }
        }
        state
    }
}

/// 0 or 1, as a C++ stream reads a `bool`.
fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    }
}

impl fmt::Display for GraState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# GALERA saved state")?;
        writeln!(f, "version: 2.1")?;
        writeln!(f, "uuid:    {}", self.uuid)?;
        writeln!(f, "seqno:   {}", self.seqno)?;
        writeln!(f, "safe_to_bootstrap: {}", u8::from(self.safe_to_bootstrap))
    }
}

impl FromStr for GraState {
    type Err = GraStateError;

    /// Reads a whole and clean file, unlike [`GraState::read`]. Comments, blanks (Galera pads with them when it
    /// writes in place) and the version line may be there.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (mut uuid, mut seqno, mut safe) = (None, None, None);
        for (index, content) in text.lines().enumerate() {
            let line = index + 1;
            let content = content.trim();
            if content.is_empty() || content.starts_with('#') || content.starts_with("version:") {
                continue;
            }
            let (field, value) = content.split_once(':').unwrap_or((content, ""));
            let value = value.trim();
            let known_before = match field {
                "uuid" => uuid
                    .replace(
                        value
                            .parse()
                            .map_err(|source| GraStateError::Uuid { line, source })?,
                    )
                    .is_some(),
                "seqno" => seqno
                    .replace(
                        value
                            .parse()
                            .map_err(|source| GraStateError::Seqno { line, source })?,
                    )
                    .is_some(),
                "safe_to_bootstrap" => safe
                    .replace(
                        parse_bool(value).ok_or_else(|| GraStateError::SafeToBootstrap {
                            line,
                            text: value.to_owned(),
                        })?,
                    )
                    .is_some(),
                _ => {
                    return Err(GraStateError::UnknownField {
                        line,
                        text: content.to_owned(),
                    });
                }
            };
            if known_before {
                return Err(GraStateError::Duplicate {
                    line,
                    field: field.to_owned(),
                });
            }
        }
        let missing = |field: &str| GraStateError::Missing(field.to_owned());
        Ok(Self {
            uuid: uuid.ok_or_else(|| missing("uuid"))?,
            seqno: seqno.ok_or_else(|| missing("seqno"))?,
            safe_to_bootstrap: safe.ok_or_else(|| missing("safe_to_bootstrap"))?,
        })
    }
}

#[cfg(test)]
#[path = "tests/grastate.rs"]
mod tests;
