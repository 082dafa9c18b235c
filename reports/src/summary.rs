//! Writes a summary in Markdown, for a CI job or a pull request.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use seatrial_scenarios::RunRecord;
use seatrial_scenarios::language::ClaimVerdict;
use seatrial_scenarios::ledger::Ledger;
use seatrial_scenarios::record::Verdict;
use seatrial_scenarios::record_file::CampaignHead;

use crate::against::Comparison;
use crate::campaign::{Campaign, replay};
use crate::claims::cell;
use crate::manual::section_of;
use crate::mermaid::diagram;
use crate::terminal::{failure_text, headline_of_interrupted, skipped_faults};
use crate::words::count;

/// The most failed runs that are drawn. A comment on a code host has a limit.
const DIAGRAMS_MAX: usize = 5;
/// The most lines of a list.
const LISTED_MAX: usize = 40;

/// Returns the summary: the totals, the failures, and the verdicts.
pub fn summary_markdown(campaign: &Campaign<'_>, head: &CampaignHead) -> String {
    let agreement = campaign.agreement;
    let claims = campaign.claims();
    let failed = campaign.count(Verdict::Fail) + campaign.count(Verdict::Error);
    let mut text = if campaign.not_run > 0 {
        format!("# {}\n\n", headline_of_interrupted(campaign))
    } else {
        String::from("# Seatrial\n\n")
    };
    let _ = writeln!(
        text,
        "{}: {} passed, {failed} failed, {} unsupported{}.",
        count(campaign.records.len(), "run", "runs"),
        campaign.count(Verdict::Pass),
        campaign.count(Verdict::Unsupported),
        if campaign.not_run > 0 {
            format!(", {} not made", campaign.not_run)
        } else {
            String::new()
        }
    );
    let _ = writeln!(
        text,
        "{} of the manual: {} contradicted, {} not as pinned.",
        count(claims.all, "claim", "claims"),
        claims.contradicted,
        claims.changed
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
    let _ = writeln!(text, "Made by seatrial {}{}.", head.program, commit(head));
    if let Some(comparison) = campaign.against {
        text.push_str(&compared(comparison));
    }
    text.push_str(&without_effect(campaign));
    let bad: Vec<&RunRecord> = campaign
        .records
        .iter()
        .filter(|run| run.verdict != Verdict::Pass)
        .collect();
    if !bad.is_empty() {
        text.push_str("\n## Not passed\n\n");
    }
    for run in &bad {
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
        let _ = writeln!(text, "  - {}", code(&replay(run)));
    }
    text.push_str(&findings(campaign));
    text.push_str(&contradicted(campaign));
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
    for run in bad.iter().take(DIAGRAMS_MAX) {
        let title = format!("{} on {}, seed {}", run.id, run.engine, run.seed);
        let _ = writeln!(
            text,
            "\n## {}\n\n```mermaid\n{}```",
            cell(&title),
            diagram(run)
        );
    }
    text
}

fn commit(head: &CampaignHead) -> String {
    if head.commit.is_empty() {
        String::new()
    } else {
        format!(", commit {}", head.commit)
    }
}

/// Returns what changed since the earlier campaign.
fn compared(comparison: &Comparison) -> String {
    let mut text = String::from("\n## Since the earlier run\n\n");
    let _ = writeln!(text, "{}.", comparison.numbers());
    if !comparison.fails() {
        text.push_str("Nothing got worse, and nothing is missing.\n");
    }
    text.push('\n');
    for (word, lines) in comparison.lists() {
        for line in lines.iter().take(LISTED_MAX) {
            let _ = writeln!(text, "- **{word}**: {}", cell(&line.to_string()));
        }
        if lines.len() > LISTED_MAX {
            let _ = writeln!(text, "- and {} more {word}", lines.len() - LISTED_MAX);
        }
    }
    text
}

/// Returns the faults that had no effect.
fn without_effect(campaign: &Campaign<'_>) -> String {
    let found = skipped_faults(campaign);
    let mut text = String::new();
    if found.is_empty() {
        return text;
    }
    text.push_str("\n## Faults without effect\n\n");
    for fault in found.iter().take(LISTED_MAX) {
        let _ = writeln!(
            text,
            "- {} in step {} of {} on {}: {} ({})",
            cell(&fault.fault),
            fault.step,
            cell(fault.scenario),
            fault.engines.join(", "),
            cell(fault.why),
            if fault.may_skip {
                "the step allows it"
            } else {
                "**the run fails**"
            }
        );
    }
    text
}

fn findings(campaign: &Campaign<'_>) -> String {
    let mut found: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for run in campaign.records {
        for finding in &run.findings {
            let key = (campaign.standing(run, finding), &*finding.oracle, &*run.id);
            let engines = found.entry(key).or_default();
            if !engines.contains(&run.engine.as_str()) {
                engines.push(&run.engine);
            }
        }
    }
    let mut text = String::new();
    if found.is_empty() {
        return text;
    }
    text.push_str(
        "\n## Findings\n\n| finding | standing | scenario | engines |\n| --- | --- | --- | --- |\n",
    );
    for ((standing, oracle, id), engines) in found.iter().take(LISTED_MAX) {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            cell(oracle),
            standing.name(),
            cell(id),
            engines.join(", ")
        );
    }
    text
}

/// Writes the claims of the manual that do not hold.
fn contradicted(campaign: &Campaign<'_>) -> String {
    let ledger = Ledger::build(campaign.records);
    let wrong = ledger.entries.iter().filter(|entry| {
        let mut verdicts = entry.verdicts.values();
        verdicts.any(|verdict| *verdict == ClaimVerdict::Contradicted)
    });
    let mut text = String::new();
    for entry in wrong {
        if text.is_empty() {
            text.push_str("\n## Where the manual is wrong\n\n");
        }
        let place = entry
            .lines
            .and_then(|(line, _)| section_of(line))
            .map(|(_, heading)| format!(" ({heading})"))
            .unwrap_or_default();
        let changed = if entry.has_changed() {
            " **not as pinned**"
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "- {}: {}{}{changed}",
            cell(&entry.id),
            cell(&entry.says),
            cell(&place)
        );
    }
    text
}

/// Returns a command as inline code, whatever characters it has.
fn code(text: &str) -> String {
    let fence = if text.contains('`') { "``" } else { "`" };
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    format!("{fence}{text}{fence}")
}
