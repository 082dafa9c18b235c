//! `history`: shows which nodes hold which rows, and which acknowledged rows are gone.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use owo_colors::OwoColorize as _;
use seatrial_reports::wrapped;
use seatrial_scenarios::oracles::{diverged, lost_rows};
use seatrial_scenarios::record::{WriteOutcome, WriteRecord};

use super::echo::rows;
use super::short;
use crate::session::Session;
use seatrial_scenarios::Bed;

/// Consecutive rows that are on the same nodes.
struct Group<'a> {
    tags: Vec<&'a str>,
    outcome: &'static str,
    held: Vec<Option<bool>>,
}

/// Returns the text of `history`.
pub(crate) fn history<B: Bed>(session: &Session<B>) -> String {
    let now = session.now();
    let record = now.course.record();
    let nodes: Vec<(&str, Option<BTreeSet<&str>>)> = now
        .seen
        .nodes
        .iter()
        .map(|(name, node)| {
            let rows = node.rows.as_ref();
            let rows = rows.map(|rows| rows.iter().map(String::as_str).collect());
            (name.as_str(), rows)
        })
        .collect();
    let mut groups: Vec<Group<'_>> = Vec::new();
    for write in &record.writes {
        let held: Vec<Option<bool>> = nodes
            .iter()
            .map(|(_, rows)| rows.as_ref().map(|rows| rows.contains(write.tag.as_str())))
            .collect();
        let outcome = outcome(write);
        match groups.last_mut() {
            Some(group) if group.held == held && group.outcome == outcome => {
                group.tags.push(&write.tag);
            }
            _ => groups.push(Group {
                tags: vec![&write.tag],
                outcome,
                held,
            }),
        }
    }
    let mut text = String::new();
    if groups.is_empty() {
        text.push_str("no client has written anything yet: `client A write 3`\n");
    } else {
        let columns: String = nodes.iter().fold(String::new(), |text, (name, _)| {
            text + &format!("{name:<5}")
        });
        let head = format!("{:<28}{:<18}{}", "rows", "the client knows", columns);
        let _ = writeln!(text, "{}", head.trim_end().bold());
    }
    for group in &groups {
        let held: String = group
            .held
            .iter()
            .map(|held| match held {
                Some(true) => "x    ",
                Some(false) => "-    ",
                None => "?    ",
            })
            .collect();
        let line = format!("{:<28}{:<18}{held}", span(&group.tags), group.outcome);
        let _ = writeln!(text, "{}", line.trim_end());
    }
    for (name, node) in &now.seen.nodes {
        if let Some(last) = node.history.as_ref().and_then(|history| history.last()) {
            let uuid = short(now.course.namer(), &last.uuid);
            let _ = writeln!(text, "{name} is at {uuid}:{}", last.seqno);
        } else if node.history.is_some() {
            let _ = writeln!(text, "{name} has no history");
        }
    }
    let lost = lost_rows(&record.writes, &now.seen);
    if !lost.is_empty() {
        let said = format!("gone, though acknowledged: {}", rows(&lost));
        let _ = write!(text, "{}", wrapped("", "  ", &said).red());
    }
    if let Some(difference) = diverged(&now.seen) {
        let said = format!("nodes that serve hold different rows: {difference}");
        let _ = write!(text, "{}", wrapped("", "  ", &said).red());
    }
    text
}

/// Returns what the client knows of a write.
const fn outcome(write: &WriteRecord) -> &'static str {
    match write.outcome {
        WriteOutcome::Acknowledged => "acknowledged",
        WriteOutcome::Running => "no answer yet",
        WriteOutcome::Refused { .. } => "refused",
        WriteOutcome::Unknown => "nothing",
    }
}

/// Returns a range of rows as text: `w1A`, or `w1A … w9A (9)`.
fn span(tags: &[&str]) -> String {
    match tags {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first, .., last] => format!("{first} … {last} ({})", tags.len()),
    }
}
