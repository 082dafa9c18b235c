//! The machine's disk, and when it was last written to.

use std::collections::BTreeMap;

use seatrial_node::{Detail, DiskOp, Gcache, IoResult, Names};
use seatrial_scenarios::Span;
use seatrial_scenarios::console::MARIADB_LOG;

use crate::disk::{Disk, GRASTATE, GVWSTATE, Inode, Meaning};
use crate::keyed::Keyed;

use super::details::{Details, Entry};

/// After this long without a change a machine has written everything back.
const WRITEBACK: Span = Span::from_secs(5);

/// The disk of a machine.
///
/// It owns the disk, the time of its last change, and copies of the state files that a fault may put back.
/// The flows that read and write files, and those of faults, call it. It knows no process.
#[derive(Clone, Debug, Default)]
pub(in crate::machine) struct Storage {
    disk: Disk,
    last_change: Span,
    old_copies: BTreeMap<&'static str, Option<String>>,
    /// What the error log has beside the lines of the trace.
    details: Details,
    /// Counts what was written to the error log.
    log_writes: u64,
    /// What the files of the database are when no server has them open any more.
    found_later: Option<(Meaning, Gcache)>,
}

impl Storage {
    /// Returns the disk, to be read.
    pub(in crate::machine) const fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Returns the disk, to be changed without a delay of what was written before.
    pub(in crate::machine) const fn disk_mut(&mut self) -> &mut Disk {
        &mut self.disk
    }

    /// Returns the disk, to be changed at an instant: what was written is not written back for a while.
    pub(in crate::machine) const fn change(&mut self, now: Span) -> &mut Disk {
        self.last_change = now;
        &mut self.disk
    }

    /// Does one operation of a server. `grastate` is the handle that the server opened at its start.
    pub(in crate::machine) fn perform(
        &mut self,
        op: &DiskOp,
        grastate: &mut Option<Inode>,
        cache_size: u64,
        now: Span,
    ) -> IoResult {
        let before = self.disk.revision();
        let result = self.disk.perform(op, grastate, cache_size);
        if self.disk.revision() != before {
            self.last_change = now;
        }
        result
    }

    /// Appends a line to the error log. `instead` is what a reader finds in its place.
    pub(in crate::machine) fn append_log(
        &mut self,
        now: Span,
        line: &str,
        instead: Option<Detail>,
    ) {
        self.log_writes += 1;
        let offset = self.log_length();
        self.details.cut(offset);
        if let Some(detail) = instead {
            self.details.push(Entry {
                offset,
                replaces: line.len() + 1,
                now,
                detail,
            });
        }
        self.disk.append_line(MARIADB_LOG, line);
    }

    /// Appends what only the error log has.
    pub(in crate::machine) fn append_detail(&mut self, now: Span, detail: Detail) {
        self.log_writes += 1;
        let offset = self.log_length();
        self.details.cut(offset);
        self.details.push(Entry {
            offset,
            replaces: 0,
            now,
            detail,
        });
    }

    /// Returns the error log as a reader finds it; `None` where there is none.
    pub(in crate::machine) fn error_log(&self, names: Names<'_>) -> Option<String> {
        let short = self.disk.read(MARIADB_LOG);
        if short.is_none() && self.details.is_empty() {
            return None;
        }
        Some(self.details.text(short.unwrap_or_default(), names))
    }

    /// Counts what was written to the error log.
    pub(in crate::machine) const fn log_writes(&self) -> u64 {
        self.log_writes
    }

    /// Notes what the files of the database are when no server has them open.
    pub(in crate::machine) fn set_found_later(&mut self, meaning: Meaning, cache: Gcache) {
        self.found_later = Some((meaning, cache));
    }

    /// Takes what [`Storage::set_found_later`] has noted.
    pub(in crate::machine) fn take_found_later(&mut self) -> Option<(Meaning, Gcache)> {
        self.found_later.take()
    }

    fn log_length(&self) -> usize {
        self.disk.read(MARIADB_LOG).map_or(0, str::len)
    }

    /// The error log is another file from here on, or none.
    pub(in crate::machine) fn forget_details(&mut self) {
        self.log_writes += 1;
        self.details = Details::default();
    }

    /// Keeps copies of the state files; and everything so far is on disk.
    pub(in crate::machine) fn keep_old_copies(&mut self) {
        self.disk.sync_all();
        for path in [GRASTATE, GVWSTATE] {
            let copy = self.disk.read(path).map(str::to_owned);
            self.old_copies.insert(path, copy);
        }
    }

    /// Returns the copy of a state file, `None` inside where there was no such file. `None` where no copy
    /// was taken.
    pub(in crate::machine) fn old_copy(&self, path: &str) -> Option<Option<String>> {
        self.old_copies.get(path).cloned()
    }

    /// The machine loses its power; draws are made by `keyed` for this loss.
    pub(in crate::machine) fn power_off(&mut self, keyed: &Keyed, key: &[u64], now: Span) {
        if now.saturating_sub(self.last_change) >= WRITEBACK {
            self.disk.sync_all();
        }
        self.disk.power_off(keyed, key);
    }
}
