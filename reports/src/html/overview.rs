//! The overview of the page: what was tested, what failed, which claims are wrong.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use seatrial_scenarios::RunRecord;
use seatrial_scenarios::language::ClaimVerdict;
use seatrial_scenarios::ledger::{Entry, Ledger, uncovered};
use seatrial_scenarios::record::Verdict;
use seatrial_scenarios::record_file::CampaignHead;

use crate::campaign::{Campaign, Standing, replay};
use crate::judged::Judged;
use crate::manual::section_of;
use crate::terminal::failure_text;
use crate::words::{count, short_span};

use super::escape::visible;
use super::glossary::{self, term};
use super::{Page, sections};

/// The most failed runs, findings and differences that are listed.
pub(super) const LISTED_MAX: usize = 60;

/// Returns the answer in one line.
pub(super) fn headline(campaign: &Campaign<'_>) -> String {
    let runs = campaign.records.len();
    let bad = runs - campaign.count(Verdict::Pass);
    if campaign.not_run > 0 {
        crate::terminal::headline_of_interrupted(campaign)
    } else if runs == 0 {
        "no run was made".to_owned()
    } else if bad == 0 {
        format!("{} ended as expected", count(runs, "run", "runs"))
    } else {
        format!(
            "{bad} of {} did not end as expected",
            count(runs, "run", "runs")
        )
    }
}

/// Returns a text from a scenario, a node or a log, made safe for the page.
pub(super) fn shown(text: &str) -> Markup {
    html! { (visible(text)) }
}

pub(super) fn markup(
    page: &Page,
    campaign: &Campaign<'_>,
    matrix: Option<&Judged<'_>>,
    head: &CampaignHead,
) -> Markup {
    let ledger = Ledger::build(campaign.records);
    let contradicted: Vec<&Entry> = ledger
        .entries
        .iter()
        .filter(|entry| is_contradicted(entry))
        .collect();
    let content = html! {
        (sections::compared(campaign))
        (failed(page, campaign))
        (sections::without_effect(campaign))
        (wrong(page, campaign, &contradicted))
        (findings(page, campaign))
        (scenarios(page, campaign, head))
        @if let Some(matrix) = matrix {
            (super::matrix::section(matrix))
            (super::matrix::cells(page, matrix))
        }
        (agreement(page, campaign))
        (statements(page, campaign, &ledger))
        (sections::rules())
    };
    html! {
        header.top #overview-head {
            div.wrap {
                p.brand { a href="#" { "Seatrial" } }
                h1 { (capital(&headline(campaign))) }
                p.lede { (lede(campaign, head)) }
                (numbers(campaign, &ledger, contradicted.len()))
                nav aria-label="Sections" {
                    ul {
                        li { a href="#failed" { "What failed" } }
                        li { a href="#contradicted" { "Where the manual is wrong" } }
                        li { a href="#findings" { "Findings" } }
                        li { a href="#scenarios" { "Watch the scenarios" } }
                        @if matrix.is_some() {
                            li { a href="#matrix" { "Procedures" } }
                        }
                        li { a href="#agreement" { "Agreement" } }
                        li { a href="#ledger" { "All claims" } }
                        li { a href="#rules" { "Rules" } }
                        li { a href="#words" { "Words" } }
                    }
                }
            }
        }
        main #main tabindex="-1" {
            div.wrap {
                (content)
                (glossary::section(&content))
            }
        }
        footer #overview-foot {
            div.wrap {
                p {
                    "Made by seatrial " (head.program)
                    @if head.commit.is_empty() { " (commit not known)" } @else { ", commit " (head.commit) }
                    " from record.jsonl. This file needs no network."
                }
            }
        }
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + chars.as_str()
    })
}

fn is_contradicted(entry: &Entry) -> bool {
    entry
        .verdicts
        .values()
        .any(|verdict| *verdict == ClaimVerdict::Contradicted)
}

/// Returns the sentence that says what was tested, and on which engines.
fn lede(campaign: &Campaign<'_>, head: &CampaignHead) -> Markup {
    let scenarios: BTreeSet<&str> = campaign.records.iter().map(|run| run.id.as_str()).collect();
    let seeds: BTreeSet<u64> = campaign.records.iter().map(|run| run.seed).collect();
    let seeds = match (seeds.first(), seeds.last()) {
        (Some(first), Some(last)) if first == last => format!("seed {first}"),
        (Some(first), Some(last)) => format!("seeds {first} to {last}"),
        _ => "no seed".to_owned(),
    };
    let engines: Vec<String> = head
        .engines
        .iter()
        .map(|engine| engine_words(engine))
        .collect();
    html! {
        @let procedures = procedures(campaign);
        @if procedures.is_empty() { "No recovery procedure acted in " }
        @else {
            @if procedures.len() == 1 { "The recovery procedure " } @else { "The recovery procedures " }
            b { (shown(&and(&procedures))) } " acted in "
        }
        (count(scenarios.len(), "scenario", "scenarios"))
        " on " (shown(&and(&engines))) ", with " (seeds) "."
        @if campaign.not_run > 0 {
            strong { " " (count(campaign.not_run, "run was", "runs were")) " not made: the campaign was stopped." }
        }
    }
}

/// Returns the procedures that acted, in the order of their names.
fn procedures(campaign: &Campaign<'_>) -> Vec<String> {
    let acted = campaign.records.iter().flat_map(|run| &run.procedures);
    let names: BTreeSet<&str> = acted.map(|acted| acted.name.as_str()).collect();
    names.into_iter().map(str::to_owned).collect()
}

fn and(words: &[String]) -> String {
    match words {
        [] => "no engine".to_owned(),
        [one] => one.clone(),
        [many @ .., last] => format!("{} and {last}", many.join(", ")),
    }
}

fn engine_words(engine: &str) -> String {
    match engine {
        "des" => "des (our discrete-event simulator)".to_owned(),
        "madsim" => "madsim (the same node over madsim's network)".to_owned(),
        "real" => "real (MariaDB in containers)".to_owned(),
        other => other.to_owned(),
    }
}

fn numbers(campaign: &Campaign<'_>, ledger: &Ledger, contradicted: usize) -> Markup {
    let passed = campaign.count(Verdict::Pass);
    let all = campaign.records.len();
    let agreement = campaign.agreement;
    let changed = ledger
        .entries
        .iter()
        .filter(|entry| entry.has_changed())
        .count();
    html! {
        dl.numbers {
            div.(if passed == all { "good" } else { "bad" }) {
                dt { "Runs as expected" }
                dd { b { (passed) } " of " (all) }
            }
            @if !ledger.entries.is_empty() { div.(if contradicted > 0 { "warn" } else { "good" }) {
                dt { "Claims of the manual contradicted" }
                dd { b { (contradicted) } " of " (ledger.entries.len()) }
            } }
            div.(if changed > 0 { "bad" } else { "good" }) {
                dt { "Verdicts that changed" }
                dd { b { (changed) } }
            }
            @if agreement.compared > 0 {
                div.(if agreement.differing.is_empty() { "good" } else { "bad" }) {
                    dt { "Fields on which the engines agree" }
                    dd { b { (percent(agreement.equal, agreement.compared)) } }
                }
            }
        }
    }
}

fn percent(part: u64, whole: u64) -> String {
    if part == whole {
        return "100 %".to_owned();
    }
    // The percentage is rounded down, so that a single difference is never shown as 100 %.
    let tenths = part * 1_000 / whole.max(1);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

fn verdict(verdict: Verdict) -> Markup {
    let (class, mark) = match verdict {
        Verdict::Pass => ("good", "✓"),
        Verdict::Fail => ("bad", "✕"),
        Verdict::Error => ("bad", "!"),
        Verdict::Unsupported | Verdict::Flaky => ("warn", "–"),
    };
    html! { span.badge.(class) { span aria-hidden="true" { (mark) } " " (verdict.name()) } }
}

/// Returns a link into the player, or why there is none.
fn watch(page: &Page, run: &RunRecord, step: Option<u32>, words: &str) -> Markup {
    if let Some(link) = page.link(&run.id, &run.engine, run.seed) {
        let link = step.map_or_else(|| link.clone(), |step| format!("{link}&step={step}"));
        let lab = step.and_then(|step| page.lab_link(&run.id, run.seed, Some(step)));
        html! {
            a.watch href=(link) { span aria-hidden="true" { "▶ " } (words) }
            @if let Some(lab) = lab { " " a.lab href=(lab) { "open in the lab" span.sr { ": " (words) } } }
        }
    } else {
        html! { span.muted { (words) } }
    }
}

fn failed(page: &Page, campaign: &Campaign<'_>) -> Markup {
    let bad: Vec<&RunRecord> = campaign
        .records
        .iter()
        .filter(|run| run.verdict != Verdict::Pass)
        .collect();
    html! {
        section #failed aria-labelledby="failed-h" {
            h2 #failed-h { "What failed" }
            @if bad.is_empty() {
                p { "Nothing failed. Every check held, and the findings are exactly the pinned ones." }
            }
            @for run in bad.iter().take(LISTED_MAX) {
                article.card.bad {
                    h3 { (shown(&run.title)) }
                    p.meta { (verdict(run.verdict)) " " code { (shown(&run.id)) } " on " (shown(&run.engine)) ", seed " (run.seed) }
                    @if let Some(failure) = &run.failure {
                        p.said { (shown(&failure_text(run, failure))) }
                        p { (watch(page, run, Some(failure.step), "watch it fail")) }
                    }
                    pre.cmd { (shown(&replay(run))) }
                }
            }
            (more(bad.len()))
        }
    }
}

fn more(all: usize) -> Markup {
    html! {
        @if all > LISTED_MAX {
            p.muted { "and " (all - LISTED_MAX) " more; results.json has all of them." }
        }
    }
}

/// Returns the runs that decided a claim, one for each engine.
fn deciding<'a>(campaign: &Campaign<'a>, entry: &Entry) -> Vec<(&'a RunRecord, u32)> {
    let mut found: BTreeMap<(&str, &str), (&RunRecord, u32)> = BTreeMap::new();
    for run in campaign.records {
        for claim in run.claims.iter().filter(|claim| claim.id == entry.id) {
            found
                .entry((&run.id, &run.engine))
                .or_insert((run, claim.step));
        }
    }
    found.into_values().collect()
}

fn section_link(entry: &Entry) -> Markup {
    html! {
        @if let Some((first, last)) = entry.lines {
            @if let Some((line, heading)) = section_of(first) {
                a href={ "#manual-" (line) } { (heading) }
                @if first == last { ", line " (first) } @else { ", lines " (first) " to " (last) }
            }
        } @else {
            "not a sentence of its own"
        }
    }
}

fn wrong(page: &Page, campaign: &Campaign<'_>, contradicted: &[&Entry]) -> Markup {
    html! {
        section #contradicted aria-labelledby="contradicted-h" {
            h2 #contradicted-h { "Where the manual is wrong" }
            @if contradicted.is_empty() {
                @if campaign.claims().all == 0 {
                    p { "No claim of the manual was checked in these runs." }
                } @else {
                    p { "No claim that was checked is contradicted." }
                }
            } @else {
                p.intro {
                    (count(contradicted.len(), "claim", "claims"))
                    " of the manual did not hold when tested. The wording is ours. The links show each test."
                }
            }
            div.claims {
                @for entry in contradicted {
                    article.card.warn {
                        p.meta { code { (shown(&entry.id)) } " · " (section_link(entry)) }
                        h3 { "The manual says: " (shown(&entry.says)) }
                        @for note in notes(page, entry) { p { (shown(note)) } }
                        @if !entry.assumes.is_empty() {
                            p.muted { "Depends on the assumption " (shown(&entry.assumes.join(", "))) "." }
                        }
                        p.links {
                            @for (run, step) in deciding(campaign, entry) {
                                (watch(page, run, Some(step), &format!("{} on {}", visible(&run.id), run.engine)))
                            }
                        }
                        @if entry.has_changed() { p { span.badge.bad { "not as pinned" } } }
                    }
                }
            }
        }
    }
}

/// Returns the scenarios' notes on the steps that decide a claim.
fn notes<'a>(page: &'a Page, entry: &Entry) -> Vec<&'a str> {
    let mut notes: Vec<&str> = Vec::new();
    for evidence in &entry.evidence {
        let note = page
            .scenarios
            .get(&evidence.scenario)
            .and_then(|scenario| scenario.steps.get(evidence.step as usize - 1))
            .and_then(|step| step.note.as_deref());
        if let Some(note) = note
            && !notes.contains(&note)
        {
            notes.push(note);
        }
    }
    notes
}

fn findings(page: &Page, campaign: &Campaign<'_>) -> Markup {
    let mut found: BTreeMap<(Standing, &str, &str), Vec<(&RunRecord, u32, &str)>> = BTreeMap::new();
    for run in campaign.records {
        for finding in &run.findings {
            let key = (campaign.standing(run, finding), &*finding.oracle, &*run.id);
            let seen = found.entry(key).or_default();
            if seen.iter().all(|(known, ..)| known.engine != run.engine) {
                seen.push((run, finding.step, &finding.message));
            }
        }
    }
    html! {
        section #findings aria-labelledby="findings-h" {
            h2 #findings-h { (term("finding", "Findings")) }
            @if found.is_empty() {
                p { "The oracles found nothing." }
            } @else {
                p.intro {
                    "The oracles know the whole state of the cluster. " b { "Pinned" }
                    ": the scenario expects the finding. " b { "Noted" }
                    ": it is worth knowing. " b { "Unexpected" } ": no file expects it, and the run fails."
                }
                @for ((standing, oracle, id), seen) in found.iter().take(LISTED_MAX) {
                    article.card.(standing_class(*standing)) {
                        h3 { (shown(oracle)) " " span.badge.(standing_class(*standing)) { (standing.name()) } }
                        p.meta { code { (shown(id)) } }
                        @if let Some((_, _, message)) = seen.first() { p.said { (shown(message)) } }
                        p.links {
                            @for (run, step, _) in seen {
                                (watch(page, run, Some(*step), &format!("on {}", run.engine)))
                            }
                        }
                    }
                }
                (more(found.len()))
            }
        }
    }
}

const fn standing_class(standing: Standing) -> &'static str {
    match standing {
        Standing::Unexpected => "bad",
        Standing::Pinned => "good",
        Standing::Noted => "warn",
    }
}

fn scenarios(page: &Page, campaign: &Campaign<'_>, head: &CampaignHead) -> Markup {
    let mut rows: Vec<&RunRecord> = Vec::new();
    for run in campaign.records {
        if rows.iter().all(|known| known.id != run.id) {
            rows.push(run);
        }
    }
    html! {
        section #scenarios aria-labelledby="scenarios-h" {
            h2 #scenarios-h { "Watch the " (term("scenario", "scenarios")) }
            div.scroll tabindex="0" role="region" aria-labelledby="scenarios-h" {
                table.grid {
                    thead {
                        tr {
                            th scope="col" { (term("scenario", "Scenario")) }
                            @for engine in &head.engines { th scope="col" { (term(engine, engine)) } }
                            th scope="col" { "Side by side" }
                            th.num scope="col" { "Simulated" }
                        }
                    }
                    tbody {
                        @for row in rows {
                            @let runs: Vec<&RunRecord> = campaign.records.iter().filter(|run| run.id == row.id).collect();
                            tr {
                                th scope="row" {
                                    span.title { (shown(&row.title)) }
                                    @if let Some(source) = &row.source { span.source { (shown(source)) } }
                                }
                                @for engine in &head.engines {
                                    td { (cell(page, &runs, engine)) }
                                }
                                td { (beside(page, &runs)) }
                                td.num { (short_span(runs.iter().map(|run| run.simulated_ms).max().unwrap_or(0))) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Returns the runs of a scenario on an engine: the one that is worth watching, and their number.
fn cell(page: &Page, runs: &[&RunRecord], engine: &str) -> Markup {
    let of_engine: Vec<&&RunRecord> = runs.iter().filter(|run| run.engine == engine).collect();
    let bad = of_engine.iter().find(|run| run.verdict != Verdict::Pass);
    let Some(run) = bad.or(of_engine.first()) else {
        return html! { span.muted { "not run" } };
    };
    let passed = of_engine
        .iter()
        .filter(|run| run.verdict == Verdict::Pass)
        .count();
    html! {
        (verdict(run.verdict)) " "
        @if of_engine.len() > 1 { span.muted { (passed) "/" (of_engine.len()) } " " }
        (watch(page, run, None, "watch"))
    }
}

fn beside(page: &Page, runs: &[&RunRecord]) -> Markup {
    let links = runs.first().and_then(|first| {
        let other = runs
            .iter()
            .find(|run| run.seed == first.seed && run.engine != first.engine)?;
        let link = page.link(&first.id, &first.engine, first.seed)?;
        page.link(&other.id, &other.engine, other.seed)?;
        Some((
            format!("{link}&with={}/{}/{}", other.id, other.engine, other.seed),
            *first,
            *other,
        ))
    });
    html! {
        @if let Some((link, first, other)) = links {
            a.watch href=(link) { (shown(&first.engine)) " | " (shown(&other.engine)) }
        }
    }
}

fn agreement(page: &Page, campaign: &Campaign<'_>) -> Markup {
    let agreement = campaign.agreement;
    html! {
        section #agreement aria-labelledby="agreement-h" {
            h2 #agreement-h { "Agreement of the " (term("engine", "engines")) }
            @if agreement.compared == 0 {
                p { "Only one engine was used, so there is nothing to compare." }
            } @else {
                p {
                    b { (agreement.equal) " of " (agreement.compared) } " fields are equal. In "
                    b { (agreement.steps_equal) " of " (agreement.steps_compared) } " steps all fields are equal."
                }
                @if !agreement.differing.is_empty() {
                    div.scroll tabindex="0" role="region" aria-label="Differences" {
                        table.grid {
                            thead { tr { th scope="col" { (term("scenario", "Scenario")) } th scope="col" { "Step" } th scope="col" { "Node" } th scope="col" { "Field" } th scope="col" { "Values" } } }
                            tbody {
                                @for difference in agreement.differing.iter().take(LISTED_MAX) {
                                    tr {
                                        th scope="row" {
                                            @let run = campaign.records.iter().find(|run| run.id == difference.scenario);
                                            @if let Some(run) = run { (watch(page, run, Some(difference.step), &visible(&difference.scenario))) }
                                        }
                                        td.num { (difference.step) }
                                        td { (shown(difference.node.as_str())) }
                                        td { code { (shown(&difference.field)) } }
                                        td { @for (engine, value) in &difference.values { div { (shown(engine)) ": " code { (shown(value)) } } } }
                                    }
                                }
                            }
                        }
                    }
                    (more(agreement.differing.len()))
                }
                @if !agreement.excluded.is_empty() {
                    details {
                        summary { "Fields that were not compared, and why" }
                        ul { @for (reason, fields) in &agreement.excluded { li { (fields) ": " (shown(reason)) } } }
                    }
                }
            }
        }
    }
}

fn statements(page: &Page, campaign: &Campaign<'_>, ledger: &Ledger) -> Markup {
    let mut sections: BTreeMap<u32, (&str, Vec<&Entry>)> = BTreeMap::new();
    for entry in &ledger.entries {
        let (line, heading) = entry
            .lines
            .and_then(|(first, _)| section_of(first))
            .unwrap_or((0, "Not in one place"));
        sections
            .entry(line)
            .or_insert_with(|| (heading, Vec::new()))
            .1
            .push(entry);
    }
    // A reader must also see the lines that no claim covers.
    let rest = uncovered().unwrap_or_default();
    html! {
        section #ledger aria-labelledby="ledger-h" {
            h2 #ledger-h { "All claims of the manual" }
            p.intro { "The claims are in our words, under the manual's own headings." }
            @for (line, (heading, entries)) in &sections {
                section.chapter id={ "manual-" (line) } {
                    h3 { (heading) }
                    ul.ledger {
                        @for entry in entries {
                            li {
                                @if is_contradicted(entry) { span.badge.warn { "✕ contradicted" } }
                                @else { span.badge.good { "✓ holds" } }
                                @if entry.has_changed() { " " span.badge.bad { "not as pinned" } }
                                span.says { (shown(&entry.says)) }
                                span.links {
                                    code { (shown(&entry.id)) }
                                    @if let Some((run, step)) = deciding(campaign, entry).first() {
                                        (watch(page, run, Some(*step), "watch"))
                                    }
                                }
                            }
                        }
                    }
                }
            }
            @if !rest.is_empty() {
                details {
                    summary { (count(rest.len(), "place", "places")) " of the manual without a check" }
                    ul { @for place in rest { li { "Line " (place.lines) ": " (shown(&place.text)) " (" (shown(&place.reason)) ")" } } }
                }
            }
        }
    }
}
