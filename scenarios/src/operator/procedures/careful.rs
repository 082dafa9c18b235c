//! A careful operator's hands: lines with a limit and a total time, a stop that ends, a start that is counted.
//!
//! `manual-corrected` and `optimal` type with these. They differ in what they decide.

mod evidence;
mod restoring;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};

use seatrial_port::console::{CommandOutcome, Console};
use seatrial_port::{NodeName, Span};

pub(super) use restoring::BOOTSTRAPS;

use crate::operator::commands::LOCAL_STATE_QUERY;

use super::ProcedureOutcome;
use super::survey::{Seen, unit};

/// The procedure types nothing after this time. Even with the longest command it ends within 1 h.
const TOTAL: Span = Span::from_secs(2_700);

/// A look counts only if nothing has changed for this time: the group needs up to 7 s to
/// notice a failure (`evs.suspect_timeout` and a consensus).
pub(super) const QUIET: Span = Span::from_secs(10);

/// The longest time that a cluster may take to come to rest, and to restore itself.
pub(super) const SETTLE: Span = Span::from_secs(60);

/// Patience for a command that only prints.
pub(super) const PRINT: Span = Span::from_secs(30);

/// Patience for a stop, as in the manual's "if that hangs".
pub(super) const STOP: Span = Span::from_secs(60);

/// Patience for a start that may receive a whole copy of the data.
pub(super) const START: Span = Span::from_secs(300);

/// A plain start of a node that will wait for the others: long enough to hand the job to systemd.
pub(super) const HAND_OVER: Span = Span::from_secs(5);

/// The number of times that the procedure starts one node before it gives up on it.
pub(super) const STARTS: u32 = 3;

/// Removes the flag of `galera_new_cluster`, which has another name in 11.8 than in 10.11.
const FORGET_BOOTSTRAP: &str =
    "sudo rm -f /run/mysqld/wsrep-new-cluster /run/mariadb-wsrep-new-cluster";

/// The operator, and what the procedure has learnt and tried.
pub(super) struct Operator<'a> {
    pub(super) console: &'a mut dyn Console,
    pub(super) deadline: Span,
    /// Starts of each node.
    pub(super) starts: BTreeMap<NodeName, u32>,
    /// Nodes whose position was compared before the bootstrap: they may join without another look.
    pub(super) cleared: BTreeSet<NodeName>,
    /// Whether the automatic restore has had its chance.
    pub(super) waited: bool,
    /// Bootstraps that were tried.
    pub(super) bootstraps: u32,
}

/// The end of the procedure in the middle of it.
pub(super) type Early = Result<(), ProcedureOutcome>;

impl<'a> Operator<'a> {
    /// Takes the operator's seat.
    pub(super) fn new(console: &'a mut dyn Console) -> Self {
        let deadline = console.now() + TOTAL;
        Self {
            console,
            deadline,
            starts: BTreeMap::new(),
            cleared: BTreeSet::new(),
            waited: false,
            bootstraps: 0,
        }
    }

    /// Types a line, as long as the total time has not passed.
    pub(super) async fn at(
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

    /// Returns a node that is ready and does not become synced. The manual's table does not show that: a
    /// node that gives a copy of its data, or whose commits a session has blocked, is "ready" too
    /// (A1.8).
    pub(super) async fn not_synced(&mut self) -> Result<Option<NodeName>, ProcedureOutcome> {
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

    /// Takes the server of a node down, in order where that works and by force where it does not.
    ///
    /// The orderly stop comes first also where it is known to hang: systemd does not start again
    /// (`Restart=on-abnormal`) what it has been told to stop.
    pub(super) async fn stop(&mut self, node: &NodeName) -> Early {
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
    pub(super) async fn is_down(&mut self, node: &NodeName) -> bool {
        let unit = unit(self.console, node).await;
        unit.is_none_or(|word| word == "inactive" || word == "failed")
    }

    /// Starts the server of a node plainly, and counts how often that was done.
    pub(super) async fn start(
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
