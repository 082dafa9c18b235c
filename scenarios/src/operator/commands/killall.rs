//! `killall [-9] NAME`: a signal for every process of that very name (psmisc).
//!
//! The manual's `killall -9 mysqld` finds nothing on `MariaDB` 10.5 and later, where the process is
//! called `mariadbd` (measurements, B).

use seatrial_port::Output;
use seatrial_port::host::{Host, Signal, Step};

use super::output::{failed, printed};

/// A `killall`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Killall {
    signal: Signal,
    names: Vec<String>,
}

impl Killall {
    /// Reads the words after `killall`.
    pub(super) fn parse(words: &[String]) -> Result<Self, Output> {
        let mut signal = Signal::Term;
        let mut names = Vec::new();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let name = match word.as_str() {
                "-s" | "--signal" => words.next().map_or("", String::as_str),
                option if option.starts_with('-') => &option[1..],
                _ => {
                    names.push(word.clone());
                    continue;
                }
            };
            signal = match name.strip_prefix("SIG").unwrap_or(name) {
                "9" | "KILL" => Signal::Kill,
                "15" | "TERM" => Signal::Term,
                _ => return Err(failed(1, format!("{name}: unknown signal"))),
            };
        }
        if names.is_empty() {
            return Err(failed(1, "Usage: killall [-s SIGNAL | -SIGNAL] NAME..."));
        }
        Ok(Self { signal, names })
    }

    /// Sends the signals.
    pub(super) fn step(&mut self, host: &mut dyn Host) -> Step {
        let mut complaints = String::new();
        for name in &self.names {
            if host.signal(name, self.signal) == 0 {
                complaints.push_str(name);
                complaints.push_str(": no process found\n");
            }
        }
        // 0 only where every name had a process.
        let exit = i32::from(!complaints.is_empty());
        Step::Done(Output {
            stderr: complaints,
            exit,
            ..printed("")
        })
    }
}
