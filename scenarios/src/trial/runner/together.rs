//! Lets operators act on one cluster: one alone, or several at once.
//!
//! Several operators are futures that share the cluster (`shared.rs`). In each instant every operator that can go on
//! does so, in their order, until it waits. When all wait, time passes until the first wait is over.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use seatrial_language::{Beside, Operators, ProcedureEnd};
use seatrial_port::trace::TraceKind;
use seatrial_port::{Condition, NodeName, RequestId, Span, Testbed};

use crate::operator::procedures::{ProcedureOutcome, run_procedure};
use crate::trial::record::{CommandRecord, ProcedureRecord, end_of_all, ms};

use super::clock::Halt;
use super::console::RunnerConsole;
use super::external::Program;
use super::journal::Journal;
use super::play::Play;
use super::procedure::{PROCEDURE_BOUND, describe_end, let_act, run_bounded, told};
use super::reach::away;
use super::shared::{Desk, Share, Turn, waits};
use super::witness::Witness;

/// What operators came to.
pub(super) struct Acted {
    /// The end of the first operator, and what it said.
    pub(super) first: (ProcedureEnd, String),
    /// The end of all of them, taken as one.
    pub(super) end: ProcedureEnd,
    /// The words of each.
    pub(super) said: String,
}

/// An operator that has ended.
struct Ended {
    /// None where its time was over.
    outcome: Option<ProcedureOutcome>,
    commands: Vec<CommandRecord>,
    rows: Vec<u32>,
    began: Span,
    at: Span,
}

/// An operator at work.
type AtWork<'s> = Pin<Box<dyn Future<Output = Ended> + 's>>;

/// Lets the operators of a procedure act on these nodes. `program` takes the place of the procedure where the user has
/// one of its name; it acts alone.
pub(super) async fn let_operators_act(
    play: &mut Play<'_>,
    witness: &mut Witness,
    nodes: &[NodeName],
    name: &str,
    operators: &Operators,
    program: Option<&dyn Program>,
) -> Acted {
    if operators.is_alone() {
        let (end, text) = let_act(play, nodes, name, program).await;
        return Acted {
            said: format!("{name} {}", describe_end(end, &text)),
            first: (end, text),
            end,
        };
    }
    let all = operators.all(name);
    let began = play.now();
    // What stands now is not their doing.
    look(play.testbed, witness, play.journal).await;
    let stood_before = u32::try_from(play.journal.record().findings.len()).unwrap_or(u32::MAX);
    let ended = act_at_once(play, witness, nodes, &all).await;

    let mut commands = Vec::new();
    let mut ends = Vec::new();
    for (one, (number, ended)) in all.iter().zip((1..).zip(ended)) {
        let last = ended.commands.last();
        let last = last.map(|command| format!("{} on {}", command.line, command.node));
        if ended.outcome.is_none() && began + one.after + PROCEDURE_BOUND > play.clock.deadline() {
            play.clock.halt(Halt::OverLimit);
        }
        let took = ended.at.saturating_sub(ended.began);
        let (end, text) = told(ended.outcome, last, took);
        commands.extend(ended.commands);
        let record = ProcedureRecord {
            step: play.journal.step(),
            name: one.procedure.clone(),
            began_ms: ms(ended.began),
            ended_ms: ms(ended.at),
            end,
            text: text.clone(),
            stood_before,
            rows: ended.rows,
            operator: number,
            seat: one.seat.clone(),
        };
        ends.push((record.who(), end, text));
        play.journal.procedure(record);
    }
    // Each operator's own commands are in order; those of the same millisecond stay in the order of the operators.
    commands.sort_by_key(|command: &CommandRecord| command.at_ms);
    play.journal.typed(commands);
    let said: Vec<String> = ends
        .iter()
        .map(|(who, end, text)| format!("{who} {}", describe_end(*end, text)))
        .collect();
    for one in &said {
        play.note(format!("operator {one}"));
    }
    let end = end_of_all(ends.iter().map(|(_, end, _)| *end));
    let first = ends.into_iter().next();
    let first = first.map_or((ProcedureEnd::GaveUp, String::new()), |(_, end, text)| {
        (end, text)
    });
    Acted {
        end: end.unwrap_or(first.0),
        first,
        said: said.join("; "),
    }
}

/// Lets all of them act at once until each has ended. The oracles look whenever time has passed: what one operator brings
/// about, another one may undo before all have ended.
async fn act_at_once(
    play: &mut Play<'_>,
    witness: &mut Witness,
    nodes: &[NodeName],
    all: &[Beside],
) -> Vec<Ended> {
    let step = play.journal.step();
    let began = play.now();
    let deadline = play.clock.deadline();
    let desk = Desk::new(play.testbed);
    let turns: Vec<Cell<Turn>> = all.iter().map(|_| Cell::default()).collect();
    let expired: Vec<Cell<bool>> = all.iter().map(|_| Cell::default()).collect();
    let mut at_work: Vec<Option<AtWork<'_>>> = Vec::new();
    for (place, one) in all.iter().enumerate() {
        let mut share = Share {
            desk: &desk,
            turn: &turns[place],
            operator: u32::try_from(place).unwrap_or(u32::MAX).saturating_add(1),
            procedure: &one.procedure,
            seat: one.seat.as_ref(),
            away: one
                .seat
                .as_ref()
                .map(|seat| away(&play.journal.record().faults, nodes, seat))
                .unwrap_or_default(),
            tried: Vec::new(),
        };
        let expired = &expired[place];
        at_work.push(Some(Box::pin(async move {
            if one.after > Span::ZERO {
                // `Never` ends by its limit, always.
                let _ = share.wait(&Condition::Never, one.after).await;
            }
            let begins = began + one.after;
            let bound = (begins + PROCEDURE_BOUND).min(deadline);
            let number = share.operator;
            let mut console =
                RunnerConsole::new(&mut share, nodes, &one.procedure, step, bound, expired)
                    .of_operator(number, one.seat.clone());
            let outcome = run_bounded(run_procedure(&one.procedure, &mut console), expired).await;
            let commands = std::mem::take(&mut console.commands);
            let rows = std::mem::take(&mut console.rows);
            Ended {
                outcome,
                commands,
                rows,
                began: begins,
                at: share.now(),
            }
        })));
    }
    let mut ended: Vec<Option<Ended>> = all.iter().map(|_| None).collect();
    loop {
        for (place, turn) in turns.iter().enumerate() {
            if let Some(one) = &mut at_work[place]
                && waits(turn).is_none()
                && let Some(done) = go_on(one, turn).await
            {
                ended[place] = Some(done);
                at_work[place] = None;
            }
        }
        if at_work.iter().all(Option::is_none) {
            break;
        }
        if !answer(&desk, &turns).await {
            let_time_pass(&desk, &turns).await;
            for (node, line) in desk.take_typed() {
                witness.hear_of_line(&node, &line);
            }
            let testbed = desk.take();
            look(testbed, witness, play.journal).await;
            desk.put(testbed);
        }
    }
    drop(at_work);
    ended.into_iter().flatten().collect()
}

/// Shows the cluster to the oracles, and writes down what they find.
async fn look(testbed: &mut dyn Testbed, witness: &mut Witness, journal: &mut Journal) {
    let seen = testbed.observe().await;
    let found = witness.see(&seen, false, journal);
    for one in &found {
        let text = format!("finding {}: {}", one.oracle, one.message);
        testbed.record(None, TraceKind::Note { text });
    }
    journal.found(found);
}

/// Lets an operator go on until it waits, and returns what it came to if it has ended. Where the engine itself takes
/// its time to answer, nobody else goes on meanwhile.
async fn go_on(one: &mut AtWork<'_>, turn: &Cell<Turn>) -> Option<Ended> {
    poll_fn(|context| match one.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if waits(turn).is_some() => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    })
    .await
}

/// Answers everybody whose request has ended or whose time is over, and says whether there was one.
async fn answer(desk: &Desk<'_>, turns: &[Cell<Turn>]) -> bool {
    let mut any = false;
    for turn in turns {
        let Some((request, until)) = waits(turn) else {
            continue;
        };
        let testbed = desk.take();
        let met = match request {
            Some(id) => testbed.poll(id).await.has_ended(),
            None => false,
        };
        let is_over = testbed.now() >= until;
        desk.put(testbed);
        if met || is_over {
            turn.set(Turn::Answered(met));
            any = true;
        }
    }
    any
}

/// Lets time pass until a request has ended that somebody waits for, or somebody's time is over.
async fn let_time_pass(desk: &Desk<'_>, turns: &[Cell<Turn>]) {
    let waiting: Vec<(Option<RequestId>, Span)> = turns.iter().filter_map(waits).collect();
    let Some(until) = waiting.iter().map(|(_, until)| *until).min() else {
        return;
    };
    let requests: Vec<RequestId> = waiting.iter().filter_map(|(request, _)| *request).collect();
    let condition = match requests.as_slice() {
        [] => Condition::Never,
        _ => Condition::OneEnded(requests),
    };
    let testbed = desk.take();
    let limit = until.saturating_sub(testbed.now());
    // Whether a request has ended is asked afterwards.
    let _ = testbed.wait(&condition, limit).await;
    desk.put(testbed);
}
