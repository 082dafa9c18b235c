//! The machine of one node: its disk, mariadb.service, the server process, the programs that an
//! operator has started on it, and the mail back end.
//!
//! A machine is sans-I/O like the node inside it: an engine hands it inputs and instants, looks at
//! [`Machine::deadline`], and carries out the [`MachineEffect`]s. Both engines run the same machine;
//! what differs is the network, the time and the order of things.

mod facts;
mod faults;
mod host;
mod idle;
mod key;
mod observe;
mod process;
mod sql;
mod unit;

use std::collections::{BTreeMap, VecDeque};

use seatrial_node::{Channel, Config, Effect, Frame, Node, Peer, Process};
use seatrial_scenarios::console::{Program, QueryId, QueryResult, Step, UnitState};
use seatrial_scenarios::{
    Fault, FaultOutcome, ForceEdit, MysqldSafeLog, NodeName, Output, Progress, RequestId, Span,
    Statement, Supervisor, TraceKind,
};

use crate::disk::{Disk, Inode};
use crate::keyed::Keyed;

pub use observe::Fingerprint;
use unit::UnitJob;

/// What a machine asks its engine for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MachineEffect {
    /// Send a frame over a connection.
    Send(Peer, Frame),
    /// Open a connection.
    Connect(Peer, Channel),
    /// Close one.
    Close(Peer, Channel),
    /// The process is gone: the kernel closes all its connections.
    ConnectionsReset,
    /// Type this line on every machine of the cluster.
    OnAllHosts(String),
    /// A request has ended.
    Ended(RequestId, Progress),
    /// Something for the trace.
    Trace(TraceKind),
}

/// What every machine of a cluster is told at its installation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Installation {
    /// The nodes' names, by place.
    pub names: Vec<NodeName>,
    /// The node's options.
    pub config: Config,
    /// Who restarts a crashed server.
    pub supervisor: Supervisor,
    /// How the force edits the state file.
    pub force: ForceEdit,
    /// Where mysqld_safe logs.
    pub mysqld_safe_log: MysqldSafeLog,
    /// The source of draws.
    pub seed: u64,
}

impl Installation {
    fn keyed(&self) -> Keyed {
        let keyed = Keyed::new(self.seed);
        if self.config.jitter {
            keyed
        } else {
            keyed.without_jitter()
        }
    }
}

/// A running mariadbd.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Server {
    process: Process,
    pid: u32,
    /// SIGSTOP: nothing is handled, everything waits.
    hung: bool,
    /// What has come in while it hung.
    inbox: VecDeque<Incoming>,
    /// The handle on grastate.dat.
    grastate: Option<Inode>,
    was_ready: bool,
}

impl Server {
    const fn node(&self) -> &Node {
        self.process.node()
    }
}

/// An input that had to wait.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Incoming {
    LinkUp(Peer, Channel, bool),
    LinkDown(Peer, Channel),
    Received(Peer, Frame),
    Statement(seatrial_node::RequestId, seatrial_node::Statement),
    Term,
}

/// A program that an operator has started.
#[derive(Clone, Debug)]
struct Running {
    id: RequestId,
    program: Program,
    wake: Option<Span>,
}

/// Who has asked the server something.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Asker {
    /// A client of the scenario.
    Client(RequestId),
    /// A program on this machine.
    Program(QueryId),
    /// A fault that holds a session.
    Session,
}

/// A `--wsrep-recover` under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Recovery {
    until: Span,
    lines: Vec<String>,
    exit: i32,
}

/// The machine of one node.
#[derive(Clone, Debug)]
pub struct Machine {
    peer: Peer,
    installation: Installation,
    keyed: Keyed,
    now: Span,
    powered: bool,
    disk: Disk,
    last_disk_change: Span,
    server: Option<Server>,
    /// How many processes there have been: part of what makes each different.
    starts: u64,
    unit: UnitState,
    job: Option<UnitJob>,
    restart_at: Option<Span>,
    new_cluster_flag: bool,
    exit: Option<i32>,
    socket_file: bool,
    programs: Vec<Running>,
    queries: BTreeMap<QueryId, Option<QueryResult>>,
    recoveries: BTreeMap<QueryId, Recovery>,
    next_query: u32,
    askers: BTreeMap<seatrial_node::RequestId, Asker>,
    next_ask: u32,
    backend_running: bool,
    reboot_pending: bool,
    old_copies: BTreeMap<&'static str, Option<String>>,
    out: Vec<MachineEffect>,
    /// Always empty between two inputs: kept for its room.
    effects: Vec<Effect>,
    traced: bool,
}

impl Machine {
    /// A machine with everything installed and nothing started.
    pub fn new(peer: Peer, installation: Installation) -> Self {
        Self {
            peer,
            keyed: installation.keyed(),
            installation,
            now: Span::ZERO,
            powered: true,
            disk: Disk::default(),
            last_disk_change: Span::ZERO,
            server: None,
            starts: 0,
            unit: UnitState::Inactive,
            job: None,
            restart_at: None,
            new_cluster_flag: false,
            exit: None,
            socket_file: false,
            programs: Vec::new(),
            queries: BTreeMap::new(),
            recoveries: BTreeMap::new(),
            next_query: 0,
            askers: BTreeMap::new(),
            next_ask: 0,
            backend_running: false,
            reboot_pending: false,
            old_copies: BTreeMap::new(),
            out: Vec::new(),
            effects: Vec::new(),
            traced: true,
        }
    }

    /// The node's name.
    pub fn name(&self) -> &NodeName {
        &self.installation.names[usize::from(self.peer.0)]
    }

    /// Whether the machine runs garbd instead of a server.
    pub const fn is_arbitrator(&self) -> bool {
        self.installation.config.arbitrator
    }

    /// What its process is called.
    const fn program(&self) -> &'static str {
        if self.is_arbitrator() {
            "garbd"
        } else {
            "mariadbd"
        }
    }

    /// Whether the machine has power.
    pub const fn is_powered(&self) -> bool {
        self.powered
    }

    /// Whether a connection of this kind would be accepted.
    pub fn listens(&self, channel: Channel) -> bool {
        let server = self.server.as_ref();
        server.is_some_and(|server| server.process.listens(channel))
    }

    /// Takes what the machine wants done.
    pub fn take_effects(&mut self) -> Vec<MachineEffect> {
        std::mem::take(&mut self.out)
    }

    /// Takes back the emptied list of [`Machine::take_effects`], so that the next effects need no new one.
    pub(crate) fn give_back(&mut self, emptied: Vec<MachineEffect>) {
        if self.out.is_empty() {
            self.out = emptied;
        }
    }

    /// The next instant at which [`Machine::tick`] has something to do.
    pub fn deadline(&self) -> Option<Span> {
        let server = self.server.as_ref().filter(|server| !server.hung);
        let process = server.and_then(|server| server.process.deadline());
        let process = process.map(|at| Span(at.0));
        let job = self.job.as_ref().map(|job| job.until);
        let programs = self.programs.iter().filter_map(|running| running.wake);
        let recoveries = self.recoveries.values().map(|recovery| recovery.until);
        process
            .into_iter()
            .chain(job)
            .chain(self.restart_at)
            .chain(programs)
            .chain(recoveries.filter(|until| *until > self.now))
            .min()
    }

    /// Does what is due at this instant.
    pub fn tick(&mut self, now: Span) {
        self.now = now;
        self.process_tick();
        self.unit_tick();
        self.step_programs();
    }

    /// A connection is up; this machine has `dialled` it, or the other one has.
    pub fn link_up(&mut self, now: Span, from: Peer, channel: Channel, dialled: bool) {
        self.now = now;
        self.incoming(Incoming::LinkUp(from, channel, dialled));
    }

    /// A connection is gone or could not be opened.
    pub fn link_down(&mut self, now: Span, from: Peer, channel: Channel) {
        self.now = now;
        self.incoming(Incoming::LinkDown(from, channel));
    }

    /// A frame has arrived.
    pub fn received(&mut self, now: Span, from: Peer, frame: Frame) {
        self.now = now;
        self.incoming(Incoming::Received(from, frame));
    }

    /// An operator types a line.
    pub fn command(&mut self, now: Span, id: RequestId, line: &str) {
        self.now = now;
        if !self.powered {
            let output = Output {
                stderr: format!(
                    "ssh: connect to host {} port 22: No route to host\n",
                    self.name()
                ),
                exit: 255,
                ..Output::default()
            };
            self.out
                .push(MachineEffect::Ended(id, Progress::Done(output)));
            return;
        }
        match Program::parse(line) {
            Err(output) => self
                .out
                .push(MachineEffect::Ended(id, Progress::Done(output))),
            Ok(program) => {
                self.programs.push(Running {
                    id,
                    program,
                    wake: Some(now),
                });
                self.step_programs();
            }
        }
    }

    /// Ctrl-C.
    pub fn interrupt(&mut self, now: Span, id: RequestId) {
        self.now = now;
        let Some(index) = self.programs.iter().position(|running| running.id == id) else {
            return;
        };
        let mut running = self.programs.remove(index);
        let output = running.program.interrupt(self);
        self.out
            .push(MachineEffect::Ended(id, Progress::Done(output)));
        self.step_programs();
    }

    /// A client sends a statement over the network.
    pub fn client(&mut self, now: Span, id: RequestId, statement: &Statement) {
        self.now = now;
        if self
            .server
            .as_ref()
            .is_none_or(|server| !server.node().port_open() && !server.hung)
        {
            let error = self.no_server_error();
            self.out.push(MachineEffect::Ended(
                id,
                Progress::Refused {
                    code: 2002,
                    message: error,
                },
            ));
            return;
        }
        self.ask(Asker::Client(id), sql::node_statement(statement));
        self.step_programs();
    }

    /// Lets every program that may go on do so, until none can.
    fn step_programs(&mut self) {
        let mut progressed = true;
        let mut rounds = 0;
        while progressed && rounds < 100 {
            progressed = false;
            rounds += 1;
            for running in std::mem::take(&mut self.programs) {
                let Running {
                    id, mut program, ..
                } = running;
                match program.step(self) {
                    Step::Wait => self.programs.push(Running {
                        id,
                        program,
                        wake: None,
                    }),
                    Step::Until(at) => {
                        self.programs.push(Running {
                            id,
                            program,
                            wake: Some(at),
                        });
                    }
                    Step::Done(output) => {
                        progressed = true;
                        self.out
                            .push(MachineEffect::Ended(id, Progress::Done(output)));
                    }
                }
            }
        }
        for running in &mut self.programs {
            if running.wake.is_some_and(|at| at <= self.now) {
                // A program that asks to be called at once is called with the next change.
                running.wake = Some(Span(self.now.as_micros() + 1_000));
            }
        }
    }

    fn trace(&mut self, what: TraceKind) {
        if self.traced {
            self.out.push(MachineEffect::Trace(what));
        }
    }

    /// Whether the machine tells what it does. It does the same either way.
    pub const fn set_traced(&mut self, on: bool) {
        self.traced = on;
    }

    /// Everything from here on that is drawn is drawn for another seed.
    pub fn reseed(&mut self, seed: u64) {
        self.installation.seed = seed;
        self.keyed = self.installation.keyed();
    }

    /// Applies a fault that concerns this machine alone.
    pub fn fault(&mut self, now: Span, fault: &Fault) -> FaultOutcome {
        self.now = now;
        let outcome = self.apply_fault(fault);
        self.step_programs();
        outcome
    }
}
