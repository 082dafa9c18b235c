//! The manual's "Recovery procedure" with the fewest changes that make it safe.
//!
//! These are the differences and the reasons (the numbers are those of `measurements.md`):
//!
//! - The manual: ERROR 2002 means "not running". Here: the unit's state is asked too, since a node
//!   that waits for a primary component says the same (A3.19).
//! - The manual: decides on one look. Here: looks until nothing changes, since survivors show the
//!   old view for some seconds (A6.41).
//! - The manual: restarts failing nodes. Here: starts nodes that are down, and leaves live ones
//!   alone, since a graceful restart of the survivor destroys the automatic restore (A4.29).
//! - The manual: bootstraps the survivor of two terminations. Here: starts the others and waits,
//!   since the cluster then restores itself in seconds (A4.24).
//! - The manual: bootstraps the first node that says 1. Here: compares the positions of all nodes,
//!   since the 1 may be stale (A1.1, G48).
//! - The manual: compares numbers only. Here: asks a person where the histories differ, since
//!   numbers of two histories are not comparable (A7.45, s63).
//! - The manual: takes the last matching line of the log. Here: takes the line of this very run,
//!   with the colon, since the log holds older positions (G49).
//! - The manual: trusts every position. Here: not that of a half-copied node, since it shows the
//!   donor's position (A5.38).
//! - The manual: `killall -9 mysqld`. Here: `killall -9 mariadbd`, too, since the process has
//!   another name since 10.5 (B).
//! - The manual: force, stop, bootstrap. Here: stop, force, bootstrap, since the stop writes over
//!   the force (B).
//! - The manual: says nothing of a node that cannot be reached. Here: asks a person, unless that
//!   node is known to be behind, since it may hold the newest data (defect D4).
//! - The manual: Ctrl-C and on. Here: removes the flag of `galera_new_cluster` before a plain
//!   start, since an interrupted bootstrap leaves it, and the next start is a second bootstrap
//!   (defect D10).
//! - The manual: starts a node that is ahead of the cluster. Here: asks a person, since its own
//!   transactions would be thrown away (A5.34).
//! - The manual: takes one uuid for one history. Here: asks a person where the saved views have no
//!   member in common, and where a node was the last one of a component (`safe_to_bootstrap: 1`, or a
//!   saved view of itself) and another one has gone on: a forced bootstrap has made two histories of
//!   one, and nodes of both would be Synced with different rows (A5.35).
//! - The manual: restarts a failing node again and again. Here: three times, then a person is asked
//!   to look at its host.
//!
//! One primary component anywhere means that nothing is ever bootstrapped.

mod rejoin;
mod restore;

use seatrial_port::console::Console;
use seatrial_port::list;

use super::careful::{Early, Operator, QUIET, SETTLE};
use super::survey::{Seen, Situation, Survey};
use super::{ProcedureOutcome, Reads};

/// Rounds of looking and acting. Each starts with a fresh look.
const ROUNDS: u32 = 12;

/// A recovered position counts only if the number of such lines has grown by the procedure's own recovery run. Saved
/// views without a common member tell of two histories.
pub(super) const READS: Reads = Reads {
    old_lines: false,
    saved_views: true,
};

/// Recovers the cluster, or says why a person must.
pub(super) async fn run(console: &mut dyn Console) -> ProcedureOutcome {
    match Operator::new(console).rounds().await {
        Ok(()) => ProcedureOutcome::Recovered,
        Err(outcome) => outcome,
    }
}

impl Operator<'_> {
    async fn rounds(&mut self) -> Early {
        for _ in 0..ROUNDS {
            let survey = Survey::settle(self.console, QUIET, SETTLE).await;
            match survey.verdict() {
                Situation::Recovered => match self.not_synced().await? {
                    Some(node) => self.start_again(&node).await?,
                    None => return Ok(()),
                },
                Situation::Twins => return Err(twins(&survey)),
                Situation::Primary(_) => self.rejoin(&survey).await?,
                Situation::NoPrimary => self.restore(&survey).await?,
            }
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

fn twins(survey: &Survey) -> ProcedureOutcome {
    let primaries = survey.names(|seen| matches!(seen, Seen::Answers(t) if t.is_primary()));
    ProcedureOutcome::AsksPerson(format!(
        "there is more than one primary component: {} do not all count each other, and both sides \
         may hold rows that the other lacks. Decide which side is kept. Seen: {survey}",
        list(&primaries)
    ))
}
