//! Letting a procedure act, within a bound.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use crate::language::ProcedureEnd;
use crate::operator::procedures::{ProcedureOutcome, run_procedure};
use crate::port::{Span, Testbed};
use crate::trial::record::{ProcedureRecord, ms};

use super::console::RunnerConsole;
use super::external;
use super::run::Runner;

/// How long a procedure may take.
pub const PROCEDURE_BOUND: Span = Span::from_secs(60 * 60);

/// Polls a future to its end, or until `expired` is set while it is pending: then it is dropped.
///
/// This is how a procedure that would wait for ever is ended without a runtime's timers.
pub async fn run_bounded<F: Future>(future: F, expired: &Cell<bool>) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if expired.get() => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    })
    .await
}

impl<T: Testbed> Runner<'_, T> {
    /// Lets the procedure act, and says how it ended and what it said.
    pub(super) async fn procedure(&mut self, name: &str) -> (ProcedureEnd, String) {
        let began = self.testbed.now();
        let bound = began + PROCEDURE_BOUND;
        let expired = Cell::new(false);
        // A person walks the nodes by name, in whatever order they were started.
        let mut nodes = self.scenario.nodes.clone();
        nodes.sort();
        let mut console = RunnerConsole::new(
            self.testbed,
            &nodes,
            name,
            self.course.step,
            bound.min(self.course.deadline),
            &expired,
        );
        let program = self.options.program.as_deref();
        let outcome = match program.filter(|program| program.name() == name) {
            Some(program) => run_bounded(external::run(program, &mut console), &expired).await,
            None => run_bounded(run_procedure(name, &mut console), &expired).await,
        };
        let commands = std::mem::take(&mut console.commands);
        for command in &commands {
            self.course.deeds.command(&command.node, &command.line);
        }
        let last = commands
            .last()
            .map(|command| format!("{} on {}", command.line, command.node));
        self.course.record.commands.extend(commands);
        let (end, text) = match outcome {
            Some(ProcedureOutcome::Recovered) => (ProcedureEnd::Recovered, String::new()),
            Some(ProcedureOutcome::AsksPerson(text)) => (ProcedureEnd::AsksPerson, text),
            Some(ProcedureOutcome::GaveUp(text)) => (ProcedureEnd::GaveUp, text),
            None => {
                if bound > self.course.deadline {
                    self.course.over_limit = true;
                }
                let took = self.testbed.now().saturating_sub(began);
                let last = last.unwrap_or_else(|| "it typed nothing".to_owned());
                (
                    ProcedureEnd::Unbounded,
                    format!("after {took}, its last command was {last}"),
                )
            }
        };
        self.note(format!(
            "procedure {name} {}",
            super::act::describe_end(end, &text)
        ));
        self.course.record.procedures.push(ProcedureRecord {
            step: self.course.step,
            name: name.to_owned(),
            began_ms: ms(began),
            ended_ms: ms(self.testbed.now()),
            end,
            text: text.clone(),
        });
        (end, text)
    }
}
