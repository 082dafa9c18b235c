//! The terminal's view of a campaign: a line a scenario, then what went wrong, then totals.

use std::fmt::Write as _;

use owo_colors::OwoColorize as _;
use seatrial_scenarios::agreement::Agreement;
use seatrial_scenarios::record::Verdict;
use seatrial_scenarios::RunRecord;

/// One scenario on all its engines, fit for 80 columns.
pub fn scenario_line(runs: &[&RunRecord]) -> String {
    let Some(first) = runs.first() else { return String::new() };
    let verdicts: Vec<String> = runs
        .iter()
        .map(|run| {
            let word = format!("{} {}", run.engine, run.verdict.name());
            match run.verdict {
                Verdict::Pass => word.green().to_string(),
                Verdict::Unsupported => word.yellow().to_string(),
                Verdict::Fail | Verdict::Error => word.red().bold().to_string(),
            }
        })
        .collect();
    let width: usize =
        runs.iter().map(|run| run.engine.len() + run.verdict.name().len() + 1).sum::<usize>()
            + 2 * runs.len().saturating_sub(1);
    let pad = " ".repeat(24_usize.saturating_sub(width));
    let simulated = runs.iter().map(|run| run.simulated_ms).max().unwrap_or(0) / 1_000;
    let wall: u64 = runs.iter().map(|run| run.wall_ms).sum();
    format!("{}{pad} {simulated:>5}s {wall:>5}ms  {}", verdicts.join("  "), first.id)
}

/// Failures with their step, and findings with the line that replays them.
pub fn details(runs: &[RunRecord]) -> String {
    let mut text = String::new();
    for run in runs.iter().filter(|run| run.verdict != Verdict::Pass) {
        let heading = format!("{} on {}, seed {}", run.id, run.engine, run.seed);
        let _ = writeln!(text, "\n{} {heading}", run.verdict.name().red().bold());
        if let Some(failure) = &run.failure {
            let _ = writeln!(text, "  step {}: {}", failure.step, failure.text);
        }
        let _ = writeln!(
            text,
            "  replay: seatrial replay {} --on {} --seed {}",
            run.file, run.engine, run.seed
        );
    }
    let mut seen: Vec<(&str, &str)> = Vec::new();
    let mut pinned = String::new();
    for run in runs.iter().filter(|run| run.verdict == Verdict::Pass) {
        for finding in &run.findings {
            if seen.contains(&(&run.id, &finding.oracle)) {
                continue;
            }
            seen.push((&run.id, &finding.oracle));
            let _ = writeln!(pinned, "  {} in {}", finding.oracle.yellow(), run.id);
            let _ = writeln!(pinned, "    {}", finding.message);
            let _ = writeln!(pinned, "    {}", finding.replay);
        }
    }
    if !pinned.is_empty() {
        let _ = writeln!(text, "\nFindings that the scenarios are there to show:\n{pinned}");
    }
    text
}

/// The last lines: claims, agreement, verdicts.
pub fn totals(runs: &[RunRecord], agreement: &Agreement) -> String {
    let mut text = String::new();
    let claims: Vec<_> = runs.iter().flat_map(|run| &run.claims).collect();
    let changed = claims.iter().filter(|claim| claim.verdict != claim.expected).count();
    let mut ids: Vec<(&str, bool)> = claims
        .iter()
        .map(|claim| (claim.id.as_str(), claim.verdict.name() == "contradicted"))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let contradicted = ids.iter().filter(|(_, contradicted)| *contradicted).count();
    let _ = writeln!(
        text,
        "Claims: {} statements of the manual, {contradicted} contradicted, {changed} changed",
        ids.len()
    );
    if agreement.compared > 0 {
        let _ = writeln!(
            text,
            "Agreement: {} of {} fields, {} of {} steps equal",
            agreement.equal, agreement.compared, agreement.steps_equal, agreement.steps_compared
        );
        for difference in agreement.differing.iter().take(20) {
            let values: Vec<String> = difference
                .values
                .iter()
                .map(|(engine, value)| format!("{engine} {value}"))
                .collect();
            let _ = writeln!(
                text,
                "  {} step {} node {} {}: {}",
                difference.scenario,
                difference.step,
                difference.node,
                difference.field,
                values.join(", ")
            );
        }
    }
    let passed = runs.iter().filter(|run| run.verdict == Verdict::Pass).count();
    let _ = writeln!(text, "Runs: {} passed, {} failed", passed, runs.len() - passed);
    text
}
