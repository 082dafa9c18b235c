//! Steps that are played several times: a `repeat` becomes its rounds when the file is read.

use std::collections::BTreeMap;

use super::check::Checker;
use super::error::Problem;
use super::raw::{Placed, RawRepeat, RawStep};
use super::scenario::Step;

/// The most steps that a scenario may have, all rounds counted.
const STEPS_MAX: usize = 2_000;

/// The names of a round.
///
/// A name that a step gives with `as` belongs to its round. In the second round `w` is `w-2` for the run, and a step
/// of that round that says `w` means it. Behind the last round the name is the last one's.
#[derive(Default)]
pub(super) struct Rounds {
    /// The round that is read, from 1; 0 outside.
    round: u32,
    /// The names of the last round that has given them.
    names: BTreeMap<String, String>,
}

impl Rounds {
    /// Returns the name for the run of what a step gives this name.
    pub(super) fn give(&mut self, name: &str) -> String {
        if self.round < 2 {
            self.names.remove(name);
            return name.to_owned();
        }
        let of_round = format!("{name}-{}", self.round);
        self.names.insert(name.to_owned(), of_round.clone());
        of_round
    }

    /// Returns the name for the run of what a step calls so.
    pub(super) fn find(&self, name: &str) -> String {
        let of_round = self.names.get(name).cloned();
        of_round.unwrap_or_else(|| name.to_owned())
    }
}

impl Checker<'_> {
    /// Adds the step, or the rounds that it stands for.
    pub(super) fn step_or_rounds(&mut self, mut step: Placed<RawStep>, steps: &mut Vec<Step>) {
        let Some(repeat) = step.value.take_repeat() else {
            let number = number_after(steps);
            steps.extend(self.step(number, step));
            return;
        };
        let RawStep {
            claim,
            pace,
            may_skip,
            may_be_refused,
            ..
        } = &step.value;
        let says_more =
            claim.is_some() || pace.is_some() || may_skip.is_some() || may_be_refused.is_some();
        if says_more {
            self.problem(
                Problem::at(
                    &self.first_line(&step.place),
                    "`claim`, `pace`, `may_skip` and `may_be_refused` are said of one step",
                    "of a `repeat`",
                )
                .help("write them into the steps of the round"),
            );
        }
        self.read_rounds(&repeat, steps);
    }

    fn read_rounds(&mut self, repeat: &Placed<RawRepeat>, steps: &mut Vec<Step>) {
        let RawRepeat {
            times,
            steps: inside,
        } = &repeat.value;
        let times = self.number(times, "times", 2, 1_000);
        let times = u32::try_from(times).unwrap_or(2);
        let before = self.problems.len();
        if inside.value.is_empty() {
            self.problem(
                Problem::at(&inside.place, "a round has at least one step", "no step")
                    .help("add `[[step.repeat.steps]]` tables, such as write = { node = \"A\", rows = 1 }"),
            );
        }
        let total = inside.value.len().saturating_mul(times as usize);
        if total.saturating_add(steps.len()) > STEPS_MAX {
            self.problem(
                Problem::at(
                    &repeat.value.times.place,
                    format!("these rounds are {total} steps"),
                    "too many",
                )
                .help(format!(
                    "a scenario has at most {STEPS_MAX} steps, all rounds counted"
                )),
            );
        }
        for step in &inside.value {
            if let Some(claim) = &step.value.claim {
                self.problem(
                    Problem::at(
                        &claim.place,
                        "a claim is decided by one step, and this one is played several times",
                        "in a `repeat`",
                    )
                    .help("put the claim on a step behind the rounds"),
                );
            }
        }
        for round in 1..=times {
            // A mistake in one round is one in all.
            if self.problems.len() > before {
                break;
            }
            self.rounds.round = round;
            for step in &inside.value {
                let number = number_after(steps);
                steps.extend(self.step(number, step.clone()));
            }
        }
        self.rounds.round = 0;
    }
}

/// Returns the number of the next step.
fn number_after(steps: &[Step]) -> u32 {
    let number = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    number.saturating_add(1)
}
