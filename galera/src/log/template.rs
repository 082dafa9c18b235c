//! Templates that both print and read a log line, so that the two cannot disagree.

use std::fmt::{Display, Write as _};
use std::str::FromStr;

use crate::ShortUuid;

/// The format of a value in a line.
pub(super) trait Codec<T> {
    /// Returns the value as text.
    fn put(value: &T) -> String;
    /// Returns the value of a text.
    fn take(text: &str) -> Option<T>;
}

/// As `Display` and `FromStr` have it.
pub(super) struct Plain;

impl<T: Display + FromStr> Codec<T> for Plain {
    fn put(value: &T) -> String {
        value.to_string()
    }

    fn take(text: &str) -> Option<T> {
        text.parse().ok()
    }
}

/// `yes` or `no`.
pub(super) struct YesNo;

impl Codec<bool> for YesNo {
    fn put(value: &bool) -> String {
        String::from(if *value { "yes" } else { "no" })
    }

    fn take(text: &str) -> Option<bool> {
        match text {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        }
    }
}

/// `1` or `0`.
pub(super) struct OneZero;

impl Codec<bool> for OneZero {
    fn put(value: &bool) -> String {
        u8::from(*value).to_string()
    }

    fn take(text: &str) -> Option<bool> {
        match text {
            "1" => Some(true),
            "0" => Some(false),
            _ => None,
        }
    }
}

/// Words with a blank after each, also after the last.
pub(super) struct Spaced;

impl Codec<Vec<String>> for Spaced {
    fn put(value: &Vec<String>) -> String {
        value
            .iter()
            .fold(String::new(), |text, word| text + word + " ")
    }

    fn take(text: &str) -> Option<Vec<String>> {
        Some(text.split_whitespace().map(str::to_owned).collect())
    }
}

/// The lists of a view, of which the first has the members, each with segment 0. Only the first line of a view is
/// read too, as a view without members: that is all that a search for `WSREP:` in a log finds.
pub(super) struct ViewLists;

impl Codec<Vec<ShortUuid>> for ViewLists {
    fn put(value: &Vec<ShortUuid>) -> String {
        let mut text = String::from("\n");
        for member in value {
            // Writing to a `String` cannot fail.
            let _ = writeln!(text, "\t{member},0");
        }
        text + "} joined {\n} left {\n} partitioned {\n})"
    }

    fn take(text: &str) -> Option<Vec<ShortUuid>> {
        let member = |line: &str| line.trim().split_once(',')?.0.parse().ok();
        // The first line is the one with the opening bracket, of which nothing is left here.
        text.lines()
            .skip(1)
            .take_while(|line| !line.starts_with('}'))
            .map(member)
            .collect()
    }
}

/// Puts the values into the `{}` of the template, in order.
pub(super) fn fill(template: &str, values: &[String]) -> String {
    let mut values = values.iter();
    let mut text = String::new();
    for (index, piece) in template.split("{}").enumerate() {
        if index > 0 {
            text.push_str(values.next().map_or("", String::as_str));
        }
        text.push_str(piece);
    }
    text
}

/// Finds what stands at each `{}` of the template. A hole ends where the piece after it first occurs, but not at its
/// own first character: so `-1` keeps its sign before a `-`, and only the last hole may be empty.
pub(super) fn scan<'a>(template: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut pieces = template.split("{}");
    let mut rest = text.strip_prefix(pieces.next()?)?;
    let mut pieces = pieces.peekable();
    let mut holes = Vec::new();
    while let Some(piece) = pieces.next() {
        let (hole, after) = if pieces.peek().is_none() {
            // The last piece is the end of the line, wherever else it may occur.
            (rest.strip_suffix(piece)?, "")
        } else {
            let start = rest.chars().next()?.len_utf8();
            let end = start + rest.get(start..)?.find(piece)?;
            (rest.get(..end)?, rest.get(end + piece.len()..)?)
        };
        holes.push(hole);
        rest = after;
    }
    rest.is_empty().then_some(holes)
}
