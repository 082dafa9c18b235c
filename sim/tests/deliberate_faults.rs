//! Proof that the oracles bite: mistakes are planted in the model, one at a time, and the search over
//! random schedules finds each, by schedules that are fine without it.
//!
//! `docs/deliberate-faults.md` has the table. Each run of the tests plays one stored seed of every
//! fault, with it and without. The whole measurement is a test of its own:
//!
//! `cargo test --release -p seatrial-sim --test deliberate_faults -- --ignored`, with
//! `REWRITE_DELIBERATE_FAULTS=1` before it to write the table anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use seatrial_node::DeliberateFault;
use seatrial_sim::des::Templates;
use seatrial_sim::explore::{BLOCK, Options, SeedRecord, play_again, play_block, play_fresh};

/// A fault, and what must show it.
struct Case {
    fault: DeliberateFault,
    procedure: &'static str,
    /// The oracle that fires, or what the run comes to.
    sign: &'static str,
}

const fn case(fault: DeliberateFault, procedure: &'static str, sign: &'static str) -> Case {
    Case {
        fault,
        procedure,
        sign,
    }
}

const CORRECTED: &str = "manual-corrected";
const NONE: &str = "none";

/// Every fault but one: [`DeliberateFault::PositionBeforeView`] takes a crash between two writes to the
/// disk, which is what `tests/interleave.rs` searches.
const CASES: &[Case] = &{
    use DeliberateFault as F;
    [
        case(F::HalfIsQuorum, CORRECTED, "twin-primaries"),
        case(F::LeftCountsAsGone, CORRECTED, "no-safe-node"),
        case(F::ReunionOfSome, CORRECTED, "twin-primaries"),
        case(F::IncarnationCompared, CORRECTED, "dead-lock"),
        case(F::RestoredByOne, CORRECTED, "twin-primaries"),
        case(F::UnorderedCounts, CORRECTED, "acknowledged-write-lost"),
        case(F::HigherSeqnoAccepted, CORRECTED, "silent-splice"),
        case(F::GapNotSeen, CORRECTED, "silent-splice"),
        case(F::OtherUuidAccepted, CORRECTED, "silent-splice"),
        case(F::LowestGoesOn, CORRECTED, "reversed-history"),
        case(F::LostDonorIgnored, NONE, "stuck"),
        case(F::FailedDonorSaysDone, NONE, "stuck"),
        case(F::IstWithoutGapCheck, CORRECTED, "acknowledged-write-lost"),
        case(F::CatchUpDropped, CORRECTED, "silent-splice"),
        case(F::VoidStateTrusted, CORRECTED, "silent-splice"),
        case(F::RecoveredIgnored, CORRECTED, "acknowledged-write-lost"),
        case(F::SeqnoWrittenEarly, CORRECTED, "silent-splice"),
        case(F::GuardIgnored, CORRECTED, "twin-primaries"),
        case(F::SafeNeverCleared, CORRECTED, "two-safe-nodes"),
        case(F::SafeAtEveryStop, CORRECTED, "two-safe-nodes"),
        case(F::SafeWithoutQuorum, CORRECTED, "two-safe-nodes"),
        case(F::ViewKeptAtStop, CORRECTED, "dead-lock"),
        case(F::ViewNeverWritten, NONE, "stuck"),
        case(F::NonPrimaryViewWritten, CORRECTED, "twin-primaries"),
        case(F::WaitPrimIgnored, CORRECTED, "dead-lock"),
        case(F::SilenceIgnored, CORRECTED, "stuck"),
        case(F::RelayAbsent, NONE, "stuck"),
        case(F::AcknowledgedAtOnce, CORRECTED, "acknowledged-write-lost"),
        case(F::RefusalAcknowledged, CORRECTED, "acknowledged-write-lost"),
        case(F::CommitNotSynced, CORRECTED, "acknowledged-write-lost"),
        case(F::NonPrimaryWrites, CORRECTED, "non-primary-acknowledges"),
        case(F::NewClusterFlagKept, CORRECTED, "asks-person"),
    ]
};

/// The distance between the disjoint ranges of seeds in which each fault is searched.
const RANGES: u64 = 5;
const RANGE_APART: u64 = 1_000_000;
/// The most seeds of each range. A fault that needs more counts as not found.
const SEEDS_MAX: u64 = 20_000;
/// The least number of faults in the table.
const FOUND_MIN: usize = 32;

/// Returns what shows a mistake: the oracles that fired, and the outcome if it is bad.
fn signs(record: &SeedRecord) -> BTreeSet<&str> {
    let oracles = record.oracles.iter().map(String::as_str);
    let outcome = (!record.outcome.is_good()).then(|| record.outcome.name());
    oracles.chain(outcome).collect()
}

/// Returns whether the run without the fault is fine, and free of what shows the fault.
fn is_clean(record: &SeedRecord, sign: &str) -> bool {
    record.panic.is_none() && record.outcome.is_good() && !signs(record).contains(sign)
}

/// A line of the table.
struct Row {
    median: u64,
    bound: u64,
    /// A seed that finds it, drawn afresh and no mutant.
    seed: u64,
}

fn table() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/deliberate-faults.md")
}

/// Returns the first cells of a fault's line, which need no measurement.
fn cells(case: &Case) -> String {
    let broken = case.fault.broken();
    format!(
        "| `{:?}` | {} | `{}` | `{}` | `{}` |",
        case.fault, broken.what, broken.galera, case.procedure, case.sign
    )
}

/// Returns the row of a fault in the table, none where it is among those that were not found.
fn row(text: &str, case: &Case) -> Option<Row> {
    let name = format!("`{:?}`", case.fault);
    let line = text
        .lines()
        .find(|line| line.starts_with(&format!("| {name} |")));
    let Some(line) = line else {
        let open = text.lines().any(|line| line == format!("- {name}"));
        assert!(open, "the table has no line of {name}");
        return None;
    };
    let cells = cells(case);
    let rest = line
        .strip_prefix(&cells)
        .unwrap_or_else(|| panic!("the table has {line}, and the test {cells}"));
    let numbers: Vec<u64> = rest
        .trim_matches([' ', '|'])
        .split('|')
        .map(|cell| cell.trim().parse().expect("a number"))
        .collect();
    let [median, bound, seed] = numbers[..] else {
        panic!("three numbers: {line}")
    };
    Some(Row {
        median,
        bound,
        seed,
    })
}

#[test]
fn there_is_a_case_for_every_fault_that_a_schedule_can_show() {
    let mut cases: Vec<DeliberateFault> = CASES.iter().map(|case| case.fault).collect();
    cases.push(DeliberateFault::PositionBeforeView);
    cases.sort();
    assert_eq!(cases, DeliberateFault::ALL);
}

/// Plays the stored seed of every fault: the oracle fires with the fault, and the same run without it is
/// good.
#[test]
fn every_fault_is_found_by_the_seed_in_the_table_and_by_nothing_without_it() {
    let text = fs::read_to_string(table()).expect("the table of faults");
    let mut faithful = Templates::default();
    let mut found_of = 0;
    for case in CASES {
        let Some(row) = row(&text, case) else {
            continue;
        };
        found_of += 1;
        assert!(row.median <= row.bound && row.bound <= SEEDS_MAX);
        let options = Options::of(case.procedure);
        let mut faulty = Templates::with_fault(case.fault);
        let found = play_fresh(&mut faulty, &options, row.seed).expect("no mutant");
        assert!(
            signs(&found.record).contains(case.sign),
            "{:?}, seed {}: no {} in {:?}",
            case.fault,
            row.seed,
            case.sign,
            found.record
        );
        let without = play_again(&mut faithful, &options, &found.schedule, row.seed);
        assert!(
            is_clean(&without, case.sign),
            "{:?}, seed {}: without the fault {without:?}",
            case.fault,
            row.seed
        );
    }
    assert!(found_of >= FOUND_MIN, "{found_of} faults are found");
}

/// Returns the seeds that the search took in each range, and a seed that is no mutant. A range without a
/// find counts as one seed more than may be.
fn measure(case: &Case) -> (Vec<u64>, Option<u64>) {
    let options = Options::of(case.procedure);
    let mut faulty = Templates::with_fault(case.fault);
    let mut faithful = Templates::default();
    let mut stored = None;
    let mut taken = Vec::new();
    for range in 0..RANGES {
        let first = range * RANGE_APART / BLOCK;
        let mut found = None;
        for block in first..first + SEEDS_MAX.div_ceil(BLOCK) {
            for one in play_block(&mut faulty, &options, block) {
                let seed = one.record.seed;
                if !signs(&one.record).contains(case.sign) {
                    continue;
                }
                let without = play_again(&mut faithful, &options, &one.schedule, seed);
                if !is_clean(&without, case.sign) {
                    continue;
                }
                found = found.or(Some(seed + 1 - first * BLOCK));
                if stored.is_none() && play_fresh(&mut faulty, &options, seed).is_some() {
                    stored = Some(seed);
                }
            }
            let last_chance = range + 1 == RANGES && stored.is_none();
            if found.is_some() && !last_chance {
                break;
            }
        }
        taken.push(found.unwrap_or(SEEDS_MAX + 1));
        if found.is_none() {
            break;
        }
    }
    (taken, stored)
}

/// Returns the next of 10, 20, 50, 100, …
fn rounded_up(number: u64) -> u64 {
    let mut step = 10;
    loop {
        for times in [1, 2, 5] {
            if step * times >= number {
                return step * times;
            }
        }
        step *= 10;
    }
}

/// Looks for every fault in every range. Takes minutes.
#[expect(clippy::print_stderr, reason = "progress of minutes")]
#[test]
#[ignore = "measures for minutes; the stored seeds are played by the other test"]
fn every_fault_is_found_within_its_bound_in_every_range() {
    let only = std::env::var("ONLY_FAULT").ok();
    let next = AtomicUsize::new(0);
    let mut measured: Vec<(usize, Vec<u64>, Option<u64>)> = std::thread::scope(|scope| {
        let worker = || {
            let mut done = Vec::new();
            while let Some((index, case)) = {
                let index = next.fetch_add(1, Ordering::Relaxed);
                CASES.get(index).map(|case| (index, case))
            } {
                if only
                    .as_ref()
                    .is_some_and(|only| *only != format!("{:?}", case.fault))
                {
                    continue;
                }
                let (taken, stored) = measure(case);
                eprintln!("{:?}: {taken:?}, seed {stored:?}", case.fault);
                done.push((index, taken, stored));
            }
            done
        };
        let workers = [scope.spawn(worker), scope.spawn(worker)];
        workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("a worker ends"))
            .collect()
    });
    measured.sort();
    let rewrite = std::env::var_os("REWRITE_DELIBERATE_FAULTS").is_some();
    let text = fs::read_to_string(table()).expect("the table of faults");
    let mut lines = Vec::new();
    let mut open = Vec::new();
    for (index, mut taken, stored) in measured {
        let case = &CASES[index];
        taken.sort_unstable();
        let median = taken[taken.len() / 2];
        let slowest = taken[taken.len() - 1];
        let Some(seed) = stored.filter(|_| slowest <= SEEDS_MAX) else {
            open.push(format!("- `{:?}`", case.fault));
            continue;
        };
        if rewrite {
            let bound = rounded_up(slowest);
            lines.push(format!("{} {median} | {bound} | {seed} |", cells(case)));
        } else {
            let row = row(&text, case).expect("it is found");
            assert_eq!((median, seed), (row.median, row.seed), "{:?}", case.fault);
            assert!(slowest <= row.bound, "{:?}: {taken:?}", case.fault);
        }
    }
    if rewrite && only.is_none() {
        let text = with_list(&text, "| `", &lines);
        let text = with_list(&text, "- `", &open);
        fs::write(table(), text).expect("the table can be written");
    }
}

/// Returns the text with other lines in the place of those that begin like this.
fn with_list(text: &str, begin: &str, lines: &[String]) -> String {
    let is_old = |line: &&str| line.starts_with(begin);
    let before = text.lines().take_while(|line| !is_old(line));
    let after = text.lines().skip_while(|line| !is_old(line));
    let mut whole: Vec<&str> = before.collect();
    whole.extend(lines.iter().map(String::as_str));
    whole.extend(after.skip_while(is_old));
    whole.join("\n") + "\n"
}
