//! A few nodes with the layers evs and, where a test wants it, pc, and wires between them.
//!
//! A message takes a millisecond on a wire, unless the wire is cut or the message is lost by lot. A test may also stop
//! the wires, and hand over one message after the other.

use std::collections::VecDeque;

use seatrial_galera::Seqno;

use super::super::*;
use super::trace::Trace;
use crate::config::Config;
use crate::frame::GcsMessage;
use crate::pc::{self, Pc};

/// The time on a wire.
const WIRE: Time = Time::from_millis(1);

/// A message on the wire from one node to another.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Letter {
    /// When it arrives, unless the wires are stopped.
    at: Time,
    /// The node that said it first.
    source: GcommUuid,
    pub(super) message: EvsMessage,
}

/// One node.
pub(super) struct Host {
    pub(super) evs: Evs,
    pub(super) pc: Option<Pc>,
    config: Config,
    tick: Option<Time>,
    pub(super) trace: Trace,
    pub(super) closed: bool,
}

pub(super) struct Net {
    now: Time,
    pub(super) config: Config,
    hosts: BTreeMap<u8, Host>,
    wires: BTreeMap<(u8, u8), VecDeque<Letter>>,
    /// The number of messages that are lost of a hundred on a wire; a hundred where it is cut.
    loss: BTreeMap<(u8, u8), u64>,
    stopped: bool,
    with_pc: bool,
    random: u64,
    next: i64,
}

pub(super) fn uuid(node: u8) -> GcommUuid {
    GcommUuid::new(u32::from(node), 0, 0, node)
}

/// The number of a node; ten more for the next incarnation.
fn number(of: GcommUuid) -> u8 {
    let number = of.node_index();
    if of == uuid(number) {
        number
    } else {
        number + 10
    }
}

impl Net {
    /// No node, and timers of milliseconds: suspected, inactive, repeated.
    pub(super) fn new(timers: [u64; 3]) -> Self {
        let [suspect, inactive, again] = timers.map(Time::from_millis);
        let config = Config {
            evs_suspect_timeout: suspect,
            evs_inactive_timeout: inactive,
            evs_install_timeout: inactive.divided_by(2),
            evs_inactive_check_period: suspect.divided_by(3),
            evs_keepalive_period: again,
            evs_join_retrans_period: again,
            ..Config::default()
        };
        Self {
            now: Time::from_millis(1_000),
            config,
            hosts: BTreeMap::new(),
            wires: BTreeMap::new(),
            loss: BTreeMap::new(),
            stopped: false,
            with_pc: false,
            random: 0x9e37_79b9_7f4a_7c15,
            next: 0,
        }
    }

    /// The same with the layer of the primary component on top.
    pub(super) fn with_pc(timers: [u64; 3]) -> Self {
        let mut net = Self::new(timers);
        net.with_pc = true;
        net.config.evs_install_timeout = net.config.evs_inactive_timeout;
        net
    }

    /// The same with another lot.
    pub(super) fn drawn(self, seed: u64) -> Self {
        let random = self.random ^ seed.wrapping_mul(0x2545_f491_4f6c_dd1d);
        Self { random, ..self }
    }

    /// Nodes have joined one after the other, and are in one view.
    pub(super) fn of(mut self, nodes: &[u8]) -> Self {
        for (count, node) in nodes.iter().enumerate() {
            self.start(*node, count == 0);
            self.until_view(&nodes[..=count]);
        }
        self
    }

    pub(super) fn now(&self) -> Time {
        self.now
    }

    pub(super) fn host(&self, node: u8) -> &Host {
        &self.hosts[&node]
    }

    pub(super) fn evs(&self, node: u8) -> &Evs {
        &self.hosts[&node].evs
    }

    pub(super) fn state(&self, node: u8) -> State {
        self.evs(node).state
    }

    /// A process that bootstraps, or looks for others.
    pub(super) fn start(&mut self, node: u8, first: bool) {
        self.start_as(node, uuid(node), first, None);
    }

    pub(super) fn start_as(&mut self, node: u8, uuid: GcommUuid, first: bool, seq: Option<u32>) {
        let config = self.config.clone();
        let mut host = Host {
            evs: Evs::new(uuid, seq),
            pc: self.with_pc.then(|| Pc::new(uuid, first, None, &config)),
            tick: Some(self.now + config.evs_inactive_check_period),
            config,
            trace: Trace::default(),
            closed: false,
        };
        let mut out = Vec::new();
        host.evs.join(self.now, &mut out);
        if first {
            host.evs.start_gathering(self.now, &mut out);
        }
        self.hosts.insert(node, host);
        self.carry_out(node, out);
    }

    /// Two nodes do not hear each other any more: `loss` of hundred messages do not arrive.
    pub(super) fn lose(&mut self, one: u8, other: u8, loss: u64) {
        self.loss.insert((one, other), loss);
        self.loss.insert((other, one), loss);
    }

    /// What one says does not reach the other, so many times of hundred.
    pub(super) fn lose_one_way(&mut self, from: u8, to: u8, loss: u64) {
        self.loss.insert((from, to), loss);
    }

    /// Nodes of one group lose nothing from each other, nodes of two groups lose so many of hundred.
    pub(super) fn split(&mut self, groups: &[&[u8]], loss: u64) {
        for (place, group) in groups.iter().enumerate() {
            for other in &groups[place + 1..] {
                for (a, b) in group.iter().flat_map(|a| other.iter().map(move |b| (a, b))) {
                    self.lose(*a, *b, loss);
                }
            }
        }
    }

    /// Every wire between these loses so many of hundred.
    pub(super) fn lossy(&mut self, nodes: &[u8], loss: u64) {
        for (place, one) in nodes.iter().enumerate() {
            for other in &nodes[place + 1..] {
                self.lose(*one, *other, loss);
            }
        }
    }

    /// From here on, messages arrive only by [`Net::hand`].
    pub(super) fn stop_wires(&mut self) {
        self.stopped = true;
    }

    /// Messages arrive by themselves again.
    pub(super) fn let_run(&mut self) {
        self.stopped = false;
        for letter in self.wires.values_mut().flatten() {
            letter.at = letter.at.max(self.now);
        }
    }

    /// The messages under way on a wire.
    pub(super) fn under_way(&self, from: u8, to: u8) -> Vec<EvsMessage> {
        let letters = self.wires.get(&(from, to)).into_iter().flatten();
        letters.map(|letter| letter.message.clone()).collect()
    }

    /// The next message on a wire arrives.
    pub(super) fn hand(&mut self, from: u8, to: u8) -> EvsMessage {
        let wire = self.wires.get_mut(&(from, to));
        let letter = wire.and_then(VecDeque::pop_front);
        let letter = letter.unwrap_or_else(|| panic!("nothing from {from} to {to}"));
        let message = letter.message.clone();
        self.arrive(to, &letter);
        message
    }

    /// Takes the messages of one kind off a wire.
    pub(super) fn drop(&mut self, from: u8, to: u8, is_it: impl Fn(&EvsMessage) -> bool) -> usize {
        let wire = self.wires.entry((from, to)).or_default();
        let before = wire.len();
        wire.retain(|letter| !is_it(&letter.message));
        before - wire.len()
    }

    /// A message arrives that nobody has said.
    pub(super) fn inject(&mut self, source: u8, to: u8, message: EvsMessage) {
        let letter = Letter {
            at: self.now,
            source: uuid(source),
            message,
        };
        self.arrive(to, &letter);
    }

    fn arrive(&mut self, to: u8, letter: &Letter) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(&to) else {
            return;
        };
        let mut out = Vec::new();
        let config = host.config.clone();
        host.evs
            .received(letter.source, &letter.message, now, &config, &mut out);
        self.carry_out(to, out);
    }

    /// The timer of a node runs out now.
    pub(super) fn tick(&mut self, node: u8) {
        let now = self.now;
        let host = self.hosts.get_mut(&node).expect("it was started");
        let mut out = Vec::new();
        let config = host.config.clone();
        host.evs.tick(now, &config, &mut out);
        let open = host.evs.state != State::Closed;
        host.tick = open.then(|| host.evs.next_tick(now, &config));
        self.carry_out(node, out);
    }

    /// Time passes in which nothing happens.
    pub(super) fn pass(&mut self, millis: u64) {
        self.now += Time::from_millis(millis);
    }

    /// A node says the next message, if it may now. Returns its number.
    pub(super) fn send(&mut self, node: u8) -> Option<i64> {
        let number = self.next + 1;
        let message = GcsMessage::Join {
            seqno: Some(Seqno(number)),
        };
        let now = self.now;
        let host = self.hosts.get_mut(&node).expect("it was started");
        if host
            .pc
            .as_ref()
            .is_some_and(|pc| pc.state() != pc::State::Prim)
        {
            return None;
        }
        let mut out = Vec::new();
        let sent = host.evs.send(PcMessage::User(message), now, &mut out);
        if sent {
            self.next = number;
            host.trace.said(number);
        }
        self.carry_out(node, out);
        sent.then_some(number)
    }

    /// A few messages each.
    pub(super) fn send_some(&mut self, nodes: &[u8]) {
        for node in nodes {
            for _ in 0..5 + self.draw(4) {
                self.send(*node);
            }
        }
    }

    /// A node leaves in order.
    pub(super) fn close(&mut self, node: u8) {
        let now = self.now;
        let host = self.hosts.get_mut(&node).expect("it was started");
        if let Some(pc) = &mut host.pc {
            pc.close();
        }
        let mut out = Vec::new();
        host.evs.close(now, &mut out);
        self.carry_out(node, out);
    }

    /// A node gives another one up.
    pub(super) fn give_up(&mut self, node: u8, other: u8) {
        let host = self.hosts.get_mut(&node).expect("it was started");
        host.evs.set_inactive(&BTreeSet::from([uuid(other)]));
    }

    /// A number below a limit.
    pub(super) fn draw(&mut self, limit: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % limit
    }

    fn carry_out(&mut self, node: u8, outs: Vec<Out>) {
        for out in outs {
            match out {
                Out::Broadcast(message) => {
                    let source = self.hosts[&node].evs.me;
                    self.post(node, source, &message);
                }
                Out::Forward(source, message) => self.post(node, source, &message),
                Out::Deliver(source, message) => self.deliver(node, source, message),
                Out::View(view) => self.view(node, &view),
                Out::Closed | Out::GaveUp => {
                    let host = self.hosts.get_mut(&node).expect("it was started");
                    host.closed = true;
                    host.tick = None;
                }
                Out::Suspecting(_) | Out::Evicted(_) => {}
            }
        }
        let now = self.now;
        let host = self.hosts.get_mut(&node).expect("it was started");
        let next = host.evs.next_tick(now, &host.config);
        host.tick = host.tick.map(|at| at.min(next));
    }

    fn post(&mut self, node: u8, source: GcommUuid, message: &EvsMessage) {
        let others: Vec<u8> = self
            .hosts
            .keys()
            .copied()
            .filter(|to| *to != node)
            .collect();
        for to in others {
            let loss = self.loss.get(&(node, to)).copied().unwrap_or(0);
            if loss > 0 && self.draw(100) < loss {
                continue;
            }
            let letter = Letter {
                at: self.now + WIRE,
                source,
                message: message.clone(),
            };
            self.wires.entry((node, to)).or_default().push_back(letter);
        }
    }

    fn deliver(&mut self, node: u8, source: GcommUuid, message: PcMessage) {
        let host = self.hosts.get_mut(&node).expect("it was started");
        if let PcMessage::User(GcsMessage::Join { seqno: Some(seqno) }) = &message {
            host.trace.delivered(number(source), seqno.0);
        }
        if let Some(pc) = &mut host.pc {
            let mut out = Vec::new();
            pc.message(source, message, &host.config, &mut out);
            self.carry_out_pc(node, out);
        }
    }

    fn view(&mut self, node: u8, view: &EvsView) {
        let host = self.hosts.get_mut(&node).expect("it was started");
        host.trace
            .view(view.id, view.members.iter().copied().map(number).collect());
        if let Some(pc) = &mut host.pc {
            let mut out = Vec::new();
            pc.evs_view(view, &host.config, &mut out);
            self.carry_out_pc(node, out);
        }
    }

    fn carry_out_pc(&mut self, node: u8, outs: Vec<pc::Out>) {
        let now = self.now;
        for out in outs {
            let host = self.hosts.get_mut(&node).expect("it was started");
            match out {
                pc::Out::Send(message) => {
                    let mut out = Vec::new();
                    host.evs.send(message, now, &mut out);
                    self.carry_out(node, out);
                }
                pc::Out::Deliver(delivery) => {
                    if let GcsMessage::Join { seqno: Some(seqno) } = delivery.message
                        && delivery.ordered
                    {
                        host.trace.ordered(seqno.0);
                    }
                }
                pc::Out::Fatal(fatal) => panic!("node {node}: {fatal:?}"),
                _ => {}
            }
        }
    }

    /// Lets the next thing happen: the first message that arrives, or the first timer.
    fn step(&mut self) -> bool {
        let wires = self.wires.iter().filter(|_| !self.stopped);
        let letters = wires.filter_map(|(wire, letters)| Some((letters.front()?.at, *wire)));
        let letter = letters.min();
        let ticks = self.hosts.iter();
        let tick = ticks
            .filter_map(|(node, host)| Some((host.tick?, *node)))
            .min();
        match (letter, tick) {
            (Some((at, (from, to))), due) if due.is_none_or(|(tick, _)| at <= tick) => {
                self.now = self.now.max(at);
                self.hand(from, to);
            }
            (_, Some((at, node))) => {
                self.now = self.now.max(at);
                self.tick(node);
            }
            _ => return false,
        }
        true
    }

    /// Lets things happen until it is so, for two minutes at most.
    pub(super) fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let end = self.now + Time::from_millis(120_000);
        while !is_so(self) {
            assert!(
                self.now < end && self.step(),
                "never: {what}\n{}",
                self.look()
            );
        }
    }

    /// Lets things happen for so long.
    pub(super) fn run(&mut self, millis: u64) {
        let end = self.now + Time::from_millis(millis);
        while self.now < end && self.step() {}
    }

    /// Returns whether all of these are in a view of just these.
    pub(super) fn are_in_view(&self, nodes: &[u8]) -> bool {
        let members: BTreeSet<GcommUuid> = nodes.iter().map(|node| self.evs(*node).me).collect();
        let first = self.evs(nodes[0]).view;
        nodes.iter().all(|node| {
            let evs = self.evs(*node);
            evs.state == State::Operational && evs.members == members && evs.view == first
        })
    }

    /// All of these come into one view of just these.
    pub(super) fn until_view(&mut self, nodes: &[u8]) {
        self.until(&format!("a view of {nodes:?}"), |net| {
            let agreed = net.are_in_view(nodes);
            agreed && nodes.iter().all(|node| net.has_settled(*node))
        });
    }

    /// Returns whether the layer above has decided about the present view.
    fn has_settled(&self, node: u8) -> bool {
        let pc = self.host(node).pc.as_ref();
        pc.is_none_or(|pc| matches!(pc.state(), pc::State::Prim | pc::State::NonPrim))
    }

    /// Several views at once.
    pub(super) fn until_views(&mut self, groups: &[&[u8]]) {
        self.until(&format!("views of {groups:?}"), |net| {
            groups.iter().all(|group| {
                net.are_in_view(group) && group.iter().all(|node| net.has_settled(*node))
            })
        });
    }

    /// Everything that was said has arrived everywhere.
    pub(super) fn until_quiet(&mut self, nodes: &[u8]) {
        self.until("everything is delivered", |net| {
            nodes.iter().all(|node| net.evs(*node).input.is_settled())
        });
    }

    /// The members of a node's present view.
    pub(super) fn members(&self, node: u8) -> Vec<u8> {
        self.evs(node).members.iter().copied().map(number).collect()
    }

    pub(super) fn seq(&self, node: u8) -> u32 {
        self.evs(node).view.seq
    }

    /// Asserts virtual synchrony between all that ever were here.
    pub(super) fn check(&self) {
        let traces: Vec<(u8, &Trace)> = self.hosts.iter().map(|(n, h)| (*n, &h.trace)).collect();
        super::trace::check(&traces);
    }

    pub(super) fn look(&self) -> String {
        let lines = self.hosts.iter().map(|(node, host)| {
            let evs = &host.evs;
            let pc = host.pc.as_ref().map(Pc::state);
            format!(
                "{node}: {:?} {} {:?} after {:?}, pc {pc:?}\n",
                evs.state,
                evs.view,
                self.members(*node),
                host.trace.views(),
            )
        });
        lines.collect()
    }
}
