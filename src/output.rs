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
    stream.write_all(text.as_bytes())?;
    stream.flush()
}
