//! Galera's own tests of the primary component (`gcomm/test/check_pc.cpp`), in our words.
//!
//! Each test names its case. A [`Cluster`] has a few protocols of the primary component and no layer below: a test
//! gives them views and hands their messages over, one by one where the order matters. `docs/suites.md` lists all
//! cases with what became of them.

mod primaries;
mod views;
mod weights;

use std::collections::{BTreeMap, VecDeque};

use super::*;

const A: u8 = 1;
const B: u8 = 2;
const C: u8 = 3;
const D: u8 = 4;

fn uuid(number: u8) -> GcommUuid {
    GcommUuid::new(u32::from(number), 0, 0, number)
}

/// One node.
struct Member {
    pc: Pc,
    config: Config,
    /// Said and not handed over yet.
    sent: VecDeque<PcMessage>,
    views: Vec<PcView>,
    ended: Option<Fatal>,
}

/// A few nodes.
struct Cluster(BTreeMap<u8, Member>);

impl Cluster {
    const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// A alone, then B, then C: all of weight one, all primary.
    fn of(members: &[u8]) -> Self {
        let weights: Vec<(u8, u8)> = members.iter().map(|node| (*node, 1)).collect();
        Self::weighted(&weights)
    }

    /// Nodes with weights join one after the other, the first of which is bootstrapped.
    fn weighted(members: &[(u8, u8)]) -> Self {
        let mut cluster = Self::new();
        for (count, (node, weight)) in members.iter().enumerate() {
            cluster.start(*node, *weight, count == 0, None);
            cluster.joins(*node);
        }
        cluster
    }

    /// A process that has heard of nobody.
    fn start(&mut self, node: u8, weight: u8, bootstraps: bool, restored: Option<RestoredView>) {
        let config = Config {
            pc_weight: weight,
            ..Config::default()
        };
        let pc = Pc::new(uuid(node), bootstraps, restored, &config);
        let member = Member {
            pc,
            config,
            sent: VecDeque::new(),
            views: Vec::new(),
            ended: None,
        };
        self.0.insert(node, member);
    }

    /// Those who are in the present view of all others, and a newcomer, become one primary component.
    fn joins(&mut self, node: u8) {
        let others: Vec<u8> = self.0.keys().copied().filter(|one| *one != node).collect();
        self.trans(&others, &[]);
        self.trans(&[node], &[]);
        let all: Vec<u8> = self.0.keys().copied().collect();
        self.agree(&all);
    }

    fn member(&mut self, node: u8) -> &mut Member {
        self.0.get_mut(&node).expect("it was started")
    }

    fn state(&self, node: u8) -> State {
        self.0[&node].pc.state()
    }

    fn is_prim(&self, node: u8) -> bool {
        self.0[&node].pc.is_prim()
    }

    /// Asserts the state of some nodes.
    fn are(&self, nodes: &[u8], state: State) {
        for node in nodes {
            assert_eq!(self.state(*node), state, "node {node}");
        }
    }

    fn feed(&mut self, node: u8, with: impl FnOnce(&mut Pc, &Config, &mut Vec<Out>)) {
        let member = self.member(node);
        let mut out = Vec::new();
        with(&mut member.pc, &member.config, &mut out);
        for one in out {
            match one {
                Out::Send(message) => member.sent.push_back(message),
                Out::View(view) => member.views.push(view),
                Out::Fatal(fatal) => member.ended = Some(fatal),
                _ => {}
            }
        }
    }

    fn view_of(&self, node: u8) -> (ViewId, BTreeSet<GcommUuid>) {
        let alone = (
            ViewId::new(ViewType::Reg, uuid(node), 0),
            BTreeSet::from([uuid(node)]),
        );
        let view = self.0[&node].pc.view.as_ref();
        view.map_or(alone, |view| (view.id, view.members.clone()))
    }

    /// The view breaks: these go on together, those of it have left, all others of it have vanished.
    fn trans(&mut self, stay: &[u8], left: &[u8]) {
        for node in stay {
            let (id, before) = self.view_of(*node);
            let members: BTreeSet<GcommUuid> = stay.iter().copied().map(uuid).collect();
            let left: BTreeSet<GcommUuid> = left.iter().copied().map(uuid).collect();
            let view = EvsView {
                id: ViewId::new(ViewType::Trans, id.uuid, id.seq),
                partitioned: before
                    .iter()
                    .filter(|one| !members.contains(one) && !left.contains(one))
                    .copied()
                    .collect(),
                members,
                left,
            };
            self.feed(*node, |pc, config, out| pc.evs_view(&view, config, out));
            assert_eq!(self.state(*node), State::Trans, "node {node}");
        }
    }

    /// A new view of these.
    fn reg(&mut self, members: &[u8]) {
        let seq = members.iter().map(|node| self.view_of(*node).0.seq).max();
        let first = members.iter().min().expect("somebody is there");
        let view = EvsView {
            id: ViewId::new(ViewType::Reg, uuid(*first), seq.unwrap_or(0) + 1),
            members: members.iter().copied().map(uuid).collect(),
            left: BTreeSet::new(),
            partitioned: BTreeSet::new(),
        };
        for node in members {
            self.feed(*node, |pc, config, out| pc.evs_view(&view, config, out));
            assert_eq!(self.state(*node), State::StatesExchange, "node {node}");
        }
    }

    /// Takes the next message that a node has said.
    fn said(&mut self, node: u8) -> PcMessage {
        let message = self.member(node).sent.pop_front();
        message.unwrap_or_else(|| panic!("node {node} has said nothing"))
    }

    /// A message arrives at these, in its order.
    fn hand(&mut self, source: u8, message: &PcMessage, to: &[u8]) {
        for node in to {
            self.feed(*node, |pc, config, out| {
                pc.message(uuid(source), message.clone(), config, out);
            });
        }
    }

    /// The states of these arrive at all of these.
    fn states(&mut self, members: &[u8]) {
        for node in members {
            let message = self.said(*node);
            assert!(matches!(message, PcMessage::State { .. }), "{message:?}");
            self.hand(*node, &message, members);
        }
    }

    /// Takes the INSTALL that the lowest of these has said, and nobody else may have said anything.
    fn install_of(&mut self, members: &[u8]) -> PcMessage {
        let first = *members.iter().min().expect("somebody is there");
        let message = self.said(first);
        assert!(matches!(message, PcMessage::Install { .. }), "{message:?}");
        for node in members {
            assert_eq!(self.0[node].sent, [], "node {node}");
        }
        message
    }

    /// A view of these: states, INSTALL, primary.
    fn agree(&mut self, members: &[u8]) {
        self.reg(members);
        self.states(members);
        self.are(members, State::Install);
        let install = self.install_of(members);
        self.hand(*members.iter().min().expect("one"), &install, members);
        self.are(members, State::Prim);
    }

    /// A view of these that does not become primary.
    fn disagree(&mut self, members: &[u8]) {
        self.reg(members);
        self.states(members);
        self.are(members, State::NonPrim);
        for node in members {
            assert_eq!(self.0[node].sent, [], "node {node}");
        }
    }

    /// The weight that a node asks for, as the message that all get.
    fn weight(&self, node: u8, weight: u8) -> PcMessage {
        let message = self.0[&node].pc.weight_install(weight);
        message.expect("it is primary")
    }

    /// The nodes whose fate one of them does not know.
    fn unknown(&self, node: u8) -> Vec<u8> {
        let nodes = self.0[&node].pc.instances.values();
        let unknown = nodes.zip(self.0[&node].pc.instances.keys());
        let unknown = unknown.filter(|(node, _)| node.un);
        unknown.map(|(_, uuid)| uuid.node_index()).collect()
    }
}
