//! Searches interleavings breadth first: each pending event may be the next one.
//!
//! The search over states at rest (`prove`) looks at the ends of events. This one looks at what may fall
//! between them: a crash between two writes, a message that comes late. It finds a shortest
//! counterexample, because it looks at everything that takes n steps before anything that takes n + 1.

mod nodes;

use std::collections::{BTreeSet, VecDeque};
use std::hash::{Hash, Hasher};

use rapidhash::v3::rapidhash_v3;

pub use nodes::{Act, Limits, Nodes, State};
// The setup of the nodes of a search.
pub use seatrial_node::{Config, SstMethod, Time};

/// A system whose next state is a free choice among several.
pub trait System {
    /// A state.
    type State: Clone + Hash;
    /// An act that a state allows.
    type Act: Clone;

    /// Returns the state in which the search begins.
    fn start(&self) -> Self::State;

    /// Returns the acts that a state allows, in an order that is always the same.
    fn acts(&self, state: &Self::State) -> Vec<Self::Act>;

    /// Returns the state after an act. It takes the state, because the state is not needed after its last
    /// act.
    fn after(&self, state: Self::State, act: &Self::Act) -> Self::State;

    /// Says what is wrong with a state, if anything is.
    fn wrong(&self, state: &Self::State) -> Option<String>;
}

/// The result of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Searched<A> {
    /// The number of different states that were seen.
    pub states: usize,
    /// The number of acts that were played.
    pub transitions: usize,
    /// The most acts from the start to a state.
    pub depth: usize,
    /// The number of states that were not expanded, because of the bound on states.
    pub open: usize,
    /// A shortest way to a state that is wrong, and what is wrong with it. The search ends there.
    pub counterexample: Option<(Vec<A>, String)>,
}

/// Looks at every state that can be reached, the nearest first, or at about `states_max` of them.
pub fn breadth_first<S: System>(system: &S, states_max: usize) -> Searched<S::Act> {
    let start = system.start();
    let mut bytes = Bytes::default();
    let mut seen = BTreeSet::from([bytes.fingerprint(&start)]);
    // From which state each was found, and by what.
    let mut ways: Vec<Option<(usize, S::Act)>> = vec![None];
    let mut waiting = VecDeque::from([(0, 0, start)]);
    let mut searched = Searched {
        states: 1,
        transitions: 0,
        depth: 0,
        open: 0,
        counterexample: None,
    };
    while let Some((number, depth, state)) = waiting.pop_front() {
        searched.depth = searched.depth.max(depth);
        if let Some(what) = system.wrong(&state) {
            searched.counterexample = Some((way_to(&ways, number), what));
            break;
        }
        if searched.states >= states_max {
            searched.open = waiting.len() + 1;
            break;
        }
        let mut acts = system.acts(&state).into_iter().peekable();
        let mut state = Some(state);
        while let Some(act) = acts.next() {
            searched.transitions += 1;
            let from = match acts.peek() {
                Some(_) => state.clone(),
                None => state.take(),
            };
            let from = from.expect("invariant: it goes with the last act");
            let after = system.after(from, &act);
            if seen.insert(bytes.fingerprint(&after)) {
                searched.states += 1;
                ways.push(Some((number, act)));
                waiting.push_back((ways.len() - 1, depth + 1, after));
            }
        }
    }
    searched
}

fn way_to<A: Clone>(ways: &[Option<(usize, A)>], mut number: usize) -> Vec<A> {
    let mut way = Vec::new();
    while let Some((before, act)) = &ways[number] {
        way.push(act.clone());
        number = *before;
    }
    way.reverse();
    way
}

/// The bytes that a state gives to its hash. One buffer serves all states: growing a new one for each
/// took longer than the hash.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Hasher for Bytes {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    // A number has the same bytes on every machine, whatever its word is like: lengths and the choices of
    // an enum are words.
    fn write_u16(&mut self, number: u16) {
        self.write(&number.to_le_bytes());
    }

    fn write_u32(&mut self, number: u32) {
        self.write(&number.to_le_bytes());
    }

    fn write_u64(&mut self, number: u64) {
        self.write(&number.to_le_bytes());
    }

    fn write_u128(&mut self, number: u128) {
        self.write(&number.to_le_bytes());
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_i64(number as i64);
    }

    fn finish(&self) -> u64 {
        rapidhash_v3(&self.0)
    }
}

impl Bytes {
    /// A hash of a state whose algorithm is pinned.
    fn fingerprint(&mut self, state: &impl Hash) -> u64 {
        self.0.clear();
        state.hash(self);
        self.finish()
    }
}
