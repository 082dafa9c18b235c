//! Small readers of the words in a message.

use seatrial_galera::{Position, Seqno, StateUuid};

use crate::event::Member;
use crate::identity::Identity;

/// The text up to the first blank, comma, quote or closing bracket.
pub(crate) fn word(text: &str) -> &str {
    let text = text.trim_start();
    let end = text
        .find(|c: char| c.is_whitespace() || matches!(c, ',' | '\'' | '"' | ')' | ']' | '}' | ';'))
        .unwrap_or(text.len());
    &text[..end]
}

/// The position at the beginning of the text.
pub(crate) fn position(text: &str) -> Option<Position> {
    let word = word(text.trim_start().trim_start_matches(['\'', '"']));
    word.trim_end_matches('.').parse().ok()
}

/// The history at the beginning of the text.
pub(crate) fn history(text: &str) -> Option<StateUuid> {
    text.trim_start().get(..36)?.parse().ok()
}

/// The number at the beginning of the text, with its sign.
pub(crate) fn number(text: &str) -> Option<i64> {
    let text = text.trim_start();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let signs = text.len() - digits.len();
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    let text = &text[..signs + end];
    // A configuration that is not primary is printed unsigned in places.
    text.parse::<i64>()
        .ok()
        .or_else(|| (text.parse::<u64>() == Ok(u64::MAX)).then_some(-1))
}

/// The seqno at the beginning of the text.
pub(crate) fn seqno(text: &str) -> Option<Seqno> {
    number(text).map(Seqno)
}

/// The identity at the beginning of the text.
pub(crate) fn identity(text: &str) -> Option<Identity> {
    Identity::read(word(text))
}

/// What stands after the mark.
pub(crate) fn after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    text.split_once(mark).map(|(_, after)| after)
}

/// What stands between the two marks.
pub(crate) fn between<'a>(text: &'a str, left: &str, right: &str) -> Option<&'a str> {
    Some(after(text, left)?.split_once(right)?.0)
}

/// A member such as `1.0 (b)`, `0(a)` or `-1.-1 (left the group)`, and what follows it.
pub(crate) fn member(text: &str) -> Option<(Member, &str)> {
    let (index, rest) = text.trim_start().split_once('(')?;
    let (name, rest) = rest.split_once(')')?;
    let index = index.trim();
    let index = index.split_once('.').map_or(index, |(index, _)| index);
    let member = Member {
        index: index.parse().ok()?,
        name: name.to_owned(),
    };
    Some((member, rest))
}

/// An address without its scheme, such as `172.17.0.2:4567`.
pub(crate) fn address(text: &str) -> Option<String> {
    let word = word(text).trim_end_matches(['.', ':']);
    let address = word.split_once("://").map_or(word, |(_, address)| address);
    (!address.is_empty()).then(|| address.to_owned())
}

/// An address without its port: `172.17.0.2` of `172.17.0.2:4567`.
pub(crate) fn without_port(address: &str) -> &str {
    match address.rsplit_once(':') {
        Some((host, port)) if port.chars().all(|c| c.is_ascii_digit()) => host,
        _ => address,
    }
}

/// A range such as `101-200`; the second number may be -1.
pub(crate) fn range(text: &str) -> Option<(Seqno, Seqno)> {
    let text = text.trim_start();
    let start = usize::from(text.starts_with('-'));
    let dash = start + text.get(start..)?.find('-')?;
    Some((seqno(&text[..dash])?, seqno(&text[dash + 1..])?))
}

/// The text for a report: shortened, without control characters.
pub(crate) fn shown(text: &str) -> String {
    const MAX: usize = 200;
    text.trim()
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .take(MAX)
        .collect()
}
