//! The facts that the trace has shown of each node: its state, its last count of quorum, when it served.

use std::collections::BTreeMap;

use seatrial_scenarios::{NodeName, Observation, Span, TraceEvent, TraceKind};

/// A count of quorum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Count {
    /// Members of the last primary view that were still there.
    pub(super) present: Vec<NodeName>,
    /// Members of it that had left in order.
    pub(super) left: Vec<NodeName>,
    /// The last primary view with the weights.
    pub(super) last_primary: BTreeMap<NodeName, u32>,
    /// Whether the component stayed primary.
    pub(super) holds: bool,
}

impl Count {
    /// Returns twice the weight of the members present, the weight of those that left, and the limit that the
    /// sum must exceed (`gcomm/src/pc_proto.cpp:have_quorum`).
    pub(super) fn sum(&self) -> (u32, u32, u32) {
        let weight = |nodes: &[NodeName]| -> u32 {
            nodes
                .iter()
                .filter_map(|node| self.last_primary.get(node))
                .sum()
        };
        (
            2 * weight(&self.present),
            weight(&self.left),
            self.last_primary.values().sum(),
        )
    }
}

/// The knowledge about one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NodeKnown {
    /// Facts by name, as in the record.
    pub(super) facts: BTreeMap<String, String>,
    /// The last count of quorum since its server began.
    pub(super) count: Option<Count>,
    /// The last primary view that a component without primary members remembered, and the missing members.
    pub(super) reunion: Option<(Vec<NodeName>, Vec<NodeName>)>,
}

impl NodeKnown {
    fn fact(&self, name: &str) -> Option<&str> {
        self.facts.get(name).map(String::as_str)
    }

    /// Returns whether a fact has this value.
    pub(super) fn is(&self, name: &str, value: &str) -> bool {
        self.fact(name) == Some(value)
    }

    fn serves(&self) -> bool {
        self.fact("wsrep_cluster_status") == Some("Primary")
            && self.fact("wsrep_ready") == Some("ON")
    }
}

/// The knowledge about all nodes, and the time during which no node served.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    nodes: BTreeMap<NodeName, NodeKnown>,
    /// Whether the engine reports changes of states. Otherwise states are seen only after each command.
    pub(super) tells: bool,
    /// The last time at which the serving nodes were known, and the time since which no node serves.
    at: Span,
    down: Span,
    served: bool,
}

impl Known {
    /// Returns the knowledge about a node.
    pub(super) fn node(&self, name: &NodeName) -> Option<&NodeKnown> {
        self.nodes.get(name)
    }

    /// Returns for how long no node has served writes so far.
    pub(super) const fn down(&self) -> Span {
        self.down
    }

    /// Records what happened, and the state of the nodes at the end.
    pub(super) fn learn(&mut self, events: &[TraceEvent], seen: &Observation) {
        for event in events {
            let Some(name) = &event.node else { continue };
            self.pass(Span::from_micros(event.at_us));
            let node = self.nodes.entry(name.clone()).or_default();
            match &event.what {
                TraceKind::State { changed } => {
                    self.tells = true;
                    for (name, value) in changed {
                        match value {
                            Some(value) => node.facts.insert(name.clone(), value.clone()),
                            None => node.facts.remove(name),
                        };
                    }
                    if matches!(node.fact("process"), Some("exited" | "off")) {
                        node.count = None;
                        node.reunion = None;
                    }
                    self.served = self.nodes.values().any(NodeKnown::serves);
                }
                TraceKind::Quorum {
                    present,
                    left,
                    last_primary,
                    holds,
                } => {
                    node.count = Some(Count {
                        present: present.clone(),
                        left: left.clone(),
                        last_primary: last_primary.clone(),
                        holds: *holds,
                    });
                    node.reunion = None;
                }
                TraceKind::Reunion {
                    last_primary,
                    missing,
                } => node.reunion = Some((last_primary.clone(), missing.clone())),
                _ => {}
            }
        }
        self.pass(seen.at);
        if !self.tells {
            self.served = !serving(seen).is_empty();
        }
    }

    fn pass(&mut self, now: Span) {
        let passed = now.saturating_sub(self.at);
        if !self.served {
            self.down += passed;
        }
        self.at = self.at.max(now);
    }
}

/// Returns the nodes that accept writes.
pub(super) fn serving(seen: &Observation) -> Vec<&NodeName> {
    seen.nodes
        .iter()
        .filter(|(_, node)| {
            node.cluster_status.as_deref() == Some("Primary") && node.ready.as_deref() == Some("ON")
        })
        .map(|(name, _)| name)
        .collect()
}
