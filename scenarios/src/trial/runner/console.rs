//! The console on a testbed: it runs a procedure's commands, and records them.

use std::cell::Cell;

use async_trait::async_trait;
use seatrial_port::console::{CommandOutcome, Console, LOOK_LIMIT};
use seatrial_port::{
    Condition, FileChange, HostTree, NodeName, Output, Progress, Request, Span, Testbed,
};

use crate::trial::record::{CommandRecord, ms};

use super::requests::shorten;

/// The longest time that a command may take to end after Ctrl-C.
pub(super) const INTERRUPT_LIMIT: Span = Span::from_secs(10);

/// Exit code of a command that Ctrl-C has ended.
const INTERRUPTED: i32 = 130;

/// A console on a testbed. It records every command, and stops answering when its time is over.
///
/// Owns the time that a procedure has left and the commands that it has typed. A procedure calls it. It types
/// and reads only: it applies no fault and sees no observation.
pub struct RunnerConsole<'a> {
    testbed: &'a mut dyn Testbed,
    nodes: &'a [NodeName],
    procedure: &'a str,
    step: u32,
    deadline: Span,
    expired: &'a Cell<bool>,
    operator: u32,
    seat: Option<NodeName>,
    /// The commands so far.
    pub commands: Vec<CommandRecord>,
    /// The rows of its table by which the procedure has decided.
    pub rows: Vec<u32>,
}

impl<'a> RunnerConsole<'a> {
    /// Returns a console for a procedure. When `deadline` has passed it sets `expired` and never answers
    /// again, so that whoever runs the procedure can drop it.
    pub fn new(
        testbed: &'a mut dyn Testbed,
        nodes: &'a [NodeName],
        procedure: &'a str,
        step: u32,
        deadline: Span,
        expired: &'a Cell<bool>,
    ) -> Self {
        Self {
            testbed,
            nodes,
            procedure,
            step,
            deadline,
            expired,
            operator: 0,
            seat: None,
            commands: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// Gives the console to an operator of this number, who sits beside a node.
    #[must_use]
    pub(super) fn of_operator(mut self, number: u32, seat: Option<NodeName>) -> Self {
        self.operator = number;
        self.seat = seat;
        self
    }

    /// Types a line and waits for its end, or for the limit and the end after Ctrl-C.
    async fn type_line(&mut self, node: &NodeName, line: &str, limit: Span) -> CommandOutcome {
        let request = Request::Operator {
            node: node.clone(),
            line: line.to_owned(),
        };
        let id = self.testbed.start(request);
        let left = self.deadline.saturating_sub(self.testbed.now());
        let ended = self
            .testbed
            .wait(&Condition::Ended(id), limit.min(left))
            .await
            .is_ok();
        if !ended {
            self.testbed.interrupt(id);
            // Whether the time after Ctrl-C passes or the command ends: the answer is the same.
            let _ = self
                .testbed
                .wait(&Condition::Ended(id), INTERRUPT_LIMIT)
                .await;
        }
        let output = match self.testbed.poll(id).await {
            Progress::Done(output) => output,
            _ => Output {
                exit: INTERRUPTED,
                ..Output::default()
            },
        };
        CommandOutcome {
            output,
            timed_out: !ended,
        }
    }

    /// Never returns once the deadline has passed.
    async fn stop_at_deadline(&self) {
        if self.testbed.now() >= self.deadline {
            self.expired.set(true);
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait(?Send)]
impl Console for RunnerConsole<'_> {
    fn nodes(&self) -> Vec<NodeName> {
        self.nodes.to_vec()
    }

    async fn run(&mut self, node: &NodeName, line: &str, limit: Span) -> CommandOutcome {
        self.stop_at_deadline().await;
        let index = self.commands.len();
        self.commands.push(CommandRecord {
            step: self.step,
            at_ms: ms(self.testbed.now()),
            node: node.clone(),
            line: line.to_owned(),
            procedure: Some(self.procedure.to_owned()),
            operator: self.operator,
            output: None,
            ended_ms: None,
            timed_out: false,
        });
        let outcome = self.type_line(node, line, limit).await;
        let command = &mut self.commands[index];
        let mut kept = outcome.output.clone();
        shorten(&mut kept.stdout);
        shorten(&mut kept.stderr);
        command.output = Some(kept);
        command.ended_ms = Some(ms(self.testbed.now()));
        command.timed_out = outcome.timed_out;
        outcome
    }

    async fn host_tree(&mut self, node: &NodeName, known: Option<u64>) -> HostTree {
        self.testbed.host_tree(node, known).await
    }

    async fn change_files(&mut self, node: &NodeName, changes: &[FileChange]) -> Vec<String> {
        self.testbed.change_files(node, changes).await
    }

    fn at_no_terminal(&mut self) {
        self.testbed.at_no_terminal();
    }

    fn give_input(&mut self, node: &NodeName, input: String) {
        self.testbed.give_input(node, input);
    }

    fn decides(&mut self, row: u32) {
        self.rows.push(row);
    }

    fn seat(&self) -> Option<NodeName> {
        self.seat.clone()
    }

    fn took_place(&mut self, node: &NodeName, line: &str, mut output: Output) {
        shorten(&mut output.stdout);
        shorten(&mut output.stderr);
        let now = ms(self.testbed.now());
        self.commands.push(CommandRecord {
            step: self.step,
            at_ms: now,
            node: node.clone(),
            line: line.to_owned(),
            procedure: Some(self.procedure.to_owned()),
            operator: self.operator,
            output: Some(output),
            ended_ms: Some(now),
            timed_out: false,
        });
    }

    /// As with `run`, but what was typed stays out of the record.
    async fn look(&mut self, node: &NodeName, line: &str) -> CommandOutcome {
        self.type_line(node, line, LOOK_LIMIT).await
    }

    fn now(&self) -> Span {
        self.testbed.now()
    }

    async fn sleep(&mut self, span: Span) {
        self.stop_at_deadline().await;
        let left = self.deadline.saturating_sub(self.testbed.now());
        // `Never` ends by its limit, always.
        let _ = self.testbed.wait(&Condition::Never, span.min(left)).await;
    }
}
