//! scratch
use seatrial_scenarios::recording::Recording;
#[expect(clippy::print_stdout, reason = "an example prints")]
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let seed: u64 = a[2].parse().unwrap();
    let r = Recording::all().into_iter().find(|r| r.name == a[1]).unwrap();
    let mut w = seatrial_sim::des::World::build(&r.setup(seed)).unwrap();
    w.set_trace_frames(true);
    pollster::block_on(r.replay(&mut w));
    for e in w.trace().events.iter() { println!("{}", serde_json::to_string(e).unwrap()); }
}
