//! A look at all nodes, and the conclusion from it (manual: Check cluster status).

use std::fmt;

use seatrial_port::console::{CommandOutcome, Console};
use seatrial_port::{NodeName, Span};

use super::reading::Tables;

/// The manual's command for a look.
pub(super) const SHOW_STATUS: &str = "sudo cm-cluster-manage --show-cluster-status";

/// The longest time that a status may take. A server that hangs takes the connection and says nothing.
const STATUS_LIMIT: Span = Span::from_secs(20);

/// A node as it looks from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// The host does not answer.
    Unreachable,
    /// The server does not answer in time.
    Hangs,
    /// The server answers.
    Answers(Tables),
    /// The client has an error, such as ERROR 2002, and systemd has this word for the unit. Only
    /// that word tells a node that waits for a primary component from one that is down
    /// (measurements, A3.19).
    Silent(String),
}

impl Seen {
    /// Looks at one node.
    pub(super) async fn take(console: &mut dyn Console, node: &NodeName) -> Self {
        let status = console.run(node, SHOW_STATUS, STATUS_LIMIT).await;
        if status.is_unreachable() {
            return Self::Unreachable;
        }
        if status.timed_out {
            return Self::Hangs;
        }
        if let Some(tables) = Tables::read(&status.output.stdout) {
            return Self::Answers(tables);
        }
        match unit(console, node).await {
            Some(word) => Self::Silent(word),
            None => Self::Unreachable,
        }
    }

    /// Returns whether it is a member of a primary component, and not on its way.
    pub(super) fn is_ready(&self) -> bool {
        matches!(self, Self::Answers(tables) if tables.is_primary() && tables.ready)
    }

    /// Returns whether no process is there and systemd means to start none.
    pub(super) fn is_down(&self) -> bool {
        matches!(self, Self::Silent(word) if word == "inactive" || word == "failed")
    }

    /// Returns whether a process is there that neither answers nor waits for the others.
    pub(super) fn is_stuck(&self) -> bool {
        match self {
            Self::Hangs => true,
            Self::Silent(word) => word != "activating" && !self.is_down(),
            Self::Unreachable | Self::Answers(_) => false,
        }
    }

    /// Returns whether two looks are the same: all facts must be equal, except the position.
    fn settled_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Answers(a), Self::Answers(b)) => {
                (a.status, a.size, a.conf_id, a.state_uuid, a.ready)
                    == (b.status, b.size, b.conf_id, b.state_uuid, b.ready)
            }
            _ => self == other,
        }
    }
}

/// systemd's word for the unit, `None` where the host does not answer.
pub(super) async fn unit(console: &mut dyn Console, node: &NodeName) -> Option<String> {
    let limit = Span::from_secs(10);
    let answer: CommandOutcome = console
        .run(node, "sudo systemctl is-active mariadb", limit)
        .await;
    (!answer.is_unreachable()).then(|| answer.output.stdout.trim().to_owned())
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable => f.write_str("cannot be reached"),
            Self::Hangs => f.write_str("does not answer in time"),
            Self::Answers(tables) => write!(
                f,
                "{}, size {}, {}, at {}",
                tables.status,
                tables.size,
                if tables.ready { "ready" } else { "not ready" },
                tables.position,
            ),
            Self::Silent(word) => write!(f, "no answer, unit {word}"),
        }
    }
}

/// All nodes, as they were seen one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Survey {
    pub(super) nodes: Vec<(NodeName, Seen)>,
}

/// The conclusion of a survey about the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Situation {
    /// Every node is ready, in one primary component of all.
    Recovered,
    /// There is one primary component, and nodes are missing. The table is that of a member.
    Primary(Tables),
    /// There are two primary components: two nodes are Primary and do not count each other.
    Twins,
    /// No node that answers is in a primary component.
    NoPrimary,
}

impl Survey {
    /// Looks at every node once.
    pub(super) async fn take(console: &mut dyn Console) -> Self {
        let mut nodes = Vec::new();
        for node in console.nodes() {
            let seen = Seen::take(console, &node).await;
            nodes.push((node, seen));
        }
        Self { nodes }
    }

    /// Looks until nothing has changed for `quiet`, or until `limit` has passed.
    ///
    /// For some seconds after a failure the survivors still show the old view, and a node that
    /// comes back shows several states in a row: a decision on a single look is a decision on stale
    /// evidence (defect D7).
    pub(super) async fn settle(console: &mut dyn Console, quiet: Span, limit: Span) -> Self {
        let begun = console.now();
        let mut last = Self::take(console).await;
        let mut since = console.now();
        while console.now() < since + quiet && console.now() < begun + limit {
            console.sleep(Span::from_secs(2)).await;
            let next = Self::take(console).await;
            if !next.settled_as(&last) {
                since = console.now();
            }
            last = next;
        }
        last
    }

    fn settled_as(&self, other: &Self) -> bool {
        self.nodes.len() == other.nodes.len()
            && self
                .nodes
                .iter()
                .zip(&other.nodes)
                .all(|((_, a), (_, b))| a.settled_as(b))
    }

    /// Returns the conclusion.
    pub(super) fn verdict(&self) -> Situation {
        let primaries: Vec<&Tables> = self.answering().filter(|t| t.is_primary()).collect();
        let Some(first) = primaries.first() else {
            return Situation::NoPrimary;
        };
        // Members of one component show one and the same view, and no more of them can be there
        // than it counts.
        let same = |t: &&Tables| {
            (t.state_uuid, t.conf_id, t.size) == (first.state_uuid, first.conf_id, first.size)
        };
        if !primaries.iter().all(same) || primaries.len() > first.size as usize {
            return Situation::Twins;
        }
        let all_ready = self.nodes.iter().all(|(_, seen)| seen.is_ready());
        if all_ready && first.size as usize == self.nodes.len() {
            return Situation::Recovered;
        }
        // The member that is furthest: the others may still be applying.
        let furthest = primaries
            .iter()
            .max_by_key(|t| t.position.seqno)
            .unwrap_or(first);
        Situation::Primary((*furthest).clone())
    }

    /// Returns the tables of the nodes that answer.
    pub(super) fn answering(&self) -> impl Iterator<Item = &Tables> {
        self.nodes.iter().filter_map(|(_, seen)| match seen {
            Seen::Answers(tables) => Some(tables),
            _ => None,
        })
    }

    /// Returns the names of the nodes of which this is true.
    pub(super) fn names(&self, wanted: impl Fn(&Seen) -> bool) -> Vec<NodeName> {
        self.nodes
            .iter()
            .filter(|(_, seen)| wanted(seen))
            .map(|(node, _)| node.clone())
            .collect()
    }
}

impl fmt::Display for Survey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (node, seen)) in self.nodes.iter().enumerate() {
            write!(f, "{}{node}: {seen}", if index == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}
