//! Requests that have begun: writes, commands, and which of them have names.

use std::collections::BTreeMap;

use crate::port::{NodeName, Progress, Request, RequestId, Statement, Testbed};
use crate::trial::record::{CommandRecord, RunRecord, WriteOutcome, WriteRecord, ms};

/// The most bytes of a command's output that a record keeps of each stream.
const OUTPUT_MAX: usize = 64 * 1024;

/// Where the record of a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Among the writes.
    Write(usize),
    /// Among the commands.
    Command(usize),
}

/// A request of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Started {
    pub(super) id: RequestId,
    pub(super) place: Place,
}

/// The requests of a run that have no end yet, and those with a name.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests {
    pending: Vec<Started>,
    pub(super) named: BTreeMap<String, Started>,
}

impl Requests {
    /// Begins a write.
    pub(super) fn write<T: Testbed>(
        &mut self,
        testbed: &mut T,
        record: &mut RunRecord,
        step: u32,
        node: &NodeName,
        tag: &str,
    ) -> Started {
        let statement = Statement::Insert(tag.to_owned());
        let at_ms = ms(testbed.now());
        let id = testbed.start(Request::Client {
            node: node.clone(),
            statement,
        });
        let place = Place::Write(record.writes.len());
        record.writes.push(WriteRecord {
            step,
            at_ms,
            node: node.clone(),
            tag: tag.to_owned(),
            outcome: WriteOutcome::Running,
            ended_ms: None,
        });
        self.pend(Started { id, place })
    }

    /// Begins a command.
    pub(super) fn command<T: Testbed>(
        &mut self,
        testbed: &mut T,
        record: &mut RunRecord,
        step: u32,
        node: &NodeName,
        line: &str,
    ) -> Started {
        let at_ms = ms(testbed.now());
        let id = testbed.start(Request::Operator {
            node: node.clone(),
            line: line.to_owned(),
        });
        let place = Place::Command(record.commands.len());
        record.commands.push(CommandRecord {
            step,
            at_ms,
            node: node.clone(),
            line: line.to_owned(),
            procedure: None,
            output: None,
            ended_ms: None,
            timed_out: false,
        });
        self.pend(Started { id, place })
    }

    fn pend(&mut self, started: Started) -> Started {
        self.pending.push(started);
        started
    }

    /// Asks after every request without an end, and writes down the ends.
    pub(super) async fn refresh<T: Testbed>(&mut self, testbed: &mut T, record: &mut RunRecord) {
        let mut still = Vec::new();
        for started in std::mem::take(&mut self.pending) {
            let progress = testbed.poll(started.id).await;
            let now = ms(testbed.now());
            if !note(record, started.place, progress, now) {
                still.push(started);
            }
        }
        self.pending = still;
    }
}

/// Writes down how far a request is, and says whether it has ended.
fn note(record: &mut RunRecord, place: Place, progress: Progress, now: u64) -> bool {
    match place {
        Place::Write(index) => {
            let write = &mut record.writes[index];
            write.outcome = match progress {
                Progress::Running => return false,
                Progress::Acknowledged => WriteOutcome::Acknowledged,
                Progress::Refused { code, message } => WriteOutcome::Refused { code, message },
                // A statement has no output; an engine that says so has lost track of it.
                Progress::Unknown | Progress::Done(_) => WriteOutcome::Unknown,
            };
            write.ended_ms = Some(now);
        }
        Place::Command(index) => {
            let command = &mut record.commands[index];
            match progress {
                Progress::Running => return false,
                Progress::Done(mut output) => {
                    shorten(&mut output.stdout);
                    shorten(&mut output.stderr);
                    command.output = Some(output);
                }
                Progress::Acknowledged | Progress::Refused { .. } | Progress::Unknown => {}
            }
            command.ended_ms = Some(now);
        }
    }
    true
}

/// Cuts a text that is too long for a record.
pub(super) fn shorten(text: &mut String) {
    if text.len() > OUTPUT_MAX {
        let mut end = OUTPUT_MAX;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push_str("\n[cut]\n");
    }
}
