//! `explore --from`: seeds go on from the worlds of a search's states, and come to what the whole way comes to.

mod alone;

use std::collections::BTreeSet;

use seatrial_scenarios::Supervisor;
use seatrial_scenarios::outcome::Outcome;
use seatrial_sim::des::Templates;
use seatrial_sim::explore::{
    BLOCK, Options, Played, play, play_block_from, reduce, sometimes, wanted,
};
use seatrial_sim::prove::{
    Alphabet, Bounds, Model, Precision, SEED, Starts, States, StatesError, StatesHeader, search,
};

use alone::Alone;

/// The states within two events of an alphabet, as a file that is read again.
fn states(words: &str) -> States {
    let model = Model::new(None, Supervisor::None);
    let root = model.root().expect("the root is reached");
    let alphabet: Alphabet = words.parse().expect("an alphabet");
    let bounds = Bounds {
        faults: Some(2),
        max_states: None,
        sights: false,
        share: None,
    };
    let Ok(found) = search(&model, root, alphabet, &[], bounds, &Alone);
    let header = StatesHeader {
        format: StatesHeader::FORMAT,
        program: "test".to_owned(),
        alphabet: alphabet.to_string(),
        faults: bounds.faults,
        ended: found.ended.name().to_owned(),
        supervisor: Supervisor::None,
        timers: None,
        precision: Precision::Exact,
    };
    let states = States::of(&found, header);
    let read = States::parse(&states.render()).expect("it can be read");
    assert_eq!(read, states);
    read
}

/// Keeps the worlds of some states.
fn kept<'a>(states: &'a States, wanted: &BTreeSet<usize>) -> Result<Starts<'a>, StatesError> {
    let root = states.model().root().expect("the root is reached");
    let Ok(starts) = Starts::of(states, root, wanted, &Alone);
    starts
}

fn block(states: &States, options: &Options, block: u64) -> Vec<Played> {
    let wanted = wanted(&[block], states.states.len());
    let starts = kept(states, &wanted).expect("the states are those of the file");
    play_block_from(&starts, options, block)
}

#[test]
fn a_run_from_a_kept_world_is_the_run_of_the_whole_way() {
    let states = states("stop,kill,start,hang,partition,single");
    let options = Options::of("manual").on(&states);
    let mut templates = Templates::default();
    let mut deeper = 0;
    for number in [0, 3] {
        for played in block(&states, &options, number) {
            let (record, scenario) = (&played.record, played.scenario(&options));
            let whole = play(&mut templates, &scenario, SEED, None).expect("it plays");
            let here = (record.outcome, &record.oracles, record.simulated_ms);
            let oracles = whole.findings.iter().map(|found| found.oracle.clone());
            let oracles: BTreeSet<String> = oracles.collect();
            let there = (Outcome::of(&whole), &oracles, whole.simulated_ms);
            assert_eq!(here, there, "{}", scenario.to_toml());
            let went = record.went.as_ref().expect("it went on from a state");
            deeper += usize::from(went.after.is_some());
        }
    }
    assert_eq!(deeper, 8);
}

#[test]
fn every_state_has_its_turn_before_the_first_has_its_second() {
    let states = states("kill,start,single");
    let number = states.states.len();
    let options = Options::of("none").on(&states);
    assert!((13..=24).contains(&number), "{number} states");
    let mut begun = Vec::new();
    for number in [0, 1] {
        let played = block(&states, &options, number);
        let fresh = played.iter().filter_map(|one| one.record.went.as_ref());
        begun.extend(
            fresh
                .filter(|went| went.after.is_none())
                .map(|went| went.state),
        );
    }
    let turns: Vec<usize> = (0..number).chain(0..24 - number).collect();
    assert_eq!(begun, turns);
}

/// A block depends on its number alone, and not on which worlds are kept.
#[test]
fn worlds_that_are_not_kept_are_played_again() {
    let states = states("kill,start,single");
    let options = Options::of("manual-corrected").on(&states);
    let starts = kept(&states, &BTreeSet::new()).expect("nothing is compared");
    let again = play_block_from(&starts, &options, 1);
    let records = |all: Vec<Played>| all.into_iter().map(|one| one.record).collect::<Vec<_>>();
    assert_eq!(records(again), records(block(&states, &options, 1)));
}

#[test]
fn a_file_of_another_model_is_refused() {
    let mut other = states("kill,start,single");
    let last = other.states.len() - 1;
    other.states[last].key.0 ^= 1;
    let wanted = BTreeSet::from([last]);
    assert_eq!(kept(&other, &wanted).err(), Some(StatesError::Other(last)));
    let text = other.render();
    let of = |text: &str| {
        States::parse(text)
            .expect_err("it is no file of states")
            .to_string()
    };
    assert_eq!(of(""), "it is empty");
    let header = text.lines().next().expect("a header");
    assert_eq!(of(header), "line 1: no state follows");
    let forward = format!("{header}\n{{\"key\":\"0\",\"from\":[7,\"heal\"]}}\n");
    assert_eq!(of(&forward), "line 2: state 7 does not come before it");
    let newer = text.replacen("\"format\":1", "\"format\":9", 1);
    assert_eq!(of(&newer), "line 1: format 9, this program reads 1");
}

/// A finding is a scenario from a synced cluster, and made small as any other.
#[test]
fn a_finding_plays_from_the_start() {
    let states = states("kill,start,single");
    let options = Options::of("none").on(&states);
    let mut templates = Templates::default();
    let played = block(&states, &options, 0);
    let stuck = played
        .iter()
        .find(|one| one.record.outcome == Outcome::Stuck);
    let stuck = stuck.expect("a killed server is stuck");
    let small = reduce(&mut templates, &options, stuck);
    assert!(small.steps <= 2, "{}", small.scenario);
    let reached: BTreeSet<String> = played
        .iter()
        .filter_map(|one| one.record.went.as_ref())
        .flat_map(|went| went.sometimes.clone())
        .collect();
    assert!(reached.contains("outcome stuck"), "{reached:?}");
    assert!(reached.is_subset(&sometimes::all()));
    assert!(
        !reached.contains("outcome asks-person"),
        "`none` asks nobody"
    );
    assert_eq!(played.len(), usize::try_from(BLOCK).expect("small"));
}
