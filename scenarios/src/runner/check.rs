//! Checking what a scenario expects.

use crate::language::{Expect, ProbeRead, ProbeWrite, RequestCheck, RequestEnd};
use crate::oracles::{diverged, lost_rows};
use crate::record::WriteOutcome;
use crate::testbed::{Condition, NodeName, Progress, Request, Statement, Testbed};
use crate::time::Span;

use super::act::output_mismatch;
use super::options::hold_for;
use super::requests::Place;
use super::run::{CheckOutcome, Runner};

/// How long is waited for a state if the file says neither `within` nor `for`.
const WITHIN_DEFAULT: Span = Span::from_secs(10);

/// How long a probe is waited for.
const PROBE_LIMIT: Span = Span::from_secs(20);

/// A probe is given at least this long, even at the end of `within`.
const PROBE_LEAST: Span = Span::from_secs(5);

/// A write hangs if it has no answer for this long.
const HANG: Span = Span::from_secs(10);

/// The time between two tries.
const AGAIN: Span = Span::from_secs(1);

impl<T: Testbed> Runner<'_, T> {
    /// Checks what is expected: that it becomes true, and then stays true.
    pub(super) async fn expect(&mut self, expect: &Expect) -> CheckOutcome {
        if let Some(request) = &expect.request {
            return self.expect_request(request, expect).await;
        }
        let within = match (expect.within, expect.hold) {
            (Some(within), _) => within,
            (None, Some(_)) => Span::ZERO,
            (None, None) => WITHIN_DEFAULT,
        };
        let deadline = self.testbed.now() + within;
        let mut tries = 0;
        loop {
            let left = deadline.saturating_sub(self.testbed.now());
            if let Some(mismatch) = self.expect_state(expect, left).await {
                return CheckOutcome::failed(format!("within {within}: {mismatch}"));
            }
            tries += 1;
            let Some(mismatch) = self.expect_measures(expect, deadline, tries).await else {
                break;
            };
            let left = deadline.saturating_sub(self.testbed.now());
            if left == Span::ZERO || self.over_limit {
                return CheckOutcome::failed(format!("within {within}: {mismatch}"));
            }
            self.wait(&Condition::Never, AGAIN.min(left)).await;
        }
        if let Some(written) = expect.hold {
            let hold = hold_for(written, self.timers);
            if let Some(mismatch) = self.hold(expect, hold, tries + 1).await {
                return CheckOutcome::failed(format!("for {hold}: {mismatch}"));
            }
        }
        CheckOutcome::held("as expected")
    }

    /// Waits for the states, and says what is not true in the end.
    async fn expect_state(&mut self, expect: &Expect, limit: Span) -> Option<String> {
        if !expect.says_of_states() {
            return None;
        }
        if self
            .wait(&Condition::State(expect.state.clone()), limit)
            .await
        {
            return None;
        }
        let seen = self.testbed.observe().await;
        expect.state.first_mismatch(&seen)
    }

    /// Watches whether it stays true, and says what became false.
    async fn hold(&mut self, expect: &Expect, span: Span, tries: u32) -> Option<String> {
        let began = self.testbed.now();
        if expect.says_of_states() {
            if self.wait(&Condition::Not(expect.state.clone()), span).await {
                let seen = self.testbed.observe().await;
                let after = self.testbed.now().saturating_sub(began);
                let mismatch = expect.state.first_mismatch(&seen);
                return Some(match mismatch {
                    Some(mismatch) => format!("{mismatch} after {after}"),
                    None => format!("not true any more for a moment after {after}"),
                });
            }
        } else {
            self.wait(&Condition::Never, span).await;
        }
        let deadline = self.testbed.now();
        self.expect_measures(expect, deadline, tries).await
    }

    /// What is measured and not seen: rows, writes, reads. Says what is not as expected.
    async fn expect_measures(
        &mut self,
        expect: &Expect,
        deadline: Span,
        tries: u32,
    ) -> Option<String> {
        if expect.lost.is_some() || expect.diverged.is_some() {
            self.requests.refresh(self.testbed, &mut self.record).await;
            let seen = self.testbed.observe().await;
            if let Some(wanted) = expect.lost {
                let lost = lost_rows(&self.record.writes, &seen);
                if lost.len() != wanted as usize {
                    return Some(format!(
                        "expected {wanted} acknowledged rows lost, seen {}: {}",
                        lost.len(),
                        lost.join(", ")
                    ));
                }
            }
            if let Some(wanted) = expect.diverged {
                match (wanted, diverged(&seen)) {
                    (false, Some(difference)) => {
                        return Some(format!("expected equal rows on Synced nodes: {difference}"));
                    }
                    (true, None) => {
                        return Some("expected Synced nodes with different rows".to_owned());
                    }
                    _ => {}
                }
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

    fn probe_limit(&self, deadline: Span) -> Span {
        deadline
            .saturating_sub(self.testbed.now())
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
            1 => format!("p{}{node}", self.step),
            _ => format!("p{}{node}-{tries}", self.step),
        };
        let limit = if wanted == ProbeWrite::Hangs {
            HANG
        } else {
            self.probe_limit(deadline)
        };
        let started = self
            .requests
            .write(self.testbed, &mut self.record, self.step, node, &tag);
        self.wait_for_all(&[started], limit).await;
        let Place::Write(index) = started.place else {
            return None;
        };
        let outcome = &self.record.writes[index].outcome;
        let as_wanted = match (wanted, outcome) {
            (ProbeWrite::Acknowledged, WriteOutcome::Acknowledged)
            | (ProbeWrite::Hangs, WriteOutcome::Running) => true,
            (ProbeWrite::Refused, WriteOutcome::Refused { code, .. }) => {
                error.is_none_or(|error| error == *code)
            }
            _ => false,
        };
        (!as_wanted).then(|| {
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
        let id = self.testbed.start(Request::Client {
            node: node.clone(),
            statement: Statement::Read,
        });
        self.wait(&Condition::Ended(id), limit).await;
        let progress = self.testbed.poll(id).await;
        let as_wanted = match (wanted, &progress) {
            (ProbeRead::Ok, Progress::Acknowledged | Progress::Done(_)) => true,
            (ProbeRead::Refused, Progress::Refused { code, .. }) => {
                error.is_none_or(|error| error == *code)
            }
            _ => false,
        };
        (!as_wanted).then(|| {
            format!(
                "a read on {node}: expected {}, seen {}",
                with_error(wanted.name(), error),
                describe_progress(&progress)
            )
        })
    }

    async fn expect_request(&mut self, check: &RequestCheck, expect: &Expect) -> CheckOutcome {
        let Some(started) = self.requests.named.get(&check.name).copied() else {
            return CheckOutcome::failed(format!("{} was never begun", check.name));
        };
        let limit = match check.ends {
            RequestEnd::Running => expect
                .hold
                .map_or(Span::ZERO, |hold| hold_for(hold, self.timers)),
            _ => expect.within.unwrap_or(WITHIN_DEFAULT),
        };
        self.wait(&Condition::Ended(started.id), limit).await;
        self.requests.refresh(self.testbed, &mut self.record).await;
        let name = &check.name;
        let mismatch = match started.place {
            Place::Write(index) => write_mismatch(check, &self.record.writes[index].outcome),
            Place::Command(index) => {
                let command = &self.record.commands[index];
                match (&command.output, check.ends) {
                    _ if command.ended_ms.is_none() && check.ends != RequestEnd::Running => {
                        Some(format!("expected it to end within {limit}, it still runs"))
                    }
                    _ if command.ended_ms.is_some() && check.ends == RequestEnd::Running => {
                        Some("expected it to run, it has ended".to_owned())
                    }
                    (Some(output), RequestEnd::Ended) => output_mismatch(
                        output,
                        (check.exit, check.prints.as_deref(), check.lacks.as_deref()),
                    ),
                    _ => None,
                }
            }
        };
        match mismatch {
            Some(mismatch) => CheckOutcome::failed(format!("{name}: {mismatch}")),
            None => CheckOutcome::held(format!("{name}: {}", check.ends.name())),
        }
    }
}

fn write_mismatch(check: &RequestCheck, outcome: &WriteOutcome) -> Option<String> {
    let as_wanted = match (check.ends, outcome) {
        (RequestEnd::Running, WriteOutcome::Running)
        | (RequestEnd::Acknowledged, WriteOutcome::Acknowledged)
        | (RequestEnd::Unknown, WriteOutcome::Unknown) => true,
        (RequestEnd::Ended, outcome) => *outcome != WriteOutcome::Running,
        (RequestEnd::Refused, WriteOutcome::Refused { code, .. }) => {
            check.error.is_none_or(|error| error == *code)
        }
        _ => false,
    };
    (!as_wanted).then(|| {
        let wanted = with_error(check.ends.name(), check.error);
        format!("expected {wanted}, seen {}", describe_outcome(outcome))
    })
}

fn with_error(word: &str, error: Option<u16>) -> String {
    error.map_or_else(
        || word.to_owned(),
        |error| format!("{word} with error {error}"),
    )
}

/// What became of a write, in words.
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
        Progress::Done(_) | Progress::Acknowledged => "rows".to_owned(),
        Progress::Refused { code, message } => format!("refused with error {code} ({message})"),
        Progress::Unknown => "connection lost".to_owned(),
    }
}
