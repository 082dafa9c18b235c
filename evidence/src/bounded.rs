//! Facts for a story, in bounded memory: all of them, and of a file with very many those of its beginning and its end.

use std::collections::{BTreeMap, VecDeque};

use crate::event::Event;
use crate::fact::{Certainty, Fact, FileId, Repeats, Writer};

/// How many facts of a file are kept, unless the caller says otherwise.
///
/// A server that is healthy says a few dozen in a day; one that is started again every minute says as many in two days.
pub const FACTS_MAX: usize = 100_000;

/// Keeps the facts of files, each file in its own order.
///
/// The memory does not grow with the size of a file: beyond the limit, the middle of a file is left out, and
/// [`Event::LeftOut`] stands in its place, so that nobody takes the two ends for neighbours.
#[derive(Debug)]
pub struct Bounded {
    limit: usize,
    files: BTreeMap<FileId, Ends>,
}

#[derive(Debug, Default)]
struct Ends {
    first: Vec<Fact>,
    /// What stands for the middle, once there is one.
    gap: Option<Fact>,
    last: VecDeque<Fact>,
}

impl Default for Bounded {
    fn default() -> Self {
        Self::new(FACTS_MAX)
    }
}

impl Bounded {
    /// Keeps so many facts of each file at most.
    pub const fn new(limit: usize) -> Self {
        Self {
            limit,
            files: BTreeMap::new(),
        }
    }

    /// Keeps a fact.
    pub fn keep(&mut self, fact: Fact) {
        let half = self.limit / 2;
        let ends = self.files.entry(fact.source.file).or_default();
        if ends.first.len() < half {
            ends.first.push(fact);
            return;
        }
        ends.last.push_back(fact);
        if ends.last.len() > half
            && let Some(fact) = ends.last.pop_front()
        {
            ends.leave_out(&fact);
        }
    }

    /// The facts of a file, in the file's order.
    pub fn of_file(&self, file: FileId) -> Vec<&Fact> {
        self.files.get(&file).map_or_else(Vec::new, |ends| {
            ends.first
                .iter()
                .chain(&ends.gap)
                .chain(&ends.last)
                .collect()
        })
    }

    /// All facts of all files.
    pub fn all(&self) -> impl Iterator<Item = &Fact> {
        let files = self.files.values();
        files.flat_map(|ends| ends.first.iter().chain(&ends.last))
    }
}

impl Ends {
    fn leave_out(&mut self, fact: &Fact) {
        let Some(gap) = &mut self.gap else {
            self.gap = Some(Fact {
                source: fact.source,
                at: fact.at,
                certainty: Certainty::Stated,
                writer: Writer::Server,
                event: Event::LeftOut,
                repeats: Repeats::default(),
            });
            return;
        };
        gap.repeats.more = gap.repeats.more.saturating_add(1);
        gap.repeats.last_line = fact.source.line;
        gap.repeats.last_at = fact.at.or(gap.repeats.last_at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::Reader;

    fn facts(lines: usize) -> Vec<Fact> {
        let text: Vec<String> = (0..lines)
            .map(|number| {
                format!(
                    "2030-01-02  3:04:05 0 [Note] WSREP: Shifting JOINED -> SYNCED (TO: {number})\n"
                )
            })
            .collect();
        let mut facts = Vec::new();
        let mut reader = Reader::new(FileId(0));
        reader.push(text.concat().as_bytes(), &mut |fact| facts.push(fact));
        reader.finish(&mut |fact| facts.push(fact));
        facts
    }

    fn lines(kept: &Bounded) -> Vec<u64> {
        let facts = kept.of_file(FileId(0));
        facts.iter().map(|fact| fact.source.line).collect()
    }

    #[test]
    fn both_ends_are_kept_and_the_middle_is_counted() {
        let mut kept = Bounded::new(4);
        for fact in facts(4) {
            kept.keep(fact);
        }
        assert_eq!(lines(&kept), [1, 2, 3, 4]);
        let mut kept = Bounded::new(4);
        for fact in facts(10) {
            kept.keep(fact);
        }
        assert_eq!(lines(&kept), [1, 2, 3, 9, 10]);
        let gap = kept.of_file(FileId(0))[2];
        assert_eq!((&gap.event, gap.repeats.more), (&Event::LeftOut, 5));
        assert_eq!(gap.repeats.last_line, 8);
        assert_eq!(kept.all().count(), 4);
    }
}
