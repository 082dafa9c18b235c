//! The ledger of the manual's statements.

use std::fmt::Write as _;

use seatrial_scenarios::ledger::{Ledger, Uncovered};

/// The ledger as text: the statement, its lines in the manual, its verdict on each engine, the
/// evidence.
pub fn claims_text(ledger: &Ledger, uncovered: &[Uncovered]) -> String {
    let mut text = String::new();
    for entry in &ledger.entries {
        let lines = entry.lines.map_or_else(|| "-".to_owned(), |(a, b)| format!("{a}-{b}"));
        let verdicts: Vec<String> = entry
            .verdicts
            .iter()
            .map(|(engine, verdict)| format!("{engine} {}", verdict.name()))
            .collect();
        let changed = if entry.has_changed() { "  CHANGED" } else { "" };
        let _ = writeln!(text, "{:<10} lines {lines:<9} {}{changed}", entry.id, verdicts.join(", "));
        let _ = writeln!(text, "    {}", entry.says);
        for evidence in entry.evidence.iter().take(1) {
            let _ = writeln!(text, "    shown by {} step {}", evidence.scenario, evidence.step);
        }
        if !entry.assumes.is_empty() {
            let _ = writeln!(text, "    assumes {}", entry.assumes.join(", "));
        }
    }
    if !uncovered.is_empty() {
        let _ = writeln!(text, "\nSentences that no claim covers:");
        for sentence in uncovered {
            let _ = writeln!(
                text,
                "    lines {:<9} {} ({})",
                sentence.lines, sentence.text, sentence.reason
            );
        }
    }
    text
}

/// One claim in the audit: whether negating its check has flipped its verdict.
pub fn audit_line(id: &str, scenario: &str, step: u32, flipped: bool) -> String {
    let word = if flipped { "flips" } else { "DOES NOT FLIP" };
    format!("{id:<10} {word:<14} {scenario} step {step}")
}
