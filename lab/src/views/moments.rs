//! `moments`: shows the tree of moments, and the forks.

use std::fmt::Write as _;

use super::clock;
use crate::session::Session;
use seatrial_scenarios::Bed;

/// The most moments that are shown at once.
const SHOWN: usize = 40;

/// Returns the text of `moments`.
pub(crate) fn moments<B: Bed>(session: &Session<B>) -> String {
    let mut text = String::new();
    let path = session.path(session.number());
    let first = session.start().max(session.len().saturating_sub(SHOWN));
    if first > session.start() {
        let _ = writeln!(text, "… {} earlier moments", first - session.start());
    }
    for number in first..session.len() {
        let Some(moment) = session.moment(number) else {
            continue;
        };
        let mark = if number == session.number() {
            '>'
        } else if path.contains(&number) {
            '|'
        } else {
            ' '
        };
        let forks: Vec<&str> = session
            .forks()
            .iter()
            .filter(|(_, at)| **at == number)
            .map(|(name, _)| name.as_str())
            .collect();
        let forks = if forks.is_empty() {
            String::new()
        } else {
            format!("  [{}]", forks.join(", "))
        };
        let parent = match moment.parent {
            Some(parent) if parent + 1 != number && number > session.start() => {
                format!(" (after {parent})")
            }
            _ => String::new(),
        };
        let line = if number == session.start() {
            "the beginning".to_owned()
        } else {
            moment.line.clone()
        };
        let room = 64_usize.saturating_sub(forks.chars().count() + parent.chars().count());
        let _ = writeln!(
            text,
            "{mark}{number:>4}  {:>7}  {}{parent}{forks}",
            clock(moment.clock()),
            cut(&line, room)
        );
    }
    text
}

/// Cuts a text to the width, with a sign at the cut.
pub(crate) fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(room.saturating_sub(1)).collect();
    short.push('…');
    short
}
