//! Clients see a database that is as consistent as it says.
//!
//! Each value is appended once, so that the longest text of a row is the order of its versions, and every read of
//! the row shows a beginning of it. The checks are those of Elle's `list-append` that need no search for circles.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::trial::history::{RowStatement, Transaction, TransactionEnd, values};

/// What clients have seen of the rows of a history.
struct Seen<'a> {
    /// The order of each row's versions: the longest text that a client got.
    versions: BTreeMap<&'a str, Vec<&'a str>>,
    /// When the last read of a row began.
    last_read_us: BTreeMap<&'a str, u64>,
    /// When the last read began that shows this value of a row.
    last_seen_us: BTreeMap<(&'a str, &'a str), u64>,
    /// The rows to which a client has given a whole text.
    set: BTreeSet<&'a str>,
}

impl<'a> Seen<'a> {
    fn new(history: &'a [Transaction]) -> Self {
        let mut all = Self {
            versions: BTreeMap::new(),
            last_read_us: BTreeMap::new(),
            last_seen_us: BTreeMap::new(),
            set: BTreeSet::new(),
        };
        for one in history {
            let later = |known: &mut u64| *known = (*known).max(one.began_us);
            for (row, seen) in reads(one) {
                later(all.last_read_us.entry(row).or_default());
                for value in &seen {
                    later(all.last_seen_us.entry((row, value)).or_default());
                }
                let known = all.versions.entry(row).or_default();
                if seen.len() > known.len() {
                    *known = seen;
                }
            }
            for statement in &one.statements {
                if let RowStatement::Set { row, .. } = statement {
                    all.set.insert(row);
                }
            }
        }
        all
    }

    /// Returns whether anybody has seen a value.
    fn has(&self, row: &str, value: &str) -> bool {
        self.last_seen_us.contains_key(&(row, value))
    }
}

/// Returns what is wrong with a history: the name of each finding and its text, the first of each name and how many.
pub fn check_history(history: &[Transaction]) -> Vec<(&'static str, String)> {
    let seen = Seen::new(history);
    let found = [
        ("append-lost", lost(history, &seen)),
        ("lost-update", overwritten(history, &seen)),
        ("aborted-read", aborted(history, &seen)),
        ("stale-read", stale(history, &seen)),
        ("read-goes-back", back(history)),
    ];
    (found.into_iter())
        .filter_map(|(name, texts)| {
            let (first, others) = texts.split_first()?;
            let more = match others.len() {
                0 => String::new(),
                more => format!(" (and {more} more)"),
            };
            Some((name, format!("{first}{more}")))
        })
        .collect()
}

/// Returns the rows that a transaction changes, with the values that it adds.
fn added(one: &Transaction) -> impl Iterator<Item = (&str, &str)> {
    (one.statements.iter())
        .filter_map(|statement| Some((statement.row(), statement.added()?)))
}

/// Returns each read with an answer of a committed transaction, up to the transaction's own first change of the row.
fn reads(one: &Transaction) -> impl Iterator<Item = (&str, Vec<&str>)> {
    let changed_before = |place: usize, row: &str| {
        (one.statements[..place].iter())
            .any(|earlier| earlier.added().is_some() && earlier.row() == row)
    };
    (one.statements.iter().enumerate()).filter_map(move |(place, statement)| match statement {
        RowStatement::Read {
            row,
            text: Some(text),
        } if one.is_committed() && !changed_before(place, row) => {
            Some((row.as_str(), values(text)))
        }
        _ => None,
    })
}

/// A value was acknowledged, and no read shows it, although its row was read later. Where a client has given the row
/// a whole text, that one may have taken the value's place.
fn lost(history: &[Transaction], seen: &Seen<'_>) -> Vec<String> {
    let mut texts = Vec::new();
    for one in history.iter().filter(|one| one.is_committed()) {
        let ended = one.ended_us.unwrap_or(u64::MAX);
        for (row, value) in added(one) {
            let read_later = seen.last_read_us.get(row).is_some_and(|last| *last > ended);
            if read_later && !seen.set.contains(row) && !seen.has(row, value) {
                let what = one.describe();
                texts.push(format!("{what} was acknowledged, and nobody sees it"));
            }
        }
    }
    texts
}

/// A transaction read a version of a row and changed the row, and another one had changed it in between.
fn overwritten(history: &[Transaction], seen: &Seen<'_>) -> Vec<String> {
    let mut texts = Vec::new();
    for one in history.iter().filter(|one| one.is_committed()) {
        for (row, read) in reads(one) {
            let own: Vec<&str> = (added(one).filter(|(changed, _)| *changed == row))
                .map(|(_, value)| value)
                .collect();
            let Some(order) = seen.versions.get(row).filter(|_| !own.is_empty()) else {
                continue;
            };
            let next = order.get(read.len());
            let between = next.is_some_and(|next| !own.contains(next));
            // A whole text takes the place of what came in between: nobody sees that.
            let replaced = seen.set.contains(row)
                && (history.iter())
                    .filter(|other| *other != one && other.is_committed())
                    .filter(|other| other.ended_us > Some(one.began_us))
                    .any(|other| {
                        added(other).any(|(changed, value)| changed == row && !order.contains(&value))
                    });
            if order.starts_with(&read) && (between || replaced) {
                let what = one.describe();
                texts.push(format!(
                    "{what}: committed, although another transaction changed {row} after that read"
                ));
            }
        }
    }
    texts
}

/// A read shows a value of a transaction that has no effect.
fn aborted(history: &[Transaction], seen: &Seen<'_>) -> Vec<String> {
    let is_over = |one: &&Transaction| {
        matches!(
            one.end,
            TransactionEnd::RolledBack | TransactionEnd::Refused { .. }
        )
    };
    let mut texts = Vec::new();
    for one in history.iter().filter(is_over) {
        if let Some((_, value)) = added(one).find(|(row, value)| seen.has(row, value)) {
            texts.push(format!(
                "{} was refused, and {value} is read",
                one.describe()
            ));
        }
    }
    texts
}

/// A transaction began after another one was acknowledged, and does not see it. A value that nobody sees later is
/// lost, and the read was not behind.
fn stale(history: &[Transaction], all: &Seen<'_>) -> Vec<String> {
    let mut acknowledged: BTreeMap<&str, Vec<(&Transaction, &str)>> = BTreeMap::new();
    for one in history.iter().filter(|one| one.is_committed()) {
        for (row, value) in added(one) {
            acknowledged.entry(row).or_default().push((one, value));
        }
    }
    let mut texts = Vec::new();
    for one in history {
        for (row, seen) in reads(one) {
            let known: BTreeSet<&str> = seen.into_iter().collect();
            let earlier = acknowledged.get(row).into_iter().flatten();
            let missed = earlier
                .filter(|(other, _)| other.ended_us.is_some_and(|ended| ended < one.began_us))
                .find(|(_, value)| {
                    let last = all.last_seen_us.get(&(row, *value));
                    !known.contains(value) && last.is_some_and(|last| *last > one.began_us)
                });
            if let Some((other, _)) = missed {
                let ended = other.ended_us.unwrap_or_default();
                let before = Duration::from_micros(one.began_us.saturating_sub(ended));
                texts.push(format!(
                    "{} does not see {}: acknowledged {:.3} ms before",
                    one.describe(),
                    other.describe(),
                    before.as_secs_f64() * 1_000.0
                ));
            }
        }
    }
    texts
}

/// A client's connection sees an older version than it saw before.
fn back(history: &[Transaction]) -> Vec<String> {
    let mut latest: BTreeMap<(u32, &str), usize> = BTreeMap::new();
    let mut texts = Vec::new();
    for one in history {
        for (row, seen) in reads(one) {
            let before = latest.entry((one.connection, row)).or_default();
            if seen.len() < *before {
                texts.push(format!("{} has seen {before} values before", one.describe()));
            }
            *before = (*before).max(seen.len());
        }
    }
    texts
}
