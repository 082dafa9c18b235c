//! Every path, link and symbol that the documents name is there.

#![expect(clippy::unwrap_used, reason = "a test may stop where it cannot go on")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders of the repository in which paths of the documents may begin, beside its root and the
/// document's own folder.
const PLACES: [&str; 4] = ["docs", "scenarios", "sim", "real-harness/host"];

/// Words of Galera's, MariaDB's or other people's code that look like symbols of ours.
const OTHERS: [&str; 2] = ["GitHub", "ExecStartPost"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of the repository with this ending, but for what is built or fetched.
fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            if !name.starts_with('.') && name != "target" && name != "snapshots" {
                files(&path, extension, found);
            }
        } else if path.extension().is_some_and(|own| own == extension) {
            found.push(path);
        }
    }
}

/// The code spans of a document outside its blocks, with the number of the line.
fn spans(text: &str) -> Vec<(usize, String)> {
    let mut spans = Vec::new();
    let mut in_block = false;
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
            continue;
        }
        if !in_block {
            let pieces = line.split('`').skip(1).step_by(2);
            spans.extend(pieces.map(|span| (number + 1, span.to_owned())));
        }
    }
    spans
}

/// Whether a span is a path of the repository: relative, with a folder of ours, or a Rust file.
fn is_path(span: &str) -> bool {
    let plain = span
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "._-/*".contains(c));
    let mut folders = PLACES.map(|place| root().join(place)).to_vec();
    folders.push(root().to_owned());
    let ending = span.rsplit_once('.').map_or("", |(_, ending)| ending);
    // Folders of Galera's sources are named like two of ours.
    let is_galera = ["cpp", "hpp", "cc"].contains(&ending);
    let is_ours = span.split_once('/').is_some_and(|(first, _)| {
        let is_there = folders.iter().any(|folder| folder.join(first).is_dir());
        is_there && !first.is_empty() && first != "target"
    });
    plain && !is_galera && (is_ours || ending == "rs")
}

/// Whether a path is there. `NAME` and `ID` stand for any name; a file without a folder may be anywhere.
fn exists(document: &Path, path: &str) -> bool {
    let path = &path.replace("NAME", "*").replace("ID", "*");
    if !path.contains('/') {
        let mut sources = Vec::new();
        files(root(), "rs", &mut sources);
        return sources.iter().any(|source| source.ends_with(path));
    }
    let own = document.parent().unwrap();
    let places = PLACES.map(|place| root().join(place));
    [root(), own]
        .into_iter()
        .chain(places.iter().map(PathBuf::as_path))
        .any(|place| matches(place, path))
}

/// Whether something is there under a path in which a `*` stands for anything in its part.
fn matches(place: &Path, path: &str) -> bool {
    let Some((before, rest)) = path.split_once('*') else {
        return place.join(path).exists();
    };
    let (folder, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let Ok(entries) = fs::read_dir(place.join(folder)) else {
        return false;
    };
    let mut names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.any(|name| name.starts_with(prefix) && name.ends_with(rest))
}

/// The types, functions, constants and variants that a span names: `Machine`, `Deeds::force`, `RESULTS_FORMAT`.
fn symbols(span: &str) -> Vec<&str> {
    let plain = span.trim_end_matches("()").trim_end_matches('!');
    let is_word = |word: &str| {
        word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && word.starts_with(|c: char| c.is_ascii_alphabetic())
    };
    let parts: Vec<&str> = plain.split("::").collect();
    if !parts.iter().all(|part| is_word(part)) || OTHERS.contains(&plain) {
        return Vec::new();
    }
    let is_camel = |word: &str| {
        let lower = word.chars().filter(char::is_ascii_lowercase).count();
        let upper = word.chars().filter(char::is_ascii_uppercase).count();
        word.starts_with(|c: char| c.is_ascii_uppercase()) && lower > 0 && upper > 1
    };
    if parts.len() > 1 || is_camel(plain) {
        parts
    } else {
        Vec::new()
    }
}

/// Every word of the sources.
fn words() -> BTreeSet<String> {
    let mut sources = Vec::new();
    files(root(), "rs", &mut sources);
    let mut words = BTreeSet::new();
    for source in sources {
        let text = fs::read_to_string(source).unwrap();
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            let all = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            words.extend(all.map(str::to_owned));
        }
    }
    words
}

#[test]
fn what_the_documents_name_is_there() {
    let mut documents = Vec::new();
    files(root(), "md", &mut documents);
    let words = words();
    let mut missing = Vec::new();
    for document in &documents {
        let text = fs::read_to_string(document).unwrap();
        let name = document.strip_prefix(root()).unwrap().display();
        for (line, span) in spans(&text) {
            let path = span.trim_end_matches('/');
            if is_path(path) && !exists(document, path) {
                missing.push(format!("{name}:{line}: there is no {span}"));
            }
            for symbol in symbols(&span) {
                if !words.contains(symbol) {
                    missing.push(format!(
                        "{name}:{line}: nothing is called {symbol} ({span})"
                    ));
                }
            }
        }
        for (number, line) in text.lines().enumerate() {
            for link in line.split("](").skip(1) {
                let target = link.split([')', '#', ' ']).next().unwrap();
                let is_web = target.contains("://") || target.is_empty();
                if !is_web && !document.parent().unwrap().join(target).exists() {
                    missing.push(format!("{name}:{}: the link to {target}", number + 1));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn paths_and_symbols_are_told_from_other_words() {
    for path in ["src/main.rs", "scenarios/src/*.rs", "lib.rs"] {
        assert!(is_path(path), "{path}");
    }
    for other in [
        "/var/lib/mysql",
        "and/or",
        "--on des,real",
        "gcs/src/gcs_core.cpp",
    ] {
        assert!(!is_path(other), "{other}");
    }
    assert_eq!(symbols("TraceKind::State"), ["TraceKind", "State"]);
    assert_eq!(symbols("NodeName"), ["NodeName"]);
    assert_eq!(symbols("Synced"), Vec::<&str>::new());
    assert!(matches(root(), "Cargo.*") && !matches(root(), "src/*.py"));
}
