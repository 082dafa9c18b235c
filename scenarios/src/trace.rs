//! The trace of a run: what happened, in order, as data.
//!
//! An engine and the runner append to one and the same trace. Rendered as JSON Lines with a header it
//! is the record of the run: same program, scenario, engine and seed give the same bytes. Wall time,
//! host and commit are not in it.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::testbed::{Fault, FaultOutcome, NodeName, Progress, Request, RequestId};
use crate::time::Span;

/// The version of the record's format.
pub const FORMAT: u32 = 1;

/// The first line of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceHeader {
    /// [`FORMAT`].
    pub format: u32,
    /// Version of the program.
    pub program: String,
    /// The scenario's id.
    pub scenario: String,
    /// SHA-256 of the scenario file, in hex.
    pub scenario_sha256: String,
    /// The engine's name.
    pub engine: String,
    /// The master seed.
    pub seed: u64,
    /// The nodes, in order.
    pub nodes: Vec<NodeName>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceEvent {
    /// When, in microseconds since the run's start.
    pub at_us: u64,
    /// On which node, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeName>,
    /// What.
    pub what: TraceKind,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceKind {
    /// The runner begins a step (counted from 1) or, with step 0, the initial state is reached.
    Step {
        /// The step's number.
        step: u32,
        /// The step in a few words.
        title: String,
    },
    /// A check was made.
    Check {
        /// The step's number.
        step: u32,
        /// Whether it held.
        held: bool,
        /// What was expected, and what was seen where it did not hold.
        text: String,
    },
    /// A fault was applied.
    Fault {
        /// The fault.
        fault: Fault,
        /// What became of it.
        outcome: FaultOutcome,
    },
    /// A request began.
    Request {
        /// Its number.
        id: RequestId,
        /// The request.
        request: Request,
    },
    /// A request ended.
    Ended {
        /// Its number.
        id: RequestId,
        /// How.
        progress: Progress,
    },
    /// A frame was handed to a link.
    Sent {
        /// The receiver.
        to: NodeName,
        /// The frame in short.
        frame: String,
    },
    /// A frame arrived.
    Received {
        /// The sender.
        from: NodeName,
        /// The frame in short.
        frame: String,
    },
    /// A link came up.
    LinkUp {
        /// The other end.
        peer: NodeName,
        /// `group` or `transfer`.
        channel: String,
    },
    /// A link went down.
    LinkDown {
        /// The other end.
        peer: NodeName,
        /// `group` or `transfer`.
        channel: String,
        /// Why: `reset`, `closed`, `refused`, `timeout`.
        reason: String,
    },
    /// The server wrote a line to its error log.
    Log {
        /// The line.
        line: String,
    },
    /// A write to the disk has completed.
    Disk {
        /// What was written where.
        text: String,
    },
    /// The server process changed: `started pid …`, `port open`, `exited 1`, `killed`.
    Process {
        /// In words.
        text: String,
    },
    /// Another thing worth showing on a time line (a back end that started, a supervisor's restart).
    Note {
        /// In words.
        text: String,
    },
}

/// The events of one run, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The events.
    pub events: Vec<TraceEvent>,
}

impl Trace {
    /// Appends an event.
    pub fn push(&mut self, at: Span, node: Option<NodeName>, what: TraceKind) {
        self.events.push(TraceEvent {
            at_us: at.as_micros(),
            node,
            what,
        });
    }

    /// The record: the header and one event a line.
    pub fn render(&self, header: &TraceHeader) -> String {
        let mut text = serde_json::to_string(header).expect("invariant: a header is plain data");
        text.push('\n');
        for event in &self.events {
            text.push_str(
                &serde_json::to_string(event).expect("invariant: an event is plain data"),
            );
            text.push('\n');
        }
        text
    }
}

/// SHA-256 of a text, in hex.
pub fn sha256_hex(text: &str) -> String {
    use std::fmt::Write as _;
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        write!(hex, "{byte:02x}").expect("invariant: writing to a String does not fail");
    }
    hex
}
