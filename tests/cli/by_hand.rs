//! A person has followed the corrected manual in the lab, in ten broken states. Each file of `runbooks/by-hand` has what
//! was typed; this test types it again.

use std::fs;
use std::path::{Path, PathBuf};

use crate::work::Work;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files, by the states' names.
fn kept() -> Vec<(String, PathBuf)> {
    let files = fs::read_dir(root().join("runbooks/by-hand")).unwrap();
    let mut kept: Vec<(String, PathBuf)> = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .map(|path| {
            (
                path.file_stem().unwrap().to_string_lossy().into_owned(),
                path,
            )
        })
        .collect();
    kept.sort();
    kept
}

/// The command in a line of the lab, without the time limit before it and the pages of a screen behind it.
fn command(line: &str) -> Option<&str> {
    let (place, command) = line.split_once("$ ")?;
    place.ends_with(['A', 'B', 'C']).then_some(())?;
    Some(command.split(" | sed -n ").next().unwrap_or(command))
}

#[test]
fn each_command_stands_in_the_corrected_manual() {
    let manual = fs::read_to_string(root().join("docs/the-corrected-manual.md")).unwrap();
    let manual: Vec<&str> = manual.lines().collect();
    for (state, path) in kept() {
        let typed = fs::read_to_string(path).unwrap();
        for line in typed.lines() {
            let own_words = ["next", "wait ", "status", "history"];
            match command(line) {
                Some(command) => assert!(manual.contains(&command), "{state}: {command}"),
                None => assert!(
                    own_words.iter().any(|word| line.starts_with(word)),
                    "{state}: {line}"
                ),
            }
        }
    }
}

#[test]
fn ten_broken_states_recover_by_hand_and_no_row_is_lost() {
    let kept = kept();
    assert!(kept.len() >= 10);
    for (state, path) in kept {
        let ran = Work::new().run(&["lab", &state, "--script", &path.to_string_lossy()]);
        assert_eq!(ran.code, Some(0), "{state}: {}", ran.stderr);
        let (_, end) = ran.stdout.rsplit_once("> status\n").unwrap();
        let (nodes, rows) = end.split_once("> history\n").unwrap();
        for node in ["A", "B", "C"] {
            let line = nodes.lines().find(|line| line.starts_with(node));
            let words: Vec<&str> = line.unwrap_or_default().split_whitespace().collect();
            assert_eq!(
                words.get(1..5),
                Some(&["running", "Primary", "Synced", "3"][..]),
                "{state}: {nodes}"
            );
        }
        let acknowledged: Vec<&str> = rows
            .lines()
            .filter(|row| row.contains("acknowledged "))
            .collect();
        assert!(!acknowledged.is_empty(), "{state}: {rows}");
        for row in acknowledged {
            assert!(
                !row.split_whitespace().any(|cell| cell == "-"),
                "{state}: {row}"
            );
        }
    }
}
