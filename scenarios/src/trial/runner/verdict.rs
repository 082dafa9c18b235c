//! The verdict of a run: checks, findings that the scenario names, and those that it does not.

use crate::port::Testbed;
use crate::trial::oracles;
use crate::trial::record::{RunRecord, Verdict, ms};

use super::run::Runner;

impl<T: Testbed> Runner<'_, T> {
    /// Closes the record.
    pub(super) fn finish(mut self) -> RunRecord {
        let histories = self.testbed.capabilities().histories;
        self.course.record.simulated_ms = ms(self.testbed.now().saturating_sub(self.course.began));
        self.course.record.forced = self.course.deeds.excuse_texts();
        if self.course.record.verdict != Verdict::Unsupported {
            self.judge_findings(histories);
        }
        self.course.record
    }

    fn judge_findings(&mut self, histories: bool) {
        let expected = &self.scenario.findings;
        let mut failures = Vec::new();
        for finding in &self.course.record.findings {
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
                .course
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
