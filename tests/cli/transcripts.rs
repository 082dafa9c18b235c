//! Every transcript in README and docs that begins with `$ seatrial` is what the program prints. Those of the
//! lab are played by [`crate::lab`].

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::work::{Work, can_confine};

/// The documents with transcripts.
fn documents() -> Vec<std::path::PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut documents = vec![root.join("README.md")];
    for entry in fs::read_dir(root.join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            documents.push(path);
        }
    }
    documents.sort();
    documents
}

/// One command of a block, as it is written, and its words.
struct Typed {
    shown: String,
    words: Vec<String>,
}

/// The commands of a block: lines behind `$ `, which go on where they end with a backslash.
fn typed(block: &str) -> Vec<Typed> {
    let mut commands = Vec::new();
    let mut lines = block.lines();
    while let Some(line) = lines.next() {
        let Some(rest) = line.strip_prefix("$ seatrial ") else {
            continue;
        };
        let (mut shown, mut text) = (format!("{line}\n"), rest.to_owned());
        while text.ends_with('\\') {
            let more = lines.next().unwrap_or_default();
            shown = shown + more + "\n";
            text.pop();
            text += more;
        }
        commands.push(Typed {
            shown,
            words: text.split_whitespace().map(str::to_owned).collect(),
        });
    }
    commands
}

/// The block with its commands run anew, in a folder from which the repository's documents can be seen.
fn replayed(block: &str) -> String {
    let work = Work::new();
    symlink(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("docs"),
        work.path().join("docs"),
    )
    .unwrap();
    let mut text = "console\n".to_owned();
    for Typed { shown, words } in typed(block) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let ran = work.run(&words);
        text = text + &shown + &ran.stdout + &ran.stderr;
    }
    text
}

/// Real time differs from run to run: `5.795s` becomes `#s`, whatever the blanks around it.
fn without_real_time(text: &str) -> String {
    let is_time = |word: &str| {
        let number = word.trim_start_matches('[').trim_end_matches(']');
        number
            .strip_suffix('s')
            .and_then(|number| number.split_once('.'))
            .is_some_and(|(whole, part)| {
                [whole, part]
                    .iter()
                    .all(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
            })
    };
    // The column of a table that holds real time, which a long run shows without a decimal point.
    let mut wall = None;
    let mut lines = Vec::new();
    for line in text.lines() {
        let spaced = line.replace('[', "[ ");
        let words: Vec<&str> = spaced.split_whitespace().collect();
        let is_row = wall.is_some_and(|wall| words.len() > wall && words[wall].ends_with('s'));
        if !is_row {
            wall = words.iter().position(|word| *word == "wall");
        }
        let masked = words.iter().enumerate().map(|(column, word)| {
            let is_wall = is_row && wall == Some(column);
            if is_wall || is_time(word) { "#s" } else { word }
        });
        lines.push(masked.collect::<Vec<_>>().join(" "));
    }
    lines.join("\n")
}

#[test]
fn the_transcripts_of_the_documents_are_what_the_program_prints() {
    let mut played = 0;
    for path in documents() {
        let document = fs::read_to_string(&path).unwrap();
        let mut blocks: Vec<String> = document.split("```").map(str::to_owned).collect();
        let mut changed = false;
        // The code blocks are the odd pieces.
        for block in blocks.iter_mut().skip(1).step_by(2) {
            let is_ours = block.starts_with("console\n$ seatrial ");
            let needs_walls = block.contains("--script ") && !block.contains("$ seatrial lab");
            if !is_ours
                || block.starts_with("console\n$ seatrial lab")
                || (needs_walls && !can_confine())
            {
                continue;
            }
            played += 1;
            let now = replayed(block);
            if std::env::var_os("REWRITE_TRANSCRIPTS").is_some() {
                *block = now;
                changed = true;
                continue;
            }
            assert_eq!(
                without_real_time(block),
                without_real_time(&now),
                "{}: REWRITE_TRANSCRIPTS=1 writes the transcripts anew",
                path.display()
            );
        }
        if changed {
            fs::write(&path, blocks.join("```")).unwrap();
        }
    }
    assert!(played >= 2, "{played} transcripts: the documents have more");
}

#[test]
fn real_time_does_not_count() {
    assert_eq!(
        without_real_time("  20/20  226s   3.2s x\n Summary [   5.795s] 2"),
        without_real_time("  20/20  226s  13.2s x\n Summary [  15.795s] 2")
    );
    let table = |simulated: &str, wall: &str| {
        without_real_time(&format!(
            "des simulated wall scenario\n 1/1 {simulated} {wall} x"
        ))
    };
    assert_eq!(table("226s", "3.2s"), table("226s", "10s"));
    assert_ne!(table("226s", "3.2s"), table("219s", "3.2s"));
}
