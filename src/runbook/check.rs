//! Finds mistakes of a runbook that show without running it.

use super::document::{Mistake, Place, Runbook};

/// Returns the titles to which blocks send the reader, with the lines that do: `see "Title"`.
pub(super) fn seen(runbook: &Runbook) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for block in runbook.blocks().filter(|one| one.place == Place::Operator) {
        for (number, line) in &block.code {
            let mut rest = line.as_str();
            while let Some(at) = rest.find("see ") {
                let alone = rest[..at]
                    .chars()
                    .next_back()
                    .is_none_or(|c| " \t;&|({".contains(c));
                let words = rest[at + 4..].trim_start();
                let title = words
                    .chars()
                    .next()
                    .filter(|c| ['\'', '"'].contains(c))
                    .and_then(|quote| {
                        words[1..]
                            .split_once(quote)
                            .map(|(title, _)| title.to_owned())
                    });
                if let Some(title) = title.filter(|_| alone) {
                    found.push((*number, title));
                }
                rest = &rest[at + 4..];
            }
        }
    }
    found
}

/// Returns the sections that are played in the document's order, with their numbers: those with a block that is run to
/// which no block sends the reader.
pub(super) fn in_order(runbook: &Runbook) -> Vec<usize> {
    let seen = seen(runbook);
    let is_seen = |title: &str| seen.iter().any(|(_, one)| one == title);
    let sections = runbook.sections.iter().enumerate();
    sections
        .filter(|(_, one)| !one.blocks.is_empty() && !is_seen(&one.title))
        .map(|(number, _)| number)
        .collect()
}

/// Returns the author's mistakes: sections that are not there, variables that nothing sets, a runbook without a beginning.
pub(crate) fn problems(runbook: &Runbook) -> Vec<Mistake> {
    let mut problems = Vec::new();
    let titles: Vec<&str> = runbook
        .sections
        .iter()
        .map(|one| one.title.as_str())
        .collect();
    let seen = seen(runbook);
    for (line, title) in &seen {
        let Some(section) = runbook.sections.iter().find(|one| one.title == *title) else {
            let near = seatrial_reports::nearest(title, titles.iter().copied());
            let help = near.first().map_or_else(
                || "the titles of sections are written as in their headings".to_owned(),
                |near| format!("did you mean \"{near}\"?"),
            );
            problems.push(Mistake {
                line: *line,
                text: format!("there is no section \"{title}\"\n  help: {help}"),
            });
            continue;
        };
        if section.blocks.is_empty() {
            problems.push(Mistake {
                line: *line,
                text: format!(
                    "the section \"{title}\" has no block that is run\n  help: its blocks need `on=`"
                ),
            });
        }
    }
    for section in &runbook.sections {
        let twice = titles
            .iter()
            .filter(|title| **title == section.title)
            .count()
            > 1;
        if twice && seen.iter().any(|(_, title)| *title == section.title) {
            let line = section.blocks.first().map_or(1, |block| block.line);
            problems.push(Mistake {
                line,
                text: format!(
                    "two sections are called \"{}\": `see` cannot tell them apart",
                    section.title
                ),
            });
        }
    }
    let sets = |name: &str| {
        runbook.blocks().any(|block| {
            let code = block.code.iter().map(|(_, line)| line.as_str());
            let mut code = code.chain(block.when.as_deref());
            block.place == Place::Operator
                && code.any(|line| {
                    [
                        format!("{name}="),
                        format!("for {name} in"),
                        format!("choose {name} "),
                        format!("read {name}"),
                    ]
                    .iter()
                    .any(|form| line.contains(form.as_str()))
                })
        })
    };
    for block in runbook.blocks() {
        if let Place::Variable(name) = &block.place
            && name != "node"
            && !sets(name)
        {
            problems.push(Mistake {
                line: block.line,
                text: format!(
                    "on={name}: no block of the operator's sets the variable `{name}`\n  help: write `choose {name} NODE`, \
                     on=operator or on=every-node"
                ),
            });
        }
    }
    if runbook.blocks().any(|block| block.line == 1) {
        problems.push(Mistake {
            line: 1,
            text: "a runbook begins with a heading or a sentence, not with a block".to_owned(),
        });
    }
    if in_order(runbook).is_empty() {
        problems.push(Mistake {
            line: 1,
            text: "every section is one that another sends the reader to: none is the beginning"
                .to_owned(),
        });
    }
    problems
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn mistakes_that_show_without_a_run() {
        let text = "# Begin\n\n```sh on=operator\nsee \"Stopp it\"; see 'Read'\n```\n\n## Stop it\n\n```sh on=frist\nx\n```\n\n\
                    ## Read\n";
        let runbook = Runbook::read(Path::new("x.md"), text).unwrap();
        let problems: Vec<(usize, String)> = problems(&runbook)
            .into_iter()
            .map(|one| {
                (
                    one.line,
                    one.text.lines().next().unwrap_or_default().to_owned(),
                )
            })
            .collect();
        assert_eq!(
            problems,
            [
                (4, "there is no section \"Stopp it\"".to_owned()),
                (
                    4,
                    "the section \"Read\" has no block that is run".to_owned()
                ),
                (
                    9,
                    "on=frist: no block of the operator's sets the variable `frist`".to_owned()
                ),
            ]
        );
    }

    #[test]
    fn a_runbook_has_a_beginning() {
        let text = "# Begin\n\n```sh on=operator\nsee \"Begin\"\n```\n";
        let runbook = Runbook::read(Path::new("x.md"), text).unwrap();
        assert!(problems(&runbook)[0].text.contains("none is the beginning"));
    }
}
