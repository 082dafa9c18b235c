//! Compares a campaign with an earlier one: what got worse, what got better.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_scenarios::Results;
use seatrial_scenarios::agreement::Difference;
use seatrial_scenarios::record::{ScenarioResult, Verdict};

/// The changes since an earlier campaign, one line each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// What got worse; it fails the campaign.
    pub worse: Vec<String>,
    /// What got better.
    pub better: Vec<String>,
}

/// The key of a run in a campaign: scenario, engine and seed.
type Key<'a> = (&'a str, &'a str, u64);

fn key(run: &ScenarioResult) -> Key<'_> {
    (&run.id, &run.engine, run.seed)
}

impl Comparison {
    /// Compares two campaigns, run by run: same scenario, engine and seed. A run that the earlier campaign does
    /// not have must pass.
    pub fn of(before: &Results, now: &Results) -> Self {
        let mut comparison = Self::default();
        let olds: BTreeMap<Key<'_>, &ScenarioResult> =
            before.scenarios.iter().map(|run| (key(run), run)).collect();
        for run in &now.scenarios {
            let place = format!("{} on {}, seed {}", run.id, run.engine, run.seed);
            match olds.get(&key(run)) {
                Some(old) => {
                    let told = |lines: Vec<String>| {
                        lines
                            .into_iter()
                            .map(|what| format!("{place}: {what}"))
                            .collect::<Vec<_>>()
                    };
                    comparison.worse.extend(told(worse(old, run)));
                    comparison.better.extend(told(better(old, run)));
                }
                None if run.verdict != Verdict::Pass => comparison
                    .worse
                    .push(format!("{place}: {}, and it is new", run.verdict.name())),
                None => {}
            }
        }
        comparison.agreement(before, now);
        comparison
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
            self.worse.push(format!(
                "{scenario}: a new difference between the engines in step {step}, node {node}, {field}"
            ));
        }
        let compared: BTreeSet<&str> = now.scenarios.iter().map(|run| run.id.as_str()).collect();
        for (scenario, step, node, field) in then.difference(&today) {
            if compared.contains(scenario) && now.agreement.compared > 0 {
                self.better.push(format!(
                    "{scenario}: the engines agree now in step {step}, node {node}, {field}"
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
