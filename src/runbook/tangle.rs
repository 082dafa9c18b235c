//! Makes one script of a runbook, in which line N is line N of the document.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use seatrial_reports::quote;

use super::check::in_order;
use super::document::{Block, Place, Runbook};

/// The functions that a runbook's blocks may call. They stand behind the document's lines.
const HELPERS: &str = include_str!("helpers.sh");

/// Returns the script: POSIX shell, which also runs without Seatrial, over `ssh`.
pub(crate) fn script(runbook: &Runbook) -> String {
    let mut lines: Vec<String> = runbook
        .lines
        .iter()
        .map(|line| format!("# {line}").trim_end().to_owned())
        .collect();
    if let Some(first) = lines.first_mut() {
        // A block cannot begin here: `check` refuses it.
        "#!/bin/sh".clone_into(first);
    }
    for (number, section) in runbook.sections.iter().enumerate() {
        let last = section.blocks.len().saturating_sub(1);
        for (index, block) in section.blocks.iter().enumerate() {
            let begin = if index == 0 {
                format!("section_{number}() {{ ")
            } else {
                String::new()
            };
            let end = if index == last { " }" } else { "" };
            put(
                &mut lines,
                block.line,
                &format!("{begin}{}", opening(block)),
            );
            for (line, text) in code(block) {
                put(&mut lines, line, &text);
            }
            let closing_line = block.code.last().map_or(block.line, |(line, _)| *line) + 1;
            put(
                &mut lines,
                closing_line,
                &format!("{}{end}", closing(block)),
            );
        }
    }
    let mut text = lines.join("\n");
    text.push('\n');
    text.push_str(HELPERS);
    text.push_str(&see(runbook));
    text.push_str(&order(runbook));
    text
}

/// Puts a text at the line of this number, from 1; the last block of a document may end behind its last line.
fn put(lines: &mut Vec<String>, number: usize, text: &str) {
    while lines.len() < number {
        lines.push(String::new());
    }
    if let Some(line) = lines.get_mut(number - 1) {
        text.clone_into(line);
    }
}

fn opening(block: &Block) -> String {
    let mut text = String::new();
    match &block.place {
        Place::Operator => {}
        Place::EveryNode => text.push_str("for node in $(nodes); do "),
        Place::Variable(name) => {
            // An empty name would be typed nowhere, and nobody would notice.
            let _ = write!(text, "for node in \"${{{name}:?holds no node}}\"; do ");
        }
    }
    let _ = write!(
        text,
        "_at={}; _limit={}; ",
        block.line,
        block.limit_s.unwrap_or(3600)
    );
    let _ = write!(
        text,
        "if {}; then _reach;",
        block.when.as_deref().unwrap_or("true")
    );
    if block.saves.is_some() {
        text.push_str(" {");
    }
    text
}

fn closing(block: &Block) -> String {
    let saved = block
        .saves
        .as_ref()
        .map(|name| format!(":; }} >\"$_kept/{name}.$node\"; "));
    let done = if block.place == Place::Operator {
        ""
    } else {
        " done;"
    };
    format!("{}:; fi;{done}", saved.unwrap_or_default())
}

/// Returns the lines of a block as shell, each with its number.
fn code(block: &Block) -> Vec<(usize, String)> {
    if block.place == Place::Operator {
        return block.code.clone();
    }
    let mut typed = Vec::new();
    let mut begun: Option<(usize, String)> = None;
    for (number, text) in &block.code {
        let (first, mut line) = begun.take().unwrap_or((*number, String::new()));
        line.push_str(text.trim());
        if let Some(part) = line.strip_suffix('\\') {
            begun = Some((first, part.to_owned()));
        } else {
            typed.push((first, line));
        }
    }
    typed.extend(begun);
    typed.retain(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    typed
        .into_iter()
        .map(|(number, line)| {
            (
                number,
                format!("_at={number}; on \"$node\" {}", quote(&line)),
            )
        })
        .collect()
}

/// Returns the function that plays the section of a title.
fn see(runbook: &Runbook) -> String {
    let mut text = "see() {\n    set -- \"$1\" \"$_at\" \"$_limit\"\n    case $1 in\n".to_owned();
    for (number, section) in runbook.sections.iter().enumerate() {
        if !section.blocks.is_empty() {
            let _ = writeln!(text, "    {}) section_{number} ;;", quote(&section.title));
        }
    }
    text.push_str(
        "    *) echo \"line $_at: there is no section '$1' with a block that is run\"; exit 126 ;;\n    \
         esac\n    _at=$2 _limit=$3\n}\n",
    );
    text
}

/// Returns the calls of the sections that are played in their order.
fn order(runbook: &Runbook) -> String {
    let mut text = String::new();
    for number in in_order(runbook) {
        let _ = writeln!(text, "section_{number}");
    }
    text.push_str(
        "give_up 'the runbook came to its end and nobody said that the cluster has recovered'\n",
    );
    text
}

/// Returns the lines of the blocks that a run reached, out of what the script noted: one in each line.
pub(crate) fn reached_lines(noted: &str) -> BTreeSet<usize> {
    noted
        .lines()
        .filter_map(|line| line.trim().parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_line_of_the_script_is_the_line_of_the_document() {
        let text = "# Restart\n\nLook:\n\n```sh on=every-node saves=status limit=60s\nsudo look \\\n  --closely\n# not this\n\
                    sudo again\n```\n\n```sh on=operator when='first=A'\nsee \"Stop it\"\n```\n\n## Stop it\n\n\
                    ```sh on=first\nsudo stop\n```\n";
        let script = script(&Runbook::read(Path::new("x.md"), text).unwrap());
        let lines: Vec<&str> = script.lines().take(20).collect();
        assert_eq!(
            lines,
            [
                "#!/bin/sh",
                "#",
                "# Look:",
                "#",
                "section_1() { for node in $(nodes); do _at=5; _limit=60; if true; then _reach; {",
                "_at=6; on \"$node\" 'sudo look --closely'",
                "#   --closely",
                "# # not this",
                "_at=9; on \"$node\" 'sudo again'",
                ":; } >\"$_kept/status.$node\"; :; fi; done;",
                "#",
                "_at=12; _limit=3600; if first=A; then _reach;",
                "see \"Stop it\"",
                ":; fi; }",
                "#",
                "# ## Stop it",
                "#",
                "section_2() { for node in \"${first:?holds no node}\"; do _at=18; _limit=3600; if true; then _reach;",
                "_at=19; on \"$node\" 'sudo stop'",
                ":; fi; done; }",
            ]
        );
        assert!(script.contains("'Stop it') section_2 ;;"), "{script}");
        assert!(script.contains("\nsection_1\n"), "{script}");
        assert!(
            !script.contains("\nsection_2\n"),
            "it is played where it is named"
        );
    }
}
