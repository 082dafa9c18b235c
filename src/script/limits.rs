//! The bounds of a program inside its walls: processes, the size of a file. Time and output are bounded from outside.

use std::fs;
use std::thread;
use std::time::Duration;

use rustix::process::{
    Pid, Resource, Rlimit, Signal, getpriority_process, kill_process_group, setpriority_process,
    setrlimit,
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
    let mut limits = vec![(Resource::Fsize, FILE), (Resource::Core, 0)];
    if counts_by_namespace() {
        // The kernel's own limit, which it does not apply to root.
        limits.push((Resource::Nproc, PROCESSES as u64));
    }
    for (what, most) in limits {
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

/// Starts something with more of the processor than others get, where the system lets this process do that. What is
/// started begins with [`set`] and then [`lower_this_thread`].
pub(super) fn with_priority<T>(start: impl FnOnce() -> T) -> T {
    /// Far before the thousands of processes that a program may have made before it is stopped.
    const BEFORE_OTHERS: i32 = -15;
    // On Linux a priority belongs to a thread, whatever POSIX says.
    let own = getpriority_process(None).unwrap_or_default();
    // Only root may do that. For everybody else the kernel has a limit of its own.
    let _ = setpriority_process(None, BEFORE_OTHERS);
    let started = start();
    let _ = setpriority_process(None, own);
    started
}

/// Gives this thread, and what it starts from here on, the usual share of the processor or less. The thread that
/// counts processes keeps its own, so that nothing that a program does can keep it from looking.
pub(super) fn lower_this_thread() {
    let own = getpriority_process(None).unwrap_or_default();
    // A priority can always be lowered.
    let _ = setpriority_process(None, if own < 0 { 0 } else { own + 5 });
}

/// Returns whether the kernel counts the processes of a user in each namespace apart, as Linux does since 5.14: a limit
/// counted the user's other processes before that.
fn counts_by_namespace() -> bool {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers = release
        .split(['.', '-'])
        .map_while(|part| part.parse::<u32>().ok());
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    version >= (5, 14)
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
