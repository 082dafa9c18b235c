//! The lines that systemd and the unit's own programs leave in the journal of a host, as data.

use super::time::Span;

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JournalEntry {
    /// When it was written.
    pub at: Span,
    /// The number of times that the host had booted before.
    pub boot: u32,
    /// The number of the job of systemd's that it belongs to.
    pub job: u32,
    /// The event.
    pub event: UnitEvent,
}

/// A change of mariadb.service (systemd's `src/core/unit.c`, `job.c` and `service.c`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UnitEvent {
    /// A start begins.
    Starting,
    /// It has gone well.
    Started,
    /// It has failed.
    FailedToStart,
    /// A stop begins.
    Stopping,
    /// It is over.
    Stopped,
    /// A start has taken too long: the server gets SIGTERM.
    StartTimedOut,
    /// The main process has ended with this exit code, in which 128 stands for "by a signal".
    MainExited(i32),
    /// The unit has ended as it should.
    Deactivated,
    /// The unit has ended as it should not, with systemd's word for the result.
    Failed(&'static str),
    /// A restart begins, the one of this number in a row.
    RestartScheduled(u32),
    /// A restart is refused, because somebody has masked the unit.
    RestartRefused,
    /// A program that the unit runs before or after the server has ended with this exit code.
    ControlExited(i32),
    /// A process of the unit, with its name and number, has printed a line.
    Printed(&'static str, u32, String),
}
