//! The expectations about an observation, from `expect` and `wait` in a scenario file.

mod node;

use serde::{Deserialize, Serialize};

use crate::name::NodeName;
use crate::observation::{NodeObservation, Observation, ProcessState};

pub use node::NodePredicate;

/// An expectation about the cluster as a whole.
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

/// One of several ways in which a race may end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RaceOutcome {
    /// The name of the outcome.
    pub name: String,
    /// The state of the outcome. It names no further outcomes.
    pub state: Predicate,
}

/// The expectations about an observation: all of them must be true.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Predicate {
    /// Expectations of single nodes.
    pub nodes: Vec<(NodeName, NodePredicate)>,
    /// Expectations of the cluster.
    pub cluster: Vec<ClusterPredicate>,
    /// The cluster size that every Primary node must show.
    pub size: Option<u32>,
    /// The number of nodes that have `safe_to_bootstrap: 1` in grastate.dat.
    pub safe_nodes: Option<u32>,
    /// The number of nodes that have the highest seqno of all in grastate.dat.
    pub highest_seqno_nodes: Option<u32>,
    /// The outcomes of a race: at least one of them must be true.
    pub any: Vec<RaceOutcome>,
    /// If this is set, only one of these expectations counts. The audit uses it to test whether each can
    /// fail.
    pub focus: Option<Focus>,
}

/// The one expectation of several that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Focus {
    /// Its place among [`Predicate::expectations`].
    pub place: usize,
    /// It must be false.
    pub negated: bool,
}

/// One of the expectations that a predicate is made of, and how the observation differs from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The expectation in words.
    pub what: String,
    /// Returns what was expected and what was seen, if they differ.
    pub mismatch: Option<String>,
}

impl Predicate {
    /// Returns whether all of it is true.
    pub fn holds(&self, observation: &Observation) -> bool {
        self.first_mismatch(observation).is_none()
    }

    /// Returns whether it says anything.
    pub fn says_something(&self) -> bool {
        *self != Self::default()
    }

    /// Returns the first thing that is not true, in words: what was expected of whom and what was seen.
    pub fn first_mismatch(&self, observation: &Observation) -> Option<String> {
        let judged = self.judge(observation);
        let Some(Focus { place, negated }) = self.focus else {
            return judged.into_iter().find_map(|judged| judged.mismatch);
        };
        let Some(Judged { what, mismatch }) = judged.into_iter().nth(place) else {
            return Some("there is no such statement".to_owned());
        };
        match (negated, mismatch) {
            (false, mismatch) => mismatch,
            (true, None) => Some(format!("negated: expected not {what}")),
            (true, Some(_)) => None,
        }
    }

    /// Returns the same predicate, of which only one expectation counts.
    #[must_use]
    pub fn focused(self, focus: Focus) -> Self {
        Self {
            focus: Some(focus),
            ..self
        }
    }

    /// Returns the name of the first outcome that is true, where the predicate is of a race.
    pub fn outcome(&self, observation: &Observation) -> Option<&str> {
        self.any
            .iter()
            .find(|outcome| outcome.state.holds(observation))
            .map(|outcome| outcome.name.as_str())
    }

    /// Returns the expectations that this predicate is made of, in words.
    pub fn expectations(&self) -> Vec<String> {
        // The text does not depend on the observation.
        self.judge(&Observation::default())
            .into_iter()
            .map(|judged| judged.what)
            .collect()
    }

    /// Returns every expectation that this predicate is made of, and whether it is true.
    pub fn judge(&self, observation: &Observation) -> Vec<Judged> {
        let mut all = Vec::new();
        let nobody = NodeObservation::absent();
        for (name, wanted) in &self.nodes {
            let seen = observation.nodes.get(name);
            for judged in wanted.judge(seen.unwrap_or(&nobody)) {
                let mismatch = match seen {
                    None => Some(format!("node {name} is not in the observation")),
                    Some(_) => judged.mismatch.map(|text| format!("node {name}: {text}")),
                };
                all.push(Judged {
                    what: format!("node {name}: {}", judged.what),
                    mismatch,
                });
            }
        }
        for wanted in &self.cluster {
            let name = wanted.name();
            let held = wanted.holds(observation);
            all.push(Judged {
                what: format!("cluster {name}"),
                mismatch: (!held).then(|| format!("cluster: expected {name}")),
            });
        }
        all.extend(self.size.map(|size| Judged {
            what: format!("size {size}"),
            mismatch: size_mismatch(size, observation),
        }));
        let mut count = |key: &str, wanted: Option<u32>, seen: usize| {
            all.extend(wanted.map(|wanted| {
                Judged {
                    what: format!("{key} {wanted}"),
                    mismatch: (wanted as usize != seen)
                        .then(|| format!("cluster: expected {key} {wanted}, seen {seen}")),
                }
            }));
        };
        count("safe_nodes", self.safe_nodes, safe_nodes(observation));
        count(
            "highest_seqno_nodes",
            self.highest_seqno_nodes,
            highest_seqno_nodes(observation),
        );
        if !self.any.is_empty() {
            let mismatches: Vec<String> = self
                .any
                .iter()
                .filter_map(|outcome| {
                    let mismatch = outcome.state.first_mismatch(observation)?;
                    Some(format!("`{}`: {mismatch}", outcome.name))
                })
                .collect();
            let names: Vec<String> = self
                .any
                .iter()
                .map(|outcome| format!("`{}`", outcome.name))
                .collect();
            let none = mismatches.len() == self.any.len();
            all.push(Judged {
                what: format!("any of {}", names.join(", ")),
                mismatch: none.then(|| format!("none of the outcomes: {}", mismatches.join("; "))),
            });
        }
        all
    }
}

/// Returns the mismatch with the expectation that every Primary node shows this cluster size.
fn size_mismatch(wanted: u32, observation: &Observation) -> Option<String> {
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
            let seen = node
                .cluster_size
                .map_or_else(|| "none".to_owned(), |size| size.to_string());
            format!("node {name}: expected cluster_size {wanted}, seen {seen}")
        })
}

/// Returns the number of nodes that may be bootstrapped by their state files.
fn safe_nodes(observation: &Observation) -> usize {
    observation
        .nodes
        .values()
        .filter_map(|node| node.grastate.as_ref())
        .filter(|file| file.safe_to_bootstrap == 1)
        .count()
}

/// Returns the number of nodes that have the highest seqno in their state files.
fn highest_seqno_nodes(observation: &Observation) -> usize {
    let seqnos = || {
        observation
            .nodes
            .values()
            .filter_map(|node| node.grastate.as_ref())
            .map(|file| file.seqno)
    };
    let highest = seqnos().max();
    seqnos().filter(|seqno| Some(*seqno) == highest).count()
}

impl ClusterPredicate {
    /// Returns the word that a scenario file uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AllSynced => "all-synced",
            Self::Primary => "primary",
            Self::NoPrimary => "no-primary",
            Self::TwinPrimaries => "twin-primaries",
        }
    }

    /// Returns whether it is true.
    pub fn holds(self, observation: &Observation) -> bool {
        match self {
            Self::AllSynced => observation.nodes.values().all(|node| {
                if node.arbitrator {
                    return node.process == ProcessState::Running;
                }
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
