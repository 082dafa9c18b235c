//! The ledger of claims: every claim of the documentation, its verdict on each engine, the
//! evidence.

use std::collections::BTreeMap;

use seatrial_language::ClaimVerdict;
use serde::{Deserialize, Serialize};

use crate::trial::record::RunRecord;

/// The sentences of the documentation that no claim covers, as they are checked in.
const UNCOVERED: &str = include_str!("../../claims/uncovered.toml");

/// A claim of the documentation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The claim's name.
    pub id: String,
    /// The claim of the manual, in our words.
    pub says: String,
    /// The first and the last line in the documentation.
    pub lines: Option<(u32, u32)>,
    /// The verdict on each engine.
    pub verdicts: BTreeMap<String, ClaimVerdict>,
    /// The verdict that the scenarios pin.
    pub expected: ClaimVerdict,
    /// The places of the evidence.
    pub evidence: Vec<Evidence>,
    /// The assumption of the verdict, if the manual leaves a question open.
    pub assumes: Vec<String>,
}

impl Entry {
    /// Returns whether some engine says something else than the scenarios pin.
    pub fn has_changed(&self) -> bool {
        self.verdicts
            .values()
            .any(|verdict| *verdict != self.expected)
    }
}

/// The place where a claim was decided.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Evidence {
    /// The scenario's id.
    pub scenario: String,
    /// The step.
    pub step: u32,
}

/// A sentence of the documentation that no claim covers, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Uncovered {
    /// The lines: `123` or `123-125`, several of them with commas.
    pub lines: String,
    /// The text of the manual there, in our words.
    pub text: String,
    /// The reason why no scenario can decide it.
    pub reason: String,
}

/// All claims, by their place in the documentation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// The claims, in the order of the documentation; those without lines at the end.
    pub entries: Vec<Entry>,
}

impl Ledger {
    /// Collects the claims of records. Where runs of one engine disagree, the verdict that the
    /// scenario does not pin is shown: it is the news.
    pub fn build(runs: &[RunRecord]) -> Self {
        let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
        for run in runs {
            for claim in &run.claims {
                let entry = entries.entry(claim.id.clone()).or_insert_with(|| Entry {
                    id: claim.id.clone(),
                    says: claim.says.clone(),
                    lines: claim.lines,
                    verdicts: BTreeMap::new(),
                    expected: claim.expected,
                    evidence: Vec::new(),
                    assumes: Vec::new(),
                });
                entry.lines = entry.lines.or(claim.lines);
                let verdict = entry
                    .verdicts
                    .entry(run.engine.clone())
                    .or_insert(claim.verdict);
                if claim.verdict != claim.expected {
                    *verdict = claim.verdict;
                }
                let evidence = Evidence {
                    scenario: run.id.clone(),
                    step: claim.step,
                };
                if !entry.evidence.contains(&evidence) {
                    entry.evidence.push(evidence);
                }
                if let Some(assumption) = &claim.assumes
                    && !entry.assumes.contains(assumption)
                {
                    entry.assumes.push(assumption.clone());
                }
            }
        }
        let mut entries: Vec<Entry> = entries.into_values().collect();
        for entry in &mut entries {
            entry.evidence.sort();
        }
        entries.sort_by_key(|entry| entry.lines.unwrap_or((u32::MAX, u32::MAX)));
        Self { entries }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UncoveredFile {
    text_lines: String,
    #[serde(default)]
    sentence: Vec<Uncovered>,
}

/// Returns the sentences of the documentation that no claim covers.
pub fn uncovered() -> Result<Vec<Uncovered>, toml::de::Error> {
    toml::from_str::<UncoveredFile>(UNCOVERED).map(|file| file.sentence)
}

/// Returns the lines of the documentation that carry text: `1, 3, 23-28`.
pub fn text_lines() -> Result<String, toml::de::Error> {
    toml::from_str::<UncoveredFile>(UNCOVERED).map(|file| file.text_lines)
}
