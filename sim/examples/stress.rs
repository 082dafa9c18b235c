//! Runs random schedules on des.
use seatrial_scenarios::RunOptions;
use seatrial_scenarios::language::Pace;
use seatrial_scenarios::schedule::{Play, Schedule, Vocabulary};
use std::panic::{AssertUnwindSafe, catch_unwind};
fn main() {
    let a: Vec<u64> = std::env::args()
        .skip(1)
        .map(|s| s.parse().unwrap())
        .collect();
    let v = Vocabulary::everything();
    let t = std::time::Instant::now();
    let mut sim = 0.0;
    let mut counts: std::collections::BTreeMap<String, (u64, u64)> = Default::default();
    for seed in a[0]..a[1] {
        let play = Play {
            pace: if seed % 2 == 0 {
                Pace::Next
            } else {
                Pace::Rest
            },
            procedure: Some("manual-corrected".into()),
        };
        let s = Schedule::draw(&v, seed);
        let sc = s.scenario(&format!("seed-{seed}"), "t", &play);
        let setup = sc.setup(None, seed);
        let o = RunOptions {
            seed,
            ..RunOptions::default()
        };
        let t1 = std::time::Instant::now();
        match catch_unwind(AssertUnwindSafe(|| seatrial_sim::des::run(&sc, &setup, &o))) {
            Ok(Ok((r, _))) => {
                sim += r.simulated_ms as f64;
                for f in &r.findings {
                    let e = counts.entry(f.oracle.to_string()).or_insert((0, seed));
                    e.0 += 1;
                }
                if let Some(f) = &r.failure {
                    let e = counts
                        .entry(format!(
                            "FAIL {}",
                            f.text.chars().take(60).collect::<String>()
                        ))
                        .or_insert((0, seed));
                    e.0 += 1;
                }
            }
            Ok(Err(e)) => println!("{seed}: build {e}"),
            Err(_) => {
                println!("{seed}: PANIC");
                std::fs::write(format!("/tmp/x/{seed}.toml"), sc.to_toml()).unwrap();
            }
        }
        if t1.elapsed().as_secs_f64() > 1.0 {
            println!("{seed}: {:.1} s", t1.elapsed().as_secs_f64());
            std::fs::write(format!("/tmp/x/{seed}.toml"), sc.to_toml()).unwrap();
        }
    }
    let s = t.elapsed().as_secs_f64();
    println!(
        "{} runs in {s:.1} s: {:.0}/s, {:.0} x real time",
        a[1] - a[0],
        (a[1] - a[0]) as f64 / s,
        sim / 1000.0 / s
    );
    for (k, v) in counts {
        println!("{:6} (e.g. {}) {k}", v.0, v.1);
    }
}
