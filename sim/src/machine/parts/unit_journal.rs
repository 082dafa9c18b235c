//! The lines of a host's journal that belong to mariadb.service.

use std::sync::Arc;

use seatrial_scenarios::Span;
use seatrial_scenarios::console::{JournalEntry, UnitEvent};

/// The most lines that are kept. A server that ends every five seconds leaves this many in four minutes.
const MOST: usize = 300;

/// The journal of a unit.
///
/// It owns the lines, the number of boots and that of systemd's jobs. Every flow that changes the unit adds lines. A
/// world and its copies share them, so that a copy of a machine costs nothing. Nothing that a node does depends on them.
///
/// Debian keeps the journal in /var/log/journal, so that it outlives a boot. MODEL GAP: it outlives a loss of power as
/// a whole; a real one may lose the last seconds.
#[derive(Clone, Debug, Default)]
pub(in crate::machine) struct UnitJournal {
    lines: Arc<Vec<JournalEntry>>,
    boots: u32,
    job: u32,
    booted: Span,
}

impl UnitJournal {
    /// Adds a line of the present job.
    pub(in crate::machine) fn add(&mut self, at: Span, event: UnitEvent) {
        let entry = JournalEntry {
            at,
            boot: self.boots,
            job: self.job,
            event,
        };
        let lines = Arc::make_mut(&mut self.lines);
        if lines.len() == MOST {
            lines.remove(0);
        }
        lines.push(entry);
    }

    /// systemd has another job for the unit.
    pub(in crate::machine) const fn begin_job(&mut self) {
        self.job += 1;
    }

    /// The host boots again.
    pub(in crate::machine) const fn boot(&mut self, at: Span) {
        self.booted = at;
        self.boots += 1;
        self.job = 0;
    }

    /// Returns the number of boots after the first one.
    pub(in crate::machine) const fn boots(&self) -> u32 {
        self.boots
    }

    /// Returns the instant of the last boot.
    pub(in crate::machine) const fn booted_at(&self) -> Span {
        self.booted
    }

    /// Returns the lines, the oldest first.
    pub(in crate::machine) fn lines(&self) -> &[JournalEntry] {
        &self.lines
    }
}
