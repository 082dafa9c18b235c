//! Performing the actions of a scenario.

use crate::language::{
    Action, NodeCommand, NodesCommand, Operator, Part, ProcedureEnd, ProcedureStep, Wait, Write,
    describe, describe_fault,
};
use crate::port::predicate::{Focus, Predicate};
use crate::port::trace::TraceKind;
use crate::port::{Condition, Fault, FaultOutcome, Output, Span, Testbed};
use crate::trial::record::{CommandRecord, FaultRecord, ms};

use super::options::hold_for;
use super::requests::{Place, Started};
use super::run::{CheckOutcome, Runner};

/// How long a row is waited for.
const WRITE_LIMIT: Span = Span::from_secs(20);

/// How long an orderly stop is waited for; one that still runs is a fact and no failure.
const STOP_LIMIT: Span = Span::from_secs(30);

/// How long a force, a `pc.bootstrap` or a recovery is waited for.
const COMMAND_LIMIT: Span = Span::from_secs(60);

/// How long a command may take to end after Ctrl-C.
pub(super) const INTERRUPT_LIMIT: Span = Span::from_secs(10);

/// What is still to be done for a part after its instant.
enum Rest<'s> {
    Nothing,
    Wait(Vec<Started>, Span),
    Operator(&'s Operator, Started),
}

impl<T: Testbed> Runner<'_, T> {
    /// Performs an action, and says what its check has shown if it has one.
    pub(super) async fn act(&mut self, action: &Action) -> Option<CheckOutcome> {
        match action {
            Action::Write(write) => {
                self.write(write).await;
                None
            }
            Action::Load(load) => {
                self.load(load).await;
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
            Action::Expect(expect) => Some(self.expect(expect).await),
            Action::Together(parts) => self.together(parts).await,
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
            // The first check that did not hold is the one to tell of.
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
                self.wait_for_all(&started, limit).await;
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
            self.course.deeds.command(node, line);
            let started = self.course.requests.command(
                self.testbed,
                &mut self.course.record,
                self.course.step,
                node,
                line,
            );
            if let Some(name) = &command.name {
                self.course.requests.named.insert(name.clone(), started);
            }
            all.push(started);
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
        self.course.deeds.command(&operator.node, &operator.line);
        let started = self.course.requests.command(
            self.testbed,
            &mut self.course.record,
            self.course.step,
            &operator.node,
            &operator.line,
        );
        if let Some(name) = &operator.name {
            self.course.requests.named.insert(name.clone(), started);
        }
        started
    }

    fn begin_row(&mut self, write: &Write) -> Started {
        self.course.row_count += 1;
        let tag = format!("w{}{}", self.course.row_count, write.node);
        let started = self.course.requests.write(
            self.testbed,
            &mut self.course.record,
            self.course.step,
            &write.node,
            &tag,
        );
        if let Some(name) = &write.name {
            self.course.requests.named.insert(name.clone(), started);
        }
        started
    }

    /// Rows one after another, as one client writes them. A client whose row hangs gives it up
    /// after its time and goes on.
    async fn write(&mut self, write: &Write) {
        for _ in 0..write.rows {
            let started = self.begin_row(write);
            if write.name.is_none() && !self.course.over_limit {
                self.wait_for_all(&[started], WRITE_LIMIT).await;
            }
        }
    }

    /// Waits until all have ended, together at most this long, and writes down the ends.
    pub(super) async fn wait_for_all(&mut self, started: &[Started], limit: Span) {
        let until = self.testbed.now() + limit;
        for one in started {
            let left = until.saturating_sub(self.testbed.now());
            self.wait(&Condition::Ended(one.id), left).await;
        }
        self.course
            .requests
            .refresh(self.testbed, &mut self.course.record)
            .await;
    }

    async fn end_operator(
        &mut self,
        operator: &Operator,
        started: Started,
    ) -> Option<CheckOutcome> {
        let mut left = operator.within;
        if let Some(after) = operator.interrupt_after {
            let first = after.min(left);
            let ended = self.wait(&Condition::Ended(started.id), first).await;
            left = left.saturating_sub(first);
            if !ended {
                self.testbed.interrupt(started.id);
                left = left.max(INTERRUPT_LIMIT);
            }
        }
        let ended = self.wait(&Condition::Ended(started.id), left).await;
        if !ended {
            // A person would press Ctrl-C now; a command is never left at the terminal.
            self.testbed.interrupt(started.id);
            self.wait(&Condition::Ended(started.id), INTERRUPT_LIMIT)
                .await;
        }
        self.course
            .requests
            .refresh(self.testbed, &mut self.course.record)
            .await;
        let Place::Command(index) = started.place else {
            return None;
        };
        self.course.record.commands[index].timed_out = !ended;
        operator.checks().then(|| {
            judge_command(
                operator,
                self.negated(),
                &self.course.record.commands[index],
            )
        })
    }

    /// Applies faults in one instant, and keeps their receipts.
    pub(super) async fn apply(&mut self, faults: &[Fault]) {
        let at_ms = ms(self.testbed.now());
        let outcomes = self.testbed.apply(faults).await;
        let missing = || FaultOutcome::Unsupported("the engine gave no receipt".to_owned());
        let outcomes = outcomes
            .into_iter()
            .map(Some)
            .chain(std::iter::repeat(None));
        for (fault, outcome) in faults.iter().zip(outcomes) {
            let outcome = outcome.unwrap_or_else(missing);
            match &outcome {
                FaultOutcome::Applied(_) => self.course.deeds.fault(fault),
                FaultOutcome::Skipped(_) => {}
                FaultOutcome::Unsupported(why) => {
                    self.unsupported(format!("{}: {why}", describe_fault(fault)));
                }
            }
            self.course.record.faults.push(FaultRecord {
                step: self.course.step,
                at_ms,
                fault: fault.clone(),
                outcome,
            });
        }
    }

    async fn procedure_step(&mut self, procedure: &ProcedureStep) -> Option<CheckOutcome> {
        let (end, text) = self.procedure(&procedure.name).await;
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
                let span = hold_for(*span, self.course.timers);
                self.wait(&Condition::Never, span).await;
                None
            }
            Wait::Until { until, within } => {
                if let Some(Part::State(place)) = self.negated() {
                    return Some(self.never(until, *place, *within).await);
                }
                let text = describe(until);
                if self.wait(&Condition::State(until.clone()), *within).await {
                    return Some(CheckOutcome::held(text));
                }
                let seen = self.testbed.observe().await;
                // It may have become true in the instant in which the limit passed.
                let Some(mismatch) = until.first_mismatch(&seen) else {
                    return Some(CheckOutcome::held(text));
                };
                self.course.deeds.unreached.push(text.clone());
                Some(CheckOutcome::failed(format!(
                    "waited {within} until {text}, in vain: {mismatch}"
                )))
            }
        }
    }

    /// The contrary of a wait: that a statement does not become true within the time.
    async fn never(&mut self, until: &Predicate, place: usize, within: Span) -> CheckOutcome {
        let focus = Focus {
            place,
            negated: false,
        };
        let one = until.clone().focused(focus);
        if self.wait(&Condition::State(one), within).await {
            return CheckOutcome::failed(format!("negated: true within {within}"));
        }
        CheckOutcome::held(format!("not true within {within}"))
    }

    /// Puts a remark into the trace.
    pub(super) fn note(&mut self, text: String) {
        self.trace(TraceKind::Note { text });
    }
}

/// How a procedure ended, in words.
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

/// Whether a command ended as an operator step says.
fn judge_command(
    operator: &Operator,
    negated: Option<&Part>,
    command: &CommandRecord,
) -> CheckOutcome {
    let Some(output) = &command.output else {
        return CheckOutcome::failed(format!("`{}` on {} has no end", command.line, command.node));
    };
    let who = format!("`{}` on {}", command.line, command.node);
    if command.timed_out {
        return CheckOutcome::failed(format!(
            "{who} had not ended after {}, Ctrl-C was sent",
            operator.within
        ));
    }
    let mismatch = match negated {
        None => output_mismatch(output, wanted(operator)),
        Some(part) => negated_output(output, wanted(&operator.only(part))),
    };
    match mismatch {
        Some(mismatch) => CheckOutcome::failed(format!("{who}: {mismatch}")),
        None => CheckOutcome::held(format!("{who}: exit {}", output.exit)),
    }
}

fn wanted(operator: &Operator) -> Wanted<'_> {
    (
        operator.exit,
        operator.prints.as_deref(),
        operator.lacks.as_deref(),
    )
}

/// Why the contrary of the one thing that is wanted does not hold.
pub(super) fn negated_output(output: &Output, wanted: Wanted<'_>) -> Option<String> {
    match output_mismatch(output, wanted) {
        Some(_) => None,
        None => Some(format!("negated: it is so, exit {}", output.exit)),
    }
}

/// The exit code, a text that must be printed, one that must not.
pub(super) type Wanted<'a> = (Option<i32>, Option<&'a str>, Option<&'a str>);

/// What of a command's end is not as wanted.
pub(super) fn output_mismatch(
    output: &Output,
    (exit, prints, lacks): Wanted<'_>,
) -> Option<String> {
    let printed = |text: &str| output.stdout.contains(text) || output.stderr.contains(text);
    if let Some(exit) = exit.filter(|exit| *exit != output.exit) {
        return Some(format!(
            "expected exit {exit}, seen {}; {}",
            output.exit,
            excerpt(output)
        ));
    }
    if let Some(text) = prints.filter(|text| !printed(text)) {
        return Some(format!("expected to print `{text}`; {}", excerpt(output)));
    }
    lacks
        .filter(|text| printed(text))
        .map(|text| format!("expected not to print `{text}`; {}", excerpt(output)))
}

/// The end of what a command printed, short enough for a message.
fn excerpt(output: &Output) -> String {
    let text = if output.stderr.trim().is_empty() {
        &output.stdout
    } else {
        &output.stderr
    };
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    if lines.is_empty() {
        return "it printed nothing".to_owned();
    }
    let last = lines[lines.len().saturating_sub(3)..].join(" / ");
    let short: String = last.chars().take(300).collect();
    format!("it printed: {short}")
}
