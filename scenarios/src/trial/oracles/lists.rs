//! Clients see a database that is as consistent as it says.
//!
//! Each value is appended once, so that the longest text of a row is the order of its versions, and every read of
//! the row shows a beginning of it. The checks are those of Elle's `list-append` that need no search for circles.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::trial::history::{RowStatement, Transaction, TransactionEnd, values};

/// Everything that clients have seen of the rows of a history.
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

/// The findings of histories, in the order of the checks.
pub const ANOMALIES: [&str; 5] = [
    "append-lost",
    "lost-update",
    "aborted-read",
    "stale-read",
    "read-goes-back",
];

/// Returns what is wrong with a history: the name of each finding and its text, the first of each name and how many.
pub fn check_history(history: &[Transaction]) -> Vec<(&'static str, String)> {
    let seen = Seen::new(history);
    let found = [
        lost(history, &seen),
        overwritten(history, &seen),
        aborted(history, &seen),
        stale(history, &seen),
        back(history),
    ];
    (ANOMALIES.into_iter().zip(found))
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
    (one.statements.iter()).filter_map(|statement| Some((statement.row(), statement.added()?)))
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
                        added(other)
                            .any(|(changed, value)| changed == row && !order.contains(&value))
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
                texts.push(format!(
                    "{} has seen {before} values before",
                    one.describe()
                ));
            }
            *before = (*before).max(seen.len());
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use seatrial_port::NodeName;

    use super::*;

    /// Reads a history: a line for each transaction, in the order in which they begin and end. `r x 1,2` is a read
    /// and what it saw, `a x 3` an append, `s x 1,3` a set text; the last word is the end.
    fn history(lines: &[&str]) -> Vec<Transaction> {
        (0..)
            .zip(lines)
            .map(|(number, line)| transaction(number, line))
            .collect()
    }

    fn transaction(number: u32, line: &str) -> Transaction {
        let (client, rest) = line.split_once(": ").unwrap();
        let (statements, end) = rest.rsplit_once("; ").unwrap();
        let statements = (statements.split("; "))
            .map(|one| {
                let mut words = one.split(' ');
                let kind = words.next().unwrap();
                let row = words.next().unwrap().to_owned();
                let rest = words.next().unwrap_or_default().to_owned();
                match kind {
                    "r" => RowStatement::Read {
                        row,
                        text: Some(rest),
                    },
                    "a" => RowStatement::Append { row, value: rest },
                    _ => RowStatement::Set { row, text: rest },
                }
            })
            .collect();
        Transaction {
            step: 1,
            connection: u32::from(client.as_bytes()[0]),
            client: client.to_owned(),
            node: NodeName::new("A"),
            began_us: u64::from(number) * 10,
            ended_us: Some(u64::from(number) * 10 + 5),
            statements,
            end: match end {
                "ok" => TransactionEnd::Committed,
                "rolled back" => TransactionEnd::RolledBack,
                _ => TransactionEnd::Unknown,
            },
        }
    }

    fn names(lines: &[&str]) -> Vec<&'static str> {
        let found = check_history(&history(lines));
        found.into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn one_after_another_is_well() {
        let well = [
            "a: r x; a x 1; ok",
            "b: r x 1; a x 2; r x 1,2; ok",
            "a: a x 3; unknown",
            "b: r x 1,2; ok",
            "b: r x 1,2,3; ok",
        ];
        assert_eq!(names(&well), [] as [&str; 0]);
    }

    #[test]
    fn an_append_that_nobody_sees_is_lost() {
        assert_eq!(names(&["a: a x 1; ok", "b: r x; ok"]), ["append-lost"]);
        // Nobody has looked.
        assert_eq!(names(&["a: a x 1; ok"]), [] as [&str; 0]);
        // Nobody was told that it is there.
        assert_eq!(names(&["a: a x 1; unknown", "b: r x; ok"]), [] as [&str; 0]);
    }

    #[test]
    fn a_change_between_read_and_append_is_a_lost_update() {
        let mut all = history(&["a: a x 1; ok", "b: r x; a x 2; ok", "c: r x 1,2; ok"]);
        // Both are under way at once.
        all[1].began_us = 1;
        let found = check_history(&all);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0],
            (
                "lost-update",
                "b on A: read x [], append 2 to x: committed, although another transaction changed x after that read"
                    .to_owned()
            )
        );
        assert_eq!(
            names(&["b: r x; a x 2; ok", "a: a x 1; ok", "c: r x 2,1; ok"]),
            [] as [&str; 0]
        );
    }

    #[test]
    fn a_set_text_takes_another_one_s_place() {
        let mut all = history(&["a: a x 2; ok", "b: r x; s x 3; ok", "c: r x 3; ok"]);
        all[1].began_us = 1;
        let names: Vec<&str> = check_history(&all)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["lost-update"]);
    }

    #[test]
    fn a_read_that_misses_what_was_acknowledged_before_it_is_stale() {
        let lines = ["a: a x 1; ok", "b: r x; ok", "b: r x 1; ok"];
        assert_eq!(names(&lines), ["stale-read"]);
        assert_eq!(
            check_history(&history(&lines))[0].1,
            "b on A: read x [] does not see a on A: append 1 to x: acknowledged 0.005 ms before"
        );
    }

    #[test]
    fn what_was_rolled_back_is_not_read() {
        assert_eq!(
            names(&["a: a x 1; rolled back", "b: r x 1; ok"]),
            ["aborted-read"]
        );
    }

    #[test]
    fn a_connection_does_not_go_back() {
        let lines = ["a: a x 1; unknown", "b: r x 1; ok", "b: r x; ok"];
        assert_eq!(names(&lines), ["read-goes-back"]);
    }
}
