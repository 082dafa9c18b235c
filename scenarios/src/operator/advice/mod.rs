//! Concludes from the state files and recovered positions of stopped nodes which node to bootstrap.
//!
//! Pure: evidence in, conclusions out. Where the logs of all nodes are there, `seatrial advise` decides by the table of
//! the procedure `optimal`. Without them it decides from the positions, as the procedure `manual-corrected` does.

mod by_table;
mod choice;
mod histories;
mod lines;
mod plan;

use seatrial_galera::{LoggedStep, Position, Saved, SavedView};
use seatrial_port::NodeName;
use serde::Serialize;

pub use choice::{Decision, Why, choose, is_covered};
pub(crate) use choice::{doubt, rank};
pub use histories::{Histories, Loss};
pub use lines::{Beyond, Lines, Told};

/// The evidence from a stopped node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The node.
    pub node: NodeName,
    /// The recovered position of `InnoDB`; `None` if there is none.
    pub position: Option<Position>,
    /// The content of grastate.dat.
    pub saved: Saved,
    /// The content of gvwstate.dat. The file exists if the node was killed or lost its power.
    pub view: Option<SavedView>,
}

impl Evidence {
    /// Returns whether the node holds data at all. A node with a new disk does not.
    pub fn has_data(&self) -> bool {
        self.position
            .is_some_and(|position| !position.is_undefined())
    }

    /// Returns whether the node was a primary component of its own when it went down. Started plainly, it
    /// makes itself primary again without asking anybody (A4.28).
    pub fn was_alone(&self) -> bool {
        self.view
            .as_ref()
            .is_some_and(|view| view.members.len() == 1)
    }

    /// Returns whether its flag says that it was the last one of a primary component.
    pub fn claims_last(&self) -> bool {
        choice::is_safe(self)
    }
}

/// The way in which a person has looked at a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The evidence. If no recovery run was made, the position is that of grastate.dat.
    pub evidence: Evidence,
    /// Whether grastate.dat was looked at.
    pub grastate: bool,
    /// Whether a recovery run was made.
    pub run: RecoveryRun,
    /// Whether gvwstate.dat was looked at: without a file the node left in order.
    pub gvwstate: bool,
    /// What a server does that runs on the node; `None` where none is known to run.
    pub running: Option<Running>,
    /// The starts, views and copies in its log, in their order. They name the nodes as the looks do.
    pub steps: Vec<LoggedStep>,
}

/// The row of the decision table that decides (`docs/optimal.md`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableRow {
    /// Its number.
    pub number: u32,
    /// The signs that show, in words.
    pub when: Vec<&'static str>,
    /// What it says, in words.
    pub act: &'static str,
    /// Why.
    pub why: &'static str,
    /// The nodes that must get a whole copy, because their positions mean other events.
    pub copies: Vec<NodeName>,
}

/// What a server does that runs on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Running {
    /// It is in a primary component.
    Serves,
    /// Its component is not primary.
    NoQuorum,
    /// It waits for the members of its saved view. It has changed nothing since it was started.
    Waits,
    /// Nobody has asked it.
    Unclear,
}

/// Further knowledge beside the looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// Nodes of the cluster of which there is no evidence.
    pub away: Vec<NodeName>,
    /// Contradictions in the evidence, as sentences: no bootstrap is advised before they are explained.
    pub contradictions: Vec<String>,
    /// Whether some of the evidence is old or doubtful, so that nothing is said to lose nothing.
    pub doubtful: bool,
}

/// Whether a recovery run was made, and how surely its answer is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveryRun {
    /// No recovery run was made.
    Missing,
    /// Its answer is there.
    Made,
    /// Its answer is the last of several that differ.
    AmongOlder,
}

/// The action to take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum Action {
    /// Bootstrap this node.
    Bootstrap {
        /// It.
        node: NodeName,
        /// Others that hold as much and would do as well.
        or: Vec<NodeName>,
        /// Whether `safe_to_bootstrap` has to be set first.
        force: bool,
    },
    /// Bootstrap nothing: a primary component serves, and the other nodes are started into it.
    StartInto {
        /// The nodes that serve.
        nodes: Vec<NodeName>,
    },
    /// Look at a server that runs before anything else.
    LookFirst {
        /// Where it runs.
        nodes: Vec<NodeName>,
        /// What to find out.
        question: String,
    },
    /// No node may be bootstrapped before a person has decided, or has looked further.
    Decide {
        /// The question to decide.
        question: String,
    },
}

/// The advice that follows from the looks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// The content of each node's files, one line for each node.
    pub found: Vec<String>,
    /// The histories that are consistent with them.
    pub histories: Vec<Histories>,
    /// The action to take.
    pub action: Action,
    /// The row of the table that decided, where the logs of all nodes say enough.
    pub row: Option<TableRow>,
    /// Why, and how, in order.
    pub steps: Vec<String>,
    /// Looks that would tell more, the most telling first.
    pub looks: Vec<String>,
    /// The facts that these files cannot tell.
    pub unknown: Vec<String>,
}

/// Draws the conclusions.
pub fn advise(looks: &[Look], circumstances: &Circumstances) -> Advice {
    let evidence: Vec<Evidence> = looks.iter().map(|look| look.evidence.clone()).collect();
    let away = &circumstances.away;
    // A node with an unknown position may be ahead, like a node without evidence.
    let unknown = evidence.iter().filter(|one| one.position.is_none());
    let dark: Vec<NodeName> = unknown
        .map(|one| one.node.clone())
        .chain(away.iter().cloned())
        .collect();
    let mut histories = histories::consistent(&evidence, &dark);
    if circumstances.doubtful || !circumstances.contradictions.is_empty() || !dark.is_empty() {
        for loss in histories.iter_mut().flat_map(|one| &mut one.losses) {
            if loss.nothing {
                "nothing that is known to be on another node".clone_into(&mut loss.loses);
                loss.nothing = false;
            }
        }
    }
    let decided = by_table::decide(looks, circumstances);
    let (action, row, history) = match decided {
        Some(by_table::Decided {
            action,
            row,
            history,
        }) => (action, Some(row), history),
        None => (plan::action(looks, circumstances), None, None),
    };
    // The logs show what the state files alone leave open.
    if let Some(history) = history {
        histories = vec![history];
    }
    let copies: &[NodeName] = row.as_ref().map_or(&[], |row| row.copies.as_slice());
    Advice {
        found: looks.iter().map(plan::found).collect(),
        steps: plan::steps(looks, away, &action, copies),
        looks: plan::looks(looks, away, &histories),
        unknown: plan::unknown(looks, away, &histories),
        histories,
        action,
        row,
    }
}
