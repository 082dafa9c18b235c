//! The tables of faults as they stand in the text, by the shapes of the faults' arguments.

use schemars::JsonSchema;
use serde::Deserialize;

use super::choice::{DamageWord, FileWord};
use super::raw::{Placed, PortNumber, SettingText, SpanText};

/// Groups of nodes that do not reach each other.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPartition {
    /// The groups; every node is in exactly one.
    pub(super) groups: Placed<Vec<Placed<Vec<Placed<String>>>>>,
}

/// One direction of one link.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCut {
    /// The sender that is not heard.
    pub(super) from: Placed<String>,
    /// The receiver that hears nothing.
    pub(super) to: Placed<String>,
    /// The receiver's port to which nothing passes; every one if nothing is said.
    pub(super) port: Option<Placed<PortNumber>>,
}

/// Damage to a file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDamage {
    /// The node.
    pub(super) node: Placed<String>,
    /// The file.
    pub(super) file: FileWord,
    /// The kind of damage.
    pub(super) how: DamageWord,
}

/// A node and a span of time.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBy {
    /// The node.
    pub(super) node: Placed<String>,
    /// By how much.
    pub(super) by: Placed<SpanText>,
}

/// Packets that take longer: those of a node, or those of one direction of a link.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDelay {
    /// The node whose packets take longer, each way.
    pub(super) node: Option<Placed<String>>,
    /// The sender, if only one direction of one link is slow.
    pub(super) from: Option<Placed<String>>,
    /// The receiver, if only one direction of one link is slow.
    pub(super) to: Option<Placed<String>>,
    /// By how much.
    pub(super) by: Placed<SpanText>,
}

/// Lost packets.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLoss {
    /// The node.
    pub(super) node: Placed<String>,
    /// Lost packets of a hundred.
    pub(super) percent: Placed<i64>,
}

/// Links that come and go.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFlap {
    /// The node.
    pub(super) node: Placed<String>,
    /// The time that a cut lasts, and the time between two cuts.
    pub(super) period: Placed<SpanText>,
}

/// An option in a node's configuration files.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSetting {
    /// The node.
    pub(super) node: Placed<String>,
    /// The option, by Galera's or MariaDB's name.
    pub(super) option: Placed<String>,
    /// Its value, as it stands in the file.
    pub(super) value: Placed<SettingText>,
}

/// A node whose host gets another address.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMove {
    /// The node, whose server does not run.
    pub(super) node: Placed<String>,
    /// The new address, in IPv4.
    pub(super) address: Placed<String>,
}

/// A node whose disk becomes that of another.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCopy {
    /// The node that is copied.
    pub(super) from: Placed<String>,
    /// The stopped node that gets the copy.
    pub(super) to: Placed<String>,
}

/// A copy that is kept.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawKeep {
    /// The node.
    pub(super) node: Placed<String>,
    /// The name of the copy.
    #[serde(rename = "as")]
    pub(super) name: Placed<String>,
}

/// A copy that was kept.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawKept {
    /// The stopped node that gets the copy.
    pub(super) node: Placed<String>,
    /// The name of the copy.
    pub(super) from: Placed<String>,
}
