//! The actions of a scenario's steps, after the file has been checked.

use seatrial_port::predicate::Predicate;
use seatrial_port::{Fault, Moment, NodeName, Span};

use super::client::{ClientStep, Workload};
use super::operators::Operators;

/// The action of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Transactions of one new row each, one after another.
    Write(Write),
    /// The load: clients that write without a pause.
    Load(Load),
    /// A client's statement about its lists.
    Client(ClientStep),
    /// Clients that read and append in transactions.
    Workload(Workload),
    /// A fixed command on every node named, all in one instant.
    Command(NodesCommand),
    /// Faults, all in one instant.
    Faults(Vec<Fault>),
    /// A command that an operator types on a node.
    Operator(Operator),
    /// A recovery procedure acts.
    Procedure(ProcedureStep),
    /// Time passes.
    Wait(Wait),
    /// Something must be true.
    Expect(Box<Expect>),
    /// Several of the above in one instant.
    Together(Vec<Action>),
}

/// Transactions of one new row each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The node to which the client speaks.
    pub node: NodeName,
    /// The number of rows.
    pub rows: u32,
    /// The name under which the transaction is left running.
    pub name: Option<String>,
}

/// The load: clients that write without a pause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// The nodes to which clients speak.
    pub nodes: Vec<NodeName>,
    /// Clients on each node; 0 ends the load.
    pub clients: u32,
    /// How long; without it the load goes on while the following steps are played.
    pub span: Option<Span>,
}

/// A command that steps have a word for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeCommand {
    /// Stops the service and waits for its end.
    Stop,
    /// Starts the service.
    Start,
    /// Stops and starts the service.
    Restart,
    /// Starts the service as the first node of a new cluster.
    Bootstrap,
    /// Sets `safe_to_bootstrap` to 1.
    Force,
    /// Declares the node's component primary.
    PcBootstrap,
    /// Recovers the position from the tables.
    Recover,
}

impl NodeCommand {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Stop,
        Self::Start,
        Self::Restart,
        Self::Bootstrap,
        Self::Force,
        Self::PcBootstrap,
        Self::Recover,
    ];

    /// Returns the key of a scenario file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Restart => "restart",
            Self::Bootstrap => "bootstrap",
            Self::Force => "force",
            Self::PcBootstrap => "pc_bootstrap",
            Self::Recover => "recover",
        }
    }

    /// Returns the command line.
    pub const fn line(self) -> &'static str {
        match self {
            Self::Stop => "systemctl stop mariadb",
            Self::Start => "systemctl start mariadb",
            Self::Restart => "systemctl restart mariadb",
            Self::Bootstrap => "galera_new_cluster",
            Self::Force => "cm-cluster-manage --force-safe-to-bootstrap",
            Self::PcBootstrap => {
                "mysql -e \"SET GLOBAL wsrep_provider_options='pc.bootstrap=YES'\""
            }
            Self::Recover => "mysqld_safe --wsrep-recover",
        }
    }

    /// Returns the command line on a node that runs an arbitrator, where there is one.
    pub const fn line_of_arbitrator(self) -> Option<&'static str> {
        match self {
            Self::Stop => Some("systemctl stop garb"),
            Self::Start => Some("systemctl start garb"),
            Self::Restart => Some("systemctl restart garb"),
            Self::Bootstrap | Self::Force | Self::PcBootstrap | Self::Recover => None,
        }
    }

    /// Returns whether it starts or stops a server.
    pub const fn starts_or_stops(self) -> bool {
        matches!(
            self,
            Self::Stop | Self::Start | Self::Restart | Self::Bootstrap
        )
    }
}

/// A fixed command on nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodesCommand {
    /// The command.
    pub command: NodeCommand,
    /// On which nodes.
    pub nodes: Vec<NodeName>,
    /// The name under which it is left running; only with one node.
    pub name: Option<String>,
}

/// A command that an operator types, and what it must return and print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// The node.
    pub node: NodeName,
    /// The command line.
    pub line: String,
    /// The exit code that it must return.
    pub exit: Option<i32>,
    /// A text that it must print, on either stream.
    pub prints: Option<String>,
    /// A text that it must not print.
    pub lacks: Option<String>,
    /// The longest time that it may take.
    pub within: Span,
    /// Ctrl-C after this time, if it still runs.
    pub interrupt_after: Option<Span>,
    /// The name under which it is left running; then nothing is checked here.
    pub name: Option<String>,
}

impl Operator {
    /// Returns whether anything is said of how it ends.
    pub const fn checks(&self) -> bool {
        self.exit.is_some() || self.prints.is_some() || self.lacks.is_some()
    }
}

/// A recovery procedure acts on the whole cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcedureStep {
    /// Its name.
    pub name: String,
    /// The end that is expected of the first operator.
    pub ends: Option<ProcedureEnd>,
    /// Where its operator sits, and who acts beside it.
    pub operators: Operators,
}

/// The end of a procedure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProcedureEnd {
    /// It says that the cluster has recovered.
    Recovered,
    /// It asks a person to decide.
    AsksPerson,
    /// It gives up.
    GaveUp,
    /// It had not ended when its time was over.
    Unbounded,
}

impl ProcedureEnd {
    /// Returns the word of a scenario file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recovered => "recovered",
            Self::AsksPerson => "asks-person",
            Self::GaveUp => "gave-up",
            Self::Unbounded => "unbounded",
        }
    }
}

/// Time passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wait {
    /// A span.
    For(Span),
    /// Until an expectation is true.
    Until {
        /// The expectation.
        until: Predicate,
        /// At most this long.
        within: Span,
    },
    /// Until a node sends or receives a message.
    Moment {
        /// The moment.
        until: Moment,
        /// At most this long.
        within: Span,
    },
}

/// The result of a write that is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeWrite {
    /// The client gets an error.
    Refused,
    /// The client is told that it is committed.
    Acknowledged,
    /// The client waits.
    Hangs,
}

impl ProbeWrite {
    /// Returns the word of a scenario file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Acknowledged => "acknowledged",
            Self::Hangs => "hangs",
        }
    }
}

/// The result of a read that is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeRead {
    /// The client gets an error.
    Refused,
    /// The client gets its rows.
    Ok,
}

impl ProbeRead {
    /// Returns the word of a scenario file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Ok => "ok",
        }
    }
}

/// The end of a named request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestEnd {
    /// It has ended, in whatever way.
    Ended,
    /// It still runs.
    Running,
    /// A write has succeeded.
    Acknowledged,
    /// A write has failed, and the client knows it.
    Refused,
    /// The connection was lost while the write ran.
    Unknown,
}

impl RequestEnd {
    /// Returns the word of a scenario file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Running => "running",
            Self::Acknowledged => "acknowledged",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}

/// The expectation about a request that was named with `as`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestCheck {
    /// Its name.
    pub name: String,
    /// The end of the request.
    pub ends: RequestEnd,
    /// The error number with which a write is refused.
    pub error: Option<u16>,
    /// The exit code of a command.
    pub exit: Option<i32>,
    /// A text that a command must print.
    pub prints: Option<String>,
    /// A text that a command must not print.
    pub lacks: Option<String>,
}

/// Something that must be true. Everything given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expect {
    /// An expectation about states.
    pub state: Predicate,
    /// The nodes on which a write or a read is tried.
    pub probed: Vec<NodeName>,
    /// The result of a write that is tried now.
    pub write: Option<ProbeWrite>,
    /// The result of a read that is tried now.
    pub read: Option<ProbeRead>,
    /// The error number with which they are refused.
    pub error: Option<u16>,
    /// The number of acknowledged rows that are lost.
    pub lost: Option<u32>,
    /// Whether Synced nodes hold different rows.
    pub diverged: Option<bool>,
    /// An expectation about a request. Then the step has no other expectation.
    pub request: Option<RequestCheck>,
    /// It must become true within this time.
    pub within: Option<Span>,
    /// It must then stay true for this time.
    pub hold: Option<Span>,
}

impl Expect {
    /// Returns whether anything is said of states.
    pub fn says_of_states(&self) -> bool {
        self.state.says_something()
    }

    /// Returns whether anything is asked at all, so that the check can fail.
    pub fn asks(&self) -> bool {
        self.says_of_states()
            || self.write.is_some()
            || self.read.is_some()
            || self.lost.is_some()
            || self.diverged.is_some()
            || self.request.is_some()
    }
}

impl Action {
    /// Returns whether the step can fail, so that a claim may rest on it.
    pub fn checks(&self) -> bool {
        match self {
            Self::Operator(operator) => operator.name.is_none() && operator.checks(),
            Self::Procedure(procedure) => procedure.ends.is_some(),
            Self::Wait(wait) => matches!(wait, Wait::Until { .. }),
            Self::Expect(expect) => expect.asks(),
            Self::Client(client) => client.sees.is_some() || client.fails.is_some(),
            Self::Write(_)
            | Self::Load(_)
            | Self::Workload(_)
            | Self::Command(_)
            | Self::Faults(_)
            | Self::Together(_) => false,
        }
    }

    /// Returns whether the step only looks and waits.
    pub const fn only_looks(&self) -> bool {
        matches!(self, Self::Expect(_) | Self::Wait(_))
    }

    /// Returns whether a fault is part of the step.
    pub fn has_fault(&self) -> bool {
        match self {
            Self::Faults(_) => true,
            Self::Together(parts) => parts.iter().any(Self::has_fault),
            _ => false,
        }
    }

    /// Returns whether a write is part of the step that is not left running under a name.
    pub fn has_write(&self) -> bool {
        match self {
            Self::Write(write) => write.name.is_none(),
            Self::Together(parts) => parts.iter().any(Self::has_write),
            _ => false,
        }
    }

    /// Returns the nodes whose servers this step starts or stops by a command, or whose hosts it boots.
    pub fn starts_or_stops(&self) -> Vec<&NodeName> {
        match self {
            Self::Command(command) if command.command.starts_or_stops() => {
                command.nodes.iter().collect()
            }
            Self::Faults(faults) => faults
                .iter()
                .filter_map(|fault| match fault {
                    Fault::PowerOn(node) => Some(node),
                    _ => None,
                })
                .collect(),
            Self::Together(parts) => parts.iter().flat_map(Self::starts_or_stops).collect(),
            _ => Vec::new(),
        }
    }
}
