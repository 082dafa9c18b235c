//! The trace of a run.

use seatrial_node::Peer;
use seatrial_scenarios::trace::{Facts, changed_facts};
use seatrial_scenarios::{NodeName, Span, Trace, TraceEvent, TraceKind};

use crate::machine::Machine;

use super::watch::place;

/// The trace, and the facts of each machine that it holds so far.
///
/// The cluster calls it. It decides nothing: a run without a trace is the same run.
#[derive(Clone, Debug)]
pub(crate) struct Journal {
    trace: Trace,
    on: bool,
    facts: Vec<Facts>,
}

impl Journal {
    /// Makes an empty trace of this number of machines.
    pub(super) fn new(machines: usize) -> Self {
        Self {
            trace: Trace::default(),
            on: true,
            facts: vec![Facts::new(); machines],
        }
    }

    /// Returns whether there is a trace.
    pub(crate) const fn is_on(&self) -> bool {
        self.on
    }

    /// Switches the trace on or off.
    pub(super) const fn set_on(&mut self, on: bool) {
        self.on = on;
    }

    /// Appends an event.
    pub(super) fn push(&mut self, now: Span, node: Option<NodeName>, what: TraceKind) {
        self.trace.push(now, node, what);
    }

    /// Returns the facts of a machine that have changed since the last time; `None` without a trace.
    pub(super) fn new_facts(&mut self, peer: Peer, machine: &Machine) -> Option<TraceKind> {
        if !self.on {
            return None;
        }
        let known = &mut self.facts[place(peer)];
        let before = std::mem::replace(known, machine.facts());
        changed_facts(&before, known)
    }

    /// Returns the trace so far.
    pub(crate) const fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Takes the trace; it begins anew.
    pub(crate) fn take_trace(&mut self) -> Trace {
        std::mem::take(&mut self.trace)
    }

    /// Takes the events since the last time.
    pub(crate) fn take_events(&mut self) -> Vec<TraceEvent> {
        std::mem::take(&mut self.trace.events)
    }
}
