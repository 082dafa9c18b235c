//! The `wsrep_*` status variables.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{GcommUuid, Seqno, StateUuid};

/// A text that is not the value of the status variable.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Error, Serialize, Deserialize)]
#[error("`{text}` is not a value of {variable}")]
pub struct ParseStatusError {
    text: String,
    variable: String,
}

impl ParseStatusError {
    fn new(text: &str, variable: &str) -> Self {
        Self {
            text: text.to_owned(),
            variable: variable.to_owned(),
        }
    }
}

/// `wsrep_cluster_status` (`sql/wsrep_mysqld.cc:wsrep_cluster_status`).
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum ClusterStatus {
    /// The node is in the primary component.
    Primary,
    /// The node is in a component without quorum, or joins a primary one.
    NonPrimary,
    /// The node has left the group, and its process may still run.
    #[default]
    Disconnected,
}

impl ClusterStatus {
    const ALL: [Self; 3] = [Self::Primary, Self::NonPrimary, Self::Disconnected];
}

impl fmt::Display for ClusterStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Primary => "Primary",
            Self::NonPrimary => "non-Primary",
            Self::Disconnected => "Disconnected",
        })
    }
}

impl FromStr for ClusterStatus {
    type Err = ParseStatusError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|status| status.to_string() == text)
            .ok_or_else(|| ParseStatusError::new(text, "wsrep_cluster_status"))
    }
}

/// `wsrep_local_state` and `wsrep_local_state_comment` (`galera/src/replicator_smm_stats.cpp:state2stats`).
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum LocalState {
    /// 0: not in a primary component.
    #[default]
    Initialized,
    /// 1: receives a state transfer.
    Joining,
    /// 2: gives a state transfer, or is desynced.
    Donor,
    /// 3: has its state and catches up.
    Joined,
    /// 4: takes part fully.
    Synced,
    /// 5: found that its data differ, and left the group.
    Inconsistent,
}

impl LocalState {
    const ALL: [Self; 6] = [
        Self::Initialized,
        Self::Joining,
        Self::Donor,
        Self::Joined,
        Self::Synced,
        Self::Inconsistent,
    ];

    /// Returns the value of `wsrep_local_state`.
    pub const fn number(self) -> u8 {
        self as u8
    }
}

impl fmt::Display for LocalState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Initialized => "Initialized",
            Self::Joining => "Joining: receiving State Transfer",
            Self::Donor => "Donor/Desynced",
            Self::Joined => "Joined",
            Self::Synced => "Synced",
            Self::Inconsistent => "Inconsistent",
        })
    }
}

impl FromStr for LocalState {
    type Err = ParseStatusError;

    /// Reads the comment, and `Joining`, `Joiner` and `Donor` as short forms.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "Joining" | "Joiner" => Ok(Self::Joining),
            "Donor" => Ok(Self::Donor),
            _ => Self::ALL
                .into_iter()
                .find(|state| state.to_string() == text)
                .ok_or_else(|| ParseStatusError::new(text, "wsrep_local_state_comment")),
        }
    }
}

/// `wsrep_cluster_conf_id`: counts the primary views since the component was formed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConfId(pub u64);

impl ConfId {
    /// Not in a primary component. 10.11 prints it 18446744073709551615, 11.8 prints -1.
    pub const UNDEFINED: Self = Self(u64::MAX);

    /// Returns whether this is [`ConfId::UNDEFINED`].
    pub const fn is_undefined(self) -> bool {
        self.0 == u64::MAX
    }

    /// Returns the id of the next primary view.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

impl Default for ConfId {
    fn default() -> Self {
        Self::UNDEFINED
    }
}

impl fmt::Display for ConfId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ConfId {
    type Err = ParseStatusError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "-1" => Ok(Self::UNDEFINED),
            _ => text
                .parse()
                .map(Self)
                .map_err(|_| ParseStatusError::new(text, "wsrep_cluster_conf_id")),
        }
    }
}

/// What `SHOW STATUS LIKE 'wsrep_%'` answers, as far as recovery is concerned. The default is a node outside any
/// group.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct StatusVariables {
    /// `wsrep_cluster_conf_id`.
    pub cluster_conf_id: ConfId,
    /// `wsrep_cluster_size`: members of the node's component, primary or not; 0 when disconnected.
    pub cluster_size: u32,
    /// `wsrep_cluster_state_uuid`.
    pub cluster_state_uuid: StateUuid,
    /// `wsrep_cluster_status`.
    pub cluster_status: ClusterStatus,
    /// `wsrep_cluster_weight`: the weights of the primary component's members together, 0 outside it.
    pub cluster_weight: u32,
    /// `wsrep_connected`: stays on in a component without quorum.
    pub connected: bool,
    /// `wsrep_gcomm_uuid`.
    pub gcomm_uuid: GcommUuid,
    /// `wsrep_last_committed`.
    pub last_committed: Seqno,
    /// `wsrep_local_state_uuid`.
    pub local_state_uuid: StateUuid,
    /// `wsrep_ready`: whether ordinary statements are let through.
    pub ready: bool,
    /// `wsrep_local_state` and `wsrep_local_state_comment`.
    pub local_state: LocalState,
}

impl StatusVariables {
    /// Returns the nine variables that the manual's `--show-cluster-status` prints, in its order.
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        vec![
            ("wsrep_cluster_conf_id", self.cluster_conf_id.to_string()),
            ("wsrep_cluster_size", self.cluster_size.to_string()),
            (
                "wsrep_cluster_state_uuid",
                self.cluster_state_uuid.to_string(),
            ),
            ("wsrep_cluster_status", self.cluster_status.to_string()),
            ("wsrep_connected", on_off(self.connected)),
            ("wsrep_gcomm_uuid", self.gcomm_uuid.to_string()),
            ("wsrep_last_committed", self.last_committed.to_string()),
            ("wsrep_local_state_uuid", self.local_state_uuid.to_string()),
            ("wsrep_ready", on_off(self.ready)),
        ]
    }

    /// The variables that [`get`](Self::get) knows and the manual's table does not have.
    pub const OTHERS: [&str; 3] = [
        "wsrep_cluster_weight",
        "wsrep_local_state",
        "wsrep_local_state_comment",
    ];

    /// Returns the value of one variable: of [`rows`](Self::rows) or of [`OTHERS`](Self::OTHERS). As in SQL, the case
    /// of the name does not matter.
    pub fn get(&self, name: &str) -> Option<String> {
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "wsrep_cluster_weight" => Some(self.cluster_weight.to_string()),
            "wsrep_local_state" => Some(self.local_state.number().to_string()),
            "wsrep_local_state_comment" => Some(self.local_state.to_string()),
            _ => self
                .rows()
                .into_iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value),
        }
    }
}

fn on_off(value: bool) -> String {
    String::from(if value { "ON" } else { "OFF" })
}

#[cfg(test)]
#[path = "tests/status.rs"]
mod tests;
