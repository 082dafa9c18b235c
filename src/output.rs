//! All printing to the standard streams. It removes colours where they are not wanted. A closed pipe is no error.

use std::io::{ErrorKind, Write};

use anstream::AutoStream;

use crate::exit;

/// Standard output and standard error.
pub(crate) struct Out {
    stdout: AutoStream<std::io::Stdout>,
    stderr: AutoStream<std::io::Stderr>,
}

impl Out {
    pub(crate) fn new() -> Self {
        Self {
            stdout: AutoStream::auto(std::io::stdout()),
            stderr: AutoStream::auto(std::io::stderr()),
        }
    }

    /// Prints a text as it is.
    pub(crate) fn print(&mut self, text: &str) {
        let Err(error) = write(&mut self.stdout, text) else {
            return;
        };
        if error.kind() == ErrorKind::BrokenPipe {
            // The reader has closed the pipe (`seatrial list | head`).
            std::process::exit(i32::from(exit::OK));
        }
        self.error(&format!("error: cannot write to standard output: {error}"));
        std::process::exit(i32::from(exit::ENVIRONMENT));
    }

    /// Prints a line.
    pub(crate) fn line(&mut self, text: &str) {
        self.print(&format!("{text}\n"));
    }

    /// Prints a line on standard error.
    pub(crate) fn error(&mut self, text: &str) {
        // If standard error cannot be written either, only the exit code reports the problem.
        let _ = write(&mut self.stderr, &format!("{}\n", text.trim_end()));
    }
}

fn write(stream: &mut impl Write, text: &str) -> std::io::Result<()> {
    pass(stream, text.as_bytes())
}

/// One of the two streams to which a program's bytes are passed on as they are.
#[derive(Clone, Copy)]
pub(crate) enum Stream {
    Output,
    Errors,
}

impl Stream {
    /// Writes bytes. A reader that has gone away gets no more, and is no reason to stop.
    pub(crate) fn pass_on(self, bytes: &[u8]) {
        let _ = match self {
            Self::Output => pass(&mut std::io::stdout(), bytes),
            Self::Errors => pass(&mut std::io::stderr(), bytes),
        };
    }

    /// Returns whether both are the same file.
    pub(crate) fn are_one() -> bool {
        let output = rustix::fs::fstat(std::io::stdout());
        match (output, rustix::fs::fstat(std::io::stderr())) {
            (Ok(one), Ok(other)) => (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino),
            _ => false,
        }
    }
}

fn pass(stream: &mut impl Write, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(bytes)?;
    stream.flush()
}
