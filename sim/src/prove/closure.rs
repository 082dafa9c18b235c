//! The states that have been found, in the order in which a single thread would find them.

use std::collections::BTreeMap;

use super::alphabet::Event;
use super::key::{Canonical, Key};

/// A state that is known.
#[derive(Clone, Debug)]
pub struct Known {
    /// Its key, and how its nodes stand in it.
    pub canonical: Canonical,
    /// From which state it was found first, and by what; nothing for the initial one.
    pub from: Option<(usize, Event)>,
    /// The number of events from the initial state.
    pub level: usize,
}

/// The result of an event in a state.
#[derive(Clone, Debug)]
pub struct Found<T> {
    /// The state.
    pub from: usize,
    /// The event.
    pub event: Event,
    /// The key of what followed.
    pub canonical: Canonical,
    /// The state itself, to go on from it; nothing where the key was known already.
    pub live: Option<T>,
}

/// A level of the search in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// New states.
    pub states: usize,
    /// Events that were played from the states of the level before.
    pub transitions: usize,
    /// The ones among these that led to a known state.
    pub merged: usize,
}

/// The states that are known.
#[derive(Clone, Debug, Default)]
pub struct Closure {
    states: Vec<Known>,
    by_key: BTreeMap<Key, usize>,
    levels: Vec<Level>,
}

impl Closure {
    /// Returns a closure that knows the initial state.
    pub fn new(root: Canonical) -> Self {
        let by_key = BTreeMap::from([(root.key, 0)]);
        let root = Known {
            canonical: root,
            from: None,
            level: 0,
        };
        let first = Level {
            states: 1,
            ..Level::default()
        };
        Self {
            states: vec![root],
            by_key,
            levels: vec![first],
        }
    }

    /// Returns the states in the order in which they were found.
    pub fn states(&self) -> &[Known] {
        &self.states
    }

    /// Returns the levels in numbers.
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// Returns whether there is a state of this key.
    pub fn contains(&self, key: Key) -> bool {
        self.by_key.contains_key(&key)
    }

    /// Returns the state of this key.
    pub fn state_of(&self, key: Key) -> Option<usize> {
        self.by_key.get(&key).copied()
    }

    /// Takes what was found, in the order of states and events, as part of a level. Gives back the
    /// new states with what is needed to go on from them.
    pub fn take<T>(&mut self, level: usize, found: Vec<Found<T>>) -> Vec<(usize, T)> {
        if self.levels.len() <= level {
            self.levels.resize(level + 1, Level::default());
        }
        let mut new = Vec::new();
        for one in found {
            self.levels[level].transitions += 1;
            let number = self.states.len();
            let entry = self.by_key.entry(one.canonical.key);
            let (std::collections::btree_map::Entry::Vacant(entry), Some(live)) = (entry, one.live)
            else {
                self.levels[level].merged += 1;
                continue;
            };
            entry.insert(number);
            self.levels[level].states += 1;
            self.states.push(Known {
                canonical: one.canonical,
                from: Some((one.from, one.event)),
                level,
            });
            new.push((number, live));
        }
        new
    }

    /// Returns the shortest path to a state that was found first.
    pub fn path(&self, state: usize) -> Vec<Event> {
        path_to(state, |at| self.states[at].from.as_ref())
    }
}

/// Returns the events that lead to a state, where `from` tells the state that each was found from.
pub(super) fn path_to<'a>(
    state: usize,
    from: impl Fn(usize) -> Option<&'a (usize, Event)>,
) -> Vec<Event> {
    let mut path = Vec::new();
    let mut at = state;
    while let Some((before, event)) = from(at) {
        path.push(event.clone());
        at = *before;
    }
    path.reverse();
    path
}
