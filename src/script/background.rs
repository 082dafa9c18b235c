//! Servers in the background of a host's shell: whether a program is one, and which of two begins first.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, getpid, getppid, getsid};

/// The signals of the keyboard, by their numbers: SIGINT and SIGQUIT.
const KEYBOARD: [u32; 2] = [2, 3];

/// The server and its script.
pub(super) const SERVERS: [&str; 4] = ["mariadbd", "mariadbd-safe", "mysqld", "mysqld_safe"];

/// Programs that become another one.
const BEFORE: [&str; 6] = ["env", "nohup", "runuser", "setsid", "su", "sudo"];

/// The shells of a host.
const SHELLS: [&str; 2] = ["bash", "sh"];

/// A shell that has not become anything after this long is one that goes on.
const SHELL: Duration = Duration::from_millis(30);

/// The longest wait for a server in the background to begin.
const AT_MOST: Duration = Duration::from_millis(500);

/// Waits until the servers that the same shell, or one before it, has started in the background have asked the engine: `mysqld_safe & sleep 20`
/// starts both at once, and on a real host the server does not wait for the end of the sleep.
pub(super) fn let_servers_begin() {
    let Some(shell) = getppid() else {
        return;
    };
    let begun = Instant::now();
    while begun.elapsed() < AT_MOST {
        let waits = |process: &(Pid, Pid, String)| {
            let (pid, parent, name) = process;
            // `setsid -f`, and a shell that has ended, leave what they have forked to the first process.
            (*parent == Pid::INIT || *parent == shell)
                && *pid != getpid()
                && is_beginning(name, begun.elapsed())
        };
        if !processes().iter().any(waits) {
            return;
        }
        thread::sleep(Duration::from_millis(2));
    }
}

fn is_beginning(name: &str, since: Duration) -> bool {
    SERVERS.contains(&name) || BEFORE.contains(&name) || (SHELLS.contains(&name) && since < SHELL)
}

/// Returns the processes of this host that run: number, parent and name.
fn processes() -> Vec<(Pid, Pid, String)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let stats = entries.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    stats.filter_map(|stat| process(&stat)).collect()
}

/// Reads `/proc/PID/stat`; `None` for a process that has ended.
fn process(stat: &str) -> Option<(Pid, Pid, String)> {
    let (pid, rest) = stat.split_once(" (")?;
    let (name, rest) = rest.rsplit_once(") ")?;
    let mut rest = rest.split(' ');
    if rest.next()? == "Z" {
        return None;
    }
    let parent = Pid::from_raw(rest.next()?.parse().ok()?)?;
    Some((Pid::from_raw(pid.parse().ok()?)?, parent, name.to_owned()))
}

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
    use super::{KEYBOARD, Pid, ignores, process};

    #[test]
    fn a_process_that_runs() {
        let read = process("17 (my (odd) name) S 12 17 17 0");
        let number = |raw| Pid::from_raw(raw).unwrap();
        assert_eq!(
            read,
            Some((number(17), number(12), "my (odd) name".to_owned()))
        );
        assert_eq!(process("17 (bash) Z 12 17 17 0"), None);
        assert_eq!(process(""), None);
    }

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
