//! Writes a matrix of procedures and scenarios, as text of 80 columns and as Markdown.

use std::fmt::Write as _;

use seatrial_scenarios::matrix::{Cell, Matrix};
use seatrial_scenarios::outcome::Outcome;

use crate::changes::changes_markdown;
use crate::judged::Judged;
use crate::words::count;

/// The longest id that is printed completely.
const ID_WIDTH: usize = 44;

/// The mark of a cell that was not played, because the run was interrupted.
pub(crate) const NOT_PLAYED: char = '·';

/// Returns the letter of a cell.
pub(crate) const fn letter(outcome: Outcome) -> char {
    match outcome {
        Outcome::Recovered => '+',
        Outcome::Impossible => '=',
        Outcome::AsksPerson => '?',
        Outcome::Lossy => 'L',
        Outcome::SplitBrain => 'B',
        Outcome::Diverged => 'D',
        Outcome::BootstrapRefused => 'r',
        Outcome::DeadLock => 'w',
        Outcome::Stuck => 's',
        Outcome::Unbounded => 'u',
        Outcome::ModelBroken => 'M',
        Outcome::Error => 'E',
        Outcome::NotJudged => '!',
    }
}

/// Returns the meaning of an outcome's letter.
pub(crate) const fn meaning(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Recovered => "recovered, without an avoidable loss",
        Outcome::Impossible => "refused rightly: every choice loses rows",
        Outcome::AsksPerson => "asks a person, although a choice without loss existed",
        Outcome::Lossy => {
            "lossy: acknowledged rows are gone, and another choice would have kept them"
        }
        Outcome::SplitBrain => "split brain: two primary components serve",
        Outcome::Diverged => "diverged: nodes serve together and hold different rows",
        Outcome::BootstrapRefused => {
            "refused: the server refused the bootstrap although it had been forced"
        }
        Outcome::DeadLock => "dead lock: all nodes run and wait for each other without end",
        Outcome::Stuck => "stuck: the cluster is not whole, and the procedure did not say why",
        Outcome::Unbounded => "unbounded: the procedure does not end within 1 h",
        Outcome::ModelBroken => {
            "model broken: an impossible state without a forced command, a bug in seatrial"
        }
        Outcome::Error => "error: the cell could not be played, a bug in seatrial",
        Outcome::NotJudged => "not judged: something could not start, so that nothing is known",
    }
}

/// Returns the letters of the columns: a to z, then A to Z.
fn column(index: usize) -> char {
    ('a'..='z').chain('A'..='Z').nth(index).unwrap_or('*')
}

/// The number of cells of a procedure by outcome, and the cost of its recoveries.
struct Tally {
    counts: Vec<(Outcome, usize)>,
    took_ms: u64,
    commands: usize,
}

impl Tally {
    fn of(matrix: &Matrix, procedure: &str) -> Self {
        let rows = matrix.scenarios.iter();
        let cells: Vec<&Cell> = rows
            .filter_map(|row| matrix.cell(procedure, &row.id))
            .collect();
        let count = |outcome: Outcome| cells.iter().filter(|c| c.outcome == outcome).count();
        let counts = Outcome::ALL.iter().rev().map(|&o| (o, count(o))).collect();
        let recovered = cells.iter().filter(|c| c.outcome == Outcome::Recovered);
        let mut took: Vec<u64> = recovered.clone().map(|cell| cell.took_ms).collect();
        let mut commands: Vec<usize> = recovered.map(|cell| cell.commands).collect();
        took.sort_unstable();
        commands.sort_unstable();
        Self {
            counts,
            took_ms: took.get(took.len() / 2).copied().unwrap_or(0),
            commands: commands.get(commands.len() / 2).copied().unwrap_or(0),
        }
    }

    fn sum(&self, wanted: &[Outcome]) -> usize {
        let counts = self.counts.iter();
        counts
            .filter(|(outcome, _)| wanted.contains(outcome))
            .map(|(_, count)| count)
            .sum()
    }
}

/// The columns of the tally: a heading and the outcomes that it sums.
const SUMS: [(&str, &[Outcome]); 6] = [
    ("ok", &[Outcome::Recovered]),
    ("refused", &[Outcome::Impossible]),
    ("asks", &[Outcome::AsksPerson]),
    ("lossy", &[Outcome::Lossy, Outcome::Diverged]),
    ("split", &[Outcome::SplitBrain]),
    (
        "stuck",
        &[
            Outcome::BootstrapRefused,
            Outcome::DeadLock,
            Outcome::Stuck,
            Outcome::Unbounded,
        ],
    ),
];

/// The meaning of the columns of the tally.
const SUMS_MEAN: &str =
    "  ok counts +, refused =, asks ?, lossy L and D, split B, stuck r, w, s and u\n";

/// The number of rows after which the heads of the columns are printed again.
const ROWS_ON_A_SCREEN: usize = 20;

/// Returns the outcomes that occur, the best first.
pub(crate) fn used(matrix: &Matrix) -> impl Iterator<Item = Outcome> {
    let outcomes = Outcome::ALL.into_iter().rev();
    let outcomes = outcomes.chain([Outcome::NotJudged]);
    outcomes.filter(|outcome| matrix.cells.iter().any(|cell| cell.outcome == *outcome))
}

/// Returns the matrix as text: a line for each scenario with a letter for each cell, then a line for each procedure.
/// A matrix that was interrupted says so first, and has no totals.
pub fn matrix_text(judged: &Judged<'_>) -> String {
    let matrix = judged.matrix;
    let mut text = String::new();
    if judged.is_interrupted() {
        let _ = writeln!(text, "{}\n", judged.headline());
    }
    let ids = matrix.scenarios.iter().map(|row| row.id.chars().count());
    let width = ids.max().unwrap_or(0).min(ID_WIDTH);
    let heads = |text: &mut String| {
        line(text, &" ".repeat(width), &|index, _| column(index), matrix);
    };
    heads(&mut text);
    for row in &matrix.scenarios {
        let id = shortened(&row.id, width);
        let cell = |_, procedure: &str| {
            let cell = matrix.cell(procedure, &row.id);
            cell.map_or(NOT_PLAYED, |cell| letter(cell.outcome))
        };
        line(&mut text, &format!("{id:<width$}"), &cell, matrix);
    }
    if matrix.scenarios.len() > ROWS_ON_A_SCREEN {
        // The letters of the columns have scrolled away.
        heads(&mut text);
    }
    text.push('\n');
    for outcome in used(matrix) {
        let _ = writeln!(text, "  {} {}", letter(outcome), meaning(outcome));
    }
    if judged.is_interrupted() {
        let _ = writeln!(text, "  {NOT_PLAYED} not played: the run was interrupted");
        let _ = writeln!(text);
        for (index, procedure) in matrix.procedures.iter().enumerate() {
            let _ = writeln!(text, "{} {procedure}", column(index));
        }
        return text;
    }
    if matrix.seeds > 1 {
        let _ = writeln!(
            text,
            "  each cell is the worst of {}",
            count(
                usize::try_from(matrix.seeds).unwrap_or(usize::MAX),
                "seed",
                "seeds"
            )
        );
    }
    let names = matrix.procedures.iter().map(|name| name.chars().count());
    let width = names.max().unwrap_or_default().max(18);
    let _ = write!(text, "\n  {:<width$}", "procedure");
    for (heading, _) in SUMS {
        let _ = write!(text, "{heading:>8}");
    }
    text.push_str("   time cmds\n");
    for (index, procedure) in matrix.procedures.iter().enumerate() {
        let tally = Tally::of(matrix, procedure);
        let _ = write!(text, "{} {procedure:<width$}", column(index));
        for (_, outcomes) in SUMS {
            let _ = write!(text, "{:>8}", tally.sum(outcomes));
        }
        let seconds = tally.took_ms / 1_000;
        let _ = writeln!(text, "{seconds:>6}s {:>4}", tally.commands);
    }
    text.push_str(SUMS_MEAN);
    text.push_str("  time and commands: median over the recovered states\n");
    text
}

/// Returns the outcome of each scenario with one procedure in words. A bad cell has what was seen, and the
/// command that plays it again.
pub fn cell_details(matrix: &Matrix, procedure: &str) -> String {
    let mut text = String::new();
    for cell in matrix.cells.iter().filter(|one| one.procedure == procedure) {
        if cell.outcome.is_good() && cell.notes.is_empty() {
            continue;
        }
        let outcome = cell.outcome;
        let seed = if matrix.seeds > 1 {
            format!(", seed {}", cell.seed)
        } else {
            String::new()
        };
        let _ = writeln!(
            text,
            "\n{} {}{seed}: {}",
            letter(outcome),
            cell.scenario,
            outcome.name()
        );
        for line in std::iter::once(&cell.text).chain(&cell.notes) {
            let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
            if !words.is_empty() {
                text.push_str(&crate::wrapped("    ", "    ", &words));
            }
        }
        if !cell.replay.is_empty() {
            let _ = writeln!(text, "    {}", cell.replay);
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// Writes a line of letters after a heading.
fn line(text: &mut String, head: &str, letter: &dyn Fn(usize, &str) -> char, matrix: &Matrix) {
    text.push_str(head);
    for (index, procedure) in matrix.procedures.iter().enumerate() {
        text.push(' ');
        text.push(letter(index, procedure));
    }
    text.push('\n');
}

fn shortened(id: &str, width: usize) -> String {
    if id.chars().count() <= width {
        return id.to_owned();
    }
    let kept: String = id.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// Writes the table of totals: a line for each procedure.
fn totals(text: &mut String, matrix: &Matrix) {
    let heads: Vec<&str> = SUMS.iter().map(|(heading, _)| *heading).collect();
    let _ = writeln!(
        text,
        "| | procedure | {} | time | commands |",
        heads.join(" | ")
    );
    let _ = writeln!(text, "|---|---|{}---:|---:|", "---:|".repeat(SUMS.len()));
    for (index, procedure) in matrix.procedures.iter().enumerate() {
        let tally = Tally::of(matrix, procedure);
        let sums = SUMS.map(|(_, outcomes)| tally.sum(outcomes).to_string());
        let _ = writeln!(
            text,
            "| {} | `{procedure}` | {} | {} s | {} |",
            column(index),
            sums.join(" | "),
            tally.took_ms / 1_000,
            tally.commands
        );
    }
}

/// Returns the matrix as Markdown, with the command that replays each bad cell. A matrix that was interrupted says
/// so in the first line, and has no totals.
pub fn matrix_markdown(judged: &Judged<'_>) -> String {
    let matrix = judged.matrix;
    let mut text = if judged.is_interrupted() {
        format!("# {}\n\n", judged.headline())
    } else {
        format!("# Procedures by scenarios\n\n{}.\n\n", judged.headline())
    };
    let supervisor = match matrix.supervisor {
        seatrial_scenarios::Supervisor::None => "none",
        seatrial_scenarios::Supervisor::Systemd => "systemd",
    };
    let seeds = match matrix.seeds {
        1 => format!("seed {}", matrix.seed),
        many => format!("{many} seeds from {}", matrix.seed),
    };
    // Writing to a String does not fail.
    let _ = writeln!(
        text,
        "Engine `{}`, {seeds}, supervisor `{supervisor}`, {} by {}. Made by seatrial {}{}.\n",
        matrix.engine,
        count(matrix.procedures.len(), "procedure", "procedures"),
        count(matrix.scenarios.len(), "scenario", "scenarios"),
        matrix.program,
        if matrix.commit.is_empty() {
            String::new()
        } else {
            format!(", commit {}", matrix.commit)
        }
    );
    text.push_str(&changes_markdown(judged));
    if judged.changes.is_some() {
        text.push_str("\n## The matrix\n\n");
    }
    let failing = judged.failing();
    if !failing.is_empty() {
        let _ = writeln!(
            text,
            "**{}** this run: {}.\n",
            count(failing.len(), "cell fails", "cells fail"),
            judged.by_outcome()
        );
    }
    if !judged.is_interrupted() {
        totals(&mut text, matrix);
    }
    let columns: Vec<String> = (0..matrix.procedures.len())
        .map(|index| column(index).to_string())
        .collect();
    if judged.is_interrupted() {
        for (procedure, letter) in matrix.procedures.iter().zip(&columns) {
            let _ = writeln!(text, "- `{letter}` {procedure}");
        }
    }
    let _ = writeln!(text, "\n| scenario | {} |", columns.join(" | "));
    let _ = writeln!(text, "|---|{}", ":-:|".repeat(columns.len()));
    for row in &matrix.scenarios {
        let letters: Vec<String> = matrix
            .procedures
            .iter()
            .map(|procedure| {
                let cell = matrix.cell(procedure, &row.id);
                cell.map_or(NOT_PLAYED, |cell| letter(cell.outcome))
                    .to_string()
            })
            .collect();
        let _ = writeln!(text, "| `{}` | {} |", row.id, letters.join(" | "));
    }
    text.push('\n');
    for outcome in used(matrix) {
        let _ = writeln!(text, "- `{}` {}", letter(outcome), meaning(outcome));
    }
    if judged.is_interrupted() {
        let _ = writeln!(text, "- `{NOT_PLAYED}` not played: the run was interrupted");
    }
    let _ = writeln!(
        text,
        "\n## Time and commands\n\nSeconds until the procedure ended, and commands that it typed.\n"
    );
    let _ = writeln!(text, "| scenario | {} |", columns.join(" | "));
    let _ = writeln!(text, "|---|{}", "--:|".repeat(columns.len()));
    for row in &matrix.scenarios {
        let costs = matrix.procedures.iter().map(|procedure| {
            let cell = matrix.cell(procedure, &row.id);
            cell.map_or(String::new(), |cell| {
                format!("{} s, {}", cell.took_ms / 1_000, cell.commands)
            })
        });
        let costs: Vec<String> = costs.collect();
        let _ = writeln!(text, "| `{}` | {} |", row.id, costs.join(" | "));
    }
    text.push_str("\n## Bad cells\n");
    for procedure in &matrix.procedures {
        let bad: Vec<&Cell> = matrix
            .cells
            .iter()
            .filter(|cell| cell.procedure == *procedure && !cell.outcome.is_good())
            .collect();
        if bad.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n### {procedure}\n");
        for cell in bad {
            let words = cell.text.split_whitespace().collect::<Vec<_>>().join(" ");
            let _ = writeln!(
                text,
                "- `{}`{}: {}. {}\n  `{}`",
                cell.scenario,
                if matrix.seeds > 1 {
                    format!(", seed {}", cell.seed)
                } else {
                    String::new()
                },
                cell.outcome.name(),
                words.replace('|', "\\|"),
                cell.replay
            );
        }
    }
    text
}
