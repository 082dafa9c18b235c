//! The server process: inputs to the node, its effects, the disk operations that take time.

use seatrial_galera::{GcommUuid, LogLine};
use seatrial_node::{
    BootMode, Channel, Detail, DiskOp, Due, Identity, Input, IoId, Names, Note, Outgoing, Reply,
    Signal, SstMethod,
};
use seatrial_scenarios::console::{UnitEvent, UnitState};
use seatrial_scenarios::{Port, Progress, Span, Supervisor, TraceKind};

use crate::machine::conf::{CLUSTER, Conf};
use crate::machine::options::ServerOptions;
use crate::machine::parts::{Asker, Incoming, MachineEffect, Server, stamp, time};
use crate::machine::sql;
use crate::machine::whole::Machine;
use crate::ports;

/// The back end's log.
const BACKEND_LOG: &str = seatrial_scenarios::console::BACKEND_LOG;
/// systemd's `RestartSec` in mariadb.service.
const RESTART_AFTER: Span = Span::from_secs(5);
/// The distance between the number of Debian's script and that of the server.
const SCRIPT_PID: u32 = 2_000;
/// Linux gives up an attempt to connect after `tcp_syn_retries`, which is 6: 1, 2, 4, 8, 16, 32 and 64 s.
const CONNECT_TIMEOUT: Span = Span::from_secs(127);

impl Machine {
    /// Starts mariadbd, which is what the unit does after galera_recovery.
    pub(super) fn spawn(
        &mut self,
        options: &ServerOptions,
        start_position: Option<seatrial_galera::RecoveredPosition>,
    ) {
        let conf = self.conf_with(&options.lines);
        let new_cluster = options.new_cluster || conf.as_ref().is_some_and(Conf::bootstraps);
        let addresses = conf.as_ref().map(|conf| conf.addresses.clone());
        let no_address = conf.as_ref().is_some_and(|conf| conf.unresolved);
        self.site.configure(conf);
        let start = self.daemon.count_start();
        let (entropy, uuid_epoch) = self.site.process_entropy(start, self.now);
        let boot = BootMode {
            new_cluster,
            start_position,
            no_address,
            entropy,
            uuid_epoch,
        };
        let names = self.site.names().iter().map(ToString::to_string);
        let config = self.site.config().clone();
        let mut identity = Identity::among(names.collect(), self.site.peer(), config);
        identity.names = self.site.names_and_addresses();
        identity.address = self.site.address();
        if let Some(addresses) = addresses {
            identity.addresses = addresses;
        }
        let pid = self.daemon.start(identity, boot.clone(), self.now);
        if self.is_arbitrator() {
            self.service.enter(UnitState::Active);
        } else {
            let line = format!("[Note] Starting MariaDB as process {pid}");
            self.log(&line, Some(Detail::Start(pid)));
        }
        let with = if new_cluster {
            " --wsrep-new-cluster"
        } else {
            ""
        };
        let program = self.site.program();
        self.trace(TraceKind::Process {
            text: format!("{program} started{with}"),
        });
        self.feed(Input::Boot(boot));
    }

    /// Something from outside; a hung process takes it later.
    pub(super) fn incoming(&mut self, incoming: Incoming) {
        let Some(server) = self.daemon.server_mut() else {
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
            Incoming::LinkWaits(peer, stage) => self.feed(Input::LinkWaits(peer, stage)),
            Incoming::Received(peer, frame) => self.feed(Input::Received(peer, &frame)),
            Incoming::Statement(id, statement) => self.feed(Input::Statement(id, statement)),
            Incoming::Term => {
                let entropy = self.site.stop_entropy(self.now);
                self.feed(Input::Signal(Signal::Term { entropy }));
            }
        }
    }

    /// Gives the node an input and carries out what follows.
    fn feed(&mut self, input: Input<'_>) {
        let mut effects = self.daemon.take_scratch();
        let Some(server) = self.daemon.server_mut() else {
            return;
        };
        server.process.handle(time(self.now), input, &mut effects);
        let mut exit = None;
        for effect in effects.drain(..) {
            let server = self.daemon.server_mut();
            let process = server.map(|server| &mut server.process);
            match process.and_then(|process| process.keep(effect)) {
                Some(Outgoing::Exit(code)) => exit = Some(code),
                Some(outgoing) => self.carry_out(outgoing),
                None => {}
            }
        }
        self.daemon.give_back(effects);
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
            Outgoing::Note(Note::Log(line)) => {
                if matches!(line, LogLine::ReversingHistory { .. }) {
                    self.daemon.reverse();
                }
                self.log(&line.text(), None);
            }
            Outgoing::Note(Note::LogAs(line, detail)) => self.log(&line.text(), Some(*detail)),
            Outgoing::Note(Note::Told(detail)) => self.storage.append_detail(self.now, *detail),
            Outgoing::Note(Note::PortOpen) => {
                self.daemon.set_socket_file(true);
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
                    .map(|(uuid, weight)| (self.site.name_of(*uuid), *weight))
                    .collect();
                self.trace(TraceKind::Quorum {
                    present: self.site.names_of(&present),
                    left: self.site.names_of(&left),
                    last_primary,
                    holds,
                });
            }
            Outgoing::Note(Note::Reunion {
                last_primary,
                missing,
            }) => self.trace(TraceKind::Reunion {
                last_primary: self.site.names_of(&last_primary),
                missing: self.site.names_of(&missing),
            }),
            // It ends when everything else has been carried out: see [`Machine::feed`].
            Outgoing::Exit(_) => {}
        }
    }

    /// The disk takes the next operation, which then needs between 0.2 and 0.8 ms.
    fn start_io(&mut self) {
        let start = self.daemon.starts();
        if let Some(server) = self.daemon.server_mut() {
            let takes = |io: IoId| self.site.disk_time(start, io.0);
            server.process.start_disk(time(self.now), takes);
        }
    }

    /// The disk has done an operation.
    fn finish_io(&mut self, io: IoId, op: &DiskOp) {
        let Some(server) = self.daemon.server_mut() else {
            return;
        };
        let cache_size = self.site.config().gcache_size;
        let grastate = &mut server.grastate;
        let result = self.storage.perform(op, grastate, cache_size, self.now);
        if let Some(text) = sql::describe(op) {
            self.trace(TraceKind::Disk { text });
        }
        self.start_io();
        self.feed(Input::DiskDone(io, result));
    }

    /// Timers and disk operations that are due.
    pub(super) fn server_tick(&mut self) {
        loop {
            let Some(server) = self.daemon.server_mut() else {
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
        match self.programs.answered(id) {
            Some(Asker::Client(request)) => {
                let progress = match reply {
                    Reply::Ok => Progress::Acknowledged,
                    Reply::List(text) => Progress::Read(text.clone()),
                    Reply::Failed(error) => Progress::Refused {
                        code: error.code(),
                        message: error.to_string(),
                    },
                    Reply::Error(code) => Progress::Refused {
                        code: *code,
                        message: self.error_text(*code),
                    },
                    Reply::Lost => Progress::Unknown,
                };
                self.out.end(request, progress);
            }
            Some(Asker::Program(query)) => {
                let answer = match reply {
                    Reply::Ok | Reply::List(_) => Ok((Vec::new(), Vec::new())),
                    Reply::Error(code) => Err(self.error_text(*code)),
                    Reply::Failed(error) => Err(error.to_string()),
                    Reply::Lost => Err(self.error_text(2013)),
                };
                self.programs.set_answer(query, Some(answer));
            }
            Some(Asker::Session) | None => {}
        }
    }

    /// Sends a statement to the node.
    pub(super) fn ask(&mut self, asker: Asker, statement: seatrial_node::Statement) {
        let id = self.programs.ask(asker);
        self.incoming(Incoming::Statement(id, statement));
    }

    /// systemd and the back end notice when the port opens and when the database becomes usable.
    fn watch_port(&mut self) {
        let Some(server) = self.daemon.server_mut() else {
            return;
        };
        let open = server.node().port_open();
        let ready = server.node().is_ready();
        let became_ready = ready && !server.was_ready;
        server.was_ready = ready;
        if open && self.service.state() == UnitState::Activating && !self.hand.runs() {
            self.service.enter(UnitState::Active);
            self.tell_of_start();
        }
        if became_ready && !self.daemon.backend_runs() {
            self.daemon.set_backend(true);
            self.storage
                .disk_mut()
                .append_line(BACKEND_LOG, "SMTP Service started plain:10025//127.0.0.1");
            self.trace(TraceKind::Note {
                text: "mail back end started".into(),
            });
        }
    }

    /// The journal has that the unit has started, and what Debian's script prints behind that (`/etc/mysql/debian-start`).
    fn tell_of_start(&mut self) {
        const SCRIPT: &str = "/etc/mysql/debian-start";
        self.tell(UnitEvent::Started);
        let pid = SCRIPT_PID + self.daemon.last_pid();
        for text in [
            "Upgrading MySQL tables if necessary.",
            "Checking for insecure root accounts.",
        ] {
            self.tell(UnitEvent::Printed(SCRIPT, pid, text.to_owned()));
        }
    }

    /// SIGTERM to the process.
    pub(super) fn terminate_in_order(&mut self) {
        self.incoming(Incoming::Term);
    }

    /// SIGKILL to the process. Returns whether there was one.
    pub(super) fn kill(&mut self) -> bool {
        if !self.daemon.runs() {
            return false;
        }
        let program = self.site.program();
        self.trace(TraceKind::Process {
            text: format!("{program} killed"),
        });
        self.process_gone(137);
        true
    }

    /// The process has ended by itself: what it wrote before that has been written.
    fn process_ended(&mut self, code: i32) {
        let cache_size = self.site.config().gcache_size;
        if let Some(server) = self.daemon.server_mut() {
            let disk = self.storage.change(self.now);
            for op in server.process.take_disk_queue() {
                disk.perform(&op, &mut server.grastate, cache_size);
            }
        }
        let program = self.site.program();
        self.trace(TraceKind::Process {
            text: format!("{program} exited with {code}"),
        });
        if code == 0 {
            self.daemon.set_socket_file(false);
        }
        self.process_gone(code);
    }

    fn process_gone(&mut self, code: i32) {
        let by_hand = self.is_by_hand();
        self.daemon.end(code);
        self.find_data();
        self.out.push(MachineEffect::ConnectionsReset);
        for query in self.programs.take_sleepers() {
            let lost = self.error_text(2013);
            self.programs.set_answer(query, Some(Err(lost)));
        }
        for asker in self.programs.take_askers() {
            match asker {
                Asker::Client(request) => self.out.end(request, Progress::Unknown),
                Asker::Program(query) => {
                    let lost = self.error_text(2013);
                    self.programs.set_answer(query, Some(Err(lost)));
                }
                Asker::Session => {}
            }
        }
        let lost = self.error_text(2013);
        self.programs.lose_guests(&lost);
        if by_hand {
            self.hand_ended(code);
            self.after_stop();
            return;
        }
        self.tell_of_end(self.service.state(), code);
        // A server that ends in order by itself (`killall`, SHUTDOWN) leaves its unit inactive as well; one that ends
        // before it is ready has failed, also with 0 (systemd's `Type=notify`).
        let was_ready = matches!(
            self.service.state(),
            UnitState::Deactivating | UnitState::Active
        );
        let stopped = was_ready && code == 0;
        self.service.enter(if stopped {
            UnitState::Inactive
        } else {
            UnitState::Failed(code)
        });
        let supervisor = self.site.installation().supervisor;
        if code >= 128 && !stopped && supervisor == Supervisor::Systemd {
            self.service.restart(self.now + RESTART_AFTER);
        }
        self.after_stop();
    }

    /// A line in the error log, and in the trace. The log has `instead` in its place, if that is given.
    pub(super) fn log(&mut self, text: &str, instead: Option<Detail>) {
        let line = format!("{} 0 {text}", stamp(self.now));
        self.storage.append_log(self.now, &line, instead);
        self.trace(TraceKind::Log { line });
    }

    /// Returns the error log of the machine's server as a reader finds it; `None` where there is none.
    pub fn error_log(&self) -> Option<String> {
        let names = self.site.names_and_addresses();
        self.storage.error_log(Names {
            names: &names,
            me: self.site.peer(),
        })
    }

    /// Returns whether a server runs: without one the machine has no connection.
    pub fn has_process(&self) -> bool {
        self.daemon.runs()
    }

    /// Returns the time that the process waits for an answer to an attempt to connect. gmcast gives up on a
    /// peer that it has not heard for `gmcast.peer_timeout`, connected or not (`gmcast.cpp:check_liveness`). A donor
    /// sets no limit (`ist.cpp:Sender`, and rsync without `--contimeout`), so the kernel's counts.
    ///
    /// MODEL GAP: a donor that waits for a host that is cut off as a whole applies meanwhile. For a closed port it does
    /// as Galera's.
    pub(crate) const fn dial_timeout(&self, channel: Channel) -> Span {
        match channel {
            Channel::Group => Span(self.site.config().gmcast_peer_timeout.0),
            Channel::Transfer | Channel::Script => CONNECT_TIMEOUT,
        }
    }

    /// Returns the ports to which the process opens a connection of this kind, in their order.
    pub(crate) fn ports(&self, channel: Channel) -> &'static [Port] {
        let server = self.daemon.server();
        let node = server.map(Server::node);
        ports::of_channel(channel, node)
    }

    /// Returns `wsrep_sst_method`.
    pub(crate) const fn sst_method(&self) -> SstMethod {
        self.site.config().wsrep_sst_method
    }

    /// Returns the number of the server's present start.
    pub(crate) const fn starts(&self) -> u64 {
        self.daemon.starts()
    }

    /// Returns whether a connection of this kind would be accepted.
    pub fn listens(&self, channel: Channel) -> bool {
        let server = self.daemon.server();
        server.is_some_and(|server| server.process.listens(channel))
    }

    /// Returns the process for which the server has a state transfer, by its identity in the group.
    pub(crate) fn gives_to(&self) -> Option<GcommUuid> {
        self.daemon.server()?.node().gives_to()
    }

    /// Returns whether the server is this process.
    pub(crate) fn is_process(&self, identity: GcommUuid) -> bool {
        let server = self.daemon.server();
        server.is_some_and(|server| server.node().identity_in_group() == identity)
    }

    /// Returns `wsrep_cluster_name` as the server's last start found it.
    pub(crate) fn cluster_name(&self) -> &str {
        let edited = self.site.conf();
        edited.map_or(CLUSTER, |conf| conf.cluster_name.as_str())
    }

    /// Returns whether the process takes a connection of this kind now.
    pub fn accepts(&self, channel: Channel) -> bool {
        let misplaced = || self.site.conf().is_some_and(|conf| conf.misplaced);
        self.powered && self.listens(channel) && !(channel != Channel::Group && misplaced())
    }
}
