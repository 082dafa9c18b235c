//! The order of the folders of `scenarios/src`: each imports only those below it.
//!
//! The test reads the paths `crate::FOLDER::…` of every file. Inside the crate nobody uses the names of
//! `lib.rs`, which is the facade for other crates.

#![expect(clippy::unwrap_used, reason = "a test may stop where it cannot go on")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The folders from the top of the road of a run to its bottom. A new folder is a decision: it gets its
/// place here and in `lib.rs`.
const ROAD: [&str; 4] = ["results", "comparison", "trial", "operator"];

/// Files outside the folders: the facade.
const FACADE: &str = "lib.rs";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every file below a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Returns the first names of the paths that begin with `crate::`, with the line of each.
///
/// A group (`crate::{a, b}`) is not read: the files name one folder in each path.
fn imported(text: &str) -> Vec<(usize, String)> {
    let mut names = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for (place, start) in line.match_indices("crate::") {
            let whole_word = line[..place]
                .chars()
                .next_back()
                .is_none_or(|before| !before.is_alphanumeric() && before != '_');
            if whole_word {
                let rest = &line[place + start.len()..];
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
                names.push((number + 1, rest[..end.unwrap_or(rest.len())].to_owned()));
            }
        }
    }
    names
}

fn place(folder: &str) -> Option<usize> {
    ROAD.iter().position(|known| *known == folder)
}

#[test]
fn every_folder_has_its_place_on_the_road() {
    let mut folders = BTreeSet::new();
    for entry in fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name != FACADE {
            folders.insert(name);
        }
    }
    let declared = ROAD.map(str::to_owned).into();
    assert_eq!(folders, declared, "what lies beside {FACADE}");
}

#[test]
fn no_import_runs_up_the_road() {
    let mut wrong = Vec::new();
    let mut arrows: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for (own, folder) in ROAD.iter().enumerate() {
        let mut found = Vec::new();
        files(&root().join(folder), &mut found);
        for path in found {
            let text = fs::read_to_string(&path).unwrap();
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            for (line, import) in imported(&text) {
                match place(&import) {
                    Some(other) if other >= own => *arrows.entry((own, other)).or_default() += 1,
                    Some(_) => wrong.push(format!("{name}:{line} imports `{import}`, above it")),
                    None => wrong.push(format!("{name}:{line}: `{import}` is no folder")),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(arrows.len() > 5, "the test reads too little: {arrows:?}");
}

#[test]
fn the_reader_of_imports_sees_them() {
    let text = "use crate::port::Span;\nlet x = crate::trial::run; // in_crate::no\npub(crate) fn f() {}\n";
    assert_eq!(
        imported(text),
        [(1, "port".to_owned()), (2, "trial".to_owned())]
    );
}
