//! Nodes without any engine: a script feeds them, and everything that they ask for is written down.
//!
//! Frames take 1 ms on a link, disk operations 1 ms each, in order. Nothing is drawn by lot, so the output
//! is the node's alone.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_galera::{Position, RecoveredPosition, SqlError};
use seatrial_node::{
    BootMode, Change, Channel, Config, DiskOp, Due, Frame, Identity, Input, IoId, Note, Outgoing,
    Peer, Process, Reply, RequestId, Signal, Statement, Time, TimerId,
};

use super::files::{Files, describe};
use super::single::{self, Waiting, Wires};

/// The time that a frame, the opening of a connection and a disk operation take.
const STEP: Time = Time::from_millis(1);
/// The time that an attempt to connect over a cut takes to fail.
const CONNECT_TIMEOUT: Time = Time::from_millis(10_000);

/// One host.
#[derive(Default)]
pub(super) struct Host {
    pub(super) files: Files,
    pub(super) process: Option<Process>,
    starts: u64,
    config: Config,
}

/// Something under way between two hosts.
enum Travelling {
    Frame(Frame),
    Dial(Channel),
    Refused(Channel),
    /// The other side's end of a connection has gone.
    Down(Channel),
}

/// Messages under way: sender, receiver, content, and the starts of both when it was sent. A later process
/// gets none of them.
struct Parcel {
    from: Peer,
    to: Peer,
    what: Travelling,
    starts: (u64, u64),
}

/// The nodes and what is between them.
pub(crate) struct Bench {
    now: Time,
    pub(super) hosts: Vec<Host>,
    parcels: BTreeMap<(Time, u64), Parcel>,
    next_parcel: u64,
    /// The open ends of connections. Each side closes its own end; the other side learns of it
    /// behind what was sent before.
    ends: BTreeSet<(Peer, Peer, Channel)>,
    /// The group of each host: hosts of different groups do not reach each other.
    groups: Vec<usize>,
    held: Vec<Parcel>,
    /// Messages that wait for a word of the script.
    pub(super) wires: Wires,
    next_request: u32,
    /// Identities of processes, by their text, and what the output calls them.
    names: Vec<(String, String)>,
    pub(super) output: Vec<String>,
}

impl Bench {
    /// Three installed hosts, nothing started.
    pub(crate) fn new() -> Self {
        Self {
            now: Time::ZERO,
            hosts: (0..3).map(|_| Host::default()).collect(),
            parcels: BTreeMap::new(),
            next_parcel: 0,
            ends: BTreeSet::new(),
            groups: vec![0; 3],
            held: Vec::new(),
            wires: Wires::default(),
            next_request: 0,
            names: Vec::new(),
            output: Vec::new(),
        }
    }

    /// Carries out one line of a script and returns what it led to.
    pub(crate) fn command(&mut self, line: &str) -> String {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["start", host] => self.start(peer(host), false),
            ["bootstrap", host] => self.start(peer(host), true),
            ["stop", host] => self.feed(peer(host), Input::Signal(Signal::Term { entropy: 0 })),
            ["kill", host] => self.kill(peer(host)),
            ["force", host] => self.force(peer(host)),
            ["write", host, row] => {
                let change = Change::Insert((*row).to_owned());
                self.ask(peer(host), Statement::Commit(change));
            }
            ["read", host] => self.ask(peer(host), Statement::Read),
            ["lock", host] => self.ask(peer(host), Statement::Lock),
            ["cut", groups] => self.cut(groups),
            ["split", groups @ ..] => self.cut(&groups.concat()),
            ["set", host, option, value] => {
                let config = &mut self.host(peer(host)).config;
                config.set(option, value).expect("a node has this option");
            }
            ["weight", host, weight] => {
                let weight = weight.parse().expect("a weight is a number");
                self.ask(peer(host), Statement::PcWeight(weight));
            }
            ["promote", host] => self.ask(peer(host), Statement::PcBootstrap),
            ["look", host] => self.look(peer(host)),
            ["hold", kinds @ ..] => self.wires.hold(kinds),
            ["waiting"] => self.list_waiting(),
            ["deliver", wire] => self.deliver(wire, None),
            ["deliver", wire, "all"] => {
                let (from, to) = ends(wire);
                while let Some(waiting) = self.wires.next(from, to, None) {
                    self.let_arrive(from, to, waiting);
                }
            }
            ["evict", host, "nobody"] => self.ask(peer(host), Statement::Evict(None)),
            ["evict", host, other] => {
                let process = self.host(peer(other)).process.as_ref();
                let uuid = process.expect("it runs").node().gcomm_uuid();
                self.ask(peer(host), Statement::Evict(Some(uuid)));
            }
            ["deliver", wire, kind] => self.deliver(wire, Some(kind)),
            ["drop", wire] => self.drop(wire, None),
            ["drop", wire, kind] => self.drop(wire, Some(kind)),
            ["release"] => {
                for (from, to, waiting) in self.wires.release() {
                    self.post(from, to, STEP, Travelling::Frame(waiting.frame));
                }
            }
            ["timer", host, name] => self.run_out(peer(host), single::timer(name)),
            ["heal"] => self.cut("ABC"),
            ["run", span] => self.run(span),
            ["quiet", span] => {
                self.run(span);
                self.output.clear();
            }
            ["show"] => self.show(),
            _ => panic!("no such command: {line}"),
        }
        self.name_processes();
        let mut text = std::mem::take(&mut self.output).join("\n");
        for (uuid, name) in &self.names {
            text = text.replace(uuid, name);
        }
        if text.is_empty() {
            "ok".to_owned()
        } else {
            text
        }
    }

    pub(super) fn host(&mut self, peer: Peer) -> &mut Host {
        &mut self.hosts[usize::from(peer.0)]
    }

    fn say(&mut self, who: Peer, what: impl std::fmt::Display) {
        let (secs, millis) = (self.now.0 / 1_000_000, self.now.0 / 1_000 % 1_000);
        for (place, line) in what.to_string().lines().enumerate() {
            self.output.push(if place == 0 {
                format!("{secs:>4}.{millis:03} {} {line}", name(who))
            } else {
                format!("           {}", line.trim())
            });
        }
    }

    fn start(&mut self, me: Peer, new_cluster: bool) {
        let now = self.now;
        let host = self.host(me);
        assert!(host.process.is_none(), "{} runs", name(me));
        host.starts += 1;
        let starts = host.starts;
        let position = host.files.database.position;
        let boot = BootMode {
            new_cluster,
            start_position: (position != Position::UNDEFINED).then_some(RecoveredPosition {
                position,
                gtid: None,
            }),
            no_address: false,
            entropy: u64::from(me.0) * 1_000 + starts,
            uuid_epoch: 0x1000_0000,
        };
        let names = ["A", "B", "C"].map(str::to_owned).to_vec();
        let identity = Identity::among(names, me, host.config.clone());
        host.process = Some(Process::new(identity, boot.clone(), now));
        self.name_processes();
        self.feed(me, Input::Boot(boot));
    }

    fn kill(&mut self, me: Peer) {
        assert!(self.host(me).process.is_some(), "{} is down", name(me));
        self.gone(me);
    }

    /// The process is gone: its peers' connections are reset.
    fn gone(&mut self, me: Peer) {
        self.host(me).process = None;
        let mine = self.ends.iter().filter(|(end, ..)| *end == me).copied();
        for (_, other, channel) in mine.collect::<Vec<_>>() {
            self.ends.remove(&(me, other, channel));
            self.post(me, other, STEP, Travelling::Down(channel));
        }
    }

    fn force(&mut self, me: Peer) {
        let files = &mut self.host(me).files;
        if let Some(text) = &mut files.grastate {
            *text = text.replace("safe_to_bootstrap: 0", "safe_to_bootstrap: 1");
        }
    }

    fn ask(&mut self, me: Peer, statement: Statement) {
        self.next_request += 1;
        let request = RequestId(self.next_request);
        self.feed(me, Input::Statement(request, statement));
    }

    fn cut(&mut self, groups: &str) {
        for (group, members) in groups.split('|').enumerate() {
            for member in members.chars() {
                self.groups[usize::from(peer(&member.to_string()).0)] = group;
            }
        }
        for parcel in std::mem::take(&mut self.held) {
            self.post_parcel(STEP, parcel);
        }
    }

    fn post(&mut self, from: Peer, to: Peer, after: Time, what: Travelling) {
        let starts = (self.host(from).starts, self.host(to).starts);
        self.post_parcel(
            after,
            Parcel {
                from,
                to,
                what,
                starts,
            },
        );
    }

    fn post_parcel(&mut self, after: Time, parcel: Parcel) {
        self.next_parcel += 1;
        self.parcels
            .insert((self.now + after, self.next_parcel), parcel);
    }

    fn run(&mut self, span: &str) {
        let secs: f64 = span
            .trim_end_matches('s')
            .parse()
            .unwrap_or_else(|_| panic!("{span} is no span"));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "seconds of a script"
        )]
        let end = self.now + Time((secs * 1e6) as u64);
        while self.step(end) {}
        self.now = end;
    }

    /// Lets the next thing happen, if it comes by `end`.
    fn step(&mut self, end: Time) -> bool {
        let parcel = self.parcels.keys().next().map(|(at, _)| *at);
        let deadlines = (0..).map(Peer).zip(&self.hosts).filter_map(|(me, host)| {
            let at = host.process.as_ref()?.deadline()?;
            Some((at, me))
        });
        match (parcel, deadlines.min()) {
            (Some(at), due) if at <= end && due.is_none_or(|(other, _)| at <= other) => {
                let (_, parcel) = self.parcels.pop_first().expect("it was looked at");
                self.now = at;
                self.arrive(parcel);
                true
            }
            (_, Some((at, me))) if at <= end => {
                self.now = at.max(self.now);
                let now = self.now;
                let process = self.host(me).process.as_mut().expect("it was looked at");
                match process.take_due(now).expect("its deadline has come") {
                    Due::Timer(timer) => self.feed(me, Input::Timer(timer)),
                    Due::Disk(io, op) => self.finish_io(me, io, &op),
                }
                true
            }
            _ => false,
        }
    }

    fn arrive(&mut self, parcel: Parcel) {
        let (from, to) = (parcel.from, parcel.to);
        let starts = (self.host(from).starts, self.host(to).starts);
        let cut = self.groups[usize::from(from.0)] != self.groups[usize::from(to.0)];
        let reaches_nobody = self.host(to).process.is_none();
        let stale = match parcel.what {
            Travelling::Dial(_) => false,
            Travelling::Down(_) => starts.1 != parcel.starts.1,
            Travelling::Frame(_) | Travelling::Refused(_) => starts != parcel.starts,
        };
        if stale {
            return;
        }
        match parcel.what {
            Travelling::Dial(channel) if cut => {
                self.post(to, from, CONNECT_TIMEOUT, Travelling::Refused(channel));
            }
            Travelling::Dial(channel) => {
                let process = self.host(to).process.as_ref();
                if !process.is_some_and(|process| process.listens(channel)) {
                    self.post(to, from, STEP, Travelling::Refused(channel));
                } else if self.ends.insert((from, to, channel)) {
                    self.ends.insert((to, from, channel));
                    for (end, peer, dialled) in [(to, from, false), (from, to, true)] {
                        let up = Input::LinkUp {
                            peer,
                            channel,
                            dialled,
                        };
                        self.feed(end, up);
                    }
                }
            }
            Travelling::Refused(channel) => {
                if !self.ends.contains(&(to, from, channel)) {
                    self.feed(to, Input::LinkDown(from, channel));
                }
            }
            _ if cut => self.held.push(parcel),
            _ if reaches_nobody => {}
            Travelling::Frame(frame) => {
                if self.ends.contains(&(to, from, frame.channel())) {
                    self.feed(to, Input::Received(from, &frame));
                }
            }
            Travelling::Down(channel) => {
                if self.ends.remove(&(to, from, channel)) {
                    self.feed(to, Input::LinkDown(from, channel));
                }
            }
        }
    }

    /// A message that waits arrives now.
    fn deliver(&mut self, wire: &str, kind: Option<&str>) {
        let (from, to) = ends(wire);
        let waiting = self.wires.next(from, to, kind);
        let waiting = waiting.unwrap_or_else(|| panic!("nothing waits on {wire}"));
        self.let_arrive(from, to, waiting);
    }

    fn let_arrive(&mut self, from: Peer, to: Peer, waiting: Waiting) {
        self.say(
            to,
            format!("<- {}: {}", name(from), waiting.frame.summary()),
        );
        self.arrive(Parcel {
            from,
            to,
            what: Travelling::Frame(waiting.frame),
            starts: waiting.starts,
        });
    }

    fn drop(&mut self, wire: &str, kind: Option<&str>) {
        let (from, to) = ends(wire);
        let lost = self.wires.drop(from, to, kind);
        assert!(lost > 0, "nothing waits on {wire} that could be lost");
        self.say(to, format!("{lost} of {} lost", name(from)));
    }

    fn run_out(&mut self, me: Peer, timer: TimerId) {
        let process = self.host(me).process.as_mut();
        process.expect("it runs").take_timer(timer);
        self.feed(me, Input::Timer(timer));
    }

    fn finish_io(&mut self, me: Peer, io: IoId, op: &DiskOp) {
        let result = self.host(me).files.perform(op);
        if let Some(text) = describe(op) {
            self.say(me, format!("disk: {text}"));
        }
        self.start_io(me);
        self.feed(me, Input::DiskDone(io, result));
    }

    fn start_io(&mut self, me: Peer) {
        let now = self.now;
        if let Some(process) = &mut self.host(me).process {
            process.start_disk(now, |_| STEP);
        }
    }

    fn feed(&mut self, me: Peer, input: Input<'_>) {
        let now = self.now;
        let Some(process) = &mut self.host(me).process else {
            return;
        };
        let mut effects = Vec::new();
        process.handle(now, input, &mut effects);
        self.name_processes();
        for effect in effects {
            let process = self.host(me).process.as_mut();
            if let Some(outgoing) = process.and_then(|process| process.keep(effect)) {
                self.carry_out(me, outgoing);
            }
        }
        self.start_io(me);
    }

    fn carry_out(&mut self, me: Peer, outgoing: Outgoing) {
        match outgoing {
            Outgoing::Send(to, frame) => {
                if !self.ends.contains(&(me, to, frame.channel())) {
                    return;
                }
                if !frame.is_keepalive() {
                    self.say(me, format!("-> {}: {}", name(to), frame.summary()));
                }
                let starts = (self.host(me).starts, self.host(to).starts);
                let waiting = Waiting { frame, starts };
                if let Some(waiting) = self.wires.take(me, to, waiting) {
                    self.post(me, to, STEP, Travelling::Frame(waiting.frame));
                }
            }
            Outgoing::Connect(to, channel) => self.post(me, to, STEP, Travelling::Dial(channel)),
            Outgoing::Close(to, channel) => {
                if self.ends.remove(&(me, to, channel)) {
                    self.say(me, format!("closes {} to {}", channel.word(), name(to)));
                    self.post(me, to, STEP, Travelling::Down(channel));
                }
            }
            Outgoing::Reply(request, reply) => {
                let text = match reply {
                    Reply::Ok => "ok".to_owned(),
                    Reply::List(text) => format!("[{}]", text.unwrap_or_default()),
                    Reply::Error(code) => format!("error {code}"),
                    Reply::Failed(SqlError::DuplicateEntry { entry, .. }) => {
                        format!("duplicate {entry}")
                    }
                    Reply::Failed(error) => format!("error {}", error.code()),
                    Reply::Lost => "lost".to_owned(),
                };
                self.say(me, format!("reply to {}: {text}", request.0));
            }
            Outgoing::Note(Note::Log(line) | Note::LogAs(line, _)) => {
                let text = line.text();
                self.name_history(&text);
                self.say(me, text);
            }
            Outgoing::Note(Note::Told(_)) => {}
            Outgoing::Note(Note::PortOpen) => self.say(me, "SQL port open"),
            Outgoing::Note(Note::Quorum {
                present,
                left,
                last_primary,
                holds,
            }) => {
                let word = if holds { "holds" } else { "is lost" };
                self.say(
                    me,
                    format!(
                        "quorum {word}: {} of {} present, {} left in order",
                        present.len(),
                        last_primary.len(),
                        left.len()
                    ),
                );
            }
            Outgoing::Note(Note::Reunion {
                last_primary,
                missing,
            }) => self.say(
                me,
                format!(
                    "reunion: {} of the {} of the last primary view are missing",
                    missing.len(),
                    last_primary.len()
                ),
            ),
            Outgoing::Exit(code) => {
                let host = self.host(me);
                let process = host.process.as_mut();
                let queue = process.map(Process::take_disk_queue);
                let mut lines = Vec::new();
                for op in queue.into_iter().flatten() {
                    host.files.perform(&op);
                    lines.extend(describe(&op));
                }
                for line in lines {
                    self.say(me, format!("disk: {line}"));
                }
                self.say(me, format!("exit {code}"));
                self.gone(me);
            }
        }
    }

    /// The identity of the second process of A is called a2, also the one that it takes over from a
    /// saved view.
    fn name_processes(&mut self) {
        for (place, host) in self.hosts.iter().enumerate() {
            let Some(process) = &host.process else {
                continue;
            };
            let uuid = process.node().gcomm_uuid();
            let full = uuid.to_string();
            if self.names.iter().all(|(known, _)| *known != full) {
                let host_name = ["a", "b", "c"][place];
                let called = format!("{host_name}{}", host.starts);
                self.names.push((full, called.clone()));
                self.names.push((uuid.short(), called));
            }
        }
    }

    /// Histories are called U1, U2 … in the output.
    pub(super) fn name_history(&mut self, _text: &str) {
        for place in 0..self.hosts.len() {
            let uuid = self.hosts[place]
                .process
                .as_ref()
                .map(|process| process.node().status().local_state_uuid);
            let Some(uuid) = uuid.filter(|uuid| !uuid.is_nil()) else {
                continue;
            };
            let text = uuid.to_string();
            if self.names.iter().all(|(known, _)| *known != text) {
                let number = self
                    .names
                    .iter()
                    .filter(|(_, called)| called.starts_with('U'))
                    .count();
                self.names.push((text, format!("U{}", number + 1)));
            }
        }
    }
}

/// The ends of a wire: A->B.
fn ends(wire: &str) -> (Peer, Peer) {
    let (from, to) = wire.split_once("->").expect("a wire is written A->B");
    (peer(from), peer(to))
}

fn peer(host: &str) -> Peer {
    match host {
        "A" => Peer(0),
        "B" => Peer(1),
        "C" => Peer(2),
        _ => panic!("there is no host {host}"),
    }
}

pub(super) const fn name(peer: Peer) -> &'static str {
    match peer.0 {
        0 => "A",
        1 => "B",
        _ => "C",
    }
}
