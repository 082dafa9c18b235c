//! The score of many random schedules: how much was compared and is equal, in all and by kind of operation.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::random_schedules::Compared;
use crate::comparison::agreement::Agreement;

/// How much of many schedules was compared, and how much of that is equal on all engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Fields that are equal.
    pub equal: u64,
    /// Fields that were compared.
    pub compared: u64,
    /// Steps in which every field is equal.
    pub steps_equal: u64,
    /// Steps that were compared.
    pub steps_compared: u64,
    /// Schedules on which the engines ended a race in different ways.
    pub races: usize,
    /// Schedules on which the engines differ, and not by a race.
    pub differing: usize,
}

impl Totals {
    /// Counts the totals.
    pub fn of(done: &[Compared]) -> Self {
        let sum = |of: fn(&Agreement) -> u64| done.iter().map(|one| of(&one.agreement)).sum();
        Self {
            equal: sum(|agreement| agreement.equal),
            compared: sum(|agreement| agreement.compared),
            steps_equal: sum(|agreement| agreement.steps_equal),
            steps_compared: sum(|agreement| agreement.steps_compared),
            races: done.iter().filter(|one| one.race).count(),
            differing: done.iter().filter(|one| one.differs()).count(),
        }
    }
}

/// How much of one kind was compared and is equal: of an operation, a size of the cluster, an option.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Score {
    /// Schedules with this kind.
    pub schedules: u64,
    /// Those of them on which the engines differ, and not by a race.
    pub differing: u64,
    /// Steps of this kind that were compared.
    pub steps_compared: u64,
    /// Steps of this kind in which every field is equal.
    pub steps_equal: u64,
    /// Fields that were compared after steps of this kind.
    pub compared: u64,
    /// Fields that are equal.
    pub equal: u64,
}

impl Score {
    fn add(&mut self, [compared, equal]: [u64; 2]) {
        if compared > 0 {
            self.steps_compared += 1;
            self.steps_equal += u64::from(compared == equal);
        }
        self.compared += compared;
        self.equal += equal;
    }
}

/// Returns the score by kind: first of the cluster, then of the operations.
///
/// A difference counts for the operation after which it is seen. If it stays, it counts for the following ones too.
pub fn by_kind(done: &[Compared]) -> BTreeMap<String, Score> {
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    for one in done {
        let mut kinds: BTreeSet<String> = BTreeSet::new();
        let by_step = &one.agreement.by_step;
        for kind in one.schedule.kinds_of_cluster() {
            let kind = format!("cluster: {kind}");
            let score = scores.entry(kind.clone()).or_default();
            for counts in by_step.values() {
                score.add(*counts);
            }
            kinds.insert(kind);
        }
        let mut next = 1_u32;
        for (op, steps) in one.schedule.ops.iter().zip(one.schedule.steps_of_ops()) {
            let kind = format!("operation: {}", op.word().name());
            let score = scores.entry(kind.clone()).or_default();
            let end = next.saturating_add(steps);
            for (_, counts) in by_step.range(next..end) {
                score.add(*counts);
            }
            next = end;
            kinds.insert(kind);
        }
        for kind in kinds {
            let score = scores.entry(kind).or_default();
            score.schedules += 1;
            score.differing += u64::from(one.differs());
        }
    }
    scores
}
