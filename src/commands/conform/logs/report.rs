//! The score as text and as JSON.

use std::fmt::Write as _;

use serde_json::json;

use crate::Stop;
use crate::commands::conform::percent;

use super::score::{Kind, Score};

/// How many differences are printed in full.
const SHOWN_MAX: usize = 40;

/// Returns the score for people.
pub(super) fn text(score: &Score) -> String {
    let mut text = String::new();
    // Writing to a `String` cannot fail.
    for difference in score.differing().iter().take(SHOWN_MAX) {
        let _ = writeln!(text, "{}: {}", difference.place, difference.kind.words());
        let _ = writeln!(text, "    the log says    {}", difference.log);
        let _ = writeln!(text, "    the model says  {}", difference.model);
        let _ = writeln!(text, "    decided from    {}", difference.inputs);
    }
    if score.differing().len() > SHOWN_MAX {
        let more = score.differing().len() - SHOWN_MAX;
        let _ = writeln!(
            text,
            "and {more} more differences: --format json has them all"
        );
    }
    if !score.differing().is_empty() {
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "{:<40}{:>9}{:>9}{:>10}",
        "decision", "equal", "decided", "no inputs"
    );
    for kind in Kind::ALL {
        let Some(count) = score.counts().get(&kind) else {
            continue;
        };
        let apart: u64 = count.apart.values().sum();
        let _ = writeln!(
            text,
            "{:<40}{:>9}{:>9}{apart:>10}",
            kind.words(),
            count.equal,
            count.decided
        );
    }
    let reasons = score.counts().iter().flat_map(|(kind, count)| {
        let reasons = count.apart.iter();
        reasons.map(move |(why, times)| (kind.words(), why, times))
    });
    let mut any = false;
    for (words, why, times) in reasons {
        if !any {
            text.push_str("\nnot compared, because the logs do not show the inputs:\n");
        }
        any = true;
        let _ = writeln!(text, "  {times:>6}  {words}: {why}");
    }
    let (equal, decided) = (score.equal(), score.decided());
    let _ = writeln!(
        text,
        "\n{equal} of {decided} decisions equal ({}), {} more without inputs",
        percent(equal, decided),
        score.apart()
    );
    text
}

/// Returns the score for programs.
pub(super) fn json(score: &Score) -> Result<String, Stop> {
    let counts: serde_json::Map<String, serde_json::Value> = score
        .counts()
        .iter()
        .map(|(kind, count)| {
            let name = serde_json::to_value(kind).ok();
            let name = name.and_then(|name| name.as_str().map(str::to_owned));
            (name.unwrap_or_default(), json!(count))
        })
        .collect();
    let report = json!({
        "format": 1,
        "decided": score.decided(),
        "equal": score.equal(),
        "without_inputs": score.apart(),
        "kinds": counts,
        "differing": score.differing(),
    });
    serde_json::to_string_pretty(&report)
        .map_err(|error| Stop::environment(format!("cannot write the score: {error}")))
}
