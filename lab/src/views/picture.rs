//! A small picture of the cluster: its components in one line.

use owo_colors::OwoColorize as _;
use seatrial_scenarios::{Bed, NodeObservation, ProcessState};

use crate::session::Session;

/// The key of a component, as far as the nodes show it.
#[derive(PartialEq, Eq)]
struct Component<'a> {
    is_primary: bool,
    state_uuid: Option<&'a str>,
    conf_id: Option<&'a str>,
    size: Option<u32>,
}

impl<'a> Component<'a> {
    fn of(node: &'a NodeObservation) -> Self {
        Self {
            is_primary: node.cluster_status.as_deref() == Some("Primary"),
            state_uuid: node.state_uuid.as_deref(),
            conf_id: node.conf_id.as_deref(),
            size: node.cluster_size,
        }
    }

    /// Returns whether another node is in it. Nodes alone without quorum look alike and are not together.
    fn has(&self, other: &Self) -> bool {
        self == other && (self.is_primary || self.size != Some(1))
    }
}

/// Returns the picture: `[A B]` serves, `(C)` has no quorum, and the others are named after them.
pub(crate) fn picture<B: Bed>(session: &Session<B>) -> String {
    let now = session.now();
    let mut components: Vec<(Component<'_>, Vec<String>)> = Vec::new();
    let mut apart: Vec<String> = Vec::new();
    for name in session.nodes() {
        let Some(node) = now.seen.nodes.get(name) else {
            continue;
        };
        let known = now.known.node(name);
        let is = |state: &str| known.is_some_and(|known| known.is("process", state));
        let not_there = match node.process {
            _ if is("off") => Some("no power"),
            _ if is("hung") => Some("hangs"),
            ProcessState::Exited => Some("down"),
            ProcessState::Waiting => Some("starting"),
            ProcessState::Running => None,
        };
        if let Some(word) = not_there {
            apart.push(format!("{name} {word}"));
            continue;
        }
        let shown = match node.local_state.as_deref() {
            Some("Synced") | None => name.to_string(),
            Some(_) if node.cluster_status.as_deref() != Some("Primary") => name.to_string(),
            Some(state) => {
                let state = state.split([':', '/', ' ']).next().unwrap_or(state);
                format!("{name}:{state}")
            }
        };
        let component = Component::of(node);
        match components
            .iter_mut()
            .find(|(known, _)| known.has(&component))
        {
            Some((_, members)) => members.push(shown),
            None => components.push((component, vec![shown])),
        }
    }
    components.sort_by_key(|(component, _)| !component.is_primary);
    let mut parts: Vec<String> = components
        .iter()
        .map(|(component, members)| {
            let members = members.join(" ");
            if component.is_primary {
                format!("[{members}]").green().to_string()
            } else {
                format!("({members})").yellow().to_string()
            }
        })
        .collect();
    parts.extend(apart.iter().map(|one| one.red().to_string()));
    parts.join("  ")
}
