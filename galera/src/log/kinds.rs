//! Words that several log lines share.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A text that is not one of the words, or not of the form, that a log line has at its place.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Error, Serialize, Deserialize)]
#[error("`{text}` is not {wanted}")]
pub struct ParseLogWordError {
    text: String,
    wanted: String,
}

/// The severity of a log line, in square brackets at its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Severity {
    /// `[Note]`.
    Note,
    /// `[Warning]`.
    Warning,
    /// `[ERROR]`.
    Error,
}

impl Severity {
    /// Returns the severity of the word in the brackets.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        match word {
            "Note" => Some(Self::Note),
            "Warning" => Some(Self::Warning),
            "ERROR" => Some(Self::Error),
            _ => None,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "Note",
            Self::Warning => "Warning",
            Self::Error => "ERROR",
        })
    }
}

/// Makes an enum of plain words with `Display` and `FromStr`.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $word,)* })
            }
        }

        impl FromStr for $name {
            type Err = ParseLogWordError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(ParseLogWordError {
                        text: text.to_owned(),
                        wanted: format!("a {}", stringify!($name)),
                    }),
                }
            }
        }
    };
}

words! {
    /// The state of a node's group channel (`gcs/src/gcs.cpp:gcs_conn_state_str`).
    GcsState {
        /// Takes part fully.
        Synced = "SYNCED",
        /// Has its state and catches up.
        Joined = "JOINED",
        /// Gives a state transfer.
        Donor = "DONOR/DESYNCED",
        /// Receives a state transfer.
        Joiner = "JOINER",
        /// In a primary component without its state.
        Primary = "PRIMARY",
        /// Connected, not in a primary component.
        Open = "OPEN",
        /// Not connected.
        Closed = "CLOSED",
        /// Gone.
        Destroyed = "DESTROYED",
    }
}

words! {
    /// The state of the server above the provider (`wsrep-lib/src/server_state.cpp:to_string`).
    ServerState {
        /// Outside the group.
        Disconnected = "disconnected",
        /// Storage engines start.
        Initializing = "initializing",
        /// Storage engines have started.
        Initialized = "initialized",
        /// In the group, not in a primary view.
        Connected = "connected",
        /// Receives a state transfer.
        Joiner = "joiner",
        /// Has its state and catches up.
        Joined = "joined",
        /// Gives a state transfer.
        Donor = "donor",
        /// Takes part fully.
        Synced = "synced",
        /// On its way out.
        Disconnecting = "disconnecting",
    }
}

/// A member as the group layer prints it: `1.0 (B)`, index and segment and name
/// (`gcs/src/gcs_group.cpp:gcs_group_handle_join_msg`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MemberRef {
    /// Its place in the view, -1 for one that is gone.
    pub index: i32,
    /// Its network segment, -1 for one that is gone.
    pub segment: i32,
    /// Its `wsrep_node_name`.
    pub name: String,
}

impl MemberRef {
    /// Returns a member of segment 0.
    #[must_use]
    pub fn new(index: i32, name: impl Into<String>) -> Self {
        Self {
            index,
            segment: 0,
            name: name.into(),
        }
    }

    /// One that is gone: `-1.-1 (left the group)`.
    #[must_use]
    pub fn left() -> Self {
        Self {
            index: -1,
            segment: -1,
            name: "left the group".to_owned(),
        }
    }
}

impl fmt::Display for MemberRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} ({})", self.index, self.segment, self.name)
    }
}

impl FromStr for MemberRef {
    type Err = ParseLogWordError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (place, name) = text.strip_suffix(')')?.split_once(" (")?;
            let (index, segment) = place.split_once('.')?;
            Some(Self {
                index: index.parse().ok()?,
                segment: segment.parse().ok()?,
                name: name.to_owned(),
            })
        };
        read().ok_or_else(|| ParseLogWordError {
            text: text.to_owned(),
            wanted: "a member such as `1.0 (B)`".to_owned(),
        })
    }
}
