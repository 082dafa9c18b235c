//! The state of the network between the machines: which links are cut, slow or lossy. It is the one table
//! of what a network fault does, for both engines.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use seatrial_node::Peer;
use seatrial_scenarios::console::{Call, Chain, Firewall, PacketKind, Target};
use seatrial_scenarios::{Fault, FaultOutcome, NodeName, Port, Slowed, Span, tree};

use crate::keyed::Keyed;

/// The least time a frame needs from one machine to another, on hosts beside each other as in the recorded
/// clusters. The times of two frames differ by less than one frame needs: nodes that do the same thing at
/// once have done it before either hears of the other.
pub(crate) const LATENCY_MIN_US: u64 = 120;
/// The most, without added latency.
pub(crate) const LATENCY_MAX_US: u64 = 220;
/// The first retransmission timeout of TCP; each further one doubles.
const RETRANSMIT: Span = Span::from_millis(200);

/// Returns the kind of a call's packets.
const fn kind_of(call: &Call) -> PacketKind {
    match call.port() {
        Some(port) => PacketKind::ToPort(port),
        None => PacketKind::Echo,
    }
}

/// The network's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Links {
    cut: BTreeSet<(Peer, Peer)>,
    /// The ports of the second to which nothing passes from the first.
    closed: BTreeSet<(Peer, Peer, Port)>,
    latency: BTreeMap<Peer, Span>,
    /// The added latency from the first to the second.
    slow: BTreeMap<(Peer, Peer), Span>,
    loss: BTreeMap<Peer, u8>,
    flapping: BTreeMap<Peer, (Span, Span)>,
    /// The rules that operators have set on hosts.
    walls: BTreeMap<Peer, Firewall>,
    /// The addresses of hosts that have another one than at their installation, for these rules.
    moved: BTreeMap<Peer, Ipv4Addr>,
}

impl Links {
    /// Returns whether frames pass from the one to the other now.
    pub fn is_open(&self, from: Peer, to: Peer, now: Span) -> bool {
        self.is_connected(from, to, now) && self.verdict(from, to, PacketKind::Back).is_none()
    }

    /// Returns whether packets pass from the one to the other, whatever their hosts' rules say.
    fn is_connected(&self, from: Peer, to: Peer, now: Span) -> bool {
        let flapped = |peer: Peer| {
            self.flapping.get(&peer).is_some_and(|(period, since)| {
                let periods = now.saturating_sub(*since).as_micros() / period.as_micros().max(1);
                periods.is_multiple_of(2)
            })
        };
        !self.cut.contains(&(from, to)) && !flapped(from) && !flapped(to)
    }

    /// Returns what the rules of two hosts do with a packet from the one to the other; `None` lets it pass.
    fn verdict(&self, from: Peer, to: Peer, kind: PacketKind) -> Option<Target> {
        if self.walls.is_empty() {
            return None;
        }
        let (source, destination) = (self.address(from), self.address(to));
        let of = |host: Peer, chain: Chain| {
            let wall = self.walls.get(&host);
            wall.and_then(|wall| wall.verdict(chain, source, destination, kind))
        };
        of(from, Chain::Output).or_else(|| of(to, Chain::Input))
    }

    fn address(&self, host: Peer) -> Ipv4Addr {
        let first = || {
            tree::address(host.0)
                .parse()
                .unwrap_or(Ipv4Addr::UNSPECIFIED)
        };
        self.moved.get(&host).copied().unwrap_or_else(first)
    }

    /// An operator has set the rules of a host.
    pub fn set_wall(&mut self, host: Peer, rules: Firewall) {
        if rules.is_empty() {
            self.walls.remove(&host);
        } else {
            self.walls.insert(host, rules);
        }
    }

    /// A host has another address.
    pub fn move_to(&mut self, host: Peer, address: Ipv4Addr) {
        self.moved.insert(host, address);
    }

    /// Returns whether a host answers a call to it with a refusal, by its own rules or the caller's.
    pub fn rejects_call(&self, from: Peer, to: Peer, call: &Call, now: Span) -> bool {
        self.is_connected(from, to, now)
            && self.verdict(from, to, kind_of(call)) == Some(Target::Reject)
    }

    /// Returns whether a call reaches its host, and an answer the caller.
    pub fn takes_call(&self, from: Peer, to: Peer, call: &Call, now: Span) -> bool {
        let port = call.port().and_then(Port::from_number);
        self.is_connected(from, to, now)
            && !port.is_some_and(|port| self.closed.contains(&(from, to, port)))
            && self.verdict(from, to, kind_of(call)).is_none()
            && self.lets_back(to, from, call, now)
    }

    /// Returns whether the answer to a call passes.
    pub fn lets_back(&self, from: Peer, to: Peer, call: &Call, now: Span) -> bool {
        let kind = match call {
            Call::Echo => PacketKind::Echo,
            Call::Statement(_) | Call::Port(_) => PacketKind::Back,
        };
        self.is_connected(from, to, now) && self.verdict(from, to, kind).is_none()
    }

    /// Returns whether an attempt to connect to this port of the other is refused by a rule.
    pub fn rejects(&self, from: Peer, to: Peer, port: Port, now: Span) -> bool {
        self.rejects_call(from, to, &Call::Port(port.number()), now)
    }

    /// Returns whether nothing is wrong with the network.
    pub fn is_whole(&self) -> bool {
        let Self {
            cut,
            closed,
            latency,
            slow,
            loss,
            flapping,
            walls,
            moved: _,
        } = self;
        cut.is_empty()
            && closed.is_empty()
            && latency.is_empty()
            && slow.is_empty()
            && loss.is_empty()
            && flapping.is_empty()
            && walls.is_empty()
    }

    /// Returns whether nothing changes by itself or by chance: no link flaps, and no packet is lost.
    pub fn is_steady(&self) -> bool {
        self.flapping.is_empty() && self.loss.is_empty()
    }

    /// Returns the longest time that a frame needs where no packet is lost.
    pub fn longest_delay(&self, from: Peer, to: Peer) -> Span {
        Span(LATENCY_MAX_US) + self.added(from, to)
    }

    /// Returns the latency that faults have added from the one to the other.
    fn added(&self, from: Peer, to: Peer) -> Span {
        let of = |peer| self.latency.get(&peer).copied().unwrap_or_default();
        of(from) + of(to) + self.slow.get(&(from, to)).copied().unwrap_or_default()
    }

    /// Returns whether a connection can be opened: both ways must be open.
    pub fn is_open_both_ways(&self, a: Peer, b: Peer, now: Span) -> bool {
        self.is_open(a, b, now) && self.is_open(b, a, now)
    }

    /// Returns whether nothing passes from the one to this port of the other, as a firewall on the other's host has
    /// it: its answers on connections that the one has opened pass, and so does all on those that it opens itself.
    pub fn is_closed(&self, from: Peer, to: Peer, port: Port) -> bool {
        self.closed.contains(&(from, to, port))
            || self
                .verdict(from, to, PacketKind::ToPort(port.number()))
                .is_some()
    }

    /// Returns whether the one can open a connection to this port of the other.
    pub fn can_open(&self, from: Peer, to: Peer, port: Port, now: Span) -> bool {
        self.is_open_both_ways(from, to, now) && !self.is_closed(from, to, port)
    }

    /// Returns the ports of the other to which nothing passes from the one.
    pub fn closed_ports(&self, from: Peer, to: Peer) -> impl Iterator<Item = Port> {
        let range = (from, to, Port::ALL[0])..=(from, to, Port::ALL[Port::ALL.len() - 1]);
        self.closed.range(range).map(|(_, _, port)| *port)
    }

    /// Returns the next instant at which a flapping link changes.
    pub fn next_change(&self, now: Span) -> Option<Span> {
        self.flapping
            .values()
            .map(|(period, since)| {
                let step = period.as_micros().max(1);
                let done = now.saturating_sub(*since).as_micros() / step;
                Span(since.as_micros() + (done + 1) * step)
            })
            .min()
    }

    /// Returns the time that a frame that is sent now needs. Lost packets are sent again, so loss is delay.
    pub fn delay(&self, keyed: &Keyed, from: Peer, to: Peer, now: Span) -> Span {
        let key = [u64::from(from.0), u64::from(to.0), now.as_micros()];
        let mut delay = Span(keyed.time("latency", &key, LATENCY_MIN_US, LATENCY_MAX_US));
        delay += self.added(from, to);
        let percent = self.loss.get(&to).copied().unwrap_or(0);
        if percent > 0 {
            let mut timeout = RETRANSMIT;
            for attempt in 0..6 {
                let key = [key[0], key[1], key[2], attempt];
                if keyed.between("loss", &key, 0, 99) >= u64::from(percent) {
                    break;
                }
                delay += timeout;
                timeout = Span(timeout.as_micros() * 2);
            }
        }
        delay
    }

    /// Applies a fault of the network; `None` where it is not one.
    pub fn apply(&mut self, fault: &Fault, names: &[NodeName], now: Span) -> Option<FaultOutcome> {
        let peer = |name: &NodeName| {
            let index = names.iter().position(|known| known == name)?;
            u8::try_from(index).ok().map(Peer)
        };
        let outcome = match fault {
            Fault::Cut {
                from,
                to,
                port: None,
            } => {
                self.cut.insert((peer(from)?, peer(to)?));
                format!("nothing passes from {from} to {to}")
            }
            Fault::Cut {
                from,
                to,
                port: Some(port),
            } => {
                self.closed.insert((peer(from)?, peer(to)?, *port));
                format!(
                    "nothing passes from {from} to port {} of {to}",
                    port.number()
                )
            }
            Fault::Partition(groups) => {
                let group_of = |name: &NodeName| groups.iter().position(|g| g.contains(name));
                self.cut.clear();
                self.closed.clear();
                for from in names {
                    for to in names {
                        if from != to && group_of(from) != group_of(to) {
                            self.cut.insert((peer(from)?, peer(to)?));
                        }
                    }
                }
                format!("{} one-way links cut", self.cut.len())
            }
            Fault::Heal => {
                let (cut, closed) = (self.cut.len(), self.closed.len());
                *self = Self {
                    walls: std::mem::take(&mut self.walls),
                    moved: std::mem::take(&mut self.moved),
                    ..Self::default()
                };
                match closed {
                    0 => format!("{cut} one-way links restored"),
                    _ => format!("{cut} one-way links restored, {closed} ports opened"),
                }
            }
            Fault::Latency {
                of: Slowed::Node { node },
                by,
            } => {
                self.latency.insert(peer(node)?, *by);
                format!("{by} added at {node}")
            }
            Fault::Latency {
                of: Slowed::OneWay { from, to },
                by,
            } => {
                self.slow.insert((peer(from)?, peer(to)?), *by);
                format!("{by} added from {from} to {to}")
            }
            Fault::Loss { node, percent } => {
                self.loss.insert(peer(node)?, *percent);
                format!("{percent} % of what reaches {node} is lost")
            }
            Fault::Flap { node, period } => {
                self.flapping.insert(peer(node)?, (*period, now));
                format!("the links of {node} go down and up every {period}")
            }
            _ => return None,
        };
        Some(FaultOutcome::Applied(outcome))
    }

    /// Returns the time until TCP notices that a link has healed.
    pub fn recovery_delay(keyed: &Keyed, from: Peer, to: Peer, now: Span) -> Span {
        let key = [u64::from(from.0), u64::from(to.0), now.as_micros()];
        Span(keyed.time("retransmission", &key, 50_000, 800_000))
    }
}
