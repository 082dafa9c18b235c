//! An op: one action of a schedule.

use seatrial_port::predicate::{NodePredicate, Predicate};
use seatrial_port::{Damage, Fault, NodeName, Slowed, Span, StateFile};
use serde::{Deserialize, Serialize};

use super::vocabulary::Word;
use crate::{Action, NodeCommand, NodesCommand, Operator, Wait, Write};

/// The time that an operator waits for a command of a schedule before he presses Ctrl-C.
const PATIENCE: Span = Span::from_secs(15);

/// The time within which a server without data asks for a snapshot, and gets a donor.
const DONOR_BEGINS: Span = Span::from_secs(20);

/// The time from the donor's first sign of a snapshot to its middle.
const SNAPSHOT_RUNS: Span = Span::from_millis(500);

/// The latency that makes a snapshot of a small database last long enough to be broken off.
const SNAPSHOT_LATENCY: Span = Span::from_millis(60);

/// An event at a starting node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interruption {
    /// Its state transfer breaks off.
    Transfer,
    /// It is killed.
    Itself,
    /// Another node, this many places on, is killed. It may be the donor.
    Other(usize),
}

/// An edit of a configuration file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Edit {
    /// The node counts for nothing in a quorum.
    WeightZero,
    /// The node counts twice in a quorum.
    WeightTwo,
    /// The node does not restore its last primary component.
    NoRecovery,
    /// The node forgets its write-set cache with its process.
    NoCacheRecovery,
    /// The other method of state transfer.
    Mariabackup,
    /// The node finds nobody to dial, and begins a cluster.
    NoAddress,
}

impl Edit {
    /// All of them.
    pub(super) const ALL: [Self; 6] = [
        Self::WeightZero,
        Self::WeightTwo,
        Self::NoRecovery,
        Self::NoCacheRecovery,
        Self::Mariabackup,
        Self::NoAddress,
    ];

    /// Returns the option and its value.
    const fn option(self) -> (&'static str, &'static str) {
        match self {
            Self::WeightZero => ("pc.weight", "0"),
            Self::WeightTwo => ("pc.weight", "2"),
            Self::NoRecovery => ("pc.recovery", "false"),
            Self::NoCacheRecovery => ("gcache.recover", "no"),
            Self::Mariabackup => ("wsrep_sst_method", "mariabackup"),
            Self::NoAddress => ("wsrep_cluster_address", "gcomm://"),
        }
    }
}

/// One thing that is done. Nodes are places in the schedule's list, so that a schedule over fewer
/// nodes is still one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Op {
    /// Single-row transactions, one after another, to one node.
    Write {
        /// The node.
        node: usize,
        /// How many.
        rows: u32,
    },
    /// A transaction that is left running while the next op happens.
    WriteInFlight {
        /// The node.
        node: usize,
    },
    /// Nodes are stopped in order, all in one instant.
    Stop(Vec<usize>),
    /// Servers are killed, all in one instant.
    Terminate(Vec<usize>),
    /// One node is stopped in order and others are killed in the same instant.
    StopAndTerminate {
        /// The node that is stopped.
        stop: usize,
        /// The nodes that are killed.
        terminate: Vec<usize>,
    },
    /// Nodes are started, all in one instant.
    Start(Vec<usize>),
    /// A node is started, and the next op happens while it starts or takes the state it lacks.
    StartInFlight {
        /// The node.
        node: usize,
        /// The time since its start began.
        since: Span,
    },
    /// A node is started, and while it starts or takes the state it lacks something happens to it.
    StartInterrupted {
        /// The node.
        node: usize,
        /// The time since its start began.
        since: Span,
        /// The event.
        how: Interruption,
    },
    /// Nodes are restarted, all in one instant.
    Restart(Vec<usize>),
    /// A node is bootstrapped.
    Bootstrap(usize),
    /// A node's state file is forced.
    Force(usize),
    /// A node's state file is forced and the node bootstrapped.
    ForceBootstrap(usize),
    /// `pc.bootstrap` on a node.
    PcBootstrap(usize),
    /// `--wsrep-recover` on a node.
    Recover(usize),
    /// The network falls into groups, given by a number for each node.
    Partition(Vec<u8>),
    /// One direction of one link is cut.
    Cut {
        /// The node whose packets are lost.
        from: usize,
        /// By whom.
        to: usize,
    },
    /// Both directions of one link are cut.
    Sever {
        /// One end.
        one: usize,
        /// The other end.
        other: usize,
    },
    /// Packets to and from a node take longer, until the network is healed.
    Latency {
        /// The node.
        node: usize,
        /// The added latency, each way.
        by: Span,
    },
    /// A part of the packets that reach a node is lost for a while.
    LossFor {
        /// The node.
        node: usize,
        /// Lost packets of a hundred.
        percent: u8,
        /// The time until the network is healed.
        span: Span,
    },
    /// The links of a node are cut and healed in turn for a while.
    FlapFor {
        /// The node.
        node: usize,
        /// The time that a cut lasts, and the time between two cuts.
        period: Span,
        /// The time until the network is healed.
        span: Span,
    },
    /// The network is whole again.
    Heal,
    /// A server is suspended.
    Hang(usize),
    /// A suspended server goes on.
    Resume(usize),
    /// A host loses power.
    PowerOff(Vec<usize>),
    /// A host boots.
    PowerOn(usize),
    /// A state file is damaged.
    Damage {
        /// The node.
        node: usize,
        /// The file.
        file: StateFile,
        /// How.
        how: Damage,
    },
    /// A state transfer breaks off.
    InterruptTransfer(usize),
    /// A node that has lost its disk starts, and the snapshot that it takes breaks off.
    SnapshotBroken {
        /// The node.
        node: usize,
        /// The node that it asks first. Its state tells when the snapshot runs.
        donor: usize,
    },
    /// The data folder of a node is empty.
    DiskLost(usize),
    /// A node's disk is full.
    DiskFull(usize),
    /// A session takes the global read lock of a node and keeps it.
    ReadLock(usize),
    /// The session with the read lock ends.
    ReadUnlock(usize),
    /// A running server gets another weight.
    Weight {
        /// The node.
        node: usize,
        /// The weight.
        weight: u8,
    },
    /// A server takes itself out of flow control, or back into it.
    Desync {
        /// The node.
        node: usize,
        /// Whether it takes itself out.
        on: bool,
    },
    /// An option in a node's configuration file has another value.
    Configure {
        /// The node.
        node: usize,
        /// The edit.
        edit: Edit,
    },
    /// Time passes.
    Wait(Span),
}

impl Op {
    /// Returns the word of this op.
    pub const fn word(&self) -> Word {
        match self {
            Self::Write { .. } => Word::Write,
            Self::WriteInFlight { .. } => Word::WriteInFlight,
            Self::Stop(_) => Word::Stop,
            Self::Terminate(_) => Word::Terminate,
            Self::StopAndTerminate { .. } => Word::StopAndTerminate,
            Self::Start(_) => Word::Start,
            Self::StartInFlight { .. } => Word::StartInFlight,
            Self::StartInterrupted { .. } => Word::StartInterrupted,
            Self::Restart(_) => Word::Restart,
            Self::Bootstrap(_) => Word::Bootstrap,
            Self::Force(_) => Word::Force,
            Self::ForceBootstrap(_) => Word::ForceBootstrap,
            Self::PcBootstrap(_) => Word::PcBootstrap,
            Self::Recover(_) => Word::Recover,
            Self::Partition(_) => Word::Partition,
            Self::Cut { .. } => Word::Cut,
            Self::Sever { .. } => Word::Sever,
            Self::Latency { .. } => Word::Latency,
            Self::LossFor { .. } => Word::LossFor,
            Self::FlapFor { .. } => Word::FlapFor,
            Self::Heal => Word::Heal,
            Self::Hang(_) => Word::Hang,
            Self::Resume(_) => Word::Resume,
            Self::PowerOff(_) => Word::PowerOff,
            Self::PowerOn(_) => Word::PowerOn,
            Self::Damage { .. } => Word::Damage,
            Self::InterruptTransfer(_) => Word::InterruptTransfer,
            Self::SnapshotBroken { .. } => Word::SnapshotBroken,
            Self::DiskLost(_) => Word::DiskLost,
            Self::DiskFull(_) => Word::DiskFull,
            Self::ReadLock(_) => Word::ReadLock,
            Self::ReadUnlock(_) => Word::ReadUnlock,
            Self::Weight { .. } => Word::Weight,
            Self::Desync { .. } => Word::Desync,
            Self::Configure { .. } => Word::Configure,
            Self::Wait(_) => Word::Wait,
        }
    }

    /// Returns the steps of a scenario that do it. `named` counts what the schedule leaves running.
    pub fn actions(&self, nodes: &[NodeName], named: &mut u32) -> Vec<Action> {
        let name = |place: &usize| nodes[place % nodes.len()].clone();
        let names = |places: &[usize]| {
            let mut list: Vec<NodeName> = places.iter().map(name).collect();
            list.sort();
            list.dedup();
            list
        };
        let command = |command, places: &[usize]| {
            Action::Command(NodesCommand {
                command,
                nodes: names(places),
                name: None,
            })
        };
        let faults = |places: &[usize], fault: fn(NodeName) -> Fault| {
            names(places).into_iter().map(fault).collect::<Vec<Fault>>()
        };
        match self {
            Self::Write { node, rows } => vec![Action::Write(Write {
                node: name(node),
                rows: (*rows).max(1),
                name: None,
            })],
            Self::WriteInFlight { node } => {
                *named += 1;
                vec![Action::Write(Write {
                    node: name(node),
                    rows: 1,
                    name: Some(format!("w{named}")),
                })]
            }
            Self::Stop(places) => vec![command(NodeCommand::Stop, places)],
            Self::Terminate(places) => vec![Action::Faults(faults(places, Fault::Terminate))],
            Self::StopAndTerminate { stop, terminate } => {
                let stopped = name(stop);
                let mut killed = faults(terminate, Fault::Terminate);
                killed.retain(|fault| *fault != Fault::Terminate(stopped.clone()));
                let stop = command(NodeCommand::Stop, std::slice::from_ref(stop));
                if killed.is_empty() {
                    vec![stop]
                } else {
                    vec![Action::Together(vec![stop, Action::Faults(killed)])]
                }
            }
            Self::Start(places) => vec![command(NodeCommand::Start, places)],
            Self::StartInFlight { node, since } => {
                let start = left_starting(name(node), named);
                vec![start, Action::Wait(Wait::For(*since))]
            }
            Self::StartInterrupted { node, since, how } => {
                let mut actions = Self::StartInFlight {
                    node: *node,
                    since: *since,
                }
                .actions(nodes, named);
                let fault = match how {
                    Interruption::Transfer => Fault::InterruptTransfer(name(node)),
                    Interruption::Itself => Fault::Terminate(name(node)),
                    Interruption::Other(on) => Fault::Terminate(name(&(node + on))),
                };
                actions.push(Action::Faults(vec![fault]));
                actions
            }
            Self::Restart(places) => vec![command(NodeCommand::Restart, places)],
            Self::Bootstrap(node) => vec![typed(name(node), NodeCommand::Bootstrap)],
            Self::Force(node) => vec![typed(name(node), NodeCommand::Force)],
            Self::ForceBootstrap(node) => vec![
                typed(name(node), NodeCommand::Force),
                typed(name(node), NodeCommand::Bootstrap),
            ],
            Self::PcBootstrap(node) => vec![typed(name(node), NodeCommand::PcBootstrap)],
            Self::Recover(node) => vec![typed(name(node), NodeCommand::Recover)],
            Self::Partition(groups) => {
                let mut sorted: Vec<u8> = groups.clone();
                sorted.sort_unstable();
                sorted.dedup();
                let split = sorted
                    .iter()
                    .map(|group| {
                        let members = nodes.iter().zip(groups.iter().cycle());
                        members
                            .filter(|(_, own)| *own == group)
                            .map(|(node, _)| node.clone())
                            .collect::<Vec<NodeName>>()
                    })
                    .filter(|members| !members.is_empty())
                    .collect::<Vec<_>>();
                if split.len() < 2 {
                    vec![Action::Faults(vec![Fault::Heal])]
                } else {
                    vec![Action::Faults(vec![Fault::Partition(split)])]
                }
            }
            Self::Cut { from, to } if name(from) != name(to) => {
                vec![Action::Faults(vec![Fault::Cut {
                    from: name(from),
                    to: name(to),
                    port: None,
                }])]
            }
            Self::Sever { one, other } if name(one) != name(other) => {
                let cut = |from, to| Fault::Cut {
                    from: name(from),
                    to: name(to),
                    port: None,
                };
                vec![Action::Faults(vec![cut(one, other), cut(other, one)])]
            }
            Self::Cut { .. } | Self::Sever { .. } | Self::Heal => {
                vec![Action::Faults(vec![Fault::Heal])]
            }
            Self::Latency { node, by } => vec![Action::Faults(vec![Fault::Latency {
                of: Slowed::Node { node: name(node) },
                by: *by,
            }])],
            Self::LossFor {
                node,
                percent,
                span,
            } => healed_after(
                Fault::Loss {
                    node: name(node),
                    percent: *percent,
                },
                *span,
            ),
            Self::FlapFor { node, period, span } => healed_after(
                Fault::Flap {
                    node: name(node),
                    period: *period,
                },
                *span,
            ),
            Self::Hang(node) => vec![Action::Faults(vec![Fault::Hang(name(node))])],
            Self::Resume(node) => vec![Action::Faults(vec![Fault::Resume(name(node))])],
            Self::PowerOff(places) => vec![Action::Faults(faults(places, Fault::PowerOff))],
            Self::PowerOn(node) => vec![Action::Faults(vec![Fault::PowerOn(name(node))])],
            Self::Damage { node, file, how } => vec![Action::Faults(vec![Fault::Damage {
                node: name(node),
                file: *file,
                how: *how,
            }])],
            Self::InterruptTransfer(node) => {
                vec![Action::Faults(vec![Fault::InterruptTransfer(name(node))])]
            }
            Self::SnapshotBroken { node, donor } => {
                vec![
                    Action::Faults(vec![Fault::Configure {
                        node: name(node),
                        option: "wsrep_sst_donor".to_owned(),
                        value: format!("{},", name(donor)),
                    }]),
                    Action::Faults(vec![Fault::DiskLost(name(node))]),
                    Action::Faults(vec![Fault::Latency {
                        of: Slowed::Node { node: name(node) },
                        by: SNAPSHOT_LATENCY,
                    }]),
                    left_starting(name(node), named),
                    Action::Wait(donates(name(donor))),
                    Action::Wait(Wait::For(SNAPSHOT_RUNS)),
                    Action::Faults(vec![Fault::InterruptTransfer(name(node))]),
                    Action::Faults(vec![Fault::Heal]),
                ]
            }
            Self::DiskLost(node) => vec![Action::Faults(vec![Fault::DiskLost(name(node))])],
            Self::DiskFull(node) => vec![Action::Faults(vec![Fault::DiskFull(name(node))])],
            Self::ReadLock(node) => vec![Action::Faults(vec![Fault::ReadLock(name(node))])],
            Self::ReadUnlock(node) => vec![Action::Faults(vec![Fault::ReadUnlock(name(node))])],
            Self::Weight { node, weight } => {
                let line =
                    format!("mysql -e \"SET GLOBAL wsrep_provider_options='pc.weight={weight}'\"");
                vec![typed_line(name(node), line)]
            }
            Self::Desync { node, on } => {
                let word = if *on { "ON" } else { "OFF" };
                let line = format!("mysql -e \"SET GLOBAL wsrep_desync={word}\"");
                vec![typed_line(name(node), line)]
            }
            Self::Configure { node, edit } => {
                let (option, value) = edit.option();
                vec![Action::Faults(vec![Fault::Configure {
                    node: name(node),
                    option: option.to_owned(),
                    value: value.to_owned(),
                }])]
            }
            Self::Wait(span) => vec![Action::Wait(Wait::For(*span))],
        }
    }
}

/// Returns a fault of the network that is over after a while.
fn healed_after(fault: Fault, span: Span) -> Vec<Action> {
    vec![
        Action::Faults(vec![fault]),
        Action::Wait(Wait::For(span)),
        Action::Faults(vec![Fault::Heal]),
    ]
}

/// Returns a start that is left running while other things happen. `named` counts what is left so.
fn left_starting(node: NodeName, named: &mut u32) -> Action {
    *named += 1;
    Action::Command(NodesCommand {
        command: NodeCommand::Start,
        nodes: vec![node],
        name: Some(format!("s{named}")),
    })
}

/// Returns a wait for the moment at which a node gives a state transfer.
fn donates(node: NodeName) -> Wait {
    let donor = NodePredicate {
        local_state: Some("Donor".to_owned()),
        ..NodePredicate::default()
    };
    Wait::Until {
        until: Predicate {
            nodes: vec![(node, donor)],
            ..Predicate::default()
        },
        within: DONOR_BEGINS,
    }
}

/// Returns a command of an operator who gives up after a while.
fn typed(node: NodeName, command: NodeCommand) -> Action {
    typed_line(node, command.line().to_owned())
}

/// Returns a line of an operator who gives up after a while.
fn typed_line(node: NodeName, line: String) -> Action {
    Action::Operator(Operator {
        node,
        line,
        exit: None,
        prints: None,
        lacks: None,
        within: Span(PATIENCE.as_micros() * 2),
        interrupt_after: Some(PATIENCE),
        name: None,
    })
}
