//! The first program inside the confinement. It starts the user's program and waits for its end. Then it
//! writes down how the program ended, and whether processes outlive it; these die with the namespace.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};

use super::{limits, sql};

/// The launcher's name among the wrappers.
pub(super) const NAME: &str = "launch";

/// The file in which it writes down the end, in the folder of the run.
const WORD: &str = "ended";

/// The time within which processes must be gone after the program's end.
const GONE: Duration = Duration::from_millis(200);

/// The end of the user's program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ended {
    /// The way in which it ended.
    pub(super) how: How,
    /// Whether processes of it outlived it.
    pub(super) left_behind: bool,
    /// Whether there were too many of them, see [`super::limits`].
    pub(super) too_many: bool,
}

/// The end of a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum How {
    /// The status that `wait` returned.
    Status(i32),
    /// The reason why it could not be started.
    NeverBegan(String),
}

impl Ended {
    /// Returns whether it exited with 0.
    pub(super) fn is_success(&self) -> bool {
        self.how == How::Status(0)
    }

    /// Returns the end of a program that had no walls around it, and kills what it left behind in its group.
    pub(super) fn without_walls(status: ExitStatus, group: Pid) -> Self {
        Self {
            how: How::Status(status.into_raw()),
            left_behind: kill_process_group(group, Signal::KILL).is_ok(),
            too_many: false,
        }
    }

    /// Returns the end of the tool if the launcher wrote nothing: it was killed with everything else, or it
    /// never ran.
    pub(super) fn of_tool(status: ExitStatus) -> Self {
        /// A shell's code for a death by a signal, less the signal.
        const BY_SIGNAL: i32 = 128;
        let signal = status.signal().or_else(|| {
            let code = status.code().unwrap_or_default();
            (code > BY_SIGNAL).then_some(code - BY_SIGNAL)
        });
        let how = signal.map_or_else(
            || How::NeverBegan(format!("its namespaces could not be made: {status}")),
            How::Status,
        );
        Self {
            how,
            left_behind: false,
            too_many: false,
        }
    }
}

/// Reads what the launcher of this folder wrote.
pub(super) fn ended(folder: &Path) -> Option<Ended> {
    let text = std::fs::read_to_string(folder.join(WORD)).ok()?;
    serde_json::from_str(&text).ok()
}

/// Runs the program to its end. Nothing reads the exit code: the file has the result.
pub(super) fn run(folder: &Path, program: &Path) -> io::Result<()> {
    let too_many = Arc::new(AtomicBool::new(false));
    let flag = too_many.clone();
    limits::set(move || flag.store(true, Ordering::SeqCst));
    sql::hand_out(folder)?;
    limits::lower_this_thread();
    let how = match Command::new(program)
        .spawn()
        .and_then(|mut child| child.wait())
    {
        Ok(status) => How::Status(status.into_raw()),
        Err(error) => How::NeverBegan(error.to_string()),
    };
    let until = Instant::now() + GONE;
    while others_run() && Instant::now() < until {
        thread::sleep(Duration::from_millis(5));
    }
    let ended = Ended {
        how,
        left_behind: others_run(),
        too_many: too_many.load(Ordering::SeqCst),
    };
    std::fs::write(folder.join(WORD), serde_json::to_vec(&ended)?)
}

/// Returns whether a process runs in this namespace beside the first one and this one. Zombies do not
/// count.
fn others_run() -> bool {
    let own = std::process::id();
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return false;
    };
    processes.flatten().any(|process| {
        let number = process
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok());
        let Some(number) = number.filter(|number| *number != 1 && *number != own) else {
            return false;
        };
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{number}/stat")) else {
            return false;
        };
        // The name in parentheses may hold anything; the state follows it.
        let state = stat.rsplit_once(')').map(|(_, rest)| rest.trim_start());
        !state.is_some_and(|state| state.starts_with(['Z', 'X']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_without_a_word() {
        let killed = Ended::of_tool(ExitStatus::from_raw(137 << 8));
        assert_eq!(killed.how, How::Status(9));
        let by_us = Ended::of_tool(ExitStatus::from_raw(9));
        assert_eq!(by_us.how, How::Status(9));
        let refused = Ended::of_tool(ExitStatus::from_raw(1 << 8));
        assert!(
            matches!(refused.how, How::NeverBegan(_)),
            "{:?}",
            refused.how
        );
    }
}
