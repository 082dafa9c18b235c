//! The journal of a run.

use std::collections::BTreeMap;

use seatrial_language::{Claim, Scenario};
use seatrial_port::{NodeName, Observation, Span};

use crate::trial::history::Transaction;
use crate::trial::record::{
    CheckRecord, ClaimResult, CommandRecord, Failure, FaultRecord, Finding, Namer, ProcedureRecord,
    RaceResult, RefusedWrites, RunRecord, SecondPhase, StepObservation, Verdict, WriteRecord, ms,
    quote,
};

use super::output::CheckOutcome;

/// The record of a run under way, with the number of the step that is being played.
///
/// Owns the record, the names of uuids, the number of the step and the command that replays the run. Every part of the runner writes through it and may read what
/// is written. It knows no cluster, lets no time pass and decides nothing but the verdict of a failure.
#[derive(Clone, Debug)]
pub(super) struct Journal {
    step: u32,
    replay: String,
    record: RunRecord,
    namer: Namer,
}

impl Journal {
    /// Returns the journal of a run of which nothing has happened yet.
    pub(super) fn new(scenario: &Scenario, engine: String, seed: u64) -> Self {
        Self {
            step: 0,
            replay: replay_line(scenario, &engine, seed),
            record: RunRecord::begin(scenario, engine, seed),
            namer: Namer::default(),
        }
    }

    /// Returns the number of the step that is being played.
    pub(super) const fn step(&self) -> u32 {
        self.step
    }

    /// Turns to a step.
    pub(super) const fn turn_to(&mut self, step: u32) {
        self.step = step;
    }

    /// Returns the line that makes this run again.
    pub(super) fn replay(&self) -> &str {
        &self.replay
    }

    /// Returns the record so far.
    pub(super) const fn record(&self) -> &RunRecord {
        &self.record
    }

    /// Returns the record of a run that has ended.
    pub(super) fn into_record(self) -> RunRecord {
        self.record
    }

    /// Returns the names of uuids so far.
    pub(super) const fn namer(&self) -> &Namer {
        &self.namer
    }

    /// Gives the uuids of an observation their names, in the order in which they appear.
    pub(super) fn name_uuids(&mut self, observation: &Observation) {
        self.namer.normalise(observation);
    }

    /// Writes down the nodes after a step.
    pub(super) fn observed(
        &mut self,
        at: Span,
        at_rest: bool,
        unstable: Option<String>,
        observation: &Observation,
    ) {
        let nodes = self.namer.normalise(observation);
        self.record.observations.push(StepObservation {
            step: self.step,
            at_ms: ms(at),
            at_rest,
            unstable,
            nodes,
        });
    }

    /// Writes down what the step's check has shown, and what that says of its claim.
    pub(super) fn checked(&mut self, claim: Option<&Claim>, outcome: CheckOutcome) {
        if let Some(claim) = claim {
            let verdict = if outcome.held {
                claim.verdict
            } else {
                claim.verdict.opposite()
            };
            self.record.claims.push(ClaimResult {
                id: claim.id.clone(),
                says: claim.says.clone(),
                verdict,
                expected: claim.verdict,
                step: self.step,
                assumes: claim.assumes.clone(),
                lines: claim.lines,
            });
        }
        if !outcome.held {
            self.failed(outcome.text.clone());
        }
        self.record.checks.push(CheckRecord {
            step: self.step,
            held: outcome.held,
            text: outcome.text,
        });
    }

    /// Writes down that the step failed. The first failure is the one that the record keeps.
    pub(super) fn failed(&mut self, text: String) {
        self.record.fail(self.step, text);
    }

    /// Writes down that the engine cannot do what the step needs.
    pub(super) fn unsupported(&mut self, text: String) {
        self.record.verdict = Verdict::Unsupported;
        self.record.failure = Some(Failure {
            step: self.step,
            text,
        });
    }

    /// Writes down which of its outcomes a race has ended in, and which step began it.
    pub(super) fn raced(&mut self, from: u32, outcome: &str) {
        self.record.races.push(RaceResult {
            from,
            step: self.step,
            outcome: outcome.to_owned(),
        });
    }

    /// Writes down a fault and what became of it.
    pub(super) fn fault(&mut self, fault: FaultRecord) {
        self.record.faults.push(fault);
    }

    /// Writes down what the oracles have found.
    pub(super) fn found(&mut self, findings: Vec<Finding>) {
        self.record.findings.extend(findings);
    }

    /// Writes down that a write of the step was refused, and whether the step allows it. Says whether it is the step's
    /// first on that node.
    pub(super) fn refused(&mut self, node: &NodeName, message: &str, allowed: bool) -> bool {
        let step = self.step;
        let known = self.record.refused.iter_mut();
        if let Some(known) = known.rev().find(|it| it.step == step && it.node == *node) {
            known.rows += 1;
            message.clone_into(&mut known.message);
            return false;
        }
        self.record.refused.push(RefusedWrites {
            step,
            node: node.clone(),
            rows: 1,
            message: message.to_owned(),
            allowed,
        });
        true
    }

    /// Writes down that a write has begun, and returns its place among the writes.
    pub(super) fn write_begun(&mut self, write: WriteRecord) -> usize {
        self.record.writes.push(write);
        self.record.writes.len() - 1
    }

    /// Writes down that a command has begun, and returns its place among the commands.
    pub(super) fn command_begun(&mut self, command: CommandRecord) -> usize {
        self.record.commands.push(command);
        self.record.commands.len() - 1
    }

    /// Writes down that a transaction has begun, and returns its place among the transactions.
    pub(super) fn transaction_begun(&mut self, transaction: Transaction) -> usize {
        self.record.transactions.push(transaction);
        self.record.transactions.len() - 1
    }

    /// Returns a transaction, to add what follows.
    pub(super) fn transaction_mut(&mut self, place: usize) -> &mut Transaction {
        &mut self.record.transactions[place]
    }

    /// Returns a write, to add its end.
    pub(super) fn write_mut(&mut self, place: usize) -> &mut WriteRecord {
        &mut self.record.writes[place]
    }

    /// Returns a command, to add its end.
    pub(super) fn command_mut(&mut self, place: usize) -> &mut CommandRecord {
        &mut self.record.commands[place]
    }

    /// Writes down the commands of a procedure.
    pub(super) fn typed(&mut self, commands: Vec<CommandRecord>) {
        self.record.commands.extend(commands);
    }

    /// Writes down how a procedure ended.
    pub(super) fn procedure(&mut self, procedure: ProcedureRecord) {
        self.record.procedures.push(procedure);
    }

    /// Writes down what the second phase came to.
    pub(super) fn second_phase(&mut self, phase: SecondPhase) {
        self.record.second_phase = Some(phase);
    }

    /// Drops the observations after the steps.
    pub(super) fn forget_observations(&mut self) {
        self.record.observations.clear();
    }

    /// Drops what no verdict looks at: observations, faults, outputs of commands.
    pub(super) fn forget_the_past(&mut self) {
        self.record.observations = Vec::new();
        self.record.faults = Vec::new();
        // Requests that still run are written down where they began.
        for command in &mut self.record.commands {
            command.output = None;
        }
    }

    /// Gives the nodes of the writes other names. Observations, commands and faults keep the old ones.
    pub(super) fn rename(&mut self, names: &BTreeMap<NodeName, NodeName>) {
        for write in &mut self.record.writes {
            if let Some(new) = names.get(&write.node) {
                write.node = new.clone();
            }
        }
    }
}

/// Returns the line that makes this run again.
fn replay_line(scenario: &Scenario, engine: &str, seed: u64) -> String {
    format!(
        "seatrial replay {} --on {engine} --seed {seed}",
        quote(&scenario.file)
    )
}
