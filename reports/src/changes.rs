//! Writes what has changed since an earlier matrix: four lists.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use owo_colors::OwoColorize as _;
use seatrial_scenarios::matrix::{Change, Changes, Matrix};

use crate::judged::Judged;
use crate::words::{count, headed, wrapped};

/// The most lines of a list that may be cut. The list of what got worse is never cut.
const LISTED_MAX: usize = 40;

/// The four lists with their names, the worst first.
fn lists<'a>(changes: &'a Changes<'a>) -> [(&'static str, &'a [Change<'a>]); 4] {
    [
        ("worse", &changes.worse),
        ("missing", &changes.missing),
        ("better", &changes.better),
        ("new", &changes.new),
    ]
}

/// A line of a list: what it is about, and what it says.
struct Item {
    about: String,
    says: String,
    replay: String,
}

/// Returns the lines of a list. Where a whole procedure or a whole scenario came or went, one line says so.
fn items(name: &str, list: &[Change<'_>], of: &Matrix) -> Vec<Item> {
    let whole_rows = name == "new" || name == "missing";
    let mut procedures: BTreeMap<&str, usize> = BTreeMap::new();
    let mut scenarios: BTreeMap<&str, usize> = BTreeMap::new();
    for change in list {
        *procedures.entry(&change.cell.procedure).or_default() += 1;
        *scenarios.entry(&change.cell.scenario).or_default() += 1;
    }
    let all_of = |key: &str, is_procedure: bool| {
        let cells = of.cells.iter().filter(|cell| {
            key == if is_procedure {
                cell.procedure.as_str()
            } else {
                cell.scenario.as_str()
            }
        });
        cells.count()
    };
    let mut items: Vec<Item> = Vec::new();
    let mut told: Vec<String> = Vec::new();
    for change in list {
        let cell = change.cell;
        let whole = whole_rows
            .then(|| {
                let procedure = procedures[cell.procedure.as_str()];
                let scenario = scenarios[cell.scenario.as_str()];
                if procedure > 1 && procedure == all_of(&cell.procedure, true) {
                    Some((format!("procedure {}", cell.procedure), procedure))
                } else if scenario > 1 && scenario == all_of(&cell.scenario, false) {
                    Some((format!("scenario {}", cell.scenario), scenario))
                } else {
                    None
                }
            })
            .flatten();
        if let Some((about, number)) = whole {
            if !told.contains(&about) {
                told.push(about.clone());
                items.push(Item {
                    about,
                    says: count(number, "cell", "cells"),
                    replay: String::new(),
                });
            }
            continue;
        }
        let seed = if of.seeds > 1 {
            format!(", seed {}", cell.seed)
        } else {
            String::new()
        };
        let says = match (name, change.was) {
            ("missing", _) => format!("it was {}", cell.outcome.name()),
            (_, Some(was)) => format!("{}, was {}", cell.outcome.name(), was.name()),
            (_, None) => cell.outcome.name().to_owned(),
        };
        items.push(Item {
            about: format!("{} on {}{seed}", cell.procedure, cell.scenario),
            says,
            replay: if name == "worse" {
                cell.replay.clone()
            } else {
                String::new()
            },
        });
    }
    items
}

/// Returns the numbers of the four lists in one line.
fn numbers(changes: &Changes<'_>) -> String {
    let mut parts: Vec<String> = lists(changes)
        .iter()
        .map(|(name, list)| format!("{} {name}", list.len()))
        .collect();
    parts.push(format!("{} compared", changes.compared));
    parts.join(", ")
}

/// Returns the changes with both matrices, if there is an earlier one.
fn compared<'a>(judged: &Judged<'a>) -> Option<(&'a Changes<'a>, &'a Matrix, &'a Matrix)> {
    Some((judged.changes?, judged.matrix, judged.earlier?))
}

/// Returns the four lists as text, or nothing if there is no earlier matrix.
pub fn changes_text(judged: &Judged<'_>) -> String {
    let Some((changes, now, earlier)) = compared(judged) else {
        return String::new();
    };
    let mut text = format!("\nSince the earlier matrix: {}\n", numbers(changes));
    for (name, list) in lists(changes) {
        let of = if name == "missing" { earlier } else { now };
        let items = items(name, list, of);
        let shown = if name == "worse" {
            items.len()
        } else {
            LISTED_MAX
        };
        for item in items.iter().take(shown) {
            let word = match name {
                "worse" | "missing" => name.red().bold().to_string(),
                "better" => name.green().to_string(),
                _ => name.yellow().to_string(),
            };
            let pad = " ".repeat(8 - name.len());
            let line = wrapped(
                "          ",
                "            ",
                &format!("{}: {}", item.about, item.says),
            );
            let _ = write!(text, "  {word}{pad}{}", line.trim_start());
            if !item.replay.is_empty() {
                let _ = writeln!(text, "            {}", item.replay.dimmed());
            }
        }
        if items.len() > shown {
            let _ = writeln!(text, "  and {} more {name}", items.len() - shown);
        }
    }
    text
}

/// Returns the four lists for a comment, each with at most `listed` lines.
pub(crate) fn short_lists(judged: &Judged<'_>, listed: usize) -> String {
    let Some((changes, now, earlier)) = compared(judged) else {
        return String::new();
    };
    let mut text = format!("\nSince the earlier matrix: {}.\n", numbers(changes));
    for (name, list) in lists(changes) {
        headed(&mut text, name, list.len());
        let of = if name == "missing" { earlier } else { now };
        let items = items(name, list, of);
        for item in items.iter().take(listed) {
            let _ = writeln!(text, "- `{}`: {}", item.about, item.says);
            if !item.replay.is_empty() {
                let _ = writeln!(text, "  - `{}`", item.replay);
            }
        }
        if items.len() > listed {
            let _ = writeln!(text, "- and {} more", items.len() - listed);
        }
    }
    text
}

/// Returns the four lists as Markdown, or nothing if there is no earlier matrix.
pub(crate) fn changes_markdown(judged: &Judged<'_>) -> String {
    let Some((changes, now, earlier)) = compared(judged) else {
        return String::new();
    };
    let mut text = format!("\n## Since the earlier matrix\n\n{}.\n", numbers(changes));
    for (name, list) in lists(changes) {
        if list.is_empty() {
            continue;
        }
        let of = if name == "missing" { earlier } else { now };
        text.push('\n');
        let items = items(name, list, of);
        for item in items.iter().take(LISTED_MAX) {
            let _ = writeln!(text, "- **{name}**: `{}`: {}", item.about, item.says);
            if !item.replay.is_empty() {
                let _ = writeln!(text, "  - `{}`", item.replay);
            }
        }
        if items.len() > LISTED_MAX {
            let _ = writeln!(text, "- and {} more {name}", items.len() - LISTED_MAX);
        }
    }
    text
}
