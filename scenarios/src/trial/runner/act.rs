//! Performing the actions of a scenario.

use seatrial_language::{
    Action, NodeCommand, NodesCommand, Operator, Operators, Part, ProcedureStep, Step, Wait, Write,
    describe,
};
use seatrial_port::predicate::{Focus, Predicate};
use seatrial_port::{Condition, Fault, FaultOutcome, Listening, Moment, Span};

use crate::operator::commands::gap;
use crate::trial::record::{FaultRecord, WriteOutcome, ms};

use super::check::Check;
use super::clock::Halt;
use super::console::INTERRUPT_LIMIT;
use super::output::{CheckOutcome, judge_command};
use super::procedure::describe_end;
use super::requests::{Place, Started};
use super::run::Runner;
use super::second_phase::summary;
use super::together::{Acted, let_operators_act};

/// The time that the runner waits for a row.
const WRITE_LIMIT: Span = Span::from_secs(20);

/// The time that the runner waits for an orderly stop. One that still runs then is no failure.
const STOP_LIMIT: Span = Span::from_secs(30);

/// The time that the runner waits for a force, a `pc.bootstrap` or a recovery.
const COMMAND_LIMIT: Span = Span::from_secs(60);

/// The effects that the runner must still wait for after an action has begun.
enum Rest<'s> {
    Nothing,
    Wait(Vec<Started>, Span),
    Operator(&'s Operator, Started),
}

impl<'a> Runner<'a> {
    /// Performs an action, and returns what its check has shown if it has one.
    pub(super) async fn act(&mut self, action: &Action) -> Option<CheckOutcome> {
        if let Some(stagger) = self.options.stagger
            && let Some(parts) = stagger.parts(action)
        {
            self.one_after_another(&parts, stagger.pause).await;
            return None;
        }
        match action {
            Action::Write(write) => {
                self.write(write).await;
                None
            }
            Action::Load(load) => {
                self.play.load(load).await;
                None
            }
            Action::Client(client) => {
                let negated = self.negated().is_some();
                Some(self.play.client(client, negated).await)
            }
            Action::Workload(workload) => {
                self.play.workload(workload, self.options.seed).await;
                None
            }
            Action::Command(_) | Action::Operator(_) => {
                let rest = self.begin(action);
                self.end(rest).await
            }
            Action::Faults(faults) => {
                self.apply(faults).await;
                None
            }
            Action::Procedure(procedure) => self.procedure_step(procedure).await,
            Action::Wait(wait) => self.wait_step(wait).await,
            Action::Expect(expect) => Some(self.check().expect(expect).await),
            Action::Together(parts) => self.together(parts).await,
        }
    }

    /// Begins the parts of a staggered step one after another, then waits for the ends.
    async fn one_after_another(&mut self, parts: &[Action], pause: Span) {
        let mut rests = Vec::new();
        for (place, part) in parts.iter().enumerate() {
            if place > 0 {
                self.play.pass(pause).await;
            }
            match part {
                Action::Faults(faults) => self.apply(faults).await,
                part => rests.push(self.begin(part)),
            }
        }
        for rest in rests {
            self.end(rest).await;
        }
    }

    /// Begins everything in one instant, in the order of the file, then waits for the ends.
    async fn together(&mut self, parts: &[Action]) -> Option<CheckOutcome> {
        let mut rests = Vec::new();
        let mut faults: Vec<Fault> = Vec::new();
        for part in parts {
            if let Action::Faults(some) = part {
                faults.extend(some.iter().cloned());
                continue;
            }
            if !faults.is_empty() {
                self.apply(&std::mem::take(&mut faults)).await;
            }
            rests.push(self.begin(part));
        }
        if !faults.is_empty() {
            self.apply(&faults).await;
        }
        let mut outcome = None;
        for rest in rests {
            let shown = self.end(rest).await;
            // The report names the first check that did not hold.
            if shown.as_ref().is_some_and(|shown| !shown.held)
                && outcome
                    .as_ref()
                    .is_none_or(|outcome: &CheckOutcome| outcome.held)
                || outcome.is_none()
            {
                outcome = shown;
            }
        }
        outcome
    }

    /// Begins a part in this instant; no time passes.
    fn begin<'s>(&mut self, action: &'s Action) -> Rest<'s> {
        match action {
            Action::Command(command) => self.begin_command(command),
            Action::Write(write) => {
                let started: Vec<Started> =
                    (0..write.rows).map(|_| self.begin_row(write)).collect();
                match &write.name {
                    Some(_) => Rest::Nothing,
                    None => Rest::Wait(started, WRITE_LIMIT),
                }
            }
            Action::Operator(operator) => {
                let started = self.begin_line(operator);
                if operator.name.is_some() {
                    Rest::Nothing
                } else {
                    Rest::Operator(operator, started)
                }
            }
            // The checks of the file keep these out of `together`.
            Action::Load(_)
            | Action::Client(_)
            | Action::Workload(_)
            | Action::Faults(_)
            | Action::Procedure(_)
            | Action::Wait(_)
            | Action::Expect(_)
            | Action::Together(_) => Rest::Nothing,
        }
    }

    async fn end(&mut self, rest: Rest<'_>) -> Option<CheckOutcome> {
        match rest {
            Rest::Nothing => None,
            Rest::Wait(started, limit) => {
                self.play.wait_for_all(&started, limit).await;
                self.note_refused(&started);
                None
            }
            Rest::Operator(operator, started) => self.end_operator(operator, started).await,
        }
    }

    fn begin_command(&mut self, command: &NodesCommand) -> Rest<'static> {
        let mut all = Vec::new();
        for node in &command.nodes {
            let own = command.command.line_of_arbitrator();
            let line = own
                .filter(|_| self.scenario.options.is_arbitrator(node))
                .unwrap_or_else(|| command.command.line());
            self.witness.hear_of_line(node, line);
            all.push(self.play.command(node, line, command.name.as_deref()));
        }
        match command.command {
            _ if command.name.is_some() => Rest::Nothing,
            NodeCommand::Stop => Rest::Wait(all, STOP_LIMIT),
            NodeCommand::Force | NodeCommand::PcBootstrap | NodeCommand::Recover => {
                Rest::Wait(all, COMMAND_LIMIT)
            }
            NodeCommand::Start | NodeCommand::Restart | NodeCommand::Bootstrap => Rest::Nothing,
        }
    }

    fn begin_line(&mut self, operator: &Operator) -> Started {
        self.witness.hear_of_line(&operator.node, &operator.line);
        let name = operator.name.as_deref();
        self.play.command(&operator.node, &operator.line, name)
    }

    fn begin_row(&mut self, write: &Write) -> Started {
        self.play.write_row(&write.node, write.name.as_deref())
    }

    /// Rows one after another, as one client writes them. A client whose row hangs gives it up
    /// after its time and goes on.
    async fn write(&mut self, write: &Write) {
        for _ in 0..write.rows {
            let started = self.begin_row(write);
            if write.name.is_none() && !self.play.clock.is_over_limit() {
                self.play.wait_for_all(&[started], WRITE_LIMIT).await;
                self.note_refused(&[started]);
            }
        }
    }

    /// Says which of these writes were refused. That fails a step that does not allow it; one that wants it tries a
    /// write in a check, or names its write and asks for its end.
    fn note_refused(&mut self, started: &[Started]) {
        for one in started {
            let Place::Write(index) = one.place else {
                continue;
            };
            let write = &self.play.journal.record().writes[index];
            let WriteOutcome::Refused { message, .. } = &write.outcome else {
                continue;
            };
            let (node, message) = (write.node.clone(), message.clone());
            let text = format!("a write on {node} was refused: {message}");
            let allowed = self.step_allows(|step| step.may_be_refused);
            if !self.play.journal.refused(&node, &message, allowed) {
                continue;
            }
            self.play.note(text.clone());
            if !allowed && !self.options.allow_skipped {
                self.play.journal.failed(text);
            }
        }
    }

    async fn end_operator(
        &mut self,
        operator: &Operator,
        started: Started,
    ) -> Option<CheckOutcome> {
        let mut left = operator.within;
        if let Some(after) = operator.interrupt_after {
            let first = after.min(left);
            let ended = self.play.wait(&Condition::Ended(started.id), first).await;
            left = left.saturating_sub(first);
            if !ended {
                self.play.testbed.interrupt(started.id);
                left = left.max(INTERRUPT_LIMIT);
            }
        }
        let ended = self.play.wait(&Condition::Ended(started.id), left).await;
        if !ended {
            // A person would press Ctrl-C now; a command is never left at the terminal.
            self.play.testbed.interrupt(started.id);
            self.play
                .wait(&Condition::Ended(started.id), INTERRUPT_LIMIT)
                .await;
        }
        self.play.refresh().await;
        let Place::Command(index) = started.place else {
            return None;
        };
        let command = self.play.journal.command_mut(index);
        command.timed_out = !ended;
        let missing = command.output.as_ref().and_then(gap).map(str::to_owned);
        // In the lab a person reads the answer.
        if let Some(missing) = missing.filter(|_| !self.options.allow_skipped) {
            // The line has tested nothing, whatever its exit code.
            self.unsupported(format!("`{}`: {missing}", operator.line));
            return None;
        }
        let negated = self.negated();
        let command = self.play.journal.command_mut(index);
        operator
            .checks()
            .then(|| judge_command(operator, negated, command))
    }

    /// Applies faults in one instant, and keeps their receipts.
    pub(super) async fn apply(&mut self, faults: &[Fault]) {
        let at_ms = ms(self.play.now());
        let may_skip = self.may_skip();
        let outcomes = self.play.testbed.apply(faults).await;
        let missing = || FaultOutcome::Unsupported("the engine gave no receipt".to_owned());
        let outcomes = outcomes
            .into_iter()
            .map(Some)
            .chain(std::iter::repeat(None));
        for (fault, outcome) in faults.iter().zip(outcomes) {
            let outcome = outcome.unwrap_or_else(missing);
            match &outcome {
                FaultOutcome::Applied(_) => self.witness.hear_of_fault(fault),
                FaultOutcome::Skipped(why) if !may_skip => {
                    let text = format!("{fault} had no effect: {why}");
                    self.play.journal.failed(text);
                }
                FaultOutcome::Skipped(_) => {}
                FaultOutcome::Unsupported(why) => {
                    self.unsupported(format!("{fault}: {why}"));
                }
            }
            self.play.journal.fault(FaultRecord {
                step: self.play.journal.step(),
                at_ms,
                fault: fault.clone(),
                outcome,
                may_skip,
            });
        }
    }

    /// Returns whether a fault of this step may have nothing to act on. The second phase heals whatever there
    /// is, and needs no effect.
    fn may_skip(&self) -> bool {
        self.options.allow_skipped || self.step_allows(|step| step.may_skip)
    }

    /// Returns whether the step that is being played allows something. The second phase is no step, and allows all.
    fn step_allows(&self, allowed: fn(&Step) -> bool) -> bool {
        let number = self.play.journal.step();
        let step = self.scenario.steps.iter().find(|one| one.number == number);
        step.is_none_or(allowed)
    }

    async fn procedure_step(&mut self, procedure: &ProcedureStep) -> Option<CheckOutcome> {
        let acted = self.operators(&procedure.name, &procedure.operators).await;
        let (end, text) = acted.first;
        let seen = describe_end(end, &text);
        let wanted = procedure.ends?;
        let as_wanted = (wanted == end) != self.negated().is_some();
        Some(if as_wanted {
            CheckOutcome::held(seen)
        } else {
            CheckOutcome::failed(format!(
                "procedure {}: expected {}, it {seen}",
                procedure.name,
                wanted.name()
            ))
        })
    }

    async fn wait_step(&mut self, wait: &Wait) -> Option<CheckOutcome> {
        match wait {
            Wait::For(span) => {
                let span = self.play.clock.hold(*span);
                self.play.pass(span).await;
                None
            }
            Wait::Until { until, within } => {
                if let Some(Part::State(place)) = self.negated() {
                    return Some(self.never(until, *place, *within).await);
                }
                let text = describe(until);
                if self
                    .play
                    .wait(&Condition::State(until.clone()), *within)
                    .await
                {
                    return Some(CheckOutcome::held(text));
                }
                let seen = self.play.observe().await;
                // It may have become true in the instant in which the limit passed.
                let Some(mismatch) = until.first_mismatch(&seen) else {
                    return Some(CheckOutcome::held(text));
                };
                self.witness.hear_of_unreached(text.clone());
                Some(CheckOutcome::failed(format!(
                    "{text}: not within {within}: {mismatch} (seen: {})",
                    summary(&seen)
                )))
            }
            Wait::Moment { until, within } => self.wait_for_moment(until, *within).await,
        }
    }

    /// Waits until a node sends or receives a message.
    async fn wait_for_moment(&mut self, until: &Moment, within: Span) -> Option<CheckOutcome> {
        if !self.play.testbed.capabilities().messages {
            self.unsupported(format!(
                "{until}: a container's messages cannot be seen, so no wait can end at one"
            ));
            return None;
        }
        let listening = Listening {
            to: until.clone(),
            since: self.play.now(),
        };
        let heard = self.play.wait(&Condition::Message(listening), within).await;
        let text = until.to_string();
        Some(if heard {
            CheckOutcome::held(text)
        } else {
            self.witness.hear_of_unreached(text.clone());
            CheckOutcome::failed(format!("{text}: not within {within}"))
        })
    }

    /// Checks the contrary of a wait: that an expectation does not become true within the time.
    async fn never(&mut self, until: &Predicate, place: usize, within: Span) -> CheckOutcome {
        let focus = Focus {
            place,
            negated: false,
        };
        let one = until.clone().focused(focus);
        if self.play.wait(&Condition::State(one), within).await {
            return CheckOutcome::failed(format!("negated: it became true within {within}"));
        }
        CheckOutcome::held(format!("not true within {within}"))
    }

    /// Returns the check of this step.
    fn check(&mut self) -> Check<'_, 'a> {
        Check {
            negated: self.negated(),
            scenario: self.scenario,
            play: &mut self.play,
        }
    }

    /// The engine cannot do what a step needs: what follows would say nothing.
    fn unsupported(&mut self, text: String) {
        if self.options.allow_unsupported {
            return;
        }
        self.play.clock.halt(Halt::Unsupported);
        self.play.journal.unsupported(text);
    }

    /// Lets the operators of a procedure act on the cluster.
    pub(super) async fn operators(&mut self, name: &str, operators: &Operators) -> Acted {
        // A person walks the nodes by name, in whatever order they were started.
        let mut nodes = self.scenario.nodes.clone();
        nodes.sort();
        let program = self.options.program.as_deref();
        let program = program.filter(|program| program.name() == name);
        let typed = self.play.journal.record().commands.len();
        let acted = let_operators_act(
            &mut self.play,
            self.witness,
            &nodes,
            name,
            operators,
            program,
        )
        .await;
        let commands = &self.play.journal.record().commands[typed..];
        self.witness.hear_of_commands(commands);
        acted
    }
}
