//! The exit codes, a contract with the scripts that call the command, and the reason for a bad one.

/// Everything is as expected.
pub(crate) const OK: u8 = 0;
/// A finding that no file expects, a failed scenario, engines that disagree, a bad cell of `verify`, or something
/// worse or missing against an earlier run.
pub(crate) const FINDING: u8 = 1;
/// The command line or a scenario file.
pub(crate) const USAGE: u8 = 2;
/// The environment: an engine or a fault that is not available, a fault that had no effect, a program that cannot
/// start, a folder that cannot be written or that another process writes.
pub(crate) const ENVIRONMENT: u8 = 3;
/// Stopped by a signal, and nothing found until then.
pub(crate) const STOPPED: u8 = 4;

/// The reason why a subcommand cannot do what was asked: an exit code, and a text for standard error.
#[derive(Debug)]
pub(crate) struct Stop {
    pub(crate) code: u8,
    pub(crate) text: String,
}

impl Stop {
    /// Returns a stop for a mistake on the command line or in a scenario file.
    pub(crate) fn usage(text: impl std::fmt::Display) -> Self {
        Self {
            code: USAGE,
            text: format!("error: {text}"),
        }
    }

    /// Returns a stop for a problem of the environment.
    pub(crate) fn environment(text: impl std::fmt::Display) -> Self {
        Self {
            code: ENVIRONMENT,
            text: format!("error: {text}"),
        }
    }

    /// Returns a stop for a job that has panicked, which is a bug of ours.
    pub(crate) fn bug(job: &str, panic: &str) -> Self {
        Self {
            code: FINDING,
            text: format!("error: a bug in seatrial, please report it: {job}: {panic}"),
        }
    }
}
