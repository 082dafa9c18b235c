//! What CI systems get from `run` and `verify`: annotations, reports of their own forms, GitHub's step summary.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use clap::ValueEnum;
use seatrial_reports::{Notice, Places, code_quality, github_lines, sarif};
use seatrial_scenarios::Scenario;

use crate::folder::Folder;
use crate::output::Out;
use crate::{Stop, provenance};

/// The most bytes of a step summary. GitHub refuses more than 1 MiB.
const SUMMARY_MAX: usize = 900_000;

/// The form in which failures are shown at their files and lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Annotations {
    /// Workflow commands of GitHub, on standard error.
    #[value(help = "workflow commands of GitHub, on standard error")]
    Github,
    /// gl-code-quality-report.json, in the folder of results.
    #[value(help = "gl-code-quality-report.json in the folder of results")]
    Gitlab,
    /// results.sarif, in the folder of results.
    #[value(help = "results.sarif in the folder of results")]
    Sarif,
}

/// Returns the places of those scenarios that are files. A built-in scenario has no file in the user's folder.
pub(crate) fn places<'a>(scenarios: impl IntoIterator<Item = &'a Scenario>) -> Places {
    let mut places = Places::default();
    for scenario in scenarios {
        if Path::new(&scenario.file).is_file() {
            places.add(scenario);
        }
    }
    places
}

/// Delivers the failures in the forms that were asked for. On GitHub the summary of the step gets `summary`.
pub(crate) fn deliver(
    forms: &[Annotations],
    notices: &[Notice],
    summary: &str,
    folder: &Folder,
    out: &mut Out,
) -> Result<(), Stop> {
    for form in forms {
        match form {
            Annotations::Github => {
                let lines = github_lines(notices);
                if !lines.is_empty() {
                    out.error(&lines);
                }
            }
            Annotations::Gitlab => {
                folder.write("gl-code-quality-report.json", code_quality(notices))?;
            }
            Annotations::Sarif => {
                folder.write("results.sarif", sarif(notices, provenance::PROGRAM))?;
            }
        }
    }
    if let Some(file) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty()) {
        let file = Path::new(&file);
        let added = OpenOptions::new()
            .create(true)
            .append(true)
            .open(file)
            .and_then(|mut open| open.write_all(shortened(summary).as_bytes()));
        if let Err(error) = added {
            // The results are there; only their copy on GitHub's page is not.
            out.error(&format!(
                "note: GITHUB_STEP_SUMMARY {}: {error}",
                file.display()
            ));
        }
    }
    Ok(())
}

/// Returns the summary, cut at the end of a line if it is too long.
fn shortened(summary: &str) -> String {
    if summary.len() <= SUMMARY_MAX {
        return format!("{summary}\n");
    }
    let mut end = 0;
    for (place, _) in summary.match_indices('\n') {
        if place > SUMMARY_MAX {
            break;
        }
        end = place;
    }
    format!(
        "{}\n\nThis is not all: the summary in the folder of results is longer.\n",
        &summary[..end]
    )
}
