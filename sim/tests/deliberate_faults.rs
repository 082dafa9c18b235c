//! Proof that the oracles bite.
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use seatrial_node::DeliberateFault;
use seatrial_scenarios::schedule::Vocabulary;
use seatrial_sim::des::Templates;
use seatrial_sim::explore::{BLOCK, Options, SeedRecord, play_again, play_block};

fn options(procedure: &str) -> Options {
    Options { procedure: procedure.to_owned(), vocabulary: Vocabulary::everything(), timers: None }
}

fn signs(r: &SeedRecord) -> BTreeSet<String> {
    let mut s = r.oracles.clone();
    if !r.outcome.is_good() { s.insert(format!("={}", r.outcome.name())); }
    s
}

#[test]
#[ignore]
fn skips() {
    for procedure in ["none"] {
        let (mut ops, mut skipped) = (0, 0);
        let mut templates = Templates::default();
        for block in 0..60 { for one in play_block(&mut templates, &options(procedure), block) { ops += one.record.ops; skipped += one.record.skipped; } }
        println!("{procedure}: {skipped} of {ops}");
    }
}

#[test]
#[ignore]
fn survey() {
    let blocks: u64 = std::env::var("BLOCKS").ok().and_then(|b| b.parse().ok()).unwrap_or(60);
    let only = std::env::var("ONLY").unwrap_or_default();
    let half: usize = std::env::var("HALF").ok().and_then(|b| b.parse().ok()).unwrap_or(9);
    for procedure in ["manual-corrected", "none"] {
        let options = options(procedure);
        let mut faithful = Templates::default();
        let mut memo: BTreeMap<(u64, String), SeedRecord> = BTreeMap::new();
        for (n, fault) in DeliberateFault::ALL.iter().copied().enumerate() {
            if half < 2 && n % 2 != half { continue; }
            if !only.is_empty() && !only.split(',').any(|o| o == format!("{fault:?}")) { continue; }
            let began = Instant::now();
            let mut faulty = Templates::with_fault(fault);
            let mut counts: BTreeMap<String, (usize, u64)> = BTreeMap::new();
            let mut played = 0;
            for block in 0..blocks {
                if began.elapsed() > Duration::from_secs(30) { break; }
                for one in play_block(&mut faulty, &options, block) {
                    played += 1;
                    if let Some(panic) = &one.record.panic {
                        let e = counts.entry(format!("PANIC {}", &panic[..panic.len().min(60)])).or_insert((0, one.record.seed)); e.0 += 1;
                        continue;
                    }
                    let s = signs(&one.record);
                    if s.is_empty() { continue; }
                    let key = (one.record.seed, format!("{:?}", one.schedule.ops));
                    let base = memo.entry(key).or_insert_with(|| play_again(&mut faithful, &options, &one.schedule, one.record.seed)).clone();
                    if !base.outcome.is_good() { continue; }
                    let b = signs(&base);
                    for sign in s.difference(&b) {
                        let e = counts.entry(sign.clone()).or_insert((0, one.record.seed)); e.0 += 1;
                    }
                }
            }
            let _ = BLOCK;
            println!("{procedure} {fault:?} {played}: {counts:?}");
        }
    }
}
