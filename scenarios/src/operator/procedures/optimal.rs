//! The decision table, typed: looks, finds the first row that holds, does what it says, and looks again.
//!
//! The decisions stand in [`table`], as data. [`Lines`](crate::operator::advice::Lines) computes from the logs of two
//! nodes how far one has gone beyond the first primary view that left it out.
//! `docs/optimal.md` says how the table is examined.

mod acts;
mod sight;
pub mod table;

use seatrial_port::console::Console;

use super::ProcedureOutcome;
use super::careful::{Early, Operator, QUIET, SETTLE};
use super::survey::{Situation, Survey};
use table::Act;

/// Rounds of looking and acting. Each starts with a fresh look.
const ROUNDS: u32 = 16;

/// Recovers the cluster, or says why a person must. With `first`, the first act is this one, whatever the table
/// says: so the table is examined.
pub(super) async fn run(console: &mut dyn Console, first: Option<Act>) -> ProcedureOutcome {
    match Operator::new(console).by_the_table(first).await {
        Ok(()) => ProcedureOutcome::Recovered,
        Err(outcome) => outcome,
    }
}

impl Operator<'_> {
    async fn by_the_table(&mut self, mut first: Option<Act>) -> Early {
        for _ in 0..ROUNDS {
            let survey = Survey::settle(self.console, QUIET, SETTLE).await;
            let sight = self.sight(survey).await?;
            let (number, row) = table::first(&sight);
            self.console.decides(number);
            let act = first.take().unwrap_or(row.act);
            if act == Act::Done {
                return Ok(());
            }
            self.follow(act, &sight).await?;
        }
        let survey = Survey::take(self.console).await;
        match survey.verdict() {
            Situation::Recovered => Ok(()),
            _ => Err(ProcedureOutcome::GaveUp(format!(
                "no progress any more. Seen: {survey}"
            ))),
        }
    }
}
