//! The port through which a procedure acts: lines typed on nodes, text and exit codes back.
//!
//! It is narrower than the Testbed port on purpose. A procedure can apply no fault and sees no
//! observation, so it knows what an operator would know and nothing else (design, section 5).

use async_trait::async_trait;

use super::name::NodeName;
use super::request::Output;
use super::time::Span;
use super::tree::{FileChange, HostTree};

/// The result of a command, as a procedure learns it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandOutcome {
    /// The output and the exit code, which is 130 after Ctrl-C.
    pub output: Output,
    /// The limit passed and Ctrl-C was sent.
    pub timed_out: bool,
}

impl CommandOutcome {
    /// The exit code of `ssh` when it cannot reach the host.
    pub const UNREACHABLE: i32 = 255;

    /// Returns a command that ended by itself.
    pub const fn ended(output: Output) -> Self {
        Self {
            output,
            timed_out: false,
        }
    }

    /// Returns the answer for a host that is off: what `ssh` prints.
    pub fn unreachable(node: &NodeName) -> Self {
        Self::ended(Output {
            stdout: String::new(),
            stderr: format!("ssh: connect to host {node} port 22: No route to host\n"),
            exit: Self::UNREACHABLE,
        })
    }

    /// Returns whether the host could not be reached, so that the command was never run.
    pub const fn is_unreachable(&self) -> bool {
        self.output.exit == Self::UNREACHABLE
    }

    /// Returns whether the command ended by itself with exit code 0.
    pub const fn succeeded(&self) -> bool {
        !self.timed_out && self.output.exit == 0
    }
}

/// The longest time that a look at a node may take.
pub const LOOK_LIMIT: Span = Span::from_secs(30);

/// The operator's seat: a terminal on every node, and a watch.
#[async_trait(?Send)]
pub trait Console {
    /// Returns the nodes of the cluster, in the order in which the scenario names them.
    fn nodes(&self) -> Vec<NodeName>;

    /// Types the line on the node and waits for its end. When the limit passes first, Ctrl-C is
    /// sent, and the outcome says so. A host that is off answers
    /// [`CommandOutcome::unreachable`].
    async fn run(&mut self, node: &NodeName, line: &str, limit: Span) -> CommandOutcome;

    /// Types a line that only looks at something.
    async fn look(&mut self, node: &NodeName, line: &str) -> CommandOutcome {
        self.run(node, line, LOOK_LIMIT).await
    }

    /// Returns the files of a node's host, for a program of the user's on it. `known` is the version that the program
    /// has. No time passes.
    async fn host_tree(&mut self, node: &NodeName, known: Option<u64>) -> HostTree {
        let _ = (node, known);
        HostTree::Real
    }

    /// Does to the files of a node's host what a program has done to them. Returns a text for each change that the
    /// model does not have.
    async fn change_files(&mut self, node: &NodeName, changes: &[FileChange]) -> Vec<String> {
        let _ = (node, changes);
        Vec::new()
    }

    /// Says that no terminal shows what the lines print.
    fn at_no_terminal(&mut self) {}

    /// Keeps what the next line on a real node reads from its standard input.
    fn give_input(&mut self, node: &NodeName, input: String) {
        let _ = (node, input);
    }

    /// Takes down a line that ran on the node's host without the engine, and what came of it.
    fn took_place(&mut self, node: &NodeName, line: &str, output: Output) {
        let _ = (node, line, output);
    }

    /// Returns the node beside which the operator sits, if one does. Only the hosts that this node reaches answer
    /// then. An automaton on each node decides by it.
    fn seat(&self) -> Option<NodeName> {
        None
    }

    /// Says by which row of its table the procedure types what follows. It is for the record only.
    fn decides(&mut self, row: u32) {
        let _ = row;
    }

    /// Returns the instant, since the run's start.
    fn now(&self) -> Span;

    /// Waits.
    async fn sleep(&mut self, span: Span);
}
