//! Reads inputs that chance has made, for as long as it is asked to:
//! `cargo run --release -p seatrial-evidence --example fuzz -- INPUTS [SEED]`.
//!
//! Each part of a million is timed, and the slowest input of it by bytes: a quadratic step would stand out.

#![expect(clippy::print_stdout, reason = "an example tells what it has done")]

#[path = "../tests/fuzzing/mod.rs"]
mod fuzzing;

use std::time::Instant;

use fuzzing::{Chance, check, input, read};

fn main() {
    let mut numbers = std::env::args()
        .skip(1)
        .filter_map(|text| text.parse::<u64>().ok());
    let inputs = numbers.next().unwrap_or(1_000_000);
    let mut chance = Chance::new(numbers.next().unwrap_or(2));
    let mut bytes = Vec::new();
    let (mut facts, mut read_bytes) = (0, 0);
    let began = Instant::now();
    for number in 1..=inputs {
        input(&mut chance, &mut bytes);
        read_bytes += bytes.len();
        facts += check(&bytes, usize::try_from(number % 97).unwrap_or(0) + 1);
        if number % 1_000_000 == 0 || number == inputs {
            let seconds = began.elapsed().as_secs();
            println!(
                "{number} inputs, {read_bytes} bytes, {facts} facts, {seconds} s: nothing found"
            );
        }
    }
    // Growing texts of each kind: the time for a byte must not grow with the text.
    for number in 0..24 {
        input(&mut chance, &mut bytes);
        let time = |times: usize| {
            let text = bytes.repeat(times);
            let began = Instant::now();
            let (facts, _) = read(&text, 1 << 16);
            (
                began.elapsed().as_nanos() / (text.len().max(1) as u128),
                facts.len(),
            )
        };
        let (few, many) = (time(32), time(1024));
        println!(
            "text {number}: {} ns a byte, {} ns a byte when 32 times as long",
            few.0, many.0
        );
        assert!(
            many.0 <= few.0 * 8 + 50,
            "the time for a byte grows with the text"
        );
    }
}
