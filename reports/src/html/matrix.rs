//! Writes the matrix of procedures and scenarios for the page: a table, a legend beside it, and a section that
//! explains each bad cell.

use maud::{Markup, html};
use seatrial_scenarios::Supervisor;
use seatrial_scenarios::matrix::{Cell, Matrix};
use seatrial_scenarios::outcome::Outcome;
use seatrial_scenarios::record_file::CampaignHead;

use crate::judged::Judged;
use crate::matrix::{letter, meaning, used};
use crate::words::count;

use super::Page;
use super::escape::visible;
use super::glossary::{self, term};

/// The most changes of a list.
const LISTED_MAX: usize = 60;

/// Returns the word of a cell, short enough for a narrow column.
const fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Recovered => "ok",
        Outcome::Impossible => "rightly no",
        Outcome::AsksPerson => "asks",
        Outcome::Lossy => "lossy",
        Outcome::SplitBrain => "split",
        Outcome::Diverged => "differs",
        Outcome::BootstrapRefused => "refused",
        Outcome::DeadLock => "locked",
        Outcome::Stuck => "stuck",
        Outcome::Unbounded => "no end",
        Outcome::ModelBroken => "model",
        Outcome::Error => "error",
        Outcome::NotJudged => "not judged",
    }
}

/// Returns the sign of a cell: the letter of the text, or a mark that every font has.
fn sign(outcome: Outcome) -> char {
    match outcome {
        Outcome::Recovered => '✓',
        other => letter(other),
    }
}

/// Returns the colour of a cell.
const fn colour(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Recovered | Outcome::Impossible => "good",
        Outcome::AsksPerson | Outcome::NotJudged => "warn",
        Outcome::Stuck | Outcome::Unbounded | Outcome::DeadLock | Outcome::BootstrapRefused => {
            "stuck"
        }
        Outcome::Lossy
        | Outcome::SplitBrain
        | Outcome::Diverged
        | Outcome::ModelBroken
        | Outcome::Error => "bad",
    }
}

/// Returns the name of a cell's section in links.
fn anchor(cell: &Cell) -> String {
    format!("cell-{}--{}", cell.scenario, cell.procedure)
}

/// Returns the whole overview of a page that shows a matrix and no campaign.
pub(super) fn overview(page: &Page, judged: &Judged<'_>, head: &CampaignHead) -> Markup {
    let matrix = judged.matrix;
    let content = html! {
        (since(judged))
        (section(judged))
        (cells(page, judged))
    };
    html! {
        header.top #overview-head {
            div.wrap.wide {
                p.brand { a href="#" { "Seatrial" } }
                h1 { (judged.headline()) }
                p.lede { (lede(judged)) }
                (numbers(judged))
                nav aria-label="Sections" {
                    ul {
                        @if judged.changes.is_some() {
                            li { a href="#since" { "Since the earlier matrix" } }
                        }
                        li { a href="#matrix" { "The matrix" } }
                        li { a href="#cells" { "Bad cells" } }
                        li { a href="#words" { "Words" } }
                    }
                }
            }
        }
        main #main tabindex="-1" {
            div.wrap.wide {
                (content)
                (glossary::section(&content))
            }
        }
        footer #overview-foot {
            div.wrap.wide {
                p {
                    "Made by seatrial " (head.program)
                    @if head.commit.is_empty() { " (commit not known)" } @else { ", commit " (head.commit) }
                    ", from verify.json. This file needs no network. "
                    @if let Some(script) = &matrix.script {
                        "The procedure `" (matrix.own_name().unwrap_or_default()) "` is " code { (visible(script)) } "."
                    }
                }
            }
        }
    }
}

/// Returns the sentences that say who acted where, on what, and what fails.
fn lede(judged: &Judged<'_>) -> Markup {
    let matrix = judged.matrix;
    let seeds = match matrix.seeds {
        1 => format!("seed {}", matrix.seed),
        many => format!("{many} seeds from {}", matrix.seed),
    };
    let supervisor = match matrix.supervisor {
        Supervisor::None => "nothing restarts a crashed server",
        Supervisor::Systemd => "systemd restarts a crashed server",
    };
    html! {
        @if let [one] = matrix.procedures.as_slice() {
            "The procedure " b { (visible(one)) } " acted in "
        } @else {
            (matrix.procedures.len()) " procedures acted in "
        }
        (count(matrix.scenarios.len(), "broken state", "broken states"))
        " on " (visible(&matrix.engine)) ", with " (seeds) "; " (supervisor) "."
        @if !judged.gate().fail_on.is_empty() {
            @let names: Vec<&str> = judged.gate().fail_on.iter().map(|outcome| outcome.name()).collect();
            " The run fails on " (names.join(", ")) "."
        }
    }
}

fn numbers(judged: &Judged<'_>) -> Markup {
    let cells = &judged.matrix.cells;
    let good = cells.iter().filter(|cell| cell.outcome.is_good()).count();
    let failing = judged.failing().len();
    let not_judged = judged.not_judged().len();
    let all = cells.len();
    html! {
        dl.numbers {
            @if judged.is_interrupted() {
                div.bad {
                    dt { "Cells played before the run was interrupted" }
                    dd { b { (all) } " of " (all + judged.matrix.not_played) }
                }
            } @else {
                div.(if good == all { "good" } else { "warn" }) {
                    dt { "Good cells: recovered, or rightly refused" }
                    dd { b { (good) } " of " (all) }
                }
                div.(if failing == 0 { "good" } else { "bad" }) {
                    dt { "Cells that fail this run" }
                    dd { b { (failing) } }
                }
                @if not_judged > 0 {
                    div.warn {
                        dt { "Cells that were not judged" }
                        dd { b { (not_judged) } }
                    }
                }
            }
        }
    }
}

/// Returns what has changed since the earlier matrix.
fn since(judged: &Judged<'_>) -> Markup {
    html! {
        @if let Some(changes) = judged.changes {
            section #since aria-labelledby="since-h" {
                h2 #since-h { "Since the earlier matrix" }
                p {
                    (count(changes.compared, "cell was", "cells were")) " compared: "
                    (changes.worse.len()) " worse, " (changes.missing.len()) " missing, "
                    (changes.better.len()) " better, " (changes.new.len()) " new."
                }
                @let lists = [
                    ("worse", "bad", &changes.worse), ("missing", "bad", &changes.missing),
                    ("better", "good", &changes.better), ("new", "warn", &changes.new),
                ];
                @for (name, class, list) in lists {
                    @if !list.is_empty() {
                        ul {
                            @for change in list.iter().take(LISTED_MAX) {
                                li {
                                    span.badge.(class) { (name) } " "
                                    (visible(&change.cell.procedure)) " on " (visible(&change.cell.scenario))
                                    @if name == "missing" {
                                        ": it was " (change.cell.outcome.name())
                                    } @else {
                                        ": " (change.cell.outcome.name())
                                        @if let Some(was) = change.was { ", was " (was.name()) }
                                    }
                                }
                            }
                            @if list.len() > LISTED_MAX { li { "and " (list.len() - LISTED_MAX) " more" } }
                        }
                    }
                }
            }
        }
    }
}

/// Returns the table with its legend.
pub(super) fn section(judged: &Judged<'_>) -> Markup {
    let matrix = judged.matrix;
    html! {
        section #matrix aria-labelledby="matrix-h" {
            h2 #matrix-h {
                (term("procedure", "Procedures")) " by " (term("broken state", "broken states"))
            }
            p.intro {
                "A cell is the outcome of a procedure in a state"
                @if matrix.seeds > 1 { ", the worst of " (matrix.seeds) " seeds" }
                @else { ", with seed " (matrix.seed) }
                ". A bad cell opens its reason, what was typed, and the command that plays it again."
            }
            div.beside {
                aside.matrix-legend aria-label="Legend" {
                    h3 { "Legend" }
                    ul {
                        @for outcome in used(matrix) {
                            li {
                                (mark(outcome, None))
                                span.means { (meaning(outcome)) }
                            }
                        }
                        @if judged.is_interrupted() {
                            li { span.mark.none { span aria-hidden="true" { "·" } " not played" } span.means { "the run was interrupted" } }
                        }
                    }
                }
                div.scroll tabindex="0" role="region" aria-label="Matrix of procedures and scenarios" {
                    table.matrix {
                        thead {
                            tr {
                                th scope="col" { (term("scenario", "Scenario")) }
                                @for procedure in &matrix.procedures {
                                    th.procedure scope="col" { span { (visible(procedure)) } }
                                }
                            }
                        }
                        tbody {
                            @for row in &matrix.scenarios {
                                tr {
                                    th scope="row" title=(visible(&row.title)) { (visible(&row.id)) }
                                    @for procedure in &matrix.procedures {
                                        (table_cell(judged, procedure, &row.id))
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn table_cell(judged: &Judged<'_>, procedure: &str, scenario: &str) -> Markup {
    let matrix = judged.matrix;
    let Some(cell) = matrix.cell(procedure, scenario) else {
        return html! {
            td { span.of { (visible(procedure)) } span.mark.none { span aria-hidden="true" { "·" } " not played" } }
        };
    };
    let bad = matrix
        .of_pair(procedure, scenario)
        .filter(|cell| !cell.outcome.is_good())
        .count();
    let several = (matrix.seeds > 1 && bad > 0).then(|| format!("{bad}/{}", matrix.seeds));
    html! {
        td {
            span.of { (visible(procedure)) }
            @if bad > 0 {
                a.open href={ "#" (anchor(cell)) }
                    aria-label={ (visible(procedure)) " on " (visible(scenario)) ": " (cell.outcome.name()) } {
                    (mark(cell.outcome, several.as_deref()))
                }
            } @else {
                (mark(cell.outcome, None))
            }
        }
    }
}

/// Returns a colour, a sign and a word.
fn mark(outcome: Outcome, several: Option<&str>) -> Markup {
    html! {
        span.mark.(colour(outcome)) title=(meaning(outcome)) {
            b aria-hidden="true" { (sign(outcome)) } " " span { (word(outcome)) }
            @if let Some(several) = several { " " small { (several) } }
        }
    }
}

/// Returns the bad cells, each with its reason, what was typed, and the command that plays it again.
pub(super) fn cells(page: &Page, judged: &Judged<'_>) -> Markup {
    let matrix = judged.matrix;
    let any = matrix.cells.iter().any(|cell| !cell.outcome.is_good());
    html! {
        section #cells aria-labelledby="cells-h" {
            h2 #cells-h { "Bad cells" }
            @if !any {
                p { "There is none." }
            }
            @for procedure in &matrix.procedures {
                @let bad = matrix.scenarios.iter().filter(|row| {
                    matrix.of_pair(procedure, &row.id).any(|cell| !cell.outcome.is_good())
                });
                @let bad: Vec<&str> = bad.map(|row| row.id.as_str()).collect();
                @if !bad.is_empty() {
                    details open[matrix.procedures.len() == 1] {
                        summary { b { (visible(procedure)) } ": " (count(bad.len(), "bad state", "bad states")) }
                        @for scenario in bad { (pair(page, judged, procedure, scenario)) }
                    }
                }
            }
        }
    }
}

fn pair(page: &Page, judged: &Judged<'_>, procedure: &str, scenario: &str) -> Markup {
    let matrix: &Matrix = judged.matrix;
    let mut bad: Vec<&Cell> = matrix
        .of_pair(procedure, scenario)
        .filter(|cell| !cell.outcome.is_good())
        .collect();
    bad.sort_by_key(|cell| (cell.outcome, cell.seed));
    let Some(worst) = bad.first() else {
        return html! {};
    };
    let title = matrix.scenarios.iter().find(|row| row.id == scenario);
    html! {
        article.card.(if judged.fails(worst) { "bad" } else { "warn" }) id=(anchor(worst)) tabindex="-1" {
            h3 { (visible(procedure)) " on " (visible(scenario)) }
            @if let Some(row) = title { p.meta { (visible(&row.title)) } }
            @for cell in &bad {
                p {
                    (mark(cell.outcome, None)) " " b { (cell.outcome.name()) }
                    @if matrix.seeds > 1 { ", seed " (cell.seed) }
                    @if judged.fails(cell) { ": fails this run" }
                }
                @if !cell.text.is_empty() { p.said { (visible(&cell.text)) } }
                @for note in &cell.notes { p.muted { "Note: " (visible(note)) } }
                @if !cell.typed.is_empty() { (typed(cell)) }
                @let link = page.link(&format!("{scenario}--{procedure}"), &matrix.engine, cell.seed);
                @if let Some(link) = link {
                    p { a.watch href=(link) { span aria-hidden="true" { "▶ " } "watch this run" } }
                }
                @if let Some(lab) = page.lab_link(scenario, cell.seed, None) {
                    p { a.lab href=(lab) { "recover it yourself in the lab" } }
                }
                @if !cell.replay.is_empty() { pre.cmd { (visible(&cell.replay)) } }
            }
            p { a href="#matrix" { "back to the matrix" } }
        }
    }
}

/// Returns what the procedure typed, in a table: when, where, what, and what came of it.
fn typed(cell: &Cell) -> Markup {
    html! {
        details open[cell.typed.len() <= 12] {
            summary {
                "What was typed: " (count(cell.commands, "command", "commands"))
                @if cell.commands > cell.typed.len() {
                    ", of which " (cell.typed.len()) " are shown: the first and the last ones"
                }
            }
            div.scroll tabindex="0" role="region" aria-label="Commands" {
                table.typed {
                    @for typed in &cell.typed {
                        tr {
                            td.num { (typed.at_ms / 1_000) " s" }
                            td { code { (visible(&typed.node)) "$ " (visible(&typed.line)) } }
                            td.num { @if let Some(exit) = typed.exit { "exit " (exit) } @else { "did not end" } }
                            td.printed { (visible(&typed.printed)) }
                        }
                    }
                }
            }
        }
    }
}
