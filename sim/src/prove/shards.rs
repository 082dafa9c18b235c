//! Merges the shards of a search: all of them found the same states, and each ran the procedure in its share.

use std::collections::BTreeMap;

use seatrial_scenarios::outcome::Outcome;

use super::report::{Example, FORMAT, OutcomeRow, ProveReport};

/// The reason why reports do not make a whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// They do not go together.
    #[error("{0}")]
    Mixed(String),
    /// Some shards are missing.
    #[error("{}", missing(indices, *of))]
    Missing {
        /// Their indices.
        indices: Vec<usize>,
        /// The number of shards.
        of: usize,
    },
}

fn missing(indices: &[usize], of: usize) -> String {
    let names: Vec<String> = indices.iter().map(|at| format!("{at}/{of}")).collect();
    format!("missing: shard {}", names.join(", "))
}

/// Makes the report of a whole search from its shards, in any order; a shard may be there twice. The result is the
/// report that one search without shards would have made.
///
/// # Errors
/// When a report is no shard, when they are of different searches, or when some are missing.
pub fn merge(shards: Vec<ProveReport>) -> Result<ProveReport, MergeError> {
    let mixed = |text: &str| Err(MergeError::Mixed(text.to_owned()));
    let mut by_index: BTreeMap<usize, ProveReport> = BTreeMap::new();
    let mut number_of_shards = None;
    for shard in shards {
        let Some((index, of)) = shard.shard else {
            return mixed("a file is no shard of a search: it has all cases");
        };
        if shard.format != FORMAT {
            return mixed("a file has another format");
        }
        if *number_of_shards.get_or_insert(of) != of {
            return mixed("the files are of different divisions into shards");
        }
        if let Some(known) = by_index.get(&index) {
            if *known != shard {
                return Err(MergeError::Mixed(format!(
                    "two files of shard {index}/{of} differ"
                )));
            }
            continue;
        }
        by_index.insert(index, shard);
    }
    let of = number_of_shards.unwrap_or_default();
    let absent: Vec<usize> = (0..of).filter(|at| !by_index.contains_key(at)).collect();
    if of == 0 || !absent.is_empty() {
        return Err(MergeError::Missing {
            indices: absent,
            of,
        });
    }
    let mut parts = by_index.into_values();
    let Some(mut whole) = parts.next() else {
        return mixed("there is no shard to merge");
    };
    let mut outcomes = BTreeMap::new();
    let mut examples = BTreeMap::new();
    collect(&mut outcomes, &mut examples, &whole);
    for part in parts {
        if terms(&whole) != terms(&part) {
            return mixed("shards of different searches do not go together");
        }
        whole.runs += part.runs;
        whole.cases += part.cases;
        collect(&mut outcomes, &mut examples, &part);
    }
    whole.shard = None;
    whole.outcomes = outcomes.into_values().collect();
    whole.examples = examples.into_values().collect();
    Ok(whole)
}

/// Returns what all shards of a search share, which is everything but the cases.
fn terms(report: &ProveReport) -> ProveReport {
    ProveReport {
        shard: None,
        runs: 0,
        cases: 0,
        outcomes: Vec::new(),
        examples: Vec::new(),
        ..report.clone()
    }
}

/// An outcome with its cause, and the rules that hold it.
type Kind = (Outcome, String, Vec<String>);

/// Adds the counts of a shard. A state has all its cases in one shard, so that nothing is counted twice. The
/// example of the state that was found first stays.
fn collect(
    outcomes: &mut BTreeMap<Kind, OutcomeRow>,
    examples: &mut BTreeMap<Kind, Example>,
    part: &ProveReport,
) {
    for row in &part.outcomes {
        let key = (row.outcome, row.cause.clone(), row.rules.clone());
        outcomes
            .entry(key)
            .and_modify(|known| {
                known.cases += row.cases;
                known.states += row.states;
                known.avoidable += row.avoidable;
            })
            .or_insert_with(|| row.clone());
    }
    for example in &part.examples {
        let key = (
            example.outcome,
            example.cause.clone(),
            example.rules.clone(),
        );
        let is_earlier = examples
            .get(&key)
            .is_none_or(|known| example.state < known.state);
        if is_earlier {
            examples.insert(key, example.clone());
        }
    }
}
