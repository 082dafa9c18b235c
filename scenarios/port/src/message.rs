//! The messages between nodes at which a scenario can stop, and the moments at which it does.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::name::NodeName;
use super::time::Span;

/// Defines the kinds of message out of their table: the word of scenario files, and what it is.
macro_rules! messages {
    ($($(#[doc = $doc:literal])+ $variant:ident = $word:literal,)+) => {
        /// A kind of message between nodes, by Galera's name for it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Message {
            $($(#[doc = $doc])+ #[serde(rename = $word)] $variant,)+
        }

        impl Message {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Returns the word of scenario files.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }
    };
}

messages! {
    /// evs: the membership to come, as the sender sees it (`evs_message2.hpp`).
    Join = "JOIN",
    /// evs: the representative's decision on the membership.
    Install = "INSTALL",
    /// evs: the GAP by which a member commits an INSTALL.
    Commit = "COMMIT",
    /// evs: any other GAP, an acknowledgement.
    Gap = "GAP",
    /// evs: the sender leaves in order.
    Leave = "LEAVE",
    /// pc: what a member remembers of primary components (`pc_message.hpp`).
    State = "STATE",
    /// pc: the primary component to come.
    PcInstall = "PC-INSTALL",
    /// gcs: the name of a state exchange (`GCS_MSG_STATE_UUID`).
    StateUuid = "STATE-UUID",
    /// gcs: a member's state in the exchange (`GCS_MSG_STATE_MSG`).
    StateMsg = "STATE-MSG",
    /// gcs: a joiner asks for a state transfer.
    StateRequest = "STATE-REQUEST",
    /// gcs: a transfer has ended, for the donor or the joiner (`GCS_MSG_JOIN`).
    GcsJoin = "GCS-JOIN",
    /// gcs: the sender has caught up (`GCS_MSG_SYNC`).
    Sync = "SYNC",
    /// gcs: a vote on an error (`GCS_MSG_VOTE`).
    Vote = "VOTE",
    /// A transaction.
    WriteSet = "WRITE-SET",
}

/// The end of a message's way that a moment is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Way {
    /// The node hands the message to its links. It has reached nobody. What the node passes on for another one
    /// does not count.
    Sends,
    /// The message has arrived, and the node has dealt with it.
    Receives,
}

impl Way {
    /// Returns the key of scenario files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sends => "sends",
            Self::Receives => "receives",
        }
    }
}

/// The next time that a node sends or receives a kind of message.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Moment {
    /// The node.
    pub node: NodeName,
    /// The end of the way.
    pub way: Way,
    /// The kind of message.
    pub message: Message,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (way, message) = (self.way.name(), self.message.name());
        write!(f, "{} {way} {message}", self.node)
    }
}

/// A moment that is listened for from an instant on. Two waits for the same moment differ by their instants.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Listening {
    /// The moment.
    pub to: Moment,
    /// The instant.
    pub since: Span,
}
