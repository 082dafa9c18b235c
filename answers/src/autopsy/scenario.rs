//! Writes a scenario whose simulated run tells the story again, as far as the language can say it.
//!
//! The deeds of the story become steps, in their order. After each change of membership a check asks for
//! the primary component that the logs show. A start that failed is played by what kept it out. What cannot be played
//! again is named.

mod failed;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use seatrial_autopsy::{Act, Deed, JoinFailure, Story};

/// How many rows stand for the write sets of one stretch.
const ROWS_MAX: i64 = 3;

/// How many refused starts stand for all of a row.
const REFUSALS_MAX: usize = 2;

/// The longest time between an act and the line that shows what came of it, in seconds.
const NEAR_S: i64 = 120;

/// How many nodes have a letter.
const NODES_MAX: usize = 26;

/// A reconstruction.
pub struct Reconstruction {
    /// The scenario file.
    pub toml: String,
    /// The scenario up to the moment before the point of no return, for a procedure to begin from; `None`
    /// where there is no such moment, or where nothing of it could be played again.
    pub before_no_return: Option<String>,
    /// What could not be played again, and what was made smaller.
    pub remarks: Vec<String>,
    /// The names of the nodes, in the order of their letters.
    names: Vec<String>,
}

impl Reconstruction {
    /// Returns what became of the reconstruction, for people. `file` is where it was written.
    pub fn text(&self, file: &str) -> String {
        super::text::reconstruction(self, file)
    }

    /// The name that the logs give to the node with this letter.
    pub fn name(&self, letter_of: &str) -> String {
        let mut names = self.names.iter().enumerate();
        let found = names.find(|(place, _)| letter(*place).to_string() == letter_of);
        found.map_or_else(|| letter_of.to_owned(), |(_, name)| name.clone())
    }
}

/// A node in the course of the reconstruction.
#[derive(Clone, Debug, PartialEq, Eq)]
enum At {
    /// It runs in the component with this number.
    In(usize),
    Down,
}

struct Writer<'a> {
    story: &'a Story,
    names: Vec<&'a str>,
    at: Vec<At>,
    /// Whether the node holds any data.
    has_data: Vec<bool>,
    /// Whether the node is a donor that never comes back from it.
    hangs: Vec<bool>,
    components: usize,
    steps: String,
    remarks: Vec<String>,
    findings: BTreeSet<&'static str>,
    /// Write sets were made fewer.
    scaled: Option<(i64, i64)>,
    /// The nodes that wrote in each component.
    written: Vec<(usize, i64)>,
    before_no_return: Option<String>,
    /// How many starts that failed were played.
    attempts: usize,
}

/// Makes the scenario.
pub fn reconstruct(story: &Story) -> Option<Reconstruction> {
    let names: Vec<&str> = story.nodes.iter().map(|node| node.name.as_str()).collect();
    if names.is_empty() || names.len() > NODES_MAX || story.components.is_empty() {
        return None;
    }
    let mut writer = Writer {
        story,
        at: vec![At::Down; names.len()],
        has_data: vec![false; names.len()],
        hangs: vec![false; names.len()],
        names,
        components: 0,
        steps: String::new(),
        remarks: Vec::new(),
        findings: BTreeSet::new(),
        scaled: None,
        written: Vec::new(),
        before_no_return: None,
        attempts: 0,
    };
    writer.play();
    let initial = writer.initial();
    let toml = writer.file(initial, &writer.steps.clone(), false);
    let before = writer.before_no_return.clone();
    let before_no_return = before.map(|steps| writer.file(initial, &steps, true));
    if let Some((real, played)) = writer.scaled {
        writer.remarks.insert(
            0,
            format!(
                "{real} write sets are played as {played} rows: their number is of no account."
            ),
        );
    }
    Some(Reconstruction {
        toml,
        before_no_return,
        remarks: writer.remarks,
        names: writer.names.iter().map(|name| (*name).to_owned()).collect(),
    })
}

fn letter(node: usize) -> char {
    u8::try_from(node).map_or('?', |node| char::from(b'A' + node))
}

impl Writer<'_> {
    /// Whether the cluster stands at the beginning.
    fn initial(&self) -> &'static str {
        let first = self.story.acts.first().map(|act| &act.deed);
        match first {
            Some(Deed::NewCluster { .. }) => "empty",
            Some(Deed::Bootstrapped { .. } | Deed::Refused { .. } | Deed::Started { .. }) => "down",
            _ => "synced",
        }
    }

    fn file(&self, initial: &str, steps: &str, open: bool) -> String {
        let nodes: Vec<String> = (0..self.names.len())
            .map(|node| format!("\"{}\"", letter(node)))
            .collect();
        let mut text = String::new();
        for (node, name) in self.names.iter().enumerate() {
            let _ = writeln!(text, "# {} is {}", letter(node), shown(name));
        }
        for remark in &self.remarks {
            let _ = writeln!(text, "# {}", shown(remark));
        }
        let _ = writeln!(text, "id     = \"reconstructed\"");
        let _ = writeln!(text, "title  = \"An incident, made again from its logs\"");
        let _ = writeln!(text, "nodes  = [{}]", nodes.join(", "));
        if initial != "synced" {
            let _ = writeln!(text, "initial = \"{initial}\"");
        }
        let _ = writeln!(text, "pace   = \"rest\"");
        if open {
            // It is taken whole, with the bootstraps in it.
            let _ = writeln!(text, "pack   = \"wild\"");
        }
        let _ = writeln!(text, "second_phase = false");
        if !open && !self.findings.is_empty() {
            let findings: Vec<String> = self
                .findings
                .iter()
                .map(|finding| format!("\"{finding}\""))
                .collect();
            let _ = writeln!(text, "findings = [{}]", findings.join(", "));
        }
        text.push_str(steps);
        if open {
            text.push_str("\n[[step]]\nprocedure = { name = \"manual-corrected\" }\n");
        }
        text
    }

    fn node(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|own| *own == name)
    }

    fn step(&mut self, step: &str, note: &str) {
        let _ = write!(self.steps, "\n[[step]]\n{step}\n");
        if !note.is_empty() {
            let note = shown(note).replace(['"', '\\'], "'");
            let _ = writeln!(self.steps, "note = \"{note}\"");
        }
    }

    fn members(&self, component: usize) -> Vec<usize> {
        (0..self.at.len())
            .filter(|node| self.at[*node] == At::In(component))
            .collect()
    }

    fn running(&self) -> Vec<usize> {
        (0..self.at.len())
            .filter(|node| self.at[*node] != At::Down)
            .collect()
    }

    /// Asks for the component that is there now.
    fn expect(&mut self, component: usize) {
        let members = self.members(component);
        if members.is_empty() {
            return;
        }
        let size = members.len();
        // The status of a node whose applier hangs is that of before.
        let (hung, members): (Vec<usize>, Vec<usize>) =
            members.into_iter().partition(|node| self.hangs[*node]);
        if members.is_empty() {
            let nodes = list(&hung);
            self.step(
                &format!(
                    "expect = {{ nodes = [{nodes}], cluster_status = \"Primary\", within = \"5m\" }}"
                ),
                "",
            );
            return;
        }
        let nodes = list(&members);
        self.step(
            &format!(
                "expect = {{ nodes = [{nodes}], cluster_status = \"Primary\", cluster_size = {size}, \
                 local_state = \"Synced\", within = \"5m\" }}"
            ),
            "",
        );
    }

    fn play(&mut self) {
        if self.initial() == "synced" {
            let present: Vec<usize> = self
                .story
                .acts
                .iter()
                .filter_map(|act| match &act.deed {
                    Deed::Present { node } => self.node(node),
                    _ => None,
                })
                .collect();
            for node in 0..self.at.len() {
                self.at[node] = At::In(0);
                self.has_data[node] = true;
            }
            self.components = 1;
            self.expect(0);
            for node in 0..self.at.len() {
                if !present.contains(&node) && !present.is_empty() {
                    self.at[node] = At::Down;
                    let step = format!("stop = {{ nodes = [\"{}\"] }}", letter(node));
                    self.step(&step, "The logs begin without it.");
                }
            }
        } else if self.initial() == "down" {
            self.has_data = vec![true; self.at.len()];
        }
        let acts = self.story.acts.clone();
        let turn = self.turn();
        for (index, act) in acts.iter().enumerate() {
            if turn == Some(index) {
                self.before_no_return = Some(self.steps.clone());
            }
            self.act(&act.at, &act.deed, &acts[index + 1..]);
        }
    }

    /// The act from which on there was no return, or danger: an operator could still do otherwise before it.
    fn turn(&self) -> Option<usize> {
        let statement = self
            .story
            .no_return
            .as_ref()
            .or(self.story.danger.as_ref())?;
        let moment = statement.second?;
        self.story.acts.iter().position(|act| {
            let is_turn = matches!(act.deed, Deed::Started { .. } | Deed::Stopped { .. });
            is_turn && (act.second - moment).abs() <= NEAR_S
        })
    }

    fn act(&mut self, at: &str, deed: &Deed, later: &[Act]) {
        match deed {
            // A reversal is part of the start that it ended.
            Deed::Present { .. } | Deed::Reversed { .. } => {}
            Deed::NewCluster { node } => {
                let Some(node) = self.node(node) else { return };
                self.bootstrap(node, at, "a new history");
                self.has_data[node] = true;
            }
            Deed::Refused { node, times } => self.refused(node, *times, at),
            Deed::FlagSet { node } => {
                let Some(node) = self.node(node) else { return };
                let step = format!("force = {{ node = \"{}\" }}", letter(node));
                self.step(&step, &format!("{at}: somebody set the flag"));
            }
            Deed::Bootstrapped { node, forks, .. } => self.bootstrapped(node, *forks, at),
            Deed::Started {
                node,
                joined,
                empty,
                failure,
            } => {
                let next = later.first().map(|act| &act.deed);
                self.started(node, (*joined, failure.as_ref()), *empty, at, next);
            }
            Deed::DonorHangs { node } => {
                let Some(node) = self.node(node) else { return };
                self.hang(node, at);
            }
            Deed::Stopped { node } => {
                let Some(node) = self.node(node) else { return };
                let At::In(component) = self.at[node] else {
                    return;
                };
                self.others_first(node, later);
                self.at[node] = At::Down;
                let step = format!("stop = {{ nodes = [\"{}\"] }}", letter(node));
                self.step(&step, &format!("{at}: stopped in order"));
                self.expect(component);
            }
            Deed::Ended { node } => {
                let Some(node) = self.node(node) else { return };
                let At::In(component) = self.at[node] else {
                    return;
                };
                self.at[node] = At::Down;
                let step = format!("terminate = {{ nodes = [\"{}\"] }}", letter(node));
                self.step(&step, &format!("{at}: ended, and nothing says how"));
                let left = self.members(component).len();
                if left * 2 > left + 1 {
                    self.expect(component);
                }
            }
            Deed::Wrote { node, write_sets } => {
                let Some(node) = self.node(node) else { return };
                let At::In(component) = self.at[node] else {
                    return;
                };
                // A node that hangs orders nothing of its own.
                let writer = if self.hangs[node] {
                    let members = self.members(component);
                    members.into_iter().find(|member| !self.hangs[*member])
                } else {
                    Some(node)
                };
                let Some(node) = writer else {
                    self.remarks.push(format!(
                        "{write_sets} write sets at {at} are left out: their only member hangs as a donor."
                    ));
                    return;
                };
                let rows = (*write_sets).clamp(1, ROWS_MAX) + self.ahead(component, later);
                let (real, played) = self.scaled.unwrap_or((0, 0));
                self.scaled = Some((real + write_sets, played + rows));
                self.written.push((component, rows));
                let step = format!("write = {{ node = \"{}\", rows = {rows} }}", letter(node));
                self.step(&step, &format!("{write_sets} write sets"));
            }
        }
    }

    /// A side that is ahead of the other one when they meet must be so here, too: the rows that the other
    /// side has in all.
    fn ahead(&self, component: usize, later: &[Act]) -> i64 {
        let members = self.members(component);
        let is_member = |name: &str| self.node(name).is_some_and(|node| members.contains(&node));
        let meets = later
            .iter()
            .position(|act| matches!(&act.deed, Deed::Reversed { node, .. } if is_member(node)));
        let Some(meets) = meets else { return 0 };
        let since = self
            .written
            .iter()
            .filter(|(other, _)| *other != component && component > 0);
        let before: i64 = since.map(|(_, rows)| rows).sum();
        let then: i64 = later[..meets]
            .iter()
            .filter_map(|act| match &act.deed {
                Deed::Wrote { node, write_sets } if !is_member(node) => {
                    Some((*write_sets).clamp(1, ROWS_MAX))
                }
                _ => None,
            })
            .sum();
        if self.components > 1 {
            before + then
        } else {
            0
        }
    }

    fn refused(&mut self, name: &str, times: usize, at: &str) {
        let Some(node) = self.node(name) else { return };
        let played = times.min(REFUSALS_MAX);
        if played < times {
            self.remarks.push(format!(
                "{times} refused starts of {name} are played as {played}."
            ));
        }
        for _ in 0..played {
            let node = letter(node);
            self.step(
                &format!("bootstrap = {{ node = \"{node}\" }}"),
                &format!("{at}: refused, as the flag is 0"),
            );
            self.step(
                &format!("expect = {{ node = \"{node}\", process = \"exited\", exit = 1, within = \"2m\" }}"),
                "",
            );
        }
    }

    fn bootstrap(&mut self, node: usize, at: &str, what: &str) -> usize {
        let component = self.components;
        self.components += 1;
        self.at[node] = At::In(component);
        let step = format!("bootstrap = {{ node = \"{}\" }}", letter(node));
        self.step(&step, &format!("{at}: {what}"));
        self.expect(component);
        component
    }

    /// A node that bootstraps next, and goes on in one line of history, was the last one to stop. So
    /// the others stop before it, where no log shows when.
    fn others_first(&mut self, node: usize, later: &[Act]) {
        let next = later
            .iter()
            .position(|act| matches!(act.deed, Deed::Bootstrapped { .. } | Deed::Started { .. }));
        let Some(next) = next else { return };
        let Deed::Bootstrapped {
            node: own,
            forks: false,
            ..
        } = &later[next].deed
        else {
            return;
        };
        // Where it was refused first, it was not the last one.
        let refused = |act: &Act| matches!(&act.deed, Deed::Refused { node, .. } if node == own);
        if self.node(own) != Some(node) || later[..next].iter().any(refused) {
            return;
        }
        let shown: Vec<usize> = later[..next]
            .iter()
            .filter_map(|act| match &act.deed {
                Deed::Stopped { node } | Deed::Ended { node } => self.node(node),
                _ => None,
            })
            .collect();
        for other in self.running() {
            if other != node && !shown.contains(&other) {
                self.stop_unseen(other, &later[next].at.clone());
            }
        }
    }

    /// Stops a node of which no log shows how it stopped.
    fn stop_unseen(&mut self, node: usize, before: &str) {
        self.at[node] = At::Down;
        let step = format!("stop = {{ nodes = [\"{}\"] }}", letter(node));
        self.step(&step, "No log shows how it stopped.");
        self.remarks.push(format!(
            "{} is stopped before the bootstrap of {before}: no log shows how.",
            self.names[node]
        ));
    }

    fn bootstrapped(&mut self, name: &str, forks: bool, at: &str) {
        let Some(node) = self.node(name) else { return };
        if !forks {
            // It goes on in one line of history: the others were down by then.
            for other in self.running() {
                if other != node {
                    self.stop_unseen(other, at);
                }
            }
            if let At::In(_) = self.at[node] {
                self.at[node] = At::Down;
                let step = format!("stop = {{ nodes = [\"{}\"] }}", letter(node));
                self.step(&step, "");
            }
        }
        let others = self.running();
        self.bootstrap(node, at, "bootstrapped");
        if forks && !others.is_empty() {
            self.step(
                "expect = { cluster = \"twin-primaries\", within = \"60s\", for = \"10s\" }",
                "the fork",
            );
            self.findings.insert("twin-primaries");
            let mut forks = self.story.forks.iter();
            if forks.any(|fork| fork.sides.iter().all(|side| side.write_sets > 0)) {
                self.findings.insert("histories-diverge");
            }
        }
    }

    fn started(
        &mut self,
        name: &str,
        (joined, failure): (bool, Option<&JoinFailure>),
        empty: bool,
        at: &str,
        next: Option<&Deed>,
    ) {
        let Some(node) = self.node(name) else { return };
        let Some(component) = self
            .running()
            .first()
            .and_then(|other| match self.at[*other] {
                At::In(component) => Some(component),
                At::Down => None,
            })
        else {
            self.remarks.push(format!(
                "The start of {name} at {at} is left out: no node served then."
            ));
            return;
        };
        if self.at[node] != At::Down {
            // It was seen as a member of the view before with another identity.
            self.at[node] = At::Down;
            let step = format!("terminate = {{ nodes = [\"{}\"] }}", letter(node));
            self.step(&step, "It starts again; no log shows how it ended.");
        }
        let letter_of = letter(node);
        let start = format!("start = {{ nodes = [\"{letter_of}\"] }}");
        if let Some(Deed::Reversed {
            node: other,
            own,
            group,
        }) = next
            && other == name
        {
            self.step(
                &start,
                &format!("{at}: reversing history, {own} to {group}"),
            );
            self.step(
                &format!(
                    "expect = {{ node = \"{letter_of}\", process = \"exited\", exit = 134, within = \"2m\" }}"
                ),
                "it has more than its group, and aborts",
            );
            self.expect(component);
            self.findings.insert("reversed-history");
            return;
        }
        if empty && self.has_data[node] {
            self.step(
                &format!("disk_lost = {{ node = \"{letter_of}\" }}"),
                &format!("{at}: it starts without a position, so that a full copy overwrites it"),
            );
            if self
                .story
                .forks
                .iter()
                .any(|fork| fork.sides.iter().any(|side| side.lost))
            {
                self.findings.insert("acknowledged-write-lost");
            }
        }
        if let (false, Some(failure)) = (joined, failure)
            && self.kept_out(node, component, (failure, empty), at)
        {
            return;
        }
        if !joined && !empty {
            self.remarks.push(format!(
                "The start of {name} at {at} did not become a member: it cannot be played again, and is left out."
            ));
            return;
        }
        self.at[node] = At::In(component);
        self.has_data[node] = true;
        self.step(&start, at);
        self.expect(component);
        if !joined {
            self.remarks.push(format!(
                "The transfer that broke after {name} was started at {at} cannot be played again: here it succeeds."
            ));
        }
    }
}

fn list(nodes: &[usize]) -> String {
    let nodes: Vec<String> = nodes
        .iter()
        .map(|node| format!("\"{}\"", letter(*node)))
        .collect();
    nodes.join(", ")
}

/// A name out of a log, without what would end a line of the file.
fn shown(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect()
}
