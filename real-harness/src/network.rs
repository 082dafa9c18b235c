//! Controls which nodes reach each other: cuts, partitions, loss and flapping, by rules in each host's own
//! network.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_scenarios::{NodeName, Port};

use crate::cluster::Cluster;

/// The source of a rule for everybody, as iptables prints it.
const ANYBODY: &str = "0.0.0.0/0";

/// The network as the faults have left it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Network {
    addresses: BTreeMap<NodeName, String>,
    /// For each node those that it does not hear.
    deaf: BTreeMap<NodeName, BTreeSet<NodeName>>,
    /// For each node its ports that are closed, with those for whom.
    closed: BTreeMap<NodeName, BTreeSet<(NodeName, Port)>>,
    /// For each node the percentage of lost packets.
    loss: BTreeMap<NodeName, u8>,
}

impl Network {
    pub(crate) fn new(cluster: &Cluster) -> Self {
        Self {
            addresses: cluster
                .hosts
                .iter()
                .map(|host| (host.node.clone(), host.address()))
                .collect(),
            ..Self::default()
        }
    }

    /// A node's host has another address.
    pub(crate) fn move_to(&mut self, node: &NodeName, address: String) {
        self.addresses.insert(node.clone(), address);
    }

    /// `to` does not hear `from` any more.
    pub(crate) fn cut(&mut self, from: &NodeName, to: &NodeName) {
        self.deaf
            .entry(to.clone())
            .or_default()
            .insert(from.clone());
    }

    /// Nothing from `from` reaches this port of `to` any more.
    pub(crate) fn close(&mut self, from: &NodeName, to: &NodeName, port: Port) {
        self.closed
            .entry(to.clone())
            .or_default()
            .insert((from.clone(), port));
    }

    /// Nodes of different groups do not hear each other, nodes of one group do, and so do those that
    /// are in none. Earlier cuts end.
    pub(crate) fn partition(&mut self, groups: &[Vec<NodeName>]) {
        self.deaf.clear();
        self.closed.clear();
        let nodes: Vec<NodeName> = self.addresses.keys().cloned().collect();
        let group = |node: &NodeName| groups.iter().position(|group| group.contains(node));
        for to in &nodes {
            for from in nodes.iter().filter(|from| *from != to) {
                if group(from) != group(to) {
                    self.cut(from, to);
                }
            }
        }
    }

    pub(crate) fn lose(&mut self, node: &NodeName, percent: u8) {
        self.loss.insert(node.clone(), percent);
    }

    /// Everything passes again.
    pub(crate) fn heal(&mut self) {
        self.deaf.clear();
        self.closed.clear();
        self.loss.clear();
    }

    /// Whom the node does not hear.
    fn deaf(&self, node: &NodeName) -> impl Iterator<Item = &NodeName> {
        self.deaf.get(node).into_iter().flatten()
    }

    /// The sources for which a port of the node is closed, as the agent reads and prints them, with the names.
    fn closed(&self, node: &NodeName) -> impl Iterator<Item = (String, &NodeName, Port)> {
        let closed = self.closed.get(node).into_iter().flatten();
        closed.map(|(from, port)| {
            let source = format!("{}:{}", self.address(from), port.number());
            (source, from, *port)
        })
    }

    /// Returns the address of a node.
    fn address(&self, node: &NodeName) -> &str {
        self.addresses.get(node).map_or("", String::as_str)
    }

    /// Returns the packets that a node's rules drop: the source that identifies a rule, and its meaning.
    pub(crate) fn rules(&self, node: &NodeName) -> Vec<(String, String)> {
        let deaf = self
            .deaf(node)
            .map(|from| (self.address(from).to_owned(), format!("{from}->{node}")));
        let closed = self
            .closed(node)
            .map(|(source, from, port)| (source, format!("{from}->{node} port {}", port.number())));
        let loss = self
            .loss
            .get(node)
            .map(|percent| (ANYBODY.to_owned(), format!("{percent} % of all to {node}")));
        deaf.chain(closed).chain(loss).collect()
    }

    /// Returns the agent's question that brings the node's rules into this state.
    pub(crate) fn question(&self, node: &NodeName) -> String {
        let loss = self.loss.get(node).copied().unwrap_or(0);
        let mut question = format!("network {loss}");
        for from in self.deaf(node) {
            question.push(' ');
            question.push_str(self.address(from));
        }
        for (source, ..) in self.closed(node) {
            question.push(' ');
            question.push_str(&source);
        }
        question
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Network {
        let node = |name: &str, last: &str| (NodeName::new(name), format!("10.0.0.{last}"));
        Network {
            addresses: BTreeMap::from([node("A", "2"), node("B", "3"), node("C", "4")]),
            ..Network::default()
        }
    }

    #[test]
    fn a_second_partition_opens_the_links_within_its_groups() {
        let [a, b, c] = ["A", "B", "C"].map(NodeName::new);
        let mut network = three();
        network.partition(&[vec![a.clone()], vec![b.clone()], vec![c.clone()]]);
        assert_eq!(network.question(&a), "network 0 10.0.0.3 10.0.0.4");
        network.partition(&[vec![a.clone(), b], vec![c.clone()]]);
        assert_eq!(network.question(&a), "network 0 10.0.0.4");
        assert_eq!(network.question(&c), "network 0 10.0.0.2 10.0.0.3");
        network.heal();
        assert_eq!(network.question(&c), "network 0");
    }

    #[test]
    fn a_cut_is_of_one_direction() {
        let [a, b] = ["A", "B"].map(NodeName::new);
        let mut network = three();
        network.cut(&a, &b);
        assert_eq!(network.question(&b), "network 0 10.0.0.2");
        assert_eq!(network.question(&a), "network 0");
    }

    #[test]
    fn a_closed_port_is_of_one_direction_and_heals() {
        let [a, b] = ["A", "B"].map(NodeName::new);
        let mut network = three();
        network.close(&a, &b, Port::Ist);
        assert_eq!(network.question(&b), "network 0 10.0.0.2:4568");
        assert_eq!(network.question(&a), "network 0");
        let told = "A->B port 4568".to_owned();
        assert_eq!(network.rules(&b), [("10.0.0.2:4568".to_owned(), told)]);
        network.heal();
        assert_eq!(network.question(&b), "network 0");
    }
}
