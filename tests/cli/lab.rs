//! `seatrial lab`: transcripts of the documents, missions, hostile input.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::work::{Ran, Work};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a folder with an extension, sorted.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|own| own == extension))
        .collect();
    files.sort();
    files
}

/// The lab with these lines as its script.
fn played(args: &[&str], lines: &str) -> Ran {
    let work = Work::new();
    work.write("script.lab", lines);
    let args: Vec<&str> = ["lab", "--script", "script.lab"]
        .into_iter()
        .chain(args.iter().copied())
        .collect();
    work.run(&args)
}

/// The command behind a prompt.
fn command(line: &str) -> Option<&str> {
    let (prompt, command) = line
        .split_once("> ")
        .or_else(|| Some((line.strip_suffix('>')?, "")))?;
    let clock = prompt.strip_prefix("lab")?;
    clock
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, ' ' | ':'))
        .then_some(command)
}

/// A document with the transcripts in it played anew. A block that begins with `$ seatrial lab` begins a
/// session, and the blocks after it go on with it.
fn replayed(document: &str) -> String {
    let blocks: Vec<&str> = document.split("```").collect();
    let mut new: Vec<String> = blocks.iter().map(|block| (*block).to_owned()).collect();
    // The code blocks are the odd pieces.
    let mut index = 1;
    while index < blocks.len() {
        if !blocks[index].starts_with("console\n$ seatrial lab") {
            index += 2;
            continue;
        }
        let first = index;
        let mut counts = Vec::new();
        let mut script = String::new();
        while index < blocks.len() {
            let continues = index == first
                || blocks[index]
                    .strip_prefix("console\n")
                    .is_some_and(|text| text.lines().next().and_then(command).is_some());
            if !continues {
                break;
            }
            let commands: Vec<&str> = blocks[index].lines().filter_map(command).collect();
            counts.push(commands.len());
            script.push_str(&(commands.join("\n") + "\n"));
            index += 2;
        }
        let invocation = blocks[first].lines().nth(1).unwrap();
        let args: Vec<&str> = invocation.split_whitespace().skip(3).collect();
        let ran = played(&args, &script);
        assert!(ran.stderr.is_empty(), "{}{}", ran.stdout, ran.stderr);
        let mut pieces = pieces(&ran.stdout).into_iter();
        let welcome = pieces.next().unwrap();
        for (place, count) in counts.into_iter().enumerate() {
            let mut text = "console\n".to_owned();
            if place == 0 {
                let _ = write!(text, "{invocation}\n{welcome}");
            }
            text.extend(pieces.by_ref().take(count));
            new[first + 2 * place] = text;
        }
    }
    new.join("```")
}

/// A transcript cut in front of every prompt.
fn pieces(transcript: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for line in transcript.lines() {
        if command(line).is_some() {
            pieces.push(String::new());
        }
        let last = pieces.last_mut().unwrap();
        last.push_str(line);
        last.push('\n');
    }
    pieces
}

/// The transcripts of a document are what the program prints. `REWRITE_TRANSCRIPTS=1` writes them anew.
fn check(path: &Path) {
    let document = fs::read_to_string(path).unwrap();
    let played = replayed(&document);
    if std::env::var_os("REWRITE_TRANSCRIPTS").is_some() {
        fs::write(path, played).unwrap();
        return;
    }
    for (number, (is, should)) in document.lines().zip(played.lines()).enumerate() {
        assert_eq!(
            is,
            should,
            "{}:{}: REWRITE_TRANSCRIPTS=1 writes the transcripts anew",
            path.display(),
            number + 1
        );
    }
    assert_eq!(document, played, "{}", path.display());
}

#[test]
fn the_eight_lessons_are_what_the_program_prints() {
    let lessons = files("docs/tutorial", "md");
    let numbered = lessons.iter().filter(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with(|c: char| c.is_ascii_digit())
    });
    assert_eq!(numbered.count(), 8);
    for lesson in lessons {
        check(&lesson);
    }
}

#[test]
fn the_transcripts_of_the_other_documents_are_what_the_program_prints() {
    check(&root().join("README.md"));
    for document in files("docs", "md") {
        check(&document);
    }
}

/// A key of a mission's file.
fn text(mission: &toml::Table, key: &str) -> String {
    mission[key].as_str().unwrap().to_owned()
}

#[test]
fn every_mission_has_a_way_that_gets_the_best_grade() {
    let missions = files("missions", "toml");
    assert!(missions.len() >= 12);
    for path in missions {
        let mission: toml::Table = fs::read_to_string(&path).unwrap().parse().unwrap();
        let id = text(&mission, "id");
        let ran = played(&[&id], &(text(&mission, "way") + "debrief\n"));
        assert!(
            ran.stdout.contains("\nGrade A\n"),
            "{id}:\n{}{}",
            ran.stdout,
            ran.stderr
        );
        // Doing nothing must not be enough.
        let idle = played(&[&id], "debrief\n");
        assert!(!idle.stdout.contains("\nGrade A\n"), "{id}: nothing to do");
    }
}

#[test]
fn every_mission_has_a_wrong_way_whose_debrief_names_what_was_lost() {
    let mut all = String::new();
    for path in files("missions", "toml") {
        let mission: toml::Table = fs::read_to_string(&path).unwrap().parse().unwrap();
        let id = text(&mission, "id");
        let wrong = root().join("missions/wrong").join(format!("{id}.lab"));
        let script = fs::read_to_string(&wrong).unwrap();
        let ran = played(&[&id], &script);
        let debrief = ran.stdout.split("> debrief\n").nth(1).unwrap();
        let debrief = debrief.split("A better way").next().unwrap();
        assert!(!debrief.starts_with("Grade A"), "{id}: {debrief}");
        assert!(
            debrief.contains("-   lost: row") || debrief.contains("Not acknowledged:"),
            "{id}: {debrief}"
        );
        let _ = write!(all, "{id}\n{script}{debrief}\n");
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_teacher_adds_a_mission_as_a_file() {
    let work = Work::new();
    let path = files("missions", "toml").remove(0);
    let own = fs::read_to_string(path)
        .unwrap()
        .replace("find-the-safe-node", "my-own")
        .replace("Find the safe node", "Mine");
    work.write("class/my-own.toml", &own);
    work.write("list.lab", "mission\n");
    let ran = work.run(&["lab", "--missions", "class", "--script", "list.lab"]);
    assert!(ran.stdout.contains("my-own"), "{}", ran.stdout);
    work.write("class/broken.toml", own.replace("hints = [", "hint = ["));
    let ran = work.run(&["lab", "--missions", "class", "--script", "list.lab"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("broken.toml") && ran.stderr.contains("unknown field `hint`"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_saved_session_is_a_scenario_that_replays_to_the_same_end() {
    let work = Work::new();
    work.write(
        "session.lab",
        "client A write 3\nfault terminate A B\nwait until C non-Primary\nback\nwait 20s\n\
         A,B$ sudo systemctl start mariadb\nsave saved.toml\nhash\n",
    );
    let ran = work.run(&["lab", "--seed", "7", "--script", "session.lab"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert!(
        ran.stdout
            .contains("seatrial replay saved.toml --on des --seed 7")
    );
    let replayed = work.run(&["replay", "saved.toml", "--on", "des", "--seed", "7"]);
    assert_eq!((replayed.code, replayed.stderr.as_str()), (Some(0), ""));
    assert!(replayed.stdout.contains("systemctl start mariadb"));
    let run = work.run(&["run", "saved.toml", "--seed", "7"]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
}

#[test]
fn a_scenario_is_played_step_by_step() {
    let ran = played(
        &["two-nodes-are-terminated-both-come-back"],
        "next\nnext 2\nstatus\nnext all\nstatus\nnext\n",
    );
    insta::assert_snapshot!(ran.transcript());
}

#[test]
fn progress_is_kept_by_a_person_only_and_can_be_forgotten() {
    let work = Work::new();
    let data = work.path().join("data");
    work.write(
        "data/seatrial/lab.json",
        "{\"format\":1,\"missions\":{\"cut-off\":{\"best\":\"B\",\"tries\":2}}}\n",
    );
    let run = |args: &[&str]| {
        let mut command = work.command(args);
        Ran::of(&command.env("XDG_DATA_HOME", &data).output().unwrap())
    };
    // A script's transcript does not depend on what was done before, and does not count.
    work.write("debrief.lab", "debrief\nmission\n");
    let ran = run(&["lab", "cut-off", "--script", "debrief.lab"]);
    assert!(ran.stdout.contains("F cut-off"), "{}", ran.stdout);
    assert!(work.read("data/seatrial/lab.json").contains("\"B\""));
    let ran = run(&["lab", "--reset-progress"]);
    assert_eq!(ran.stdout, "the progress was forgotten\n");
    let ran = run(&["lab", "--reset-progress"]);
    assert_eq!(ran.stdout, "there was no progress to forget\n");
}

#[test]
fn hostile_input_does_no_harm() {
    let work = Work::new();
    let mut script = b"bananas\n".to_vec();
    script.extend(vec![b'x'; 1 << 20]);
    script.extend(b"\n\xff\xfe\n\x00\x1b[2J\nA$ cat /etc/passwd; rm -rf /\nstatus");
    work.write("hostile.lab", &script);
    let ran = work.run(&["lab", "--script", "hostile.lab"]);
    assert_eq!(ran.code, Some(2));
    insta::assert_snapshot!(ran.transcript());
    let none = work.run(&["lab", "--script", "nowhere.lab"]);
    assert_eq!(none.code, Some(2));
    let madsim = work.run(&["lab", "--on", "madsim"]);
    assert_eq!(madsim.code, Some(2));
}

#[test]
fn lines_come_from_a_pipe_too_and_its_end_is_the_end() {
    let work = Work::new();
    let mut child = work
        .command(&["lab"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"client A write 1\nstatus")
        .unwrap();
    let ran = Ran::of(&child.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert!(ran.stdout.contains("row w1A: acknowledged"));
    assert!(ran.stdout.contains("Synced"), "the last line has no end");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let work = Work::new();
    work.write("long.lab", "help\nstatus\n".repeat(2000));
    let mut child = work
        .command(&["lab", "--script", "long.lab"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ran = Ran::of(&child.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
}
