//! Compares a campaign with an earlier one: what got worse, what got better, what is new, what is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use seatrial_scenarios::agreement::Difference;
use seatrial_scenarios::record::{ScenarioResult, Verdict};
use seatrial_scenarios::{Results, RunRecord};

use crate::words::count;

/// A change since an earlier campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The scenario.
    pub id: String,
    /// The engine; empty for a change of the agreement of the engines.
    pub engine: String,
    /// The master seed; none for a change that is about no single run.
    pub seed: Option<u64>,
    /// The change in words.
    pub text: String,
}

impl Change {
    fn of_run(run: &ScenarioResult, text: impl Into<String>) -> Self {
        Self {
            id: run.id.clone(),
            engine: run.engine.clone(),
            seed: Some(run.seed),
            text: text.into(),
        }
    }

    fn of_scenario(id: &str, text: impl Into<String>) -> Self {
        Self {
            id: id.to_owned(),
            engine: String::new(),
            seed: None,
            text: text.into(),
        }
    }

    /// Returns what the change is about: the run or the scenario.
    pub fn about(&self) -> String {
        match self.seed {
            Some(seed) => format!("{} on {}, seed {seed}", self.id, self.engine),
            None => self.id.clone(),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.about(), self.text)
    }
}

/// The changes since an earlier campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// What got worse; it fails the campaign. A new run that does not pass is one of these.
    pub worse: Vec<Change>,
    /// What got better.
    pub better: Vec<Change>,
    /// Runs that the earlier campaign does not have, and that pass.
    pub new: Vec<Change>,
    /// Scenarios that only the earlier campaign has; this fails the campaign.
    pub missing: Vec<Change>,
    /// The number of runs that both campaigns have.
    pub compared: usize,
}

/// The most scenarios that a refusal names.
const NAMED_MAX: usize = 5;

/// The key of a run in a campaign: scenario, engine and the seed counted from the first one.
type Key<'a> = (&'a str, &'a str, u64);

/// Returns the keys of the runs.
fn keyed(results: &Results) -> BTreeMap<Key<'_>, &ScenarioResult> {
    let first = results.scenarios.iter().map(|run| run.seed).min();
    let first = first.unwrap_or(0);
    let runs = results.scenarios.iter();
    runs.map(|run| ((&*run.id, &*run.engine, run.seed - first), run))
        .collect()
}

/// Returns the reasons why a comparison with an earlier campaign would say nothing: other conditions, other
/// versions of the scenarios, or an earlier campaign that was not complete.
pub fn other_terms(before: &Results, now: &Terms<'_>) -> Vec<String> {
    let mut reasons = Vec::new();
    let mut differ = |what: &str, there: &str, here: &str| {
        if there != here {
            reasons.push(format!("{what}: {there} there, {here} here"));
        }
    };
    differ(
        "engines",
        &before.engines.join(", "),
        &now.engines.join(", "),
    );
    let seeds: BTreeSet<u64> = before.scenarios.iter().map(|run| run.seed).collect();
    let there = match (seeds.first(), seeds.last()) {
        (Some(first), Some(last)) if first == last => first.to_string(),
        (Some(first), Some(last)) => format!("{first} to {last}"),
        _ => "none".to_owned(),
    };
    let (first, end) = now.seeds;
    let here = if end - first == 1 {
        first.to_string()
    } else {
        format!("{first} to {}", end - 1)
    };
    differ("seeds", &there, &here);
    let known = before
        .scenarios
        .iter()
        .all(|run| !run.scenario_sha256.is_empty());
    if known {
        let flags: BTreeSet<&str> = before
            .scenarios
            .iter()
            .map(|run| run.flags.trim())
            .collect();
        let flags: Vec<&str> = flags.into_iter().collect();
        let words = |flags: &str| match flags {
            "" => "none".to_owned(),
            flags => format!("`{flags}`"),
        };
        differ(
            "timers and pace",
            &words(&flags.join(" or ")),
            &words(now.flags.trim()),
        );
    } else {
        reasons.push(
            "the file does not say which timers and which versions of the scenarios it had"
                .to_owned(),
        );
    }
    if before.not_run > 0 {
        reasons.push(format!(
            "it is not complete: it was interrupted, and {} runs were not made",
            before.not_run
        ));
    }
    let changed: BTreeSet<&str> = before
        .scenarios
        .iter()
        .filter(|run| {
            let here = now.scenarios.get(run.id.as_str());
            !run.scenario_sha256.is_empty()
                && here.is_some_and(|sha256| *sha256 != run.scenario_sha256)
        })
        .map(|run| run.id.as_str())
        .collect();
    if !changed.is_empty() {
        let named: Vec<&str> = changed.iter().copied().take(NAMED_MAX).collect();
        let rest = match changed.len().saturating_sub(NAMED_MAX) {
            0 => String::new(),
            rest => format!(" and {rest} more"),
        };
        reasons.push(format!(
            "other versions of scenarios: {}{rest}",
            named.join(", ")
        ));
    }
    reasons
}

/// The conditions of a campaign that is about to begin.
#[derive(Clone, Debug)]
pub struct Terms<'a> {
    /// The engines.
    pub engines: &'a [String],
    /// The first seed, and the one after the last.
    pub seeds: (u64, u64),
    /// The flags with which a run is played again.
    pub flags: &'a str,
    /// The scenarios' ids, and SHA-256 of their files.
    pub scenarios: BTreeMap<&'a str, &'a str>,
}

impl Comparison {
    /// Compares two campaigns, run by run: same scenario, engine and seed. A run that the earlier campaign does
    /// not have must pass.
    pub fn of(before: &Results, now: &Results) -> Self {
        let mut comparison = Self::default();
        let olds = keyed(before);
        let news = keyed(now);
        for (key, run) in &news {
            match olds.get(key) {
                Some(old) => {
                    comparison.compared += 1;
                    let told = |lines: Vec<String>| {
                        lines
                            .into_iter()
                            .map(|what| Change::of_run(run, what))
                            .collect::<Vec<_>>()
                    };
                    comparison.worse.extend(told(worse(old, run)));
                    comparison.better.extend(told(better(old, run)));
                }
                None if run.verdict != Verdict::Pass => {
                    let text = format!("{}, and it is new", run.verdict.name());
                    comparison.worse.push(Change::of_run(run, text));
                }
                None => {
                    comparison.new.push(Change::of_run(run, "pass"));
                }
            }
        }
        comparison.missing(before, now);
        comparison.agreement(before, now);
        comparison
    }

    /// Lists what only the earlier campaign has. What an interrupted campaign has not run is not missing.
    fn missing(&mut self, before: &Results, now: &Results) {
        let here: BTreeSet<&str> = now.scenarios.iter().map(|run| run.id.as_str()).collect();
        let mut gone: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for run in &before.scenarios {
            let planned = now.not_run > 0 && now.planned.contains(&run.id);
            if !here.contains(run.id.as_str()) && !planned {
                let (runs, passed) = gone.entry(&run.id).or_default();
                *runs += 1;
                *passed += usize::from(run.verdict == Verdict::Pass);
            }
        }
        for (id, (runs, passed)) in gone {
            let text = format!("{passed} of {} passed then", count(runs, "run", "runs"));
            self.missing.push(Change::of_scenario(id, text));
        }
        if now.not_run > 0 {
            return;
        }
        let news = keyed(now);
        for (key, run) in keyed(before) {
            if here.contains(key.0) && !news.contains_key(&key) {
                let text = format!("it was {}", run.verdict.name());
                self.missing.push(Change::of_run(run, text));
            }
        }
    }

    /// Returns whether something got worse or is missing.
    pub const fn fails(&self) -> bool {
        !self.worse.is_empty() || !self.missing.is_empty()
    }

    /// Returns whether a run got worse.
    pub fn is_worse(&self, run: &RunRecord) -> bool {
        self.worse.iter().any(|change| {
            change.id == run.id && change.engine == run.engine && change.seed == Some(run.seed)
        })
    }

    /// Returns the lists with their names, the worst first.
    pub fn lists(&self) -> [(&'static str, &[Change]); 4] {
        [
            ("worse", &self.worse),
            ("missing", &self.missing),
            ("better", &self.better),
            ("new", &self.new),
        ]
    }

    /// Returns the numbers of the lists in one line.
    pub fn numbers(&self) -> String {
        let lists = self.lists();
        let mut parts: Vec<String> = lists
            .iter()
            .map(|(name, list)| format!("{} {name}", list.len()))
            .collect();
        parts.push(format!("{} compared", count(self.compared, "run", "runs")));
        parts.join(", ")
    }

    fn agreement(&mut self, before: &Results, now: &Results) {
        fn place(difference: &Difference) -> (&str, u32, &str, &str) {
            let Difference {
                scenario,
                step,
                node,
                field,
                ..
            } = difference;
            (scenario, *step, node.as_str(), field)
        }
        let then: BTreeSet<_> = before.agreement.differing.iter().map(place).collect();
        let today: BTreeSet<_> = now.agreement.differing.iter().map(place).collect();
        for (scenario, step, node, field) in today.difference(&then) {
            self.worse.push(Change::of_scenario(
                scenario,
                format!(
                    "a new difference between the engines in step {step}, node {node}, {field}"
                ),
            ));
        }
        let compared: BTreeSet<&str> = now.scenarios.iter().map(|run| run.id.as_str()).collect();
        for (scenario, step, node, field) in then.difference(&today) {
            if compared.contains(scenario) && now.agreement.compared > 0 {
                self.better.push(Change::of_scenario(
                    scenario,
                    format!("the engines agree now in step {step}, node {node}, {field}"),
                ));
            }
        }
    }
}

fn worse(old: &ScenarioResult, now: &ScenarioResult) -> Vec<String> {
    let mut lines = Vec::new();
    if rank(now.verdict) > rank(old.verdict) {
        lines.push(format!(
            "{}, it was {}",
            now.verdict.name(),
            old.verdict.name()
        ));
    }
    if now.verdict == Verdict::Pass {
        return lines;
    }
    // A run that failed before can have new failures now.
    lines.extend(
        findings(now)
            .difference(&findings(old))
            .map(|name| format!("the finding {name} is new")),
    );
    lines.extend(
        changed_claims(now)
            .difference(&changed_claims(old))
            .map(|id| format!("the verdict on {id} has changed")),
    );
    lines
}

fn better(old: &ScenarioResult, now: &ScenarioResult) -> Vec<String> {
    let mut lines = Vec::new();
    if rank(now.verdict) < rank(old.verdict) {
        lines.push(format!(
            "{}, it was {}",
            now.verdict.name(),
            old.verdict.name()
        ));
    }
    if old.verdict == Verdict::Pass {
        return lines;
    }
    lines.extend(
        findings(old)
            .difference(&findings(now))
            .map(|name| format!("the finding {name} is gone")),
    );
    lines.extend(
        changed_claims(old)
            .difference(&changed_claims(now))
            .map(|id| format!("the verdict on {id} is the pinned one again")),
    );
    lines
}

fn findings(run: &ScenarioResult) -> BTreeSet<&str> {
    run.findings
        .iter()
        .map(|finding| finding.oracle.as_str())
        .collect()
}

/// Returns the claims whose verdict is not the pinned one.
fn changed_claims(run: &ScenarioResult) -> BTreeSet<&str> {
    run.claims
        .iter()
        .filter(|claim| claim.verdict != claim.expected)
        .map(|claim| claim.id.as_str())
        .collect()
}

const fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Flaky => 1,
        Verdict::Unsupported => 2,
        Verdict::Fail => 3,
        Verdict::Error => 4,
    }
}
