//! The reply to a line: the text for the user, and what the face must do.

use owo_colors::OwoColorize as _;
use seatrial_reports::wrapped;

use crate::command::Trouble;

/// The reply to a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The text to show, of at most 80 columns, with colours as ANSI sequences.
    pub text: String,
    /// Whether the line was refused: it was no command, or the command failed.
    pub refused: bool,
    /// Whether the user leaves the lab.
    pub leave: bool,
    /// A file that the user asked for. The face writes it, or offers it as a download.
    pub file: Option<FileToSave>,
    /// Whether [`crate::Lab::progress`] has changed, so that the face should keep it.
    pub progress_changed: bool,
}

/// A file that `save` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileToSave {
    /// The name or path, as the user typed it.
    pub name: String,
    /// The content.
    pub text: String,
}

impl Reply {
    /// Makes the reply to a line that failed for a reason that the face knows.
    pub fn refusal(reason: &str) -> Self {
        Trouble::new(reason).into()
    }

    /// Returns the text without colours.
    pub fn plain(&self) -> String {
        without_colours(&self.text)
    }
}

impl From<Trouble> for Reply {
    fn from(trouble: Trouble) -> Self {
        let mut text = wrapped("", "  ", &trouble.text);
        if let Some(help) = &trouble.help {
            text.push_str(&wrapped("  ", "  ", help));
        }
        Self {
            text: text.red().to_string(),
            refused: true,
            ..Self::default()
        }
    }
}

/// Removes the ANSI sequences that set colours (`ESC [ … m`).
pub(crate) fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        let end = after.find(|c: char| !c.is_ascii_digit() && c != ';');
        rest = match end {
            Some(end) if after[end..].starts_with('m') => &after[end + 1..],
            // This is no colour: the characters stay, without the escape character that a terminal would obey.
            _ => after,
        };
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_text_has_no_colours() {
        let styled = format!("{} and {}", "red".red(), "bold".bold());
        assert_ne!(styled, "red and bold");
        assert_eq!(without_colours(&styled), "red and bold");
        assert_eq!(without_colours("\u{1b}[1;31mx\u{1b}[0m y"), "x y");
        assert_eq!(without_colours("\u{1b}[2J"), "2J");
    }
}
