//! The report of a search with one procedure, as text for people and for documents.

use std::fmt::Write as _;

use seatrial_reports::{count, wrapped};
use seatrial_scenarios::outcome::Outcome;
use seatrial_sim::prove::{Alphabet, ForEver, OutcomeRow, ProveReport};

/// Returns the rows in the order in which they are shown: the good ones first.
fn shown(report: &ProveReport) -> impl Iterator<Item = &OutcomeRow> {
    report.outcomes.iter().rev()
}

/// Returns the text for the terminal.
pub(super) fn text(report: &ProveReport) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "  level     states  transitions     merged");
    for row in &report.levels {
        let _ = writeln!(
            text,
            "  {:>5} {:>10} {:>12} {:>10}",
            row.level, row.states, row.transitions, row.merged
        );
    }
    text.push('\n');
    text.push_str(&outcomes(report));
    text.push('\n');
    for example in &report.examples {
        let _ = writeln!(
            text,
            "{} after {}",
            held(words(example.outcome, &example.cause), &example.rules),
            count(example.events.len(), "event", "events")
        );
        for event in &example.events {
            let _ = writeln!(text, "    {event}");
        }
        text.push_str(&wrapped("  ", "  ", &example.text));
        if !example.replays {
            let _ = writeln!(
                text,
                "  the outcome differs when it is played from the start"
            );
        }
        let _ = writeln!(text, "  {}\n", example.replay);
    }
    if let Some(statement) = &report.for_ever {
        text.push_str(&wrapped("", "  ", &statement.sentence));
        text.push('\n');
    }
    let _ = writeln!(text, "{}", summary(report));
    text
}

/// Returns the statement about any number of events, if the search was not bounded by a number of them and saw
/// all cases.
pub(crate) fn for_ever(report: &ProveReport) -> Option<ForEver> {
    if report.faults.is_some() || report.shard.is_some() {
        return None;
    }
    let alphabet: Alphabet = report.alphabet.parse().ok()?;
    let events = alphabet.any_number();
    let procedure = &report.procedure;
    let closed = report.ended == "whole";
    let sentence = if closed {
        format!(
            "For ever: from a synced cluster, {events}: {procedure} {}",
            what_it_comes_to(report)
        )
    } else {
        let within = match report.ended.as_str() {
            "max-states" => format!("within {} states", report.states),
            "budget" => format!("in the time given, with {} states known", report.states),
            _ => format!("before the signal, with {} states known", report.states),
        };
        format!(
            "Not for ever: the search did not close {within}. Nothing is said about what longer paths of {events} \
             lead to."
        )
    };
    Some(ForEver { closed, sentence })
}

/// Returns what a procedure comes to in all cases, as the end of a sentence.
fn what_it_comes_to(report: &ProveReport) -> String {
    let impossible = report
        .outcomes
        .iter()
        .any(|row| row.outcome == Outcome::Impossible);
    if report.examples.is_empty() {
        return if impossible {
            "always recovers, or says rightly that no procedure could.".to_owned()
        } else {
            "always recovers.".to_owned()
        };
    }
    let classes: Vec<String> = report
        .examples
        .iter()
        .map(|example| {
            format!(
                "{} (after {})",
                held(words(example.outcome, &example.cause), &example.rules),
                example.events.join("; ")
            )
        })
        .collect();
    format!(
        "does not recover in exactly {}; the shortest way to each: {}. In every other state it recovers.",
        count(classes.len(), "class of states", "classes of states"),
        classes.join("; and "),
    )
}

/// Returns the cases by their outcome.
pub(crate) fn outcomes(report: &ProveReport) -> String {
    let mut text = format!(
        "{} in every state, with its nodes named in every way that differs\n\n",
        report.procedure
    );
    text.push_str("     cases     states  avoidable  outcome\n");
    for row in shown(report) {
        let _ = writeln!(
            text,
            "  {:>8} {:>10} {:>10}  {}",
            row.cases,
            row.states,
            row.avoidable,
            held(words(row.outcome, &row.cause), &row.rules)
        );
    }
    text
}

fn summary(report: &ProveReport) -> String {
    let memory = report
        .peak_memory_mib
        .map_or_else(String::new, |mib| format!(", {mib} MiB at most"));
    let mut text = format!(
        "     Covered {} states, {} transitions, {} after healing, {} cases by {} runs\n",
        report.states, report.transitions, report.healed_states, report.cases, report.runs
    );
    let _ = write!(
        text,
        "     Summary [{:>8.3}s] {:.0} transitions a second{memory}",
        report.seconds,
        f64::from(u32::try_from(report.transitions).unwrap_or(u32::MAX))
            / report.seconds.max(0.001)
    );
    let bound = match (report.ended.as_str(), report.faults) {
        ("whole", None) => "no new state appears: the closure is complete".to_owned(),
        ("whole", Some(most)) => format!("every state within {}", count(most, "event", "events")),
        (bound, _) if report.open == 1 => format!("stopped by {bound}: 1 state was not expanded"),
        (bound, _) => format!(
            "stopped by {bound}: {} states were not expanded",
            report.open
        ),
    };
    let _ = write!(text, "\n             {bound}");
    if let Some((index, of)) = report.shard {
        let _ = write!(
            text,
            "\n             shard {index} of {of}: the cases are its share; `seatrial merge` adds them up"
        );
    }
    text
}

/// Returns the text for documents.
pub(super) fn markdown(report: &ProveReport) -> String {
    let mut text = format!("# {} on every state\n\n", report.procedure);
    text.push_str("| outcome | cases | states | avoidable |\n|---|---:|---:|---:|\n");
    for row in shown(report) {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            held(words(row.outcome, &row.cause), &row.rules),
            row.cases,
            row.states,
            row.avoidable
        );
    }
    text.push_str("\n| level | states | transitions | merged |\n|---:|---:|---:|---:|\n");
    for row in &report.levels {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            row.level, row.states, row.transitions, row.merged
        );
    }
    text.push('\n');
    for example in &report.examples {
        let _ = writeln!(
            text,
            "- **{}**: {}\n  `{}`",
            held(words(example.outcome, &example.cause), &example.rules),
            example.events.join("; "),
            example.replay
        );
    }
    if let Some(statement) = &report.for_ever {
        let _ = writeln!(text, "\n{}", statement.sentence);
    }
    let _ = writeln!(text, "\n```\n{}\n```", summary(report));
    text
}

/// Adds the rules of `docs/rules.md` that hold the cluster at the end.
fn held(words: String, rules: &[String]) -> String {
    if rules.is_empty() {
        words
    } else {
        format!("{words}, held by {}", rules.join(" and "))
    }
}

/// Returns an outcome in words.
fn words(outcome: Outcome, cause: &str) -> String {
    match outcome {
        Outcome::Recovered => "recovers".to_owned(),
        Outcome::Impossible => "impossible for any procedure, and says so".to_owned(),
        Outcome::AsksPerson => "needs a person".to_owned(),
        Outcome::Stuck => "stuck".to_owned(),
        Outcome::Unbounded => "stuck: the procedure does not end".to_owned(),
        Outcome::DeadLock => "stuck: all nodes wait for each other".to_owned(),
        Outcome::BootstrapRefused => "stuck: the bootstrap is refused".to_owned(),
        Outcome::Diverged => "splits: nodes are Synced and differ".to_owned(),
        Outcome::SplitBrain => "splits: two primary components serve".to_owned(),
        Outcome::Lossy => format!("loses acknowledged writes: {cause}"),
        Outcome::ModelBroken | Outcome::Error | Outcome::NotJudged => outcome.name().to_owned(),
    }
}
