//! A mission under way.

use seatrial_reports::wrapped;
use seatrial_scenarios::ClusterPredicate;

use super::{Mission, joined};
use crate::session::Session;
use seatrial_scenarios::Bed;

/// A mission under way.
pub(crate) struct Playing {
    mission: Mission,
    hints: usize,
    travelled: usize,
    told: bool,
}

impl Playing {
    /// Returns its beginning.
    pub(crate) const fn new(mission: Mission) -> Self {
        Self {
            mission,
            hints: 0,
            travelled: 0,
            told: false,
        }
    }

    /// Returns the mission.
    pub(crate) const fn mission(&self) -> &Mission {
        &self.mission
    }

    /// Returns the number of hints that were asked for.
    pub(crate) const fn hints(&self) -> usize {
        self.hints
    }

    /// Returns how often the learner went back in time.
    pub(crate) const fn travels(&self) -> usize {
        self.travelled
    }

    /// Counts that the learner goes back in time.
    pub(crate) const fn travelled(&mut self) {
        self.travelled += 1;
    }

    /// Returns the mission's next hint; `None` if all of them were shown.
    pub(crate) fn hint(&mut self) -> Option<String> {
        let all = self.mission.hints.len();
        let hint = self.mission.hints.get(self.hints)?;
        self.hints += 1;
        let first = format!("hint {} of {all}: ", self.hints);
        Some(wrapped(&first, "  ", &joined(hint)))
    }

    /// Counts that the learner asked the decision table.
    pub(crate) const fn asked_the_table(&mut self) {
        self.hints += 1;
    }

    /// Returns a text when the goal seems to be reached.
    pub(crate) fn after_act<B: Bed>(&mut self, session: &Session<B>) -> String {
        let synced = ClusterPredicate::AllSynced.holds(&session.now().seen);
        if synced && !self.told {
            self.told = true;
            return "All nodes are synced. `debrief` ends the mission.\n".to_owned();
        }
        self.told = synced;
        String::new()
    }
}
