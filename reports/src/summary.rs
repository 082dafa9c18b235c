//! A summary in Markdown, fit for a CI job or a pull request.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use seatrial_scenarios::RunRecord;
use seatrial_scenarios::record::Verdict;

use crate::campaign::{Campaign, replay};
use crate::claims::cell;
use crate::terminal::failure_text;

/// The totals, what went wrong, and the verdicts.
pub fn summary_markdown(campaign: &Campaign<'_>) -> String {
    let agreement = campaign.agreement;
    let claims = campaign.claims();
    let failed = campaign.count(Verdict::Fail) + campaign.count(Verdict::Error);
    let mut text = String::from("# Seatrial\n\n");
    let _ = writeln!(
        text,
        "{} runs: {} passed, {failed} failed, {} unsupported, {} not run.",
        campaign.records.len(),
        campaign.count(Verdict::Pass),
        campaign.count(Verdict::Unsupported),
        campaign.not_run
    );
    let _ = writeln!(
        text,
        "{} statements of the manual: {} contradicted, {} not as pinned.",
        claims.all, claims.contradicted, claims.changed
    );
    if agreement.compared > 0 {
        let _ = writeln!(
            text,
            "Agreement of the engines: {} of {} fields, {} of {} steps.",
            agreement.equal, agreement.compared, agreement.steps_equal, agreement.steps_compared
        );
        if !agreement.races.is_empty() {
            let _ = writeln!(text, "Races: {}.", crate::terminal::races(agreement));
        }
    }
    let bad: Vec<&RunRecord> = campaign
        .records
        .iter()
        .filter(|run| run.verdict != Verdict::Pass)
        .collect();
    if !bad.is_empty() {
        text.push_str("\n## Not passed\n\n");
    }
    for run in bad {
        let _ = writeln!(
            text,
            "- **{}** on {}, seed {}",
            cell(&run.id),
            run.engine,
            run.seed
        );
        if let Some(failure) = &run.failure {
            let _ = writeln!(text, "  - {}", cell(&failure_text(run, failure)));
        }
        let _ = writeln!(text, "  - `{}`", replay(run));
    }
    let mut table: BTreeMap<&str, BTreeMap<&str, (usize, usize)>> = BTreeMap::new();
    for run in campaign.records {
        let (passed, all) = table
            .entry(&run.id)
            .or_default()
            .entry(&run.engine)
            .or_insert((0, 0));
        *passed += usize::from(run.verdict == Verdict::Pass);
        *all += 1;
    }
    text.push_str("\n## Scenarios\n\n| scenario | passed |\n| --- | --- |\n");
    for (id, engines) in table {
        let verdicts: Vec<String> = engines
            .iter()
            .map(|(engine, (passed, all))| format!("{engine} {passed}/{all}"))
            .collect();
        let _ = writeln!(text, "| {} | {} |", cell(id), verdicts.join(", "));
    }
    text
}
