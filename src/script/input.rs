//! The standard input of a line for a real host. It is read whole before the line begins.

use std::io::{self, IsTerminal as _, Read as _};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::shim::{Failed, REFUSED};

/// The most that a line may read, in bytes: Ansible sends a module with its libraries.
const MOST: u64 = 4 * 1024 * 1024;

/// How long the first byte may take, in seconds. A program may leave a pipe open into which it never writes.
const FIRST_BYTE_S: i64 = 1;

/// The refusal of input that came while the line ran already.
pub(super) const TOO_LATE: &str = "seatrial: ssh to a real host: the line's standard input came more than a second after the line, and is lost";

/// Reads what the line is to read. `None` where there is nothing.
pub(super) fn read() -> Result<Option<String>, Failed> {
    if io::stdin().is_terminal() || !is_ready(FIRST_BYTE_S) {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let read = io::stdin().take(MOST + 1).read_to_end(&mut bytes);
    read.map_err(|error| (1, format!("ssh: {error}")))?;
    if bytes.len() as u64 > MOST {
        return Err((
            REFUSED,
            "seatrial: a line on a real host reads at most 4 MB".to_owned(),
        ));
    }
    let text = String::from_utf8(bytes).map_err(|_| {
        (
            REFUSED,
            "seatrial: a line on a real host reads text, and this is none".to_owned(),
        )
    })?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// Returns whether there is something to read that nobody has read.
pub(super) fn is_waiting() -> bool {
    let mut byte = [0];
    !io::stdin().is_terminal()
        && is_ready(0)
        && io::stdin().read(&mut byte).is_ok_and(|read| read > 0)
}

/// Returns whether a read comes back at once, with bytes or with the end, within some seconds.
fn is_ready(seconds: i64) -> bool {
    let input = io::stdin();
    let mut looked = [PollFd::new(&input, PollFlags::IN)];
    let limit = Timespec {
        tv_sec: seconds,
        tv_nsec: 0,
    };
    // A closed stream is ready as well: there is nothing to wait for.
    poll(&mut looked, Some(&limit)).is_ok_and(|ready| ready > 0)
}
