//! The server process: inputs to the node, its effects, the disk operations that take time.

use seatrial_node::{
    BootMode, Channel, Effect, Identity, Input, Node, Note, Peer, Reply, Signal, Time,
};
use seatrial_scenarios::console::UnitState;
use seatrial_scenarios::{Progress, Span, Supervisor, TraceKind};

use super::{Asker, Incoming, Machine, MachineEffect, Process, sql};

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
        let identity = Identity {
            me: self.peer,
            names: self
                .installation
                .names
                .iter()
                .map(ToString::to_string)
                .collect(),
            addresses: (0..self.installation.names.len())
                .filter_map(|index| u8::try_from(index).ok())
                .map(Peer)
                .collect(),
            config: self.installation.config.clone(),
        };
        let pid = 1_000 + u32::try_from(self.starts).unwrap_or(0);
        let node = Node::new(identity, boot.clone(), time(self.now));
        self.process = Some(Process {
            node,
            pid,
            hung: false,
            inbox: std::collections::VecDeque::new(),
            io: std::collections::VecDeque::new(),
            io_done_at: None,
            grastate: None,
            timers: std::collections::BTreeMap::new(),
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
        let Some(process) = &mut self.process else {
            return;
        };
        if process.hung {
            process.inbox.push_back(incoming);
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
        let Some(process) = &mut self.process else {
            return;
        };
        let mut effects = std::mem::take(&mut self.effects);
        process.node.handle(time(self.now), input, &mut effects);
        let mut exit = None;
        for effect in effects.drain(..) {
            if let Some(code) = self.carry_out(effect) {
                exit = Some(code);
            }
        }
        self.effects = effects;
        self.watch_port();
        if let Some(code) = exit {
            self.process_ended(code);
        }
    }

    fn carry_out(&mut self, effect: Effect) -> Option<i32> {
        match effect {
            Effect::Send(peer, frame) => self.out.push(MachineEffect::Send(peer, frame)),
            Effect::Connect(peer, channel) => {
                self.out.push(MachineEffect::Connect(peer, channel));
            }
            Effect::Close(peer, channel) => self.out.push(MachineEffect::Close(peer, channel)),
            Effect::SetTimer(timer, at) => {
                if let Some(process) = &mut self.process {
                    process.timers.insert(timer, Span(at.0));
                }
            }
            Effect::ClearTimer(timer) => {
                if let Some(process) = &mut self.process {
                    process.timers.remove(&timer);
                }
            }
            Effect::Disk(io, op) => {
                if let Some(process) = &mut self.process {
                    process.io.push_back((io, op));
                }
                self.start_io();
            }
            Effect::Reply(id, reply) => self.reply(id, &reply),
            Effect::Note(Note::Log(line)) => self.log(&line.text()),
            Effect::Note(Note::PortOpen) => {
                self.socket_file = true;
                self.trace(TraceKind::Process {
                    text: "SQL port open".into(),
                });
            }
            Effect::Note(Note::Quorum {
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
            Effect::Note(Note::Reunion {
                last_primary,
                missing,
            }) => self.trace(TraceKind::Reunion {
                last_primary: self.names_of(&last_primary),
                missing: self.names_of(&missing),
            }),
            Effect::Exit(code) => return Some(code),
        }
        None
    }

    /// The disk takes the next operation, which then needs between 0.2 and 0.8 ms.
    fn start_io(&mut self) {
        let Some(process) = &mut self.process else {
            return;
        };
        let Some((io, _)) = process.io.front() else {
            return;
        };
        if process.io_done_at.is_none() {
            let key = [u64::from(self.peer.0), self.starts, io.0];
            let takes = self.keyed.time("disk", &key, 200, 800);
            process.io_done_at = Some(self.now + Span(takes));
        }
    }

    /// The first operation in the queue has been done.
    fn finish_io(&mut self) {
        let Some(process) = &mut self.process else {
            return;
        };
        process.io_done_at = None;
        let Some((io, op)) = process.io.pop_front() else {
            return;
        };
        let cache_size = self.installation.config.gcache_size;
        let before = self.disk.revision();
        let result = self.disk.perform(&op, &mut process.grastate, cache_size);
        if self.disk.revision() != before {
            self.last_disk_change = self.now;
        }
        if let Some(text) = sql::describe(&op) {
            self.trace(TraceKind::Disk { text });
        }
        self.start_io();
        self.feed(Input::DiskDone(io, result));
    }

    /// Timers and disk operations that are due.
    pub(super) fn process_tick(&mut self) {
        loop {
            let Some(process) = &mut self.process else {
                return;
            };
            if process.hung {
                return;
            }
            if let Some(incoming) = process.inbox.pop_front() {
                self.deliver(incoming);
                continue;
            }
            if process.io_done_at.is_some_and(|at| at <= self.now) {
                self.finish_io();
                continue;
            }
            let due = process
                .timers
                .iter()
                .filter(|(_, at)| **at <= self.now)
                .min_by_key(|(timer, at)| (**at, **timer))
                .map(|(timer, _)| *timer);
            let Some(timer) = due else { return };
            process.timers.remove(&timer);
            self.feed(Input::Timer(timer));
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
        let Some(process) = &mut self.process else {
            return;
        };
        let open = process.node.port_open();
        let ready = process.node.is_ready();
        let became_ready = ready && !process.was_ready;
        process.was_ready = ready;
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
        if self.process.is_none() {
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
        if let Some(process) = &mut self.process {
            for (_, op) in std::mem::take(&mut process.io) {
                self.disk.perform(&op, &mut process.grastate, cache_size);
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
        self.process = None;
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

    /// Whether a channel of the process to this peer may exist.
    pub fn has_process(&self) -> bool {
        self.process.is_some()
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
