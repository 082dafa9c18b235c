//! The server process: inputs to the node, its effects, the disk operations that take time.

use seatrial_node::{
    BootMode, Channel, DiskOp, Due, Identity, Input, IoId, Note, Outgoing, Process, Reply, Signal,
    Time,
};
use seatrial_scenarios::console::UnitState;
use seatrial_scenarios::{Progress, Span, Supervisor, TraceKind};

use super::{Asker, Incoming, Machine, MachineEffect, Server, sql};

/// The MariaDB log.
const LOG: &str = seatrial_scenarios::console::MARIADB_LOG;
/// The back end's log.
const BACKEND_LOG: &str = seatrial_scenarios::console::BACKEND_LOG;
/// systemd's `RestartSec` in mariadb.service.
const RESTART_AFTER: Span = Span::from_secs(5);

impl Machine {
    /// Starts mariadbd, which is what the unit does after galera_recovery.
    pub(super) fn spawn(
        &mut self,
        new_cluster: bool,
        start_position: Option<seatrial_galera::RecoveredPosition>,
    ) {
        self.starts += 1;
        let key = [u64::from(self.peer.0), self.starts];
        let (entropy, uuid_epoch) = self.what_makes_it_different(&key);
        let boot = BootMode {
            new_cluster,
            start_position,
            entropy,
            uuid_epoch,
        };
        let names = self.installation.names.iter().map(ToString::to_string);
        let config = self.installation.config.clone();
        let identity = Identity::among(names.collect(), self.peer, config);
        let pid = 1_000 + u32::try_from(self.starts).unwrap_or(0);
        self.server = Some(Server {
            process: Process::new(identity, boot.clone(), time(self.now)),
            pid,
            hung: false,
            inbox: std::collections::VecDeque::new(),
            grastate: None,
            was_ready: false,
        });
        self.exit = None;
        let arbitrator = self.is_arbitrator();
        if arbitrator {
            self.unit = UnitState::Active;
        } else {
            self.log(&format!("[Note] Starting MariaDB as process {pid}"));
        }
        let with = if new_cluster {
            " --wsrep-new-cluster"
        } else {
            ""
        };
        let program = self.program();
        self.trace(TraceKind::Process {
            text: format!("{program} started{with}"),
        });
        self.feed(Input::Boot(boot));
    }

    /// The process's entropy, and where the counter in its identity began. Without jitter the counter
    /// never wraps and counts milliseconds, and of processes of one instant the place decides: later
    /// identities are greater.
    fn what_makes_it_different(&self, key: &[u64]) -> (u64, u32) {
        let entropy = self.keyed.between("process", key, 1, u64::MAX);
        if self.keyed.has_jitter() {
            let epoch = self.keyed.between("uuid epoch", &[], 0, 0xffff_ffff);
            return (entropy, u32::try_from(epoch).unwrap_or(0));
        }
        let low_bits = |number: u64| (number & 0xffff_ffff) as u32;
        let ticks = low_bits(self.now.as_micros() * 10);
        let epoch = low_bits(self.now.as_millis()).wrapping_sub(ticks);
        ((entropy & !0xffff) | u64::from(self.peer.0), epoch)
    }

    /// Something from outside; a hung process takes it later.
    pub(super) fn incoming(&mut self, incoming: Incoming) {
        let Some(server) = &mut self.server else {
            return;
        };
        if server.hung {
            server.inbox.push_back(incoming);
            return;
        }
        self.deliver(incoming);
        self.step_programs();
    }

    fn deliver(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::LinkUp(peer, channel, dialled) => self.feed(Input::LinkUp {
                peer,
                channel,
                dialled,
            }),
            Incoming::LinkDown(peer, channel) => self.feed(Input::LinkDown(peer, channel)),
            Incoming::Received(peer, frame) => self.feed(Input::Received(peer, &frame)),
            Incoming::Statement(id, statement) => self.feed(Input::Statement(id, statement)),
            Incoming::Term => {
                let key = [u64::from(self.peer.0), self.now.as_micros()];
                let entropy = self.keyed.between("sigterm", &key, 0, u64::MAX);
                self.feed(Input::Signal(Signal::Term { entropy }));
            }
        }
    }

    /// Gives the node an input and carries out what follows.
    fn feed(&mut self, input: Input<'_>) {
        let Some(server) = &mut self.server else {
            return;
        };
        let mut effects = std::mem::take(&mut self.effects);
        server.process.handle(time(self.now), input, &mut effects);
        let mut exit = None;
        for effect in effects.drain(..) {
            let process = self.server.as_mut().map(|server| &mut server.process);
            match process.and_then(|process| process.keep(effect)) {
                Some(Outgoing::Exit(code)) => exit = Some(code),
                Some(outgoing) => self.carry_out(outgoing),
                None => {}
            }
        }
        self.effects = effects;
        self.start_io();
        self.watch_port();
        if let Some(code) = exit {
            self.process_ended(code);
        }
    }

    fn carry_out(&mut self, outgoing: Outgoing) {
        match outgoing {
            Outgoing::Send(peer, frame) => self.out.push(MachineEffect::Send(peer, frame)),
            Outgoing::Connect(peer, channel) => {
                self.out.push(MachineEffect::Connect(peer, channel));
            }
            Outgoing::Close(peer, channel) => self.out.push(MachineEffect::Close(peer, channel)),
            Outgoing::Reply(id, reply) => self.reply(id, &reply),
            Outgoing::Note(Note::Log(line)) => self.log(&line.text()),
            Outgoing::Note(Note::PortOpen) => {
                self.socket_file = true;
                self.trace(TraceKind::Process {
                    text: "SQL port open".into(),
                });
            }
            Outgoing::Note(Note::Quorum {
                present,
                left,
                last_primary,
                holds,
            }) => {
                let last_primary = last_primary
                    .iter()
                    .map(|(uuid, weight)| (self.name_of(*uuid), *weight))
                    .collect();
                self.trace(TraceKind::Quorum {
                    present: self.names_of(&present),
                    left: self.names_of(&left),
                    last_primary,
                    holds,
                });
            }
            Outgoing::Note(Note::Reunion {
                last_primary,
                missing,
            }) => self.trace(TraceKind::Reunion {
                last_primary: self.names_of(&last_primary),
                missing: self.names_of(&missing),
            }),
            // It ends when everything else has been carried out: see [`Machine::feed`].
            Outgoing::Exit(_) => {}
        }
    }

    /// The disk takes the next operation, which then needs between 0.2 and 0.8 ms.
    fn start_io(&mut self) {
        if let Some(server) = &mut self.server {
            server.process.start_disk(time(self.now), |io| {
                let key = [u64::from(self.peer.0), self.starts, io.0];
                Time(self.keyed.time("disk", &key, 200, 800))
            });
        }
    }

    /// The disk has done an operation.
    fn finish_io(&mut self, io: IoId, op: &DiskOp) {
        let Some(server) = &mut self.server else {
            return;
        };
        let cache_size = self.installation.config.gcache_size;
        let before = self.disk.revision();
        let result = self.disk.perform(op, &mut server.grastate, cache_size);
        if self.disk.revision() != before {
            self.last_disk_change = self.now;
        }
        if let Some(text) = sql::describe(op) {
            self.trace(TraceKind::Disk { text });
        }
        self.start_io();
        self.feed(Input::DiskDone(io, result));
    }

    /// Timers and disk operations that are due.
    pub(super) fn process_tick(&mut self) {
        loop {
            let Some(server) = &mut self.server else {
                return;
            };
            if server.hung {
                return;
            }
            if let Some(incoming) = server.inbox.pop_front() {
                self.deliver(incoming);
                continue;
            }
            match server.process.take_due(time(self.now)) {
                Some(Due::Disk(io, op)) => self.finish_io(io, &op),
                Some(Due::Timer(timer)) => self.feed(Input::Timer(timer)),
                None => return,
            }
        }
    }

    fn reply(&mut self, id: seatrial_node::RequestId, reply: &Reply) {
        match self.askers.remove(&id) {
            Some(Asker::Client(request)) => {
                let progress = match reply {
                    Reply::Ok => Progress::Acknowledged,
                    Reply::Duplicate(tag) => Progress::Refused {
                        code: 1062,
                        message: sql::duplicate(tag),
                    },
                    Reply::Error(code) => Progress::Refused {
                        code: *code,
                        message: self.error_text(*code),
                    },
                    Reply::Lost => Progress::Unknown,
                };
                self.out.push(MachineEffect::Ended(request, progress));
            }
            Some(Asker::Program(query)) => {
                let answer = match reply {
                    Reply::Ok => Ok((Vec::new(), Vec::new())),
                    Reply::Error(code) => Err(self.error_text(*code)),
                    Reply::Duplicate(tag) => Err(sql::duplicate(tag)),
                    Reply::Lost => Err(self.error_text(2013)),
                };
                self.queries.insert(query, Some(answer));
            }
            Some(Asker::Session) | None => {}
        }
    }

    /// Sends a statement to the node.
    pub(super) fn ask(&mut self, asker: Asker, statement: seatrial_node::Statement) {
        self.next_ask += 1;
        let id = seatrial_node::RequestId(self.next_ask);
        self.askers.insert(id, asker);
        self.incoming(Incoming::Statement(id, statement));
    }

    /// systemd and the back end notice when the port opens and when the database becomes usable.
    fn watch_port(&mut self) {
        let Some(server) = &mut self.server else {
            return;
        };
        let open = server.node().port_open();
        let ready = server.node().is_ready();
        let became_ready = ready && !server.was_ready;
        server.was_ready = ready;
        if open && self.unit == UnitState::Activating {
            self.unit = UnitState::Active;
        }
        if became_ready && !self.backend_running {
            self.backend_running = true;
            self.disk
                .append_line(BACKEND_LOG, "SMTP Service started plain:10025//127.0.0.1");
            self.trace(TraceKind::Note {
                text: "mail back end started".into(),
            });
        }
    }

    /// SIGTERM to the process.
    pub(super) fn terminate_in_order(&mut self) {
        self.incoming(Incoming::Term);
    }

    /// SIGKILL to the process. Says whether there was one.
    pub(super) fn kill(&mut self) -> bool {
        if self.server.is_none() {
            return false;
        }
        let program = self.program();
        self.trace(TraceKind::Process {
            text: format!("{program} killed"),
        });
        self.process_gone(137);
        true
    }

    /// The process has ended by itself: what it wrote before that has been written.
    fn process_ended(&mut self, code: i32) {
        let cache_size = self.installation.config.gcache_size;
        if let Some(server) = &mut self.server {
            for op in server.process.take_disk_queue() {
                self.disk.perform(&op, &mut server.grastate, cache_size);
            }
            self.last_disk_change = self.now;
        }
        let program = self.program();
        self.trace(TraceKind::Process {
            text: format!("{program} exited with {code}"),
        });
        if code == 0 {
            self.socket_file = false;
        }
        self.process_gone(code);
    }

    fn process_gone(&mut self, code: i32) {
        self.server = None;
        self.exit = Some(code);
        self.backend_running = false;
        self.out.push(MachineEffect::ConnectionsReset);
        for (_, asker) in std::mem::take(&mut self.askers) {
            match asker {
                Asker::Client(request) => {
                    self.out
                        .push(MachineEffect::Ended(request, Progress::Unknown));
                }
                Asker::Program(query) => {
                    let lost = self.error_text(2013);
                    self.queries.insert(query, Some(Err(lost)));
                }
                Asker::Session => {}
            }
        }
        let stopped = self.unit == UnitState::Deactivating && code == 0;
        self.unit = if stopped {
            UnitState::Inactive
        } else {
            UnitState::Failed(code)
        };
        if code >= 128 && !stopped && self.installation.supervisor == Supervisor::Systemd {
            self.restart_at = Some(self.now + RESTART_AFTER);
        }
        self.after_stop();
    }

    /// A line in the error log, and in the trace.
    pub(super) fn log(&mut self, text: &str) {
        let line = format!("{} 0 {text}", stamp(self.now));
        self.disk.append_line(LOG, &line);
        self.trace(TraceKind::Log { line });
    }

    /// Whether a server runs: without one the machine has no connection.
    pub fn has_process(&self) -> bool {
        self.server.is_some()
    }

    /// How long the process waits for an answer to an attempt to connect. gmcast gives up on a peer that
    /// it has not heard for `gmcast.peer_timeout`, connected or not (`gmcast.cpp:check_liveness`); whoever
    /// transfers state waits longer.
    pub(crate) const fn dial_timeout(&self, channel: Channel) -> Span {
        match channel {
            Channel::Group => Span(self.installation.config.gmcast_peer_timeout.0),
            Channel::Transfer => Span::from_secs(10),
        }
    }

    /// Which start of the server this is.
    pub(crate) const fn starts(&self) -> u64 {
        self.starts
    }

    /// Whether the process takes a connection of this kind now.
    pub fn accepts(&self, channel: Channel) -> bool {
        self.powered && self.listens(channel)
    }
}

/// The node's time is the run's.
pub(super) const fn time(now: Span) -> Time {
    Time(now.as_micros())
}

/// The time stamp of the error log. Every run begins at midnight.
fn stamp(now: Span) -> String {
    let secs = now.as_micros() / 1_000_000;
    let (day, of_day) = (secs / 86_400, secs % 86_400);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("2026-01-{:02} {hour:>2}:{minute:02}:{second:02}", day + 1)
}
