//! Writes a failed run as a sequence diagram in Mermaid, which code hosts draw in Markdown.
//!
//! It shows faults, commands and writes with their results, and after each step the state of the nodes.
//! Frames are left out; the player has them.

use std::fmt::Write as _;

use seatrial_scenarios::language::describe_fault;
use seatrial_scenarios::record::WriteOutcome;
use seatrial_scenarios::{FaultOutcome, NodeName, NodeObservation, ProcessState, RunRecord};

/// The most lines of a diagram. Hosts refuse long ones.
const LINES_MAX: usize = 60;

/// Returns the diagram, without the fence.
pub(crate) fn diagram(run: &RunRecord) -> String {
    let mut lines: Vec<(u64, u8, String)> = Vec::new();
    let names: Vec<&str> = run
        .observations
        .first()
        .map(|seen| seen.nodes.keys().map(NodeName::as_str).collect())
        .unwrap_or_default();
    let place = |name: &str| names.iter().position(|known| *known == name).unwrap_or(0);
    // Events after the failed step do not explain it.
    let last_step = run
        .failure
        .as_ref()
        .map_or(0, |failure| failure.step)
        .checked_sub(1)
        .map_or(u32::MAX, |step| step + 1);
    for fault in run.faults.iter().filter(|fault| fault.step <= last_step) {
        let skipped = match &fault.outcome {
            FaultOutcome::Applied(_) => "",
            FaultOutcome::Skipped(_) => " (skipped)",
            FaultOutcome::Unsupported(_) => " (unsupported)",
        };
        let words = label(&format!("{}{skipped}", describe_fault(&fault.fault)));
        let last = names.len().saturating_sub(1);
        let over = if last == 0 {
            "N0".to_owned()
        } else {
            format!("N0,N{last}")
        };
        lines.push((fault.at_ms, 1, format!("Note over {over}: ⚡ {words}")));
    }
    let mut asked = std::collections::BTreeSet::new();
    for command in run
        .commands
        .iter()
        .filter(|command| command.step <= last_step)
    {
        // A command that a procedure repeats is shown once.
        let same = (command.step, command.node.as_str(), command.line.as_str());
        if command.procedure.is_some() && !asked.insert(same) {
            continue;
        }
        let node = place(command.node.as_str());
        lines.push((
            command.at_ms,
            2,
            format!("Operator->>N{node}: {}", label(&command.line)),
        ));
        if let Some(output) = command.output.as_ref().filter(|output| output.exit != 0) {
            let at = command.ended_ms.unwrap_or(command.at_ms);
            lines.push((at, 3, format!("N{node}--xOperator: exit {}", output.exit)));
        }
    }
    for write in run.writes.iter().filter(|write| write.step <= last_step) {
        let node = place(write.node.as_str());
        let (arrow, words) = match &write.outcome {
            WriteOutcome::Acknowledged => ("->>", "acknowledged".to_owned()),
            WriteOutcome::Refused { code, .. } => ("-x", format!("refused, {code}")),
            WriteOutcome::Unknown => ("-x", "no answer".to_owned()),
            WriteOutcome::Running => ("-x", "still running".to_owned()),
        };
        let words = label(&format!("write {}: {words}", write.tag));
        lines.push((write.at_ms, 2, format!("Client{arrow}N{node}: {words}")));
    }
    for seen in run
        .observations
        .iter()
        .filter(|seen| seen.step <= last_step)
    {
        for (name, node) in &seen.nodes {
            let node_place = place(name.as_str());
            let words = format!("Note over N{node_place}: {}", label(&state(node)));
            lines.push((seen.at_ms, 4, words));
        }
    }
    if let Some(failure) = &run.failure {
        let last = names.len().saturating_sub(1);
        let words = label(&failure.text);
        lines.push((
            u64::MAX,
            5,
            format!("Note over Operator,N{last}: ✕ {words}"),
        ));
    }
    lines.sort_by_key(|(at, order, _)| (*at, *order));
    let mut text =
        String::from("sequenceDiagram\n    participant Operator\n    participant Client\n");
    for (place, name) in names.iter().enumerate() {
        let _ = writeln!(text, "    participant N{place} as {}", label(name));
    }
    let left_out = lines.len().saturating_sub(LINES_MAX);
    if left_out > 0 {
        let _ = writeln!(
            text,
            "    Note over Operator: {left_out} lines before this are left out"
        );
    }
    // Nodes that have not changed need no second note.
    let mut known = std::collections::BTreeSet::new();
    for (_, order, line) in lines.into_iter().skip(left_out) {
        if order == 4 && !known.insert(line.clone()) {
            continue;
        }
        if order != 4 {
            known.clear();
        }
        let _ = writeln!(text, "    {line}");
    }
    text
}

fn state(node: &NodeObservation) -> String {
    match node.process {
        ProcessState::Exited => "down".to_owned(),
        ProcessState::Waiting => "waiting, no port".to_owned(),
        ProcessState::Running => {
            let status = node.cluster_status.as_deref().unwrap_or("no status");
            let size = node.cluster_size.unwrap_or(0);
            let comment = node.local_state.as_deref().unwrap_or("");
            format!("{status}, size {size}, {comment}")
        }
    }
}

/// Escapes a text, so that it cannot end a line or a statement of the diagram, and is no markup. Characters
/// outside a plain set become Mermaid's entities.
fn label(text: &str) -> String {
    const LENGTH_MAX: usize = 90;
    let mut shown = String::new();
    for c in text.chars().take(LENGTH_MAX) {
        match c {
            'a'..='z'
            | 'A'..='Z'
            | '0'..='9'
            | ' '
            | '.'
            | ','
            | '-'
            | '_'
            | '/'
            | '\''
            | '='
            | '('
            | ')'
            | '|'
            | '$'
            | '+' => shown.push(c),
            c if c.is_control() => shown.push(' '),
            c => {
                let _ = write!(shown, "#{};", u32::from(c));
            }
        }
    }
    if text.chars().count() > LENGTH_MAX {
        shown.push_str(" ...");
    }
    shown.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_inert() {
        assert_eq!(label("a;b\n<script>"), "a#59;b #60;script#62;");
        assert_eq!(label(&"x".repeat(200)).len(), 94);
    }
}
