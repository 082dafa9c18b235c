//! The short forms for a code host: a comment for a pull request, and the JSON of a badge.

use std::fmt::Write as _;

use seatrial_scenarios::outcome::Outcome;
use seatrial_scenarios::record::Verdict;
use serde_json::json;

use crate::campaign::{Campaign, replay};
use crate::changes::short_lists;
use crate::claims::cell;
use crate::judged::Judged;
use crate::terminal::{failure_text, headline_of_interrupted};
use crate::words::{count, headed};

/// The most lines of a list: a comment is read in passing, and the summary has the rest.
const LISTED_MAX: usize = 10;

/// Begins a comment. A bot that comments again finds its earlier comment by the hidden first line.
fn begun(headline: &str) -> String {
    format!("<!-- seatrial -->\n### Seatrial: {headline}\n")
}

/// Ends a list that was cut.
fn more(text: &mut String, all: usize) {
    if all > LISTED_MAX {
        let _ = writeln!(text, "- and {} more", all - LISTED_MAX);
    }
}

/// Returns the comment of a matrix: the lists of changes if there is an earlier one, and otherwise what fails.
pub fn comment_of_matrix(judged: &Judged<'_>) -> String {
    let mut text = begun(&judged.headline());
    if judged.changes.is_some() {
        text.push_str(&short_lists(judged, LISTED_MAX));
    } else {
        let failing = judged.failing();
        let _ = writeln!(
            text,
            "\n{}.",
            if failing.is_empty() {
                "No cell fails this run".to_owned()
            } else {
                format!(
                    "{} this run: {}",
                    count(failing.len(), "cell fails", "cells fail"),
                    judged.by_outcome()
                )
            }
        );
        text.push('\n');
        for one in failing.iter().take(LISTED_MAX) {
            let _ = writeln!(
                text,
                "- `{}` on `{}`: {}",
                one.procedure,
                one.scenario,
                one.outcome.name()
            );
        }
        more(&mut text, failing.len());
    }
    let not_judged = judged.not_judged().len();
    if not_judged > 0 {
        let _ = writeln!(
            text,
            "\n{}.",
            count(not_judged, "cell was not judged", "cells were not judged")
        );
    }
    text
}

/// Returns the comment of a campaign.
pub fn comment_of_campaign(campaign: &Campaign<'_>) -> String {
    let mut text = begun(&headline(campaign));
    if let Some(comparison) = campaign.against {
        let _ = writeln!(text, "\nSince the earlier run: {}.", comparison.numbers());
        for (name, list) in comparison.lists() {
            headed(&mut text, name, list.len());
            for change in list.iter().take(LISTED_MAX) {
                let _ = writeln!(text, "- `{}`: {}", change.about(), cell(&change.text));
            }
            more(&mut text, list.len());
        }
        return text;
    }
    let records = campaign.records.iter();
    let bad: Vec<_> = records.filter(|run| run.verdict != Verdict::Pass).collect();
    text.push('\n');
    for run in bad.iter().take(LISTED_MAX) {
        let _ = writeln!(text, "- `{}` on {}, seed {}", run.id, run.engine, run.seed);
        if let Some(failure) = &run.failure {
            let _ = writeln!(text, "  - {}", cell(&failure_text(run, failure)));
        }
        let _ = writeln!(text, "  - `{}`", replay(run));
    }
    more(&mut text, bad.len());
    text
}

/// Returns the result of a campaign in one line.
fn headline(campaign: &Campaign<'_>) -> String {
    if campaign.not_run > 0 {
        return headline_of_interrupted(campaign);
    }
    let passed = campaign.count(Verdict::Pass);
    let runs = campaign.records.len();
    if passed == runs {
        return format!("{} passed", count(runs, "run", "runs"));
    }
    format!("{passed} of {} passed", count(runs, "run", "runs"))
}

/// Returns a badge as shields.io reads it ("endpoint").
fn badge(message: &str, color: &str) -> String {
    let badge = json!({
        "schemaVersion": 1,
        "label": "seatrial",
        "message": message,
        "color": color,
    });
    format!("{badge:#}\n")
}

/// The colour of a result: red if it fails, and yellow if something is not known.
const fn color(fails: bool, unknown: bool) -> &'static str {
    if fails {
        "red"
    } else if unknown {
        "yellow"
    } else {
        "brightgreen"
    }
}

/// Returns the badge of a matrix: how many cells are good.
pub fn badge_of_matrix(judged: &Judged<'_>) -> String {
    if judged.is_interrupted() {
        return badge("interrupted", color(false, true));
    }
    let cells = &judged.matrix.cells;
    let good = cells.iter().filter(|one| one.outcome.is_good()).count();
    let fails = !judged.failing().is_empty()
        || judged
            .changes
            .is_some_and(seatrial_scenarios::matrix::Changes::fail);
    let unknown = cells.iter().any(|one| one.outcome == Outcome::NotJudged);
    badge(
        &format!("{good} of {} recovered", cells.len()),
        color(fails, unknown),
    )
}

/// Returns the badge of a campaign: how many runs passed.
pub fn badge_of_campaign(campaign: &Campaign<'_>) -> String {
    if campaign.not_run > 0 {
        return badge("interrupted", color(false, true));
    }
    let fails = match campaign.against {
        Some(comparison) => comparison.fails(),
        None => {
            campaign.count(Verdict::Fail) + campaign.count(Verdict::Error) > 0
                || campaign.unlisted > 0
        }
    };
    badge(
        &headline(campaign),
        color(fails, campaign.count(Verdict::Unsupported) > 0),
    )
}
