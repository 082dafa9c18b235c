//! A place in a log with its time, as the one clock of the story shows it.

use jiff::Timestamp;
use jiff::tz::Offset;

use seatrial_evidence::{Fact, Source};

/// A place in a log, and the instant by the clock of the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The place.
    pub(crate) source: Source,
    /// When, after the correction of the node's clock.
    pub(crate) at: Timestamp,
}

/// The clock that all times of the story are shown by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Face {
    /// The zone of the clock; `None` for local time of an unknown zone.
    pub(crate) offset: Option<Offset>,
}

impl Face {
    /// The time as text: `2023-03-16 20:09:52`.
    pub(crate) fn show(self, at: Timestamp) -> String {
        let offset = self.offset.unwrap_or(Offset::UTC);
        let shown = offset.to_datetime(at);
        shown.strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// The time of the day alone, where the day is that of another time, and else the whole.
    pub(crate) fn show_after(self, at: Timestamp, before: Timestamp) -> String {
        let (text, other) = (self.show(at), self.show(before));
        match (text.split_once(' '), other.split_once(' ')) {
            (Some((day, time)), Some((other, _))) if day == other => time.to_owned(),
            _ => text,
        }
    }
}

/// A fact of a node with its corrected time. Facts without a time have that of the fact before them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dated<'a> {
    /// It.
    pub(crate) fact: &'a Fact,
    /// When.
    pub(crate) at: Timestamp,
    /// When it was repeated for the last time.
    pub(crate) last_at: Timestamp,
}

impl Dated<'_> {
    /// Its mark.
    pub(crate) const fn mark(&self) -> Mark {
        Mark {
            source: self.fact.source,
            at: self.at,
        }
    }

    /// The mark of its last repetition, or its own.
    pub(crate) const fn last_mark(&self) -> Mark {
        let line = match self.fact.repeats.last_line {
            0 => self.fact.source.line,
            line => line,
        };
        Mark {
            source: Source {
                file: self.fact.source.file,
                line,
            },
            at: self.last_at,
        }
    }

    /// How often it was said.
    pub(crate) fn times(&self) -> u64 {
        u64::from(self.fact.repeats.more) + 1
    }
}

/// A span in words: `40 h 30 min`, `73 s`, `3 days`.
pub(crate) fn span(from: Timestamp, to: Timestamp) -> String {
    let seconds = to.as_second().saturating_sub(from.as_second()).max(0);
    match seconds {
        0..=179 => format!("{seconds} s"),
        180..=7_199 => format!("{} min", seconds / 60),
        7_200..=259_199 => {
            let (hours, minutes) = (seconds / 3_600, seconds % 3_600 / 60);
            if minutes == 0 {
                format!("{hours} h")
            } else {
                format!("{hours} h {minutes} min")
            }
        }
        _ => format!("{} days", seconds / 86_400),
    }
}
