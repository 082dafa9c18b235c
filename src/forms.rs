//! The decision table of the procedure `optimal` in three forms: a script, a runbook, a playbook.
//!
//! The rows come from the table. The functions that look, compare and act are files beside this one, one function for
//! each [`Sign`] and each [`Act`], with the names of the data.

use std::fmt::Write as _;

use seatrial_reports::{quote, wrapped};
use seatrial_scenarios::procedures::optimal_table::{Act, Row, Sign, TABLE};

/// The functions of the signs, and the lists of nodes that show them.
const SIGNS: &str = include_str!("forms/signs.sh");

/// The functions that read what commands print.
const READING: &str = include_str!("forms/reading.sh");

/// The awk program that follows the line of each node's data, by the rules of `operator/advice/lines.rs`.
const LINES: &str = include_str!("forms/lines.awk");

/// The tasks of the playbook. What differs by the table is in decide.sh.
const TASKS: [(&str, &str); 12] = [
    (
        "playbook/recover.yml",
        include_str!("forms/playbook/recover.yml"),
    ),
    (
        "playbook/round.yml",
        include_str!("forms/playbook/round.yml"),
    ),
    (
        "playbook/settle.yml",
        include_str!("forms/playbook/settle.yml"),
    ),
    ("playbook/look.yml", include_str!("forms/playbook/look.yml")),
    (
        "playbook/evidence.yml",
        include_str!("forms/playbook/evidence.yml"),
    ),
    ("playbook/act.yml", include_str!("forms/playbook/act.yml")),
    ("playbook/stop.yml", include_str!("forms/playbook/stop.yml")),
    ("playbook/join.yml", include_str!("forms/playbook/join.yml")),
    (
        "playbook/hand-over.yml",
        include_str!("forms/playbook/hand-over.yml"),
    ),
    (
        "playbook/start.yml",
        include_str!("forms/playbook/start.yml"),
    ),
    ("playbook/wait.yml", include_str!("forms/playbook/wait.yml")),
    (
        "playbook/bootstrap.yml",
        include_str!("forms/playbook/bootstrap.yml"),
    ),
];

/// A file of a form.
pub(crate) struct FormFile {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it holds.
    pub(crate) text: String,
    /// Whether it is a program.
    pub(crate) is_program: bool,
}

/// Returns the files of the three forms. They depend on the program alone.
pub(crate) fn all() -> Vec<FormFile> {
    let program = |name, text| FormFile {
        name,
        text,
        is_program: true,
    };
    let document = |name, text| FormFile {
        name,
        text,
        is_program: false,
    };
    let mut files = vec![
        program(
            "recover.sh",
            filled(include_str!("forms/recover.sh.in"), &decide()),
        ),
        document(
            "the-corrected-manual.md",
            filled(include_str!("forms/manual.md.in"), &rows()),
        ),
        program(
            "playbook/recover.sh",
            include_str!("forms/playbook/recover.sh").to_owned(),
        ),
        program(
            "playbook/decide.sh",
            filled(include_str!("forms/playbook/decide.sh.in"), &decide()),
        ),
    ];
    files.extend(TASKS.map(|(name, text)| document(name, text.to_owned())));
    files
}

/// Fills a template.
fn filled(template: &str, table: &str) -> String {
    template
        .replace("@rows@", &TABLE.len().to_string())
        .replace("@table@", table.trim_end())
        .replace("@reading@", READING.trim_end())
        .replace("@signs@", SIGNS.trim_end())
        .replace("@lines@", LINES.trim_end())
}

/// Returns the table as a function of the shell, which sets `row`, `act` and `why`.
fn decide() -> String {
    let mut text = "# The first row whose signs all show decides.\ndecide() {\n".to_owned();
    for (number, row) in (1..).zip(TABLE) {
        let word = if number == 1 { "if" } else { "elif" };
        let act = row.act.name().replace('-', "_");
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            text,
            "    # {number}. If {}: {}.",
            row.condition(),
            row.act.words()
        );
        let _ = writeln!(text, "    {word} {}; then", test_of(row));
        let _ = writeln!(text, "        row={number} act='{act}'");
        let _ = writeln!(text, "        why={}", quote(row.why));
    }
    text.push_str("    fi\n}");
    text
}

/// Returns the table as paragraphs of a runbook, each with the block that takes its row.
fn rows() -> String {
    let mut text = String::new();
    for (number, row) in (1..).zip(TABLE) {
        let title = title(row.act);
        let paragraph = format!(
            "**Row {number}.** If {}: **{}** ([{title}](#{})). {}",
            row.condition(),
            row.act.words(),
            title.to_lowercase().replace(' ', "-"),
            row.why,
        );
        text.push_str(&wrapped("", "", &paragraph));
        let _ = write!(
            text,
            "\n```sh on=operator when='[ -z \"$row\" ] && {}'\nrow={number}\necho \"row $row\"\nsee \"{title}\"\n```\n\n",
            test_of(row),
        );
    }
    text
}

/// Returns the signs of a row as a test of the shell.
fn test_of(row: &Row) -> String {
    let tests: Vec<String> = row
        .when
        .iter()
        .map(|sign| format!("sign_{}", sign_name(*sign)))
        .collect();
    tests.join(" && ")
}

/// Returns the name of a sign as the shell has it: `DownWithAll` is `down_with_all`.
fn sign_name(sign: Sign) -> String {
    let mut name = String::new();
    for letter in format!("{sign:?}").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// Returns the heading of an act: `wait-then-stop` is "Wait then stop".
fn title(act: Act) -> String {
    let mut title = act.name().replace('-', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    title
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(name: &str) -> String {
        let mut files = all().into_iter();
        files.find(|file| file.name == name).unwrap().text
    }

    /// A new sign or act without its function would be found by a shell at night.
    #[test]
    fn every_sign_and_act_of_the_table_has_its_function_and_its_section() {
        let script = text_of("recover.sh");
        let manual = text_of("the-corrected-manual.md");
        for row in TABLE {
            for sign in row.when {
                let function = format!("\nsign_{}() {{", sign_name(*sign));
                assert_eq!(script.matches(&function).count(), 1, "{function}");
            }
            let function = format!("\nact_{}() {{", row.act.name().replace('-', "_"));
            assert_eq!(script.matches(&function).count(), 1, "{function}");
            let heading = format!("\n## {}\n", title(row.act));
            assert_eq!(manual.matches(&heading).count(), 1, "{heading}");
        }
    }

    #[test]
    fn every_row_stands_in_the_script_with_its_reason() {
        let script = text_of("recover.sh");
        for (number, row) in (1..).zip(TABLE) {
            let lines = format!(
                "{}; then\n        row={number} act='{}'\n        why={}\n",
                test_of(row),
                row.act.name().replace('-', "_"),
                quote(row.why)
            );
            assert!(script.contains(&lines), "{lines}");
        }
        assert!(!script.contains("@table@") && !script.contains("@rows@"));
    }
}

#[cfg(test)]
#[path = "forms/lines_tests.rs"]
mod lines_tests;
