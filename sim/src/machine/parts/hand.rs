//! A server that somebody has started by hand, outside of its unit.

use std::collections::BTreeMap;

use seatrial_scenarios::Span;

use crate::machine::options::ServerOptions;

/// What a person has started.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::machine) struct Started {
    /// The number of the start, by which its terminal asks for the end.
    pub(in crate::machine) number: u32,
    /// `mysqld_safe` waits for the end of the server.
    pub(in crate::machine) watched: bool,
    /// The options on its command line.
    pub(in crate::machine) options: ServerOptions,
    /// The server starts at this instant; `None` once it runs.
    pub(in crate::machine) begins: Option<Span>,
}

/// The server that runs outside of its unit, if there is one.
///
/// It owns what was typed and how each start has ended. The flow `hand` drives it. It knows neither the unit nor the
/// process.
#[derive(Clone, Debug, Default)]
pub(in crate::machine) struct Hand {
    started: Option<Started>,
    last: u32,
    ends: BTreeMap<u32, i32>,
}

impl Hand {
    /// Counts a start, and gives its number.
    pub(in crate::machine) const fn count(&mut self) -> u32 {
        self.last += 1;
        self.last
    }

    /// This was started.
    pub(in crate::machine) fn start(&mut self, started: Started) {
        self.started = Some(started);
    }

    /// Returns what was started, if it goes on.
    pub(in crate::machine) const fn started(&self) -> Option<&Started> {
        self.started.as_ref()
    }

    /// Returns it, to be changed.
    pub(in crate::machine) const fn started_mut(&mut self) -> Option<&mut Started> {
        self.started.as_mut()
    }

    /// The start of this number has ended with this exit code.
    pub(in crate::machine) fn end(&mut self, number: u32, code: i32) {
        self.started.take_if(|started| started.number == number);
        self.ends.insert(number, code);
    }

    /// Takes the exit code of a start that has ended.
    pub(in crate::machine) fn take_end(&mut self, number: u32) -> Option<i32> {
        self.ends.remove(&number)
    }

    /// Returns whether a server of this kind runs: it does from the instant on at which it was to begin.
    pub(in crate::machine) fn runs(&self) -> bool {
        self.started()
            .is_some_and(|started| started.begins.is_none())
    }

    /// Returns the instant at which the server starts.
    pub(in crate::machine) fn begins(&self) -> Option<Span> {
        self.started()?.begins
    }
}
