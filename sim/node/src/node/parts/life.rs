//! The life of a process: how it was started, whether its port is open, how it ends.

use crate::effect::BootMode;

/// The phase of a process's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Reading its files.
    Starting,
    /// Group communication is being opened: announcing itself.
    Announcing,
    /// Part of a component or on the way to one.
    Connected,
    /// Stopping in order.
    Stopping,
    /// Group communication has ended by itself; the process lives on.
    Disconnected,
    /// Over.
    Ended,
}

/// The reason why group communication is being closed in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Closing {
    /// Not at all.
    No,
    /// SIGTERM.
    Stop,
    /// A start that has failed.
    FailedStart,
    /// SIGABRT follows.
    Abort,
    /// The process lives on, without a group.
    Disconnect,
}

/// The effect of a SIGTERM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Term {
    /// Nothing: the process has had one.
    Ignored,
    /// The process still waits inside its start-up: the port will never open.
    Remembered,
    /// The orderly stop begins.
    Begins,
}

/// The SQL port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Port {
    /// Not open.
    Closed,
    /// Open.
    Open,
    /// It will never open: SIGTERM came while the process waited.
    Barred,
}

/// The life of a process.
///
/// It owns the phase, the SQL port, the signal and the exit code. Every flow reads it; starts and ends
/// change it. It knows nothing of the group, the files or the clients.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Life {
    boot: BootMode,
    phase: Phase,
    port: Port,
    term_received: bool,
    closing: Closing,
    exit_code: i32,
}

impl Life {
    /// Returns a process that has done nothing yet.
    pub(crate) const fn new(boot: BootMode) -> Self {
        Self {
            boot,
            phase: Phase::Starting,
            port: Port::Closed,
            term_received: false,
            closing: Closing::No,
            exit_code: 0,
        }
    }

    /// Returns the way in which the process was started.
    pub(crate) const fn boot(&self) -> &BootMode {
        &self.boot
    }

    /// Returns the phase of the process's life.
    pub(crate) const fn phase(&self) -> Phase {
        self.phase
    }

    /// Enters a phase.
    pub(crate) const fn enter(&mut self, phase: Phase) {
        self.phase = phase;
    }

    /// Returns whether the SQL port is open.
    pub(crate) const fn port_open(&self) -> bool {
        matches!(self.port, Port::Open)
    }

    /// Returns whether the SQL port may still open.
    pub(crate) const fn may_open_port(&self) -> bool {
        matches!(self.port, Port::Closed)
    }

    /// Opens the SQL port, unless it is open or will never be. Returns whether it did.
    pub(crate) const fn open_port(&mut self) -> bool {
        let opens = self.may_open_port();
        if opens {
            self.port = Port::Open;
        }
        opens
    }

    /// Closes the SQL port.
    pub(crate) const fn close_port(&mut self) {
        if self.port_open() {
            self.port = Port::Closed;
        }
    }

    /// Takes a SIGTERM. A server without a port waits inside its start-up and does not look at signals;
    /// an `arbitrator` has no port.
    pub(crate) const fn term(&mut self, arbitrator: bool) -> Term {
        if self.term_received {
            return Term::Ignored;
        }
        if !arbitrator && !self.port_open() {
            self.port = Port::Barred;
            return Term::Remembered;
        }
        self.term_received = true;
        Term::Begins
    }

    /// Returns whether an orderly stop has begun.
    pub(crate) const fn term_received(&self) -> bool {
        self.term_received
    }

    /// Returns whether SIGTERM came while the process waited.
    pub(crate) const fn term_while_waiting(&self) -> bool {
        matches!(self.port, Port::Barred)
    }

    /// The reason why group communication is being closed.
    pub(crate) const fn closing(&self) -> Closing {
        self.closing
    }

    /// Group communication is being closed from here on.
    pub(crate) const fn begin_closing(&mut self, why: Closing) {
        self.closing = why;
    }

    /// Group communication is closed: says why it was being closed.
    pub(crate) const fn end_closing(&mut self) -> Closing {
        std::mem::replace(&mut self.closing, Closing::No)
    }

    /// The process is about to end with this exit code.
    pub(crate) const fn end_with(&mut self, code: i32) {
        self.phase = Phase::Stopping;
        self.exit_code = code;
    }

    /// Returns the exit code with which the process is about to end.
    pub(crate) const fn exit_code(&self) -> i32 {
        self.exit_code
    }
}
