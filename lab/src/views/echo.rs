//! Shows the effects of a command: its output, the results of writes and faults, and the changes of nodes.

use std::fmt::Write as _;

use owo_colors::OwoColorize as _;
use seatrial_reports::wrapped;
use seatrial_scenarios::FaultOutcome;
use seatrial_scenarios::language::describe_fault;
use seatrial_scenarios::record::{CommandRecord, RunRecord, WriteOutcome};

use super::{names, spoken, state};
use crate::session::{Moment, Session};
use seatrial_scenarios::Bed;

/// The most lines of a command's output that are shown; `tail` shows the rest.
const LINES_SHOWN: usize = 40;

/// Returns the effects of the last command. If `findings` is set, it includes the oracles' findings.
pub(crate) fn echo<B: Bed>(session: &Session<B>, findings: bool) -> String {
    let now = session.now();
    let Some(before) = now.parent.and_then(|number| session.moment(number)) else {
        return String::new();
    };
    let (old, new) = (before.course.record(), now.course.record());
    let mut text = String::new();
    faults(&mut text, old, new);
    commands(&mut text, old, new);
    writes(&mut text, old, new);
    procedures(&mut text, old, new);
    checks(&mut text, old, new);
    changes(&mut text, before, now);
    if findings {
        for finding in new.findings.iter().skip(old.findings.len()) {
            let told = format!("{}: {}", finding.oracle, finding.message);
            let _ = write!(text, "{}", wrapped("! ", "  ", &told).red());
        }
    }
    let took = now.seen.at.saturating_sub(before.seen.at);
    if took.as_millis() >= 1000 {
        let _ = writeln!(text, "{}", format!("({} passed)", spoken(took)).dimmed());
    }
    text
}

fn faults(text: &mut String, old: &RunRecord, new: &RunRecord) {
    for fault in new.faults.iter().skip(old.faults.len()) {
        let (sign, said) = match &fault.outcome {
            FaultOutcome::Applied(receipt) => ("", receipt.clone()),
            FaultOutcome::Skipped(why) => ("no effect: ", why.clone()),
            FaultOutcome::Unsupported(why) => ("this engine cannot do it: ", why.clone()),
        };
        let said = format!("{}: {sign}{said}", describe_fault(&fault.fault));
        text.push_str(&wrapped("", "  ", &said));
    }
}

fn commands(text: &mut String, old: &RunRecord, new: &RunRecord) {
    let fresh = new.commands.len().saturating_sub(old.commands.len());
    for (index, command) in new.commands.iter().enumerate() {
        let was = old.commands.get(index);
        if command.procedure.is_some() && was.is_none() {
            let exit = command.output.as_ref().map_or(0, |output| output.exit);
            let _ = writeln!(text, "  {}$ {}  (exit {exit})", command.node, command.line);
            continue;
        }
        let ended = command.ended_ms.is_some();
        if was.is_some_and(|was| was.ended_ms.is_some()) {
            continue;
        }
        if was.is_none() && !ended {
            let _ = writeln!(text, "{}$ {} is left running", command.node, command.line);
        }
        if ended {
            let mut said = String::new();
            output(&mut said, command);
            if was.is_some() || fresh > 1 {
                let head = format!("{}$ {}", command.node, command.line);
                let done = if said.is_empty() { "  (exit 0)" } else { "" };
                let _ = writeln!(text, "{}", format!("{head}{done}").dimmed());
            }
            text.push_str(&said);
        }
    }
}

fn output(text: &mut String, command: &CommandRecord) {
    let Some(output) = &command.output else {
        return;
    };
    let all = format!("{}{}", output.stdout, output.stderr);
    let lines: Vec<&str> = all.lines().collect();
    for line in lines.iter().take(LINES_SHOWN) {
        let _ = writeln!(text, "{}", visible(line));
    }
    if lines.len() > LINES_SHOWN {
        let rest = lines.len() - LINES_SHOWN;
        let _ = writeln!(text, "… {rest} more lines; `| tail` shows the end");
    }
    if command.timed_out {
        text.push_str("Ctrl-C was pressed, because the command had not ended\n");
    }
    if output.exit != 0 {
        let _ = writeln!(text, "(exit {})", output.exit);
    }
}

/// Returns a line without the characters that would move a terminal's cursor.
fn visible(line: &str) -> String {
    line.chars()
        .map(|c| {
            if c.is_control() && c != '\t' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

fn writes(text: &mut String, old: &RunRecord, new: &RunRecord) {
    let mut good = Vec::new();
    let mut told: Vec<(String, Vec<String>)> = Vec::new();
    for (index, write) in new.writes.iter().enumerate() {
        let was = old.writes.get(index).map(|write| &write.outcome);
        if was == Some(&write.outcome) {
            continue;
        }
        let said = match &write.outcome {
            WriteOutcome::Acknowledged => {
                good.push(write.tag.clone());
                continue;
            }
            WriteOutcome::Running => "no answer yet".to_owned(),
            WriteOutcome::Refused { message, .. } => format!("refused: {message}"),
            WriteOutcome::Unknown => {
                "connection lost: the client cannot know whether it was committed".to_owned()
            }
        };
        match told.iter_mut().find(|(known, _)| *known == said) {
            Some((_, tags)) => tags.push(write.tag.clone()),
            None => told.push((said, vec![write.tag.clone()])),
        }
    }
    if !good.is_empty() {
        told.insert(0, ("acknowledged".to_owned(), good));
    }
    for (said, tags) in told {
        let line = format!("{}: {said}", rows(&tags));
        text.push_str(&wrapped("", "  ", &line));
    }
}

/// Returns rows as text: all of them, or some and the number of the others.
pub(crate) fn rows(tags: &[String]) -> String {
    const NAMED: usize = 8;
    let some = tags[..tags.len().min(NAMED)].join(" ");
    match tags.len() {
        0 => "no row".to_owned(),
        1 => format!("row {some}"),
        count if count <= NAMED => format!("rows {some}"),
        count => format!("rows {some} and {} more", count - NAMED),
    }
}

fn procedures(text: &mut String, old: &RunRecord, new: &RunRecord) {
    for procedure in new.procedures.iter().skip(old.procedures.len()) {
        let end = match procedure.end {
            seatrial_scenarios::language::ProcedureEnd::Recovered => "says: recovered",
            seatrial_scenarios::language::ProcedureEnd::AsksPerson => "asks a person",
            seatrial_scenarios::language::ProcedureEnd::GaveUp => "gives up",
            seatrial_scenarios::language::ProcedureEnd::Unbounded => "does not end",
        };
        let said = format!("{} {end} {}", procedure.name, procedure.text);
        text.push_str(&wrapped("", "  ", said.trim()));
    }
}

fn checks(text: &mut String, old: &RunRecord, new: &RunRecord) {
    for check in new.checks.iter().skip(old.checks.len()) {
        let said = match (check.held, check.text.as_str()) {
            (true, "as expected") => "as expected".to_owned(),
            (true, text) => format!("holds: {text}"),
            (false, text) => format!("does not hold: {text}"),
        };
        text.push_str(&wrapped("", "  ", &said));
    }
}

fn changes<B>(text: &mut String, before: &Moment<B>, now: &Moment<B>) {
    let mut same: Vec<(String, Vec<_>)> = Vec::new();
    for (name, node) in &now.seen.nodes {
        let Some(was) = before.seen.nodes.get(name) else {
            continue;
        };
        let (old, new) = (state(was), state(node));
        if old == new {
            continue;
        }
        let change = format!("{old} -> {new}");
        match same.iter_mut().find(|(known, _)| *known == change) {
            Some((_, nodes)) => nodes.push(name),
            None => same.push((change, vec![name])),
        }
    }
    for (change, nodes) in same {
        text.push_str(&wrapped("", "  ", &format!("{}: {change}", names(nodes))));
    }
}
