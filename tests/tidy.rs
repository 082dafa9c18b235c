//! Checks the rules for every source file, so that no review needs to.

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
        "web",
        "answers",
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

/// Lines that begin with one of the words below and are good English all the same: a file, and a part of the line.
const INVERTED: &[(&str, &str)] = &[];

/// Returns the text of a comment or of a line of a document, without its mark.
fn prose<'a>(name: &str, line: &'a str) -> Option<&'a str> {
    let line = line.trim_start();
    if Path::new(name).extension().is_some_and(|own| own == "md") {
        return Some(line.trim_start_matches(['-', '*', ' ']));
    }
    let rest = line.strip_prefix("//")?;
    Some(rest.trim_start_matches(['/', '!', ' ', '-', '*']))
}

/// Returns whether a line begins with an inverted sentence, such as "Of the states, …" or "What is seen …".
fn is_inverted(text: &str) -> bool {
    const VERBS: [&str; 6] = ["is", "are", "was", "were", "has", "have"];
    if text.contains('?') {
        return false;
    }
    let mut words = text.split(' ');
    match words.next() {
        Some("Of") => words.next().is_some_and(|word| !word.starts_with("course")),
        Some("What") => words.take(2).any(|word| VERBS.contains(&word)),
        Some("How") => words
            .next()
            .is_some_and(|word| ["often", "far"].contains(&word)),
        Some("So") => words.next() == Some("many"),
        Some(first) => ["Who", "Whose", "Whoever", "Which"].contains(&first),
        None => false,
    }
}

#[test]
fn no_sentence_begins_inverted() {
    let mut texts = sources();
    for folder in ["", "docs", "docs/tutorial"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "md") {
                let name = path.strip_prefix(root()).unwrap().to_str().unwrap();
                texts.push((name.to_owned(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut wrong = Vec::new();
    for (name, text) in &texts {
        for (number, line) in text.lines().enumerate() {
            let known = |(file, part): &(&str, &str)| file == name && line.contains(part);
            if prose(name, line).is_some_and(is_inverted) && !INVERTED.iter().any(known) {
                wrong.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "subject, verb, object; these lines begin with something else:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn inverted_sentences_are_known() {
    for text in [
        "Of these, two are left.",
        "What is seen of it.",
        "Who takes part.",
        "How often it was compared.",
    ] {
        assert!(is_inverted(text), "{text}");
    }
    for text in [
        "Of course.",
        "What is it?",
        "Whether a node runs.",
        "How a node starts.",
    ] {
        assert!(!is_inverted(text), "{text}");
    }
}
