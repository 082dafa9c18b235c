//! Reads a scenario: the text, its tables, their checks.

use seatrial_port::trace::sha256_hex;

use super::check::check;
use super::error::{Problem, ScenarioError};
use super::raw::RawScenario;
use super::scenario::{SIZE_MAX, Scenario};

impl Scenario {
    /// Reads a scenario from the text of a file.
    ///
    /// `file_name` appears in messages and in the line that replays a run.
    pub fn parse(file_name: &str, text: &str) -> Result<Self, Box<ScenarioError>> {
        if text.len() > SIZE_MAX {
            return Err(ScenarioError::without_source(
                file_name,
                Problem::new(format!(
                    "the file has {} bytes, a scenario has at most {SIZE_MAX}",
                    text.len()
                ))
                .help("a scenario is a few pages of text: is this the right file?"),
            ));
        }
        if text.trim().is_empty() {
            return Err(ScenarioError::without_source(
                file_name,
                Problem::new("the file is empty".to_owned()).help(
                    "a scenario needs an `id`, a `title` and `[[step]]` tables; `seatrial show` prints examples",
                ),
            ));
        }
        let raw: RawScenario = toml::from_str(text).map_err(|error| {
            ScenarioError::new(file_name, text, vec![Problem::from_toml(&error, text)])
        })?;
        let mut scenario =
            check(raw, text).map_err(|problems| ScenarioError::new(file_name, text, problems))?;
        file_name.clone_into(&mut scenario.file);
        scenario.sha256 = sha256_hex(text);
        Ok(scenario)
    }
}
