//! Checking what a scenario expects.

use seatrial_language::{Expect, Part, ProbeRead, ProbeWrite, RequestCheck, RequestEnd, Scenario};
use seatrial_port::{Condition, NodeName, Progress, Request, Span, Statement};

use crate::operator::commands::gap;
use crate::trial::oracles::{diverged, lost_rows};
use crate::trial::record::WriteOutcome;

use super::output::{CheckOutcome, negated_output, output_mismatch};
use super::play::Play;
use super::requests::Place;
use super::second_phase::summary;

/// The time that a check waits for a state if the file says neither `within` nor `for`.
const WITHIN_DEFAULT: Span = Span::from_secs(10);

/// The time that a check waits for a probe.
const PROBE_LIMIT: Span = Span::from_secs(20);

/// A probe is given at least this long, even at the end of `within`.
const PROBE_LEAST: Span = Span::from_secs(5);

/// A write hangs if it has no answer for this long.
const HANG: Span = Span::from_secs(10);

/// The time between two tries.
const AGAIN: Span = Span::from_secs(1);

/// A check under way.
///
/// Borrows the play, the scenario and what is negated. The runner calls it for an `expect`. It lets time
/// pass, tries writes and reads, and writes down races; it does not know the oracles, and the verdict of
/// the run is not its own.
pub(super) struct Check<'c, 'a> {
    pub(super) play: &'c mut Play<'a>,
    pub(super) scenario: &'c Scenario,
    /// The part of this check that is negated, if one is.
    pub(super) negated: Option<&'c Part>,
}

impl Check<'_, '_> {
    /// Checks what is expected: that it becomes true, and then stays true.
    ///
    /// A negated check has the same time: its one part must become false, and then stay false.
    pub(super) async fn expect(&mut self, expect: &Expect) -> CheckOutcome {
        let reduced = self.negated.map(|part| expect.negated(part));
        let expect = reduced.as_ref().unwrap_or(expect);
        if let Some(request) = &expect.request {
            return self.expect_request(request, expect).await;
        }
        let within = match (expect.within, expect.hold) {
            (Some(within), _) => within,
            (None, Some(_)) => Span::ZERO,
            (None, None) => WITHIN_DEFAULT,
        };
        let deadline = self.play.now() + within;
        let mut tries = 0;
        loop {
            let left = deadline.saturating_sub(self.play.now());
            if let Some(mismatch) = self.expect_state(expect, left).await {
                return CheckOutcome::failed(format!("within {within}: {mismatch}"));
            }
            tries += 1;
            let Some(mismatch) = self.expect_measures(expect, deadline, tries).await else {
                break;
            };
            let left = deadline.saturating_sub(self.play.now());
            if left == Span::ZERO || self.play.clock.is_over_limit() {
                return CheckOutcome::failed(format!("within {within}: {mismatch}"));
            }
            self.play.pass(AGAIN.min(left)).await;
        }
        if let Some(written) = expect.hold {
            let hold = self.play.clock.hold(written);
            if let Some(mismatch) = self.hold(expect, hold, tries + 1).await {
                return CheckOutcome::failed(format!("for {hold}: {mismatch}"));
            }
        }
        if expect.state.any.is_empty() || self.negated.is_some() {
            return CheckOutcome::held("as expected");
        }
        self.note_outcome(expect).await
    }

    /// Writes down which of its outcomes a race has ended in.
    async fn note_outcome(&mut self, expect: &Expect) -> CheckOutcome {
        let seen = self.play.observe().await;
        let Some(outcome) = expect.state.outcome(&seen) else {
            return CheckOutcome::failed("none of the outcomes lasts");
        };
        let now = self.play.journal.step();
        let mut before = self
            .scenario
            .steps
            .iter()
            .filter(|step| step.number < now && !step.action.only_looks());
        let from = before.next_back().map_or(now, |step| step.number);
        self.play.journal.raced(from, outcome);
        CheckOutcome::held(format!("outcome `{outcome}`"))
    }

    /// Waits for the states, and returns what is not true in the end.
    async fn expect_state(&mut self, expect: &Expect, limit: Span) -> Option<String> {
        if !expect.says_of_states() {
            return None;
        }
        if self
            .play
            .wait(&Condition::State(expect.state.clone()), limit)
            .await
        {
            return None;
        }
        let seen = self.play.observe().await;
        let mismatch = expect.state.first_mismatch(&seen)?;
        Some(format!("{mismatch} (seen: {})", summary(&seen)))
    }

    /// Watches whether it stays true, and returns what became false.
    async fn hold(&mut self, expect: &Expect, span: Span, tries: u32) -> Option<String> {
        let began = self.play.now();
        if expect.says_of_states() {
            if self
                .play
                .wait(&Condition::Not(expect.state.clone()), span)
                .await
            {
                let seen = self.play.observe().await;
                let after = self.play.now().saturating_sub(began);
                let mismatch = expect.state.first_mismatch(&seen);
                return Some(match mismatch {
                    Some(mismatch) => format!("{mismatch} after {after}"),
                    None => format!("it was not true for a moment after {after}"),
                });
            }
        } else {
            self.play.pass(span).await;
        }
        let deadline = self.play.now();
        self.expect_measures(expect, deadline, tries).await
    }

    /// Measures rows, writes and reads, and returns what is not as expected.
    async fn expect_measures(
        &mut self,
        expect: &Expect,
        deadline: Span,
        tries: u32,
    ) -> Option<String> {
        if expect.lost.is_some() || expect.diverged.is_some() {
            let mismatch = self.rows_mismatch(expect).await;
            let mismatch = self.turned(mismatch, "so of the rows");
            if mismatch.is_some() {
                return mismatch;
            }
        }
        for node in &expect.probed {
            if let Some(wanted) = expect.write {
                let mismatch = self
                    .probe_write(node, wanted, expect.error, deadline, tries)
                    .await;
                if mismatch.is_some() {
                    return mismatch;
                }
            }
            if let Some(wanted) = expect.read {
                let mismatch = self.probe_read(node, wanted, expect.error, deadline).await;
                if mismatch.is_some() {
                    return mismatch;
                }
            }
        }
        None
    }

    /// Returns how the lost or different rows differ from what is expected.
    async fn rows_mismatch(&mut self, expect: &Expect) -> Option<String> {
        self.play.refresh().await;
        let seen = self.play.observe().await;
        if let Some(wanted) = expect.lost {
            let lost = lost_rows(&self.play.journal.record().writes, &seen);
            if lost.len() != wanted as usize {
                return Some(format!(
                    "expected {wanted} acknowledged rows lost, seen {}: {}",
                    lost.len(),
                    lost.join(", ")
                ));
            }
        }
        match (expect.diverged?, diverged(&seen)) {
            (false, Some(difference)) => {
                Some(format!("expected equal rows on Synced nodes: {difference}"))
            }
            (true, None) => Some("expected Synced nodes with different rows".to_owned()),
            _ => None,
        }
    }

    /// Returns the result of a measurement, inverted if this part of the check is negated.
    fn turned(&self, mismatch: Option<String>, says: &str) -> Option<String> {
        match (self.negated, mismatch) {
            (None, mismatch) => mismatch,
            (Some(_), Some(_)) => None,
            (Some(_), None) => Some(format!("negated: expected not {says}")),
        }
    }

    fn probe_limit(&self, deadline: Span) -> Span {
        deadline
            .saturating_sub(self.play.now())
            .max(PROBE_LEAST)
            .min(PROBE_LIMIT)
    }

    /// Tries a write. Its tag names the step, so that it is the same on every engine.
    async fn probe_write(
        &mut self,
        node: &NodeName,
        wanted: ProbeWrite,
        error: Option<u16>,
        deadline: Span,
        tries: u32,
    ) -> Option<String> {
        let tag = match tries {
            1 => format!("p{}{node}", self.play.journal.step()),
            _ => format!("p{}{node}-{tries}", self.play.journal.step()),
        };
        let limit = if wanted == ProbeWrite::Hangs {
            HANG
        } else {
            self.probe_limit(deadline)
        };
        let started = self.play.write(node, &tag);
        self.play.wait_for_all(&[started], limit).await;
        let Place::Write(index) = started.place else {
            return None;
        };
        let outcome = &self.play.journal.record().writes[index].outcome;
        let as_wanted = match (wanted, outcome) {
            (ProbeWrite::Acknowledged, WriteOutcome::Acknowledged)
            | (ProbeWrite::Hangs, WriteOutcome::Running) => true,
            (ProbeWrite::Refused, WriteOutcome::Refused { code, .. }) => {
                self.has_error(error, *code)
            }
            _ => false,
        };
        (!self.wanted(as_wanted)).then(|| {
            format!(
                "a write on {node}: expected {}, seen {}",
                with_error(wanted.name(), error),
                describe_outcome(outcome)
            )
        })
    }

    async fn probe_read(
        &mut self,
        node: &NodeName,
        wanted: ProbeRead,
        error: Option<u16>,
        deadline: Span,
    ) -> Option<String> {
        let limit = self.probe_limit(deadline);
        let id = self.play.testbed.start(Request::Client {
            node: node.clone(),
            statement: Statement::Read,
        });
        self.play.wait(&Condition::Ended(id), limit).await;
        let progress = self.play.testbed.poll(id).await;
        let as_wanted = match (wanted, &progress) {
            (ProbeRead::Ok, Progress::Acknowledged | Progress::Done(_)) => true,
            (ProbeRead::Refused, Progress::Refused { code, .. }) => self.has_error(error, *code),
            _ => false,
        };
        (!self.wanted(as_wanted)).then(|| {
            format!(
                "a read on {node}: expected {}, seen {}",
                with_error(wanted.name(), error),
                describe_progress(&progress)
            )
        })
    }

    /// Returns whether a refusal has the number that is asked for: another one where the number is negated.
    fn has_error(&self, wanted: Option<u16>, seen: u16) -> bool {
        let negated = matches!(
            self.negated,
            Some(Part::WriteError(_) | Part::ReadError(_) | Part::Error)
        );
        wanted.is_none_or(|wanted| (wanted == seen) != negated)
    }

    /// Returns whether a probe that ended so is right: where its end is negated, if it did not.
    fn wanted(&self, as_wanted: bool) -> bool {
        as_wanted != matches!(self.negated, Some(Part::Write(_) | Part::Read(_)))
    }

    async fn expect_request(&mut self, check: &RequestCheck, expect: &Expect) -> CheckOutcome {
        let Some(started) = self.play.requests.named(&check.name) else {
            return CheckOutcome::failed(format!("{} was never begun", check.name));
        };
        let limit = match check.ends {
            RequestEnd::Running => expect
                .hold
                .map_or(Span::ZERO, |hold| self.play.clock.hold(hold)),
            _ => expect.within.unwrap_or(WITHIN_DEFAULT),
        };
        self.play.wait(&Condition::Ended(started.id), limit).await;
        self.play.refresh().await;
        let name = &check.name;
        let mismatch = match started.place {
            Place::Write(index) => self.write_mismatch(check, index),
            Place::Command(index) => self.command_mismatch(check, index, limit),
        };
        match mismatch {
            Some(mismatch) => CheckOutcome::failed(format!("{name}: {mismatch}")),
            None => CheckOutcome::held(format!("{name}: {}", check.ends.name())),
        }
    }

    /// Returns the mismatch of a named write.
    fn write_mismatch(&self, check: &RequestCheck, index: usize) -> Option<String> {
        let outcome = &self.play.journal.record().writes[index].outcome;
        let as_wanted = match (check.ends, outcome) {
            (RequestEnd::Running, WriteOutcome::Running)
            | (RequestEnd::Acknowledged, WriteOutcome::Acknowledged)
            | (RequestEnd::Unknown, WriteOutcome::Unknown) => true,
            (RequestEnd::Ended, outcome) => *outcome != WriteOutcome::Running,
            (RequestEnd::Refused, WriteOutcome::Refused { code, .. }) => {
                self.has_error(check.error, *code)
            }
            _ => false,
        };
        let as_wanted = as_wanted != matches!(self.negated, Some(Part::Ends));
        (!as_wanted).then(|| {
            let wanted = with_error(check.ends.name(), check.error);
            format!("expected {wanted}, seen {}", describe_outcome(outcome))
        })
    }

    /// Returns the mismatch of a named command.
    fn command_mismatch(&self, check: &RequestCheck, index: usize, limit: Span) -> Option<String> {
        let command = &self.play.journal.record().commands[index];
        let ended = command.ended_ms.is_some();
        let wanted = (check.ends != RequestEnd::Running) != (self.negated == Some(&Part::Ends));
        if ended != wanted {
            return Some(if wanted {
                format!("expected it to end within {limit}, but it still runs")
            } else {
                "expected it to run, but it has ended".to_owned()
            });
        }
        let output = command.output.as_ref().filter(|_| wanted)?;
        if let Some(missing) = gap(output) {
            return Some(missing.to_owned());
        }
        let asked = (check.exit, check.prints.as_deref(), check.lacks.as_deref());
        match self.negated {
            Some(Part::Exit | Part::Prints | Part::Lacks) => negated_output(output, asked),
            _ => output_mismatch(output, asked),
        }
    }
}

fn with_error(word: &str, error: Option<u16>) -> String {
    error.map_or_else(
        || word.to_owned(),
        |error| format!("{word} with error {error}"),
    )
}

/// Returns the result of a write in words.
pub(super) fn describe_outcome(outcome: &WriteOutcome) -> String {
    match outcome {
        WriteOutcome::Running => "no answer".to_owned(),
        WriteOutcome::Acknowledged => "acknowledged".to_owned(),
        WriteOutcome::Refused { code, message } => format!("refused with error {code} ({message})"),
        WriteOutcome::Unknown => "connection lost".to_owned(),
    }
}

fn describe_progress(progress: &Progress) -> String {
    match progress {
        Progress::Running => "no answer".to_owned(),
        Progress::Done(_) | Progress::Acknowledged | Progress::Read(_) => "rows".to_owned(),
        Progress::Refused { code, message } => format!("refused with error {code} ({message})"),
        Progress::Unknown => "connection lost".to_owned(),
    }
}
