//! The conversation with a program inside a container that lasts: what is said to it, and its answers, each of which
//! ends with a mark.

use std::io;

use futures::StreamExt as _;
use tokio::io::AsyncWriteExt as _;

use crate::docker::{Docker, SessionInput, SessionOutput};
use crate::error::HarnessError;

/// The mark at the end of an answer. The rest of its line is the program's word on how it went.
pub(crate) const END: u8 = 4;

/// A running program, and what it has printed that nobody has taken.
pub(crate) struct Session {
    input: SessionInput,
    output: SessionOutput,
    heard: Vec<u8>,
}

impl Session {
    /// Starts a program in a container.
    pub(crate) async fn open(
        docker: &Docker,
        container: &str,
        program: &str,
    ) -> Result<Self, HarnessError> {
        let (_, input, output) = docker.session(container, &[program]).await?;
        Ok(Self {
            input,
            output,
            heard: Vec::new(),
        })
    }

    /// Says something to the program.
    pub(crate) async fn say(&mut self, text: &str) -> io::Result<()> {
        self.input.write_all(text.as_bytes()).await?;
        self.input.flush().await
    }

    /// Waits for more of what the program prints; the error says why nothing more comes.
    pub(crate) async fn listen(&mut self) -> Result<(), String> {
        match self.output.next().await {
            Some(Ok(part)) => {
                self.heard.extend_from_slice(&part.into_bytes());
                Ok(())
            }
            Some(Err(error)) => Err(error.to_string()),
            None => Err("the session has ended".to_owned()),
        }
    }

    /// Takes an answer out of what was heard, once it is whole, with the word behind its mark.
    pub(crate) fn answer(&mut self) -> Option<(String, String)> {
        let end = self.heard.iter().position(|byte| *byte == END)?;
        let line = self.heard[end..].iter().position(|byte| *byte == b'\n')?;
        let word = String::from_utf8_lossy(&self.heard[end + 1..end + line]).into_owned();
        let text = String::from_utf8_lossy(&self.heard[..end]).into_owned();
        self.heard.drain(..=end + line);
        Some((text, word))
    }

    /// Returns what was heard and nobody has taken.
    pub(crate) fn heard(&self) -> String {
        String::from_utf8_lossy(&self.heard).into_owned()
    }
}
