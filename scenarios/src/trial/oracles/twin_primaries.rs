//! There are never two primary components.

use std::collections::BTreeMap;

use seatrial_port::predicate::ClusterPredicate;
use seatrial_port::{NodeName, Observation};

use crate::trial::record::Finding;

use super::context::{Oracle, OracleContext};
use super::rows::{is_primary, names};

/// Two nodes that are Primary without counting each other.
#[derive(Clone, Debug)]
pub(super) struct TwinPrimaries;

impl Oracle for TwinPrimaries {
    fn check(&mut self, context: &OracleContext<'_>, observation: &Observation) -> Vec<Finding> {
        let components = components(observation);
        // While a view changes, one node may show the old component and another the new one. Two
        // components that are complete in themselves are twins at any moment; at rest so are nodes
        // that count fewer members than there are Primary nodes.
        let complete = components
            .iter()
            .filter(|((_, _, size), members)| *size as usize == members.len())
            .count();
        let overfull = components
            .iter()
            .any(|((_, _, size), members)| (*size as usize) < members.len());
        let at_rest = context.at_rest && ClusterPredicate::TwinPrimaries.holds(observation);
        if complete < 2 && !overfull && !at_rest {
            return Vec::new();
        }
        let sides: Vec<String> = components
            .iter()
            .map(|((_, _, size), members)| {
                format!("{} (size {size})", names(members.iter().copied()))
            })
            .collect();
        let message = format!("Primary without counting each other: {}", sides.join(" | "));
        vec![context.finding("twin-primaries", message)]
    }
}

type Component<'a> = (Option<&'a str>, Option<&'a str>, u32);

/// The Primary nodes by the component that they show.
fn components(observation: &Observation) -> BTreeMap<Component<'_>, Vec<&NodeName>> {
    let mut components: BTreeMap<Component<'_>, Vec<&NodeName>> = BTreeMap::new();
    for (name, node) in observation
        .nodes
        .iter()
        .filter(|(_, node)| is_primary(node))
    {
        let component = (
            node.state_uuid.as_deref(),
            node.conf_id.as_deref(),
            node.cluster_size.unwrap_or_default(),
        );
        components.entry(component).or_default().push(name);
    }
    components
}
