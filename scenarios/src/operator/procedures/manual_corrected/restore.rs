//! No primary component anywhere: wait for the automatic restore where it can come, and otherwise
//! bootstrap the node that holds everything (manual: All nodes are down, Two nodes are terminated).

use seatrial_galera::ClusterStatus;
use seatrial_port::{NodeName, list};

use crate::operator::advice::{Decision, Evidence, choose, is_covered};
use crate::operator::procedures::ProcedureOutcome;
use crate::operator::procedures::reading::Tables;
use crate::operator::procedures::survey::{Seen, Situation, Survey};

use crate::operator::procedures::careful::{BOOTSTRAPS, Early, HAND_OVER, Operator, SETTLE};

impl Operator<'_> {
    /// Brings back a primary component, or says why a person must.
    pub(super) async fn restore(&mut self, survey: &Survey) -> Early {
        refuse_after_a_conflict(survey)?;
        if !self.waited {
            self.waited = true;
            if self.automatic_restore(survey).await? {
                return Ok(());
            }
        }
        self.bootstrap_the_furthest().await
    }

    /// Lets the cluster restore itself, and says whether it did.
    ///
    /// Survivors remember the last primary component, and it is back when all of its members are
    /// (A4.24). So nodes that are down are started, and nobody is restarted. It must not happen
    /// when a node that is down is ahead of the survivors: they would decide without its
    /// transactions.
    async fn automatic_restore(&mut self, survey: &Survey) -> Result<bool, ProcedureOutcome> {
        let survivors: Vec<&Tables> = survey.answering().filter(|t| is_survivor(t)).collect();
        if let Some(furthest) = survivors.iter().map(|t| t.position).max_by_key(|p| p.seqno) {
            // A server that hangs holds a place in the group and does nothing for it.
            for node in survey.names(Seen::is_stuck) {
                self.stop(&node).await?;
            }
            let down = survey.names(|seen| seen.is_stuck() || seen.is_down());
            for node in &down {
                let evidence = self.evidence(node).await?;
                let behind = evidence.position.is_some_and(|position| {
                    position.is_undefined()
                        || (position.uuid == furthest.uuid && position.seqno <= furthest.seqno)
                });
                if !behind || evidence.was_alone() {
                    return Ok(false);
                }
            }
            for node in &down {
                self.start(node, HAND_OVER).await?;
            }
        }
        // If no server runs, no node joins.
        let down = |seen: &Seen| seen.is_down() || *seen == Seen::Unreachable;
        if survivors.is_empty() && survey.nodes.iter().all(|(_, seen)| down(seen)) {
            return Ok(false);
        }
        self.watch(SETTLE).await
    }

    /// Stops everybody, compares what they hold, and bootstraps the one that holds everything.
    async fn bootstrap_the_furthest(&mut self) -> Early {
        let survey = Survey::take(self.console).await;
        if survey.verdict() != Situation::NoPrimary {
            return Ok(());
        }
        refuse_after_a_conflict(&survey)?;
        refuse_in_a_partition(&survey)?;
        self.bootstraps += 1;
        if self.bootstraps > BOOTSTRAPS {
            return Err(ProcedureOutcome::GaveUp(format!(
                "a node was bootstrapped {BOOTSTRAPS} times and there is no primary component. \
                 Seen: {survey}"
            )));
        }
        let away = survey.names(|seen| *seen == Seen::Unreachable);
        let nodes = survey.names(|seen| *seen != Seen::Unreachable);
        // The orderly stop removes the saved view, so it is read before.
        let mut views = Vec::new();
        for node in &nodes {
            views.push(self.view(node).await?);
        }
        if !away.is_empty() && !is_covered(&views) {
            return Err(ProcedureOutcome::AsksPerson(format!(
                "{} cannot be reached and may hold the newest data: bring it back, or decide that \
                 it is lost. Seen: {survey}",
                list(&away)
            )));
        }
        let found = self.stop_and_compare(&nodes).await?;
        match choose(&found) {
            Decision::Ask { text, .. } => Err(ProcedureOutcome::AsksPerson(text)),
            Decision::Bootstrap(node) => {
                if self.bootstrap(&node).await? {
                    self.cleared.extend(nodes);
                }
                Ok(())
            }
        }
    }

    /// Takes all of the nodes down and looks at what each of them holds.
    ///
    /// No server may run: a waiting node would join the bootstrapped node, and one that is ahead
    /// of it would throw its own transactions away (A5.32b). Whatever restarts servers on its own
    /// (a supervisor, a cron job) may have done so while the others were looked at: then all is
    /// looked at again.
    async fn stop_and_compare(
        &mut self,
        nodes: &[NodeName],
    ) -> Result<Vec<Evidence>, ProcedureOutcome> {
        for _ in 0..3 {
            for node in nodes {
                self.stop(node).await?;
            }
            let mut found = Vec::new();
            for node in nodes {
                found.push(self.evidence(node).await?);
            }
            let mut all_down = true;
            for node in nodes {
                all_down &= self.is_down(node).await;
            }
            if all_down {
                return Ok(found);
            }
        }
        Err(ProcedureOutcome::GaveUp(format!(
            "something starts the servers of {} again and again",
            list(nodes)
        )))
    }
}

/// Returns whether a node answers and has lost its component. Such a node remembers the last primary one.
fn is_survivor(tables: &Tables) -> bool {
    tables.status == ClusterStatus::NonPrimary
}

/// Returns whether a node has lost a meeting of two primary components: its server runs, knows its history
/// and is in no group (A6.43).
pub(super) fn lost_a_conflict(tables: &Tables) -> bool {
    tables.status == ClusterStatus::Disconnected
        && tables.state_uuid.is_nil()
        && !tables.position.uuid.is_nil()
}

/// Two primary components have met: both sides may hold rows that the other lacks.
pub(super) fn refuse_after_a_conflict(survey: &Survey) -> Early {
    let losers = survey.names(|seen| matches!(seen, Seen::Answers(t) if lost_a_conflict(t)));
    if losers.is_empty() {
        return Ok(());
    }
    Err(ProcedureOutcome::AsksPerson(format!(
        "{} was in a primary component that met another one and gave way: it may hold rows that \
         the others lack. Decide whose data are kept. Seen: {survey}",
        list(&losers)
    )))
}

/// Nodes that answer and do not count each other are cut off from each other. Whatever is
/// bootstrapped then cannot be joined by the others (manual: the note of Two nodes are terminated).
fn refuse_in_a_partition(survey: &Survey) -> Early {
    let survivors: Vec<&Tables> = survey.answering().filter(|t| is_survivor(t)).collect();
    if survivors.iter().all(|t| t.size as usize >= survivors.len()) {
        return Ok(());
    }
    Err(ProcedureOutcome::AsksPerson(format!(
        "the nodes run and do not see each other: repair the network, the cluster then restores \
         itself. Seen: {survey}"
    )))
}
