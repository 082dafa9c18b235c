//! The shell service of a host: it runs inside the host's walls and starts a shell for each line.
//!
//! The sender of a line sends the three streams with it, so that their bytes never pass through here.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use rustix::fd::{AsFd as _, BorrowedFd, OwnedFd};
use serde::{Deserialize, Serialize};

use crate::script::{limits, passing, sql};

/// The name of this service among the wrappers.
pub(in crate::script) const NAME: &str = "serve-host";

/// Where `sftp-server` may be.
const SFTP: [&str; 3] = [
    "/usr/lib/openssh/sftp-server",
    "/usr/libexec/openssh/sftp-server",
    "/usr/lib/ssh/sftp-server",
];

/// The file in a host's root that says that there were too many processes.
pub(in crate::script) const TOO_MANY: &str = ".too-many-processes";

/// An order for the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::script) struct Order {
    /// What to run.
    pub(in crate::script) what: What,
    /// Variables of the shell.
    pub(in crate::script) variables: Vec<(String, String)>,
}

/// What a host is asked to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::script) enum What {
    /// A line for the shell.
    Line(String),
    /// A shell that reads its lines from its standard input.
    Shell,
    /// The server of `sftp`, for `scp` and `sftp`.
    Sftp,
}

/// Sends an order with three streams to the service, and waits for the exit code.
///
/// # Errors
/// When the host is gone.
pub(in crate::script) fn send(
    socket: &Path,
    order: &Order,
    streams: [BorrowedFd<'_>; 3],
) -> io::Result<i32> {
    let mut stream = UnixStream::connect(socket)?;
    passing::send(&stream, order, &streams)?;
    let mut code = [0; 4];
    stream.read_exact(&mut code)?;
    Ok(i32::from_le_bytes(code))
}

/// Serves until the walls fall. The listener is its standard input.
///
/// # Errors
/// When the listener cannot be used.
pub(in crate::script) fn serve(folder: &Path) -> io::Result<()> {
    limits::set(|| {
        // If it cannot be written, the note is missing and nothing else.
        let _ = std::fs::write(format!("/{TOO_MANY}"), "");
    });
    // Without it a program that speaks the protocol itself finds no server; everything else works.
    let _ = sql::hand_out(folder);
    let listener = UnixListener::from(io::stdin().as_fd().try_clone_to_owned()?);
    for stream in listener.incoming() {
        let stream = stream?;
        thread::spawn(move || {
            // The sender of a damaged order, or one that has gone away, gets no answer.
            let _ = answer(stream);
        });
    }
    Ok(())
}

fn answer(mut stream: UnixStream) -> io::Result<()> {
    let (order, streams) = passing::receive(&stream)?;
    let streams = streams
        .try_into()
        .map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
    let code = run(&order, streams).unwrap_or_else(|error| {
        const NOT_STARTED: i32 = 126;
        // The streams are gone with the attempt; the code alone can say it.
        let _ = error;
        NOT_STARTED
    });
    stream.write_all(&code.to_le_bytes())
}

/// A shell's code for a death by a signal, less the signal.
const BY_SIGNAL: i32 = 128;

fn run(order: &Order, [input, output, errors]: [OwnedFd; 3]) -> io::Result<i32> {
    let mut command = match &order.what {
        What::Line(line) => {
            let mut command = Command::new("/bin/bash");
            command.arg0("bash").arg("-c").arg(line);
            command
        }
        What::Shell => {
            let mut command = Command::new("/bin/bash");
            command.arg0("bash").arg("-s");
            command
        }
        What::Sftp => {
            let there = SFTP.iter().find(|path| Path::new(path).exists());
            Command::new(there.unwrap_or(&SFTP[0]))
        }
    };
    command.envs(order.variables.iter().map(|(name, value)| (name, value)));
    limits::lower_this_thread();
    let mut child = command
        .current_dir(if Path::new("/root").is_dir() {
            "/root"
        } else {
            "/"
        })
        .stdin(Stdio::from(input))
        .stdout(Stdio::from(output))
        .stderr(Stdio::from(errors))
        .spawn()?;
    // The streams are the child's alone, so that their other ends learn when it is done with them.
    drop(command);
    let status = child.wait()?;
    Ok(status
        .code()
        .unwrap_or_else(|| BY_SIGNAL + status.signal().unwrap_or_default()))
}
