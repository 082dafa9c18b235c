//! The options of a run that the command may change.

use std::sync::Arc;

use seatrial_language::{Action, NodesCommand, Pace, Part};
use seatrial_port::{Span, Timers};

use super::external::Program;

/// The short `pc.wait_prim_timeout` of the fast timers plus 5 s: a node that starts in vain has
/// given up by then.
const HOLD_LEAST_FAST: Span = Span::from_secs(13);

/// A part of one step's check that is negated: the check asks for its contrary and for nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Negation {
    /// The step.
    pub step: u32,
    /// The part of its check.
    pub part: Part,
}

/// One order of what a step does at one instant, with pauses: people and containers have no common instant, and
/// whoever begins first may end the race.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stagger {
    /// The number of the order among all orders; 0 is the order of the file.
    pub order: u64,
    /// The time between two beginnings.
    pub pause: Span,
}

impl Stagger {
    /// Returns what an action does at several nodes as an action for each, in this order; none for another action.
    pub(super) fn parts(self, action: &Action) -> Option<Vec<Action>> {
        Some(match action {
            Action::Command(command) => {
                let of = |node| NodesCommand {
                    nodes: vec![node],
                    ..command.clone()
                };
                let nodes = self.ordered(&command.nodes).into_iter();
                nodes.map(|node| Action::Command(of(node))).collect()
            }
            Action::Faults(faults) => {
                let faults = self.ordered(faults).into_iter();
                faults.map(|fault| Action::Faults(vec![fault])).collect()
            }
            _ => return None,
        })
    }

    /// Returns the items in this order (the digits of the number in the factorial system choose one after another).
    fn ordered<T: Clone>(self, items: &[T]) -> Vec<T> {
        let mut left = items.to_vec();
        let mut number = self.order;
        let mut ordered = Vec::with_capacity(left.len());
        for count in (1..=left.len() as u64).rev() {
            let place = usize::try_from(number % count).unwrap_or(0);
            number /= count;
            ordered.push(left.remove(place));
        }
        ordered
    }
}

/// The options of a run that the command may change.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// The master seed.
    pub seed: u64,
    /// The engine's name; empty for the testbed's own word.
    pub engine: String,
    /// The pace, over that of the scenario. With several engines the command passes `Rest` for
    /// scenarios that say nothing.
    pub pace: Option<Pace>,
    /// The timeouts, over those of the scenario.
    pub timers: Option<Timers>,
    /// Whether there may be a second phase.
    pub second_phase: bool,
    /// The part of a check that is negated, so that its claim's verdict must flip
    /// (`claims --audit`).
    pub negate: Option<Negation>,
    /// The order and the pauses of what a step does at several nodes; all in one instant if none is given.
    pub stagger: Option<Stagger>,
    /// Go on after a fault that the engine does not support.
    pub allow_unsupported: bool,
    /// Keep the error log of each node at the end of the run (`RunRecord::logs`).
    pub keep_logs: bool,
    /// Do not fail a run in which a fault had nothing to act on, or a write was refused. This is for searches, whose
    /// schedules are drawn without knowing that.
    pub allow_skipped: bool,
    /// A program of the user's that acts wherever the scenario lets a procedure of its name act.
    pub program: Option<Arc<dyn Program>>,
}

impl RunOptions {
    /// Returns the part of this step's check that is negated, if one is.
    pub(super) fn negated(&self, step: u32) -> Option<&Part> {
        let negation = self.negate.as_ref()?;
        (negation.step == step).then_some(&negation.part)
    }
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            seed: 0,
            engine: String::new(),
            pace: None,
            timers: None,
            second_phase: true,
            negate: None,
            stagger: None,
            allow_unsupported: false,
            keep_logs: false,
            allow_skipped: false,
            program: None,
        }
    }
}

/// Returns the time that a `for` lasts: with fast timers a fifth, but at least 13 s, and never longer than
/// written.
pub fn hold_for(written: Span, timers: Timers) -> Span {
    match timers {
        Timers::Default => written,
        Timers::Fast => {
            let fifth = Span::from_micros(written.as_micros() / 5);
            fifth.max(HOLD_LEAST_FAST).min(written)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_has_its_number() {
        let order = |order| {
            let pause = Span::from_millis(20);
            Stagger { order, pause }.ordered(&["A", "B", "C"]).concat()
        };
        let all: Vec<String> = (0..6).map(order).collect();
        assert_eq!(all, ["ABC", "BAC", "CAB", "ACB", "BCA", "CBA"]);
        assert_eq!(order(6), "ABC");
    }
}
