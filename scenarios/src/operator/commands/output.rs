//! Short ways to say what a command printed and returned.

use seatrial_port::Output;

/// The exit code of a command that Ctrl-C ended: 128 plus SIGINT.
pub(super) const INTERRUPTED: i32 = 130;

/// Returns a command that went well.
pub(super) fn printed(stdout: impl Into<String>) -> Output {
    Output {
        stdout: stdout.into(),
        stderr: String::new(),
        exit: 0,
    }
}

/// Returns a command that only complains. The text gets its newline here.
pub(super) fn failed(exit: i32, complaint: impl AsRef<str>) -> Output {
    Output {
        stdout: String::new(),
        stderr: format!("{}\n", complaint.as_ref()),
        exit,
    }
}

/// Returns a command that Ctrl-C ended before it printed anything.
pub(super) fn interrupted() -> Output {
    Output {
        stdout: String::new(),
        stderr: String::new(),
        exit: INTERRUPTED,
    }
}
