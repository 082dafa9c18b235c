//! A dated fact with its source and its certainty.

use serde::Serialize;

use crate::event::Event;
use crate::time::Stamp;

/// One of the files that were given; the command keeps their names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct FileId(pub u32);

/// Where a fact stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Source {
    /// In which file.
    pub file: FileId,
    /// In which line, counted from 1. Of a block of lines, the first.
    pub line: u64,
}

/// How surely a fact is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// The line says it.
    #[default]
    Stated,
    /// The line says it and its time is that of a neighbour: wrappers write no time of their own.
    TimeOfNeighbour,
    /// The text was cut off, or is known by its file's name only.
    Doubtful,
}

/// The program that wrote the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Writer {
    /// The server, or nothing says otherwise.
    #[default]
    Server,
    /// A run that asks InnoDB for its position (`--wsrep-recover`).
    RecoveryRun,
    /// A server that a state transfer starts for a moment.
    TransferHelper,
    /// A wrapper or an operator: `mysqld_safe`, `galera_recovery`, a container's entry point.
    Wrapper,
}

/// One thing that the evidence says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fact {
    /// Where it stands.
    pub source: Source,
    /// When; `None` for files without a time, and before the first time of a log.
    pub at: Option<Stamp>,
    /// How surely it is known.
    pub certainty: Certainty,
    /// The program that says it.
    pub writer: Writer,
    /// What it says.
    pub event: Event,
    /// Repetitions shortly after, as the search for a donor is every second.
    pub repeats: Repeats,
}

/// Repetitions of a fact that are not listed one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Repeats {
    /// How many more there are.
    pub more: u32,
    /// The line of the last one; 0 where there is none.
    pub last_line: u64,
    /// The time of the last one.
    pub last_at: Option<Stamp>,
}

impl Fact {
    /// The time of the last repetition, or of the fact itself.
    pub fn last_at(&self) -> Option<Stamp> {
        self.repeats.last_at.or(self.at)
    }
}
