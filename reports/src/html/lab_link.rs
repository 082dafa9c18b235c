//! Links into the lab's page: the fragment of the address holds a session, deflated. `web/page/link.js` reads it.

use seatrial_scenarios::matrix::Broken;
use seatrial_scenarios::{Scenario, catalogue};
use serde_json::json;

use super::escape;
use super::player::deflate;

/// A session of the lab: how it begins, and its lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabSession {
    /// The text of a scenario, the id of a mission, or nothing for a healthy cluster.
    pub opening: String,
    /// The master seed.
    pub seed: u64,
    /// The lines that are typed.
    pub lines: Vec<String>,
}

impl LabSession {
    /// Returns the fragment of an address that opens this session, with its `#`. `version` is that of the program
    /// that makes the link.
    pub fn fragment(&self, version: &str) -> String {
        let session = json!({
            "v": version,
            "o": self.opening,
            "s": self.seed.to_string(),
            "l": self.lines,
        });
        let packed = escape::base64(&deflate(&session.to_string()));
        let packed = packed.trim_end_matches('=');
        format!("#s={}", packed.replace('+', "-").replace('/', "_"))
    }
}

/// Returns the session at the end of a step of a scenario that the program carries, and `None` for other scenarios.
pub(super) fn at_step(id: &str, seed: u64, step: u32) -> Option<LabSession> {
    let (_, text) = catalogue::find(id)?;
    Some(session(text, seed, &step.to_string()))
}

/// Returns the session of a cell's broken state, before the procedure acts.
pub(super) fn before_procedure(id: &str, seed: u64) -> Option<LabSession> {
    let (file, text) = catalogue::find(id)?;
    let broken = Broken::of(&Scenario::parse(file, text).ok()?)?;
    Some(session(text, seed, &broken.before.to_string()))
}

fn session(text: &str, seed: u64, steps: &str) -> LabSession {
    let lines = if steps == "0" {
        Vec::new()
    } else {
        vec![format!("next {steps}")]
    };
    LabSession {
        opening: text.to_owned(),
        seed,
        lines,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_holds_only_letters_of_addresses() {
        let session = at_step("two-nodes-are-terminated", 7, 2).expect("it is in the catalogue");
        assert_eq!(session.lines, ["next 2"]);
        let fragment = session.fragment("0.1.0");
        let packed = fragment.strip_prefix("#s=").expect("the form of the page");
        assert!(
            packed
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        );
        assert!(packed.len() < 3000, "{}", packed.len());
        assert_eq!(at_step("no-such-scenario", 7, 2), None);
    }

    #[test]
    fn a_cell_begins_where_its_procedure_acts() {
        let session = before_procedure("two-nodes-are-terminated", 1).expect("it is broken");
        assert_eq!(session.seed, 1);
        assert!(session.lines[0].starts_with("next "), "{session:?}");
    }
}
