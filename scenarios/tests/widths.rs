//! Random schedules are drawn alike on every machine: no strategy draws a `usize`.
//!
//! proptest draws a range of `usize` as u64 where words have 64 bits, and as u32 where they have 32, so that a
//! seed would name another schedule there. No test on one machine can see that in the values. This test reads
//! the sources: only `draw.rs`, which converts, may name the strategies that hide a `usize`, and every range
//! outside of it says its type.

use std::fs;
use std::path::Path;

/// The only file that may use these strategies: it knows which of them do not depend on the width.
const CONVERTS: &str = "draw.rs";

/// What hides a `usize`, or brings it into scope.
const HIDING: [&str; 7] = [
    "proptest::collection",
    "proptest::sample",
    "proptest::num",
    "proptest::bits",
    "proptest::arbitrary",
    "prelude::*",
    "usize::ANY",
];

/// The types that are drawn with as many bits on every machine.
const FIXED: [&str; 4] = ["_u8", "_u16", "_u32", "_u64"];

/// The code of a file without comments and without its tests.
fn code(text: &str) -> Vec<(usize, &str)> {
    let (code, _) = text.split_once("#[cfg(test)]").unwrap_or((text, ""));
    code.lines()
        .zip(1..)
        .map(|(line, number)| (number, line.trim()))
        .filter(|(_, line)| !line.starts_with("//"))
        .collect()
}

/// Whether the line has a range that does not say its type. The range of a loop is no strategy.
fn has_untyped_range(line: &str) -> bool {
    let is_operand = |c: char| c.is_alphanumeric() || matches!(c, '_' | ')' | ']');
    !line.starts_with("for ")
        && line.match_indices("..").any(|(place, _)| {
            let before = &line[..place];
            before.ends_with(is_operand) && !FIXED.iter().any(|fixed| before.ends_with(fixed))
        })
}

/// The mistakes in a file.
fn problems(name: &str, text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for (number, line) in code(text) {
        for hiding in HIDING.iter().filter(|hiding| line.contains(**hiding)) {
            wrong.push(format!("{name}:{number}: `{hiding}` may draw a usize"));
        }
        if has_untyped_range(line) {
            wrong.push(format!(
                "{name}:{number}: which type has this range? {line}"
            ));
        }
    }
    wrong
}

#[test]
fn no_schedule_is_drawn_from_a_usize() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("language/src/schedule");
    let mut read = 0;
    let mut wrong = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name != CONVERTS {
            read += 1;
            wrong.extend(problems(&name, &fs::read_to_string(&path).unwrap()));
        }
    }
    wrong.sort();
    assert!(
        wrong.is_empty(),
        "{}\n{CONVERTS} has functions that draw places and lists alike on every machine",
        wrong.join("\n")
    );
    assert!(read >= 4, "the test reads too little: {read} files");
}

#[test]
fn the_reader_sees_what_draws_a_usize() {
    for line in [
        "let one = 0..nodes;",
        "(0..=length, vocabulary.one())",
        "let length = (least..=most).new_tree(runner);",
        "use proptest::sample::select;",
        "use proptest::prelude::*;",
    ] {
        assert_eq!(problems("x.rs", line).len(), 1, "{line}");
    }
    for line in [
        "(one, 1_u32..=3)",
        "..Self::conformance()",
        "Self::Cut { .. } => 1,",
        "for on in 1..nodes {",
        "// from 0..nodes",
        "#[cfg(test)]\nlet one = 0..nodes;",
    ] {
        assert_eq!(problems("x.rs", line), [""; 0], "{line}");
    }
}
