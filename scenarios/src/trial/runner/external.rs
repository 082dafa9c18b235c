//! Lets a program from outside this crate act as the operator.
//!
//! The crate knows no process and no socket: whoever starts the program hands over a [`Program`], which
//! is asked what it wants next, and told what came of it. Simulated time passes only in what it asks
//! for, each at a fixed cost, so that a run depends on the program's questions and on nothing else.

use std::collections::BTreeMap;
use std::fmt;

use seatrial_port::console::{CommandOutcome, Console};
use seatrial_port::{FileChange, HostTree, NodeName, Output, Span};
use serde::{Deserialize, Serialize};

use crate::operator::commands::NO_COMMAND;
use crate::operator::procedures::ProcedureOutcome;

/// The cost of each question in simulated time, beside the time of the command: an `ssh` and a person's
/// or a script's next line are no faster.
pub const QUESTION_COST: Span = Span::from_millis(100);

/// The most questions of a run: as many as an hour has at their usual cost. A loop that costs nothing ends too.
const QUESTIONS_MAX: u32 = 36_000;

/// The longest that one command may take where the program sets no limit of its own.
const LIMIT: Span = super::PROCEDURE_BOUND;

/// The request of a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "ask")]
pub enum Question {
    /// Type a line on a node.
    Run {
        /// The node.
        node: NodeName,
        /// The line.
        line: String,
        /// What it reads from its standard input, on a real host.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<String>,
        /// Ctrl-C after this many milliseconds.
        limit_ms: Option<u64>,
    },
    /// See whether a host answers.
    Reach {
        /// The node.
        node: NodeName,
    },
    /// A line that ran in a shell on a simulated host has ended.
    Ended {
        /// The node.
        node: NodeName,
        /// The line.
        line: String,
        /// The beginning of what it printed, and its exit code.
        output: Output,
    },
    /// Let time pass.
    Sleep {
        /// Milliseconds.
        ms: u64,
    },
    /// Ask for the time.
    Clock,
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The output.
    pub output: Output,
    /// Ctrl-C was sent.
    pub timed_out: bool,
    /// Milliseconds since the run's start.
    pub now_ms: u64,
    /// The host is a real one: a line runs on it as it is.
    pub is_real: bool,
}

/// The next event of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// It asks something.
    Asks(Question),
    /// It has ended.
    Ended(ProcedureOutcome),
}

/// A way to start a program of the user's.
pub trait Program: Send + Sync {
    /// Returns the name under which it stands in the record.
    fn name(&self) -> &str;

    /// Returns the cost of each question beside the time of the command.
    fn question_cost(&self) -> Span {
        QUESTION_COST
    }

    /// Returns whether it sees the files of the nodes as files of its own, and may change them. Otherwise it types
    /// whole lines at the console.
    fn sees_files(&self) -> bool {
        true
    }

    /// Starts it, for a cluster of these nodes.
    fn start(&self, nodes: &[NodeName]) -> Box<dyn Session>;
}

impl fmt::Debug for dyn Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Program({})", self.name())
    }
}

/// A program that runs. It is ended when this is dropped.
pub trait Session {
    /// Waits until the program asks something or has ended.
    fn next(&mut self) -> Next;

    /// Tells it what came of its question.
    fn answer(&mut self, answer: Answer);

    /// Returns the version of a node's files that it has, if it has seen them.
    fn version(&self, node: &NodeName) -> Option<u64>;

    /// Returns what it has done to the files of a node since they were last shown.
    fn changes(&mut self, node: &NodeName) -> Vec<FileChange>;

    /// Shows it the files of a node, as they are `now`.
    fn show(&mut self, node: &NodeName, tree: HostTree, now: Span);
}

/// Lets a program act until it ends.
pub(super) async fn run(program: &dyn Program, console: &mut dyn Console) -> ProcedureOutcome {
    let nodes = console.nodes();
    let mut hosts = Hosts {
        session: program.start(&nodes),
        sees_files: program.sees_files(),
        lines: nodes
            .iter()
            .map(|node| (node.clone(), Line::default()))
            .collect(),
    };
    if program.sees_files() {
        console.at_no_terminal();
    }
    hosts.show(console).await;
    for _ in 0..QUESTIONS_MAX {
        let question = match hosts.session.next() {
            Next::Ended(outcome) => {
                hosts.take_changes(console).await;
                return outcome;
            }
            Next::Asks(question) => question,
        };
        hosts.take_changes(console).await;
        if program.question_cost() > Span::ZERO && !matches!(question, Question::Ended { .. }) {
            console.sleep(program.question_cost()).await;
        }
        let mut answer = hosts.carry_out(question, console).await;
        hosts.show(console).await;
        answer.now_ms = console.now().as_micros() / 1_000;
        hosts.session.answer(answer);
    }
    ProcedureOutcome::GaveUp(format!("it had not ended after {QUESTIONS_MAX} commands"))
}

/// A program with the hosts that it acts on.
struct Hosts {
    session: Box<dyn Session>,
    sees_files: bool,
    /// The lines on each node.
    lines: BTreeMap<NodeName, Line>,
}

/// What happened on a node since the last line on it had ended.
#[derive(Default)]
struct Line {
    /// The engine has run a command, which is in the record.
    has_command: bool,
    /// Files have changed.
    has_changes: bool,
    /// What the model does not have.
    gaps: Vec<String>,
}

impl Hosts {
    async fn carry_out(&mut self, question: Question, console: &mut dyn Console) -> Answer {
        let mut answer = Answer {
            output: Output::default(),
            timed_out: false,
            now_ms: 0,
            is_real: false,
        };
        match question {
            Question::Run { node, .. }
            | Question::Reach { node }
            | Question::Ended { node, .. }
                if !self.lines.contains_key(&node) =>
            {
                answer.output = Output {
                    stdout: String::new(),
                    stderr: format!(
                        "ssh: Could not resolve hostname {node}: Name or service not known\n"
                    ),
                    exit: CommandOutcome::UNREACHABLE,
                };
            }
            Question::Run {
                node,
                line,
                input,
                limit_ms,
            } => {
                if let Some(input) = input {
                    console.give_input(&node, input);
                }
                if let Some(of_node) = self.lines.get_mut(&node) {
                    of_node.has_command = true;
                }
                let limit = limit_ms.map_or(LIMIT, Span::from_millis).min(LIMIT);
                let outcome = console.run(&node, &line, limit).await;
                answer.output = outcome.output;
                answer.timed_out = outcome.timed_out;
            }
            Question::Reach { node } => {
                match console.host_tree(&node, self.session.version(&node)).await {
                    HostTree::Off => answer.output = CommandOutcome::unreachable(&node).output,
                    HostTree::Real => answer.is_real = true,
                    HostTree::Same | HostTree::Files { .. } => {}
                }
            }
            Question::Ended { node, line, output } => self.ended(&node, &line, output, console),
            Question::Sleep { ms } => console.sleep(Span::from_millis(ms)).await,
            Question::Clock => {}
        }
        answer
    }

    /// A line has ended. It is in the record by its commands, or else by itself.
    fn ended(
        &mut self,
        node: &NodeName,
        line: &str,
        mut output: Output,
        console: &mut dyn Console,
    ) {
        let of_node = self
            .lines
            .get_mut(node)
            .map(std::mem::take)
            .unwrap_or_default();
        if of_node.has_command && !of_node.has_changes {
            return;
        }
        for gap in of_node.gaps {
            output.stderr = format!("{NO_COMMAND}model of {gap}\n{}", output.stderr);
        }
        console.took_place(node, line, output);
    }

    /// Takes over what the program has done to the files of the hosts.
    async fn take_changes(&mut self, console: &mut dyn Console) {
        if !self.sees_files {
            return;
        }
        for (node, line) in &mut self.lines {
            let changes = self.session.changes(node);
            if !changes.is_empty() {
                line.has_changes = true;
                line.gaps.extend(console.change_files(node, &changes).await);
            }
        }
    }

    async fn show(&mut self, console: &mut dyn Console) {
        if !self.sees_files {
            return;
        }
        for node in self.lines.keys() {
            let tree = console.host_tree(node, self.session.version(node)).await;
            if tree != HostTree::Same {
                self.session.show(node, tree, console.now());
            }
        }
    }
}
