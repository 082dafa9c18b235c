//! A campaign gives the same however it is cut, and finds what is known to be there.

use seatrial_scenarios::Scenario;
use seatrial_scenarios::history::TransactionEnd;
use seatrial_scenarios::language::Pace;
use seatrial_scenarios::outcome::Outcome;
use seatrial_scenarios::schedule::{Op, Play, Schedule, Vocabulary};
use seatrial_sim::des::Templates;
use seatrial_sim::explore::shard::{FORMAT, Header, Shard, merge};
use seatrial_sim::explore::{
    BLOCK, Goal, Kind, Options, Played, classes, play, play_block, reduce_to, shrink,
};

fn shard(blocks: &[u64], shard: Option<(u64, u64)>) -> Shard {
    let mut record = Shard::new(Header {
        format: FORMAT,
        program: "test".into(),
        fingerprint: "test".into(),
        procedure: "manual".into(),
        seeds: (0, 3 * BLOCK),
        shard,
        from: None,
    });
    let mut templates = Templates::default();
    for block in blocks {
        for played in play_block(&mut templates, &Options::of("manual"), *block) {
            record.seeds.insert(played.record.seed, played.record);
        }
    }
    record
}

#[test]
fn two_shards_merged_are_the_whole_byte_for_byte() {
    let whole = merge([shard(&[0, 1, 2], None)]).expect("one shard");
    let first = shard(&[0, 2], Some((0, 2)));
    let second = shard(&[1], Some((1, 2)));
    assert_eq!(
        second.missing().len(),
        2 * usize::try_from(BLOCK).expect("small")
    );
    let merged = merge([second, first]).expect("two shards");
    assert_eq!(merged.render(), whole.render());
    assert!(whole.missing().is_empty());
    assert!(whole.states() > 30, "{} states", whole.states());
}

/// A lost quorum beside noise: the noise goes, the outcome stays.
#[test]
fn a_finding_is_made_small_and_stays_the_same() {
    let schedule = Schedule {
        nodes: Vocabulary::search().nodes,
        options: seatrial_scenarios::Options::default(),
        timers: None,
        ops: vec![
            Op::Write { node: 0, rows: 3 },
            Op::Partition(vec![0, 0, 1]),
            Op::Heal,
            Op::Terminate(vec![0, 1]),
            Op::Write { node: 2, rows: 1 },
            Op::Recover(1),
        ],
    };
    let manual = Play {
        pace: Pace::Rest,
        procedure: Some("manual".to_owned()),
    };
    let scenario = schedule.scenario("noise", "two terminated nodes beside noise", &manual);
    let mut templates = Templates::default();
    let small = shrink(&mut templates, &scenario, 1, None, None).expect("it fails");
    assert_eq!(small.outcome, Outcome::BootstrapRefused);
    assert_eq!(
        small.scenario.steps.len(),
        1,
        "{}",
        small.scenario.to_toml()
    );
    let again = play(&mut templates, &small.scenario, 1, None).expect("it runs");
    assert_eq!(Outcome::of(&again), Outcome::BootstrapRefused);
}

#[test]
fn what_recovers_is_not_made_small() {
    let scenario = Schedule {
        nodes: Vocabulary::search().nodes,
        options: seatrial_scenarios::Options::default(),
        timers: None,
        ops: vec![Op::Stop(vec![0]), Op::Start(vec![0])],
    };
    let play = Play {
        pace: Pace::Rest,
        procedure: Some("manual".to_owned()),
    };
    let scenario = scenario.scenario("fine", "one node stopped and started", &play);
    let small = shrink(&mut Templates::default(), &scenario, 1, None, None);
    assert_eq!(small, None);
}

fn with_clients() -> Options {
    Options {
        clients: 2,
        ..Options::of("manual-corrected")
    }
}

/// Clients that read and append while faults happen see an update lost. The smallest scenario of that needs no fault,
/// and shows it again.
#[test]
fn clients_of_a_search_see_a_lost_update_in_a_healthy_cluster() {
    let mut templates = Templates::default();
    let options = with_clients();
    let kind = Kind::Anomaly("lost-update".to_owned());
    let played = (0..4)
        .flat_map(|block| play_block(&mut templates, &options, block))
        .find(|one| one.record.kinds().contains(&kind))
        .expect("an update is lost");
    let found = reduce_to(&mut templates, &options, &played, &kind);
    assert_eq!(found.kind(), kind);
    assert_eq!(found.steps, 1, "{}", found.scenario);
    let scenario = Scenario::parse("found.toml", &found.scenario).expect("it is a scenario");
    let again = play(&mut templates, &scenario, found.seed, None).expect("it runs");
    assert!(again.findings.iter().any(|one| one.oracle == "lost-update"));
    let other = Some(Goal::Finding("append-lost".to_owned()));
    assert_eq!(
        shrink(&mut templates, &scenario, found.seed, None, other),
        None
    );
}

/// A client that was refused a statement rolls its transaction back. So nobody sees what it has given up.
#[test]
fn clients_of_a_search_see_nothing_that_was_refused() {
    let mut templates = Templates::default();
    let options = with_clients();
    let mut refused = 0;
    let blocks = 0..2;
    let played: Vec<Played> = blocks
        .flat_map(|block| play_block(&mut templates, &options, block))
        .collect();
    for one in played {
        let run = play(
            &mut templates,
            &one.scenario(&options),
            one.record.seed,
            None,
        )
        .expect("it runs");
        let is_refused =
            |end: &TransactionEnd| matches!(end, TransactionEnd::Refused { code: 1047, .. });
        refused += (run.transactions.iter())
            .filter(|one| is_refused(&one.end))
            .count();
        assert!(
            !one.record.oracles.contains("aborted-read"),
            "{:?}",
            one.record
        );
    }
    assert!(refused > 5, "{refused} transactions were refused");
}

/// Every run that was not recovered is in one class, whose smallest scenario needs what the class says.
#[test]
fn classes_are_named_after_what_is_needed() {
    let mut templates = Templates::default();
    let options = Options::of("manual");
    let failed: Vec<Played> = (0..3)
        .flat_map(|block| play_block(&mut templates, &options, block))
        .filter(|one| !one.record.outcome.is_good())
        .collect();
    assert!(failed.len() > 8, "{} failed", failed.len());
    let classes = classes(&mut templates, &options, &failed);
    let mut seeds: Vec<u64> = classes.iter().flat_map(|one| one.seeds.clone()).collect();
    seeds.sort_unstable();
    let all: Vec<u64> = failed.iter().map(|one| one.record.seed).collect();
    assert_eq!(seeds, all);
    for class in &classes {
        let has = |word: &str| class.scenario.contains(word);
        assert_eq!(
            class.needs.contains(&"a loss of power"),
            has("power_off"),
            "{} {}",
            class.name(),
            class.scenario
        );
        assert!(!class.needs.is_empty(), "{}", class.scenario);
    }
    assert!(classes.len() < failed.len(), "{} classes", classes.len());
}
