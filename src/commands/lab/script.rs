//! Plays lines from a file or a pipe, and prints the transcript.

use std::io::{self, BufRead, Read as _};

use seatrial_lab::{Engine, LINE_MAX, Lab};

use super::store::Store;
use crate::output::Out;

/// Reads one line of at most a little more than [`LINE_MAX`] bytes. It skips the rest of a longer line, so
/// that no input takes unlimited memory. `None` at the end.
pub(super) fn read_line(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let limit = LINE_MAX as u64 + 2;
    let mut bytes = Vec::new();
    let read = input.by_ref().take(limit).read_until(b'\n', &mut bytes)?;
    if read == 0 {
        return Ok(None);
    }
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    } else if read as u64 == limit {
        pass_over(input)?;
    }
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

fn pass_over(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        if let Some(place) = buffer.iter().position(|byte| *byte == b'\n') {
            input.consume(place + 1);
            return Ok(());
        }
        let length = buffer.len();
        input.consume(length);
    }
}

/// Plays all lines, prints each behind the prompt, and returns how many failed.
pub(super) async fn play<E: Engine>(
    lab: &mut Lab<E>,
    store: &Store,
    input: &mut impl BufRead,
    out: &mut Out,
) -> io::Result<usize> {
    let mut refused = 0;
    while let Some(line) = read_line(input)? {
        let shown: String = line.trim_end().chars().take(200).map(visible).collect();
        out.line(format!("{}{shown}", lab.prompt()).trim_end());
        let reply = store.line(lab, &line).await;
        out.print(&reply.text);
        refused += usize::from(reply.refused);
        if reply.leave {
            break;
        }
    }
    Ok(refused)
}

fn visible(c: char) -> char {
    if c.is_control() { '\u{fffd}' } else { c }
}
