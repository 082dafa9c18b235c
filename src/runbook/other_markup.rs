//! Reads reStructuredText, which Sphinx builds from, and AsciiDoc, as far as headings and blocks of code go.

use super::document::Found;

/// Reads reStructuredText: `.. code-block:: sh`, with a comment `.. runbook: on=operator` in the line before it,
/// because Sphinx refuses options that it does not know. A heading is a line above a line of punctuation.
pub(super) fn restructured_text(text: &str) -> Vec<Found> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    let mut words = "";
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at].trim();
        if let Some(attributes) = line.strip_prefix(".. runbook:") {
            words = attributes.trim();
        } else if let Some(language) = line.strip_prefix(".. code-block::") {
            let own = indent(lines[at]);
            let info = format!("{} {words}", language.trim());
            words = "";
            let mut end = at + 1;
            while end < lines.len() && (lines[end].trim().is_empty() || indent(lines[end]) > own) {
                end += 1;
            }
            // The options of the directive end at the first empty line.
            let body = (at + 1..end).find(|&line| lines[line].trim().is_empty());
            let code = body.map(|body| without_indent(&lines, body, end));
            found.push(Found::Code {
                line: at + 1,
                info,
                code: code.unwrap_or_default(),
            });
            at = end;
            continue;
        } else if is_underline(lines.get(at + 1).copied().unwrap_or_default(), line) {
            found.push(Found::Heading(line.to_owned()));
        } else if !line.is_empty() {
            words = "";
        }
        at += 1;
    }
    found
}

/// Reads AsciiDoc: `[source,sh,on=operator]` above a block between two lines `----`. A heading is `== Title`.
pub(super) fn asciidoc(text: &str) -> Vec<Found> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at].trim_end();
        let title = line.trim_start_matches('=');
        if title.len() < line.len() && title.starts_with(' ') {
            found.push(Found::Heading(title.trim().to_owned()));
        }
        let source = line
            .strip_prefix("[source,")
            .and_then(|rest| rest.strip_suffix(']'));
        if let Some(info) = source
            && lines
                .get(at + 1)
                .is_some_and(|next| next.trim_end() == "----")
        {
            let mut end = at + 2;
            while end < lines.len() && lines[end].trim_end() != "----" {
                end += 1;
            }
            found.push(Found::Code {
                // The script has its frame in the line before the code.
                line: at + 2,
                info: info.to_owned(),
                code: without_indent(&lines, at + 2, end),
            });
            at = end;
        }
        at += 1;
    }
    found
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Returns the lines of a block with their numbers, without the indent that they share, and without empty lines at
/// both ends.
fn without_indent(lines: &[&str], from: usize, to: usize) -> Vec<(usize, String)> {
    let full = |&line: &usize| !lines[line].trim().is_empty();
    let Some(first) = (from..to).find(full) else {
        return Vec::new();
    };
    let last = (from..to).rfind(full).unwrap_or(first);
    let shared = (first..=last).filter(full).map(|line| indent(lines[line]));
    let shared = shared.min().unwrap_or_default();
    (first..=last)
        .map(|line| {
            (
                line + 1,
                lines[line].get(shared..).unwrap_or_default().to_owned(),
            )
        })
        .collect()
}

/// Returns whether a line underlines the one before it.
fn is_underline(line: &str, title: &str) -> bool {
    let line = line.trim_end();
    let Some(first) = line.chars().next() else {
        return false;
    };
    first.is_ascii_punctuation()
        && line.chars().all(|c| c == first)
        && !title.is_empty()
        && !title.starts_with("..")
        && line.chars().count() >= title.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(line: usize, info: &str, code: &[(usize, &str)]) -> Found {
        Found::Code {
            line,
            info: info.to_owned(),
            code: code
                .iter()
                .map(|(line, text)| (*line, (*text).to_owned()))
                .collect(),
        }
    }

    #[test]
    fn sphinx() {
        let text = "Stop\n====\n\nStop it:\n\n.. runbook: on=first limit=60s\n.. code-block:: sh\n   :caption: stop\n\n   \
                    sudo a\n     b\n\nThen:\n\n.. code-block:: sh\n\n   read me\n";
        assert_eq!(
            restructured_text(text),
            [
                Found::Heading("Stop".to_owned()),
                code(7, "sh on=first limit=60s", &[(10, "sudo a"), (11, "  b")]),
                code(15, "sh ", &[(17, "read me")]),
            ]
        );
    }

    #[test]
    fn asciidoc_blocks() {
        let text =
            "= Title\n\n== Stop\n\n[source,sh,on=first,limit=60s]\n----\nsudo a\n----\n\nEnd.\n";
        assert_eq!(
            asciidoc(text),
            [
                Found::Heading("Title".to_owned()),
                Found::Heading("Stop".to_owned()),
                code(6, "sh,on=first,limit=60s", &[(7, "sudo a")]),
            ]
        );
    }
}
