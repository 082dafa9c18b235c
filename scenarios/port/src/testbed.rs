//! The port between a scenario and the cluster it runs on.
//!
//! Three engines implement [`Testbed`]: `des` and `madsim` in the `sim` crate, `real` in
//! `real-harness`. Nothing here knows which. Time passes only inside [`Testbed::wait`]; every other
//! call acts in the instant in which it is made.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::fault::{Fault, FaultOutcome};
use super::message::Listening;
use super::name::NodeName;
use super::observation::Observation;
use super::predicate::Predicate;
use super::request::{Progress, Request, RequestId};
use super::time::Span;
use super::trace::TraceKind;
use super::tree::{FileChange, HostTree};

/// A run, or a part of one, as a future that has its place on the heap.
///
/// What plays on a [`Testbed`] is long. As a boxed future it is compiled in the crate that has it, once; as an
/// `async fn` it would be compiled again in every crate that waits for it.
pub type Played<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// The condition that [`Testbed::wait`] waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Never true: time passes up to the limit.
    Never,
    /// The request has ended.
    Ended(RequestId),
    /// One of the requests has ended. Several operators wait so, each for a command of its own.
    OneEnded(Vec<RequestId>),
    /// Nothing observable has changed for the engine's time of rest, no node joins or donates, and
    /// every started node has ended, opened its port, or waited out its time.
    Rest,
    /// The expectation about the observation is true.
    State(Predicate),
    /// The expectation about the observation is not true.
    Not(Predicate),
    /// A node has sent or received a kind of message. Only an engine with [`Capabilities::messages`] sees that.
    Message(Listening),
}

/// The limit passed before the condition was true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeout {
    /// The time that the engine waited.
    pub waited: Span,
}

/// The abilities of an engine: what it can do and show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Capabilities {
    /// The engine's name: `des`, `madsim` or `real`.
    pub engine: String,
    /// Names of the faults that the engine can apply.
    pub faults: BTreeSet<String>,
    /// Whether observations carry each node's history for the oracles.
    pub histories: bool,
    /// Whether the engine sees the messages between nodes.
    #[serde(default)]
    pub messages: bool,
}

/// The one port through which a scenario acts on a cluster.
///
/// Generic use only: no `dyn`, no `Send` bound. The runner imports no async runtime.
#[async_trait(?Send)]
pub trait Testbed {
    /// Returns the faults and observations that this engine has.
    fn capabilities(&self) -> Capabilities;

    /// Applies all the faults in one instant, and returns what it did with each.
    async fn apply(&mut self, together: &[Fault]) -> Vec<FaultOutcome>;

    /// Starts a request in this instant. It runs while time passes in [`Testbed::wait`].
    fn start(&mut self, request: Request) -> RequestId;

    /// Returns the progress of a request.
    async fn poll(&mut self, id: RequestId) -> Progress;

    /// Ctrl-C at the terminal of a command; nothing for a statement or a request that has ended.
    fn interrupt(&mut self, id: RequestId);

    /// Lets time pass until the condition is true, and returns how long that took.
    async fn wait(&mut self, until: &Condition, limit: Span) -> Result<Span, Timeout>;

    /// Returns the state of all nodes, for oracles and reports only. It changes nothing.
    async fn observe(&mut self) -> Observation;

    /// Returns the error log of each node's server, as far as there is one. It changes nothing.
    async fn error_logs(&mut self) -> BTreeMap<NodeName, String> {
        BTreeMap::new()
    }

    /// Returns the files of a node's host. `known` is the version that the caller has.
    async fn host_tree(&mut self, node: &NodeName, known: Option<u64>) -> HostTree {
        let _ = (node, known);
        HostTree::Real
    }

    /// Does to the files of a node's host what a program has done to them, in this instant. Returns a text for each
    /// change that the model does not have.
    async fn change_files(&mut self, node: &NodeName, changes: &[FileChange]) -> Vec<String> {
        let _ = (node, changes);
        Vec::new()
    }

    /// Says that the lines from here on come from a program: no terminal shows what they print. A simulated host is told
    /// so by the line itself.
    fn at_no_terminal(&mut self) {}

    /// Keeps what the next line on a real node reads from its standard input. On a simulated host a shell of the
    /// program's own reads it.
    fn give_input(&mut self, node: &NodeName, input: String) {
        let _ = (node, input);
    }

    /// Returns the time since the run began.
    fn now(&self) -> Span;

    /// Puts an event of the runner's into the run's trace, at this instant.
    fn record(&mut self, node: Option<NodeName>, event: TraceKind);
}
