//! The facts of real incidents, which are not part of the repository: what must be stated of each, from
//! whole folders, and from folders that were disturbed on the way.

mod data;
mod merge;
mod operator;
mod upgrade;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{files_of, sentences, story};
use crate::work::Work;

use data::Data;
use merge::MERGE;
use operator::OPERATOR;
use upgrade::UPGRADE;

/// A fact that must be stated: its name, the nodes whose logs it needs, and for each of its sentences the
/// words that must stand in one.
struct Fact {
    id: &'static str,
    needs: &'static [&'static str],
    sentences: &'static [&'static [&'static str]],
}

/// An incident: its folder, the beginnings of its nodes' files, its facts, what nobody may say.
struct Incident {
    folder: &'static str,
    nodes: &'static [&'static str],
    facts: &'static [Fact],
    never: &'static [&'static str],
    data: data::Data,
}

const fn fact(
    id: &'static str,
    needs: &'static [&'static str],
    sentences: &'static [&'static [&'static str]],
) -> Fact {
    Fact {
        id,
        needs,
        sentences,
    }
}

const ALL: [&Incident; 3] = [&MERGE, &OPERATOR, &UPGRADE];

/// The folder with logs of real clusters, which are not part of the repository.
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn folder(incident: &Incident) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/incidents")
        .join(incident.folder);
    if path.is_dir() {
        return Some(path);
    }
    println!(
        "skipped: there are no logs of real clusters in {}",
        path.display()
    );
    None
}

/// The node of a file, by the beginning of its name.
fn node_of(path: &Path, incident: &Incident) -> &'static str {
    let name = path.file_name().unwrap().to_str().unwrap();
    incident
        .nodes
        .iter()
        .find(|node| name.starts_with(*node))
        .unwrap()
}

/// Compares a story with the facts that need no other nodes than these.
fn check(incident: &Incident, nodes: &[&str], story: &Value, how: &str) {
    let all = sentences(story);
    let mut missing = Vec::new();
    let needed = incident.facts.iter();
    for fact in needed.filter(|fact| fact.needs.iter().all(|need| nodes.contains(need))) {
        for words in fact.sentences {
            let is_said = |said: &String| words.iter().all(|word| said.contains(word));
            if !all.iter().any(is_said) {
                missing.push(format!("{}: {words:?}", fact.id));
            }
        }
    }
    let is_wrong = |said: &&String| incident.never.iter().any(|never| said.contains(never));
    let wrong: Vec<String> = all.iter().filter(is_wrong).cloned().collect();
    let folder = incident.folder;
    assert!(
        missing.is_empty() && wrong.is_empty(),
        "{folder}, {how}\nnot said:\n{}\nsaid, and wrong:\n{}\nall:\n{}",
        missing.join("\n"),
        wrong.join("\n"),
        all.join("\n")
    );
    let how = format!("{folder}, {how}");
    if nodes.len() == incident.nodes.len() {
        data::whole(&incident.data, story, &how);
    } else {
        data::part(&incident.data, story, &how);
    }
}

#[test]
fn whole_folders() {
    for incident in ALL {
        let Some(folder) = folder(incident) else {
            return;
        };
        let story = story(&[folder]);
        check(incident, incident.nodes, &story, "the whole folder");
        assert_eq!(story["nodes"].as_array().unwrap().len(), 3);
    }
}

#[test]
fn files_in_any_order() {
    for incident in ALL {
        let Some(folder) = folder(incident) else {
            return;
        };
        let mut files = files_of(&folder);
        files.reverse();
        check(incident, incident.nodes, &story(&files), "files reversed");
        files.rotate_left(2);
        check(incident, incident.nodes, &story(&files), "files rotated");
    }
}

#[test]
fn one_node_is_missing() {
    for incident in ALL {
        let Some(folder) = folder(incident) else {
            return;
        };
        for missing in incident.nodes {
            let files: Vec<PathBuf> = files_of(&folder)
                .into_iter()
                .filter(|file| node_of(file, incident) != *missing)
                .collect();
            let rest: Vec<&str> = incident
                .nodes
                .iter()
                .copied()
                .filter(|node| node != missing)
                .collect();
            let story = story(&files);
            // What nobody may say of the whole may be all that is known of a part.
            let part = Incident {
                never: if incident.data.forks.is_empty() {
                    incident.never
                } else {
                    &[]
                },
                data: Data { ..incident.data },
                ..*incident
            };
            check(&part, &rest, &story, &format!("{missing} is missing"));
            assert!(
                sentences(&story)
                    .iter()
                    .any(|said| said.contains("there is no log of")),
                "{missing} is missing"
            );
        }
    }
}

/// Writes a copy of the folder, changed file by file.
fn changed(
    folder: &Path,
    work: &Work,
    change: impl Fn(&Path, Vec<u8>) -> (String, Vec<u8>),
) -> PathBuf {
    let target = work.path().join("changed");
    std::fs::create_dir_all(&target).unwrap();
    for file in files_of(folder) {
        let (name, bytes) = change(&file, std::fs::read(&file).unwrap());
        std::fs::write(target.join(name), bytes).unwrap();
    }
    target
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn packed_with_gzip() {
    for incident in ALL {
        let Some(folder) = folder(incident) else {
            return;
        };
        let work = Work::new();
        let packed = changed(&folder, &work, |path, bytes| {
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packer.write_all(&bytes).unwrap();
            (format!("{}.gz", name_of(path)), packer.finish().unwrap())
        });
        check(incident, incident.nodes, &story(&[packed]), "gzip");
    }
}

#[test]
fn lines_that_end_with_cr_and_lf() {
    for incident in ALL {
        let Some(folder) = folder(incident) else {
            return;
        };
        let work = Work::new();
        let crlf = changed(&folder, &work, |path, bytes| {
            let text: Vec<u8> = bytes
                .iter()
                .flat_map(|byte| match byte {
                    b'\n' => vec![b'\r', b'\n'],
                    other => vec![*other],
                })
                .collect();
            (name_of(path), text)
        });
        check(incident, incident.nodes, &story(&[crlf]), "CRLF");
    }
}

/// Moves every time of a server's line by two hours.
fn two_hours_later(text: &str) -> String {
    let mut shifted = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        // The time stands at the beginning, or after the beginning of an operator's JSON.
        let begin = if line.starts_with("{\"log\":\"") {
            8
        } else {
            0
        };
        match line
            .get(begin..begin + 19)
            .map(str::parse::<jiff::civil::DateTime>)
        {
            Some(Ok(time)) if line.as_bytes()[begin + 10] == b'T' => {
                let later = time
                    .checked_add(jiff::SignedDuration::from_hours(2))
                    .unwrap();
                shifted.push_str(&line[..begin]);
                shifted.push_str(&later.strftime("%Y-%m-%dT%H:%M:%S").to_string());
                shifted.push_str(&line[begin + 19..]);
            }
            _ => shifted.push_str(line),
        }
    }
    shifted
}

#[test]
fn the_clock_of_one_node_is_shifted_by_two_hours() {
    for incident in ALL {
        let Some(folder) = folder(incident) else {
            return;
        };
        for node in incident.nodes {
            let work = Work::new();
            let shifted = changed(&folder, &work, |path, bytes| {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let text = if node_of(path, incident) == *node {
                    two_hours_later(&text)
                } else {
                    text
                };
                (name_of(path), text.into_bytes())
            });
            let story = story(&[shifted]);
            check(
                incident,
                incident.nodes,
                &story,
                &format!("the clock of {node} is shifted"),
            );
            assert!(
                sentences(&story)
                    .iter()
                    .any(|said| said.contains("is 2 h ahead of")),
                "{node}"
            );
        }
    }
}

/// The scenario of an incident, played on both engines.
fn played(incident: &Incident) -> Option<(Work, String)> {
    let folder = folder(incident)?;
    let work = Work::new();
    let logs = folder.to_str().unwrap();
    let ran = work.run(&["autopsy", logs, "--scenario", "again.toml"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let ran = work.run(&["run", "again.toml"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let scenario = work.read("again.toml");
    Some((work, scenario))
}

#[test]
fn the_fork_is_played_again() {
    let Some((_work, scenario)) = played(&MERGE) else {
        return;
    };
    // Refused, forced, the fork, the reversal: in this order.
    let mut rest = scenario.as_str();
    for step in [
        "process = \"exited\", exit = 1",
        "force = { node = \"A\" }",
        "bootstrap = { node = \"A\" }",
        "cluster = \"twin-primaries\"",
        "process = \"exited\", exit = 134",
        "disk_lost = { node = \"A\" }",
    ] {
        let (_, after) = rest
            .split_once(step)
            .unwrap_or_else(|| panic!("{step}\n{scenario}"));
        rest = after;
    }
}

#[test]
fn the_other_incidents_are_played_again() {
    for incident in [&OPERATOR, &UPGRADE] {
        if played(incident).is_none() {
            return;
        }
    }
}
