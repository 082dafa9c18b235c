//! Runs a program of the user's as the operator. It starts in a sandbox, and the engine answers it.
//! [`Confinement`] lists what the program can reach of the machine: only its own folder.
//!
//! The commands on the program's PATH are wrappers around [`shim`]. They ask over a socket in the sandbox,
//! and the run answers one question after another. The program's time, its output and its leftover
//! processes are bounded, so that it cannot block a run.

mod background;
mod confinement;
pub(crate) mod container;
mod hosts;
mod input;
mod launcher;
mod limits;
mod line;
mod own;
mod passing;
mod place;
mod process;
mod sandbox;
pub(crate) mod shim;
mod sql;
mod ssh;

use std::fmt::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Mutex;
use std::time::Duration;

use seatrial_scenarios::matrix::cut_between_words;
use seatrial_scenarios::outcome::Outcome;
use seatrial_scenarios::procedures::ProcedureOutcome;
use seatrial_scenarios::record::RunRecord;
use seatrial_scenarios::runner::external::{
    Answer, Next, Program, QUESTION_COST, Question, Session,
};
use seatrial_scenarios::{FileChange, HostTree, NodeName, Span};
use serde::{Deserialize, Serialize};

pub(crate) use confinement::Confinement;
use hosts::Hosts;
use launcher::{Ended, How};
use place::Acted;
use process::{Event, Process};
use sandbox::Sandbox;

/// What a program of the user's is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An executable file: it brings its own shell, and each of its commands costs what `ssh` costs.
    Script,
    /// A script that was made of a runbook. It types whole lines, as a person at a console does, so they cost what
    /// those of a built-in procedure cost.
    Runbook,
}

impl Kind {
    /// Returns the procedure's name in records and matrices.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Script => "script",
            Self::Runbook => "runbook",
        }
    }
}

/// Returns whether this is the name of a program of the user's.
pub(crate) fn is_own(procedure: &str) -> bool {
    [Kind::Script, Kind::Runbook]
        .iter()
        .any(|kind| kind.name() == procedure)
}

/// The longest time between two commands, in seconds of real time, unless the user says otherwise.
pub(crate) const PATIENCE_S: u64 = 10;

/// The exit code by which a program says that a person must decide.
const ASKS: i32 = 3;

/// The longest real time between two questions. After a longer time, the program must have slept by its
/// own means, which simulated time does not cover.
const SLEPT: Duration = Duration::from_secs(2);

/// The most characters of the last line that a program printed.
const LAST_MAX: usize = 300;

/// The number of lines of a command's output that a transcript shows.
const SHOWN: usize = 12;

/// What a wrapper sends over the socket: its question, the line of the program from which it was called, and the node
/// on whose host it runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Asked {
    from: Option<u32>,
    host: Option<NodeName>,
    question: Question,
}

/// A program under test, for one cell.
pub(crate) struct Script {
    kind: Kind,
    path: PathBuf,
    confinement: Confinement,
    patience: Duration,
    runs: Mutex<Vec<Report>>,
}

/// What a report says of one run of the program beside its outcome.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    /// The reasons why another run may differ.
    pub(crate) notes: Vec<String>,
    /// The beginning of its output, both streams in their order.
    pub(crate) printed: String,
    /// The reason why the run says nothing about the program: it could not start, or a command of its own was
    /// not there.
    pub(crate) not_judged: Option<String>,
    /// The commands that it typed, each with its line in the program.
    acted: Vec<Acted>,
    /// The file into which a runbook notes the blocks that it reached, as it was at the end.
    pub(crate) reached: String,
}

impl Report {
    /// Returns the lines of the program from which it typed, in their order, each run of equal ones once.
    pub(crate) fn way(&self) -> Vec<u32> {
        let mut lines: Vec<u32> = self.acted.iter().filter_map(|one| one.from).collect();
        lines.dedup();
        lines
    }
}

impl Script {
    /// `patience` is how much real time the program may take between two questions.
    pub(crate) fn new(
        kind: Kind,
        path: &Path,
        confinement: &Confinement,
        patience: Duration,
    ) -> Self {
        Self {
            kind,
            path: path.to_owned(),
            confinement: confinement.clone(),
            patience,
            runs: Mutex::new(Vec::new()),
        }
    }

    /// Returns the reports of the runs so far.
    pub(crate) fn reports(&self) -> Vec<Report> {
        self.runs
            .lock()
            .map(|runs| runs.clone())
            .unwrap_or_default()
    }

    /// Returns the line of the program, from 1, that belongs to an outcome. It is not always known.
    pub(crate) fn line_of(&self, reports: &[Report], outcome: Outcome) -> Option<u32> {
        let acted: Vec<&Acted> = reports.iter().flat_map(|one| &one.acted).collect();
        place::line_of(&self.path, &acted, outcome)
    }

    fn cannot_be_started(&self, why: &str) -> String {
        format!("{} cannot be started: {why}", self.path.display())
    }

    fn report(&self, report: Report) {
        if let Ok(mut runs) = self.runs.lock() {
            runs.push(report);
        }
    }
}

/// A running program. Its reports go to a [`Script`] that outlives it.
pub(crate) struct Shared(pub(crate) std::sync::Arc<Script>);

impl Program for Shared {
    fn name(&self) -> &str {
        self.0.kind.name()
    }

    fn question_cost(&self) -> Span {
        match self.0.kind {
            Kind::Script => QUESTION_COST,
            Kind::Runbook => Span::ZERO,
        }
    }

    fn sees_files(&self) -> bool {
        self.0.kind == Kind::Script && self.0.confinement.has_walls()
    }

    fn start(&self, nodes: &[NodeName]) -> Box<dyn Session> {
        let script = &self.0;
        let walls = &script.confinement;
        let begun = Sandbox::new(nodes, walls).and_then(|sandbox| {
            let hosts = Hosts::new(&sandbox)?;
            let process = Process::start(&script.path, &sandbox, walls, self.sees_files())?;
            Ok((sandbox, hosts, process))
        });
        match begun {
            Ok((sandbox, hosts, process)) => Box::new(Running {
                script: script.clone(),
                hosts,
                sandbox,
                process,
                notes: Vec::new(),
                not_judged: None,
                last: None,
                typed: None,
                acted: Vec::new(),
                over: false,
            }),
            Err(error) => {
                let text = script.cannot_be_started(&error.to_string());
                script.report(Report {
                    notes: vec![text.clone()],
                    not_judged: Some(text.clone()),
                    ..Report::default()
                });
                Box::new(NeverBegun(text))
            }
        }
    }
}

struct NeverBegun(String);

impl Session for NeverBegun {
    fn next(&mut self) -> Next {
        Next::Ended(ProcedureOutcome::GaveUp(self.0.clone()))
    }

    fn answer(&mut self, _: Answer) {}

    fn version(&self, _: &NodeName) -> Option<u64> {
        None
    }

    fn changes(&mut self, _: &NodeName) -> Vec<FileChange> {
        Vec::new()
    }

    fn show(&mut self, _: &NodeName, _: HostTree, _: Span) {}
}

struct Running {
    script: std::sync::Arc<Script>,
    hosts: Hosts,
    sandbox: Sandbox,
    process: Process,
    notes: Vec<String>,
    not_judged: Option<String>,
    /// The last command, its node, and its exit code.
    last: Option<String>,
    typed: Option<String>,
    acted: Vec<Acted>,
    over: bool,
}

impl Running {
    fn note(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !self.notes.contains(&text) {
            self.notes.push(text);
        }
    }

    fn ended(&mut self, outcome: ProcedureOutcome) -> Next {
        self.over = true;
        self.process.end();
        self.hosts.close();
        self.hosts.touch_all();
        if self.process.was_parallel() {
            self.note("it typed several commands at the same time: not reproducible");
        }
        let printed = self.process.printed();
        self.script.report(Report {
            notes: std::mem::take(&mut self.notes),
            printed,
            not_judged: self.not_judged.take(),
            acted: std::mem::take(&mut self.acted),
            reached: self.sandbox.reached(),
        });
        Next::Ended(outcome)
    }

    /// Returns the outcome that the program's end means.
    fn judge(&mut self, ended: &Ended) -> Next {
        self.process.end();
        if ended.left_behind {
            self.note("it left processes behind, which were killed");
        }
        if ended.too_many || self.sandbox.had_too_many_processes() {
            self.note("it started more than 400 processes, and all were killed");
        }
        let status = match &ended.how {
            How::Status(status) => ExitStatus::from_raw(*status),
            How::NeverBegan(why) => {
                // The tool that makes the walls, or the launcher, has printed the reason.
                let reason = last_line(&self.process.printed());
                let text = self.script.cannot_be_started(&format!("{why}: {reason}"));
                self.note(text.clone());
                self.not_judged = Some(text.clone());
                return self.ended(ProcedureOutcome::GaveUp(text));
            }
        };
        let last = last_line(&self.process.printed());
        let outcome = match status.code() {
            Some(0) => ProcedureOutcome::Recovered,
            Some(ASKS) => ProcedureOutcome::AsksPerson(last),
            Some(code) => {
                let after = self.last.take();
                let after = after.map_or_else(String::new, |last| format!(" after {last}"));
                let text = format!("exit code {code}{after}: {last}");
                if let Some(why) = means_not_run(code) {
                    self.not_judged = Some(format!("{text} ({why})"));
                }
                ProcedureOutcome::GaveUp(text)
            }
            None => {
                let text = format!("it was killed: {status}");
                self.note(text.clone());
                ProcedureOutcome::GaveUp(text)
            }
        };
        self.ended(outcome)
    }
}

impl Session for Running {
    fn next(&mut self) -> Next {
        let (event, waited) = self.process.next(self.script.patience);
        if waited >= SLEPT {
            self.note("it waited by other means than Seatrial's `sleep`: not reproducible");
        }
        match event {
            Event::Asks(asked) => {
                if let Some(host) = &asked.host {
                    self.hosts.touch(host);
                }
                match &asked.question {
                    Question::Run { node, line, .. } => {
                        self.typed = Some(format!("`{line}` on {node}"));
                        self.acted.push(Acted {
                            from: asked.from,
                            line: line.clone(),
                            on_a_node: self.sandbox.nodes.contains(node),
                        });
                    }
                    Question::Reach { node } => {
                        let walls = &self.script.confinement;
                        if let Err(error) = self.hosts.open(node, &self.sandbox, walls) {
                            self.note(format!("the host of {node} could not be confined: {error}"));
                        }
                    }
                    Question::Ended { node, line, .. } => {
                        self.hosts.touch(node);
                        self.acted.push(Acted {
                            from: asked.from,
                            line: line.clone(),
                            on_a_node: self.sandbox.nodes.contains(node),
                        });
                    }
                    Question::Sleep { .. } | Question::Clock => {}
                }
                Next::Asks(asked.question)
            }
            Event::Ended(ended) => self.judge(&ended),
            Event::Flood => {
                let text = "it printed more than 1 MB, and was killed";
                self.note(text);
                self.ended(ProcedureOutcome::GaveUp(text.to_owned()))
            }
            Event::Fills => {
                let text = "it filled the disk, and was killed";
                self.note(text);
                self.ended(ProcedureOutcome::GaveUp(text.to_owned()))
            }
            Event::Silent => {
                let text = format!(
                    "it hung: it typed no command for {} s of real time, and was killed",
                    self.script.patience.as_secs()
                );
                self.note(text.clone());
                self.ended(ProcedureOutcome::GaveUp(text))
            }
            Event::Stopped => self.ended(ProcedureOutcome::GaveUp("a signal ended it".to_owned())),
        }
    }

    fn answer(&mut self, answer: Answer) {
        if let Some(typed) = self.typed.take() {
            self.last = Some(format!("{typed} had returned {}", answer.output.exit));
        }
        self.process.answer(&answer);
    }

    fn version(&self, node: &NodeName) -> Option<u64> {
        self.hosts.version(node)
    }

    fn changes(&mut self, node: &NodeName) -> Vec<FileChange> {
        self.hosts.changes(node)
    }

    fn show(&mut self, node: &NodeName, tree: HostTree, now: Span) {
        if let Err(error) = self.hosts.show(node, tree, now, self.process.sql()) {
            self.note(format!("the files of {node} could not be shown: {error}"));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.over {
            self.note("it took longer than a procedure may, and was killed");
            self.ended(ProcedureOutcome::GaveUp(String::new()));
        }
    }
}

/// Returns the meaning of an exit code by which a shell says that a program was not run at all.
const fn means_not_run(code: i32) -> Option<&'static str> {
    match code {
        126 => Some("126 means that a program was found and could not be executed"),
        127 => Some("127 means that a program was not found"),
        _ => None,
    }
}

/// Returns the last line that is not empty.
fn last_line(text: &str) -> String {
    let mut lines = text.lines().rev().map(str::trim);
    let last = lines.find(|line| line.chars().any(char::is_alphanumeric));
    cut_between_words(last.unwrap_or("it printed nothing"), LAST_MAX)
}

/// Returns the transcript: what the program typed, what came back, and what it printed itself.
pub(crate) fn transcript(record: &RunRecord, reports: &[Report]) -> String {
    let mut text = String::new();
    let acted = reports.iter().flat_map(|report| &report.acted);
    let mut acted: std::collections::VecDeque<&Acted> = acted.filter(|one| one.on_a_node).collect();
    for command in record.commands.iter().filter(|one| one.procedure.is_some()) {
        // A line that ran on a host by itself is not in the record if its commands are.
        let at = acted.iter().position(|one| one.line == command.line);
        let place = at.and_then(|at| acted.drain(..=at).next_back()?.from);
        let place = place
            .map(|line| format!(" line {line:>4}:"))
            .unwrap_or_default();
        let _ = write!(
            text,
            "{:>9.1}s{place} {}$ {}",
            Duration::from_millis(command.at_ms).as_secs_f64(),
            command.node,
            command.line
        );
        let Some(output) = &command.output else {
            text.push('\n');
            continue;
        };
        let _ = writeln!(text, "  [{}]", output.exit);
        let lines: Vec<&str> = output.stdout.lines().chain(output.stderr.lines()).collect();
        for (index, line) in lines.iter().enumerate() {
            let left_out = lines.len().saturating_sub(SHOWN);
            match index.checked_sub(SHOWN / 2) {
                Some(0) if left_out > 0 => {
                    let _ = writeln!(text, "             … {left_out} lines left out");
                }
                Some(beyond) if beyond < left_out => {}
                _ => {
                    let _ = writeln!(text, "             {line}");
                }
            }
        }
    }
    for report in reports {
        for note in &report.notes {
            let _ = writeln!(text, "note: {note}");
        }
        if !report.printed.is_empty() {
            let _ = writeln!(text, "--- what it printed\n{}", report.printed.trim_end());
        }
    }
    text
}
