//! The times of a run: when it began, when it must end, and why there cannot be another step.

use seatrial_port::{Span, Timers};

use super::options::hold_for;

/// The reason why a run cannot go on. The later variant wins where both are true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Halt {
    /// The engine cannot do what a step needs: what follows would say nothing.
    Unsupported,
    /// The limit passed while the runner waited.
    OverLimit,
}

/// The times of a run.
///
/// Owns the run's beginning, its deadline and its halt. [`Play`](super::play::Play) asks it how long a
/// wait may be, and the runner whether there is another step. It knows no cluster and writes nothing
/// down.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    timers: Timers,
    began: Span,
    deadline: Span,
    halt: Option<Halt>,
}

impl Clock {
    /// Returns the clock of a run that begins now and may take `limit`.
    pub(super) fn new(now: Span, limit: Span, timers: Timers) -> Self {
        Self {
            timers,
            began: now,
            deadline: now + limit,
            halt: None,
        }
    }

    /// When the first step could begin.
    pub(super) const fn began(&self) -> Span {
        self.began
    }

    /// When the run must have ended.
    pub(super) const fn deadline(&self) -> Span {
        self.deadline
    }

    /// Returns the longest time that the run may take from its beginning.
    pub(super) const fn limit(&self) -> Span {
        self.deadline.saturating_sub(self.began)
    }

    /// Returns the time that is left.
    pub(super) const fn left(&self, now: Span) -> Span {
        self.deadline.saturating_sub(now)
    }

    /// Sets a new deadline: the second phase has bounds of its own.
    pub(super) const fn extend_to(&mut self, deadline: Span) {
        self.deadline = deadline;
    }

    /// Returns the time that a `for` of this length lasts with the run's timers.
    pub(super) fn hold(&self, written: Span) -> Span {
        hold_for(written, self.timers)
    }

    /// Notes why the run cannot go on.
    pub(super) fn halt(&mut self, why: Halt) {
        self.halt = self.halt.max(Some(why));
    }

    /// Returns the reason why the run cannot go on, if it cannot.
    pub(super) const fn halted(&self) -> Option<Halt> {
        self.halt
    }

    /// Returns whether the limit passed while the runner waited.
    pub(super) fn is_over_limit(&self) -> bool {
        self.halt == Some(Halt::OverLimit)
    }
}
