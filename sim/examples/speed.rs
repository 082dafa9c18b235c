//! Runs one scenario many times on des, without a trace.
use seatrial_scenarios::{RunOptions, Scenario};
use seatrial_sim::des::Templates;
fn main() {
    let a: Vec<String> = std::env::args().skip(1).collect();
    let text = std::fs::read_to_string(&a[0]).unwrap();
    let n: u64 = a[1].parse().unwrap();
    let sc = Scenario::parse(&a[0], &text).unwrap();
    let t = std::time::Instant::now();
    let mut ms = 0;
    let mut templates = Templates::default();
    for seed in 0..n {
        let mut w = templates.untraced(&sc.setup(None, seed)).unwrap();
        let r = pollster::block_on(seatrial_scenarios::runner::run(
            &mut w,
            &sc,
            &RunOptions {
                seed,
                ..RunOptions::default()
            },
        ));
        ms += r.simulated_ms;
        if seed == 0 {
            println!("leapt {} of {} ms", w.leapt(), r.simulated_ms);
        }
    }
    let s = t.elapsed().as_secs_f64();
    println!(
        "{:.0} runs/s, {:.0} x",
        n as f64 / s,
        ms as f64 / 1000.0 / s
    );
}
