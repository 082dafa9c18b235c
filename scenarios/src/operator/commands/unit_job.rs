//! A job of systemd for mariadb.service, and the `systemctl` that waits for it.
//!
//! `MariaDB`'s unit file (`support-files/mariadb.service.in`) has `Type=notify`, so a start lasts
//! until the server says that it is ready: a node that waits for a primary component stays
//! `activating`. It has `SendSIGKILL=no` and 900 seconds for a stop, because a forced end costs a
//! recovery.
//!
//! The job belongs to systemd and goes on when the terminal that asked for it is gone.

use seatrial_port::host::{Host, Step, UnitFileState, UnitState};
use seatrial_port::{Output, Span};

use super::output::{failed, interrupted, printed};

/// `TimeoutStartSec` and `TimeoutStopSec` of the unit file.
const UNIT_TIMEOUT: Span = Span::from_secs(900);

/// The request to systemd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Verb {
    /// `systemctl start`.
    Start,
    /// `systemctl stop`.
    Stop,
    /// `systemctl restart`.
    Restart,
}

/// The phase of the job, with the instant at which it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    New,
    Stopping(Span),
    Starting(Span),
}

/// A job and the command that waits for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct UnitJob {
    verb: Verb,
    phase: Phase,
}

impl UnitJob {
    /// Returns a job that has not been given to systemd yet.
    pub(super) const fn new(verb: Verb) -> Self {
        Self {
            verb,
            phase: Phase::New,
        }
    }

    /// Gives the job to systemd in the first call, and then waits for its end.
    pub(super) fn step(&mut self, host: &mut dyn Host) -> Step {
        match self.phase {
            Phase::New => self.begin(host),
            Phase::Stopping(since) => self.wait_for_stop(since, host),
            Phase::Starting(since) => wait_for_start(since, host),
        }
    }

    /// Ctrl-C. The job goes on. A start or restart that still waits for the end of a stop keeps its
    /// second half in systemd's queue.
    pub(super) fn interrupt(&mut self, host: &mut dyn Host) -> Output {
        if self.verb != Verb::Stop && matches!(self.phase, Phase::Stopping(_)) {
            host.start_unit();
        }
        interrupted()
    }

    fn begin(&mut self, host: &mut dyn Host) -> Step {
        let now = host.now();
        if self.verb != Verb::Stop && host.unit_file() == UnitFileState::Masked {
            let verb = if self.verb == Verb::Start {
                "start"
            } else {
                "restart"
            };
            return Step::Done(failed(
                1,
                format!("Failed to {verb} mariadb.service: Unit mariadb.service is masked."),
            ));
        }
        match (self.verb, host.unit()) {
            (Verb::Start, UnitState::Active) => Step::Done(printed("")),
            // There is nothing to stop, but a planned restart after a crash is cancelled.
            (Verb::Stop, UnitState::Inactive | UnitState::Failed(_)) => {
                host.stop_unit();
                Step::Done(printed(""))
            }
            // A start that is under way is joined.
            (Verb::Start, UnitState::Activating) => {
                self.phase = Phase::Starting(now);
                Step::Until(now + UNIT_TIMEOUT)
            }
            (Verb::Start | Verb::Restart, UnitState::Inactive | UnitState::Failed(_)) => {
                self.begin_start(host)
            }
            // A start asked for during a stop waits for the end of the stop.
            (_, UnitState::Deactivating) => {
                self.phase = Phase::Stopping(now);
                Step::Until(now + UNIT_TIMEOUT)
            }
            (Verb::Stop | Verb::Restart, UnitState::Active | UnitState::Activating) => {
                host.stop_unit();
                self.phase = Phase::Stopping(now);
                // A start that was still in its preparations has been stopped by now.
                self.wait_for_stop(now, host)
            }
        }
    }

    fn begin_start(&mut self, host: &mut dyn Host) -> Step {
        let now = host.now();
        host.start_unit();
        self.phase = Phase::Starting(now);
        Step::Until(now + UNIT_TIMEOUT)
    }

    fn wait_for_stop(&mut self, since: Span, host: &mut dyn Host) -> Step {
        match host.unit() {
            UnitState::Inactive | UnitState::Failed(_) if self.verb == Verb::Stop => {
                Step::Done(printed(""))
            }
            UnitState::Inactive | UnitState::Failed(_) => self.begin_start(host),
            // Systemd gives the stop up and leaves the process alone. For the stop job that is an
            // end like any other (`src/core/job.c`), so `systemctl stop` returns 0.
            UnitState::Deactivating if host.now() >= since + UNIT_TIMEOUT => {
                Step::Done(match self.verb {
                    Verb::Stop => printed(""),
                    Verb::Start | Verb::Restart => because("a timeout was exceeded"),
                })
            }
            // The instant of the request is too early to tell.
            UnitState::Active | UnitState::Activating if host.now() == since => {
                Step::Until(since + UNIT_TIMEOUT)
            }
            // Somebody else started it: for a stop that means that this job was thrown out.
            UnitState::Active | UnitState::Activating if self.verb == Verb::Stop => {
                Step::Done(canceled())
            }
            UnitState::Active | UnitState::Activating => {
                self.phase = Phase::Starting(since);
                wait_for_start(since, host)
            }
            UnitState::Deactivating => Step::Until(since + UNIT_TIMEOUT),
        }
    }
}

fn wait_for_start(since: Span, host: &mut dyn Host) -> Step {
    if host.now() == since {
        // The state may still be that of the last run.
        return Step::Until(since + UNIT_TIMEOUT);
    }
    match host.unit() {
        UnitState::Active => Step::Done(printed("")),
        UnitState::Failed(code) => Step::Done(because(Ended::from_code(code).explanation())),
        UnitState::Inactive | UnitState::Deactivating => Step::Done(canceled()),
        UnitState::Activating if host.now() >= since + UNIT_TIMEOUT => {
            host.give_up_start();
            Step::Done(because("a timeout was exceeded"))
        }
        UnitState::Activating => Step::Until(since + UNIT_TIMEOUT),
    }
}

/// Returns how the main process of a failed unit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// By itself, with this code.
    Exit(i32),
    /// Killed by this signal.
    Signal(i32),
    /// Killed by this signal, with a core dump.
    Dump(i32),
}

impl Ended {
    /// From an exit code in which 128 stands for "by a signal".
    pub(super) const fn from_code(code: i32) -> Self {
        match code - 128 {
            // The signals whose default is a core dump: QUIT, ILL, ABRT, BUS, FPE, SEGV.
            signal @ (3 | 4 | 6 | 7 | 8 | 11) => Self::Dump(signal),
            signal @ 1.. => Self::Signal(signal),
            _ => Self::Exit(code),
        }
    }

    /// systemd's word for the unit's result.
    pub(super) const fn result(self) -> &'static str {
        match self {
            Self::Exit(_) => "exit-code",
            Self::Signal(_) => "signal",
            Self::Dump(_) => "core-dump",
        }
    }

    /// `systemctl`'s sentence for it (`src/shared/bus-wait-for-jobs.c`).
    const fn explanation(self) -> &'static str {
        match self {
            Self::Exit(_) => "the control process exited with error code",
            Self::Signal(_) => "a fatal signal was delivered to the control process",
            Self::Dump(_) => {
                "a fatal signal was delivered causing the control process to dump core"
            }
        }
    }
}

fn because(explanation: &str) -> Output {
    failed(
        1,
        format!(
            "Job for mariadb.service failed because {explanation}.\n\
             See \"systemctl status mariadb.service\" and \
             \"journalctl -xeu mariadb.service\" for details."
        ),
    )
}

fn canceled() -> Output {
    failed(1, "Job for mariadb.service canceled.")
}
