//! All printing. A reader that has gone away is no error.

use std::io::Write as _;

/// Standard output and standard error, with colours where they are wanted.
pub(crate) struct Out {
    stdout: anstream::AutoStream<std::io::Stdout>,
    stderr: anstream::AutoStream<std::io::Stderr>,
}

impl Out {
    pub(crate) fn new() -> Self {
        Self {
            stdout: anstream::AutoStream::auto(std::io::stdout()),
            stderr: anstream::AutoStream::auto(std::io::stderr()),
        }
    }

    /// Prints as it is.
    pub(crate) fn print(&mut self, text: &str) {
        if self.stdout.write_all(text.as_bytes()).and_then(|()| self.stdout.flush()).is_err() {
            // The reader has seen enough (`seatrial list | head`).
            std::process::exit(0);
        }
    }

    /// Prints a line.
    pub(crate) fn line(&mut self, text: &str) {
        self.print(&format!("{text}\n"));
    }

    /// Prints a line on standard error.
    pub(crate) fn error(&mut self, text: &str) {
        let _ = writeln!(self.stderr, "{text}");
    }
}
