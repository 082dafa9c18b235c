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

mod evidence;
mod rejoin;
mod restore;

use std::collections::{BTreeMap, BTreeSet};

use seatrial_port::console::{CommandOutcome, Console};
use seatrial_port::{NodeName, Span, list};

use crate::operator::commands::LOCAL_STATE_QUERY;

use super::ProcedureOutcome;
use super::survey::{Seen, Situation, Survey, unit};

/// The procedure types nothing after this time. Even with the longest command it ends within 1 h.
const TOTAL: Span = Span::from_secs(2_700);

/// Rounds of looking and acting. Each starts with a fresh look.
const ROUNDS: u32 = 12;

/// A look counts only if nothing has changed for this time: the group needs up to 7 s to
/// notice a failure (`evs.suspect_timeout` and a consensus).
const QUIET: Span = Span::from_secs(10);

/// The longest time that a cluster may take to come to rest, and to restore itself.
const SETTLE: Span = Span::from_secs(60);

/// Patience for a command that only prints.
const PRINT: Span = Span::from_secs(30);

/// Patience for a stop, as in the manual's "if that hangs".
const STOP: Span = Span::from_secs(60);

/// Patience for a start that may receive a whole copy of the data.
const START: Span = Span::from_secs(300);

/// The number of times that the procedure starts one node before it gives up on it.
const STARTS: u32 = 3;

/// Removes the flag of `galera_new_cluster`, which has another name in 11.8 than in 10.11.
const FORGET_BOOTSTRAP: &str =
    "sudo rm -f /run/mysqld/wsrep-new-cluster /run/mariadb-wsrep-new-cluster";

/// The operator, and what the procedure has learnt and tried.
struct Operator<'a> {
    console: &'a mut dyn Console,
    deadline: Span,
    /// Starts of each node.
    starts: BTreeMap<NodeName, u32>,
    /// Nodes whose position was compared before the bootstrap: they may join without another look.
    cleared: BTreeSet<NodeName>,
    /// Whether the automatic restore has had its chance.
    waited: bool,
    /// Bootstraps that were tried.
    bootstraps: u32,
}

/// The end of the procedure in the middle of it.
type Early = Result<(), ProcedureOutcome>;

/// Recovers the cluster, or says why a person must.
pub(super) async fn run(console: &mut dyn Console) -> ProcedureOutcome {
    let deadline = console.now() + TOTAL;
    let mut operator = Operator {
        console,
        deadline,
        starts: BTreeMap::new(),
        cleared: BTreeSet::new(),
        waited: false,
        bootstraps: 0,
    };
    match operator.rounds().await {
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

    /// Returns a node that is ready and does not become synced. The manual's table does not show that: a
    /// node that gives a copy of its data, or whose commits a session has blocked, is "ready" too
    /// (A1.8).
    async fn not_synced(&mut self) -> Result<Option<NodeName>, ProcedureOutcome> {
        let line = format!("mysql -NBe \"{LOCAL_STATE_QUERY}\"");
        let until = self.console.now() + START;
        loop {
            let mut late = None;
            for node in self.console.nodes() {
                let shown = self.at(&node, &line, PRINT).await?.output.stdout;
                if ["Donor", "Joined", "Joining"]
                    .iter()
                    .any(|state| shown.contains(state))
                {
                    late = Some(node);
                }
            }
            if late.is_none() || self.console.now() >= until {
                return Ok(late);
            }
            self.console.sleep(Span::from_secs(5)).await;
        }
    }

    /// Types a line, as long as the total time has not passed.
    async fn at(
        &mut self,
        node: &NodeName,
        line: &str,
        limit: Span,
    ) -> Result<CommandOutcome, ProcedureOutcome> {
        if self.console.now() >= self.deadline {
            return Err(ProcedureOutcome::GaveUp(format!(
                "the time is over; the next command would have been `{line}` on {node}"
            )));
        }
        Ok(self.console.run(node, line, limit).await)
    }

    /// Takes the server of a node down, in order where that works and by force where it does not.
    ///
    /// The orderly stop comes first also where it is known to hang: systemd does not start again
    /// (`Restart=on-abnormal`) what it has been told to stop.
    async fn stop(&mut self, node: &NodeName) -> Early {
        // A node that waits for a primary component does not react to SIGTERM (B), and one that has
        // been told to stop before need not be told for long.
        let waits = unit(self.console, node)
            .await
            .is_some_and(|word| word == "activating" || word == "deactivating");
        let patience = if waits { Span::from_secs(5) } else { STOP };
        self.at(node, "sudo systemctl stop mariadb", patience)
            .await?;
        for _ in 0..10 {
            // The manual's `mysqld` is the name of the process before 10.5. Nothing may be left of
            // it, or the recovery run finds the data locked; and the unit says nothing of a process
            // that outlived its stop.
            let kill = self
                .at(node, "sudo killall -9 mariadbd mysqld", PRINT)
                .await?;
            let none_left = kill.output.stderr.matches("no process found").count() == 2;
            if none_left && self.is_down(node).await {
                return Ok(());
            }
            // A killed server looks like a crash: a restart that was planned for it is taken back.
            self.at(node, "sudo systemctl stop mariadb", STOP).await?;
        }
        Err(ProcedureOutcome::GaveUp(format!(
            "the server of {node} cannot be stopped"
        )))
    }

    /// Returns whether systemd runs nothing on the node. A host that does not answer runs nothing either.
    async fn is_down(&mut self, node: &NodeName) -> bool {
        let unit = unit(self.console, node).await;
        unit.is_none_or(|word| word == "inactive" || word == "failed")
    }

    /// Starts the server of a node plainly, and counts how often that was done.
    async fn start(
        &mut self,
        node: &NodeName,
        patience: Span,
    ) -> Result<CommandOutcome, ProcedureOutcome> {
        let starts = self.starts.entry(node.clone()).or_insert(0);
        *starts += 1;
        if *starts > STARTS {
            let seen = Seen::take(self.console, node).await;
            return Err(ProcedureOutcome::AsksPerson(format!(
                "{node} was started {STARTS} times and is no member of the cluster: something on \
                 its host keeps it from running, such as a full disk. Look at its log. Seen: {seen}"
            )));
        }
        // A bootstrap that was interrupted left its flag behind, and this start would be another
        // one (defect D10).
        self.at(node, FORGET_BOOTSTRAP, PRINT).await?;
        self.at(node, "sudo systemctl start mariadb", patience)
            .await
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
