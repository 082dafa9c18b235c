//! A matrix with the verdict on it: what every report of `verify` is made from.

use seatrial_scenarios::matrix::{Cell, Changes, Gate, Matrix};
use seatrial_scenarios::outcome::Outcome;

use crate::words::count;

/// A matrix, the outcomes that fail it, and what has changed since an earlier one.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// The matrix.
    pub matrix: &'a Matrix,
    /// The changes since an earlier matrix, if there is one to compare with.
    pub changes: Option<&'a Changes<'a>>,
    /// The earlier matrix.
    pub earlier: Option<&'a Matrix>,
}

impl<'a> Judged<'a> {
    /// Returns which cells fail.
    pub const fn gate(&self) -> &'a Gate {
        &self.matrix.gate
    }

    /// Returns whether a cell fails the run.
    pub fn fails(&self, cell: &Cell) -> bool {
        self.gate().fails(cell, self.changes)
    }

    /// Returns the cells that fail the run, in their order.
    pub fn failing(&self) -> Vec<&'a Cell> {
        let cells = self.matrix.cells.iter();
        cells.filter(|cell| self.fails(cell)).collect()
    }

    /// Returns the cells of which nothing is known, in their order.
    pub fn not_judged(&self) -> Vec<&'a Cell> {
        let cells = self.matrix.cells.iter();
        cells
            .filter(|cell| cell.outcome == Outcome::NotJudged)
            .collect()
    }

    /// Returns whether the run was interrupted.
    pub const fn is_interrupted(&self) -> bool {
        self.matrix.not_played > 0
    }

    /// Returns the result in one line: how many cells were played, how many fail.
    pub fn headline(&self) -> String {
        let played = self.matrix.cells.len();
        if self.is_interrupted() {
            return format!(
                "INTERRUPTED: {played} of {} were played, and the rest is not known",
                count(played + self.matrix.not_played, "cell", "cells")
            );
        }
        let failing = self.failing().len();
        let bad = self
            .matrix
            .cells
            .iter()
            .filter(|cell| !cell.outcome.is_good() && cell.outcome != Outcome::NotJudged)
            .count();
        let mut text = count(played, "cell", "cells");
        let not_judged = self.not_judged().len();
        if failing == 0 && not_judged == 0 && bad == 0 {
            text.push_str(", all good");
            return text;
        }
        let good = played - bad - not_judged;
        text = format!("{text}: {good} good, {bad} bad");
        if failing != bad {
            text = format!("{text} ({failing} of them fail this run)");
        }
        if not_judged > 0 {
            text = format!("{text}, {not_judged} not judged");
        }
        text
    }

    /// Returns the failing outcomes with their numbers, the worst first: `3 lossy, 9 stuck`.
    pub fn by_outcome(&self) -> String {
        let failing = self.failing();
        let parts: Vec<String> = Outcome::ALL
            .into_iter()
            .filter_map(|outcome| {
                let number = failing
                    .iter()
                    .filter(|cell| cell.outcome == outcome)
                    .count();
                (number > 0).then(|| format!("{number} {}", outcome.name()))
            })
            .collect();
        parts.join(", ")
    }
}
