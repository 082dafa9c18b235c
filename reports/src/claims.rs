//! The ledger of the manual's claims, and the audit of their checks.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use owo_colors::OwoColorize as _;
use seatrial_scenarios::audit::AuditVerdict;
use seatrial_scenarios::language::ClaimVerdict;
use seatrial_scenarios::ledger::{Entry, Ledger, Uncovered};
use serde::Serialize;

use crate::words::{count, wrapped};

/// A part of a check that decides a claim, in the audit.
#[derive(Clone, Debug, Serialize)]
pub struct AuditEntry {
    /// The claim's name.
    pub id: String,
    /// The scenario that decides it.
    pub scenario: String,
    /// The step whose check decides it.
    pub step: u32,
    /// The text of the part.
    pub part: String,
    /// The engine.
    pub engine: String,
    /// Whether it can fail.
    pub verdict: AuditVerdict,
}

/// Returns the first and last line in the manual.
fn lines(entry: &Entry) -> String {
    match entry.lines {
        None => "-".to_owned(),
        Some((first, last)) if first == last => first.to_string(),
        Some((first, last)) => format!("{first}-{last}"),
    }
}

fn evidence(entry: &Entry) -> String {
    entry
        .evidence
        .iter()
        .map(|evidence| format!("{} step {}", evidence.scenario, evidence.step))
        .collect::<Vec<_>>()
        .join(", ")
}

fn contradicted(ledger: &Ledger) -> usize {
    let says_no = |entry: &&Entry| {
        entry
            .verdicts
            .values()
            .any(|verdict| *verdict == ClaimVerdict::Contradicted)
    };
    ledger.entries.iter().filter(says_no).count()
}

/// Returns the numbers of the ledger as its last line.
fn conclusion(ledger: &Ledger) -> String {
    let changed = ledger
        .entries
        .iter()
        .filter(|entry| entry.has_changed())
        .count();
    let mut line = format!(
        "{}, {} contradicted",
        count(ledger.entries.len(), "claim", "claims"),
        contradicted(ledger)
    );
    if changed > 0 {
        let _ = write!(line, ", {changed} not as pinned");
    }
    line
}

/// Returns the ledger for a terminal: the lines of the manual, the claim, its verdict on each engine, and
/// the evidence.
pub fn claims_text(ledger: &Ledger, uncovered: &[Uncovered]) -> String {
    let mut text = String::new();
    for entry in &ledger.entries {
        let mut verdicts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (engine, verdict) in &entry.verdicts {
            verdicts.entry(verdict.name()).or_default().push(engine);
        }
        let verdicts: Vec<String> = verdicts
            .iter()
            .map(|(verdict, engines)| {
                let word = if *verdict == ClaimVerdict::Holds.name() {
                    verdict.green().to_string()
                } else {
                    verdict.yellow().bold().to_string()
                };
                format!("{word} on {}", engines.join(", "))
            })
            .collect();
        let changed = if entry.has_changed() {
            format!("  {}", "NOT AS PINNED".red().bold())
        } else {
            String::new()
        };
        let line = lines(entry);
        let word = if line.contains('-') && line != "-" {
            "lines"
        } else {
            "line"
        };
        let _ = writeln!(
            text,
            "{} {word} {line}: {}{changed}",
            entry.id.bold(),
            verdicts.join("; ")
        );
        text.push_str(&wrapped("    ", "    ", &entry.says));
        let shown = format!("shown by {}", evidence(entry));
        text.push_str(
            &wrapped("    ", "             ", &shown)
                .dimmed()
                .to_string(),
        );
        if !entry.assumes.is_empty() {
            let assumes = format!("depends on the assumption {}", entry.assumes.join(", "));
            text.push_str(&wrapped("    ", "    ", &assumes));
        }
    }
    if !uncovered.is_empty() {
        let title = count(uncovered.len(), "place", "places");
        let _ = writeln!(
            text,
            "\n{}",
            format!("{title} of the manual without a check").bold()
        );
        for sentence in uncovered {
            let line = format!(
                "{}: {} ({})",
                sentence.lines, sentence.text, sentence.reason
            );
            text.push_str(&wrapped("  ", "    ", &line));
        }
    }
    let _ = writeln!(text, "\n{}", conclusion(ledger));
    text
}

/// Returns the ledger as a table in Markdown.
pub fn claims_markdown(ledger: &Ledger, uncovered: &[Uncovered]) -> String {
    let mut text = String::from("# The manual's claims\n\n");
    let _ = writeln!(text, "{}.\n", conclusion(ledger));
    text.push_str("| claim | lines | the manual says | verdict | shown by |\n");
    text.push_str("| --- | --- | --- | --- | --- |\n");
    for entry in &ledger.entries {
        let verdicts: Vec<String> = entry
            .verdicts
            .iter()
            .map(|(engine, verdict)| format!("{engine}: {}", verdict.name()))
            .collect();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {}{} | {} |",
            cell(&entry.id),
            lines(entry),
            cell(&entry.says),
            verdicts.join(", "),
            if entry.has_changed() {
                " **not as pinned**"
            } else {
                ""
            },
            cell(&evidence(entry)),
        );
    }
    if !uncovered.is_empty() {
        text.push_str("\n## Without a check\n\n| lines | what the manual says | why |\n");
        text.push_str("| --- | --- | --- |\n");
        for sentence in uncovered {
            let _ = writeln!(
                text,
                "| {} | {} | {} |",
                cell(&sentence.lines),
                cell(&sentence.text),
                cell(&sentence.reason)
            );
        }
    }
    text
}

/// Returns a text for a cell of a Markdown table.
pub(crate) fn cell(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace('<', "&lt;")
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// Returns the ledger as JSON.
pub fn claims_json(ledger: &Ledger, uncovered: &[Uncovered]) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Document<'a> {
        format: u32,
        claims: &'a [Entry],
        uncovered: &'a [Uncovered],
    }
    let document = Document {
        format: 1,
        claims: &ledger.entries,
        uncovered,
    };
    serde_json::to_string_pretty(&document)
}

/// Returns the audit: the parts of checks that cannot fail and why, and their number.
pub fn audit_text(entries: &[AuditEntry]) -> String {
    let mut text = String::new();
    let mut dull = 0;
    for entry in entries {
        let why = match entry.verdict {
            AuditVerdict::Bites => continue,
            AuditVerdict::Undecided => {
                "no run reaches its step, or the verdict is not the pinned one"
            }
            AuditVerdict::HoldsNegated => "it holds, and its negation holds too",
            AuditVerdict::AlwaysTrue => "no run has shown a state that would make it fail",
        };
        dull += 1;
        let _ = writeln!(
            text,
            "{} {} step {} of {} on {}",
            "DECORATION".red().bold(),
            entry.id.bold(),
            entry.step,
            entry.scenario,
            entry.engine
        );
        text.push_str(&wrapped("    ", "    ", &format!("{}: {why}", entry.part)));
    }
    let claims: std::collections::BTreeSet<&str> =
        entries.iter().map(|entry| entry.id.as_str()).collect();
    let _ = writeln!(
        text,
        "{} with {} audited: {} can fail, {dull} cannot",
        count(claims.len(), "claim", "claims"),
        count(entries.len(), "part of a check", "parts of checks"),
        entries.len() - dull,
    );
    text
}
