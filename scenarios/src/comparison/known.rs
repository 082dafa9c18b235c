//! Differences between engines that are understood: each is listed with the reason, and a run fails on
//! any other.

use serde::Deserialize;

use crate::comparison::agreement::{Agreement, Difference};

/// The list as it is checked in.
const LIST: &str = include_str!("../../differences.toml");

/// A difference that is understood.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownDifference {
    /// The scenario's id.
    pub scenario: String,
    /// The step, every step where none is named.
    pub step: Option<u32>,
    /// The node, every node where none is named.
    pub node: Option<String>,
    /// The fields, every field where none is named.
    #[serde(default)]
    pub fields: Vec<String>,
    /// The difference, and the rule of Galera that explains it.
    pub why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    difference: Vec<KnownDifference>,
}

impl KnownDifference {
    /// Returns whether it is about this difference.
    pub fn covers(&self, difference: &Difference) -> bool {
        self.scenario == difference.scenario
            && self.step.is_none_or(|step| step == difference.step)
            && self
                .node
                .as_ref()
                .is_none_or(|node| node == difference.node.as_str())
            && (self.fields.is_empty() || self.fields.contains(&difference.field))
    }
}

/// Returns the list of this build.
///
/// # Errors
/// When the file is no such list: a mistake in the repository, which a test finds.
pub fn known_differences() -> Result<Vec<KnownDifference>, toml::de::Error> {
    toml::from_str::<File>(LIST).map(|file| file.difference)
}

/// Returns the differences that stand in no list.
pub fn unlisted<'a>(agreement: &'a Agreement, known: &[KnownDifference]) -> Vec<&'a Difference> {
    agreement
        .differing
        .iter()
        .filter(|difference| !known.iter().any(|entry| entry.covers(difference)))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use seatrial_port::NodeName;

    use super::*;

    fn difference(scenario: &str, step: u32, field: &str) -> Difference {
        Difference {
            scenario: scenario.to_owned(),
            step,
            node: NodeName::new("A"),
            field: field.to_owned(),
            values: BTreeMap::new(),
        }
    }

    #[test]
    fn the_list_can_be_read_and_every_entry_has_a_reason() {
        let known = known_differences().expect("the list of the repository");
        for entry in known {
            assert!(entry.why.len() > 20, "{}: {}", entry.scenario, entry.why);
        }
    }

    #[test]
    fn an_entry_covers_what_it_names_and_nothing_else() {
        let known = KnownDifference {
            scenario: "one".to_owned(),
            step: Some(2),
            node: None,
            fields: vec!["process".to_owned()],
            why: "a reason".to_owned(),
        };
        assert!(known.covers(&difference("one", 2, "process")));
        assert!(!known.covers(&difference("one", 3, "process")));
        assert!(!known.covers(&difference("one", 2, "exit")));
        assert!(!known.covers(&difference("two", 2, "process")));
    }
}
