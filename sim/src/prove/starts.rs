//! States of a file as worlds that are kept, so that whoever goes on from them does not play the way again.

use std::collections::{BTreeMap, BTreeSet};

use super::search::WORLDS_MAX;
use super::{Key, Live, Model, States, StatesError, Workers};

/// The states from which something goes on.
pub struct Starts<'a> {
    model: Model,
    states: &'a States,
    keys: BTreeSet<Key>,
    root: Live,
    worlds: BTreeMap<usize, Live>,
}

impl<'a> Starts<'a> {
    /// Plays the way to each of some states once and keeps their worlds (at most 8192 of them; what is beyond is
    /// played again when it is asked for). Each must have the key that the file says.
    ///
    /// # Errors
    /// When the workers could not make a job. Inside, when a state is another one than the file says, or the workers
    /// stopped.
    pub fn of<W: Workers>(
        states: &'a States,
        root: Live,
        wanted: &BTreeSet<usize>,
        workers: &W,
    ) -> Result<Result<Self, StatesError>, W::Error> {
        let model = states.model();
        let mut starts = Self {
            keys: states.states.iter().map(|state| state.key).collect(),
            states,
            root,
            worlds: BTreeMap::new(),
            model,
        };
        if starts.model.key(&starts.root).key != starts.states.states[0].key {
            return Ok(Err(StatesError::Other(0)));
        }
        for level in levels(states, wanted) {
            let played = workers.map_all(
                &level,
                |state| format!("state {state}"),
                |state| starts.played(*state),
            )?;
            for (state, live) in level.into_iter().zip(played) {
                if starts.model.key(&live).key != states.states[state].key {
                    return Ok(Err(StatesError::Other(state)));
                }
                if starts.worlds.len() < WORLDS_MAX {
                    starts.worlds.insert(state, live);
                }
            }
        }
        Ok(Ok(starts))
    }

    /// Returns the model in which the states were found.
    pub const fn model(&self) -> &Model {
        &self.model
    }

    /// Returns the states of the file.
    pub const fn states(&self) -> &States {
        self.states
    }

    /// Returns whether the file has a state of this key.
    pub fn knows(&self, key: Key) -> bool {
        self.keys.contains(&key)
    }

    /// Returns a state to go on from.
    pub fn live(&self, state: usize) -> Live {
        self.worlds
            .get(&state)
            .cloned()
            .unwrap_or_else(|| self.played(state))
    }

    /// Plays the way to a state from the nearest one on it that is kept.
    fn played(&self, state: usize) -> Live {
        let mut way = Vec::new();
        let mut at = state;
        let from = loop {
            if let Some(live) = self.worlds.get(&at) {
                break live;
            }
            let Some((before, event)) = &self.states.states[at].from else {
                break &self.root;
            };
            way.push(event);
            at = *before;
        };
        way.iter()
            .rev()
            .fold(from.clone(), |live, event| self.model.after(event, &live))
    }
}

/// Returns the wanted states with all that lie on their ways, level by level.
fn levels(states: &States, wanted: &BTreeSet<usize>) -> Vec<Vec<usize>> {
    let mut needed: BTreeSet<usize> = BTreeSet::new();
    for state in wanted {
        let mut at = *state;
        while needed.insert(at) {
            match &states.states[at].from {
                Some((before, _)) => at = *before,
                None => break,
            }
        }
    }
    let mut levels: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for state in needed {
        let level = states.states[state].level;
        levels.entry(level).or_default().push(state);
    }
    levels.into_values().collect()
}
