//! The faults of a scenario: each table of the file by the shape of its arguments.

use std::net::Ipv4Addr;

use seatrial_port::{Damage, Fault, NodeName, Port, Slowed, Span, StateFile};
use seatrial_port::{fault_table, tree};

use super::check::Checker;
use super::error::Problem;
use super::raw::{
    Placed, PortNumber, RawAction, RawBy, RawCopy, RawCut, RawDamage, RawDelay, RawEmpty, RawFlap,
    RawKeep, RawKept, RawLoss, RawMove, RawNode, RawNodes, RawPartition, RawSetting,
};
use super::suggest;

/// Defines how the faults of an action are read, out of the table of faults.
macro_rules! readers {
    ({ $(
        $(#[doc = $doc:literal])+
        $name:ident: $shape:ident { $($argument:ident),* } => $variant:ident $fields:tt, $drawn:ident;
    )+ }) => {
        impl Checker<'_> {
            /// Returns the faults of an action, if it is one of faults.
            pub(super) fn faults(&mut self, raw: &RawAction) -> Option<Vec<Fault>> {
                $(if let Some(raw) = &raw.$name {
                    let make = |$($argument),*| Fault::$variant $fields;
                    return Some(raw.value.faults(self, make));
                })+
                None
            }
        }
    };
}

fault_table!(readers);

impl RawNodes {
    fn faults(&self, checker: &mut Checker<'_>, make: impl Fn(NodeName) -> Fault) -> Vec<Fault> {
        let nodes = checker.some_nodes(&self.nodes);
        nodes.into_iter().map(make).collect()
    }
}

impl RawNode {
    fn faults(&self, checker: &mut Checker<'_>, make: impl Fn(NodeName) -> Fault) -> Vec<Fault> {
        vec![make(checker.node(&self.node))]
    }
}

impl RawCut {
    fn faults(
        &self,
        checker: &mut Checker<'_>,
        make: impl Fn(NodeName, NodeName, Option<Port>) -> Fault,
    ) -> Vec<Fault> {
        let (from, to) = (checker.node(&self.from), checker.node(&self.to));
        if from == to {
            checker.problem(Problem::at(
                &self.to.place,
                "a node has no link to itself",
                "the same node",
            ));
        }
        let port = self.port.as_ref().and_then(|port| checker.port(port));
        vec![make(from, to, port)]
    }
}

impl RawPartition {
    fn faults(
        &self,
        checker: &mut Checker<'_>,
        make: impl Fn(Vec<Vec<NodeName>>) -> Fault,
    ) -> Vec<Fault> {
        vec![make(checker.groups(self))]
    }
}

impl RawEmpty {
    fn faults(&self, _: &mut Checker<'_>, make: impl Fn() -> Fault) -> Vec<Fault> {
        let Self {} = self;
        vec![make()]
    }
}

impl RawDamage {
    fn faults(
        &self,
        checker: &mut Checker<'_>,
        make: impl Fn(NodeName, StateFile, Damage) -> Fault,
    ) -> Vec<Fault> {
        let node = checker.node(&self.node);
        vec![make(node, self.file.meaning(), self.how.meaning())]
    }
}

impl RawBy {
    fn faults(
        &self,
        checker: &mut Checker<'_>,
        make: impl Fn(NodeName, Span) -> Fault,
    ) -> Vec<Fault> {
        let node = checker.node(&self.node);
        vec![make(node, checker.span(&self.by))]
    }
}

impl RawDelay {
    fn faults(
        &self,
        checker: &mut Checker<'_>,
        make: impl Fn(Slowed, Span) -> Fault,
    ) -> Vec<Fault> {
        let by = checker.span(&self.by);
        let of = match (&self.node, &self.from, &self.to) {
            (Some(node), None, None) => Slowed::Node {
                node: checker.node(node),
            },
            (None, Some(from), Some(to)) => {
                let (from, sender) = (checker.node(from), from);
                let (to, receiver) = (checker.node(to), to);
                if from == to {
                    checker.problem(
                        Problem::at(
                            &receiver.place,
                            "a node has no link to itself",
                            "the same node",
                        )
                        .label(&sender.place, "the sender"),
                    );
                }
                Slowed::OneWay { from, to }
            }
            (_, one, other) => {
                let place = one.as_ref().or(other.as_ref()).map(|name| &name.place);
                checker.problem(
                    Problem::at(
                        place.unwrap_or(&self.by.place),
                        "`latency` has either `node`, or `from` and `to`",
                        "neither the one nor the other",
                    )
                    .help("such as { node = \"B\", by = \"500ms\" } or { from = \"A\", to = \"B\", by = \"500ms\" }"),
                );
                return Vec::new();
            }
        };
        vec![make(of, by)]
    }
}

impl RawLoss {
    fn faults(
        &self,
        checker: &mut Checker<'_>,
        make: impl Fn(NodeName, u8) -> Fault,
    ) -> Vec<Fault> {
        let node = checker.node(&self.node);
        let percent = checker.number(&self.percent, "percent", 1, 100);
        vec![make(node, u8::try_from(percent).unwrap_or(100))]
    }
}

impl RawFlap {
    fn faults(
        &self,
        checker: &mut Checker<'_>,
        make: impl Fn(NodeName, Span) -> Fault,
    ) -> Vec<Fault> {
        let node = checker.node(&self.node);
        vec![make(node, checker.span(&self.period))]
    }
}

impl RawCopy {
    fn faults(
        &self,
        checker: &mut Checker<'_>,
        make: impl Fn(NodeName, NodeName) -> Fault,
    ) -> Vec<Fault> {
        let (from, to) = (checker.node(&self.from), checker.node(&self.to));
        if from == to {
            checker.problem(Problem::at(
                &self.to.place,
                "a node cannot be a copy of itself",
                "the same node",
            ));
        }
        vec![make(from, to)]
    }
}

impl RawKeep {
    fn faults(
        &self,
        checker: &mut Checker<'_>,
        make: impl Fn(NodeName, String) -> Fault,
    ) -> Vec<Fault> {
        let node = checker.node(&self.node);
        vec![make(node, checker.keeps(&self.name))]
    }
}

impl RawKept {
    fn faults(
        &self,
        checker: &mut Checker<'_>,
        make: impl Fn(NodeName, String) -> Fault,
    ) -> Vec<Fault> {
        let node = checker.node(&self.node);
        vec![make(node, checker.is_kept(&self.from))]
    }
}

impl RawSetting {
    fn faults(
        &self,
        checker: &mut Checker<'_>,
        make: impl Fn(NodeName, String, String) -> Fault,
    ) -> Vec<Fault> {
        let node = checker.node(&self.node);
        let (option, value) = checker.file_setting(self);
        vec![make(node, option, value)]
    }
}

impl RawMove {
    fn faults(
        &self,
        checker: &mut Checker<'_>,
        make: impl Fn(NodeName, String) -> Fault,
    ) -> Vec<Fault> {
        let node = checker.node(&self.node);
        let address = checker.new_address(&node, &self.address);
        vec![make(node, address)]
    }
}

impl Checker<'_> {
    /// Returns the address that a node's host gets, if nobody has it.
    fn new_address(&mut self, node: &NodeName, raw: &Placed<String>) -> String {
        let Ok(address) = raw.value.parse::<Ipv4Addr>() else {
            self.problem(
                Problem::at(
                    &raw.place,
                    format!("`{}` is no address", raw.value),
                    "not an address",
                )
                .help("write an address such as \"10.0.0.14\""),
            );
            return raw.value.clone();
        };
        let address = address.to_string();
        let first = |place: usize| u8::try_from(place).map(tree::address).unwrap_or_default();
        let mut all = self.nodes.iter().enumerate().map(|(place, known)| {
            let moved = self.addresses.get(known).cloned();
            (known, moved.unwrap_or_else(|| first(place)))
        });
        let holder = all.find(|(_, known)| *known == address);
        if let Some((holder, _)) = holder {
            let text = if holder == node {
                format!("the host of {node} has this address already")
            } else {
                format!("the host of {holder} has this address")
            };
            self.problem(
                Problem::at(&raw.place, text, "in use")
                    .help("write an address that no host has at this step"),
            );
        } else {
            self.addresses.insert(node.clone(), address.clone());
        }
        address
    }

    /// Returns the port with a number, if a node has it.
    fn port(&mut self, raw: &Placed<PortNumber>) -> Option<Port> {
        let port = u16::try_from(raw.value.0).ok().and_then(Port::from_number);
        if port.is_none() {
            let ports = Port::ALL.map(|port| format!("{}: {}", port.number(), port.doc()));
            self.problem(
                Problem::at(
                    &raw.place,
                    format!("a node has no port {}", raw.value.0),
                    "no such port",
                )
                .help(format!("the ports are\n{}", ports.join("\n"))),
            );
        }
        port
    }

    /// A copy of a data folder is kept under this name from here on. Returns its name for the run.
    fn keeps(&mut self, name: &Placed<String>) -> String {
        let given = self.rounds.give(&name.value);
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if name.value.is_empty() || name.value.len() > 40 || !name.value.chars().all(is_word) {
            self.problem(
                Problem::at(&name.place, "this is no name for a copy", "not a name")
                    .help("letters, digits and dashes, at most 40"),
            );
        } else if !self.saved.insert(given.clone()) {
            self.problem(
                Problem::at(
                    &name.place,
                    format!("there is a copy `{given}` already"),
                    "the second time",
                )
                .help("each copy has a name of its own"),
            );
        }
        given
    }

    /// A copy with this name must have been kept before. Returns its name for the run.
    fn is_kept(&mut self, name: &Placed<String>) -> String {
        let meant = self.rounds.find(&name.value);
        if self.saved.contains(&meant) {
            return meant;
        }
        let known: Vec<&str> = self.saved.iter().map(String::as_str).collect();
        let help = if known.is_empty() {
            "keep one before: disk_saved = { node = \"A\", as = \"monday\" }".to_owned()
        } else {
            suggest::help(&name.value, "copies", &known)
        };
        self.problem(
            Problem::at(
                &name.place,
                format!("no copy `{}` was kept before", name.value),
                "no such copy",
            )
            .help(help),
        );
        meant
    }

    /// Returns the groups of a partition: every node is in exactly one.
    fn groups(&mut self, raw: &RawPartition) -> Vec<Vec<NodeName>> {
        let mut groups = Vec::new();
        let mut seen: Vec<NodeName> = Vec::new();
        for group in &raw.groups.value {
            let nodes = self.some_nodes(group);
            for (node, name) in nodes.iter().zip(&group.value) {
                if seen.contains(node) {
                    self.problem(
                        Problem::at(
                            &name.place,
                            format!("the node {node} is in two groups"),
                            "the second time",
                        )
                        .help("every node is in exactly one group"),
                    );
                }
            }
            seen.extend(nodes.iter().cloned());
            groups.push(nodes);
        }
        let missing: Vec<&str> = self
            .nodes
            .iter()
            .filter(|node| !seen.contains(node))
            .map(NodeName::as_str)
            .collect();
        if !missing.is_empty() {
            let help = format!(
                "every node is in exactly one group; missing: {}",
                missing.join(", ")
            );
            self.problem(
                Problem::at(
                    &raw.groups.place,
                    "the groups leave nodes out",
                    "not all nodes",
                )
                .help(help),
            );
        } else if groups.len() < 2 {
            self.problem(
                Problem::at(
                    &raw.groups.place,
                    "a partition needs at least two groups",
                    "one group",
                )
                .help("write at least two groups: [[\"A\"], [\"B\", \"C\"]]"),
            );
        }
        groups
    }
}
