//! The same lines on real nodes and on simulated ones: what each prints, and its exit code.
//!
//! `tests/real/lines.txt` has the lines, each behind the name of its node. A program types them by `ssh`, on `des` and
//! on `real` alike, in one scenario: two nodes were killed, the third has lost its primary component.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::engine::Engine;

/// The scenario in which the lines are typed.
const SURVIVOR: &str = "s37-two-crash-one-survives";

/// The lines whose answers differ, and why.
const DIFFERENT: [(&str, &str); 4] = [
    (
        "A nosuchcommand",
        "a simulated host says `this host has no`, so that a gap of the model is not taken for the script's",
    ),
    (
        "A journalctl -u mariadb -o cat | grep -c 'Main process exited, code=killed, status=9/KILL'",
        "no systemd runs in a container, so that a real host has no journal",
    ),
    (
        "C pgrep -f mariadbd | wc -l",
        "the real pgrep finds the shell of the line as well, whose words have the name in them",
    ),
    (
        "C mysql -te 'SELECT 1 AS one, 2 AS two'",
        "the real client sets numbers to the right of a frame",
    ),
];

fn lines() -> Vec<&'static str> {
    let text = include_str!("lines.txt");
    let lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.collect()
}

/// Returns a program that types the lines, each under a mark, with its exit code behind it.
fn program() -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    let mut text = "#!/bin/bash\n".to_owned();
    for line in lines() {
        let (node, command) = line.split_once(' ').expect("a line begins with its node");
        let command = quoted(&format!("{{ {command}\n}} 2>&1"));
        let _ = write!(
            text,
            "echo {}\nssh {node} {command}; echo \"[$?]\"\n",
            quoted(&format!("### {line}"))
        );
    }
    text + "exit 3\n"
}

/// Types the lines on an engine, and returns each with what came back.
fn typed(engine: &Engine, on: &str) -> Vec<(String, String)> {
    let cell = engine.verify_program(&program(), SURVIVOR, on);
    let (_, printed) = cell
        .split_once("--- what it printed\n")
        .expect("the cell has what was printed");
    let mut answers: Vec<(String, String)> = Vec::new();
    for line in printed.lines() {
        if let Some(line) = line.strip_prefix("### ") {
            answers.push((line.to_owned(), String::new()));
        } else if let Some((_, answer)) = answers.last_mut() {
            answer.push_str(&normalised(line));
            answer.push('\n');
        }
    }
    answers
}

/// Returns a line without what differs from run to run: the names of histories, and numbers of processes.
fn normalised(line: &str) -> String {
    let words = line.split_inclusive([' ', ':', '(', ')', '\t']);
    let normal = words.map(|word| {
        let bare = word.trim_end_matches([' ', ':', '(', ')', '\t']);
        let rest = &word[bare.len()..];
        let is_uuid = bare.len() == 36 && bare.matches('-').count() == 4;
        if is_uuid {
            format!("UUID{rest}")
        } else {
            word.to_owned()
        }
    });
    let line: String = normal.collect();
    match line.split_once(" Killed ") {
        Some((head, rest)) => {
            let head = head
                .trim_end()
                .trim_end_matches(|c: char| c.is_ascii_digit());
            format!("{head}PID Killed {rest}")
        }
        None => line,
    }
}

#[test]
fn there_are_enough_of_them_and_every_exception_is_one() {
    let lines = lines();
    assert!(lines.len() >= 150, "{} lines", lines.len());
    for (line, why) in DIFFERENT {
        assert!(lines.contains(&line) && !why.is_empty(), "{line}");
    }
}

#[test]
#[ignore = "takes minutes on real nodes"]
fn lines_have_the_same_answers_on_real_nodes() {
    let Some(engine) = Engine::here("the lines of a program") else {
        return;
    };
    let (simulated, real) = (typed(&engine, "des"), typed(&engine, "real"));
    assert_eq!(simulated.len(), lines().len());
    assert_eq!(real.len(), lines().len());
    let mut wrong = String::new();
    for ((line, on_des), (_, on_real)) in simulated.iter().zip(&real) {
        let is_known = DIFFERENT.iter().any(|(known, _)| known == line);
        if (on_des == on_real) == is_known {
            let _ = write!(wrong, "{line}\n--- des\n{on_des}--- real\n{on_real}\n");
        }
    }
    assert_eq!(wrong, "");
    engine.assert_nothing_is_left();
}

impl Engine {
    /// Runs a program as the operator, and returns the text of its cell.
    fn verify_program(&self, program: &str, scenario: &str, on: &str) -> String {
        let script = self.folder().join("program.sh");
        std::fs::write(&script, program).expect("the program is written");
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&script, mode).expect("the program is executable");
        let out = self.folder().join(format!("out-{on}"));
        let text = |path: &Path| path.display().to_string();
        let (script, folder) = (text(&script), text(&out));
        let mut words = vec!["verify", "--script", &script, "--scenarios", scenario];
        words.extend([
            "--on", on, "--timers", "fast", "--jobs", "1", "--out", &folder,
        ]);
        words.extend(["--patience", "60"]);
        let ended = self.command(&words).output().expect("the command runs");
        // It asks a person in the end; a line that the simulated hosts do not know makes it 3.
        let code = ended.status.code();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(matches!(code, Some(0 | 3)), "{said}");
        let cell = out.join(format!("cells/{scenario}--script.txt"));
        std::fs::read_to_string(cell).expect("there is a cell")
    }
}
