//! The verdict on the findings of a run: those that the scenario names, and those that it does not.

use crate::trial::oracles;
use crate::trial::record::{RunRecord, Verdict};

/// Fails the run for each finding that the scenario does not name, and for each that it names and that
/// did not come. `histories` says whether the engine shows what some oracles need.
pub(super) fn judge_findings(record: &mut RunRecord, expected: &[String], histories: bool) {
    if record.verdict == Verdict::Unsupported {
        return;
    }
    let mut failures = Vec::new();
    for finding in &record.findings {
        let fails = oracles::finding(&finding.oracle).is_none_or(|kind| kind.fails_unlisted);
        if fails && !expected.contains(&finding.oracle) {
            failures.push((
                finding.step,
                format!("unexpected finding {}: {}", finding.oracle, finding.message),
            ));
        }
    }
    for name in expected {
        let found = record
            .findings
            .iter()
            .any(|finding| finding.oracle == *name);
        let visible = oracles::finding(name).is_none_or(|kind| histories || !kind.needs_histories);
        if !found && visible {
            failures.push((
                0,
                format!("the finding {name}, which the scenario names, did not come"),
            ));
        }
    }
    for (step, text) in failures {
        record.fail(step, text);
    }
}
