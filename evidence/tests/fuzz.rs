//! The reader on inputs that chance has made of the corpus: a quick part here, millions with the example `fuzz`.

mod fuzzing;

use fuzzing::{Chance, check, input, read};

/// The number of inputs in `cargo test`; `FUZZ_INPUTS` asks for another number.
const QUICK: u64 = 4_000;

#[test]
fn no_input_makes_the_reader_panic_or_lose_count() {
    let asked = std::env::var("FUZZ_INPUTS").ok();
    let inputs = asked
        .and_then(|number| number.parse().ok())
        .unwrap_or(QUICK);
    let mut chance = Chance::new(1);
    let mut bytes = Vec::new();
    let mut facts = 0;
    for number in 0..inputs {
        input(&mut chance, &mut bytes);
        facts += check(&bytes, usize::try_from(number % 97).unwrap_or(0) + 1);
    }
    assert!(
        facts as u64 > inputs,
        "{facts} facts in {inputs} inputs: the corpus says more"
    );
}

#[test]
fn what_repeats_is_read_as_often_as_it_is_there() {
    // A block that never ends, a line that never ends, and views by the thousand: nothing is held back for ever.
    let block = "2030-01-02  3:04:05 0 [Note] WSREP: view(view_id(PRIM,8d3af2c6-9c00,6) memb {\n";
    let member = "\t8d3af2c6-9c00,0\n";
    let (facts, summary) = read(
        format!("{block}{}", member.repeat(100_000)).as_bytes(),
        4096,
    );
    assert_eq!((facts.len(), summary.lines), (1, 100_001));
    let (facts, _) = read(block.repeat(10_000).as_bytes(), 4096);
    assert_eq!(facts.len(), 10_000);
    let (facts, summary) = read("x".repeat(1 << 20).as_bytes(), 4096);
    assert_eq!((facts.len(), summary.lines, summary.too_long), (0, 1, 1));
}
