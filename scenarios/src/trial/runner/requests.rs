//! Requests that have begun: writes, commands, which of them have names, and the load.

use std::collections::BTreeMap;

use seatrial_port::{NodeName, Progress, Request, RequestId, Statement, Testbed};

use crate::trial::record::{CommandRecord, RunRecord, WriteOutcome, WriteRecord, ms};

use super::clients::Clients;
use super::journal::Journal;

/// The most bytes of a command's output that a record keeps of each stream.
const OUTPUT_MAX: usize = 64 * 1024;

/// The place of a request's record.
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

impl Started {
    /// Returns whether the record says that the request has ended.
    pub(super) fn has_ended(self, record: &RunRecord) -> bool {
        match self.place {
            Place::Write(index) => record.writes[index].outcome != WriteOutcome::Running,
            Place::Command(index) => record.commands[index].ended_ms.is_some(),
        }
    }
}

/// A load under way.
#[derive(Clone, Debug)]
pub(super) struct RunningLoad {
    /// The node of each client, and its row under way.
    pub(super) clients: Vec<(NodeName, Option<Started>)>,
}

/// The requests of a run.
///
/// Owns those that have no end yet, the names given with `as`, the load, and the numbers of rows for
/// their tags. [`Play`](super::play::Play) calls it. It starts and polls requests and writes their ends
/// into the journal; it lets no time pass and does not know the scenario.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests {
    pending: Vec<Started>,
    named: BTreeMap<String, Started>,
    load: Option<RunningLoad>,
    /// The clients that read and change lists.
    pub(super) clients: Clients,
    /// Rows written by steps.
    rows: u32,
    /// Rows written by the load.
    load_rows: u32,
}

impl Requests {
    /// Begins a write.
    pub(super) fn write(
        &mut self,
        testbed: &mut dyn Testbed,
        journal: &mut Journal,
        node: &NodeName,
        tag: &str,
    ) -> Started {
        let at_ms = ms(testbed.now());
        let id = testbed.start(Request::Client {
            node: node.clone(),
            statement: Statement::Insert(tag.to_owned()),
        });
        let place = Place::Write(journal.write_begun(WriteRecord {
            step: journal.step(),
            at_ms,
            node: node.clone(),
            tag: tag.to_owned(),
            outcome: WriteOutcome::Running,
            ended_ms: None,
        }));
        self.pend(Started { id, place })
    }

    /// Begins a command.
    pub(super) fn command(
        &mut self,
        testbed: &mut dyn Testbed,
        journal: &mut Journal,
        node: &NodeName,
        line: &str,
    ) -> Started {
        let at_ms = ms(testbed.now());
        let id = testbed.start(Request::Operator {
            node: node.clone(),
            line: line.to_owned(),
        });
        let place = Place::Command(journal.command_begun(CommandRecord {
            step: journal.step(),
            at_ms,
            node: node.clone(),
            line: line.to_owned(),
            procedure: None,
            operator: 0,
            output: None,
            ended_ms: None,
            timed_out: false,
        }));
        self.pend(Started { id, place })
    }

    fn pend(&mut self, started: Started) -> Started {
        self.pending.push(started);
        started
    }

    /// Gives a request its name, where the step has one.
    pub(super) fn give_name(&mut self, name: Option<&str>, started: Started) {
        if let Some(name) = name {
            self.named.insert(name.to_owned(), started);
        }
    }

    /// Returns the request with this name.
    pub(super) fn named(&self, name: &str) -> Option<Started> {
        self.named.get(name).copied()
    }

    /// Returns the tag of the next row that a step writes on a node.
    pub(super) fn next_tag(&mut self, node: &NodeName) -> String {
        self.rows += 1;
        format!("w{}{node}", self.rows)
    }

    /// Returns the tag of the next row that the load writes on a node.
    pub(super) fn next_load_tag(&mut self, node: &NodeName) -> String {
        self.load_rows += 1;
        format!("l{}{node}", self.load_rows)
    }

    /// Returns whether clients write all the time.
    pub(super) const fn is_under_load(&self) -> bool {
        self.load.is_some()
    }

    /// Takes the load out, to let its clients go on.
    pub(super) const fn take_load(&mut self) -> Option<RunningLoad> {
        self.load.take()
    }

    /// Puts a load in.
    pub(super) fn put_load(&mut self, load: RunningLoad) {
        self.load = Some(load);
    }

    /// Ends the load.
    pub(super) fn end_load(&mut self) {
        self.load = None;
    }

    /// Asks after every request without an end, and writes down the ends.
    pub(super) async fn refresh(&mut self, testbed: &mut dyn Testbed, journal: &mut Journal) {
        let mut still = Vec::new();
        for started in std::mem::take(&mut self.pending) {
            let progress = testbed.poll(started.id).await;
            let now = ms(testbed.now());
            if !note(journal, started.place, progress, now) {
                still.push(started);
            }
        }
        self.pending = still;
    }
}

/// Writes down how far a request is, and says whether it has ended.
fn note(journal: &mut Journal, place: Place, progress: Progress, now: u64) -> bool {
    match place {
        Place::Write(index) => {
            let write = journal.write_mut(index);
            write.outcome = match progress {
                Progress::Running => return false,
                Progress::Acknowledged => WriteOutcome::Acknowledged,
                Progress::Refused { code, message } => WriteOutcome::Refused { code, message },
                // A statement has no output; an engine that says so has lost track of it.
                Progress::Unknown | Progress::Done(_) | Progress::Read(_) => WriteOutcome::Unknown,
            };
            write.ended_ms = Some(now);
        }
        Place::Command(index) => {
            let command = journal.command_mut(index);
            match progress {
                Progress::Running => return false,
                Progress::Done(mut output) => {
                    shorten(&mut output.stdout);
                    shorten(&mut output.stderr);
                    command.output = Some(output);
                }
                Progress::Acknowledged
                | Progress::Read(_)
                | Progress::Refused { .. }
                | Progress::Unknown => {}
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
