//! The answer for people: what to do in the first lines, what it rests on behind `--explain`.

use seatrial_evidence::{Finding, Kind, Weight, short};
use seatrial_reports::wrapped;
use seatrial_scenarios::advice::{Action, Histories};
use seatrial_scenarios::{NodeName, list};

use super::{Answer, is_contradiction, report};

/// Returns the answer as one sentence.
pub(super) fn headline(action: &Action) -> String {
    match action {
        Action::Bootstrap { node, or, force } => {
            let or = if or.is_empty() {
                String::new()
            } else {
                format!(" (or {})", list(or))
            };
            let force = if *force {
                ", after setting its safe_to_bootstrap to 1"
            } else {
                ""
            };
            format!("Bootstrap {node}{or}{force}.")
        }
        Action::StartInto { nodes } => format!(
            "Bootstrap nothing: {} {}. Start the other nodes into it.",
            list(nodes),
            if nodes.len() == 1 {
                "is in a primary component and serves"
            } else {
                "are in a primary component and serve"
            }
        ),
        Action::LookFirst { nodes, .. } => {
            format!("Bootstrap nothing yet. Look at {} first.", list(nodes))
        }
        Action::Decide { .. } => "Bootstrap nothing yet.".to_owned(),
    }
}

/// Why, in a sentence or two.
pub(super) fn why(answer: &Answer) -> String {
    match &answer.advice.action {
        Action::Bootstrap { node, or, .. } => {
            let mut holders = vec![node.clone()];
            holders.extend(or.iter().cloned());
            let known = answer
                .gathered
                .nodes
                .iter()
                .find(|known| known.files.name == node.as_str());
            let position = known.and_then(|known| known.position);
            match position {
                Some((position, _)) if has_forked(answer) => format!(
                    "{} {} every row that any node holds, at {}.",
                    list(&holders),
                    if holders.len() == 1 { "holds" } else { "hold" },
                    short(position.value)
                ),
                Some((position, _)) if !position.value.is_undefined() => {
                    let verb = if holders.len() == 1 { "holds" } else { "hold" };
                    let what = if answer.gathered.nodes.len() == 1 {
                        "is the only node here, and holds".to_owned()
                    } else {
                        format!("{verb} the most of the one history that there is,")
                    };
                    format!("{} {what} {}.", list(&holders), short(position.value))
                }
                _ => "No node holds any data.".to_owned(),
            }
        }
        Action::StartInto { nodes } => format!(
            "A bootstrap beside {} would make a second cluster.",
            list(nodes)
        ),
        Action::LookFirst { question, .. } => sentence(question),
        Action::Decide { question } => {
            let mut why = sentence(question);
            // What made the position unknown says more than that it is.
            if !answer.findings.iter().any(is_contradiction) {
                let reason = answer.findings.iter().find(|finding| {
                    matches!(
                        finding.kind,
                        Kind::OldPosition
                            | Kind::RunFailed
                            | Kind::MayRun
                            | Kind::OldStateFile
                            | Kind::HalfCopied
                    ) && finding.nodes.iter().any(|name| is_dark(answer, name))
                });
                if let Some(reason) = reason {
                    why.push(' ');
                    why.push_str(&reason.says);
                }
            }
            why
        }
    }
}

/// Whether the logs show that a node has gone on apart from the others.
fn has_forked(answer: &Answer) -> bool {
    let row = answer.advice.row.as_ref();
    row.is_some_and(|row| !row.copies.is_empty())
}

/// Whether nothing is known of the node's position.
fn is_dark(answer: &Answer, name: &str) -> bool {
    let mut nodes = answer.gathered.nodes.iter();
    nodes.any(|node| node.files.name == name && node.position.is_none())
}

/// The clause as a sentence. A name at its beginning stays as it is.
fn sentence(clause: &str) -> String {
    let clause = clause.trim();
    let first = clause.split(' ').next().unwrap_or_default();
    let end = if clause.ends_with(['.', '?', '!']) {
        ""
    } else {
        "."
    };
    if !WORDS.contains(&first) {
        return format!("{clause}{end}");
    }
    let mut chars = clause.chars();
    let start: String = chars
        .next()
        .map(|first| first.to_uppercase().collect())
        .unwrap_or_default();
    format!("{start}{}{end}", chars.as_str())
}

/// Words that begin a clause and are no names.
const WORDS: [&str; 28] = [
    "a",
    "ask",
    "bootstrap",
    "check",
    "compare",
    "copy",
    "do",
    "find",
    "if",
    "keep",
    "look",
    "make",
    "mend",
    "move",
    "nobody",
    "nodes",
    "put",
    "read",
    "remove",
    "run",
    "set",
    "stop",
    "the",
    "there",
    "write",
    "start",
    "give",
    "wait",
];

/// The whole text.
pub(super) fn text(answer: &Answer, explain: bool) -> String {
    let advice = &answer.advice;
    let mut text = String::new();
    text.push_str(&wrapped("", "", &headline(&advice.action)));
    text.push_str(&wrapped("", "", &why(answer)));
    if let Some(row) = &advice.row {
        let says = format!(
            "Row {} of the decision table: {}. {}",
            row.number, row.act, row.why
        );
        text.push_str(&wrapped("", "", &says));
    }
    part(&mut text, "What to do", &numbered(&advice.steps));
    part(&mut text, "What is known", &table(answer));
    part(&mut text, "What each choice loses", &losses(answer));
    let weighty: Vec<&Finding> = answer
        .findings
        .iter()
        .filter(|finding| finding.weight != Weight::Notes || finding.kind == Kind::Waits)
        .collect();
    part(
        &mut text,
        "Look at this, too",
        &said(answer, &weighty, explain),
    );
    let notes: Vec<&Finding> = answer
        .findings
        .iter()
        .filter(|finding| finding.weight == Weight::Notes && finding.kind != Kind::Waits)
        .collect();
    part(&mut text, "Notes", &said(answer, &notes, explain));
    if explain {
        explained(answer, &mut text);
        text.push_str("\nNothing was changed.\n");
    } else {
        text.push('\n');
        let rest = [
            "which lines show it",
            "which other histories are possible",
            "what would tell more",
        ];
        text.push_str(&wrapped(
            "",
            "",
            &format!("Nothing was changed. --explain says {}.", rest.join(", ")),
        ));
    }
    text
}

/// A part with its title; nothing where it is empty.
fn part(text: &mut String, title: &str, lines: &str) {
    if !lines.is_empty() {
        text.push('\n');
        text.push_str(title);
        text.push('\n');
        text.push_str(lines);
    }
}

fn numbered(steps: &[String]) -> String {
    steps
        .iter()
        .enumerate()
        .map(|(index, step)| wrapped(&format!("  {} ", index + 1), "    ", step))
        .collect()
}

fn items(lines: &[String]) -> String {
    lines
        .iter()
        .map(|line| wrapped("  - ", "    ", line))
        .collect()
}

/// Prints the facts about each node.
fn table(answer: &Answer) -> String {
    const NAME_MAX: usize = 18;
    let titles = ["node", "position", "known from", "flag", "view", "server"].map(str::to_owned);
    let mut rows = vec![titles];
    rows.extend(answer.gathered.nodes.iter().map(report::cells));
    for away in &answer.gathered.away {
        let mut row = ["-"; 6].map(str::to_owned);
        row[0].clone_from(away);
        "not looked at".clone_into(&mut row[1]);
        rows.push(row);
    }
    for row in &mut rows {
        if row[0].chars().count() > NAME_MAX {
            let start: String = row[0].chars().take(NAME_MAX - 1).collect();
            row[0] = format!("{start}…");
        }
    }
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..6).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::from(" ");
        for (cell, width) in row.iter().zip(&widths) {
            let blanks = width.saturating_sub(cell.chars().count());
            line.extend([" ", cell.as_str(), " "]);
            line.extend(std::iter::repeat_n(' ', blanks));
        }
        text.extend([line.trim_end(), "\n"]);
    }
    text
}

/// What each choice loses, in the histories that something points to.
fn losses(answer: &Answer) -> String {
    // Where a server may run, there is no choice yet.
    if let Action::StartInto { .. } | Action::LookFirst { .. } = answer.advice.action {
        return String::new();
    }
    let histories = &answer.advice.histories;
    // Where nobody knows how far a node is, what only that node holds is the thing to fear.
    let mut dark = histories.iter().filter(|one| {
        let mut losses = one.losses.iter();
        losses.any(|loss| loss.loses.starts_with("whatever only"))
    });
    if let Some(dark) = dark.next_back() {
        let losses = dark.losses.iter();
        return losses
            .map(|loss| one_loss(&loss.node, &loss.loses))
            .collect();
    }
    let likely: Vec<&Histories> = histories.iter().filter(|one| one.likely).collect();
    // Where a person decides which history is kept, each of them has its own losses.
    let is_open = matches!(answer.advice.action, Action::Decide { .. });
    let shown: Vec<&Histories> = if is_open && histories.len() > 1 {
        histories.iter().collect()
    } else if likely.is_empty() {
        histories.iter().take(1).collect()
    } else {
        likely
    };
    let mut text = String::new();
    for history in &shown {
        if shown.len() > 1 {
            text.push_str(&wrapped("  If ", "    ", &format!("{}:", history.says)));
        }
        for loss in &history.losses {
            text.push_str(&one_loss(&loss.node, &loss.loses));
        }
    }
    text
}

fn one_loss(node: &NodeName, loses: &str) -> String {
    wrapped("  ", "    ", &format!("bootstrap {node}: loses {loses}"))
}

/// Findings as items, with their remedy, and with their places where they are asked for.
fn said(answer: &Answer, findings: &[&Finding], explain: bool) -> String {
    let mut text = String::new();
    for finding in findings {
        let mut line = finding.says.clone();
        if !finding.remedy.is_empty() {
            line.push(' ');
            line.push_str(&sentence(&finding.remedy));
        }
        text.push_str(&wrapped("  - ", "    ", &line));
        if explain {
            for source in &finding.sources {
                text.extend(["      ", &answer.gathered.place(*source), "\n"]);
            }
        }
    }
    text
}

/// What the answer rests on.
fn explained(answer: &Answer, text: &mut String) {
    let advice = &answer.advice;
    let places: String = answer
        .gathered
        .nodes
        .iter()
        .map(|node| {
            let mut lines = String::new();
            let name = &node.files.name;
            let mut say = |what: &str, source| {
                let place = answer.gathered.place(source);
                lines.extend(["  ", name, ": ", what, "\n      ", &place, "\n"]);
            };
            if let Some((position, _)) = node.position {
                say(&format!("position {}", position.value), position.source);
            }
            if let Some((_, source)) = &node.state_file {
                say("grastate.dat", *source);
            }
            if let Some((_, source)) = &node.view_file {
                say("gvwstate.dat", *source);
            }
            if let Some(source) = node.server.source() {
                say("its server", source);
            }
            lines
        })
        .collect();
    part(text, "Where it stands", &places);
    let histories: String = advice
        .histories
        .iter()
        .enumerate()
        .map(|(index, one)| {
            let mut lines = wrapped(&format!("  {} ", index + 1), "    ", &one.says);
            lines.push_str(&wrapped("    ", "    ", &format!("sign: {}", one.sign)));
            for loss in &one.losses {
                let loss = format!("bootstrap {}: loses {}", loss.node, loss.loses);
                lines.push_str(&wrapped("      ", "        ", &loss));
            }
            lines
        })
        .collect();
    part(text, "Histories that are consistent with it", &histories);
    part(
        text,
        "What to check next to learn more",
        &items(&advice.looks),
    );
    let mut files = String::new();
    for (name, lines, facts) in answer.gathered.files() {
        let (lines, facts) = (count(lines, "line"), count(facts, "fact"));
        files.extend(["  ", &name, ": ", &lines, ", ", &facts, "\n"]);
    }
    part(text, "Files", &files);
    part(
        text,
        "What these files cannot tell",
        &items(&advice.unknown),
    );
}

/// A number with its noun.
fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
