//! The verdict of a run: checks, findings that the scenario names, and those that it does not.

use crate::oracles;
use crate::record::{RunRecord, Verdict, ms};
use crate::testbed::Testbed;

use super::run::Runner;

impl<T: Testbed> Runner<'_, T> {
    /// Closes the record.
    pub(super) fn finish(mut self) -> RunRecord {
        let histories = self.testbed.capabilities().histories;
        self.record.simulated_ms = ms(self.testbed.now().saturating_sub(self.began));
        self.record.forced = self.deeds.forced.iter().cloned().collect();
        if self.record.verdict != Verdict::Unsupported {
            self.judge_findings(histories);
        }
        self.record
    }

    fn judge_findings(&mut self, histories: bool) {
        let expected = &self.scenario.findings;
        let mut failures = Vec::new();
        for finding in &self.record.findings {
            let fails = oracles::finding(&finding.oracle).is_none_or(|kind| kind.fails_unlisted);
            if fails && !expected.contains(&finding.oracle) {
                failures.push((
                    finding.step,
                    format!("unexpected finding {}: {}", finding.oracle, finding.message),
                ));
            }
        }
        for name in expected {
            let found = self
                .record
                .findings
                .iter()
                .any(|finding| finding.oracle == *name);
            let visible =
                oracles::finding(name).is_none_or(|kind| histories || !kind.needs_histories);
            if !found && visible {
                failures.push((
                    0,
                    format!("the finding {name}, which the scenario names, did not come"),
                ));
            }
        }
        for (step, text) in failures {
            self.fail(step, text);
        }
    }
}
