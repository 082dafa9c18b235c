//! Galera's own tests of connections (`gcomm/test/check_gmcast.cpp`), in our words.
//!
//! A [`Wires`] has the layer of a few nodes; a connection opens, and a frame arrives, at once. `docs/suites.md` lists
//! all cases with what became of them.

use std::collections::VecDeque;

use seatrial_galera::{ViewId, ViewType};

use super::*;
use crate::frame::GapMessage;

fn uuid(node: u8) -> GcommUuid {
    GcommUuid::new(u32::from(node) + 1, 0, 0, node)
}

fn sign() -> EvsMessage {
    EvsMessage::Gap(GapMessage {
        view: ViewId::new(ViewType::Reg, uuid(0), 1),
        last_sent: -1,
        aru: -1,
        have: BTreeMap::new(),
        commit: None,
    })
}

/// The connections of a few nodes.
struct Wires {
    now: Time,
    nodes: BTreeMap<u8, Gmcast>,
    /// Open connections, the one that dialled first.
    open: BTreeSet<(u8, u8)>,
    heard: BTreeMap<u8, BTreeSet<GcommUuid>>,
}

impl Wires {
    fn new() -> Self {
        Self {
            now: Time::from_millis(1_000),
            nodes: BTreeMap::new(),
            open: BTreeSet::new(),
            heard: BTreeMap::new(),
        }
    }

    fn start(&mut self, node: u8, uuid: GcommUuid, addresses: &[u8]) {
        let addresses: Vec<Peer> = addresses.iter().copied().map(Peer).collect();
        let mut gmcast = Gmcast::new(Peer(node), uuid, false);
        gmcast.open(&addresses, self.now);
        self.nodes.insert(node, gmcast);
        self.heard.insert(node, BTreeSet::new());
    }

    fn stop(&mut self, node: u8) {
        let mut out = Vec::new();
        let gmcast = self.nodes.get_mut(&node).expect("it was started");
        gmcast.close(&mut out);
        self.carry_out(node, out);
        self.nodes.remove(&node);
    }

    fn is_open(&self, one: u8, other: u8) -> bool {
        self.open.contains(&(one, other)) || self.open.contains(&(other, one))
    }

    fn carry_out(&mut self, node: u8, outs: Vec<Out>) {
        let mut outs: VecDeque<(u8, Out)> = outs.into_iter().map(|out| (node, out)).collect();
        while let Some((node, out)) = outs.pop_front() {
            let now = self.now;
            let mut follows: Vec<(u8, Vec<Out>)> = Vec::new();
            match out {
                Out::Dial(to) if self.nodes.contains_key(&to.0) && !self.is_open(node, to.0) => {
                    self.open.insert((node, to.0));
                    for (end, other, dialled) in [(to.0, node, false), (node, to.0, true)] {
                        let mut out = Vec::new();
                        let gmcast = self.nodes.get_mut(&end).expect("it is there");
                        gmcast.link_up(Peer(other), dialled, now, &mut out);
                        follows.push((end, out));
                    }
                }
                Out::Dial(to) => {
                    let mut out = Vec::new();
                    let gmcast = self.nodes.get_mut(&node).expect("it is there");
                    gmcast.link_down(to, now, &mut out);
                    follows.push((node, out));
                }
                Out::Close(to) => {
                    self.open.remove(&(node, to.0));
                    self.open.remove(&(to.0, node));
                    if let Some(gmcast) = self.nodes.get_mut(&to.0) {
                        let mut out = Vec::new();
                        gmcast.link_down(Peer(node), now, &mut out);
                        follows.push((to.0, out));
                    }
                }
                Out::Send(to, frame) if self.is_open(node, to.0) => {
                    if let Some(gmcast) = self.nodes.get_mut(&to.0) {
                        let mut out = Vec::new();
                        let got = gmcast.received(Peer(node), &frame, now, &mut out);
                        if let Some((source, _)) = got {
                            self.heard
                                .get_mut(&to.0)
                                .expect("it was started")
                                .insert(source);
                        }
                        follows.push((to.0, out));
                    }
                }
                _ => {}
            }
            for (end, out) in follows {
                outs.extend(out.into_iter().map(|out| (end, out)));
            }
        }
    }

    /// Time passes, with all checks of it.
    fn run(&mut self, millis: u64) {
        let config = Config::default();
        for _ in 0..millis / 100 {
            self.now += Time::from_millis(100);
            for node in self.nodes.keys().copied().collect::<Vec<_>>() {
                let mut out = Vec::new();
                let now = self.now;
                let gmcast = self.nodes.get_mut(&node).expect("it is there");
                gmcast.tick(now, &config, &mut out);
                self.carry_out(node, out);
            }
        }
    }

    /// These say something to all, and nobody has heard anything before.
    fn say(&mut self, nodes: &[u8]) {
        for heard in self.heard.values_mut() {
            heard.clear();
        }
        for node in nodes {
            let mut out = Vec::new();
            let now = self.now;
            let gmcast = self.nodes.get_mut(node).expect("it is there");
            let uuid = gmcast.uuid;
            gmcast.broadcast(uuid, &sign(), now, &mut out);
            self.carry_out(*node, out);
        }
    }

    /// A primary view of these is delivered to them.
    fn primary(&mut self, members: &[u8], left: &[GcommUuid]) {
        let config = Config::default();
        let uuids: BTreeSet<GcommUuid> = members.iter().map(|node| self.nodes[node].uuid).collect();
        for node in members {
            let mut out = Vec::new();
            let now = self.now;
            let gmcast = self.nodes.get_mut(node).expect("it is there");
            gmcast.set_members(uuids.clone(), &mut out);
            let left = left.iter().copied().collect();
            gmcast.primary_view(&uuids, &left, &BTreeSet::new(), now, &config, &mut out);
            self.carry_out(*node, out);
        }
    }
}

/// `test_gmcast_w_user_messages`: each newcomer knows one address alone, and all hear all. One that stops and starts
/// again by the address of another one is heard by all again.
#[test]
fn one_address_leads_to_all() {
    let mut wires = Wires::new();
    wires.start(0, uuid(0), &[]);
    wires.start(1, uuid(1), &[0]);
    wires.run(1_000);
    wires.start(2, uuid(2), &[1]);
    wires.start(3, uuid(3), &[1]);
    wires.run(2_000);
    wires.say(&[0, 1]);
    assert_eq!(wires.heard[&2], BTreeSet::from([uuid(0), uuid(1)]));
    assert_eq!(wires.heard[&3], BTreeSet::from([uuid(0), uuid(1)]));
    wires.stop(0);
    wires.run(3_000);
    wires.start(0, uuid(10), &[1]);
    wires.run(3_000);
    wires.say(&[0, 1]);
    for node in [2, 3] {
        assert_eq!(wires.heard[&node], BTreeSet::from([uuid(10), uuid(1)]));
    }
    assert_eq!(wires.heard[&0], BTreeSet::from([uuid(1)]));
}

/// `test_gmcast_forget`: two forget a third that has left. They still hear each other, and turn the third away until
/// its time is over.
#[test]
fn a_node_that_left_is_turned_away_for_a_while() {
    let mut wires = Wires::new();
    wires.start(0, uuid(0), &[]);
    wires.start(1, uuid(1), &[0]);
    wires.start(2, uuid(2), &[0]);
    wires.run(2_000);
    wires.primary(&[0, 1, 2], &[]);
    wires.stop(0);
    wires.primary(&[1, 2], &[uuid(0)]);
    wires.start(0, uuid(0), &[1, 2]);
    wires.run(4_000);
    assert!(!wires.is_open(0, 1) && !wires.is_open(0, 2));
    assert!(wires.is_open(1, 2));
    wires.say(&[1]);
    assert!(wires.heard[&2].contains(&uuid(1)) && wires.heard[&0].is_empty());
    wires.run(3_000);
    assert!(wires.is_open(0, 1) && wires.is_open(0, 2));
}

/// `test_trac_828`, `test_trac_380`: a node's own address may stand in its list. It is no mistake, and nobody dials it.
#[test]
fn a_node_does_not_dial_itself() {
    let mut wires = Wires::new();
    wires.start(0, uuid(0), &[0]);
    wires.run(2_000);
    assert_eq!(wires.open, BTreeSet::new());
    assert_eq!(wires.nodes[&0].dials_at(), None);
}
