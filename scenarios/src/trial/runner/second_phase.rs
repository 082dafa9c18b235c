//! The second phase: heal everything, let the procedure act, require recovery.
//!
//! If recovery is impossible, the procedure must say so, and full knowledge must agree: for each
//! node it is computed what would be lost if that node were the first of a new cluster.

use std::collections::BTreeSet;

use seatrial_language::ProcedureEnd;
use seatrial_port::predicate::{ClusterPredicate, NodePredicate, Predicate};
use seatrial_port::trace::TraceKind;
use seatrial_port::{Condition, Fault, Observation, Span};

use crate::trial::oracles::{choices, lost_rows};
use crate::trial::record::{Choice, SecondPhase};

use super::check::describe_outcome;
use super::play::REST_LIMIT;
use super::procedure::PROCEDURE_BOUND;
use super::requests::Place;
use super::run::Runner;

/// The longest time that the cluster may take to be all synced after the procedure.
const RECOVERY_LIMIT: Span = Span::from_secs(180);

/// The longest time that a fresh row may take to be acknowledged, and then to be everywhere.
const FRESH_LIMIT: Span = Span::from_secs(30);

impl Runner<'_> {
    /// Plays the second phase.
    pub(super) async fn second_phase(&mut self) {
        let (name, operators) = (&self.scenario.procedure, &self.scenario.operators);
        self.play.trace(TraceKind::Step {
            step: self.play.journal.step(),
            title: format!("second phase: heal all, then {name}{operators}"),
        });
        // Bounds of its own: the scenario's limit is for its steps.
        let deadline = self.play.now()
            + PROCEDURE_BOUND
            + REST_LIMIT
            + REST_LIMIT
            + REST_LIMIT
            + RECOVERY_LIMIT
            + Span::from_secs(20 * 60);
        self.play.clock.extend_to(deadline);
        self.play.requests.end_load();
        // The oracles that look only at rest look here too, since the steps may never have rested.
        let at_rest = self.play.rest().await;
        self.observe_and_look(at_rest).await;
        self.heal().await;
        let at_rest = self.play.rest().await;
        let before = self.observe_and_look(at_rest).await;
        let choices = choices(&self.play.journal.record().writes, &before);
        let lost_before: BTreeSet<String> = lost_rows(&self.play.journal.record().writes, &before)
            .into_iter()
            .collect();

        let acted = self.operators(name, operators).await;
        let trouble = self.recovery_trouble(&lost_before).await;
        let at_rest = self.play.rest().await;
        self.observe_and_look(at_rest).await;

        let said = &acted.said;
        let (accepted, text) = match &trouble {
            None => (true, format!("recovered; {said}")),
            Some(trouble) => not_recovered(trouble, acted.end, said, &choices),
        };
        self.play.trace(TraceKind::Check {
            step: self.play.journal.step(),
            held: accepted,
            text: text.clone(),
        });
        if !accepted {
            self.play.journal.failed(format!("second phase: {text}"));
        }
        self.play.journal.second_phase(SecondPhase {
            procedure: format!("{name}{operators}"),
            recovered: trouble.is_none(),
            accepted,
            text,
            choices,
        });
    }

    async fn observe_and_look(&mut self, at_rest: bool) -> Observation {
        self.play.refresh().await;
        let observation = self.play.observe().await;
        self.look(&observation, at_rest);
        observation
    }

    /// Ends every fault that lasts.
    pub(super) async fn heal(&mut self) {
        let deeds = self.witness.deeds();
        let mut faults = Vec::new();
        if deeds.network_touched {
            faults.push(Fault::Heal);
        }
        faults.extend(deeds.hung.iter().cloned().map(Fault::Resume));
        faults.extend(deeds.read_locked.iter().cloned().map(Fault::ReadUnlock));
        faults.extend(deeds.powered_off.iter().cloned().map(Fault::PowerOn));
        if !faults.is_empty() {
            self.apply(&faults).await;
        }
    }

    /// Returns the reason why the cluster has not recovered, if it has not.
    async fn recovery_trouble(&mut self, lost_before: &BTreeSet<String>) -> Option<String> {
        let all_synced = Predicate {
            cluster: vec![ClusterPredicate::AllSynced],
            ..Predicate::default()
        };
        if !self
            .play
            .wait(&Condition::State(all_synced.clone()), RECOVERY_LIMIT)
            .await
        {
            let seen = self.play.observe().await;
            if let Some(mismatch) = all_synced.first_mismatch(&seen) {
                return Some(format!("{mismatch}; {}", summary(&seen)));
            }
        }
        let mut fresh = Vec::new();
        for (index, node) in self.scenario.nodes.iter().enumerate() {
            let tag = format!("f{}{node}", index + 1);
            let started = self.play.write(node, &tag);
            self.play.wait_for_all(&[started], FRESH_LIMIT).await;
            let Place::Write(write) = started.place else {
                continue;
            };
            let write = &self.play.journal.record().writes[write];
            if !write.is_acknowledged() {
                let outcome = describe_outcome(&write.outcome);
                return Some(format!("a fresh write on {node}: {outcome}"));
            }
            fresh.push(tag);
        }
        let wanted = NodePredicate {
            has_rows: fresh,
            ..NodePredicate::default()
        };
        let everywhere = Predicate {
            nodes: self
                .scenario
                .nodes
                .iter()
                .map(|node| (node.clone(), wanted.clone()))
                .collect(),
            ..all_synced
        };
        self.play
            .wait(&Condition::State(everywhere.clone()), FRESH_LIMIT)
            .await;
        let seen = self.play.observe().await;
        if let Some(mismatch) = everywhere.first_mismatch(&seen) {
            return Some(format!("after fresh writes: {mismatch}"));
        }
        let lost: Vec<String> = lost_rows(&self.play.journal.record().writes, &seen)
            .into_iter()
            .filter(|tag| !lost_before.contains(tag))
            .collect();
        let expected = self
            .scenario
            .findings
            .iter()
            .any(|name| name == "acknowledged-write-lost");
        (!lost.is_empty() && !expected)
            .then(|| format!("{}: {}", SecondPhase::ROWS_LOST, lost.join(", ")))
    }
}

/// Returns whether it is right that the cluster has not recovered, and why.
fn not_recovered(
    trouble: &str,
    end: ProcedureEnd,
    said: &str,
    choices: &[Choice],
) -> (bool, String) {
    let lossless: Vec<&str> = choices
        .iter()
        .filter(|choice| choice.loses.as_ref().is_some_and(Vec::is_empty))
        .map(|choice| choice.node.as_str())
        .collect();
    let known = choices.iter().all(|choice| choice.loses.is_some());
    if known && lossless.is_empty() {
        let losses: Vec<String> = choices
            .iter()
            .map(|choice| {
                let loses = choice.loses.as_deref().unwrap_or_default().join(", ");
                format!("{} loses {loses}", choice.node)
            })
            .collect();
        let text = format!(
            "no procedure could have succeeded ({}); {said}; {trouble}",
            losses.join("; ")
        );
        // Honest is to ask or to give up; to claim recovery would be a lie.
        let honest = matches!(end, ProcedureEnd::AsksPerson | ProcedureEnd::GaveUp);
        return (honest, text);
    }
    let could = if lossless.is_empty() {
        String::new()
    } else {
        format!(
            "; without loss one could have begun with {}",
            lossless.join(" or ")
        )
    };
    (false, format!("not recovered: {trouble}; {said}{could}"))
}

/// Returns the nodes in a few words.
pub fn summary(observation: &Observation) -> String {
    let nodes: Vec<String> = observation
        .nodes
        .iter()
        .map(|(name, node)| {
            let state = match (node.process, node.exit) {
                (seatrial_port::ProcessState::Exited, Some(exit)) => format!("exited {exit}"),
                (seatrial_port::ProcessState::Exited, None) => "exited".to_owned(),
                (seatrial_port::ProcessState::Waiting, _) => "waiting".to_owned(),
                (seatrial_port::ProcessState::Running, _) => format!(
                    "{} {} of {}",
                    node.cluster_status.as_deref().unwrap_or("running"),
                    node.local_state.as_deref().unwrap_or("?"),
                    node.cluster_size.unwrap_or_default()
                ),
            };
            format!("{name} {state}")
        })
        .collect();
    nodes.join(", ")
}
