//! The records of a campaign: one file for each shard, and the merge of files.
//!
//! A shard is JSON Lines: a header, then a line a seed in order, then a line a finding. Merging is a
//! union by seed, so it is associative, commutative and idempotent; what differs between a shard and
//! the whole stands in the header alone.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_scenarios::outcome::Outcome;
use serde::{Deserialize, Serialize};

use super::SeedRecord;

/// The version of the format.
pub const FORMAT: u32 = 1;

/// The first line of a shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT`].
    pub format: u32,
    /// The program's version.
    pub program: String,
    /// A hash of everything that the results depend on but the seed: program, catalogue of ops,
    /// procedure, timeouts.
    pub fingerprint: String,
    /// The procedure that had to recover, and who acted beside it: `optimal beside manual after 5s`.
    pub procedure: String,
    /// The first seed, and the first one that is not part of the campaign any more.
    pub seeds: (u64, u64),
    /// The shard's index, from 0, and the number of shards; `None` for merged files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<(u64, u64)>,
    /// The known states from which the seeds went on; `None` for a synced cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<FromStates>,
}

/// A file of known states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FromStates {
    /// The hash of the file.
    pub sha256: String,
    /// The number of states in it.
    pub states: usize,
}

/// The coverage of a campaign from known states.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// The states from which seeds went on.
    pub begun: BTreeSet<usize>,
    /// The keys of the states at rest in front of the procedure.
    pub reached: BTreeSet<String>,
    /// Those of them that the file does not have.
    pub new: BTreeSet<String>,
    /// The properties that some run has ([`super::sometimes`]).
    pub sometimes: BTreeSet<String>,
}

/// A finding: the first seed of the campaign that came to it, as a scenario.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Found {
    /// The seed.
    pub seed: u64,
    /// The outcome of the run.
    pub outcome: Outcome,
    /// The oracles that fired. Those that judge the clients' history are findings of their own.
    pub oracles: BTreeSet<String>,
    /// The check of the clients' history that the scenario shows; none where it shows the outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anomaly: Option<String>,
    /// The shrunk scenario.
    pub scenario: String,
    /// The number of steps that it has.
    pub steps: usize,
}

impl Found {
    /// Returns the kind of finding.
    pub fn kind(&self) -> Kind {
        match &self.anomaly {
            Some(name) => Kind::Anomaly(name.clone()),
            None => Kind::Outcome(self.outcome, self.oracles.clone()),
        }
    }
}

/// A kind of finding. A campaign keeps one of each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An outcome, with the oracles that fired.
    Outcome(Outcome, BTreeSet<String>),
    /// An anomaly in the history of the clients: the name of its check.
    Anomaly(String),
}

/// A line after the header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Seed(SeedRecord),
    Found(Found),
}

/// The content of a shard, or of several merged ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shard {
    /// The header.
    pub header: Header,
    /// The result of each seed.
    pub seeds: BTreeMap<u64, SeedRecord>,
    /// One finding of each kind.
    pub found: BTreeMap<Kind, Found>,
}

/// The reason why files do not go together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShardError {
    /// There is nothing to merge.
    #[error("there is no shard to merge")]
    Nothing,
    /// The text is not a shard.
    #[error("line {line}: {reason}")]
    Text {
        /// The line, from 1.
        line: usize,
        /// Why.
        reason: String,
    },
    /// They are of different campaigns.
    #[error("{0}: shards of different campaigns do not go together")]
    Mixed(String),
}

impl Shard {
    /// Returns a shard without seeds.
    pub const fn new(header: Header) -> Self {
        Self {
            header,
            seeds: BTreeMap::new(),
            found: BTreeMap::new(),
        }
    }

    /// Adds a finding, unless an earlier seed has come to the same.
    pub fn add_found(&mut self, found: Found) {
        let key = found.kind();
        let better = self
            .found
            .get(&key)
            .is_none_or(|known| found.seed < known.seed);
        if better {
            self.found.insert(key, found);
        }
    }

    /// Returns the text of the file.
    ///
    /// # Panics
    /// Never: a shard is plain data.
    pub fn render(&self) -> String {
        let line =
            |value: &Line| serde_json::to_string(value).expect("invariant: a shard is plain data");
        let mut text =
            serde_json::to_string(&self.header).expect("invariant: a header is plain data");
        text.push('\n');
        for seed in self.seeds.values() {
            text.push_str(&line(&Line::Seed(seed.clone())));
            text.push('\n');
        }
        for found in self.found.values() {
            text.push_str(&line(&Line::Found(found.clone())));
            text.push('\n');
        }
        text
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it is not one, with the line.
    pub fn parse(text: &str) -> Result<Self, ShardError> {
        let mut lines = text.lines().zip(1..).filter(|(line, _)| !line.is_empty());
        let wrong = |line, error: serde_json::Error| ShardError::Text {
            line,
            reason: error.to_string(),
        };
        let (head, number) = lines.next().ok_or(ShardError::Nothing)?;
        let header: Header = serde_json::from_str(head).map_err(|error| wrong(number, error))?;
        if header.format != FORMAT {
            return Err(ShardError::Text {
                line: number,
                reason: format!("format {}, this program reads {FORMAT}", header.format),
            });
        }
        let mut shard = Self::new(header);
        for (line, number) in lines {
            match serde_json::from_str(line).map_err(|error| wrong(number, error))? {
                Line::Seed(record) => {
                    shard.seeds.insert(record.seed, record);
                }
                Line::Found(found) => shard.add_found(found),
            }
        }
        Ok(shard)
    }

    /// Returns the seeds of the campaign that are not here.
    pub fn missing(&self) -> Vec<u64> {
        (self.header.seeds.0..self.header.seeds.1)
            .filter(|seed| !self.seeds.contains_key(seed))
            .collect()
    }

    /// Returns the number of different abstract states that were reached.
    pub fn states(&self) -> usize {
        let all: BTreeSet<u64> = self
            .seeds
            .values()
            .flat_map(|record| record.states.iter().copied())
            .collect();
        all.len()
    }

    /// Returns what the seeds of some states have come to.
    pub fn coverage(&self, of_states: impl Fn(usize) -> bool) -> Coverage {
        let mut coverage = Coverage::default();
        let went = self.seeds.values().filter_map(|seed| seed.went.as_ref());
        for went in went.filter(|went| of_states(went.state)) {
            coverage.begun.insert(went.state);
            coverage.reached.extend(went.reached.clone());
            if went.is_new {
                coverage.new.extend(went.reached.clone());
            }
            coverage.sometimes.extend(went.sometimes.iter().cloned());
        }
        coverage
    }

    /// Returns in how many runs a check of the clients' history has found something.
    pub fn runs_with(&self, anomaly: &str) -> usize {
        let seeds = self.seeds.values();
        seeds.filter(|seed| seed.oracles.contains(anomaly)).count()
    }

    /// Returns how often each outcome occurred.
    pub fn outcomes(&self) -> BTreeMap<Outcome, usize> {
        let mut counts = BTreeMap::new();
        for record in self.seeds.values() {
            *counts.entry(record.outcome).or_default() += 1;
        }
        counts
    }
}

/// Makes one of several.
///
/// # Errors
/// When there is none, or they are of different campaigns.
pub fn merge(shards: impl IntoIterator<Item = Shard>) -> Result<Shard, ShardError> {
    let mut merged: Option<Shard> = None;
    for shard in shards {
        let Some(whole) = &mut merged else {
            merged = Some(Shard {
                header: Header {
                    shard: None,
                    ..shard.header
                },
                ..shard
            });
            continue;
        };
        let (a, b) = (&whole.header, &shard.header);
        if (&a.program, &a.fingerprint) != (&b.program, &b.fingerprint) {
            return Err(ShardError::Mixed(format!(
                "{} {} and {} {}",
                a.program, a.fingerprint, b.program, b.fingerprint
            )));
        }
        whole.header.seeds = (a.seeds.0.min(b.seeds.0), a.seeds.1.max(b.seeds.1));
        whole.seeds.extend(shard.seeds);
        for found in shard.found.into_values() {
            whole.add_found(found);
        }
    }
    merged.ok_or(ShardError::Nothing)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(seed: u64) -> SeedRecord {
        SeedRecord {
            seed,
            outcome: Outcome::ALL[usize::try_from(seed).unwrap() % Outcome::ALL.len()],
            oracles: BTreeSet::new(),
            ops: 3,
            skipped: 1,
            simulated_ms: seed * 10,
            states: BTreeSet::from([seed % 7, seed % 5]),
            panic: None,
            went: None,
        }
    }

    fn shard(seeds: &[u64]) -> Shard {
        let mut shard = Shard::new(Header {
            format: FORMAT,
            program: "0".into(),
            fingerprint: "f".into(),
            procedure: "manual".into(),
            seeds: (0, 40),
            shard: Some((0, 2)),
            from: None,
        });
        for seed in seeds {
            let record = record(*seed);
            shard.add_found(Found {
                seed: *seed,
                outcome: record.outcome,
                oracles: BTreeSet::new(),
                anomaly: None,
                scenario: format!("scenario of {seed}"),
                steps: 2,
            });
            shard.seeds.insert(*seed, record);
        }
        shard
    }

    proptest! {
        #[test]
        fn merging_knows_no_order_and_no_repetition(
            a in proptest::collection::vec(0_u64..40, 0..20),
            b in proptest::collection::vec(0_u64..40, 0..20),
            c in proptest::collection::vec(0_u64..40, 0..20),
        ) {
            let (a, b, c) = (shard(&a), shard(&b), shard(&c));
            let all = merge([a.clone(), b.clone(), c.clone()]).unwrap();
            prop_assert_eq!(&all, &merge([c.clone(), a.clone(), b.clone()]).unwrap());
            let ab = merge([a.clone(), b.clone()]).unwrap();
            prop_assert_eq!(&all, &merge([ab, c.clone()]).unwrap());
            let bc = merge([b, c]).unwrap();
            prop_assert_eq!(&all, &merge([a.clone(), bc]).unwrap());
            prop_assert_eq!(&all, &merge([all.clone(), all.clone(), a]).unwrap());
            prop_assert_eq!(&Shard::parse(&all.render()).unwrap(), &all);
        }
    }

    #[test]
    fn other_campaigns_and_other_texts_are_refused() {
        let mut other = shard(&[1]);
        other.header.fingerprint = "g".into();
        let error = merge([shard(&[0]), other]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "0 f and 0 g: shards of different campaigns do not go together"
        );
        assert_eq!(Shard::parse("").unwrap_err(), ShardError::Nothing);
        assert!(matches!(
            Shard::parse("{}\n").unwrap_err(),
            ShardError::Text { line: 1, .. }
        ));
    }

    #[test]
    fn missing_seeds_are_named() {
        assert_eq!(shard(&(2..40).collect::<Vec<_>>()).missing(), [0, 1]);
    }
}
