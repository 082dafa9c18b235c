//! The lines of the error log that nobody has read yet.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use seatrial_node::{Detail, Names};
use seatrial_scenarios::Span;

/// A line beside those of the trace, and its place.
#[derive(Clone, Debug)]
pub(in crate::machine) struct Entry {
    /// Before this byte of the short log.
    pub(in crate::machine) offset: usize,
    /// The number of bytes of the short log, which is the trace, that stand for it.
    pub(in crate::machine) replaces: usize,
    /// When it was written.
    pub(in crate::machine) now: Span,
    /// What it says.
    pub(in crate::machine) detail: Detail,
}

#[derive(Debug)]
struct Link {
    entry: Entry,
    before: Option<Arc<Link>>,
}

/// The lines that the error log has beside those of the trace, as data.
///
/// A world and its copies share them: a copy costs nothing, and a search that keeps a million worlds keeps each line
/// once. The text is made when somebody reads.
#[derive(Clone, Default)]
pub(in crate::machine) struct Details {
    last: Option<Arc<Link>>,
}

impl Details {
    /// Returns whether there are none.
    pub(in crate::machine) const fn is_empty(&self) -> bool {
        self.last.is_none()
    }

    /// Adds a line after the others.
    pub(in crate::machine) fn push(&mut self, entry: Entry) {
        self.last = Some(Arc::new(Link {
            entry,
            before: self.last.take(),
        }));
    }

    /// Forgets what stood behind the end of the short log, which was cut off there.
    pub(in crate::machine) fn cut(&mut self, length: usize) {
        while let Some(link) = &self.last
            && link.entry.offset + link.entry.replaces > length
        {
            self.last = link.before.clone();
        }
    }

    /// Returns the whole log: the short one with these lines in their places.
    pub(in crate::machine) fn text(&self, short: &str, names: Names<'_>) -> String {
        let mut entries = Vec::new();
        let mut next = self.last.as_deref();
        while let Some(link) = next {
            // A loss of power may have cut the file off in the middle of a character's line.
            if link.entry.offset + link.entry.replaces <= short.len() {
                entries.push(&link.entry);
            }
            next = link.before.as_deref();
        }
        let mut text = String::with_capacity(short.len() * 3);
        let mut done = 0;
        for entry in entries.into_iter().rev() {
            text.push_str(&short[done..entry.offset]);
            for message in entry.detail.messages(names) {
                // Writing to a `String` cannot fail.
                let _ = writeln!(text, "{} 0 {message}", stamp(entry.now));
            }
            done = entry.offset + entry.replaces;
        }
        text.push_str(&short[done..]);
        text
    }
}

impl Drop for Details {
    /// One link after the other: a long log must not need a deep stack.
    fn drop(&mut self) {
        let mut next = self.last.take();
        while let Some(link) = next {
            next = Arc::into_inner(link).and_then(|mut link| link.before.take());
        }
    }
}

impl fmt::Debug for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.last.as_ref().map(|link| &link.entry);
        f.debug_struct("Details").field("last", &last).finish()
    }
}

/// Returns the time stamp of the error log. Every run begins at midnight.
pub(in crate::machine) fn stamp(now: Span) -> String {
    let secs = now.as_micros() / 1_000_000;
    let (day, of_day) = (secs / 86_400, secs % 86_400);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("2026-01-{:02} {hour:>2}:{minute:02}:{second:02}", day + 1)
}
