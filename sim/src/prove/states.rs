//! The states of a search as a file, so that another command can go on from them: the model that found them, and for
//! each state its key and the event that first led to it.
//!
//! The file is JSON Lines: a header, then a line for each state in the order of discovery. A state comes after the one
//! that it was found from, so that the lines are a tree of shortest ways.

use seatrial_scenarios::{Supervisor, Timers};
use serde::{Deserialize, Serialize};

use super::closure::path_to;
use super::{Event, Key, Model, Precision, Searched};

/// The first line: everything that the states depend on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatesHeader {
    /// The version of this format.
    pub format: u32,
    /// The version of the program.
    pub program: String,
    /// The name of the alphabet of events.
    pub alphabet: String,
    /// The bound on events; `None` for no bound.
    pub faults: Option<usize>,
    /// `whole`, or what stopped the search.
    pub ended: String,
    /// The program that restarts a crashed server.
    pub supervisor: Supervisor,
    /// The timeouts, where they are not the defaults.
    pub timers: Option<Timers>,
    /// The precision of the keys.
    pub precision: Precision,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Line {
    /// The key, as 32 digits of base 16.
    key: String,
    /// The state that it was found from, and the event; none for the initial state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<(usize, Event)>,
}

/// A state as a file knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownState {
    /// Its key.
    pub key: Key,
    /// The state that it was found from, and the event; none for the initial state.
    pub from: Option<(usize, Event)>,
    /// The number of events from the initial state.
    pub level: usize,
}

/// The content of a file of states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct States {
    /// The header.
    pub header: StatesHeader,
    /// The states in the order of discovery. The first one is the initial state.
    pub states: Vec<KnownState>,
}

/// The reason why a file of states cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatesError {
    /// There is no header.
    #[error("it is empty")]
    Nothing,
    /// A line cannot be read.
    #[error("line {line}: {reason}")]
    Text {
        /// The line, from 1.
        line: usize,
        /// Why.
        reason: String,
    },
    /// The way to a state leads to another one in this program.
    #[error(
        "state {0} is another one in this program; write the file again with `seatrial prove` of this version"
    )]
    Other(usize),
}

impl States {
    /// Returns the states of a search.
    pub fn of(found: &Searched, header: StatesHeader) -> Self {
        let known = found.closure.states().iter();
        let states = known.map(|state| KnownState {
            key: state.canonical.key,
            from: state.from.clone(),
            level: state.level,
        });
        Self {
            header,
            states: states.collect(),
        }
    }

    /// Returns the model in which the states were found.
    pub fn model(&self) -> Model {
        Model::new(self.header.timers, self.header.supervisor).with_precision(self.header.precision)
    }

    /// Returns the shortest way to a state.
    pub fn path(&self, state: usize) -> Vec<Event> {
        path_to(state, |at| self.states[at].from.as_ref())
    }

    /// Returns the text of the file.
    ///
    /// # Panics
    /// Never: states are plain data.
    pub fn render(&self) -> String {
        let mut text =
            serde_json::to_string(&self.header).expect("invariant: a header is plain data");
        text.push('\n');
        for state in &self.states {
            let line = Line {
                key: state.key.to_string(),
                from: state.from.clone(),
            };
            let line = serde_json::to_string(&line).expect("invariant: a state is plain data");
            text.push_str(&line);
            text.push('\n');
        }
        text
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it is not one, with the line.
    pub fn parse(text: &str) -> Result<Self, StatesError> {
        let wrong = |line: usize, reason: String| StatesError::Text { line, reason };
        let mut lines = text.lines();
        let head = lines.next().ok_or(StatesError::Nothing)?;
        let header: StatesHeader =
            serde_json::from_str(head).map_err(|error| wrong(1, error.to_string()))?;
        if header.format != StatesHeader::FORMAT {
            let reason = format!(
                "format {}, this program reads {}",
                header.format,
                StatesHeader::FORMAT
            );
            return Err(wrong(1, reason));
        }
        let mut states: Vec<KnownState> = Vec::new();
        for (line, number) in lines.zip(2..) {
            let read: Line =
                serde_json::from_str(line).map_err(|error| wrong(number, error.to_string()))?;
            let key = read
                .key
                .parse()
                .map_err(|reason: String| wrong(number, reason))?;
            let level = match &read.from {
                None if states.is_empty() => 0,
                None => return Err(wrong(number, "a second initial state".to_owned())),
                Some((before, _)) => {
                    let missing = || format!("state {before} does not come before it");
                    let known = states.get(*before);
                    known.ok_or_else(|| wrong(number, missing()))?.level + 1
                }
            };
            states.push(KnownState {
                key,
                from: read.from,
                level,
            });
        }
        if states.is_empty() {
            return Err(wrong(1, "no state follows".to_owned()));
        }
        Ok(Self { header, states })
    }
}

impl StatesHeader {
    /// The version of the format that this program writes and reads.
    pub const FORMAT: u32 = 1;
}
