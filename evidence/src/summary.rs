//! What reading a file came to.

use std::collections::BTreeSet;

use crate::time::Stamp;

/// What a whole file came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many lines it has.
    pub lines: u64,
    /// How many bytes it has.
    pub bytes: u64,
    /// How many facts were read out of it.
    pub facts: u64,
    /// The time of its first line that has one.
    pub first_at: Option<Stamp>,
    /// The time of its last line that has one.
    pub last_at: Option<Stamp>,
    /// That line; 0 where there is none.
    pub last_line: u64,
    /// How many lines had a server's head.
    pub log_lines: u64,
    /// How many lines are no UTF-8. They are read all the same.
    pub not_utf8: u64,
    /// How many lines were longer than 256 KiB, and were cut off there.
    pub too_long: u64,
    /// How many bytes are zero.
    pub zeros: u64,
    /// The host, container or pod that transports' prefixes named on lines of servers. There is one, unless there are more
    /// than [`Reader`](crate::Reader) tells apart.
    pub hosts: BTreeSet<String>,
}

impl Summary {
    /// Adds another part of the same file.
    pub(crate) fn add(&mut self, part: Self) {
        self.lines = self.lines.max(part.lines);
        self.bytes += part.bytes;
        self.facts += part.facts;
        self.log_lines += part.log_lines;
        self.not_utf8 += part.not_utf8;
        self.too_long += part.too_long;
        self.zeros += part.zeros;
        self.first_at = self.first_at.or(part.first_at);
        if part.last_line > self.last_line {
            (self.last_at, self.last_line) = (part.last_at, part.last_line);
        }
        self.hosts.extend(part.hosts);
    }
}
