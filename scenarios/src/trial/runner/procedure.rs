//! Lets a procedure act alone, within a time limit.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use seatrial_language::ProcedureEnd;
use seatrial_port::{NodeName, Span};

use crate::operator::procedures::{ProcedureOutcome, run_procedure};
use crate::trial::record::{ProcedureRecord, ms};

use super::clock::Halt;
use super::console::RunnerConsole;
use super::external::{self, Program};
use super::play::Play;

/// The longest time that a procedure may take.
pub const PROCEDURE_BOUND: Span = Span::from_secs(60 * 60);

/// Polls a future to its end, or until `expired` is set while it is pending: then it is dropped.
///
/// This ends a procedure that would wait without end, and needs no timers of a runtime.
pub async fn run_bounded<F: Future>(future: F, expired: &Cell<bool>) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if expired.get() => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    })
    .await
}

/// Lets a procedure act on these nodes, and returns how it ended and what it said. `program` takes its
/// place where the user has one of this name.
pub(super) async fn let_act(
    play: &mut Play<'_>,
    nodes: &[NodeName],
    name: &str,
    program: Option<&dyn Program>,
) -> (ProcedureEnd, String) {
    let began = play.now();
    let stood_before = u32::try_from(play.journal.record().findings.len()).unwrap_or(u32::MAX);
    let bound = began + PROCEDURE_BOUND;
    let deadline = play.clock.deadline();
    let step = play.journal.step();
    let expired = Cell::new(false);
    let mut console = RunnerConsole::new(
        play.testbed,
        nodes,
        name,
        step,
        bound.min(deadline),
        &expired,
    );
    let outcome = match program {
        Some(program) => run_bounded(external::run(program, &mut console), &expired).await,
        None => run_bounded(run_procedure(name, &mut console), &expired).await,
    };
    let commands = std::mem::take(&mut console.commands);
    let rows = std::mem::take(&mut console.rows);
    let last = commands
        .last()
        .map(|command| format!("{} on {}", command.line, command.node));
    play.journal.typed(commands);
    if outcome.is_none() && bound > deadline {
        play.clock.halt(Halt::OverLimit);
    }
    let (end, text) = told(outcome, last, play.now().saturating_sub(began));
    play.note(format!("procedure {name} {}", describe_end(end, &text)));
    play.journal.procedure(ProcedureRecord {
        step,
        name: name.to_owned(),
        began_ms: ms(began),
        ended_ms: ms(play.now()),
        end,
        text: text.clone(),
        stood_before,
        rows,
        operator: 0,
        seat: None,
    });
    (end, text)
}

/// Returns how a procedure ended, and what it said. One without an outcome had not ended after the time that it `took`;
/// `last` is then the command that it was at.
pub(super) fn told(
    outcome: Option<ProcedureOutcome>,
    last: Option<String>,
    took: Span,
) -> (ProcedureEnd, String) {
    match outcome {
        Some(ProcedureOutcome::Recovered) => (ProcedureEnd::Recovered, String::new()),
        Some(ProcedureOutcome::AsksPerson(text)) => (ProcedureEnd::AsksPerson, text),
        Some(ProcedureOutcome::GaveUp(text)) => (ProcedureEnd::GaveUp, text),
        None => {
            let last = last.unwrap_or_else(|| "it typed nothing".to_owned());
            (
                ProcedureEnd::Unbounded,
                format!("after {took}, its last command was {last}"),
            )
        }
    }
}

/// Returns the end of a procedure in words.
pub(super) fn describe_end(end: ProcedureEnd, text: &str) -> String {
    let what = match end {
        ProcedureEnd::Recovered => "said that the cluster has recovered",
        ProcedureEnd::AsksPerson => "asked a person",
        ProcedureEnd::GaveUp => "gave up",
        ProcedureEnd::Unbounded => "did not end",
    };
    if text.is_empty() {
        what.to_owned()
    } else {
        format!("{what}: {text}")
    }
}
