//! scratch
use seatrial_scenarios::recording::Recording;
#[expect(clippy::print_stdout, reason = "an example prints")]
fn main() {
    let get = |name: &str, other: u64| std::env::var(name).ok().and_then(|s| s.parse().ok()).unwrap_or(other);
    let (first, last, show) = (get("FROM", 1), get("SEEDS", 1), get("SHOW", 8));
    let names: Vec<String> = std::env::args().skip(1).collect();
    for recording in Recording::all() {
        if !names.is_empty() && !names.contains(&recording.name) { continue; }
        for seed in first..=last {
            let run = || if std::env::var("MADSIM").is_ok() { seatrial_sim::madsim_engine::replay(&recording, seed) } else { seatrial_sim::des::replay(&recording, seed) };
            let replay = match std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)) { Ok(Ok(r)) => r, Ok(Err(e)) => { println!("{} ERROR {e}", recording.name); continue }, Err(_) => { println!("{} PANIC", recording.name); continue } };
            let differing = replay.disagreements.len();
            println!("{} {} seed {seed}: {differing} of {} differ {:?} {:?}", if differing == 0 { "ok  " } else { "BAD " }, recording.name, replay.compared(), replay.outcomes, replay.unsupported);
            for d in replay.disagreements.iter().take(usize::try_from(show).unwrap_or(8)) {
                println!("      step {} {} {}: recorded {}, seen {}", d.step, d.node, d.field, d.recorded, d.seen);
            }
        }
    }
}
