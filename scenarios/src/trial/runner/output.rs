//! The result of a check, and the comparison of a command's end with the expectation of a step.

use seatrial_language::{Operator, Part};
use seatrial_port::Output;

use crate::trial::record::CommandRecord;

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CheckOutcome {
    pub(super) held: bool,
    pub(super) text: String,
}

impl CheckOutcome {
    /// It held.
    pub(super) fn held(text: impl Into<String>) -> Self {
        Self {
            held: true,
            text: text.into(),
        }
    }

    /// It did not hold, and why.
    pub(super) fn failed(text: impl Into<String>) -> Self {
        Self {
            held: false,
            text: text.into(),
        }
    }
}

/// Returns whether a command ended as an operator step says.
pub(super) fn judge_command(
    operator: &Operator,
    negated: Option<&Part>,
    command: &CommandRecord,
) -> CheckOutcome {
    let Some(output) = &command.output else {
        return CheckOutcome::failed(format!("`{}` on {} has no end", command.line, command.node));
    };
    let who = format!("`{}` on {}", command.line, command.node);
    if command.timed_out {
        return CheckOutcome::failed(format!(
            "{who} had not ended after {}, so Ctrl-C was sent",
            operator.within
        ));
    }
    let mismatch = match negated {
        None => output_mismatch(output, wanted(operator)),
        Some(part) => negated_output(output, wanted(&operator.only(part))),
    };
    match mismatch {
        Some(mismatch) => CheckOutcome::failed(format!("{who}: {mismatch}")),
        None => CheckOutcome::held(format!("{who}: exit {}", output.exit)),
    }
}

fn wanted(operator: &Operator) -> Wanted<'_> {
    (
        operator.exit,
        operator.prints.as_deref(),
        operator.lacks.as_deref(),
    )
}

/// Returns the reason why the contrary of the one thing that is wanted does not hold.
pub(super) fn negated_output(output: &Output, wanted: Wanted<'_>) -> Option<String> {
    match output_mismatch(output, wanted) {
        Some(_) => None,
        None => Some(format!("negated: it holds, exit {}", output.exit)),
    }
}

/// The exit code, a text that must be printed, one that must not.
pub(super) type Wanted<'a> = (Option<i32>, Option<&'a str>, Option<&'a str>);

/// Returns the mismatch between a command's end and the expectation.
pub(super) fn output_mismatch(
    output: &Output,
    (exit, prints, lacks): Wanted<'_>,
) -> Option<String> {
    let printed = |text: &str| output.stdout.contains(text) || output.stderr.contains(text);
    if let Some(exit) = exit.filter(|exit| *exit != output.exit) {
        return Some(format!(
            "expected exit {exit}, seen {}; {}",
            output.exit,
            excerpt(output)
        ));
    }
    if let Some(text) = prints.filter(|text| !printed(text)) {
        return Some(format!("expected to print `{text}`; {}", excerpt(output)));
    }
    lacks
        .filter(|text| printed(text))
        .map(|text| format!("expected not to print `{text}`; {}", excerpt(output)))
}

/// Returns the end of what a command printed, short enough for a message.
fn excerpt(output: &Output) -> String {
    let text = if output.stderr.trim().is_empty() {
        &output.stdout
    } else {
        &output.stderr
    };
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    if lines.is_empty() {
        return "it printed nothing".to_owned();
    }
    let last = lines[lines.len().saturating_sub(3)..].join(" / ");
    let short: String = last.chars().take(300).collect();
    format!("it printed: {short}")
}
