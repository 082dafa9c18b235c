//! Whether a program was started in the background of a shell.

use rustix::process::{Pid, getpid, getppid, getsid};

/// The signals of the keyboard, by their numbers: SIGINT and SIGQUIT.
const KEYBOARD: [u32; 2] = [2, 3];

/// Returns whether nobody waits for this program: a shell without job control lets its background ignore the signals of
/// the keyboard (POSIX, Shell Command Language, 2.11), and `setsid` leaves a program that it has forked to the first
/// process.
pub(super) fn is_in_background() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let is_left = getppid() == Some(Pid::INIT) && getsid(None) == Ok(getpid());
    is_left || ignores(&status, KEYBOARD)
}

/// Returns whether the text of `/proc/PID/status` says that all these signals are ignored.
fn ignores(status: &str, signals: [u32; 2]) -> bool {
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| signals.iter().all(|signal| mask >> (signal - 1) & 1 == 1))
}

#[cfg(test)]
mod tests {
    use super::{KEYBOARD, ignores};

    #[test]
    fn the_background_of_a_shell_ignores_the_keyboard() {
        let status = |mask: &str| format!("Name:\tmariadbd\nSigIgn:\t{mask}\nSigCgt:\t0\n");
        assert!(ignores(&status("0000000000000006"), KEYBOARD));
        assert!(ignores(&status("0000000000001007"), KEYBOARD));
        assert!(!ignores(&status("0000000000000002"), KEYBOARD));
        assert!(!ignores(&status("0000000000000000"), KEYBOARD));
        assert!(!ignores("", KEYBOARD));
    }
}
