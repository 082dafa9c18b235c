//! Prints how far recordings and the simulator agree.

use seatrial_scenarios::recording::Recording;
use seatrial_sim::des::World;

#[expect(clippy::print_stdout, reason = "an example prints")]
fn main() {
    let seeds = std::env::var("SEEDS")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(2);
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path).expect("a file");
        let recording = Recording::parse(&text).expect("a recording");
        for seed in 1..=seeds {
            let mut world = World::build(&recording.setup(seed)).expect("the initial state");
            let replay = pollster::block_on(recording.replay(&mut world));
            let differing = replay.disagreements.len();
            println!(
                "{} seed {seed}: {differing} of {} differ",
                recording.name, replay.compared
            );
            for difference in replay.disagreements.iter().take(12) {
                println!(
                    "  step {} {} {}: recorded {}, seen {}",
                    difference.step,
                    difference.node,
                    difference.field,
                    difference.recorded,
                    difference.seen
                );
            }
        }
    }
}
