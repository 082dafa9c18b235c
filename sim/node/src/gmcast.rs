//! gmcast: connections, addresses and relaying (`gcomm/src/gmcast.cpp`).
//!
//! A lost connection says nothing about membership: it is dialled again, and the death of a peer is
//! decided above, by timers (`gmcast.cpp:handle_failed`). This layer never interprets what it carries.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_galera::GcommUuid;

use crate::coast::LINK_CHECK_PERIOD;
use crate::config::Config;
use crate::effect::Isolation;
use crate::frame::{EvsMessage, GroupFrame};
use crate::peer::Peer;
use crate::time::Time;

mod coast;
#[cfg(test)]
mod galera;
mod key;

/// The wait before a failed address is dialled again (`gmcast.cpp:handle_failed`).
const RETRY: Time = Time::from_millis(1_000);
/// The longest wait before an address that a peer has told of is dialled
/// (`gmcast.cpp:update_addresses`).
const LEARNT_DIAL_MAX: Time = Time::from_millis(100);

/// The requests and deliveries of the layer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Out {
    /// Open a connection.
    Dial(Peer),
    /// Close it.
    Close(Peer),
    /// Send on it.
    Send(Peer, GroupFrame),
    /// Another node has this node's identity (`gmcast_proto.cpp:handle_failed`).
    DuplicateUuid,
    /// The others have evicted this node (`gmcast_proto.cpp:handle_failed`).
    Evicted,
    /// Some peers have no live connection any more: their messages will be relayed.
    RelayOn(Vec<Peer>),
    /// The next check comes at this instant instead of after a whole period.
    CheckAt(Time),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Link {
    /// This node has opened it.
    dialled: bool,
    /// The peer's identity, once its first message is here.
    uuid: Option<GcommUuid>,
    last_received: Time,
    last_sent: Time,
}

/// The connections of group communication.
///
/// It owns the links, the addresses and who needs relaying. The node's flow `layers` calls it. It never
/// decides who is dead.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Gmcast {
    me: Peer,
    uuid: GcommUuid,
    jitter: bool,
    links: BTreeMap<Peer, Link>,
    /// Addresses that are dialled, with the instant of the next attempt.
    addresses: BTreeMap<Peer, Time>,
    /// Attempts under way.
    dialling: BTreeSet<Peer>,
    /// Attempts under way to addresses that have been dropped meanwhile.
    abandoned: BTreeSet<Peer>,
    /// The peer of each identity, from its own connection or from what others tell of theirs
    /// (`gmcast.cpp:update_addresses`), to know which addresses to keep and which nodes need relaying.
    seen: BTreeMap<GcommUuid, Peer>,
    /// Identities that left or vanished, not talked to until this instant
    /// (`gmcast.cpp:gmcast_forget`).
    banned: BTreeMap<GcommUuid, Time>,
    /// Members of the view above: who must be reached.
    members: BTreeSet<GcommUuid>,
    relaying: bool,
    next_check: Time,
    open: bool,
    /// `gmcast.isolate`.
    isolation: Isolation,
    /// Nodes that are not let in.
    evicted: BTreeSet<GcommUuid>,
}

impl Gmcast {
    pub(crate) const fn new(me: Peer, uuid: GcommUuid, jitter: bool) -> Self {
        Self {
            me,
            uuid,
            jitter,
            links: BTreeMap::new(),
            addresses: BTreeMap::new(),
            dialling: BTreeSet::new(),
            abandoned: BTreeSet::new(),
            seen: BTreeMap::new(),
            banned: BTreeMap::new(),
            members: BTreeSet::new(),
            relaying: false,
            next_check: Time::ZERO,
            open: false,
            isolation: Isolation::Off,
            evicted: BTreeSet::new(),
        }
    }

    /// Opens the layer: the configured addresses are dialled with the first check, which comes at
    /// once.
    pub(crate) fn open(&mut self, addresses: &[Peer], now: Time) {
        self.open = true;
        self.addresses = addresses
            .iter()
            .filter(|peer| **peer != self.me)
            .map(|peer| (*peer, now))
            .collect();
    }

    /// Closes every connection.
    pub(crate) fn close(&mut self, out: &mut Vec<Out>) {
        self.open = false;
        out.extend(self.links.keys().map(|peer| Out::Close(*peer)));
        self.links.clear();
        self.addresses.clear();
    }

    /// Every connection is dropped, and none is opened or taken until this ends (`gmcast.cpp:set_param`,
    /// `gmcast_connect`, `gmcast_accept`). The layers above learn of it by their timers, as of any other cut.
    pub(crate) fn isolate(&mut self, isolation: Isolation, out: &mut Vec<Out>) {
        self.isolation = isolation;
        if self.is_isolated() {
            out.extend(self.links.keys().map(|peer| Out::Close(*peer)));
            self.links.clear();
            self.abandoned.extend(&self.dialling);
        }
    }

    /// A node is evicted: its connections are closed, and it is not let in again (`gmcast.cpp:handle_evict`).
    pub(crate) fn evict(&mut self, uuid: GcommUuid, until: Time, out: &mut Vec<Out>) {
        self.evicted.insert(uuid);
        self.banned.insert(uuid, until);
        let of = |link: &Link| link.uuid == Some(uuid);
        let peers = self.links.iter().filter(|(_, link)| of(link));
        let peers: Vec<Peer> = peers.map(|(peer, _)| *peer).collect();
        for peer in peers {
            self.links.remove(&peer);
            out.push(Out::Close(peer));
        }
    }

    /// Every node may come in again.
    pub(crate) fn forget_evicted(&mut self) {
        self.evicted.clear();
    }

    /// Returns whether the node has cut itself off.
    pub(crate) const fn is_isolated(&self) -> bool {
        !matches!(self.isolation, Isolation::Off)
    }

    /// Returns whether the next attempt to connect ends the group communication.
    pub(crate) const fn must_quit(&self) -> bool {
        matches!(self.isolation, Isolation::ForceQuit)
    }

    /// Returns whether the layer takes connections.
    pub(crate) const fn is_open(&self) -> bool {
        self.open
    }

    /// The periodic check (`gmcast.cpp:check_liveness`, `reconnect`).
    pub(crate) fn tick(&mut self, now: Time, config: &Config, out: &mut Vec<Out>) {
        self.next_check = now + LINK_CHECK_PERIOD;
        out.push(Out::CheckAt(self.next_check));
        let silent: Vec<Peer> = self
            .links
            .iter()
            .filter(|(_, link)| now.since(link.last_received) > config.gmcast_peer_timeout)
            .map(|(peer, _)| *peer)
            .collect();
        for peer in silent {
            out.push(Out::Close(peer));
            self.lose(peer, now, out);
        }
        let keepalive_after = Self::keepalive(config);
        for (peer, link) in &mut self.links {
            if now.since(link.last_sent) >= keepalive_after {
                link.last_sent = now;
                out.push(Out::Send(*peer, GroupFrame::Keepalive));
            }
        }
        self.update_relaying(out);
        let isolated = self.is_isolated();
        for (peer, next) in &mut self.addresses {
            if *next <= now && !isolated && !self.links.contains_key(peer) {
                *next = now + RETRY;
                self.dialling.insert(*peer);
                out.push(Out::Dial(*peer));
            }
        }
        self.banned.retain(|_, until| *until > now);
    }

    pub(crate) fn link_up(&mut self, peer: Peer, dialled: bool, now: Time, out: &mut Vec<Out>) {
        self.dialling.remove(&peer);
        if !self.open || self.is_isolated() || self.abandoned.remove(&peer) {
            out.push(Out::Close(peer));
            return;
        }
        self.links.insert(
            peer,
            Link {
                dialled,
                uuid: None,
                last_received: now,
                last_sent: now,
            },
        );
        out.push(Out::Send(peer, GroupFrame::Hello { uuid: self.uuid }));
    }

    pub(crate) fn link_down(&mut self, peer: Peer, now: Time, out: &mut Vec<Out>) {
        self.dialling.remove(&peer);
        self.abandoned.remove(&peer);
        if self.links.contains_key(&peer) {
            self.lose(peer, now, out);
        } else if let Some(next) = self.addresses.get_mut(&peer) {
            *next = now + RETRY;
        }
    }

    fn lose(&mut self, peer: Peer, now: Time, out: &mut Vec<Out>) {
        let Some(link) = self.links.remove(&peer) else {
            return;
        };
        if let Some(next) = self.addresses.get_mut(&peer) {
            *next = now + RETRY;
        }
        if link.uuid.is_some() {
            self.tell_topology(now, out);
        }
    }

    /// Takes a frame. Returns a message in it that the layer above gets, once what was put out is carried out.
    pub(crate) fn received<'a>(
        &mut self,
        from: Peer,
        frame: &'a GroupFrame,
        now: Time,
        out: &mut Vec<Out>,
    ) -> Option<(GcommUuid, &'a EvsMessage)> {
        let link = self.links.get_mut(&from)?;
        link.last_received = now;
        match frame {
            GroupFrame::Hello { uuid } => self.hello(from, *uuid, now, out),
            GroupFrame::Keepalive => {}
            GroupFrame::Evicted => out.push(Out::Evicted),
            GroupFrame::Topology { linked } => {
                for (peer, uuid) in linked {
                    if *peer == self.me {
                        continue;
                    }
                    // A node that is known through a third one is a member as others are: its address is kept.
                    self.seen.entry(*uuid).or_insert(*peer);
                    if !self.banned.contains_key(uuid) && !self.addresses.contains_key(peer) {
                        let at = now + self.learnt_dial_delay(*peer, *uuid, now);
                        self.addresses.insert(*peer, at);
                        if at < self.next_check {
                            self.next_check = at;
                            out.push(Out::CheckAt(at));
                        }
                    }
                }
                self.update_relaying(out);
            }
            GroupFrame::Evs {
                source,
                relay,
                message,
            } => {
                if link.uuid.is_none() || *source == self.uuid {
                    return None;
                }
                if *relay {
                    self.pass_on(from, *source, message, now, out);
                }
                return Some((*source, message));
            }
        }
        None
    }

    /// Some randomness, so that two who hear of each other do not dial at once: made of what differs
    /// between nodes and instants.
    fn learnt_dial_delay(&self, peer: Peer, uuid: GcommUuid, now: Time) -> Time {
        if !self.jitter {
            let quarter = LEARNT_DIAL_MAX.divided_by(4);
            return if self.uuid < uuid {
                quarter
            } else {
                Time(quarter.0 * 3)
            };
        }
        let mix = (now.0 ^ (u64::from(self.me.0) << 56) ^ (u64::from(peer.0) << 48))
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(31)
            .wrapping_mul(0xbf58_476d_1ce4_e5b9);
        Time((mix >> 24) % LEARNT_DIAL_MAX.0)
    }

    fn hello(&mut self, from: Peer, uuid: GcommUuid, now: Time, out: &mut Vec<Out>) {
        if uuid == self.uuid {
            // The one who dials learns it from the handshake and ends; the one who was called only
            // loses the connection (`gmcast_proto.cpp:validate_handshake_uuid`).
            if self.links.get(&from).is_some_and(|link| link.dialled) {
                out.push(Out::DuplicateUuid);
            } else {
                out.push(Out::Close(from));
                self.links.remove(&from);
            }
            return;
        }
        if self.evicted.contains(&uuid) {
            // The one who was called says so, and the other one ends. The one who has dialled hangs up
            // (`gmcast_proto.cpp:handle_handshake_response`, `gmcast.cpp:handle_established`).
            if self.links.remove(&from).is_some_and(|link| link.dialled) {
                out.push(Out::Close(from));
            } else {
                out.push(Out::Send(from, GroupFrame::Evicted));
            }
            return;
        }
        if self.banned.get(&uuid).is_some_and(|until| *until > now) {
            out.push(Out::Close(from));
            self.links.remove(&from);
            return;
        }
        if let Some(link) = self.links.get_mut(&from) {
            link.uuid = Some(uuid);
        }
        self.seen
            .retain(|known, peer| *peer != from || *known == uuid);
        self.seen.insert(uuid, from);
        self.tell_topology(now, out);
    }

    /// A received message with the relay mark goes to everybody else who is connected here
    /// (`gmcast.cpp:relay`). The copy carries no mark: messages are relayed once.
    fn pass_on(
        &mut self,
        from: Peer,
        source: GcommUuid,
        message: &EvsMessage,
        now: Time,
        out: &mut Vec<Out>,
    ) {
        for (peer, link) in &mut self.links {
            if *peer == from || link.uuid.is_none() || link.uuid == Some(source) {
                continue;
            }
            link.last_sent = now;
            let copy = GroupFrame::Evs {
                source,
                relay: false,
                message: message.clone(),
            };
            out.push(Out::Send(*peer, copy));
        }
    }

    fn tell_topology(&mut self, now: Time, out: &mut Vec<Out>) {
        let linked: BTreeMap<Peer, GcommUuid> = self
            .links
            .iter()
            .filter_map(|(peer, link)| Some((*peer, link.uuid?)))
            .collect();
        for (peer, link) in &mut self.links {
            if link.uuid.is_some() {
                link.last_sent = now;
                out.push(Out::Send(
                    *peer,
                    GroupFrame::Topology {
                        linked: linked.clone(),
                    },
                ));
            }
        }
    }

    /// Sends a message to everybody, with the relay mark where somebody is not connected
    /// ("turning message relay requesting on").
    pub(crate) fn broadcast(
        &mut self,
        source: GcommUuid,
        message: &EvsMessage,
        now: Time,
        out: &mut Vec<Out>,
    ) {
        let relay = self.relaying;
        for (peer, link) in &mut self.links {
            if link.uuid.is_none() {
                continue;
            }
            link.last_sent = now;
            let frame = GroupFrame::Evs {
                source,
                relay,
                message: message.clone(),
            };
            out.push(Out::Send(*peer, frame));
        }
    }

    /// The membership above has changed: these must be reached, directly or over others.
    pub(crate) fn set_members(&mut self, members: BTreeSet<GcommUuid>, out: &mut Vec<Out>) {
        self.members = members;
        self.update_relaying(out);
    }

    /// Updates the nodes to which messages are relayed. A lost or a new connection changes them with the
    /// next check, or as soon as a peer tells of its connections (`gmcast.cpp:check_liveness`, `handle_up`).
    fn update_relaying(&mut self, out: &mut Vec<Out>) {
        let is_linked = |uuid| self.links.values().any(|link| link.uuid == Some(uuid));
        let missing: Vec<Peer> = self
            .members
            .iter()
            .filter(|uuid| **uuid != self.uuid && !is_linked(**uuid))
            .filter_map(|uuid| self.seen.get(uuid).copied())
            .collect();
        // A peer whose address is dialled and not reached is relayed to as well: it may be a member
        // of a component that only a third node can see.
        let unreached = self
            .addresses
            .keys()
            .any(|peer| self.links.get(peer).is_none_or(|link| link.uuid.is_none()));
        let relaying = !missing.is_empty() || unreached;
        if relaying && !self.relaying && !missing.is_empty() {
            out.push(Out::RelayOn(missing));
        }
        self.relaying = relaying;
    }

    /// A primary view has been delivered (`gmcast.cpp:handle_stable_view`): whoever is not in it is
    /// forgotten, connected or not. Those that left in order are banned for `gmcast.time_wait`, all
    /// others for half of it, a starter that has not announced itself yet among them: what it relayed
    /// until now gets through no more. The addresses of the members stay, also of those that this node knows through
    /// others only and has never reached.
    ///
    /// MODEL GAP: a configured address that this node has never reached is dropped in Galera, and learnt again with
    /// the next change of a connection. Here it stays if another node has told of it.
    pub(crate) fn primary_view(
        &mut self,
        members: &BTreeSet<GcommUuid>,
        left: &BTreeSet<GcommUuid>,
        partitioned: &BTreeSet<GcommUuid>,
        now: Time,
        config: &Config,
        out: &mut Vec<Out>,
    ) {
        let strangers: BTreeSet<GcommUuid> = self
            .links
            .values()
            .filter_map(|link| link.uuid)
            .filter(|uuid| !members.contains(uuid))
            .chain(partitioned.iter().copied())
            .collect();
        for uuid in &strangers {
            self.banned
                .insert(*uuid, now + config.gmcast_time_wait.divided_by(2));
        }
        for uuid in left {
            self.banned.insert(*uuid, now + config.gmcast_time_wait);
        }
        let forgotten: Vec<Peer> = self
            .links
            .iter()
            .filter(|(_, link)| link.uuid.is_some_and(|uuid| !members.contains(&uuid)))
            .map(|(peer, _)| *peer)
            .collect();
        for peer in forgotten {
            self.links.remove(&peer);
            out.push(Out::Close(peer));
        }
        let kept: BTreeSet<Peer> = members
            .iter()
            .filter_map(|uuid| self.seen.get(uuid).copied())
            .chain(
                self.links
                    .iter()
                    .filter(|(_, link)| link.uuid.is_some())
                    .map(|(p, _)| *p),
            )
            .collect();
        self.addresses.retain(|peer, _| kept.contains(peer));
        self.abandoned
            .extend(self.dialling.iter().filter(|peer| !kept.contains(peer)));
        for peer in kept {
            if peer != self.me {
                self.addresses.entry(peer).or_insert(now);
            }
        }
        self.update_relaying(out);
    }

    /// Returns the peer of an identity, if this node has met it.
    pub(crate) fn peer_of(&self, uuid: GcommUuid) -> Option<Peer> {
        if uuid == self.uuid {
            Some(self.me)
        } else {
            self.seen.get(&uuid).copied()
        }
    }
}
