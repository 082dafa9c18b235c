//! The beginning of a session: on a plain cluster, a scenario or a mission.

use seatrial_scenarios::{Scenario, ScenarioError};

use crate::mission::Mission;

/// The scenario of a plain cluster of three nodes.
const PLAIN: &str =
    "id = \"lab\"\ntitle = \"A cluster of three nodes\"\n[[step]]\nwait = { for = \"1s\" }\n";

/// The beginning of a session.
#[derive(Clone, Debug)]
pub enum Opening {
    /// Three synced nodes. Only the user's commands happen.
    Plain,
    /// The cluster of a scenario. `next` plays its steps.
    Scenario(Box<Scenario>),
    /// The mission with this id.
    Mission(String),
}

/// The reason why a session cannot begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpeningError {
    /// The cluster did not reach its initial state, for this reason.
    Cluster(String),
    /// The mission does not exist, or its setup failed, for this reason.
    Mission(String),
}

/// Reads what a user names or uploads: the id of a mission, the text of a scenario, or nothing.
///
/// # Errors
/// When the text is neither an id of `missions` nor a scenario.
pub fn mission_or_scenario(
    missions: &[Mission],
    text: &str,
) -> Result<Opening, Box<ScenarioError>> {
    let text = text.trim();
    if text.is_empty() {
        Ok(Opening::Plain)
    } else if missions.iter().any(|mission| mission.id() == text) {
        Ok(Opening::Mission(text.to_owned()))
    } else {
        let scenario = Scenario::parse("the scenario", text)?;
        Ok(Opening::Scenario(Box::new(scenario)))
    }
}

/// Returns the scenario of [`Opening::Plain`].
pub(crate) fn plain() -> Scenario {
    let mut scenario =
        Scenario::parse("lab", PLAIN).expect("invariant: the plain cluster is a valid scenario");
    scenario.steps.clear();
    scenario
}
