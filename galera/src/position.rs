//! A place in a history, and the answer of `--wsrep-recover`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{ParseSeqnoError, ParseUuidError, Seqno, StateUuid};

/// A text that is not `uuid:seqno`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Error, Serialize, Deserialize)]
pub enum ParsePositionError {
    /// The colon between the uuid and the seqno is missing.
    #[error("`{0}` has no colon between uuid and seqno")]
    NoColon(String),
    /// The part before the colon.
    #[error(transparent)]
    Uuid(#[from] ParseUuidError),
    /// The part after the colon.
    #[error(transparent)]
    Seqno(#[from] ParseSeqnoError),
    /// The GTID after the comma is missing.
    #[error("`{0}` has a comma but no GTID")]
    EmptyGtid(String),
}

/// A place in a history, printed `uuid:seqno`.
///
/// The order compares the uuid first, for use as a key only: seqnos of two histories say nothing about each other.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Position {
    /// The history.
    pub uuid: StateUuid,
    /// The last event of it.
    pub seqno: Seqno,
}

impl Position {
    /// No position: `00000000-0000-0000-0000-000000000000:-1`.
    pub const UNDEFINED: Self = Self {
        uuid: StateUuid::NIL,
        seqno: Seqno::UNDEFINED,
    };

    /// Puts the two halves together.
    #[must_use]
    pub const fn new(uuid: StateUuid, seqno: Seqno) -> Self {
        Self { uuid, seqno }
    }

    /// Returns whether either half is missing, so that a state transfer cannot start from here
    /// (`galera/src/replicator_smm.cpp`, constructor of `ReplicatorSMM`).
    pub const fn is_undefined(self) -> bool {
        self.uuid.is_nil() || self.seqno.is_undefined()
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.uuid, self.seqno)
    }
}

impl FromStr for Position {
    type Err = ParsePositionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (uuid, seqno) = text
            .split_once(':')
            .ok_or_else(|| ParsePositionError::NoColon(text.to_owned()))?;
        Ok(Self {
            uuid: uuid.parse()?,
            seqno: seqno.parse()?,
        })
    }
}

/// What `mariadbd --wsrep-recover` answers: the position that `InnoDB` holds, with a GTID after a comma when
/// `wsrep_gtid_mode` is on (`sql/wsrep_mysqld.cc:wsrep_recover`). The seqno before the comma is the one to compare;
/// the GTID is not usable for that.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecoveredPosition {
    /// The position in the history.
    pub position: Position,
    /// `domain-server-sequence`, such as `0-1-44`.
    pub gtid: Option<String>,
}

impl From<Position> for RecoveredPosition {
    fn from(position: Position) -> Self {
        Self {
            position,
            gtid: None,
        }
    }
}

impl fmt::Display for RecoveredPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.position.fmt(f)?;
        if let Some(gtid) = &self.gtid {
            write!(f, ",{gtid}")?;
        }
        Ok(())
    }
}

impl FromStr for RecoveredPosition {
    type Err = ParsePositionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(',') {
            None => Ok(Self {
                position: text.parse()?,
                gtid: None,
            }),
            Some((_, "")) => Err(ParsePositionError::EmptyGtid(text.to_owned())),
            Some((position, gtid)) => Ok(Self {
                position: position.parse()?,
                gtid: Some(gtid.to_owned()),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn recovered_positions_of_measurement_h() {
        let plain: RecoveredPosition = "7159b315-ed8a-11ed-b66b-82b08426f1d2:0".parse().unwrap();
        assert_eq!((plain.position.seqno, plain.gtid), (Seqno(0), None));
        let fresh: RecoveredPosition = "00000000-0000-0000-0000-000000000000:-1,0-0-0"
            .parse()
            .unwrap();
        assert!(fresh.position.is_undefined());
        assert_eq!(fresh.gtid.as_deref(), Some("0-0-0"));
        assert_eq!(Position::default(), Position::UNDEFINED);
    }

    #[test]
    fn errors_name_the_part() {
        let error = |text: &str| text.parse::<RecoveredPosition>().unwrap_err().to_string();
        insta::assert_snapshot!(error("7159b315"), @"`7159b315` has no colon between uuid and seqno");
        insta::assert_snapshot!(error("7159b315:7"), @"`7159b315` is not a uuid");
        insta::assert_snapshot!(
            error("7159b315-ed8a-11ed-b66b-82b08426f1d2:x"), @"`x` is not a seqno"
        );
        insta::assert_snapshot!(
            error("7159b315-ed8a-11ed-b66b-82b08426f1d2:7,"),
            @"`7159b315-ed8a-11ed-b66b-82b08426f1d2:7,` has a comma but no GTID"
        );
    }

    proptest! {
        #[test]
        fn print_then_parse(uuid: u128, seqno: i64, gtid in proptest::option::of("[0-9]{1,4}-[0-9]{1,4}-[0-9]{1,9}")) {
            let position = Position::new(StateUuid(uuid), Seqno(seqno));
            prop_assert_eq!(position.to_string().parse::<Position>(), Ok(position));
            let recovered = RecoveredPosition { position, gtid };
            prop_assert_eq!(recovered.to_string().parse::<RecoveredPosition>(), Ok(recovered));
        }
    }
}
