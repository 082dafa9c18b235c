//! Missions: graded exercises. A mission is a data file, so that a teacher adds one without Rust.
//!
//! `docs/missions.md` says what is in the file.

pub(crate) mod debrief;
pub(crate) mod play;

use owo_colors::OwoColorize as _;
use seatrial_reports::wrapped;
use seatrial_scenarios::{Scenario, Span};
use serde::Deserialize;

use super::command::{Act, Command, parse};

// The build script writes `MISSIONS`: every *.toml of the folder `missions`, sorted by name.
include!(concat!(env!("OUT_DIR"), "/missions.rs"));

/// The largest text of a mission, in bytes. Faces refuse a larger file before they read it.
pub const SIZE_MAX: u64 = 256 * 1024;

/// A mission.
#[derive(Clone, Debug)]
pub struct Mission {
    /// Its name at the prompt.
    pub(crate) id: String,
    /// A line for people.
    pub(crate) title: String,
    /// What has happened, as the learner is told.
    story: String,
    /// What must be so in the end.
    goal: String,
    /// The cluster on which it is played.
    pub(crate) scenario: Scenario,
    /// What happens before the learner's first command.
    pub(crate) setup: Vec<(String, Act)>,
    /// Hints, each saying more than the one before.
    pub(crate) hints: Vec<String>,
    /// What must have been typed: of each of these one.
    pub(crate) must: Vec<Vec<String>>,
    /// What the best grade asks for.
    pub(crate) best: Best,
    /// The better way: commands, and why.
    pub(crate) way: Vec<String>,
    /// Why that is better.
    pub(crate) because: String,
    /// What people do wrong here.
    pub(crate) traps: Vec<Trap>,
}

/// What the best grade asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Best {
    /// For how long nobody may be served.
    pub(crate) downtime: Span,
    /// How many commands may change something.
    pub(crate) commands: usize,
    /// How many acknowledged rows may be lost.
    pub(crate) lost: usize,
}

/// Something that people do wrong.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trap {
    /// A text in a line that was typed, such as `B$ sudo cm-cluster-manage --force`.
    pub(crate) typed: String,
    /// What that does.
    pub(crate) says: String,
}

/// The file as it stands.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    id: String,
    title: String,
    story: String,
    goal: String,
    setup: String,
    #[serde(default)]
    cluster: toml::Table,
    hints: Vec<String>,
    #[serde(default)]
    must: Vec<Vec<String>>,
    best: RawBest,
    way: String,
    because: String,
    #[serde(default)]
    trap: Vec<Trap>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBest {
    downtime: String,
    commands: usize,
    #[serde(default)]
    lost: usize,
}

impl Mission {
    /// Returns its name at the prompt.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns its title, a line for people.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Reads a mission from the text of its file. `file` names the file in errors.
    ///
    /// # Errors
    /// What is wrong with the text, and where.
    pub fn parse(file: &str, text: &str) -> Result<Self, String> {
        let raw: Raw = toml::from_str(text).map_err(|error| format!("{file}: {error}"))?;
        let wrong = |what: &str| format!("{file}: {what}");
        let good_id = !raw.id.is_empty()
            && raw.id.len() <= 60
            && raw
                .id
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if !good_id {
            return Err(wrong(&format!(
                "`{}` is no id: small letters, digits and dashes",
                raw.id.escape_debug()
            )));
        }
        if raw.hints.is_empty() {
            return Err(wrong("a mission has at least one hint"));
        }
        let scenario = cluster(&raw).map_err(|error| wrong(&error))?;
        let mut setup = Vec::new();
        for (line, command) in lines(&raw.setup, &scenario).map_err(|error| wrong(&error))? {
            let Command::Act(act) = command else {
                return Err(wrong(&format!(
                    "`{line}` in `setup` does nothing to the cluster"
                )));
            };
            setup.push((line, act));
        }
        let way: Vec<String> = lines(&raw.way, &scenario)
            .map_err(|error| wrong(&error))?
            .into_iter()
            .map(|(line, _)| line)
            .collect();
        if way.is_empty() {
            return Err(wrong("`way` has no command: a mission can be solved"));
        }
        let downtime = raw
            .best
            .downtime
            .parse()
            .map_err(|error| wrong(&format!("[best] downtime: {error}")))?;
        Ok(Self {
            id: raw.id,
            title: raw.title,
            story: raw.story,
            goal: raw.goal,
            scenario,
            setup,
            hints: raw.hints,
            must: raw.must,
            best: Best {
                downtime,
                commands: raw.best.commands,
                lost: raw.best.lost,
            },
            way,
            because: raw.because,
            traps: raw.trap,
        })
    }

    /// What the learner is told first.
    pub(crate) fn story_text(&self) -> String {
        let mut text = format!("{}\n", self.title.bold());
        for paragraph in self.story.trim().split("\n\n") {
            text.push_str(&wrapped("", "", &joined(paragraph)));
        }
        text.push_str(&wrapped("Goal: ", "  ", &joined(&self.goal)));
        text.push_str(&wrapped(
            "",
            "",
            "`status` shows what monitoring shows, `A$ …` types a command on A, `hint` helps, \
             `debrief` ends the mission and grades it.",
        ));
        text
    }
}

/// The lines of a text in a mission's file as one.
pub(super) fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The cluster of a mission: the keys of a scenario file that say what it is.
fn cluster(raw: &Raw) -> Result<Scenario, String> {
    const KEYS: [&str; 4] = ["nodes", "initial", "timers", "options"];
    if let Some(key) = raw.cluster.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!(
            "there is no key `{key}` in [cluster]: {}",
            KEYS.join(", ")
        ));
    }
    let mut table = toml::Table::new();
    table.insert("id".to_owned(), raw.id.clone().into());
    table.insert("title".to_owned(), raw.title.clone().into());
    table.extend(raw.cluster.clone());
    let head = toml::to_string(&table).map_err(|error| error.to_string())?;
    let text = format!("{head}\n[[step]]\nwait = {{ for = \"1s\" }}\n");
    let mut scenario = Scenario::parse("[cluster]", &text).map_err(|error| error.to_string())?;
    scenario.steps.clear();
    Ok(scenario)
}

/// The commands of a text, comments left out.
fn lines(text: &str, scenario: &Scenario) -> Result<Vec<(String, Command)>, String> {
    let mut commands = Vec::new();
    for line in text.lines().map(str::trim) {
        match parse(line, &scenario.nodes) {
            Ok(Command::Nothing) => {}
            Ok(command) => commands.push((line.to_owned(), command)),
            Err(trouble) => return Err(format!("`{line}`: {}", trouble.text)),
        }
    }
    Ok(commands)
}

/// Returns the missions that the program carries.
///
/// # Errors
/// When one of them is wrong, in words.
pub fn embedded() -> Result<Vec<Mission>, String> {
    MISSIONS
        .iter()
        .map(|(file, text)| Mission::parse(file, text))
        .collect()
}

/// A mission that can be read, for tests.
#[cfg(test)]
pub(super) fn tests_good() -> String {
    r#"id    = "m"
title = "A mission"
story = "Once upon a time."
goal  = "The end."
hints = ["look"]
setup = """
client A write 2
"""
way = """
A$ sudo reboot
"""
because = "It is so."
[best]
downtime = "1m"
commands = 1
"#
    .to_owned()
}
