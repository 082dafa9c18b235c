//! Pairs of states that a key calls equal, and how what follows from them differs.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use seatrial_scenarios::Supervisor;
use seatrial_sim::prove::{Alphabet, Canonical, Event, Key, Live, Model};

/// Two states of one key, by the paths that lead to them.
pub(crate) struct Pair {
    pub(crate) keys: (Canonical, Canonical),
    pub(crate) paths: (Vec<Event>, Vec<Event>),
}

pub(crate) fn alphabet(words: &str) -> Alphabet {
    words.parse().expect("an alphabet")
}

pub(crate) fn events(words: &str) -> Vec<Event> {
    Event::all(3, alphabet(words))
}

pub(crate) fn exact() -> Model {
    Model::new(None, Supervisor::None)
}

/// Does something with each item, on all cores. The results have the order of the items.
pub(crate) fn each<T: Sync, R: Send>(items: &[T], make: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<R>>> = items.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((item, result)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    items.get(at).zip(results.get(at))
                } {
                    *result.lock().expect("no thread panics") = Some(make(item));
                }
            });
        }
    });
    let made = results
        .into_iter()
        .map(|result| result.into_inner().expect("no thread panics"));
    made.map(|result| result.expect("a result")).collect()
}

/// Plays a path from the start.
pub(crate) fn played(model: &Model, root: &Live, path: &[Event]) -> Live {
    path.iter()
        .fold(root.clone(), |live, event| model.after(event, &live))
}

/// Returns pairs of states within this number of events that the model calls equal, every `each`th of them and at
/// most `most`. With a finer model, only states that this one tells apart make pairs, and all of those are gone on
/// from.
pub(crate) fn merged_pairs(
    model: &Model,
    finer: Option<&Model>,
    events: &[Event],
    faults: usize,
    (each_one, most): (usize, usize),
) -> Vec<Pair> {
    let root = model.root().expect("the root is reached");
    let mut first: BTreeMap<Key, (Canonical, Vec<Event>)> = BTreeMap::new();
    let mut fine: BTreeSet<Key> = BTreeSet::new();
    let key = model.key(&root);
    first.insert(key.key, (key, Vec::new()));
    if let Some(finer) = finer {
        fine.insert(finer.key(&root).key);
    }
    let mut frontier = vec![(root, Vec::new())];
    let mut pairs = Vec::new();
    let mut merges = 0;
    for level in 1..=faults {
        let mut next = Vec::new();
        let found = each(&frontier, |(live, path): &(Live, Vec<Event>)| {
            let played = events.iter().filter(|event| model.applies(event, live));
            let played = played.map(|event| {
                let after = model.after(event, live);
                let keys = (model.key(&after), finer.map(|finer| finer.key(&after).key));
                let mut path = path.clone();
                path.push(event.clone());
                (after, keys, path)
            });
            played.collect::<Vec<_>>()
        });
        for (after, (canonical, fine_key), path) in found.into_iter().flatten() {
            if fine_key.is_some_and(|key| !fine.insert(key)) {
                continue;
            }
            let known = first.get(&canonical.key);
            if let Some((its, its_path)) = known {
                merges += 1;
                if merges % each_one == 0 {
                    pairs.push(Pair {
                        keys: (its.clone(), canonical.clone()),
                        paths: (its_path.clone(), path.clone()),
                    });
                    if pairs.len() == most {
                        return pairs;
                    }
                }
            }
            if known.is_none() || finer.is_some() {
                first
                    .entry(canonical.key)
                    .or_insert_with(|| (canonical, path.clone()));
                if level < faults {
                    next.push((after, path));
                }
            }
        }
        frontier = next;
        if frontier.is_empty() {
            break;
        }
    }
    pairs
}

pub(crate) fn words(model: &Model, path: &[Event]) -> String {
    let words = path
        .iter()
        .map(|event| event.describe(model.nodes()).to_string());
    words.collect::<Vec<_>>().join("; ")
}

/// Applies every event to both of each pair. Says of those whose successors differ what they were.
pub(crate) fn successors_that_differ(
    model: &Model,
    events: &[Event],
    pairs: &[Pair],
) -> (usize, Vec<String>) {
    let root = model.root().expect("the root is reached");
    let results = each(pairs, |pair| {
        let to = pair.keys.0.places_in(&pair.keys.1);
        let here = played(model, &root, &pair.paths.0);
        let other = played(model, &root, &pair.paths.1);
        let mut compared = 0;
        let mut differ = Vec::new();
        for event in events {
            let there = event.exchanged(&to);
            let applies = model.applies(event, &here);
            assert_eq!(applies, model.applies(&there, &other));
            if !applies {
                continue;
            }
            compared += 1;
            let one = model.after(event, &here);
            let other = model.after(&there, &other);
            if model.key(&one).key != model.key(&other).key {
                let (one, other) = (model.explain(&one), model.explain(&other));
                let lines = one.iter().zip(&other).filter(|(one, other)| one != other);
                let lines: Vec<String> = lines.map(|(a, b)| format!("  {a}\n  {b}")).collect();
                differ.push(format!(
                    "{} | {} and then {} or {}\n{}",
                    words(model, &pair.paths.0),
                    words(model, &pair.paths.1),
                    event.describe(model.nodes()),
                    there.describe(model.nodes()),
                    lines.join("\n"),
                ));
            }
        }
        (compared, differ)
    });
    sum(results)
}

/// Adds up the numbers, and puts the words together.
pub(crate) fn sum(results: Vec<(usize, Vec<String>)>) -> (usize, Vec<String>) {
    let compared = results.iter().map(|(compared, _)| compared).sum();
    let differ = results.into_iter().flat_map(|(_, differ)| differ).collect();
    (compared, differ)
}
