//! What `seatrial verify` prints.

use std::path::Path;
use std::time::Duration;

use seatrial_reports::{
    Judged, cell_details, changes_text, count, matrix_markdown, matrix_text, wrapped,
};
use seatrial_scenarios::matrix::Cell;
use seatrial_scenarios::outcome::Outcome;

use crate::args::{ClaimsFormat, ResultArg, Wanted};
use crate::output::Out;

use super::VerifyArgs;

/// The most cells that are named one by one on standard error.
const NAMED_MAX: usize = 10;

/// Prints the matrix, then why the command fails.
pub(super) fn tell(
    args: &VerifyArgs,
    judged: &Judged<'_>,
    folder: &Path,
    json: &str,
    out: &mut Out,
) {
    let text = args.format == ClaimsFormat::Text;
    match args.format {
        ClaimsFormat::Text => {
            out.print(&matrix_text(judged));
            if let Some(procedure) = &judged.gate().under_test {
                out.print(&cell_details(judged.matrix, procedure));
            }
            out.print(&changes_text(judged));
        }
        ClaimsFormat::Markdown => out.print(&matrix_markdown(judged)),
        ClaimsFormat::Json => out.print(json),
    }
    if text {
        let wall = Duration::from_millis(judged.matrix.wall_ms).as_secs_f64();
        out.line(&format!(
            "     Summary [{wall:>8.3}s] {}",
            judged.headline()
        ));
        let page = Wanted(&args.results).has(ResultArg::Html);
        let name = if page { "index.html" } else { "verify.json" };
        out.line(&format!("     Results {}", folder.join(name).display()));
    } else {
        let changes = changes_text(judged);
        if !changes.is_empty() {
            out.error(changes.trim());
        }
    }
    let errors: Vec<&Cell> = judged
        .matrix
        .cells
        .iter()
        .filter(|cell| cell.outcome == Outcome::Error)
        .collect();
    name("error", "could not be played", &errors, out);
    name("not judged", "not judged", &judged.not_judged(), out);
    if judged.is_interrupted() {
        out.error(&judged.headline());
    }
    let failing = judged.failing();
    if !failing.is_empty() {
        let why = match (args.fail_on.is_empty(), &judged.gate().under_test) {
            (true, Some(name)) => format!(" ({name} is under test; --fail-on changes this)"),
            _ => String::new(),
        };
        out.error(&format!(
            "failed: {}: {}{why}",
            count(failing.len(), "cell", "cells"),
            judged.by_outcome()
        ));
    }
    if let Some(changes) = judged.changes {
        let lists = [
            ("worse", changes.worse.len()),
            ("missing", changes.missing.len()),
        ];
        for (name, number) in lists.into_iter().filter(|(_, number)| *number > 0) {
            out.error(&format!(
                "failed: {} {name} since the earlier matrix",
                if number == 1 {
                    "1 cell is".to_owned()
                } else {
                    format!("{number} cells are")
                }
            ));
        }
    }
}

/// Names cells on standard error. If all have the same reason, it is told once.
fn name(word: &str, all: &str, cells: &[&Cell], out: &mut Out) {
    let Some(first) = cells.first() else {
        return;
    };
    if cells.len() > 1 && cells.iter().all(|cell| cell.text == first.text) {
        let text = format!(
            "{word}: {}: {}",
            count(cells.len(), "cell", "cells"),
            first.text
        );
        out.error(&wrapped("", "  ", &text));
        return;
    }
    for cell in cells.iter().take(NAMED_MAX) {
        let text = format!(
            "{word}: {} on {}: {}",
            cell.procedure, cell.scenario, cell.text
        );
        out.error(&wrapped("", "  ", &text));
        out.error(&format!("  {}", cell.replay));
    }
    if cells.len() > NAMED_MAX {
        out.error(&format!(
            "{word}: and {} more cells were {all}",
            cells.len() - NAMED_MAX
        ));
    }
}
