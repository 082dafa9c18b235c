//! The events that can happen to a cluster at rest.

use std::fmt;

use seatrial_node::Peer;
use seatrial_scenarios::language::{
    Action, NodeCommand, NodesCommand, Operator, Pace, Step, Wait, Write,
};
use seatrial_scenarios::{Damage, Fault, NodeName, Span, StateFile};
use serde::{Deserialize, Serialize};

use crate::des::World;

use super::kinds::{Alphabet, Kind};

/// Servers that are started together come one after the other by this: the later one has the greater
/// identity.
const APART: Span = Span::from_millis(10);

/// The time after which an operator presses Ctrl-C on a command, and the time of all commands.
const PATIENCE: (Span, Span) = (Span::from_secs(15), Span::from_secs(30));

/// Something that happens in one instant, to nodes by their places.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// One row is written.
    Write(usize),
    /// Servers are stopped in order, and others are killed in the same instant.
    End {
        /// Those that are stopped.
        stop: Vec<usize>,
        /// Those that are killed.
        kill: Vec<usize>,
    },
    /// Servers are started, in this order.
    Start(Vec<usize>),
    /// Servers are suspended.
    Hang(Vec<usize>),
    /// Suspended servers go on.
    Resume(Vec<usize>),
    /// The network falls into groups.
    Partition(Vec<Vec<usize>>),
    /// The network is whole again.
    Heal,
    /// The operator bootstraps a node.
    Bootstrap(usize),
    /// The operator forces a node's state file.
    Force(usize),
    /// The operator sets `pc.bootstrap` on a node.
    PcBootstrap(usize),
    /// A state file is damaged.
    Damage {
        /// The node.
        node: usize,
        /// The file.
        file: StateFile,
        /// How.
        how: Damage,
    },
}

/// Returns the subsets of some places that are not empty.
fn subsets(places: &[usize]) -> Vec<Vec<usize>> {
    (1_u32..1 << places.len())
        .map(|mask| {
            let chosen = places.iter().enumerate();
            chosen
                .filter(|(bit, _)| mask & (1 << bit) != 0)
                .map(|(_, place)| *place)
                .collect()
        })
        .collect()
}

/// Returns the orders of some places.
pub(super) fn orders(places: &[usize]) -> Vec<Vec<usize>> {
    if places.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for first in places {
        let rest: Vec<usize> = places.iter().copied().filter(|p| p != first).collect();
        for mut order in orders(&rest) {
            order.insert(0, *first);
            all.push(order);
        }
    }
    all
}

/// Returns the ways to put some places into more than one group.
fn partitions(places: &[usize]) -> Vec<Vec<Vec<usize>>> {
    fn all(places: &[usize]) -> Vec<Vec<Vec<usize>>> {
        let Some((first, rest)) = places.split_first() else {
            return vec![Vec::new()];
        };
        let mut found = Vec::new();
        for groups in all(rest) {
            for at in 0..groups.len() {
                let mut with = groups.clone();
                with[at].insert(0, *first);
                found.push(with);
            }
            let mut alone = groups;
            alone.insert(0, vec![*first]);
            found.push(alone);
        }
        found
    }
    let mut found = all(places);
    found.retain(|groups| groups.len() > 1);
    found
}

impl Event {
    /// Returns the kinds of events that this one needs: two if it stops and kills.
    pub(super) fn kinds(&self) -> Vec<Kind> {
        match self {
            Self::Write(_) => vec![Kind::Write],
            Self::End { stop, kill } => {
                let stops = (!stop.is_empty()).then_some(Kind::Stop);
                let kills = (!kill.is_empty()).then_some(Kind::Kill);
                stops.into_iter().chain(kills).collect()
            }
            Self::Start(_) => vec![Kind::Start],
            Self::Hang(_) => vec![Kind::Hang],
            Self::Resume(_) => vec![Kind::Resume],
            Self::Partition(_) => vec![Kind::Partition],
            Self::Heal => vec![Kind::Heal],
            Self::Bootstrap(_) => vec![Kind::Bootstrap],
            Self::Force(_) => vec![Kind::Force],
            Self::PcBootstrap(_) => vec![Kind::PcBootstrap],
            Self::Damage { .. } => vec![Kind::Damage],
        }
    }

    /// Returns whether it happens to one node, or to the network: one node is cut off from the others.
    pub(super) fn is_single(&self) -> bool {
        match self {
            Self::End { stop, kill } => stop.len() + kill.len() == 1,
            Self::Start(places) | Self::Hang(places) | Self::Resume(places) => places.len() == 1,
            Self::Partition(groups) => groups.len() == 2,
            Self::Heal
            | Self::Write(_)
            | Self::Bootstrap(_)
            | Self::Force(_)
            | Self::PcBootstrap(_)
            | Self::Damage { .. } => true,
        }
    }

    /// Everything that can happen to that many nodes.
    pub fn all(nodes: usize, alphabet: Alphabet) -> Vec<Self> {
        let places: Vec<usize> = (0..nodes).collect();
        let some = subsets(&places);
        let mut events: Vec<Self> = places.iter().map(|node| Self::Write(*node)).collect();
        for ended in &some {
            for stop in std::iter::once(Vec::new()).chain(subsets(ended)) {
                let kill = ended.iter().copied().filter(|p| !stop.contains(p));
                let kill = kill.collect();
                events.push(Self::End { stop, kill });
            }
        }
        let starts = some.iter().flat_map(|started| orders(started));
        events.extend(starts.map(Self::Start));
        events.extend(some.iter().cloned().map(Self::Hang));
        events.extend(some.iter().cloned().map(Self::Resume));
        events.extend(partitions(&places).into_iter().map(Self::Partition));
        events.push(Self::Heal);
        events.extend(places.iter().map(|node| Self::Bootstrap(*node)));
        events.extend(places.iter().map(|node| Self::Force(*node)));
        events.extend(places.iter().map(|node| Self::PcBootstrap(*node)));
        for node in places {
            for file in [StateFile::Grastate, StateFile::Gvwstate] {
                for how in [Damage::Delete, Damage::Empty, Damage::Garbage] {
                    events.push(Self::Damage { node, file, how });
                }
            }
        }
        events.retain(|event| alphabet.has(event));
        events
    }

    /// Returns whether it has something to act on in this world.
    pub fn applies(&self, world: &World) -> bool {
        let machine = |place: &usize| u8::try_from(*place).map(|p| world.machine(Peer(p)));
        let runs = |place: &usize| machine(place).is_ok_and(crate::machine::Machine::has_process);
        let hangs = |place: &usize| machine(place).is_ok_and(crate::machine::Machine::hangs);
        match self {
            Self::Write(node) | Self::PcBootstrap(node) => runs(node),
            Self::End { stop, kill } => stop.iter().chain(kill).all(runs),
            Self::Start(nodes) => !nodes.iter().any(runs),
            Self::Hang(nodes) => nodes.iter().all(|node| runs(node) && !hangs(node)),
            Self::Resume(nodes) => nodes.iter().all(hangs),
            Self::Heal => !world.network_is_whole(),
            Self::Partition(_) | Self::Bootstrap(_) | Self::Force(_) | Self::Damage { .. } => true,
        }
    }

    /// Returns the same event with the nodes exchanged: `to` gives for each place the one in its stead.
    #[must_use]
    pub fn exchanged(&self, to: &[usize]) -> Self {
        let one = |place: &usize| to[*place];
        let sorted = |places: &[usize]| {
            let mut all: Vec<usize> = places.iter().map(one).collect();
            all.sort_unstable();
            all
        };
        match self {
            Self::Write(node) => Self::Write(one(node)),
            Self::End { stop, kill } => Self::End {
                stop: sorted(stop),
                kill: sorted(kill),
            },
            Self::Start(places) => Self::Start(places.iter().map(one).collect()),
            Self::Hang(places) => Self::Hang(sorted(places)),
            Self::Resume(places) => Self::Resume(sorted(places)),
            Self::Partition(groups) => {
                Self::Partition(groups.iter().map(|group| sorted(group)).collect())
            }
            Self::Heal => Self::Heal,
            Self::Bootstrap(node) => Self::Bootstrap(one(node)),
            Self::Force(node) => Self::Force(one(node)),
            Self::PcBootstrap(node) => Self::PcBootstrap(one(node)),
            Self::Damage { node, file, how } => Self::Damage {
                node: one(node),
                file: *file,
                how: *how,
            },
        }
    }

    /// Returns the steps of a scenario that do it, numbered from `first`. `nodes` are the names by place.
    pub fn steps(&self, nodes: &[NodeName], first: u32) -> Vec<Step> {
        let actions = self.actions(nodes);
        let last = actions.len() - 1;
        (first..)
            .zip(actions.into_iter().enumerate())
            .map(|(number, (index, action))| Step {
                number,
                line: 0,
                action,
                claim: None,
                note: None,
                pace: Some(if index == last {
                    Pace::Rest
                } else {
                    Pace::Next
                }),
                may_skip: false,
                may_be_refused: false,
            })
            .collect()
    }

    fn actions(&self, nodes: &[NodeName]) -> Vec<Action> {
        let name = |place: &usize| nodes[*place].clone();
        let command = |command, place: &usize| {
            Action::Command(NodesCommand {
                command,
                nodes: vec![name(place)],
                name: None,
            })
        };
        let faults = |places: &[usize], fault: fn(NodeName) -> Fault| {
            Action::Faults(places.iter().map(|place| fault(name(place))).collect())
        };
        match self {
            Self::Write(node) => vec![Action::Write(Write {
                node: name(node),
                rows: 1,
                name: None,
            })],
            Self::End { stop, kill } => {
                let mut parts: Vec<Action> = stop
                    .iter()
                    .map(|place| command(NodeCommand::Stop, place))
                    .collect();
                if !kill.is_empty() {
                    parts.push(faults(kill, Fault::Terminate));
                }
                if parts.len() == 1 {
                    parts
                } else {
                    vec![Action::Together(parts)]
                }
            }
            Self::Start(places) => {
                let mut actions = Vec::new();
                for place in places {
                    if !actions.is_empty() {
                        actions.push(Action::Wait(Wait::For(APART)));
                    }
                    actions.push(command(NodeCommand::Start, place));
                }
                actions
            }
            Self::Hang(places) => vec![faults(places, Fault::Hang)],
            Self::Resume(places) => vec![faults(places, Fault::Resume)],
            Self::Partition(groups) => {
                let groups = groups.iter().map(|group| group.iter().map(name).collect());
                vec![Action::Faults(vec![Fault::Partition(groups.collect())])]
            }
            Self::Heal => vec![Action::Faults(vec![Fault::Heal])],
            Self::Bootstrap(node) => vec![typed(name(node), NodeCommand::Bootstrap)],
            Self::Force(node) => vec![typed(name(node), NodeCommand::Force)],
            Self::PcBootstrap(node) => vec![typed(name(node), NodeCommand::PcBootstrap)],
            Self::Damage { node, file, how } => vec![Action::Faults(vec![Fault::Damage {
                node: name(node),
                file: *file,
                how: *how,
            }])],
        }
    }

    /// Returns the event in words.
    pub fn describe<'a>(&'a self, nodes: &'a [NodeName]) -> impl fmt::Display + 'a {
        let actions = self.actions(nodes);
        let without_waits = actions
            .into_iter()
            .filter(|action| !matches!(action, Action::Wait(_)));
        let words: Vec<String> = without_waits.map(|action| action.to_string()).collect();
        words.join(", then ")
    }
}

/// Returns a command of an operator who gives up after a while.
fn typed(node: NodeName, command: NodeCommand) -> Action {
    Action::Operator(Operator {
        node,
        line: command.line().to_owned(),
        exit: None,
        prints: None,
        lacks: None,
        within: PATIENCE.1,
        interrupt_after: Some(PATIENCE.0),
        name: None,
    })
}
