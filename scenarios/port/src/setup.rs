//! The setup of a scenario's cluster, for an engine: nodes, initial state, options, seed.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::name::NodeName;

/// The state of a cluster before the first step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Initial {
    /// Bootstrapped on the first node, joined by the others in turn, all synced.
    #[default]
    Synced,
    /// Installed, never started: no grastate.dat, no gvwstate.dat, an empty database.
    Empty,
    /// As `Synced`, then every node stopped in order, the first node last.
    Down,
}

/// The timeouts of the nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Timers {
    /// Galera's own defaults.
    #[default]
    Default,
    /// Short timeouts for tests on real nodes; the same on every engine.
    Fast,
}

/// The treatment of a mariadbd that ended abnormally.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Supervisor {
    /// Nothing restarts it.
    #[default]
    None,
    /// The unit's `Restart=on-abnormal`, `RestartSec=5`.
    Systemd,
}

/// The way in which `cm-cluster-manage --force-safe-to-bootstrap` edits grastate.dat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForceEdit {
    /// It writes into the file that is there: same inode.
    #[default]
    InPlace,
    /// It writes a new file and renames it over the old one, as `sed -i` does: new inode.
    Replace,
}

/// The place where `mysqld_safe --wsrep-recover` writes its log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MysqldSafeLog {
    /// Into the MariaDB log file.
    #[default]
    File,
    /// To syslog, as Debian's configuration does: a grep in the log file finds nothing new.
    Syslog,
}

/// Whether simulated times vary as real ones do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Jitter {
    /// They are drawn by the seed. On real nodes they are what they are.
    #[default]
    Drawn,
    /// Each is the middle of its range, and a new process has a greater identity than every earlier
    /// one. So what happens depends only on what is done. For searches that visit every state.
    None,
}

/// The options of a run: Galera's and MariaDB's by their real names, and those of the surroundings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Options {
    /// Provider and server options, such as `pc.recovery` or `innodb_flush_log_at_trx_commit`.
    pub settings: BTreeMap<String, String>,
    /// The same for one node only; they win over `settings`.
    pub node_settings: BTreeMap<NodeName, BTreeMap<String, String>>,
    /// The program that restarts a crashed server.
    pub supervisor: Supervisor,
    /// The way in which the force edits the state file.
    pub force: ForceEdit,
    /// The place where `mysqld_safe` logs.
    pub mysqld_safe_log: MysqldSafeLog,
    /// Whether simulated times vary.
    pub jitter: Jitter,
}

impl Options {
    /// Returns whether the node runs an arbitrator (garbd) instead of a server: the setting `arbitrator` of
    /// the node.
    pub fn is_arbitrator(&self, node: &NodeName) -> bool {
        let value = self
            .node_settings
            .get(node)
            .and_then(|own| own.get("arbitrator"));
        value.is_some_and(|value| value == "true")
    }
}

/// Everything that an engine needs to build the cluster of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Setup {
    /// The nodes, in the order in which the initial state starts them.
    pub nodes: Vec<NodeName>,
    /// The state of the cluster before the first step.
    pub initial: Initial,
    /// The timeouts.
    pub timers: Timers,
    /// The options.
    pub options: Options,
    /// The master seed: every random choice of a simulated run is a function of it.
    pub seed: u64,
}
