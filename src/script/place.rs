//! The line of the user's program that belongs to its outcome, for annotations.
//!
//! bash tells the wrappers in which line it is: it reads a file first, which keeps the number of the line in a
//! variable. Other programs do not. The line is then the only one that has the command's words, if there is one.

use std::fs;
use std::path::Path;

use seatrial_scenarios::outcome::Outcome;

/// The variable with the number of the line.
pub(super) const VARIABLE: &str = "SEATRIAL_LINE";

/// The file that bash reads first, in the folder of the run.
pub(super) const FILE: &str = "lines.sh";

/// A command that the program typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Acted {
    /// The line of the program, from 1, if it is known.
    pub(super) from: Option<u32>,
    /// The command.
    pub(super) line: String,
    /// Whether it was for a node of the cluster: the run's record has no other commands.
    pub(super) on_a_node: bool,
}

/// Returns what bash reads first, or nothing if the program has a use of its own for such traps.
pub(super) fn start_file(program: &Path) -> Option<String> {
    let text = fs::read(program).ok()?;
    let text = String::from_utf8_lossy(&text);
    if text.contains("DEBUG") {
        return None;
    }
    // Functions inherit the trap only with functrace, which would change what traps on RETURN do.
    let functrace = if text.contains("RETURN") {
        ""
    } else {
        "  set -T\n"
    };
    let program = seatrial_reports::quote(&program.display().to_string());
    Some(format!(
        "if [ \"$0\" = {program} ]; then\n  export {VARIABLE}=\n{functrace}  trap '[ \"${{BASH_SOURCE[0]-}}\" = \"$0\" ] \
         && {VARIABLE}=$LINENO' DEBUG\nfi\n"
    ))
}

/// Returns the line of the command that decided: of the last bootstrap if data or the bootstrap went wrong, and
/// otherwise of the last command.
pub(super) fn line_of(program: &Path, acted: &[&Acted], outcome: Outcome) -> Option<u32> {
    const BOOTSTRAPS: [&str; 3] = ["bootstrap", "new_cluster", "new-cluster"];
    let by_bootstrap = matches!(
        outcome,
        Outcome::Lossy | Outcome::SplitBrain | Outcome::Diverged | Outcome::BootstrapRefused
    );
    let bootstrap = acted
        .iter()
        .rev()
        .find(|one| by_bootstrap && BOOTSTRAPS.iter().any(|word| one.line.contains(word)));
    let decided = bootstrap.or(acted.last())?;
    decided.from.or_else(|| only_line(program, &decided.line))
}

/// Returns the number of the only line of a program that has these words.
fn only_line(program: &Path, words: &str) -> Option<u32> {
    let text = fs::read_to_string(program).ok()?;
    let mut having = (1..).zip(text.lines()).filter(|(_, line)| {
        let code = line.trim_start();
        !code.starts_with('#') && code.contains(words)
    });
    let (number, _) = having.next()?;
    having.next().is_none().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acted(from: Option<u32>, line: &str) -> Acted {
        Acted {
            from,
            line: line.to_owned(),
            on_a_node: true,
        }
    }

    #[test]
    fn the_command_that_decided_is_named() {
        let nowhere = Path::new("/nonexistent");
        let all = [
            acted(Some(3), "galera_new_cluster"),
            acted(Some(9), "systemctl status mariadb"),
        ];
        let all: Vec<&Acted> = all.iter().collect();
        assert_eq!(line_of(nowhere, &all, Outcome::Lossy), Some(3));
        assert_eq!(line_of(nowhere, &all, Outcome::Stuck), Some(9));
        assert_eq!(line_of(nowhere, &[], Outcome::Stuck), None);
        assert_eq!(line_of(nowhere, &[&acted(None, "x")], Outcome::Stuck), None);
    }

    #[test]
    fn a_command_that_stands_once_is_found() {
        let file = std::env::temp_dir().join(format!("seatrial-place-{}", std::process::id()));
        let text =
            "#!/bin/sh\n# systemctl stop x\nssh A systemctl stop x\nssh A true\nssh B true\n";
        fs::write(&file, text).unwrap();
        assert_eq!(only_line(&file, "systemctl stop x"), Some(3));
        assert_eq!(only_line(&file, "true"), None);
        fs::remove_file(&file).unwrap();
    }
}
