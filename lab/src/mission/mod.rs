//! Missions: graded exercises. A mission is a data file, so that a teacher can add one without Rust.
//!
//! `docs/missions.md` describes the file.

pub(crate) mod by_table;
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
    /// The title, one line.
    pub(crate) title: String,
    /// The story: what has happened, for the learner.
    story: String,
    /// The goal, in words.
    goal: String,
    /// The cluster of the mission.
    pub(crate) scenario: Scenario,
    /// The commands before the learner's first one.
    pub(crate) setup: Vec<(String, Act)>,
    /// The hints; each says more than the one before.
    pub(crate) hints: Vec<String>,
    /// The texts that must have been typed: one text of each inner list.
    pub(crate) must: Vec<Vec<String>>,
    /// The limits of the best grade.
    pub(crate) best: Best,
    /// The better way: commands, and why.
    pub(crate) way: Vec<String>,
    /// The reason why that is better.
    pub(crate) because: String,
    /// Common mistakes.
    pub(crate) traps: Vec<Trap>,
}

/// The limits of the best grade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Best {
    /// The longest time during which no node may serve.
    pub(crate) downtime: Span,
    /// The most commands that may change something.
    pub(crate) commands: usize,
    /// The most acknowledged rows that may be lost.
    pub(crate) lost: usize,
}

/// A common mistake.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trap {
    /// A text in a line that was typed, such as `B$ sudo cm-cluster-manage --force`.
    pub(crate) typed: String,
    /// The effect of the mistake.
    pub(crate) says: String,
}

/// The file, as it is read.
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

    /// Returns the story: what has happened, in paragraphs.
    pub fn story(&self) -> &str {
        &self.story
    }

    /// Returns the goal, in words.
    pub fn goal(&self) -> &str {
        &self.goal
    }

    /// Returns the commands of the better way.
    pub fn way(&self) -> &[String] {
        &self.way
    }

    /// Reads a mission from the text of its file. `file` names the file in errors.
    ///
    /// # Errors
    /// The mistake in the text, and its place.
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
                "`{}` is not an id: use small letters, digits and dashes",
                raw.id.escape_debug()
            )));
        }
        if raw.hints.is_empty() {
            return Err(wrong("a mission needs at least one hint"));
        }
        let scenario = cluster(&raw).map_err(|error| wrong(&error))?;
        let mut setup = Vec::new();
        for (line, command) in lines(&raw.setup, &scenario).map_err(|error| wrong(&error))? {
            let Command::Act(act) = command else {
                return Err(wrong(&format!(
                    "`{line}` in `setup` does not change the cluster"
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
            return Err(wrong("`way` has no command: a mission needs a solution"));
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

    /// Returns the first text for the learner.
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

/// Joins the lines of a text in a mission's file.
pub(super) fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the cluster of a mission, from the keys that a scenario file has for it.
fn cluster(raw: &Raw) -> Result<Scenario, String> {
    const KEYS: [&str; 4] = ["nodes", "initial", "timers", "options"];
    if let Some(key) = raw.cluster.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!(
            "[cluster] has no key `{key}`; its keys are {}",
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

/// Returns the commands of a text, without comments.
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
/// A text, if one of them has a mistake.
pub fn embedded() -> Result<Vec<Mission>, String> {
    MISSIONS
        .iter()
        .map(|(file, text)| Mission::parse(file, text))
        .collect()
}

/// Returns a mission that can be read, for tests.
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
