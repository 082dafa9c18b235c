//! Prints the last trace events of a run that loops.
use seatrial_scenarios::{RunOptions, Scenario};
use seatrial_sim::des::World;
fn main() {
    let a: Vec<String> = std::env::args().skip(1).collect();
    let text = std::fs::read_to_string(&a[0]).unwrap();
    let sc = Scenario::parse(&a[0], &text).unwrap();
    let seed: u64 = a[1].parse().unwrap();
    let n: usize = a[2].parse().unwrap();
    let mut w = World::build(&sc.setup(None, seed)).unwrap();
    let r = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        pollster::block_on(seatrial_scenarios::runner::run(
            &mut w,
            &sc,
            &RunOptions {
                seed,
                ..RunOptions::default()
            },
        ))
    }));
    println!("{}", r.is_ok());
    let t = w.into_trace();
    let ev = t.events.clone();
    for e in &ev[ev.len().saturating_sub(n)..] {
        println!("{}", serde_json::to_string(e).unwrap());
    }
}
