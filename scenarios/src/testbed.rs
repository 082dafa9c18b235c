//! The port between a scenario and the cluster it runs on.
//!
//! Three engines implement [`Testbed`]: `des` and `madsim` in the `sim` crate, `real` in
//! `real-harness`. Nothing here knows which. Time passes only inside [`Testbed::wait`]; every other
//! call acts in the instant in which it is made.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::observation::Observation;
use crate::time::Span;
use crate::trace::TraceKind;

/// The name of a node, as a scenario writes it: `A`, `B`, `C`.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct NodeName(pub String);

impl NodeName {
    /// A name from its text.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names for a sentence: `A`, `A and B`, `A, B and C`.
pub fn list(names: &[NodeName]) -> String {
    let names: Vec<&str> = names.iter().map(NodeName::as_str).collect();
    match names.split_last() {
        None => "nobody".to_owned(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

/// What a cluster is before the first step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Initial {
    /// Bootstrapped on the first node, joined by the others in turn, all synced.
    #[default]
    Synced,
    /// Installed, never started: no grastate.dat, no gvwstate.dat, an empty database.
    Empty,
    /// As `Synced`, then every node stopped in order, the first node last.
    Down,
}

/// Which timeouts the nodes run with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Timers {
    /// Galera's own defaults.
    #[default]
    Default,
    /// Short timeouts for tests on real nodes; the same on every engine.
    Fast,
}

/// What happens to a mariadbd that ended abnormally.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Supervisor {
    /// Nobody starts it again.
    #[default]
    None,
    /// The unit's `Restart=on-abnormal`, `RestartSec=5`.
    Systemd,
}

/// How `cm-cluster-manage --force-safe-to-bootstrap` edits grastate.dat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForceEdit {
    /// It writes into the file that is there: same inode.
    #[default]
    InPlace,
    /// It writes a new file and renames it over the old one, as `sed -i` does: new inode.
    Replace,
}

/// Where `mysqld_safe --wsrep-recover` writes its log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MysqldSafeLog {
    /// Into the MariaDB log file.
    #[default]
    File,
    /// To syslog, as Debian's configuration does: a grep in the log file finds nothing new.
    Syslog,
}

/// Whether the times that vary in reality vary here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Jitter {
    /// They are drawn by the seed. On real nodes they are what they are.
    #[default]
    Drawn,
    /// Each is the middle of its range, and a new process has a greater identity than every earlier
    /// one: what happens depends on what is done alone. For searches that visit every state.
    None,
}

/// The options of a run: Galera's and MariaDB's by their real names, and those of the surroundings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Options {
    /// Provider and server options, such as `pc.recovery` or `innodb_flush_log_at_trx_commit`.
    pub settings: BTreeMap<String, String>,
    /// The same for one node only; they win over `settings`.
    pub node_settings: BTreeMap<NodeName, BTreeMap<String, String>>,
    /// Who restarts a crashed server.
    pub supervisor: Supervisor,
    /// How the force edits the state file.
    pub force: ForceEdit,
    /// Where `mysqld_safe` logs.
    pub mysqld_safe_log: MysqldSafeLog,
    /// Whether simulated times vary.
    pub jitter: Jitter,
}

impl Options {
    /// Whether the node runs an arbitrator (garbd) instead of a server: the setting `arbitrator` of the
    /// node.
    pub fn is_arbitrator(&self, node: &NodeName) -> bool {
        let value = self
            .node_settings
            .get(node)
            .and_then(|own| own.get("arbitrator"));
        value.is_some_and(|value| value == "true")
    }
}

/// Everything an engine needs to build the cluster of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Setup {
    /// The nodes, in the order in which the initial state starts them.
    pub nodes: Vec<NodeName>,
    /// What the cluster is before the first step.
    pub initial: Initial,
    /// The timeouts.
    pub timers: Timers,
    /// The options.
    pub options: Options,
    /// The master seed: every random choice of a simulated run is a function of it.
    pub seed: u64,
}

/// A file that can be damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum StateFile {
    /// The replicator's saved state.
    #[serde(rename = "grastate.dat")]
    Grastate,
    /// The saved view of the last primary component.
    #[serde(rename = "gvwstate.dat")]
    Gvwstate,
    /// The write-set cache.
    #[serde(rename = "galera.cache")]
    GaleraCache,
}

impl StateFile {
    /// The file's name in the data folder.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grastate => "grastate.dat",
            Self::Gvwstate => "gvwstate.dat",
            Self::GaleraCache => "galera.cache",
        }
    }
}

/// How a file is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Damage {
    /// The name is gone.
    Delete,
    /// The file is there and has no bytes.
    Empty,
    /// The file holds bytes that mean nothing.
    Garbage,
    /// A copy taken at the end of the initial state has been put back.
    OldCopy,
}

/// A fault. All faults of one call of [`Testbed::apply`] happen in the same instant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Fault {
    /// SIGKILL of the server; nobody starts it again until somebody does.
    Terminate(NodeName),
    /// SIGKILL of the server; the supervisor may start it again.
    Crash(NodeName),
    /// The host loses power: every process is gone, unsynced writes may be lost or torn.
    PowerOff(NodeName),
    /// The host boots again, and with it the MariaDB service.
    PowerOn(NodeName),
    /// SIGSTOP of the server.
    Hang(NodeName),
    /// SIGCONT of the server.
    Resume(NodeName),
    /// Nothing passes from the one node to the other any more; the other way is open.
    Cut {
        /// The sender that is not heard.
        from: NodeName,
        /// The receiver that hears nothing.
        to: NodeName,
    },
    /// Nodes of different groups do not reach each other; nodes of one group do.
    Partition(Vec<Vec<NodeName>>),
    /// Every cut, loss and added latency ends.
    Heal,
    /// Added one-way latency on everything that reaches or leaves the node.
    Latency {
        /// The node.
        node: NodeName,
        /// The added latency.
        by: Span,
    },
    /// A part of the packets that reach the node is lost.
    Loss {
        /// The node.
        node: NodeName,
        /// Lost packets of a hundred.
        percent: u8,
    },
    /// The links of the node are cut and healed in turn.
    Flap {
        /// The node.
        node: NodeName,
        /// How long a cut lasts, and how long the time between two cuts.
        period: Span,
    },
    /// A file of the node is damaged.
    Damage {
        /// The node.
        node: NodeName,
        /// The file.
        file: StateFile,
        /// How.
        how: Damage,
    },
    /// Writes to the node's disk fail.
    DiskFull(NodeName),
    /// The node's data folder is empty, as after a replaced disk.
    DiskLost(NodeName),
    /// A running state transfer to or from the node breaks off.
    InterruptTransfer(NodeName),
    /// The next orderly stop of the node's server does not end by itself.
    StopHangs(NodeName),
    /// A session takes the global read lock (FLUSH TABLES WITH READ LOCK) and keeps it.
    ReadLock(NodeName),
    /// That session ends.
    ReadUnlock(NodeName),
    /// The mail back end of the node ends.
    BackendStop(NodeName),
    /// The node's clock jumps forward.
    ClockJump {
        /// The node.
        node: NodeName,
        /// By how much.
        by: Span,
    },
}

impl Fault {
    /// The fault's name in a scenario file.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Terminate(_) => "terminate",
            Self::Crash(_) => "crash",
            Self::PowerOff(_) => "power_off",
            Self::PowerOn(_) => "power_on",
            Self::Hang(_) => "hang",
            Self::Resume(_) => "resume",
            Self::Cut { .. } => "cut",
            Self::Partition(_) => "partition",
            Self::Heal => "heal",
            Self::Latency { .. } => "latency",
            Self::Loss { .. } => "loss",
            Self::Flap { .. } => "flap",
            Self::Damage { .. } => "damage",
            Self::DiskFull(_) => "disk_full",
            Self::DiskLost(_) => "disk_lost",
            Self::InterruptTransfer(_) => "interrupt_transfer",
            Self::StopHangs(_) => "stop_hangs",
            Self::ReadLock(_) => "read_lock",
            Self::ReadUnlock(_) => "read_unlock",
            Self::BackendStop(_) => "backend_stop",
            Self::ClockJump { .. } => "clock_jump",
        }
    }
}

/// What became of a fault.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FaultOutcome {
    /// It took effect; the receipt is the evidence.
    Applied(String),
    /// It had nothing to act on, and why.
    Skipped(String),
    /// This engine cannot do it, and why.
    Unsupported(String),
}

/// What a client asks a node's server for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Statement {
    /// A transaction of one new row. The tag is the row's key and identity.
    Insert(String),
    /// A read of the table (`SELECT`), by rule refused where the node is not ready.
    Read,
    /// A change of the schema, replicated in total order isolation.
    Ddl(String),
}

/// Something that takes time.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Request {
    /// A command line typed by an operator on a node.
    Operator {
        /// Where it is typed.
        node: NodeName,
        /// The line.
        line: String,
    },
    /// A client's statement to a node's server.
    Client {
        /// The node whose server is asked.
        node: NodeName,
        /// The statement.
        statement: Statement,
    },
}

/// The number of a request in its run, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestId(pub u32);

/// What a command printed and returned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Output {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Exit code; 130 after Ctrl-C.
    pub exit: i32,
}

/// How far a request is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Progress {
    /// It still runs.
    Running,
    /// A command has ended.
    Done(Output),
    /// A statement has succeeded and the client knows it.
    Acknowledged,
    /// A statement has failed and the client knows it.
    Refused {
        /// MariaDB's error number, such as 1047.
        code: u16,
        /// The error's text as the client prints it.
        message: String,
    },
    /// The connection was lost while the statement ran: nobody has told the client what became of it.
    Unknown,
}

impl Progress {
    /// Whether the request has ended, in whatever way.
    pub const fn has_ended(&self) -> bool {
        !matches!(self, Self::Running)
    }
}

/// What [`Testbed::wait`] waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Never true: time passes up to the limit.
    Never,
    /// The request has ended.
    Ended(RequestId),
    /// Nothing observable has changed for the engine's own span of rest, nobody joins or donates, and
    /// every started node has ended, opened its port, or waited out its time.
    Rest,
    /// A statement about the observation is true.
    State(crate::predicate::Predicate),
    /// A statement about the observation is not true.
    Not(crate::predicate::Predicate),
}

/// The limit passed before the condition was true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeout {
    /// How long was waited.
    pub waited: Span,
}

/// What an engine can do and show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Capabilities {
    /// The engine's name: `des`, `madsim` or `real`.
    pub engine: String,
    /// Names of the faults that the engine can apply.
    pub faults: BTreeSet<String>,
    /// Whether observations carry each node's history for the oracles.
    pub histories: bool,
}

/// The one port through which a scenario acts on a cluster.
///
/// Generic use only: no `dyn`, no `Send` bound. The runner imports no async runtime.
#[expect(
    async_fn_in_trait,
    reason = "generics only, and the simulated engines are not Send"
)]
pub trait Testbed {
    /// Which faults and observations this engine has.
    fn capabilities(&self) -> Capabilities;

    /// Applies all the faults in one instant, and says of each what became of it.
    async fn apply(&mut self, together: &[Fault]) -> Vec<FaultOutcome>;

    /// Starts a request in this instant. It runs while time passes in [`Testbed::wait`].
    fn start(&mut self, request: Request) -> RequestId;

    /// How far a request is.
    async fn poll(&mut self, id: RequestId) -> Progress;

    /// Ctrl-C at the terminal of a command; nothing for a statement or a request that has ended.
    fn interrupt(&mut self, id: RequestId);

    /// Lets time pass until the condition is true, and says how long it took.
    async fn wait(&mut self, until: &Condition, limit: Span) -> Result<Span, Timeout>;

    /// The state of all nodes. For oracles and reports only; changes nothing.
    async fn observe(&mut self) -> Observation;

    /// The instant, since the run's start.
    fn now(&self) -> Span;

    /// Puts an event of the runner's into the run's trace, at this instant.
    fn record(&mut self, node: Option<NodeName>, event: TraceKind);
}
