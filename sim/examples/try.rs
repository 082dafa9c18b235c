//! Scratch.
use seatrial_scenarios::*;
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let seed: u64 = std::env::args().nth(2).map_or(1, |s| s.parse().unwrap());
    let text = std::fs::read_to_string(&path).unwrap();
    let scenario = Scenario::parse(&path, &text).map_err(|e| format!("{:?}", miette::Report::new(*e))).unwrap();
    let setup = scenario.setup(None, seed);
    let options = RunOptions { seed, ..RunOptions::default() };
    let (record, trace) = seatrial_sim::des::run(&scenario, &setup, &options).unwrap();
    if std::env::args().nth(3).is_some() { for e in &trace.events { println!("{} {} {:?}", e.at_us, e.node.as_ref().map_or("-", |n| n.as_str()), e.what); } }
    println!("{:?} {:?}", record.verdict, record.failure);
    for c in &record.claims { println!("{c:?}"); }
    for c in &record.findings { println!("{c:?}"); }
    println!("{}", trace.events.len());
}
