//! Formats small pieces of text: wrapped lines, times, words for a shell.

use std::fmt::Write as _;

/// The width of all texts, in columns: an old terminal, and half of a new one.
pub const WIDTH: usize = 80;

/// Wraps a text into lines of at most [`WIDTH`] columns. The first line begins with `first`, the others with
/// `indent`. Words that are longer than a line are not cut, so that they can be copied.
pub fn wrapped(first: &str, indent: &str, text: &str) -> String {
    let options = textwrap::Options::new(WIDTH)
        .initial_indent(first)
        .subsequent_indent(indent)
        .break_words(false)
        .wrap_algorithm(textwrap::WrapAlgorithm::FirstFit)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let mut lines = textwrap::fill(text, options);
    lines.push('\n');
    lines
}

/// Adds the heading of a list in a comment, unless the list is empty.
pub(crate) fn headed(text: &mut String, name: &str, number: usize) {
    if number > 0 {
        let _ = write!(text, "\n**{name}** ({number})\n\n");
    }
}

/// Quotes a word for a shell.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Returns milliseconds as text: `39ms`, `2.1s`, `453s`.
pub(crate) fn short_span(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms}ms"),
        1_000..10_000 => format!("{}.{}s", ms / 1_000, ms % 1_000 / 100),
        _ => format!("{}s", ms / 1_000),
    }
}

/// Returns a number and what it counts: `1 cell`, `2 cells`.
#[must_use]
pub fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 {
        format!("1 {one}")
    } else {
        format!("{number} {many}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_short() {
        assert_eq!(short_span(39), "39ms");
        assert_eq!(short_span(2_149), "2.1s");
        assert_eq!(short_span(453_999), "453s");
    }

    #[test]
    fn words_for_a_shell() {
        assert_eq!(quote("a/b-c.toml"), "a/b-c.toml");
        assert_eq!(quote("it's"), "'it'\\''s'");
        assert_eq!(quote(""), "''");
    }

    #[test]
    fn long_words_stay_whole() {
        let path = "x".repeat(100);
        assert_eq!(wrapped("  ", "    ", &path), format!("  {path}\n"));
    }
}
