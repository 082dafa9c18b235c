//! Writes runs as Chrome trace events, for Perfetto (ui.perfetto.dev). A run is a process; each node and the
//! scenario are threads; states, commands and writes are slices; other events are instants.
//!
//! Frames are left out because there are many, and the player shows them.

use std::collections::BTreeMap;

use seatrial_scenarios::language::describe_fault;
use seatrial_scenarios::record_file::{CampaignHead, RecordedRun};
use seatrial_scenarios::{NodeName, Progress, Request, TraceEvent, TraceKind};
use serde_json::{Value, json};

/// The largest size of the file, in bytes.
const BYTES_MAX: usize = 48 * 1024 * 1024;

/// The file, which grows run by run.
#[derive(Debug, Default)]
pub struct ChromeTrace {
    events: String,
    runs: u32,
}

/// A slice that has begun: its name and its start.
type Open = (String, u64);

impl ChromeTrace {
    /// Adds a run, unless the file is full.
    pub fn add(&mut self, run: &RecordedRun) {
        let Some(header) = &run.header else { return };
        if self.events.len() > BYTES_MAX {
            return;
        }
        self.runs += 1;
        let pid = self.runs;
        let name = format!(
            "{} on {}, seed {}",
            header.scenario, header.engine, header.seed
        );
        self.push(&json!({"ph": "M", "pid": pid, "name": "process_name", "args": {"name": name}}));
        self.thread(pid, 0, "scenario");
        for (place, node) in header.nodes.iter().enumerate() {
            self.thread(pid, place + 1, node.as_str());
        }
        let mut slices = Slices {
            nodes: &header.nodes,
            facts: vec![BTreeMap::new(); header.nodes.len()],
            states: vec![None; header.nodes.len()],
            requests: BTreeMap::new(),
            operator: None,
            step: None,
        };
        for event in &run.events {
            for value in slices.event(event) {
                self.push(&with_pid(value, pid));
            }
        }
        let end = run.events.last().map_or(0, |event| event.at_us);
        for value in slices.end(end) {
            self.push(&with_pid(value, pid));
        }
    }

    fn thread(&mut self, pid: u32, tid: usize, name: &str) {
        self.push(&json!({"ph": "M", "pid": pid, "tid": tid, "name": "thread_name", "args": {"name": name}}));
    }

    fn push(&mut self, event: &Value) {
        if !self.events.is_empty() {
            self.events.push_str(",\n");
        }
        self.events.push_str(&event.to_string());
    }

    /// Returns the text of the file.
    pub fn finish(&self, head: &CampaignHead) -> String {
        let made_by = json!({ "program": head.program, "commit": head.commit });
        format!(
            "{{\"displayTimeUnit\":\"ms\",\"otherData\":{made_by},\"traceEvents\":[\n{}\n]}}\n",
            self.events
        )
    }
}

fn with_pid(mut event: Value, pid: u32) -> Value {
    event["pid"] = json!(pid);
    event
}

/// The open slices of a run.
struct Slices<'a> {
    nodes: &'a [NodeName],
    facts: Vec<BTreeMap<String, String>>,
    states: Vec<Option<Open>>,
    requests: BTreeMap<u32, (usize, Open)>,
    /// The operator who types the next request, if several act.
    operator: Option<String>,
    step: Option<Open>,
}

fn slice(tid: usize, (name, began): &Open, end: u64, category: &str, args: &Value) -> Value {
    json!({"ph": "X", "tid": tid, "name": name, "cat": category, "ts": began, "dur": end - began, "args": args})
}

fn instant(tid: usize, name: &str, at: u64, category: &str) -> Value {
    json!({"ph": "i", "s": "t", "tid": tid, "name": name, "cat": category, "ts": at})
}

impl Slices<'_> {
    /// Returns the node's thread; 0 is the scenario's.
    fn tid(&self, node: Option<&NodeName>) -> usize {
        node.and_then(|node| self.nodes.iter().position(|known| known == node))
            .map_or(0, |place| place + 1)
    }

    fn event(&mut self, event: &TraceEvent) -> Vec<Value> {
        let at = event.at_us;
        let tid = self.tid(event.node.as_ref());
        match &event.what {
            TraceKind::Step { step, title } => {
                let next = Some((format!("{step} {title}"), at));
                let before = std::mem::replace(&mut self.step, next);
                before
                    .map(|before| slice(0, &before, at, "step", &Value::Null))
                    .into_iter()
                    .collect()
            }
            TraceKind::Check { held, text, .. } => {
                let word = if *held { "held" } else { "did not hold" };
                vec![instant(0, &format!("{word}: {text}"), at, "check")]
            }
            TraceKind::Fault { fault, .. } => {
                vec![instant(0, &describe_fault(fault), at, "fault")]
            }
            TraceKind::Request { id, request } => {
                let (node, name) = match request {
                    Request::Operator { node, line } => {
                        let operator = self.operator.take().unwrap_or_default();
                        (node, format!("{operator}{line}"))
                    }
                    Request::Client { node, statement } => (node, statement.to_string()),
                };
                let tid = self.tid(Some(node));
                self.requests.insert(id.0, (tid, (name, at)));
                Vec::new()
            }
            TraceKind::Operator {
                operator,
                procedure,
                ..
            } => {
                self.operator = Some(format!("{operator} {procedure}: "));
                Vec::new()
            }
            TraceKind::Ended { id, progress } => self
                .requests
                .remove(&id.0)
                .map(|(tid, open)| {
                    let args = match progress {
                        Progress::Done(output) => json!({
                            "exit": output.exit, "stdout": output.stdout, "stderr": output.stderr
                        }),
                        Progress::Refused { code, message } => {
                            json!({"refused": code, "message": message})
                        }
                        Progress::Acknowledged => json!({"answer": "acknowledged"}),
                        Progress::Read(text) => json!({"read": text}),
                        Progress::Unknown | Progress::Running => json!({"answer": "unknown"}),
                    };
                    slice(tid, &open, at, "request", &args)
                })
                .into_iter()
                .collect(),
            TraceKind::State { changed } => self.state(tid, at, changed),
            TraceKind::Process { text } | TraceKind::Note { text } => {
                vec![instant(tid, text, at, "process")]
            }
            TraceKind::Quorum { holds, .. } => {
                let word = if *holds { "quorum kept" } else { "quorum lost" };
                vec![instant(tid, word, at, "quorum")]
            }
            TraceKind::Reunion { .. }
            | TraceKind::Sent { .. }
            | TraceKind::Received { .. }
            | TraceKind::LinkUp { .. }
            | TraceKind::LinkDown { .. }
            | TraceKind::Log { .. }
            | TraceKind::Disk { .. } => Vec::new(),
        }
    }

    fn state(
        &mut self,
        tid: usize,
        at: u64,
        changed: &BTreeMap<String, Option<String>>,
    ) -> Vec<Value> {
        let Some(place) = tid.checked_sub(1) else {
            return Vec::new();
        };
        for (name, value) in changed {
            match value {
                Some(value) => self.facts[place].insert(name.clone(), value.clone()),
                None => self.facts[place].remove(name),
            };
        }
        let word = state_word(&self.facts[place]);
        match &self.states[place] {
            Some((known, _)) if known == word => Vec::new(),
            _ => {
                let before = self.states[place].replace((word.to_owned(), at));
                before
                    .map(|before| slice(tid, &before, at, "state", &Value::Null))
                    .into_iter()
                    .collect()
            }
        }
    }

    /// Ends the slices that are still open at the end.
    fn end(self, end: u64) -> Vec<Value> {
        let states = self.states.iter().enumerate().filter_map(|(place, open)| {
            open.as_ref()
                .map(|open| slice(place + 1, open, end, "state", &Value::Null))
        });
        let step = self
            .step
            .as_ref()
            .map(|open| slice(0, open, end, "step", &Value::Null));
        states.chain(step).collect()
    }
}

/// Returns the word for a node's state that all reports use (the player has the same in `model.js`).
pub(crate) fn state_word(facts: &BTreeMap<String, String>) -> &'static str {
    let fact = |name: &str| facts.get(name).map(String::as_str);
    match fact("process") {
        Some("running") => {}
        Some("waiting") if fact("transfer").is_some() => return "joining",
        Some("waiting") => return "waiting",
        Some("hung") => return "hung",
        Some("off") => return "no power",
        _ => return "down",
    }
    match (fact("wsrep_cluster_status"), fact("transfer")) {
        (_, Some("donor")) => "donor",
        (_, Some(_)) => "joining",
        (Some("Primary"), None) => match fact("wsrep_local_state_comment") {
            Some("Synced") => "synced",
            _ => "joined",
        },
        _ => "non-primary",
    }
}
