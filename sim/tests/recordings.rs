//! Recorded runs of real nodes, replayed on the simulator: the recording itself says what to expect.
//!
//! `seatrial conform` does the same with more seeds and prints what differs.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_scenarios::recording::{Recording, Replay};
use seatrial_sim::des;

fn replay(recording: &Recording, seed: u64) -> Replay {
    des::replay(recording, seed).expect("the initial state is reached")
}

fn assert_agrees(recording: &Recording, seed: u64, replay: &Replay) {
    assert!(
        replay.compared() > 10,
        "{}: only {} fields compared",
        recording.name,
        replay.compared()
    );
    assert!(
        replay.agrees(),
        "{}, seed {seed}: {} of {} fields differ\n{:#?}\n{:?}",
        recording.name,
        replay.disagreements.len(),
        replay.compared(),
        replay.disagreements,
        replay.unsupported
    );
}

#[test]
fn every_recording_agrees_in_every_field_on_each_of_a_few_seeds() {
    for recording in Recording::all() {
        for seed in 1..=3 {
            assert_agrees(&recording, seed, &replay(&recording, seed));
        }
    }
}

/// Where real nodes have several outcomes, the seeds reach each of them and no other.
#[test]
fn every_outcome_of_a_race_is_reached_and_no_other() {
    for recording in Recording::all().iter().filter(|one| one.is_race()) {
        let mut reached: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for seed in 1..=120 {
            let replay = replay(recording, seed);
            assert_agrees(recording, seed, &replay);
            for (step, outcome) in replay.outcomes {
                reached.entry(step).or_default().insert(outcome);
            }
        }
        let (number, step) = recording
            .steps
            .iter()
            .enumerate()
            .find(|(_, step)| !step.alternatives.is_empty())
            .expect("a race has a step with alternatives");
        let all: BTreeSet<usize> = (0..=step.alternatives.len()).collect();
        assert_eq!(reached.get(&(number + 1)), Some(&all), "{}", recording.name);
    }
}

/// The second engine shares neither network nor order of events with the first.
#[cfg(madsim)]
#[test]
fn the_other_engine_agrees_too() {
    let recordings = Recording::all();
    for name in [
        "s06",
        "s07",
        "s08b",
        "s14b",
        "s17",
        "s23",
        "random-1010",
        "random-1031",
    ] {
        let recording = recordings
            .iter()
            .find(|one| one.name == name)
            .expect("a recording of this name");
        // s23: with seed 1 both starters dial at once.
        for seed in [1, 3] {
            let replay = seatrial_sim::madsim_engine::replay(recording, seed)
                .expect("the initial state is reached");
            assert_agrees(recording, seed, &replay);
        }
    }
}
