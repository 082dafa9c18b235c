//! Reads a line: words, quotes and pipes, as `bash` does, and nothing more.
//!
//! What the console cannot do (redirections, `;`, variables) is refused with a message. Ignoring it
//! would make a line mean something else than on a real host.

use seatrial_port::Output;

use super::output::failed;

/// The exit code of `bash` for a line that it cannot read.
const SYNTAX: i32 = 2;

/// Splits a line into the commands of a pipe, and each of them into words.
///
/// An empty line, or one of only a comment, has one command of no words.
pub(super) fn split(line: &str) -> Result<Vec<Vec<String>>, Output> {
    let mut stages = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut chars = line.trim_end().chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' => end_word(&mut stages, &mut word),
            '\'' => {
                let text = word.get_or_insert_default();
                quoted(&mut chars, text, '\'')?;
            }
            '"' => {
                let text = word.get_or_insert_default();
                quoted(&mut chars, text, '"')?;
            }
            '\\' => {
                if let Some(next) = chars.next() {
                    word.get_or_insert_default().push(next);
                }
            }
            '|' => {
                end_word(&mut stages, &mut word);
                let empty = stages.last().is_none_or(Vec::is_empty);
                if empty || chars.peek() == Some(&'|') {
                    return Err(unexpected('|'));
                }
                stages.push(Vec::new());
            }
            '#' if word.is_none() => break,
            ';' | '&' | '<' | '>' | '(' | ')' | '`' | '\n' | '\r' => return Err(unsupported(c)),
            '$' if expands(chars.peek(), true) => return Err(unsupported(c)),
            _ => word.get_or_insert_default().push(c),
        }
    }
    end_word(&mut stages, &mut word);
    if stages.len() > 1 && stages.last().is_none_or(Vec::is_empty) {
        return Err(failed(SYNTAX, "bash: syntax error: unexpected end of file"));
    }
    Ok(stages)
}

fn end_word(stages: &mut [Vec<String>], word: &mut Option<String>) {
    if let (Some(stage), Some(word)) = (stages.last_mut(), word.take()) {
        stage.push(word);
    }
}

/// Reads up to the closing quote.
fn quoted(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    text: &mut String,
    quote: char,
) -> Result<(), Output> {
    while let Some(c) = chars.next() {
        match c {
            _ if c == quote => return Ok(()),
            // In double quotes a backslash protects these four and stands for itself elsewhere.
            '\\' if quote == '"' => match chars.peek() {
                Some('"' | '\\' | '$' | '`') => text.extend(chars.next()),
                _ => text.push('\\'),
            },
            '`' if quote == '"' => return Err(unsupported(c)),
            '$' if quote == '"' && expands(chars.peek(), false) => return Err(unsupported(c)),
            _ => text.push(c),
        }
    }
    Err(failed(
        SYNTAX,
        format!("bash: unexpected EOF while looking for matching `{quote}'"),
    ))
}

/// Returns whether a `$` in front of this would be replaced by something. A quote counts outside of quotes.
fn expands(next: Option<&char>, bare: bool) -> bool {
    next.is_some_and(|c| {
        c.is_ascii_alphanumeric() || "_({?!$@*#-".contains(*c) || (bare && "'\"".contains(*c))
    })
}

fn unexpected(c: char) -> Output {
    failed(
        SYNTAX,
        format!("bash: syntax error near unexpected token `{c}'"),
    )
}

fn unsupported(c: char) -> Output {
    let c = c.escape_default();
    failed(
        SYNTAX,
        format!("this console does not know `{c}': one command in a line, pipes aside"),
    )
}
