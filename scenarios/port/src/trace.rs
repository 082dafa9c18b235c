//! The trace of a run: what happened, in order, as data.
//!
//! An engine and the runner append to one and the same trace. Rendered as JSON Lines with a header it
//! is the record of the run: same program, scenario, engine and seed give the same bytes. Wall time,
//! host and commit are not in it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::fault::{Fault, FaultOutcome};
use super::name::NodeName;
use super::request::{Progress, Request, RequestId};
use super::time::Span;

/// The version of the record's format.
pub const FORMAT: u32 = 2;

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

/// An event of a trace.
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
        /// The expectation, and what was seen if it did not hold.
        text: String,
    },
    /// A fault was applied.
    Fault {
        /// The fault.
        fault: Fault,
        /// The result.
        outcome: FaultOutcome,
    },
    /// A request began.
    Request {
        /// Its number.
        id: RequestId,
        /// The request.
        request: Request,
    },
    /// One of several operators types the request that begins next. Where one acts alone, nothing says so.
    Operator {
        /// The number of the operator, from 1.
        operator: u32,
        /// The operator's procedure.
        procedure: String,
        /// The node beside which the operator sits.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seat: Option<NodeName>,
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
        /// The place and the content of a write.
        text: String,
    },
    /// The server process changed: `started pid …`, `port open`, `exited 1`, `killed`.
    Process {
        /// In words.
        text: String,
    },
    /// The changed facts of a node, so that its state at any instant can be put together from the
    /// changes before it. Names are those of [`Facts`].
    State {
        /// The facts that have changed with their values, null where a fact is gone.
        changed: BTreeMap<String, Option<String>>,
    },
    /// The node's component changed while it was primary, and quorum was counted
    /// (`gcomm/src/pc_proto.cpp:have_quorum`): twice the weight of those present plus the weight of
    /// those that left in order must exceed the weight of the last primary view.
    Quorum {
        /// Members of the last primary view that are still here.
        present: Vec<NodeName>,
        /// Members of it that left in order.
        left: Vec<NodeName>,
        /// The last primary view, with the weights.
        last_primary: BTreeMap<NodeName, u32>,
        /// Whether the component stays primary.
        holds: bool,
    },
    /// A component without a primary member has met and compared what everybody remembers
    /// (`gcomm/src/pc_proto.cpp:is_prim`): it becomes primary again only if all members of the last
    /// primary view that anybody remembers are here.
    Reunion {
        /// The members of that view; empty if no member remembers one.
        last_primary: Vec<NodeName>,
        /// Those of them that are not here.
        missing: Vec<NodeName>,
    },
    /// Another thing worth showing on a time line (a back end that started, a supervisor's restart).
    Note {
        /// In words.
        text: String,
    },
}

/// The facts of a node at an instant, by name.
///
/// `process` (`running`, `waiting`, `exited`, `hung`, `off`), `exit`, `transfer` (`donor`, `joiner`),
/// the status variables and settings by their own names (`wsrep_…`; only while the port is open),
/// `client_error` (what a client prints while it is not),
/// `grastate.dat` and `gvwstate.dat` with the text of the files, `view` (`PRIM 5: A, B`),
/// `last_primary` (the nodes over which quorum is counted), `rows` (their number) and `content` (a hash
/// of the node's whole history). A fact that does not apply is missing.
pub type Facts = BTreeMap<&'static str, String>;

/// Returns the facts that differ, as [`TraceKind::State`] has them; `None` where nothing does.
pub fn changed_facts(before: &Facts, now: &Facts) -> Option<TraceKind> {
    let gone = before
        .keys()
        .filter(|name| !now.contains_key(*name))
        .map(|name| ((*name).to_owned(), None));
    let changed: BTreeMap<String, Option<String>> = now
        .iter()
        .filter(|(name, value)| before.get(*name) != Some(value))
        .map(|(name, value)| ((*name).to_owned(), Some(value.clone())))
        .chain(gone)
        .collect();
    (!changed.is_empty()).then_some(TraceKind::State { changed })
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

    /// Returns the record: the header and one event a line.
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
