//! A summary in Markdown, fit for a CI job or a pull request.

use std::fmt::Write as _;

use seatrial_scenarios::agreement::Agreement;
use seatrial_scenarios::RunRecord;

/// The verdict table, the failures and the agreement.
pub fn summary_markdown(runs: &[RunRecord], agreement: &Agreement) -> String {
    let mut text = String::from("# Seatrial\n\n| scenario | engine | seed | verdict |\n|---|---|---|---|\n");
    for run in runs {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            escape(&run.id),
            run.engine,
            run.seed,
            run.verdict.name()
        );
    }
    for run in runs {
        if let Some(failure) = &run.failure {
            let _ = writeln!(
                text,
                "\n**{}** on {}: step {}: {}",
                escape(&run.id),
                run.engine,
                failure.step,
                escape(&failure.text)
            );
        }
    }
    let _ = writeln!(
        text,
        "\nAgreement: {} of {} fields, {} of {} steps.",
        agreement.equal, agreement.compared, agreement.steps_equal, agreement.steps_compared
    );
    text
}

fn escape(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('\n', " ")
}
