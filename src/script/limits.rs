//! The bounds of a program inside its walls: processes, the size of a file. Time and output are bounded from outside.

use std::fs;
use std::thread;
use std::time::Duration;

use rustix::process::{
    Pid, Resource, Rlimit, Signal, kill_process_group, setpriority_process, setrlimit,
};

/// The most processes of a program, or of a host. Scripts have a dozen; a fork bomb has them in a moment.
const PROCESSES: usize = 400;

/// The largest file that a program may write, in bytes.
const FILE: u64 = 512 * 1024 * 1024;

/// The time between two looks at the number of processes.
const LOOK: Duration = Duration::from_millis(10);

/// Bounds this process and all that it starts. It must run as the first program in a process namespace: too many
/// processes there are all killed, and `told` is called first.
pub(super) fn set(told: impl Fn() + Send + 'static) {
    for (what, most) in [(Resource::Fsize, FILE), (Resource::Core, 0)] {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        // A system with narrower limits keeps them.
        let _ = setrlimit(what, limit);
    }
    thread::spawn(move || {
        loop {
            if processes() > PROCESSES {
                told();
                kill_all();
            }
            thread::sleep(LOOK);
        }
    });
}

/// Gives a program that was started a lower priority than this process has, so that nothing that it does can keep this
/// one from looking.
pub(super) fn lower(started: u32) {
    /// A tenth of the usual share.
    const PRIORITY: i32 = 10;
    if let Some(started) = i32::try_from(started).ok().and_then(Pid::from_raw) {
        // A program that has ended already needs no priority.
        let _ = setpriority_process(Some(started), PRIORITY);
    }
}

fn processes() -> usize {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter(|entry| {
        let name = entry.file_name();
        name.as_encoded_bytes().iter().all(u8::is_ascii_digit)
    });
    numbers.count()
}

/// Kills every process of the namespace but this one and the first. No process can fork away from it: the kernel
/// holds its list while the signal is sent.
fn kill_all() {
    // The group of the first process stands for all (`kill(-1)`); what has ended meanwhile need not be killed.
    let _ = kill_process_group(Pid::INIT, Signal::KILL);
}
