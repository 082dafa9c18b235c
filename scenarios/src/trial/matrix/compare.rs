//! Compares a matrix with an earlier one: whether that says anything, and what has changed.

use std::collections::BTreeMap;

use seatrial_port::{Supervisor, Timers};

use crate::trial::outcome::Outcome;

use super::{Cell, FORMAT, Matrix};

/// The most scenarios that a refusal names.
const NAMED_MAX: usize = 5;

/// A cell of which one matrix says something else than the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change<'a> {
    /// The cell as it is now, or, if it is missing now, as it was.
    pub cell: &'a Cell,
    /// The earlier outcome; none if the cell is new.
    pub was: Option<Outcome>,
}

/// The changes since an earlier matrix. The lists are in the order of the cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes<'a> {
    /// Cells whose outcome is worse than it was.
    pub worse: Vec<Change<'a>>,
    /// Cells whose outcome is better than it was.
    pub better: Vec<Change<'a>>,
    /// Cells that the earlier matrix does not have.
    pub new: Vec<Change<'a>>,
    /// Cells that only the earlier matrix has: the procedure or the scenario was removed. What an interrupted
    /// run has not played is not among them.
    pub missing: Vec<Change<'a>>,
    /// The number of cells that both matrices have.
    pub compared: usize,
}

impl Changes<'_> {
    /// Returns whether something got worse or is missing.
    pub const fn fail(&self) -> bool {
        !self.worse.is_empty() || !self.missing.is_empty()
    }
}

/// The key of a cell: procedure, scenario, and the seed counted from the first one.
type Key<'a> = (&'a str, &'a str, u64);

impl Matrix {
    fn key<'a>(&self, cell: &'a Cell) -> Key<'a> {
        let seed = cell.seed.wrapping_sub(self.seed);
        (&cell.procedure, &cell.scenario, seed)
    }

    /// Returns the reasons why a comparison with an earlier matrix would say nothing about the procedures:
    /// other conditions, other versions of the scenarios, or an earlier run that was not complete.
    pub fn other_terms(&self, earlier: &Self) -> Vec<String> {
        let mut reasons = Vec::new();
        let mut differ = |what: &str, there: String, here: String| {
            if there != here {
                reasons.push(format!("{what}: {there} there, {here} here"));
            }
        };
        differ("engine", earlier.engine.clone(), self.engine.clone());
        differ("seeds", seeds(earlier), seeds(self));
        differ("supervisor", supervisor(earlier), supervisor(self));
        if earlier.format >= FORMAT {
            differ("timers", timers(earlier), timers(self));
        } else {
            reasons.push(format!(
                "format {}: the file does not say which timers and which versions of the scenarios it had",
                earlier.format
            ));
        }
        if earlier.not_played > 0 {
            reasons.push(format!(
                "it is not complete: its run was interrupted, and {} cells were not played",
                earlier.not_played
            ));
        }
        if let Some((index, of)) = earlier.shard
            && earlier.shard != self.shard
        {
            reasons.push(format!("it is not complete: it is shard {index} of {of}"));
        }
        let changed: Vec<&str> = self
            .scenarios
            .iter()
            .filter(|row| {
                let old = earlier.scenarios.iter().find(|old| old.id == row.id);
                old.is_some_and(|old| !old.sha256.is_empty() && old.sha256 != row.sha256)
            })
            .map(|row| row.id.as_str())
            .collect();
        if !changed.is_empty() {
            let named = changed[..changed.len().min(NAMED_MAX)].join(", ");
            let rest = changed.len().saturating_sub(NAMED_MAX);
            let rest = if rest > 0 {
                format!(" and {rest} more")
            } else {
                String::new()
            };
            reasons.push(format!("other versions of scenarios: {named}{rest}"));
        }
        reasons
    }

    /// Returns this shard and another one as one matrix. If all shards are there, it is the whole.
    ///
    /// # Errors
    /// When the two do not belong to one matrix. The error says why.
    pub fn merged(mut self, other: Self) -> Result<Self, String> {
        let (Some((_, of)), Some((index, others))) = (self.shard, other.shard) else {
            return Err("it is no shard of the same matrix: both are whole".to_owned());
        };
        let same = |one: &Self| {
            (
                one.format,
                one.program.clone(),
                one.engine.clone(),
                (one.seed, one.seeds, one.timers, one.supervisor),
                one.procedures.clone(),
                one.scenarios.clone(),
            )
        };
        if of != others || same(&self) != same(&other) {
            return Err("shards of different matrices do not go together".to_owned());
        }
        for cell in other.cells {
            let known = self.cells.iter().any(|known| {
                known.procedure == cell.procedure
                    && known.scenario == cell.scenario
                    && known.seed == cell.seed
            });
            if !known {
                self.cells.push(cell);
            }
        }
        self.sort();
        let pairs = self.procedures.len() * self.scenarios.len();
        let whole = usize::try_from(self.seeds)
            .unwrap_or(usize::MAX)
            .saturating_mul(pairs);
        self.not_played = whole.saturating_sub(self.cells.len());
        self.shard = if self.not_played == 0 {
            None
        } else {
            Some((index, of))
        };
        Ok(self)
    }

    /// Returns what has changed since an earlier matrix.
    pub fn changes<'a>(&'a self, earlier: &'a Self) -> Changes<'a> {
        let olds: BTreeMap<Key<'_>, &Cell> = earlier
            .cells
            .iter()
            .map(|cell| (earlier.key(cell), cell))
            .collect();
        let news: BTreeMap<Key<'_>, &Cell> = self
            .cells
            .iter()
            .map(|cell| (self.key(cell), cell))
            .collect();
        let mut changes = Changes::default();
        for cell in &self.cells {
            let was = olds.get(&self.key(cell)).map(|old| old.outcome);
            let change = Change { cell, was };
            changes.compared += usize::from(was.is_some());
            match was {
                None => changes.new.push(change),
                Some(was) if cell.outcome < was => changes.worse.push(change),
                Some(was) if cell.outcome > was => changes.better.push(change),
                Some(_) => {}
            }
        }
        for cell in &earlier.cells {
            let key = earlier.key(cell);
            if !news.contains_key(&key) && !self.still_plans(cell, key.2) {
                let was = Some(cell.outcome);
                changes.missing.push(Change { cell, was });
            }
        }
        changes
    }

    /// Returns whether a cell is only missing because the run was interrupted, or because another shard plays it.
    fn still_plans(&self, cell: &Cell, seed: u64) -> bool {
        (self.not_played > 0 || self.shard.is_some())
            && seed < self.seeds
            && self.procedures.contains(&cell.procedure)
            && self.scenarios.iter().any(|row| row.id == cell.scenario)
    }
}

fn seeds(matrix: &Matrix) -> String {
    match matrix.seeds {
        1 => matrix.seed.to_string(),
        many => format!(
            "{} to {}",
            matrix.seed,
            matrix.seed.saturating_add(many).saturating_sub(1)
        ),
    }
}

fn supervisor(matrix: &Matrix) -> String {
    match matrix.supervisor {
        Supervisor::None => "none",
        Supervisor::Systemd => "systemd",
    }
    .to_owned()
}

fn timers(matrix: &Matrix) -> String {
    match matrix.timers {
        None => "the scenarios' own",
        Some(Timers::Default) => "default",
        Some(Timers::Fast) => "fast",
    }
    .to_owned()
}
