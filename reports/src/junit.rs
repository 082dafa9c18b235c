//! Writes `JUnit` XML for CI systems: a test suite for each engine, a test case for each scenario and seed.

use std::collections::BTreeMap;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use seatrial_scenarios::RunRecord;
use seatrial_scenarios::record::Verdict;

use crate::campaign::{Campaign, Standing, replay};
use crate::terminal::failure_text;

/// Returns the report. An unsupported run is a skipped case, never a silent pass.
pub fn junit_xml(campaign: &Campaign<'_>) -> Result<String, quick_junit::SerializeError> {
    let mut suites: BTreeMap<&str, TestSuite> = BTreeMap::new();
    for run in campaign.records {
        let suite = suites
            .entry(&run.engine)
            .or_insert_with(|| TestSuite::new(run.engine.as_str()));
        suite.add_test_case(case(campaign, run));
    }
    let mut report = Report::new("seatrial");
    report.set_time(campaign.wall);
    report.add_test_suites(suites.into_values());
    report.to_string()
}

fn case(campaign: &Campaign<'_>, run: &RunRecord) -> TestCase {
    let text = run
        .failure
        .as_ref()
        .map(|failure| failure_text(run, failure))
        .unwrap_or_default();
    let unexpected = run
        .findings
        .iter()
        .filter(|finding| campaign.standing(run, finding) == Standing::Unexpected)
        .map(|finding| format!("finding {}: {}", finding.oracle, finding.message));
    // CI systems show this text of a failure: what was seen, and the command that plays it again.
    let description: Vec<String> = std::iter::once(text.clone())
        .chain(unexpected)
        .chain([replay(run)])
        .collect();
    let status = match run.verdict {
        Verdict::Pass | Verdict::Flaky => TestCaseStatus::success(),
        Verdict::Unsupported => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(text);
            status
        }
        Verdict::Fail | Verdict::Error => {
            let kind = if run.verdict == Verdict::Fail {
                NonSuccessKind::Failure
            } else {
                NonSuccessKind::Error
            };
            let mut status = TestCaseStatus::non_success(kind);
            status
                .set_message(text)
                .set_description(description.join("\n"));
            status
        }
    };
    let mut case = TestCase::new(format!("{} seed {}", run.id, run.seed), status);
    case.set_classname(run.id.as_str());
    case.set_time(Duration::from_millis(run.wall_ms));
    let mut out = vec![replay(run)];
    if run.verdict == Verdict::Flaky {
        out.push("flaky: the run failed, and passed when it was repeated".to_owned());
    }
    for finding in &run.findings {
        let standing = campaign.standing(run, finding).name();
        out.push(format!(
            "finding {} ({standing}): {}",
            finding.oracle, finding.message
        ));
    }
    case.set_system_out(out.join("\n"));
    case
}
