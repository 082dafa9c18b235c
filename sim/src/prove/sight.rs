//! The evidence that an operator can see of a state, and the nodes with which he may begin without loss.
//!
//! Two states that look the same and need different actions bound what any procedure can know. What is
//! looked at costs more from kind to kind of evidence; nodes that look the same are exchanged freely,
//! since nothing that is seen tells them apart.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use seatrial_galera::Position;
use seatrial_node::Peer;
use seatrial_scenarios::record::Choice;
use seatrial_scenarios::{NodeName, NodeObservation, Observation, ProcessState};

use crate::des::World;

use super::alphabet::orders;

/// A kind of evidence. Each kind includes all cheaper kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// The running processes, their answers, and the two state files.
    Files,
    /// The positions that `--wsrep-recover` finds on nodes that do not serve.
    Recovered,
    /// The last component in each log.
    Logs,
    /// The rows of every node, read from a copy of its data.
    Rows,
}

impl Evidence {
    /// All kinds, the cheapest first.
    pub const ALL: [Self; 4] = [Self::Files, Self::Recovered, Self::Logs, Self::Rows];

    /// Returns the kind in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Files => "processes, answers and state files",
            Self::Recovered => "recovered positions",
            Self::Logs => "the last component in each log",
            Self::Rows => "the rows of every node",
        }
    }
}

/// The sight of a state with one kind of evidence and all cheaper ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// A line for each node, in an order that does not depend on the nodes' names.
    pub text: String,
    /// The nodes with which one may begin without loss, as lines of the text: one set, or several
    /// where nodes look the same.
    pub safe: BTreeSet<BTreeSet<usize>>,
}

/// The observable part of a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    looks: Vec<Look>,
}

impl Sight {
    /// Returns the sight with a kind of evidence and all cheaper ones.
    pub fn look(&self, evidence: Evidence) -> &Look {
        &self.looks[evidence as usize]
    }

    pub(crate) fn of(
        world: &World,
        nodes: &[NodeName],
        seen: &Observation,
        choices: &[Choice],
    ) -> Self {
        let places: Vec<usize> = (0..nodes.len()).collect();
        let safe = safe_nodes(nodes, seen, choices);
        let facts: Vec<Facts> = nodes
            .iter()
            .enumerate()
            .map(|(place, name)| Facts::of(world, place, &seen.nodes[name]))
            .collect();
        let looks = Evidence::ALL.map(|evidence| {
            let mut best: Option<Look> = None;
            for order in orders(&places) {
                let text = text_of(&facts, &order, nodes, evidence);
                let lines = order.iter().enumerate();
                let safe = lines
                    .filter(|(_, place)| safe.contains(place))
                    .map(|(line, _)| line)
                    .collect();
                match &mut best {
                    Some(look) if look.text == text => {
                        look.safe.insert(safe);
                    }
                    Some(look) if look.text < text => {}
                    _ => {
                        best = Some(Look {
                            text,
                            safe: BTreeSet::from([safe]),
                        });
                    }
                }
            }
            best.expect("invariant: there is at least one order")
        });
        Self {
            looks: looks.to_vec(),
        }
    }
}

/// Returns the nodes with which one may begin: those that serve, where some do; else those whose bootstrap
/// loses nothing.
fn safe_nodes(nodes: &[NodeName], seen: &Observation, choices: &[Choice]) -> BTreeSet<usize> {
    let serves = |node: &NodeObservation| node.cluster_status.as_deref() == Some("Primary");
    let any = seen.nodes.values().any(serves);
    let place = |name: &NodeName| nodes.iter().position(|known| known == name);
    choices
        .iter()
        .filter(|choice| choice.loses.as_ref().is_some_and(Vec::is_empty))
        .filter(|choice| !any || serves(&seen.nodes[&choice.node]))
        .filter_map(|choice| place(&choice.node))
        .collect()
}

/// The observable part of one node.
struct Facts {
    process: String,
    grastate: Option<(Position, bool)>,
    committed: Option<Position>,
    gvwstate: Option<BTreeSet<usize>>,
    recovered: Option<Position>,
    component: String,
    rows: BTreeSet<String>,
}

impl Facts {
    fn of(world: &World, place: usize, seen: &NodeObservation) -> Self {
        let machine = world.machine(Peer(u8::try_from(place).unwrap_or(u8::MAX)));
        let process = match seen.process {
            ProcessState::Exited => format!("ended {}", seen.exit.unwrap_or(0)),
            ProcessState::Waiting => "no port".to_owned(),
            ProcessState::Running => format!(
                "{} {} of {}",
                seen.cluster_status.as_deref().unwrap_or("silent"),
                seen.local_state.as_deref().unwrap_or("?"),
                seen.cluster_size.unwrap_or_default(),
            ),
        };
        let position = |uuid: &str, seqno: i64| Position {
            uuid: uuid.parse().unwrap_or_default(),
            seqno: seatrial_galera::Seqno(seqno),
        };
        let members = |file: &seatrial_scenarios::GvwstateSeen| {
            let place = |name: &String| {
                let name = NodeName::new(name.clone());
                world.place(&name).map(|peer| usize::from(peer.0))
            };
            file.members.iter().filter_map(place).collect()
        };
        Self {
            process,
            grastate: seen.grastate.as_ref().map(|file| {
                let safe = file.safe_to_bootstrap == 1;
                (position(&file.uuid, file.seqno), safe)
            }),
            committed: seen
                .local_state_uuid
                .as_deref()
                .zip(seen.last_committed)
                .map(|(uuid, seqno)| position(uuid, seqno)),
            gvwstate: seen.gvwstate.as_ref().map(members),
            recovered: (seen.process != ProcessState::Running).then(|| machine.position_on_disk()),
            component: machine.last_component(),
            rows: seen.rows.iter().flatten().cloned().collect(),
        }
    }

    fn positions(&self, evidence: Evidence) -> impl Iterator<Item = Position> {
        let recovered = self.recovered.filter(|_| evidence >= Evidence::Recovered);
        let grastate = self.grastate.map(|(position, _)| position);
        grastate.into_iter().chain(self.committed).chain(recovered)
    }
}

/// Returns the sight of all nodes, in one order of them.
fn text_of(facts: &[Facts], order: &[usize], nodes: &[NodeName], evidence: Evidence) -> String {
    let mut numbers: BTreeMap<seatrial_galera::StateUuid, BTreeSet<i64>> = BTreeMap::new();
    for position in facts.iter().flat_map(|facts| facts.positions(evidence)) {
        if !position.seqno.is_undefined() {
            let known = numbers.entry(position.uuid).or_default();
            known.insert(position.seqno.0);
        }
    }
    let mut histories = Vec::new();
    let mut word = |position: Position| {
        if position.uuid.is_nil() {
            return "none".to_owned();
        }
        let known = histories.iter().position(|known| *known == position.uuid);
        let history = known.unwrap_or_else(|| {
            histories.push(position.uuid);
            histories.len() - 1
        });
        if position.seqno.is_undefined() {
            return format!("U{}:-1", history + 1);
        }
        let lowest = numbers[&position.uuid].first().copied().unwrap_or(0);
        format!("U{}:+{}", history + 1, (position.seqno.0 - lowest).min(9))
    };
    let line_of = |place: &usize| order.iter().position(|own| own == place);
    let mut text = String::new();
    for (line, place) in order.iter().enumerate() {
        let node = &facts[*place];
        let _ = write!(text, "{}: {}; grastate.dat ", nodes[line], node.process);
        match node.grastate {
            None => text.push_str("missing"),
            Some((position, safe)) => {
                let _ = write!(text, "{} safe {}", word(position), u8::from(safe));
            }
        }
        if let Some(members) = &node.gvwstate {
            let mut lines: Vec<usize> = members.iter().filter_map(line_of).collect();
            lines.sort_unstable();
            let names: Vec<&str> = lines.iter().map(|line| nodes[*line].as_str()).collect();
            let _ = write!(text, "; gvwstate.dat {}", names.join(""));
        }
        if let Some(committed) = node.committed {
            let _ = write!(text, "; last committed {}", word(committed));
        }
        if let Some(recovered) = node.recovered
            && evidence >= Evidence::Recovered
        {
            let _ = write!(text, "; recovered {}", word(recovered));
        }
        if evidence >= Evidence::Logs {
            let _ = write!(text, "; log: {}", node.component);
        }
        if evidence >= Evidence::Rows {
            let lacks = |other: &&usize| {
                let missing = facts[**other].rows.difference(&node.rows);
                missing.count() > 0
            };
            let others: Vec<&str> = order
                .iter()
                .filter(lacks)
                .filter_map(line_of_name(order, nodes))
                .collect();
            let _ = write!(text, "; lacks rows of [{}]", others.join(""));
        }
        text.push('\n');
    }
    text
}

fn line_of_name<'a>(
    order: &'a [usize],
    nodes: &'a [NodeName],
) -> impl Fn(&usize) -> Option<&'a str> {
    move |place| {
        let line = order.iter().position(|own| own == place)?;
        Some(nodes[line].as_str())
    }
}
