//! Statements about an observation: what `expect` and `wait` in a scenario file say of states.

use serde::{Deserialize, Serialize};

use crate::observation::{NodeObservation, Observation, ProcessState};
use crate::testbed::NodeName;

/// What is said of one node. Every given field must agree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NodePredicate {
    /// What the process does.
    pub process: Option<ProcessState>,
    /// Exit code of the last process.
    pub exit: Option<i32>,
    /// `wsrep_cluster_status`, in the variable's own spelling.
    pub cluster_status: Option<String>,
    /// `wsrep_cluster_size`.
    pub cluster_size: Option<u32>,
    /// `wsrep_ready`.
    pub ready: Option<String>,
    /// `wsrep_connected`.
    pub connected: Option<String>,
    /// `wsrep_local_state_comment`; `Joiner` and `Donor` stand for the long forms.
    pub local_state: Option<String>,
    /// `wsrep_cluster_conf_id`, as printed.
    pub conf_id: Option<String>,
    /// `safe_to_bootstrap` in grastate.dat.
    pub safe_to_bootstrap: Option<u8>,
    /// `seqno` in grastate.dat.
    pub grastate_seqno: Option<i64>,
    /// Whether the uuid in grastate.dat is the zero uuid.
    pub grastate_zero: Option<bool>,
    /// Whether there is a gvwstate.dat.
    pub gvwstate: Option<bool>,
    /// The members of gvwstate.dat, sorted.
    pub gvwstate_members: Option<Vec<String>>,
    /// Tags that the node must hold.
    pub has_rows: Vec<String>,
    /// Tags that the node must not hold.
    pub lacks_rows: Vec<String>,
}

/// What is said of the cluster as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClusterPredicate {
    /// Every node is running, Primary, Synced and ready, in one component that counts them all.
    AllSynced,
    /// At least one node is Primary and ready.
    Primary,
    /// No node with an SQL port is Primary.
    NoPrimary,
    /// Two nodes are Primary without counting each other.
    TwinPrimaries,
}

/// A statement about an observation: everything in it must be true.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Predicate {
    /// Statements about single nodes.
    pub nodes: Vec<(NodeName, NodePredicate)>,
    /// Statements about the cluster.
    pub cluster: Vec<ClusterPredicate>,
    /// The cluster size that every Primary node must show.
    pub size: Option<u32>,
}

impl Predicate {
    /// Whether all of it is true.
    pub fn holds(&self, observation: &Observation) -> bool {
        self.first_mismatch(observation).is_none()
    }

    /// The first thing that is not true, in words: what was expected of whom and what was seen.
    pub fn first_mismatch(&self, observation: &Observation) -> Option<String> {
        for (name, wanted) in &self.nodes {
            let Some(seen) = observation.nodes.get(name) else {
                return Some(format!("node {name} is not in the observation"));
            };
            if let Some(text) = node_mismatch(wanted, seen) {
                return Some(format!("node {name}: {text}"));
            }
        }
        for wanted in &self.cluster {
            if !wanted.holds(observation) {
                return Some(format!("cluster: expected {}", wanted.name()));
            }
        }
        let wanted = self.size?;
        let mut primaries = observation
            .nodes
            .iter()
            .filter(|(_, node)| is_primary(node))
            .peekable();
        if primaries.peek().is_none() {
            return Some(format!(
                "cluster: expected size {wanted}, no node is Primary"
            ));
        }
        primaries
            .find(|(_, node)| node.cluster_size != Some(wanted))
            .map(|(name, node)| {
                format!(
                    "node {name}: expected cluster_size {wanted}, seen {}",
                    show(node.cluster_size)
                )
            })
    }
}

impl ClusterPredicate {
    /// The word that a scenario file uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AllSynced => "all-synced",
            Self::Primary => "primary",
            Self::NoPrimary => "no-primary",
            Self::TwinPrimaries => "twin-primaries",
        }
    }

    /// Whether it is true.
    pub fn holds(self, observation: &Observation) -> bool {
        match self {
            Self::AllSynced => observation.nodes.values().all(|node| {
                is_primary(node)
                    && node.local_state.as_deref() == Some("Synced")
                    && node.ready.as_deref() == Some("ON")
                    && node.cluster_size.map(|size| size as usize) == Some(observation.nodes.len())
            }),
            Self::Primary => observation
                .nodes
                .values()
                .any(|node| is_primary(node) && node.ready.as_deref() == Some("ON")),
            Self::NoPrimary => !observation.nodes.values().any(is_primary),
            Self::TwinPrimaries => {
                let primaries = observation
                    .nodes
                    .values()
                    .filter(|node| is_primary(node))
                    .count();
                observation
                    .nodes
                    .values()
                    .filter(|node| is_primary(node))
                    .any(|node| {
                        node.cluster_size
                            .is_some_and(|size| (size as usize) < primaries)
                    })
            }
        }
    }
}

fn is_primary(node: &NodeObservation) -> bool {
    node.cluster_status.as_deref() == Some("Primary")
}

fn show<T: std::fmt::Display>(value: Option<T>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}

/// The long form of a local state that scenario files may abbreviate.
fn long_local_state(short: &str) -> &str {
    match short {
        "Joiner" | "Joining" => "Joining: receiving State Transfer",
        "Donor" => "Donor/Desynced",
        other => other,
    }
}

fn node_mismatch(wanted: &NodePredicate, seen: &NodeObservation) -> Option<String> {
    fn differ<T: PartialEq + std::fmt::Display>(
        field: &str,
        wanted: Option<&T>,
        seen: Option<&T>,
    ) -> Option<String> {
        let wanted = wanted?;
        (Some(wanted) != seen).then(|| format!("expected {field} {wanted}, seen {}", show(seen)))
    }
    let process = |state: ProcessState| match state {
        ProcessState::Running => "running".to_owned(),
        ProcessState::Waiting => "waiting".to_owned(),
        ProcessState::Exited => "exited".to_owned(),
    };
    let local_state = wanted
        .local_state
        .as_deref()
        .map(|text| long_local_state(text).to_owned());
    let grastate = seen.grastate.as_ref();
    let zero = grastate.map(|file| file.uuid == "zero" || is_nil_uuid(&file.uuid));
    let members = |list: &[String]| list.join(",");
    None.or_else(|| {
        differ(
            "process",
            wanted.process.map(process).as_ref(),
            Some(&process(seen.process)),
        )
    })
    .or_else(|| differ("exit", wanted.exit.as_ref(), seen.exit.as_ref()))
    .or_else(|| {
        differ(
            "cluster_status",
            wanted.cluster_status.as_ref(),
            seen.cluster_status.as_ref(),
        )
    })
    .or_else(|| {
        differ(
            "cluster_size",
            wanted.cluster_size.as_ref(),
            seen.cluster_size.as_ref(),
        )
    })
    .or_else(|| differ("ready", wanted.ready.as_ref(), seen.ready.as_ref()))
    .or_else(|| {
        differ(
            "connected",
            wanted.connected.as_ref(),
            seen.connected.as_ref(),
        )
    })
    .or_else(|| {
        differ(
            "local_state",
            local_state.as_ref(),
            seen.local_state.as_ref(),
        )
    })
    .or_else(|| differ("conf_id", wanted.conf_id.as_ref(), seen.conf_id.as_ref()))
    .or_else(|| {
        differ(
            "safe_to_bootstrap",
            wanted.safe_to_bootstrap.as_ref(),
            grastate.map(|file| &file.safe_to_bootstrap),
        )
    })
    .or_else(|| {
        differ(
            "grastate_seqno",
            wanted.grastate_seqno.as_ref(),
            grastate.map(|file| &file.seqno),
        )
    })
    .or_else(|| {
        differ(
            "grastate_zero",
            wanted.grastate_zero.as_ref(),
            zero.as_ref(),
        )
    })
    .or_else(|| {
        differ(
            "gvwstate",
            wanted.gvwstate.as_ref(),
            Some(&seen.gvwstate.is_some()),
        )
    })
    .or_else(|| {
        differ(
            "gvwstate_members",
            wanted.gvwstate_members.as_deref().map(members).as_ref(),
            seen.gvwstate
                .as_ref()
                .map(|file| members(&file.members))
                .as_ref(),
        )
    })
    .or_else(|| {
        let rows = seen.rows.as_deref().unwrap_or_default();
        wanted
            .has_rows
            .iter()
            .find(|tag| !rows.contains(tag))
            .map(|tag| format!("expected row {tag}, not there"))
            .or_else(|| {
                wanted
                    .lacks_rows
                    .iter()
                    .find(|tag| rows.contains(tag))
                    .map(|tag| format!("expected no row {tag}, it is there"))
            })
    })
}

fn is_nil_uuid(text: &str) -> bool {
    text == "00000000-0000-0000-0000-000000000000"
}
