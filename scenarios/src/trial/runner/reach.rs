//! The hosts that an operator beside a node does not reach.

use std::collections::BTreeSet;

use seatrial_port::{Fault, FaultOutcome, NodeName};

use crate::trial::record::FaultRecord;

/// Returns the nodes whose hosts do not answer an operator who sits beside this node, after these faults.
///
/// A connection needs both directions. A link on which packets are late, lost, or gone for a while carries one. A
/// command that closes ports on a host is not looked at: `ssh` has a port of its own.
pub(super) fn away(
    faults: &[FaultRecord],
    nodes: &[NodeName],
    seat: &NodeName,
) -> BTreeSet<NodeName> {
    let mut cut: BTreeSet<(&NodeName, &NodeName)> = BTreeSet::new();
    let mut has_power = true;
    let applied = faults
        .iter()
        .filter(|one| matches!(one.outcome, FaultOutcome::Applied(_)));
    for one in applied {
        match &one.fault {
            Fault::Heal => cut.clear(),
            Fault::Cut {
                from,
                to,
                port: None,
            } => {
                cut.insert((from, to));
            }
            Fault::Partition(groups) => {
                cut.clear();
                for (place, group) in groups.iter().enumerate() {
                    let others = groups.iter().enumerate();
                    let others = others.filter(|(other, _)| *other != place);
                    for other in others.flat_map(|(_, nodes)| nodes) {
                        cut.extend(group.iter().map(|node| (node, other)));
                    }
                }
            }
            Fault::PowerOff(node) if node == seat => has_power = false,
            Fault::PowerOn(node) if node == seat => has_power = true,
            _ => {}
        }
    }
    let is_away = |node: &&NodeName| {
        !has_power || cut.contains(&(seat, *node)) || cut.contains(&(*node, seat))
    };
    nodes.iter().filter(is_away).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(faults: &[Fault], seat: &str) -> Vec<String> {
        let faults: Vec<FaultRecord> = faults
            .iter()
            .map(|fault| FaultRecord {
                step: 1,
                at_ms: 0,
                fault: fault.clone(),
                outcome: FaultOutcome::Applied(String::new()),
                may_skip: false,
            })
            .collect();
        let nodes = ["A", "B", "C"].map(NodeName::new);
        let away = away(&faults, &nodes, &NodeName::new(seat));
        away.iter().map(NodeName::to_string).collect()
    }

    fn groups(text: &[&[&str]]) -> Fault {
        let group = |names: &&[&str]| names.iter().copied().map(NodeName::new).collect();
        Fault::Partition(text.iter().map(group).collect())
    }

    #[test]
    fn an_operator_reaches_its_own_side_of_a_partition() {
        let split = groups(&[&["A"], &["B", "C"]]);
        assert_eq!(after(std::slice::from_ref(&split), "A"), ["B", "C"]);
        assert_eq!(after(std::slice::from_ref(&split), "B"), ["A"]);
        assert!(after(&[split, Fault::Heal], "A").is_empty());
    }

    #[test]
    fn a_connection_needs_both_directions() {
        let cut = Fault::Cut {
            from: NodeName::new("A"),
            to: NodeName::new("B"),
            port: None,
        };
        assert_eq!(after(std::slice::from_ref(&cut), "A"), ["B"]);
        assert_eq!(after(&[cut], "B"), ["A"]);
    }

    #[test]
    fn on_a_host_without_power_nobody_types() {
        let off = Fault::PowerOff(NodeName::new("A"));
        assert_eq!(after(std::slice::from_ref(&off), "A"), ["A", "B", "C"]);
        assert!(after(&[off], "B").is_empty());
    }
}
