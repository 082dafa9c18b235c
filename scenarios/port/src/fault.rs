//! The faults that a scenario can apply to a cluster, and every fact about each.
//!
//! [`Fault`] has one variant for each fault, and `fault_table!` one row. Each engine applies faults in its own
//! code: `sim/src/machine/flows/faults.rs` and `real-harness/src/faults.rs`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::name::{NodeName, comma_list};
use super::tcp_port::Port;
use super::time::Span;

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
    /// The error log. Its `garbage` are bytes of zero at its end, as a loss of power leaves them where the length of
    /// the file was written and its last block was not.
    #[serde(rename = "mariadb.log")]
    ErrorLog,
}

impl StateFile {
    /// Returns the file's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grastate => "grastate.dat",
            Self::Gvwstate => "gvwstate.dat",
            Self::GaleraCache => "galera.cache",
            Self::ErrorLog => "mariadb.log",
        }
    }
}

/// The kind of damage to a file.
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

impl Damage {
    /// Returns the word of scenario files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Empty => "empty",
            Self::Garbage => "garbage",
            Self::OldCopy => "old-copy",
        }
    }
}

/// The packets that take longer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Slowed {
    /// Those to and from a node, each way.
    Node {
        /// The node.
        node: NodeName,
    },
    /// Those from one node to another; the other direction is as it was.
    OneWay {
        /// The sender.
        from: NodeName,
        /// The receiver.
        to: NodeName,
    },
}

/// A fault. All faults of one call of [`Testbed::apply`](super::testbed::Testbed::apply) happen in the same instant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Fault {
    /// SIGKILL of the server. The supervisor does not start it again.
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
    /// No packet passes from the first node to the second, or to one port of the second; the other direction is open.
    Cut {
        /// The sender that is not heard.
        from: NodeName,
        /// The receiver that hears nothing.
        to: NodeName,
        /// The receiver's port to which nothing passes; every one if none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        port: Option<Port>,
    },
    /// Nodes of different groups do not reach each other; nodes of one group do.
    Partition(Vec<Vec<NodeName>>),
    /// Every cut, loss and added latency ends.
    Heal,
    /// Packets to and from a node take longer, each way, or those from one node to another.
    Latency {
        /// The packets.
        #[serde(flatten)]
        of: Slowed,
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
        /// The time that a cut lasts, and the time between two cuts.
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
    /// The node's disk is full: a server that runs goes on, and none starts.
    DiskFull(NodeName),
    /// The node's data folder is empty, as after a replaced disk.
    DiskLost(NodeName),
    /// The data folder of a stopped node is a copy of another node's, as it is now.
    DiskCloned {
        /// The node whose data folder is copied.
        from: NodeName,
        /// The stopped node that gets it.
        to: NodeName,
    },
    /// A copy of the node's data folder is kept, as a snapshot of its virtual machine has it.
    DiskSaved {
        /// The node.
        node: NodeName,
        /// The copy's name.
        name: String,
    },
    /// The data folder of a stopped node is a copy that was kept.
    DiskRestored {
        /// The node.
        node: NodeName,
        /// The copy's name.
        saved: String,
    },
    /// The data folder of a stopped node has the database of a copy that was kept, and no state file, as after the
    /// restore of a backup.
    DataRestored {
        /// The node.
        node: NodeName,
        /// The copy's name.
        saved: String,
    },
    /// A running state transfer to or from the node breaks off.
    InterruptTransfer(NodeName),
    /// The next orderly stop of the node's server does not end by itself.
    StopHangs(NodeName),
    /// The node cannot roll back the next transaction that it cannot apply.
    RollbackFails(NodeName),
    /// A session takes the global read lock (FLUSH TABLES WITH READ LOCK) and keeps it.
    ReadLock(NodeName),
    /// The session with the read lock ends.
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
    /// An option in the node's configuration files has another value, which counts from its server's next start on.
    Configure {
        /// The node.
        node: NodeName,
        /// The option, as Galera or MariaDB spells it.
        option: String,
        /// Its value, as it stands in the file.
        value: String,
    },
    /// The host of a node without a server has another address; the files on the other hosts name the one before.
    Readdress {
        /// The node.
        node: NodeName,
        /// The new address, in IPv4.
        address: String,
    },
}

/// The table of faults: one row for each fault, in the order of the scenario language.
///
/// A row has the fault's description (which is also in the JSON Schema), its name in scenario files, the
/// shape of its [`Arguments`], its variant of [`Fault`], and whether the schedules of a search draw it. The macro passes
/// the rows to another macro, after the tables in braces: here for the facts of [`Fault`], in `language` for
/// the keys of a step and their reading.
///
/// To add a fault, add a variant of [`Fault`] and a row here. Then the compiler demands its code in the machine
/// of `sim` and in the real harness. Only a new shape of arguments needs a change in `language`, and only a
/// fault that schedules draw needs an op in `scenarios/language/src/schedule`.
#[macro_export]
macro_rules! fault_table {
    ($then:ident $({ $($given:tt)* })*) => {
        $then! { $({ $($given)* })* {
            /// The servers are killed, and nothing restarts them.
            terminate: Nodes { node } => Terminate(node), drawn;
            /// The servers are killed; the supervisor may restart them.
            crash: Nodes { node } => Crash(node), not_drawn;
            /// The servers are suspended by SIGSTOP.
            hang: Nodes { node } => Hang(node), drawn;
            /// Suspended servers go on.
            resume: Nodes { node } => Resume(node), drawn;
            /// The hosts lose power.
            power_off: Nodes { node } => PowerOff(node), drawn;
            /// The hosts boot again, and with them the database service.
            power_on: Nodes { node } => PowerOn(node), drawn;
            /// Nodes of different groups do not reach each other.
            partition: Groups { groups } => Partition(groups), drawn;
            /// No packet passes from the first node to the second, or to one port of the second; the other direction is open.
            cut: Link { from, to, port } => Cut { from, to, port }, drawn;
            /// Every cut, loss and added latency ends.
            heal: Nothing {} => Heal {}, drawn;
            /// A file of a node is damaged.
            damage: File { node, file, how } => Damage { node, file, how }, drawn;
            /// The node's disk is full: a server that runs goes on, and none starts.
            disk_full: Node { node } => DiskFull(node), not_drawn;
            /// The node's data folder is empty, as after a replaced disk.
            disk_lost: Node { node } => DiskLost(node), not_drawn;
            /// A stopped node's data folder is a copy of another node's: data, state files, galera.cache.
            disk_cloned: Copy { from, to } => DiskCloned { from, to }, not_drawn;
            /// A copy of the node's data folder is kept, as a snapshot of its virtual machine has it.
            disk_saved: Keep { node, name } => DiskSaved { node, name }, not_drawn;
            /// A stopped node's data folder is put back to a copy that was kept, its own or another node's.
            disk_restored: Kept { node, saved } => DiskRestored { node, saved }, not_drawn;
            /// A stopped node gets the data of a copy that was kept, without state files and galera.cache, as from a backup by mariabackup.
            data_restored: Kept { node, saved } => DataRestored { node, saved }, not_drawn;
            /// Packets to and from the node take longer, each way; with `from` and `to` only those from the first to the second.
            latency: Delay { of, by } => Latency { of, by }, not_drawn;
            /// A part of the packets that reach the node is lost.
            loss: Percent { node, percent } => Loss { node, percent }, not_drawn;
            /// The links of the node are cut and healed in turn.
            flap: Period { node, period } => Flap { node, period }, not_drawn;
            /// A running state transfer to or from the node breaks off.
            interrupt_transfer: Node { node } => InterruptTransfer(node), drawn;
            /// The next orderly stop of the node's server does not end by itself.
            stop_hangs: Node { node } => StopHangs(node), not_drawn;
            /// The next transaction that the node cannot apply cannot be rolled back there either, as if its applier had been killed.
            rollback_fails: Node { node } => RollbackFails(node), not_drawn;
            /// A session takes the global read lock and keeps it.
            read_lock: Node { node } => ReadLock(node), not_drawn;
            /// The session with the read lock ends.
            read_unlock: Node { node } => ReadUnlock(node), not_drawn;
            /// The mail back end of the node ends.
            backend_stop: Node { node } => BackendStop(node), not_drawn;
            /// The node's clock jumps forward. On des and madsim it has no effect: timers follow another clock.
            clock_jump: By { node, by } => ClockJump { node, by }, not_drawn;
            /// An option in the node's configuration files gets another value; it counts from the server's next start on.
            configure: Setting { node, option, value } => Configure { node, option, value }, not_drawn;
            /// A host comes back under another address: its own files follow, those on the other hosts name the address before.
            readdress: Move { node, address } => Readdress { node, address }, not_drawn;
        } }
    };
}

/// The details of a fault: the table after its name in a scenario file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arguments<'a> {
    /// One node. A scenario file may name several, which are as many faults.
    Nodes {
        /// The node.
        node: &'a NodeName,
    },
    /// One node.
    Node {
        /// The node.
        node: &'a NodeName,
    },
    /// One direction of one link.
    Link {
        /// The sender.
        from: &'a NodeName,
        /// The receiver.
        to: &'a NodeName,
        /// The receiver's port, if only one is meant.
        port: &'a Option<Port>,
    },
    /// Groups of nodes.
    Groups {
        /// The groups.
        groups: &'a [Vec<NodeName>],
    },
    /// No details.
    Nothing,
    /// A file of a node.
    File {
        /// The node.
        node: &'a NodeName,
        /// The file.
        file: &'a StateFile,
        /// The kind of damage.
        how: &'a Damage,
    },
    /// A node and a span of time.
    By {
        /// The node.
        node: &'a NodeName,
        /// The span.
        by: &'a Span,
    },
    /// The packets of a node or of one direction of a link, and a span of time.
    Delay {
        /// The packets.
        of: &'a Slowed,
        /// The span.
        by: &'a Span,
    },
    /// A node and a share of its packets.
    Percent {
        /// The node.
        node: &'a NodeName,
        /// Packets of a hundred.
        percent: &'a u8,
    },
    /// A node and the time of half a cycle.
    Period {
        /// The node.
        node: &'a NodeName,
        /// Half a cycle.
        period: &'a Span,
    },
    /// One node and another.
    Copy {
        /// The node that is copied.
        from: &'a NodeName,
        /// The node that gets the copy.
        to: &'a NodeName,
    },
    /// A node and the name of a copy that is kept.
    Keep {
        /// The node.
        node: &'a NodeName,
        /// The name.
        name: &'a str,
    },
    /// A node and the name of a copy that was kept.
    Kept {
        /// The node.
        node: &'a NodeName,
        /// The name.
        saved: &'a str,
    },
    /// An option of a node and its value.
    Setting {
        /// The node.
        node: &'a NodeName,
        /// The option.
        option: &'a str,
        /// The value.
        value: &'a str,
    },
    /// A node and the new address of its host.
    Move {
        /// The node.
        node: &'a NodeName,
        /// The address.
        address: &'a str,
    },
}

/// The shape of a fault's [`Arguments`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One node or several.
    Nodes,
    /// One node.
    Node,
    /// One direction of one link.
    Link,
    /// Groups of nodes.
    Groups,
    /// No details.
    Nothing,
    /// A file of a node, and what happens to it.
    File,
    /// A node and a span of time.
    By,
    /// The packets of a node or of one direction of a link, and a span of time.
    Delay,
    /// A node and a share of its packets.
    Percent,
    /// A node and the time of half a cycle.
    Period,
    /// One node and another.
    Copy,
    /// A node and the name of a copy that is kept.
    Keep,
    /// A node and the name of a copy that was kept.
    Kept,
    /// An option of a node and its value.
    Setting,
    /// A node and the new address of its host.
    Move,
}

/// A kind of fault: the facts that do not depend on its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultKind {
    /// The name that scenario files use, and that [`Capabilities`](super::testbed::Capabilities) lists.
    pub name: &'static str,
    /// The description, one sentence.
    pub doc: &'static str,
    /// The shape of its arguments.
    pub shape: Shape,
    /// Whether the schedules of a search draw it.
    pub drawn: bool,
}

/// Whether the schedules of a search draw a fault, by the word of its row.
macro_rules! is_drawn {
    (drawn) => {
        true
    };
    (not_drawn) => {
        false
    };
}

/// Defines the facts of each fault out of the table.
macro_rules! facts {
    ({ $(
        $(#[doc = $doc:literal])+
        $name:ident: $shape:ident { $($argument:ident),* } => $variant:ident $fields:tt, $drawn:ident;
    )+ }) => {
        impl Fault {
            /// Every kind of fault, in the order of the scenario language.
            pub const KINDS: &[FaultKind] = &[$(FaultKind {
                name: stringify!($name),
                doc: concat!($($doc),+).trim_ascii_start(),
                shape: Shape::$shape,
                drawn: is_drawn!($drawn),
            },)+];

            /// Returns the fault's name in a scenario file.
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => stringify!($name),)+
                }
            }

            /// Returns the details of the fault.
            pub fn arguments(&self) -> Arguments<'_> {
                match self {
                    $(Self::$variant $fields => Arguments::$shape { $($argument),* },)+
                }
            }
        }
    };
}

fault_table!(facts);

impl Fault {
    /// Returns the node whose machine or links the fault changes; `None` for a fault that concerns several
    /// nodes.
    pub fn node(&self) -> Option<&NodeName> {
        match self.arguments() {
            Arguments::Nodes { node }
            | Arguments::Node { node }
            | Arguments::File { node, .. }
            | Arguments::By { node, .. }
            | Arguments::Percent { node, .. }
            | Arguments::Period { node, .. }
            | Arguments::Keep { node, .. }
            | Arguments::Kept { node, .. }
            | Arguments::Move { node, .. }
            | Arguments::Setting { node, .. }
            | Arguments::Delay {
                of: Slowed::Node { node },
                ..
            } => Some(node),
            Arguments::Copy { to, .. } => Some(to),
            Arguments::Link { .. }
            | Arguments::Groups { .. }
            | Arguments::Nothing
            | Arguments::Delay {
                of: Slowed::OneWay { .. },
                ..
            } => None,
        }
    }

    /// Returns whether the fault acts on this node itself, or on one of its links alone.
    pub fn concerns(&self, node: &NodeName) -> bool {
        match self.arguments() {
            Arguments::Link { from, to, .. }
            | Arguments::Delay {
                of: Slowed::OneWay { from, to },
                ..
            } => from == node || to == node,
            _ => self.node() == Some(node),
        }
    }
}

/// The fault in a few words, for traces, reports and failures.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name().replace('_', " ");
        match self.arguments() {
            Arguments::Nodes { node } | Arguments::Node { node } => write!(f, "{name} {node}"),
            Arguments::Copy { from, to }
            | Arguments::Link {
                from,
                to,
                port: None,
            } => write!(f, "{name} {from} to {to}"),
            Arguments::Link {
                from,
                to,
                port: Some(port),
            } => write!(f, "{name} {from} to {to}, port {}", port.number()),
            Arguments::Groups { groups } => {
                let groups: Vec<String> = groups.iter().map(|group| comma_list(group)).collect();
                write!(f, "{name} {}", groups.join(" | "))
            }
            Arguments::Nothing => f.write_str(&name),
            Arguments::By { node, by }
            | Arguments::Delay {
                of: Slowed::Node { node },
                by,
            } => write!(f, "{name} {node} by {by}"),
            Arguments::Delay {
                of: Slowed::OneWay { from, to },
                by,
            } => write!(f, "{name} {from} to {to} by {by}"),
            Arguments::Percent { node, percent } => write!(f, "{name} {node} {percent}%"),
            Arguments::Period { node, period } => write!(f, "{name} {node} every {period}"),
            Arguments::Keep { node, name: saved } => write!(f, "{name} {node} as {saved}"),
            Arguments::Kept { node, saved } => write!(f, "{name} {node} from {saved}"),
            Arguments::Setting {
                node,
                option,
                value,
            } => write!(f, "{name} {node}: {option} = {value}"),
            Arguments::Move { node, address } => write!(f, "{name} {node} to {address}"),
            Arguments::File { node, file, how } => {
                let how = match how {
                    Damage::Delete => "delete",
                    Damage::Empty => "empty",
                    Damage::Garbage => "put garbage into",
                    Damage::OldCopy => "put an old copy back of",
                };
                write!(f, "{how} {} on {node}", file.name())
            }
        }
    }
}

/// The result of a fault on an engine.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FaultOutcome {
    /// It took effect; the receipt is the evidence.
    Applied(String),
    /// It had nothing to act on, and why.
    Skipped(String),
    /// This engine cannot do it, and why.
    Unsupported(String),
}
