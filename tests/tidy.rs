//! What holds for every source file, so that nobody needs to say it in a review.

#![expect(clippy::unwrap_used, reason = "a test may stop where it cannot go on")]

use std::fs;
use std::path::{Path, PathBuf};

/// The longest source file.
const LINES_MAX: usize = 600;

/// Files that are longer for now, and how long they may be. This list only shrinks.
const LONGER: &[(&str, usize)] = &[];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file of the repository, by its path in it, with its text.
fn sources() -> Vec<(String, String)> {
    let folders = [
        "src",
        "tests",
        "benches",
        "lab",
        "galera",
        "evidence",
        "scenarios",
        "sim",
        "reports",
        "real-harness",
    ];
    let mut files = Vec::new();
    for folder in folders {
        collect(&root().join(folder), &mut files);
    }
    files.sort();
    assert!(
        files.len() > 50,
        "the folders are not where this test looks for them"
    );
    files
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let name = path
                .strip_prefix(root())
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            (name, text)
        })
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                collect(&path, files);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    for (name, text) in sources() {
        assert!(
            text.starts_with("//! "),
            "{name} does not begin with a `//!` comment"
        );
    }
}

#[test]
fn no_file_is_too_long() {
    for (name, text) in sources() {
        let max = LONGER
            .iter()
            .find(|(known, _)| *known == name)
            .map_or(LINES_MAX, |(_, max)| *max);
        let lines = text.lines().count();
        assert!(
            lines <= max,
            "{name} has {lines} lines, at most {max} are wanted: split it"
        );
    }
}

#[test]
fn nothing_is_left_undone_without_a_trace() {
    // In pieces, since this file is looked at too.
    let unfinished = [
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("dbg", "!("),
    ];
    for (name, text) in sources() {
        for word in unfinished {
            assert!(!text.contains(word), "{name} contains {word}");
        }
    }
}

#[test]
fn no_file_knows_the_machine_on_which_it_was_written() {
    let places = [
        concat!("/ho", "me/"),
        concat!("/ro", "ot/"),
        concat!("/Us", "ers/"),
        concat!("/wo", "rk/"),
    ];
    for (name, text) in sources() {
        for place in places {
            assert!(!text.contains(place), "{name} contains {place}");
        }
    }
}

#[test]
fn only_one_module_of_the_command_touches_the_standard_streams() {
    for (name, text) in sources() {
        if !name.starts_with("src/") || name == "src/output.rs" {
            continue;
        }
        for stream in ["println!(", "print!(", "io::stdout()"] {
            assert!(
                !text.contains(stream),
                "{name} uses {stream}: printing is in src/output.rs"
            );
        }
    }
}

#[test]
fn files_are_named_after_their_scenarios() {
    for folder in ["scenarios/catalogue", "scenarios/regressions"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "toml") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let id = text
                .lines()
                .find_map(|line| line.strip_prefix("id"))
                .unwrap_or_default();
            let id = id.trim_start_matches([' ', '=']).trim_matches('"');
            assert_eq!(path.file_stem().unwrap().to_str(), Some(id));
        }
    }
}
