//! A learner's progress: the missions that were done, and their grades. The face decides where it is kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::mission::debrief::Letter;

/// The version of the format that is kept.
const FORMAT: u32 = 1;

/// A learner's progress. A face can keep it in any format of serde, such as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    format: u32,
    missions: BTreeMap<String, Done>,
}

/// A mission that was ended at least once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Done {
    best: Letter,
    tries: u32,
}

impl Progress {
    /// Returns the best grade of a mission so far.
    pub fn best(&self, id: &str) -> Option<Letter> {
        self.missions.get(id).map(|done| done.best)
    }

    /// Returns how often a mission was ended.
    pub fn tries(&self, id: &str) -> u32 {
        self.missions.get(id).map_or(0, |done| done.tries)
    }

    /// Notes the end of a mission.
    pub(crate) fn note(&mut self, id: &str, letter: Letter) {
        let done = self.missions.entry(id.to_owned()).or_insert(Done {
            best: letter,
            tries: 0,
        });
        done.best = done.best.min(letter);
        done.tries = done.tries.saturating_add(1);
        self.format = FORMAT;
    }
}
