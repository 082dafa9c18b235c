//! Compares a search with an earlier `limits.json`: what has got worse since then.

use std::collections::BTreeMap;

use seatrial_scenarios::outcome::Outcome;
use serde::Deserialize;

use super::matrix::{FORMAT, Limits, ProcedureRow, Terms};

/// The part of an earlier file that is compared.
#[derive(Debug, Deserialize)]
pub struct Earlier {
    format: u32,
    faults: usize,
    supervisor: String,
    timers: String,
    ended: String,
    fingerprint: String,
    procedures: Vec<EarlierRow>,
}

#[derive(Debug, Deserialize)]
struct EarlierRow {
    procedure: String,
    cases: String,
}

/// A case that got worse, or a count of cases that did.
#[derive(Debug, PartialEq, Eq)]
pub struct Worse {
    /// The procedure.
    pub procedure: String,
    /// The number of the case, if both searches have the same cases.
    pub case: Option<usize>,
    /// What it comes to now, and what it came to before.
    pub text: String,
}

fn outcome(letter: char) -> Option<Outcome> {
    let place = u32::from(letter).checked_sub(u32::from('a'))?;
    Outcome::ALL.get(usize::try_from(place).ok()?).copied()
}

impl Earlier {
    /// Reads an earlier `limits.json`.
    ///
    /// # Errors
    /// When the text is no `limits.json`, or its search does not compare with one on these terms. The error
    /// says why, for a person.
    pub fn parse(text: &str, terms: Terms) -> Result<Self, String> {
        let earlier: Self = serde_json::from_str(text)
            .map_err(|error| format!("not a limits.json of verify --exhaustive: {error}"))?;
        if earlier.format != FORMAT {
            return Err(format!(
                "format {}, this program reads {FORMAT}",
                earlier.format
            ));
        }
        if earlier.ended != "whole" {
            return Err(format!(
                "its search was stopped by a {} and is incomplete",
                earlier.ended
            ));
        }
        let Terms {
            faults,
            supervisor,
            timers,
        } = terms;
        let theirs = (earlier.faults, &*earlier.supervisor, &*earlier.timers);
        if theirs != (faults, supervisor, timers) {
            return Err(format!(
                "it was made with --faults {} --supervisor {} and timers {}, this is --faults \
                 {faults} --supervisor {supervisor} and timers {timers}",
                theirs.0, theirs.1, theirs.2
            ));
        }
        Ok(earlier)
    }

    /// Returns whether both searches have found the same states, so that cases can be compared one by one.
    pub fn has_the_states_of(&self, now: &Limits<'_>) -> bool {
        self.fingerprint == now.fingerprint
    }

    /// Returns what got worse: case by case where the states are the same; else by how many cases are as bad as
    /// that or worse, of which a case that got better may hide one that got worse. Procedures that the
    /// earlier file does not have are no regression.
    pub fn worse(&self, now: &Limits<'_>) -> Vec<Worse> {
        let same = self.has_the_states_of(now);
        let mut worse = Vec::new();
        for row in &now.procedures {
            let Some(old) = self
                .procedures
                .iter()
                .find(|o| o.procedure == row.procedure)
            else {
                continue;
            };
            worse.extend(if same {
                by_case(row, old)
            } else {
                by_count(row, old)
            });
        }
        worse
    }
}

fn by_case(row: &ProcedureRow<'_>, old: &EarlierRow) -> Vec<Worse> {
    let pairs = row.cases.chars().zip(old.cases.chars()).enumerate();
    pairs
        .filter_map(|(case, (is, was))| {
            let (is, was) = (outcome(is)?, outcome(was)?);
            (is < was).then(|| Worse {
                procedure: row.procedure.to_owned(),
                case: Some(case),
                text: format!("{}, was {}", is.name(), was.name()),
            })
        })
        .collect()
}

fn by_count(row: &ProcedureRow<'_>, old: &EarlierRow) -> Vec<Worse> {
    let count = |cases: &str| {
        let mut counts: BTreeMap<Outcome, usize> = BTreeMap::new();
        for outcome in cases.chars().filter_map(outcome) {
            *counts.entry(outcome).or_default() += 1;
        }
        counts
    };
    let (is, was) = (count(&row.cases), count(&old.cases));
    let (mut now, mut before, mut told) = (0_usize, 0, 0);
    let mut worse = Vec::new();
    for outcome in Outcome::ALL
        .into_iter()
        .filter(|outcome| !outcome.is_good())
    {
        now += is.get(&outcome).copied().unwrap_or(0);
        before += was.get(&outcome).copied().unwrap_or(0);
        // A case that was reported with a worse outcome is not reported again.
        if now.saturating_sub(before) > told {
            told = now - before;
            worse.push(Worse {
                procedure: row.procedure.to_owned(),
                case: None,
                text: format!("{now} cases are {} or worse, {before} were", outcome.name()),
            });
        }
    }
    worse
}

#[cfg(test)]
mod tests {
    use super::super::matrix::letter;
    use super::*;

    fn row(cases: &str) -> (ProcedureRow<'static>, EarlierRow) {
        let row = ProcedureRow {
            procedure: "manual",
            outcomes: BTreeMap::new(),
            below_the_best: 0,
            cases: cases.to_owned(),
        };
        let old = EarlierRow {
            procedure: "manual".to_owned(),
            cases: cases.to_owned(),
        };
        (row, old)
    }

    #[test]
    fn letters_name_every_outcome() {
        for known in Outcome::ALL {
            assert_eq!(outcome(letter(known)), Some(known));
        }
        assert_eq!(outcome('z'), None);
        assert_eq!(outcome('A'), None);
    }

    #[test]
    fn a_case_that_got_better_does_not_hide_one_that_got_worse() {
        // Stuck and recovered have changed places.
        let stuck = letter(Outcome::Stuck);
        let recovered = letter(Outcome::Recovered);
        let (now, _) = row(&format!("{recovered}{stuck}"));
        let (_, old) = row(&format!("{stuck}{recovered}"));
        let worse = by_case(&now, &old);
        assert_eq!(worse.len(), 1);
        assert_eq!(worse[0].case, Some(1));
        assert_eq!(worse[0].text, "stuck, was recovered");
        assert_eq!(by_count(&now, &old), []);
    }

    #[test]
    fn other_states_are_compared_by_their_counts() {
        let (now, _) = row("hhhll");
        let (_, old) = row("hhlll");
        let texts: Vec<String> = by_count(&now, &old).into_iter().map(|w| w.text).collect();
        assert_eq!(texts, ["3 cases are stuck or worse, 2 were"]);
        assert_eq!(by_count(&row("hhlll").0, &row("hhhll").1), []);
    }
}
