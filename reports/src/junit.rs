//! Writes `JUnit` XML for CI systems. Its failures and errors agree with the exit code of the command.
//!
//! `run` has a test suite for each engine and a case for each scenario and seed; `verify` has a suite for each
//! procedure and a case for each cell.

use std::collections::BTreeMap;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};
use seatrial_scenarios::RunRecord;
use seatrial_scenarios::matrix::{Cell, Matrix};
use seatrial_scenarios::outcome::Outcome;
use seatrial_scenarios::record::Verdict;
use seatrial_scenarios::record_file::CampaignHead;

use crate::campaign::{Campaign, Standing, replay};
use crate::judged::Judged;
use crate::terminal::failure_text;
use crate::words::count;

/// The suite of what belongs to no single case.
const WHOLE: &str = "seatrial";

/// Returns the report of runs. An unsupported run is a skipped case, never a silent pass. With an earlier run to
/// compare with, a run that failed then too is a skipped case, and a run that is missing is a failed one.
pub fn junit_xml(campaign: &Campaign<'_>, head: &CampaignHead) -> Result<String, SerializeError> {
    let mut suites: BTreeMap<&str, TestSuite> = BTreeMap::new();
    for run in campaign.records {
        let suite = suites
            .entry(&run.engine)
            .or_insert_with(|| TestSuite::new(run.engine.as_str()));
        suite.add_test_case(case(campaign, run));
    }
    let mut whole = TestSuite::new(WHOLE);
    if let Some(comparison) = campaign.against {
        for change in &comparison.missing {
            let (name, text) = (format!("{} is missing", change.about()), change.to_string());
            whole.add_test_case(bad_case(&name, NonSuccessKind::Failure, &text, &text));
        }
        for change in comparison.worse.iter().filter(|one| one.seed.is_none()) {
            let (name, text) = (format!("{} is worse", change.about()), change.to_string());
            whole.add_test_case(bad_case(&name, NonSuccessKind::Failure, &text, &text));
        }
    } else if campaign.unlisted > 0 {
        let text = format!(
            "{} between the engines that scenarios/differences.toml does not list",
            count(campaign.unlisted, "difference", "differences")
        );
        let name = "agreement of the engines";
        whole.add_test_case(bad_case(name, NonSuccessKind::Failure, &text, &text));
    }
    if campaign.not_run > 0 {
        whole.add_test_case(interrupted(campaign.not_run, "run", "runs"));
    }
    let mut report = Report::new(name(&head.program, &head.commit));
    report.set_time(campaign.wall);
    if !whole.test_cases.is_empty() {
        report.add_test_suite(whole);
    }
    report.add_test_suites(suites.into_values());
    written(&report)
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
        Verdict::Unsupported => skipped(text),
        Verdict::Fail | Verdict::Error => match campaign.against {
            Some(comparison) if !comparison.is_worse(run) => {
                skipped(format!("as in the earlier run: {text}"))
            }
            _ => {
                let kind = if run.verdict == Verdict::Error || run.lacks_a_fault() {
                    NonSuccessKind::Error
                } else {
                    NonSuccessKind::Failure
                };
                non_success(kind, &text, &description.join("\n"))
            }
        },
    };
    let mut case = TestCase::new(format!("{} seed {}", run.id, run.seed), status);
    case.set_classname(run.id.as_str());
    case.set_time(Duration::from_millis(run.wall_ms));
    set_file(&mut case, &run.file);
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
    for (fault, why) in run.skipped_faults() {
        out.push(format!(
            "step {}: {} had no effect: {why}",
            fault.step, fault.fault
        ));
    }
    case.set_system_out(out.join("\n"));
    case
}

/// Returns the report of a matrix. A cell that is bad and does not fail the run is a success that says so.
pub fn junit_of_matrix(judged: &Judged<'_>) -> Result<String, SerializeError> {
    let matrix = judged.matrix;
    let mut report = Report::new(name(&matrix.program, &matrix.commit));
    report.set_time(Duration::from_millis(matrix.wall_ms));
    if judged.is_interrupted() {
        let mut whole = TestSuite::new(WHOLE);
        whole.add_test_case(interrupted(matrix.not_played, "cell", "cells"));
        report.add_test_suite(whole);
    }
    let mut suites: Vec<(&str, TestSuite)> = Vec::new();
    let mut add = |procedure, case| {
        let place = suites.iter().position(|(name, _)| *name == procedure);
        let place = place.unwrap_or_else(|| {
            suites.push((procedure, TestSuite::new(procedure)));
            suites.len() - 1
        });
        suites[place].1.add_test_case(case);
    };
    for procedure in &matrix.procedures {
        for cell in matrix
            .cells
            .iter()
            .filter(|one| one.procedure == *procedure)
        {
            add(procedure.as_str(), case_of_cell(judged, cell));
        }
    }
    for change in judged.changes.iter().flat_map(|changes| &changes.missing) {
        let cell = change.cell;
        let text = format!(
            "missing: the earlier matrix has it as {}",
            cell.outcome.name()
        );
        let name = name_of(matrix, cell);
        let mut case = bad_case(&name, NonSuccessKind::Failure, &text, &text);
        case.set_classname(cell.procedure.as_str());
        add(cell.procedure.as_str(), case);
    }
    report.add_test_suites(suites.into_iter().map(|(_, suite)| suite));
    written(&report)
}

fn name_of(matrix: &Matrix, cell: &Cell) -> String {
    if matrix.seeds > 1 {
        format!("{} seed {}", cell.scenario, cell.seed)
    } else {
        cell.scenario.clone()
    }
}

fn case_of_cell(judged: &Judged<'_>, cell: &Cell) -> TestCase {
    let name = cell.outcome.name();
    let text = if cell.text.is_empty() {
        name.to_owned()
    } else {
        format!("{name}: {}", cell.text)
    };
    let said = [text.as_str(), cell.replay.as_str()].join("\n");
    let status = match cell.outcome {
        Outcome::Error | Outcome::NotJudged => non_success(NonSuccessKind::Error, &text, &said),
        _ if judged.fails(cell) => non_success(NonSuccessKind::Failure, &text, &said),
        _ => TestCaseStatus::success(),
    };
    let mut case = TestCase::new(name_of(judged.matrix, cell), status);
    case.set_classname(cell.procedure.as_str());
    // Cells are not timed one by one.
    case.set_time(Duration::ZERO);
    let rows = &judged.matrix.scenarios;
    if let Some(row) = rows.iter().find(|row| row.id == cell.scenario) {
        set_file(&mut case, &row.file);
    }
    let mut out = vec![format!(
        "{text} ({} ms of simulated time, {})",
        cell.took_ms,
        count(cell.commands, "command", "commands")
    )];
    out.extend(cell.notes.iter().cloned());
    out.extend(cell.typed.iter().map(|typed| {
        let exit = typed.exit.map_or("?".to_owned(), |exit| exit.to_string());
        format!("{}$ {}  [{exit}]", typed.node, typed.line)
    }));
    case.set_system_out(out.join("\n"));
    case
}

/// Returns the name of a report: the program that made it, and its commit.
fn name(program: &str, commit: &str) -> String {
    if commit.is_empty() {
        format!("seatrial {program}")
    } else {
        format!("seatrial {program}, commit {commit}")
    }
}

/// Returns the case that fails a report of which a part is missing.
fn interrupted(missing: usize, one: &str, many: &str) -> TestCase {
    let text = format!(
        "interrupted: {} not made",
        if missing == 1 {
            format!("1 {one} was")
        } else {
            format!("{missing} {many} were")
        }
    );
    bad_case("the run is complete", NonSuccessKind::Error, &text, &text)
}

fn bad_case(name: &str, kind: NonSuccessKind, message: &str, description: &str) -> TestCase {
    let mut case = TestCase::new(name, non_success(kind, message, description));
    case.set_classname(WHOLE);
    case.set_time(Duration::ZERO);
    case
}

fn non_success(kind: NonSuccessKind, message: &str, description: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(message).set_description(description);
    status
}

fn skipped(message: String) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(message);
    status
}

/// Names the scenario file, for CI systems that show it beside the case.
fn set_file(case: &mut TestCase, file: &str) {
    if !file.is_empty() {
        case.extra.insert("file".into(), file.into());
    }
}
/// Returns the file. The library puts the number of skipped cases on the root too, which Jenkins' published schema
/// (xunit-plugin, junit-10.xsd) does not allow; each suite has its own.
fn written(report: &Report) -> Result<String, SerializeError> {
    let text = report.to_string()?;
    let Some(begin) = text.find("<testsuites ") else {
        return Ok(text);
    };
    let end = begin + text[begin..].find('>').unwrap_or(0);
    let root = &text[begin..end];
    let kept: Vec<&str> = match root.find(" skipped=\"") {
        None => vec![root],
        Some(at) => {
            let value = at + " skipped=\"".len();
            let after = value + root[value..].find('"').map_or(0, |quote| quote + 1);
            vec![&root[..at], &root[after..]]
        }
    };
    Ok(format!(
        "{}{}{}",
        &text[..begin],
        kept.concat(),
        &text[end..]
    ))
}
