//! `--against`: what got worse since an earlier campaign.

use std::collections::BTreeSet;
use std::path::Path;

use seatrial_scenarios::Results;
use seatrial_scenarios::record::{ScenarioResult, Verdict};

use crate::Stop;

/// Reads the results of an earlier campaign.
pub(crate) fn read(path: &Path) -> Result<Results, Stop> {
    let stop = |error: String| Stop::usage(format!("--against {}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| stop(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| stop(format!("not a results.json: {error}")))
}

/// What got worse, a line each. A run is compared with the same scenario, engine and seed; one that
/// the earlier campaign did not make must pass.
pub(crate) fn worse(before: &Results, now: &Results) -> Vec<String> {
    let mut lines = Vec::new();
    for run in &now.scenarios {
        let same = |old: &&ScenarioResult| {
            old.id == run.id && old.engine == run.engine && old.seed == run.seed
        };
        let place = format!("{} on {}, seed {}", run.id, run.engine, run.seed);
        match before.scenarios.iter().find(same) {
            Some(old) => {
                lines.extend(
                    changes(old, run)
                        .into_iter()
                        .map(|what| format!("{place}: {what}")),
                );
            }
            None if run.verdict != Verdict::Pass => {
                lines.push(format!("{place}: {}, and it is new", run.verdict.name()));
            }
            None => {}
        }
    }
    for difference in &now.agreement.differing {
        let known = before.agreement.differing.iter().any(|old| {
            old.scenario == difference.scenario
                && old.step == difference.step
                && old.node == difference.node
                && old.field == difference.field
        });
        if !known {
            lines.push(format!(
                "{}: the engines differ newly in step {}, node {}, {}",
                difference.scenario, difference.step, difference.node, difference.field
            ));
        }
    }
    lines
}

fn changes(old: &ScenarioResult, now: &ScenarioResult) -> Vec<String> {
    let mut lines = Vec::new();
    if rank(now.verdict) > rank(old.verdict) {
        lines.push(format!(
            "{}, it was {}",
            now.verdict.name(),
            old.verdict.name()
        ));
    }
    if now.verdict == Verdict::Pass {
        return lines;
    }
    // A run that failed before can fail in more ways now.
    let known: BTreeSet<&str> = old
        .findings
        .iter()
        .map(|finding| finding.oracle.as_str())
        .collect();
    for finding in &now.findings {
        if !known.contains(finding.oracle.as_str()) {
            lines.push(format!("the finding {} is new", finding.oracle));
        }
    }
    for claim in now
        .claims
        .iter()
        .filter(|claim| claim.verdict != claim.expected)
    {
        let was_bad = old
            .claims
            .iter()
            .any(|old| old.id == claim.id && old.verdict != old.expected);
        if !was_bad {
            lines.push(format!("the verdict on {} has changed", claim.id));
        }
    }
    lines
}

const fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Flaky => 1,
        Verdict::Unsupported => 2,
        Verdict::Fail => 3,
        Verdict::Error => 4,
    }
}
