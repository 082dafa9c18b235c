//! The key of searches without a bound on events: what it calls equal behaves as equal, and long paths end in states
//! that the closure knows.

mod same_states;

use std::collections::{BTreeMap, BTreeSet};

use seatrial_scenarios::outcome::Outcome;
use seatrial_sim::des::Templates;
use seatrial_sim::explore::play;
use seatrial_sim::prove::{Event, Key, Live, Model, Precision, SEED, judged};

use same_states::{
    Pair, alphabet, each, events, exact, merged_pairs, played, successors_that_differ, sum, words,
};

/// The procedure whose outcomes are compared: it reads no old line of a log.
const CORRECTED: &str = "manual-corrected";

/// Returns the model for an alphabet, as `prove` makes it for a procedure that reads no old line of a log. `GAP` sets
/// the gaps that are exact, `LOGS=1` keeps the lines of logs, `VIEWS=0` is for one that reads no saved view.
fn for_ever(words: &str) -> Model {
    let gap = |default: u8| u8::try_from(number("GAP", default.into())).expect("a small gap");
    for_ever_up_to(words, alphabet(words).forks().map(gap))
}

/// The same with another bound of the gaps that are exact; `None` is the order alone.
fn for_ever_up_to(words: &str, gaps: Option<u8>) -> Model {
    keyed(words, gaps, number("VIEWS", 1) == 1)
}

/// The same, with or without the members of saved views.
fn keyed(words: &str, gaps: Option<u8>, views: bool) -> Model {
    exact().with_precision(Precision::ForEver {
        logs: number("LOGS", 0) == 1,
        views,
        apart: alphabet(words).keeps_apart(),
        forks: gaps,
        donors: number("DONORS", usize::from(alphabet(words).tells_donors_apart())) == 1,
    })
}

/// Plays events of single nodes: `-C` kills C, `+C` starts it, `.C` stops it.
fn typed(path: &str) -> Vec<Event> {
    let event = |word: &str| {
        let node = ["A", "B", "C"].iter().position(|name| word.ends_with(name));
        let node = node.expect("a node");
        match word.chars().next() {
            Some('-') => Event::End {
                stop: vec![],
                kill: vec![node],
            },
            Some('.') => Event::End {
                stop: vec![node],
                kill: vec![],
            },
            _ => Event::Start(vec![node]),
        }
    };
    path.split(' ').map(event).collect()
}

/// C waits without quorum and remembers every life of A that it has met. The lives that were in no primary
/// view can never be asked for again, so that one more of them makes no new state.
#[test]
fn lives_that_nobody_can_ask_for_make_no_new_states_for_ever() {
    let once = "-C +C -B +B -A -B +A -A +A";
    let twice = "-C +C -B +B -A -B +A -A +A -A +A";
    let same = |model: &Model| {
        let root = model.root().expect("the root is reached");
        let key = |path| model.key(&played(model, &root, &typed(path))).key;
        key(once) == key(twice)
    };
    assert!(same(&for_ever("kill,start")));
    assert!(!same(&exact()));
}

/// B and C have lost their views of each other for ever in the second case, since B has been in a later one. C's file
/// makes no difference to anybody then, but to C.
#[test]
fn a_saved_view_counts_only_while_it_can_be_restored() {
    let model = for_ever("kill,start");
    let root = model.root().expect("the root is reached");
    let restored = |path| {
        let live = played(&model, &root, &typed(path));
        let lines = model.explain(&live);
        lines
            .iter()
            .filter(|line| line.contains("cannot be restored"))
            .count()
    };
    // All three have the view of all three.
    assert_eq!(restored("-A"), 1);
    assert_eq!(restored("-A -B"), 1);
    assert_eq!(restored("-A +A"), 0);
}

/// The saved views of A and C cannot be restored, so no node asks for their members. But the corrected manual compares
/// them. In one state B and C are in both views. In the other they have been stopped since, which gave them new identities.
#[test]
fn the_members_of_a_saved_view_count_for_a_procedure_that_compares_them() {
    let together = "-A -B +B -C .B +A .A +B";
    let apart = "-A .B +B .C +C -C +A -A .B +B +C -C +A .A +B +B";
    let kinds = "stop,kill,start,single";
    let (model, blind) = (for_ever(kinds), keyed(kinds, None, false));
    let root = model.root().expect("the root is reached");
    let reached = |path: &str| played(&model, &root, &typed(path));
    let (one, other) = (reached(together), reached(apart));
    assert_eq!(blind.key(&one).key, blind.key(&other).key);
    assert_ne!(model.key(&one).key, model.key(&other).key);
    let outcome = |live: &Live| {
        let judged = model.judge(CORRECTED, &model.healed(live), &[0, 1, 2]);
        judged.outcome
    };
    assert_eq!(outcome(&one), Outcome::Recovered);
    assert_eq!(outcome(&other), Outcome::AsksPerson);
}

/// Says which outcomes of a procedure differ between the two states of each pair.
fn outcomes_that_differ(model: &Model, procedure: &str, pairs: &[Pair]) -> (usize, Vec<String>) {
    let root = model.root().expect("the root is reached");
    let results = each(pairs, |pair| {
        let to = pair.keys.0.places_in(&pair.keys.1);
        let healed = |path: &[Event]| model.healed(&played(model, &root, path));
        let (one, other) = (healed(&pair.paths.0), healed(&pair.paths.1));
        let mut compared = 0;
        let mut differ = Vec::new();
        for names in pair.keys.0.cases().into_values() {
            let mut theirs = names.clone();
            for (here, there) in to.iter().enumerate() {
                theirs[*there] = names[here];
            }
            compared += 1;
            let one = model.judge(procedure, &one, &names);
            let other = model.judge(procedure, &other, &theirs);
            if (one.outcome, &one.cause) != (other.outcome, &other.cause) {
                differ.push(format!(
                    "{} | {}: {:?} {:?}",
                    words(model, &pair.paths.0),
                    words(model, &pair.paths.1),
                    one.outcome,
                    other.outcome
                ));
            }
        }
        (compared, differ)
    });
    sum(results)
}

/// Tests all pairs, and gives the numbers of both comparisons.
fn compared(model: &Model, events: &[Event], pairs: &[Pair]) -> (String, [usize; 2]) {
    let (successors, differ) = successors_that_differ(model, events, pairs);
    let (cases, outcomes) = outcomes_that_differ(model, CORRECTED, pairs);
    let numbers = format!(
        "{} pairs; {} of {successors} successors differ, {} of {cases} outcomes\n{}\n{}",
        pairs.len(),
        differ.len(),
        outcomes.len(),
        differ.join("\n"),
        outcomes.join("\n"),
    );
    (numbers, [differ.len(), outcomes.len()])
}

#[test]
fn states_that_are_called_equal_for_ever_have_equal_successors_and_outcomes() {
    let kinds = "kill,start,single";
    let (model, events) = (for_ever(kinds), events(kinds));
    let pairs = merged_pairs(&model, Some(&exact()), &events, 5, (9, 12));
    assert_eq!(pairs.len(), 12);
    let (numbers, differ) = compared(&model, &events, &pairs);
    assert_eq!(differ, [0, 0], "{numbers}");
}

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |number| number.parse().expect("a number"))
}

/// All pairs of states within `FAULTS` events of an `ALPHABET` that the exact key tells apart and the key for ever
/// does not; with `EACH`, every so manyeth, and at most `PAIRS`:
/// `ALPHABET=usual FAULTS=3 cargo test -p seatrial-sim --test for_ever -- --ignored all_states`.
/// With `DEEP=1`, the pairs are those of the closure itself, at all levels.
#[test]
#[ignore = "minutes"]
#[expect(clippy::print_stdout, reason = "the numbers are what one runs it for")]
fn all_states_that_are_called_equal_for_ever_have_equal_successors_and_outcomes() {
    let kinds = std::env::var("ALPHABET").unwrap_or_else(|_| "kill,start".to_owned());
    let (model, events) = (for_ever(&kinds), events(&kinds));
    let which = (number("EACH", 1), number("PAIRS", usize::MAX));
    let pairs = if number("DEEP", 0) == 1 {
        merged_pairs(&model, None, &events, usize::MAX, which)
    } else {
        merged_pairs(&model, Some(&exact()), &events, number("FAULTS", 3), which)
    };
    let (numbers, differ) = compared(&model, &events, &pairs);
    println!("{kinds}: {numbers}");
    assert_eq!(differ, [0, 0], "{kinds}: {numbers}");
}

/// The states of an alphabet as far as they were searched.
struct Searched {
    /// A path to each state.
    known: BTreeMap<Key, Vec<Event>>,
    /// New states, transitions and seconds of each level.
    levels: Vec<[usize; 3]>,
    /// The states that were not gone on from.
    open: usize,
}

/// Searches all states of an alphabet, until no new one appears or there are about as many as `most`.
fn searched(model: &Model, events: &[Event], most: usize) -> Searched {
    const CHUNK: usize = 512;
    let begun = std::time::Instant::now();
    let root = model.root().expect("the root is reached");
    let mut known = BTreeMap::from([(model.key(&root).key, Vec::new())]);
    let mut levels = Vec::new();
    let mut frontier = vec![(root, Vec::new())];
    while !frontier.is_empty() && known.len() < most {
        let mut next = Vec::new();
        let mut transitions = 0;
        for chunk in frontier.chunks(CHUNK) {
            let found = each(chunk, |(live, path): &(Live, Vec<Event>)| {
                let played = events.iter().filter(|event| model.applies(event, live));
                let played = played.map(|event| {
                    let after = model.after(event, live);
                    let key = model.key(&after).key;
                    let new = (!known.contains_key(&key)).then(|| {
                        let path: Vec<Event> = path.iter().chain([event]).cloned().collect();
                        (after, path)
                    });
                    (key, new)
                });
                played.collect::<Vec<_>>()
            });
            for (key, new) in found.into_iter().flatten() {
                transitions += 1;
                if let Some((after, path)) = new
                    && let std::collections::btree_map::Entry::Vacant(entry) = known.entry(key)
                {
                    entry.insert(path.clone());
                    next.push((after, path));
                }
            }
        }
        let seconds = usize::try_from(begun.elapsed().as_secs()).expect("not that long");
        levels.push([next.len(), transitions, seconds]);
        frontier = next;
    }
    Searched {
        known,
        levels,
        open: frontier.len(),
    }
}

/// Returns the states of a closed alphabet by their keys, each with a path to it.
fn closure(model: &Model, events: &[Event]) -> BTreeMap<Key, Vec<Event>> {
    searched(model, events, usize::MAX).known
}

/// Prints the levels of an `ALPHABET` until it closes or has about `STATES` states:
/// `ALPHABET=kill,start cargo test --release -p seatrial-sim --test for_ever -- --ignored --nocapture levels`.
/// `DUMP=FILE` writes a path to each state and the parts of its key.
#[test]
#[ignore = "minutes"]
#[expect(clippy::print_stdout, reason = "the numbers are what one runs it for")]
fn levels_of_an_alphabet() {
    let kinds = std::env::var("ALPHABET").unwrap_or_else(|_| "kill,start".to_owned());
    let (model, events) = (for_ever(&kinds), events(&kinds));
    let found = searched(&model, &events, number("STATES", usize::MAX));
    for (level, [new, transitions, seconds]) in (1..).zip(&found.levels) {
        println!("level {level}: {new} new states, {transitions} transitions, {seconds} s");
    }
    let transitions: usize = found.levels.iter().map(|level| level[1]).sum();
    let (states, open) = (found.known.len(), found.open);
    println!("{kinds}: {states} states, {transitions} transitions, {open} not gone on from");
    if let Ok(file) = std::env::var("DUMP") {
        let root = model.root().expect("the root is reached");
        let paths: Vec<&Vec<Event>> = found.known.values().collect();
        let lines = each(&paths, |path| {
            format!(
                "{}\n{}\n\n",
                words(&model, path),
                model.explain(&played(&model, &root, path)).join("\n")
            )
        });
        std::fs::write(file, lines.concat()).expect("written");
    }
}

/// Draws a number below a bound; the same for the same words.
fn drawn(words: &[u64], below: usize) -> usize {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
    let drawn = rapidhash::v3::rapidhash_v3(&bytes);
    let below = u64::try_from(below).expect("a small bound");
    usize::try_from(drawn % below).expect("below the bound")
}

/// Plays a path of 10 to 30 events drawn by a number.
fn wandered(model: &Model, root: &Live, events: &[Event], number: u64) -> (Vec<Event>, Live) {
    let mut path = Vec::new();
    let mut live = root.clone();
    for step in 0..10 + drawn(&[number], 21) {
        let can: Vec<&Event> = events.iter().filter(|e| model.applies(e, &live)).collect();
        let event = can[drawn(
            &[number, u64::try_from(step).expect("a small number")],
            can.len(),
        )];
        live = model.after(event, &live);
        path.push(event.clone());
    }
    (path, live)
}

/// Says of how many long paths the end is unknown to the closure, and of how many the scenario, played from its
/// start, comes to another outcome than the state that the closure knows.
fn lost_paths(kinds: &str, numbers: &[u64]) -> Vec<String> {
    let (model, events) = (for_ever(kinds), events(kinds));
    let known = closure(&model, &events);
    let root = model.root().expect("the root is reached");
    let lost = each(numbers, |number| {
        let (path, live) = wandered(&model, &root, &events, *number);
        let canonical = model.key(&live);
        let Some(shortest) = known.get(&canonical.key) else {
            return Some(format!("{number}: unknown: {}", words(&model, &path)));
        };
        let same = played(&model, &root, shortest);
        let names = vec![0, 1, 2];
        let to = canonical.places_in(&model.key(&same));
        let mut theirs = names.clone();
        for (here, there) in to.iter().enumerate() {
            theirs[*there] = names[here];
        }
        let judged_there = model.judge(CORRECTED, &model.healed(&same), &theirs);
        let scenario = model.scenario(CORRECTED, ("long", "A long path"), &path, &names);
        let record = play(&mut Templates::default(), &scenario, SEED, None).expect("it plays");
        let judged_here = judged(CORRECTED, &record);
        ((judged_here.outcome, &judged_here.cause) != (judged_there.outcome, &judged_there.cause))
            .then(|| {
                let (here, there) = (judged_here.outcome, judged_there.outcome);
                format!(
                    "{number}: {here:?} and not {there:?}: {}",
                    words(&model, &path)
                )
            })
    });
    lost.into_iter().flatten().collect()
}

#[test]
fn long_paths_end_in_states_of_the_closure() {
    let numbers: Vec<u64> = (0..4).collect();
    let lost = lost_paths("kill,start,single", &numbers);
    assert_eq!(lost, Vec::<String>::new());
}

/// 200 paths of an `ALPHABET` that closes:
/// `cargo test -p seatrial-sim --test for_ever -- --ignored two_hundred`.
#[test]
#[ignore = "minutes"]
fn two_hundred_long_paths_end_in_states_of_the_closure() {
    let kinds = std::env::var("ALPHABET").unwrap_or_else(|_| "kill,start".to_owned());
    let numbers: Vec<u64> = (0..200).collect();
    let lost = lost_paths(&kinds, &numbers);
    assert_eq!(lost, Vec::<String>::new());
}

/// Closes an alphabet with the bound of its key, and with `more` greater ones. Each time the same kinds of outcomes
/// come, and the states are those of the first search, if they are looked at with the first key. Returns how many states
/// each search has.
fn wider_bounds_find_nothing_new(kinds: &str, procedures: &[&str], more: u8) -> Vec<usize> {
    let events = events(kinds);
    let narrow = for_ever(kinds);
    let known = closure(&narrow, &events);
    let keys: BTreeSet<Key> = known.keys().copied().collect();
    let root = narrow.root().expect("the root is reached");
    let classes = |model: &Model, states: &BTreeMap<Key, Vec<Event>>| {
        let states: Vec<_> = states.iter().collect();
        let found = each(&states, |(_, path)| {
            let live = model.healed(&played(model, &root, path));
            let judged = procedures.iter().map(|procedure| {
                let judged = model.judge(procedure, &live, &[0, 1, 2]);
                format!(
                    "{procedure}: {:?} {} {:?}",
                    judged.outcome, judged.cause, judged.rules
                )
            });
            judged.collect::<Vec<String>>()
        });
        found.into_iter().flatten().collect::<BTreeSet<String>>()
    };
    let kept = classes(&narrow, &known);
    let mut states = vec![known.len()];
    let least = alphabet(kinds).forks().unwrap_or(1);
    for gaps in least + 1..=least + more {
        let wide = for_ever_up_to(kinds, Some(gaps));
        let found = closure(&wide, &events);
        let paths: Vec<_> = found.values().collect();
        let seen = each(&paths, |path| narrow.key(&played(&narrow, &root, path)).key);
        let seen: BTreeSet<Key> = seen.into_iter().collect();
        assert_eq!(seen, keys, "gaps up to {gaps}");
        assert_eq!(classes(&wide, &found), kept, "gaps up to {gaps}");
        states.push(found.len());
    }
    states
}

#[test]
fn a_wider_bound_finds_nothing_new() {
    let states = wider_bounds_find_nothing_new("partition,heal", &["none"], 1);
    assert_eq!(states, [118, 934]);
}

/// The same for an `ALPHABET` and both procedures:
/// `ALPHABET=kill,start,write,single cargo test --release -p seatrial-sim --test for_ever -- --ignored --nocapture wider`.
#[test]
#[ignore = "minutes"]
#[expect(clippy::print_stdout, reason = "the numbers are what one runs it for")]
fn wider_bounds_find_nothing_new_in_an_alphabet() {
    let kinds = std::env::var("ALPHABET").unwrap_or_else(|_| "kill,start".to_owned());
    let states = wider_bounds_find_nothing_new(&kinds, &["none", CORRECTED], 2);
    println!("{kinds}: {states:?} states");
}

/// Writes 20 of those paths as scenario files into `DIR`, to play them on real nodes:
/// `DIR=paths ALPHABET=kill,start cargo test -p seatrial-sim --test for_ever -- --ignored twenty`.
#[test]
#[ignore = "it writes files"]
fn twenty_long_paths_as_scenario_files() {
    let folder = std::env::var("DIR").expect("DIR names a folder");
    let kinds = std::env::var("ALPHABET").unwrap_or_else(|_| "kill,start".to_owned());
    let (model, events) = (for_ever(&kinds), events(&kinds));
    let root = model.root().expect("the root is reached");
    std::fs::create_dir_all(&folder).expect("the folder is made");
    let numbers: Vec<u64> = (0..20).collect();
    let files = each(&numbers, |number| {
        let (path, _) = wandered(&model, &root, &events, *number);
        let id = format!("long-{number:02}");
        let scenario = model.scenario(CORRECTED, (&id, "A long path"), &path, &[0, 1, 2]);
        (scenario.file.clone(), scenario.to_toml())
    });
    for (file, text) in files {
        std::fs::write(std::path::Path::new(&folder).join(file), text).expect("it is written");
    }
}
