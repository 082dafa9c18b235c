//! Encodes a run for the player: short arrays, and every text only once.
//!
//! The format is private to this crate: `assets/base.js` of the same version reads it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use seatrial_scenarios::language::describe_fault;
use seatrial_scenarios::record_file::RecordedRun;
use seatrial_scenarios::{Fault, FaultOutcome, NodeName, Progress, Request, TraceEvent, TraceKind};
use serde_json::{Value, json};

use crate::manual::{section_named, section_of};

/// The kinds of events, with their numbers in the data.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Code {
    Step = 0,
    Check = 1,
    Fault = 2,
    Request = 3,
    Ended = 4,
    LinkUp = 5,
    LinkDown = 6,
    Log = 7,
    Disk = 8,
    Process = 9,
    Note = 10,
    State = 11,
    Cuts = 12,
    Quorum = 13,
    Reunion = 14,
}

/// A run for the player, before it is packed.
#[derive(Debug)]
pub(crate) struct Encoded {
    /// The texts, to which the body refers by index.
    strings: Vec<String>,
    /// A JSON object without its `strings`.
    body: String,
}

impl Encoded {
    /// Returns its approximate size, in bytes.
    pub(crate) fn len(&self) -> usize {
        self.body.len() + self.strings.iter().map(String::len).sum::<usize>()
    }

    /// Returns the run, deflated. It refers to the texts of `common` by index.
    pub(crate) fn pack(&self, common: &BTreeMap<&str, usize>) -> Vec<u8> {
        let strings: Vec<Value> = self
            .strings
            .iter()
            .map(|text| match common.get(text.as_str()) {
                Some(place) => json!(place),
                None => json!(text),
            })
            .collect();
        let strings = Value::Array(strings).to_string();
        let rest = self.body.strip_prefix('{').unwrap_or(&self.body);
        deflate(&format!("{{\"strings\":{strings},{rest}"))
    }
}

/// Returns a run as the player's script reads it, unpacked: a JSON object with its `strings`.
pub(crate) fn film(run: &RecordedRun) -> String {
    let encoded = encode(run, "");
    let strings = json!(encoded.strings);
    let rest = encoded.body.strip_prefix('{').unwrap_or(&encoded.body);
    format!("{{\"strings\":{strings},{rest}")
}

/// Returns the texts that two or more runs share, with their indices. They are sorted, so that similar texts are neighbours.
pub(crate) fn common_texts<'a>(
    runs: impl Iterator<Item = &'a Encoded>,
) -> BTreeMap<&'a str, usize> {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for text in runs.flat_map(|run| &run.strings) {
        *times.entry(text).or_default() += 1;
    }
    times.retain(|_, times| *times > 1);
    times
        .keys()
        .enumerate()
        .map(|(place, text)| (*text, place))
        .collect()
}

/// Returns JSON, deflated.
pub(crate) fn deflate(json: &str) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec(json.as_bytes(), 9)
}

/// Encodes a run. `replay` is the command that makes it again.
pub(crate) fn encode(run: &RecordedRun, replay: &str) -> Encoded {
    let mut encoder = Encoder::new(run);
    for event in &run.events {
        encoder.event(event);
    }
    if !encoder.has_states {
        encoder.states_of_observations(run);
    }
    let body = encoder.finish(run, replay).to_string();
    Encoded {
        strings: encoder.strings,
        body,
    }
}

struct Encoder<'a> {
    nodes: Vec<NodeName>,
    strings: Vec<String>,
    places: BTreeMap<String, usize>,
    events: Vec<(u64, Vec<Value>)>,
    messages: Vec<[i64; 5]>,
    /// Frames under way, by sender, receiver and content: frames of one link arrive in order.
    on_the_way: BTreeMap<(usize, usize, &'a str), VecDeque<usize>>,
    cuts: BTreeSet<(usize, usize)>,
    procedures: BTreeMap<(&'a str, &'a str, u64), &'a str>,
    /// The operator who types the next request, if several act.
    operator: Option<String>,
    has_states: bool,
    end_us: u64,
}

impl<'a> Encoder<'a> {
    fn new(run: &'a RecordedRun) -> Self {
        let nodes = run
            .header
            .as_ref()
            .map_or_else(|| run.scenario.nodes.clone(), |header| header.nodes.clone());
        let procedures = run
            .record
            .commands
            .iter()
            .filter_map(|command| {
                let procedure = command.procedure.as_deref()?;
                let key = (command.node.as_str(), command.line.as_str(), command.at_ms);
                Some((key, procedure))
            })
            .collect();
        Self {
            nodes,
            strings: Vec::new(),
            places: BTreeMap::new(),
            events: Vec::new(),
            messages: Vec::new(),
            on_the_way: BTreeMap::new(),
            cuts: BTreeSet::new(),
            procedures,
            operator: None,
            has_states: false,
            end_us: 0,
        }
    }

    fn text(&mut self, text: &str) -> Value {
        let next = self.strings.len();
        let place = *self.places.entry(text.to_owned()).or_insert(next);
        if place == next {
            self.strings.push(text.to_owned());
        }
        json!(place)
    }

    fn place(&self, node: &NodeName) -> Option<usize> {
        self.nodes.iter().position(|known| known == node)
    }

    /// Returns the node's index, or -1 for none.
    fn node(&self, node: Option<&NodeName>) -> Value {
        let place = node.and_then(|node| self.place(node));
        place.map_or(json!(-1), |place| json!(place))
    }

    fn names(&self, nodes: &[NodeName]) -> Value {
        nodes.iter().map(|node| self.node(Some(node))).collect()
    }

    fn push(&mut self, at_us: u64, code: Code, rest: Vec<Value>) {
        let mut event = vec![json!(code as u8)];
        event.extend(rest);
        self.events.push((at_us, event));
    }

    fn event(&mut self, event: &'a TraceEvent) {
        let at = event.at_us;
        self.end_us = self.end_us.max(at);
        let node = self.node(event.node.as_ref());
        match &event.what {
            TraceKind::Sent { to, frame } => self.sent(event, to, frame),
            TraceKind::Received { from, frame } => self.received(event, from, frame),
            TraceKind::Step { step, title } => {
                let title = self.text(title);
                self.push(at, Code::Step, vec![node, json!(step), title]);
            }
            TraceKind::Check { step, held, text } => {
                let text = self.text(text);
                let rest = vec![node, json!(step), json!(u8::from(*held)), text];
                self.push(at, Code::Check, rest);
            }
            TraceKind::Fault { fault, outcome } => self.fault(at, fault, outcome),
            TraceKind::Request { id, request } => self.request(at, id.0, request),
            TraceKind::Operator {
                operator,
                procedure,
                ..
            } => self.operator = Some(format!("{operator} {procedure}")),
            TraceKind::Ended { id, progress } => self.ended(at, &node, id.0, progress),
            TraceKind::LinkUp { peer, channel } => {
                self.forget(event.node.as_ref(), Some(peer));
                let rest = vec![node, self.node(Some(peer)), self.text(channel)];
                self.push(at, Code::LinkUp, rest);
            }
            TraceKind::LinkDown {
                peer,
                channel,
                reason,
            } => {
                self.forget(Some(peer), event.node.as_ref());
                let peer = self.node(Some(peer));
                let rest = vec![node, peer, self.text(channel), self.text(reason)];
                self.push(at, Code::LinkDown, rest);
            }
            TraceKind::Log { line } => self.words(at, Code::Log, node, line),
            TraceKind::Disk { text } => self.words(at, Code::Disk, node, text),
            TraceKind::Process { text } => self.words(at, Code::Process, node, text),
            TraceKind::Note { text } => self.words(at, Code::Note, node, text),
            TraceKind::State { changed } => {
                self.has_states = true;
                if matches!(changed.get("process"), Some(Some(word)) if word == "exited" || word == "off")
                {
                    self.forget(None, event.node.as_ref());
                }
                let mut rest = vec![node];
                for (name, value) in changed {
                    rest.push(self.text(name));
                    rest.push(value.as_ref().map_or(json!(-1), |value| self.text(value)));
                }
                self.push(at, Code::State, rest);
            }
            TraceKind::Quorum {
                present,
                left,
                last_primary,
                holds,
            } => {
                let last: Value = last_primary
                    .iter()
                    .map(|(name, weight)| json!([self.node(Some(name)), weight]))
                    .collect();
                let (present, left) = (self.names(present), self.names(left));
                let rest = vec![node, present, left, last, json!(u8::from(*holds))];
                self.push(at, Code::Quorum, rest);
            }
            TraceKind::Reunion {
                last_primary,
                missing,
            } => {
                let rest = vec![node, self.names(last_primary), self.names(missing)];
                self.push(at, Code::Reunion, rest);
            }
        }
    }

    fn words(&mut self, at: u64, code: Code, node: Value, text: &str) {
        let text = self.text(text);
        self.push(at, code, vec![node, text]);
    }

    fn sent(&mut self, event: &TraceEvent, to: &NodeName, frame: &'a str) {
        let from = event.node.as_ref().and_then(|node| self.place(node));
        let (Some(from), Some(to)) = (from, self.place(to)) else {
            return;
        };
        let text = self.text(frame).as_i64().unwrap_or_default();
        let number = self.messages.len();
        self.messages
            .push([signed(event.at_us), -1, signed(from), signed(to), text]);
        self.on_the_way
            .entry((from, to, frame))
            .or_default()
            .push_back(number);
    }

    fn received(&mut self, event: &TraceEvent, from: &NodeName, frame: &'a str) {
        let to = event.node.as_ref().and_then(|node| self.place(node));
        let (Some(from), Some(to)) = (self.place(from), to) else {
            return;
        };
        let waiting = self.on_the_way.get_mut(&(from, to, frame));
        if let Some(number) = waiting.and_then(VecDeque::pop_front) {
            let message = &mut self.messages[number];
            message[1] = signed(event.at_us) - message[0];
        }
    }

    /// Drops the frames under way that will not arrive: those of a connection that is gone or new, or to a
    /// process that has ended.
    fn forget(&mut self, from: Option<&NodeName>, to: Option<&NodeName>) {
        let from = from.and_then(|node| self.place(node));
        let to = to.and_then(|node| self.place(node));
        self.on_the_way.retain(|(sender, receiver, _), _| {
            from.is_some_and(|from| from != *sender) || to.is_some_and(|to| to != *receiver)
        });
    }

    fn fault(&mut self, at: u64, fault: &Fault, outcome: &FaultOutcome) {
        let (how, receipt) = match outcome {
            FaultOutcome::Applied(text) => (0, text),
            FaultOutcome::Skipped(text) => (1, text),
            FaultOutcome::Unsupported(text) => (2, text),
        };
        let nodes: Vec<usize> = (0..self.nodes.len())
            .filter(|place| fault.concerns(&self.nodes[*place]))
            .collect();
        let name = self.text(fault.name());
        let words = self.text(&describe_fault(fault));
        let receipt = self.text(receipt);
        let node = nodes.first().map_or(json!(-1), |place| json!(place));
        let rest = vec![node, name, words, receipt, json!(how), json!(nodes)];
        self.push(at, Code::Fault, rest);
        if how == 0 {
            self.cut_links(at, fault);
        }
    }

    /// Records which links are cut.
    fn cut_links(&mut self, at: u64, fault: &Fault) {
        match fault {
            // A link whose one port is closed still carries the rest.
            Fault::Cut {
                from,
                to,
                port: None,
            } => {
                if let (Some(from), Some(to)) = (self.place(from), self.place(to)) {
                    self.cuts.insert((from, to));
                }
            }
            Fault::Partition(groups) => {
                self.cuts.clear();
                let group = |name: &NodeName| groups.iter().position(|group| group.contains(name));
                for (a, from) in self.nodes.iter().enumerate() {
                    for (b, to) in self.nodes.iter().enumerate() {
                        if a != b && group(from) != group(to) {
                            self.cuts.insert((a, b));
                        }
                    }
                }
            }
            Fault::Heal => self.cuts.clear(),
            _ => return,
        }
        let cuts: Vec<(usize, usize)> = self.cuts.iter().copied().collect();
        self.push(at, Code::Cuts, vec![json!(-1), json!(cuts)]);
    }

    fn request(&mut self, at: u64, id: u32, request: &Request) {
        let (node, kind, line) = match request {
            Request::Operator { node, line } => (node, 0, line.clone()),
            Request::Client { node, statement } => (node, 1, statement.to_string()),
        };
        let key = (node.as_str(), line.as_str(), at / 1_000);
        let procedure = self.procedures.get(&key).copied();
        // Each of several operators is named.
        let procedure = match (self.operator.take(), procedure) {
            (Some(operator), _) => self.text(&operator),
            (None, Some(name)) => self.text(name),
            (None, None) => json!(-1),
        };
        let rest = vec![
            self.node(Some(node)),
            json!(id),
            json!(kind),
            self.text(&line),
            procedure,
        ];
        self.push(at, Code::Request, rest);
    }

    fn ended(&mut self, at: u64, node: &Value, id: u32, progress: &Progress) {
        let rest = match progress {
            Progress::Running => return,
            Progress::Done(output) => vec![
                json!(0),
                self.text(&output.stdout),
                self.text(&output.stderr),
                json!(output.exit),
            ],
            Progress::Read(text) => vec![
                json!(0),
                self.text(text.as_deref().unwrap_or_default()),
                self.text(""),
                json!(0),
            ],
            Progress::Acknowledged => vec![json!(1)],
            Progress::Refused { code, message } => {
                vec![json!(2), json!(code), self.text(message)]
            }
            Progress::Unknown => vec![json!(3)],
        };
        let mut all = vec![node.clone(), json!(id)];
        all.extend(rest);
        self.push(at, Code::Ended, all);
    }

    /// Adds the state that was observed after a step, for engines that cannot show every change.
    fn states_of_observations(&mut self, run: &RecordedRun) {
        for seen in &run.record.observations {
            let at = seen.at_ms * 1_000;
            self.end_us = self.end_us.max(at);
            for (name, node) in &seen.nodes {
                let facts = super::observed::facts(node);
                let mut rest = vec![self.node(Some(name))];
                for (fact, value) in facts {
                    rest.push(self.text(fact));
                    rest.push(value.map_or(json!(-1), |value| self.text(&value)));
                }
                self.push(at, Code::State, rest);
            }
        }
        self.events.sort_by_key(|(at, _)| *at);
    }

    fn finish(&mut self, run: &RecordedRun, replay: &str) -> Value {
        let record = &run.record;
        self.end_us = self.end_us.max(record.simulated_ms * 1_000);
        let mut last = 0;
        let events: Vec<Value> = std::mem::take(&mut self.events)
            .into_iter()
            .map(|(at, mut event)| {
                event.insert(0, json!(at - last));
                last = at;
                Value::Array(event)
            })
            .collect();
        let mut last = 0;
        for message in &mut self.messages {
            let at = message[0];
            message[0] -= last;
            last = at;
        }
        // Columns deflate better than rows.
        let column = |place: usize| -> Vec<i64> {
            self.messages.iter().map(|message| message[place]).collect()
        };
        let messages: Vec<Vec<i64>> = (0..5).map(column).collect();
        let steps: Vec<Value> = run
            .scenario
            .steps
            .iter()
            .map(|step| json!([step.action, step.note]))
            .collect();
        let claims: Vec<Value> = record
            .claims
            .iter()
            .map(|claim| {
                json!({
                    "id": claim.id, "says": claim.says, "verdict": claim.verdict,
                    "expected": claim.expected, "step": claim.step, "assumes": claim.assumes,
                    "lines": claim.lines, "section": claim.lines.and_then(|(line, _)| section_of(line)),
                })
            })
            .collect();
        json!({
            "nodes": self.nodes, "events": events,
            "messages": messages, "end": self.end_us,
            "id": record.id, "title": record.title, "source": record.source,
            "section": record.source.as_deref().and_then(section_named),
            "why": run.scenario.why, "engine": record.engine, "seed": record.seed,
            "verdict": record.verdict, "failure": record.failure, "steps": steps,
            "claims": claims, "findings": record.findings, "pinned": run.scenario.findings,
            "second_phase": record.second_phase, "replay": replay,
        })
    }
}

fn signed<T: TryInto<i64>>(number: T) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
