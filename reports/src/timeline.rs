//! Writes a run for a log: a column for each node, a line for each event, 80 columns wide.
//!
//! The letter in a column is the node's state. The letter of the node that caused the event is marked.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use owo_colors::OwoColorize as _;
use seatrial_scenarios::language::describe_fault;
use seatrial_scenarios::record_file::RecordedRun;
use seatrial_scenarios::{NodeName, Progress, Request, TraceEvent, TraceKind};

use crate::chrome_trace::state_word;
use crate::words::{WIDTH, wrapped};

/// The meaning of the letters, for the first lines.
const LETTERS: [(&str, &str); 9] = [
    ("S", "synced"),
    ("j", "joined"),
    ("D", "donor"),
    ("J", "joining"),
    ("N", "non-primary"),
    ("W", "waiting"),
    ("H", "hung"),
    ("x", "down"),
    ("o", "no power"),
];

fn letter(state: &str) -> &'static str {
    LETTERS
        .iter()
        .find(|(_, word)| *word == state)
        .map_or("?", |(letter, _)| *letter)
}

/// Returns the text of a run.
pub fn timeline(run: &RecordedRun) -> String {
    let nodes: &[NodeName] = run
        .header
        .as_ref()
        .map_or(&run.scenario.nodes, |header| &header.nodes);
    let record = &run.record;
    let mut text = String::new();
    let head = format!(
        "{} on {}, seed {}: {}",
        record.id,
        record.engine,
        record.seed,
        record.verdict.name()
    );
    let _ = writeln!(text, "{}", printable(&head).bold());
    let letters: Vec<String> = LETTERS
        .iter()
        .map(|(letter, word)| format!("{letter} {word}"))
        .collect();
    let legend = wrapped("", "", &letters.join(", "));
    text.push_str(&legend.dimmed().to_string());
    let mut timeline = Timeline {
        nodes,
        width: nodes
            .iter()
            .map(|node| shown_name(node).chars().count())
            .max()
            .unwrap_or(1),
        facts: vec![BTreeMap::new(); nodes.len()],
        states: vec!["down"; nodes.len()],
        requests: BTreeMap::new(),
        operator: None,
        asked: BTreeMap::new(),
        text,
    };
    timeline.header();
    for event in &run.events {
        timeline.event(event);
    }
    timeline.text
}

struct Timeline<'a> {
    nodes: &'a [NodeName],
    width: usize,
    facts: Vec<BTreeMap<String, String>>,
    states: Vec<&'static str>,
    /// The requests under way: the node, and their text.
    requests: BTreeMap<u32, (Option<usize>, String)>,
    /// The operator who types the next request, if several act.
    operator: Option<String>,
    /// The last answer of a node to each line. An answer is shown again only if it differs.
    asked: BTreeMap<(Option<usize>, String), String>,
    text: String,
}

/// Returns a node's name, cut to the width of a column.
fn shown_name(node: &NodeName) -> String {
    printable(node.as_str()).chars().take(8).collect()
}

/// Returns the text without control characters that a terminal would interpret.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

impl Timeline<'_> {
    fn place(&self, node: Option<&NodeName>) -> Option<usize> {
        node.and_then(|node| self.nodes.iter().position(|known| known == node))
    }

    fn header(&mut self) {
        let names: Vec<String> = self
            .nodes
            .iter()
            .map(|node| format!("{:<1$}", shown_name(node), self.width))
            .collect();
        let _ = writeln!(self.text, "{:>9}  {}", "seconds", names.join(" "));
    }

    fn line(&mut self, at_us: u64, node: Option<usize>, words: &str) {
        let mut columns = String::new();
        for (place, state) in self.states.iter().enumerate() {
            let sign = letter(state);
            let pad = " ".repeat(self.width.saturating_sub(1));
            let sign = match *state {
                "synced" => sign.green().to_string(),
                "non-primary" | "hung" => sign.red().to_string(),
                "down" | "no power" => sign.dimmed().to_string(),
                _ => sign.yellow().to_string(),
            };
            let end = if node == Some(place) { "<" } else { " " };
            let _ = write!(
                columns,
                "{sign}{end}{}",
                pad.get(..pad.len().saturating_sub(1)).unwrap_or("")
            );
            if self.width > 1 {
                columns.push(' ');
            }
        }
        let each = if self.width > 1 { self.width + 1 } else { 2 };
        let used = 11 + each * self.nodes.len() + 1;
        let room = WIDTH.saturating_sub(used).max(20);
        let words = printable(words);
        let words = if words.chars().count() > room {
            let kept: String = words.chars().take(room - 1).collect();
            format!("{kept}…")
        } else {
            words
        };
        let seconds = format!("{}.{:03}", at_us / 1_000_000, at_us / 1_000 % 1_000);
        let _ = writeln!(self.text, "{seconds:>9}  {columns} {words}");
    }

    fn event(&mut self, event: &TraceEvent) {
        let at = event.at_us;
        let node = self.place(event.node.as_ref());
        match &event.what {
            TraceKind::Step { step, title } => {
                self.asked.clear();
                let words = format!("== {step} {title}");
                self.line(at, None, &words);
            }
            TraceKind::Check { held, text, .. } => {
                let words = if *held { "held" } else { "DID NOT HOLD" };
                self.line(at, None, &format!("{words}: {text}"));
            }
            TraceKind::Fault { fault, .. } => {
                self.line(at, None, &format!("! {}", describe_fault(fault)));
            }
            TraceKind::Request { id, request } => {
                let (node, words) = match request {
                    Request::Operator { node, line } => {
                        // Each of several operators is named.
                        let operator = self.operator.take().unwrap_or_default();
                        (node, format!("{operator}$ {line}"))
                    }
                    Request::Client { node, statement } => (node, statement.to_string()),
                };
                let place = self.place(Some(node));
                self.requests.insert(id.0, (place, words));
            }
            TraceKind::Operator {
                operator,
                procedure,
                ..
            } => self.operator = Some(format!("{operator} {procedure} ")),
            TraceKind::Ended { id, progress } => self.ended(at, id.0, progress),
            TraceKind::State { changed } => self.state(at, node, changed),
            TraceKind::Quorum {
                present,
                left,
                last_primary,
                holds,
            } => {
                let word = if *holds { "kept" } else { "LOST" };
                let words = format!(
                    "quorum {word}: {} of {} here, {} left in order",
                    present.len(),
                    last_primary.len(),
                    left.len()
                );
                self.line(at, node, &words);
            }
            TraceKind::Process { text } | TraceKind::Note { text } => {
                self.line(at, node, text);
            }
            TraceKind::Reunion { .. }
            | TraceKind::Sent { .. }
            | TraceKind::Received { .. }
            | TraceKind::LinkUp { .. }
            | TraceKind::LinkDown { .. }
            | TraceKind::Log { .. }
            | TraceKind::Disk { .. } => {}
        }
    }

    fn ended(&mut self, at: u64, id: u32, progress: &Progress) {
        let Some((node, words)) = self.requests.remove(&id) else {
            return;
        };
        let answer = match progress {
            Progress::Running => return,
            Progress::Done(output) if output.exit == 0 => "ok".to_owned(),
            Progress::Done(output) => format!("exit {}", output.exit),
            Progress::Acknowledged => "acknowledged".to_owned(),
            Progress::Read(text) => format!("[{}]", text.as_deref().unwrap_or_default()),
            Progress::Refused { code, .. } => format!("refused {code}"),
            Progress::Unknown => "no answer".to_owned(),
        };
        if words.contains("$ ") {
            let key = (node, words.clone());
            if self.asked.get(&key) == Some(&answer) {
                return;
            }
            self.asked.insert(key, answer.clone());
        }
        self.line(at, node, &format!("{words}: {answer}"));
    }

    fn state(&mut self, at: u64, node: Option<usize>, changed: &BTreeMap<String, Option<String>>) {
        let Some(place) = node else { return };
        for (name, value) in changed {
            match value {
                Some(value) => self.facts[place].insert(name.clone(), value.clone()),
                None => self.facts[place].remove(name),
            };
        }
        let state = state_word(&self.facts[place]);
        if self.states[place] != state {
            self.states[place] = state;
            self.line(at, node, &format!("now {state}"));
        }
    }
}
