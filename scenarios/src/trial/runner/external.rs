//! Lets a program from outside this crate act as the operator.
//!
//! The crate knows no process and no socket: whoever starts the program hands over a [`Program`], which
//! is asked what it wants next, and told what came of it. Simulated time passes only in what it asks
//! for, each at a fixed cost, so that a run depends on the program's questions and on nothing else.

use std::fmt;

use seatrial_port::console::{CommandOutcome, Console};
use seatrial_port::paths::{BACKEND_LOG, GRASTATE, GVWSTATE, MARIADB_LOG};
use seatrial_port::{NodeName, Output, Span};
use serde::{Deserialize, Serialize};

use crate::operator::procedures::ProcedureOutcome;

/// The cost of each question in simulated time, beside the time of the command: an `ssh` and a person's
/// or a script's next line are no faster.
pub const QUESTION_COST: Span = Span::from_millis(100);

/// The most questions of a run: as many as an hour has at their usual cost. A loop that costs nothing ends too.
const QUESTIONS_MAX: u32 = 36_000;

/// The files of a node that a program sees as files: its two state files and its two logs.
pub const SHOWN_FILES: [&str; 4] = [GRASTATE, GVWSTATE, MARIADB_LOG, BACKEND_LOG];

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
        /// Ctrl-C after this many milliseconds.
        limit_ms: Option<u64>,
    },
    /// See whether a host answers.
    Reach {
        /// The node.
        node: NodeName,
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
}

/// The content of a node's files; `None` for a missing file.
pub type Files = Vec<(&'static str, Option<String>)>;

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

    /// Returns whether it sees the files of the nodes as files of its own. They are read before it starts and after
    /// each of its commands, which takes time on the nodes.
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

    /// Shows it the files of a node; `None` where the host does not answer.
    fn show(&mut self, node: &NodeName, files: Option<Files>);
}

/// Lets a program act until it ends.
pub(super) async fn run(program: &dyn Program, console: &mut dyn Console) -> ProcedureOutcome {
    let nodes = console.nodes();
    let mut session = program.start(&nodes);
    if program.sees_files() {
        show_all(session.as_mut(), console, &nodes).await;
    }
    for _ in 0..QUESTIONS_MAX {
        let question = match session.next() {
            Next::Ended(outcome) => return outcome,
            Next::Asks(question) => question,
        };
        if program.question_cost() > Span::ZERO {
            console.sleep(program.question_cost()).await;
        }
        let mut answer = Answer {
            output: Output::default(),
            timed_out: false,
            now_ms: 0,
        };
        let mut may_have_changed = false;
        match question {
            Question::Run {
                node,
                line,
                limit_ms,
                ..
            } if nodes.contains(&node) => {
                let limit = limit_ms.map_or(LIMIT, Span::from_millis).min(LIMIT);
                let outcome = console.run(&node, &line, limit).await;
                answer.output = outcome.output;
                answer.timed_out = outcome.timed_out;
                // A command on one node can change the files of another.
                may_have_changed = true;
            }
            Question::Reach { node } if nodes.contains(&node) => {
                if !show(session.as_mut(), console, &node).await {
                    answer.output = CommandOutcome::unreachable(&node).output;
                }
            }
            Question::Run { node, .. } | Question::Reach { node } => {
                answer.output = Output {
                    stdout: String::new(),
                    stderr: format!(
                        "ssh: Could not resolve hostname {node}: Name or service not known\n"
                    ),
                    exit: CommandOutcome::UNREACHABLE,
                };
            }
            Question::Sleep { ms } => {
                console.sleep(Span::from_millis(ms)).await;
                may_have_changed = true;
            }
            Question::Clock => {}
        }
        if may_have_changed && program.sees_files() {
            show_all(session.as_mut(), console, &nodes).await;
        }
        answer.now_ms = console.now().as_micros() / 1_000;
        session.answer(answer);
    }
    ProcedureOutcome::GaveUp(format!("it had not ended after {QUESTIONS_MAX} commands"))
}

async fn show_all(session: &mut dyn Session, console: &mut dyn Console, nodes: &[NodeName]) {
    for node in nodes {
        show(session, console, node).await;
    }
}

/// Shows the files of a node, and says whether its host answers.
async fn show(session: &mut dyn Session, console: &mut dyn Console, node: &NodeName) -> bool {
    let files = console.files(node, &SHOWN_FILES).await;
    let answers = files.is_some();
    session.show(node, files);
    answers
}
