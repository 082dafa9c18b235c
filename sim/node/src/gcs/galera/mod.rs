//! Galera's own tests of the group's history (`gcs/src/unit_tests`), in our words.
//!
//! A [`Group`] has the gcs layer of a few nodes, and hands each message to all of a component in one order.
//! `docs/suites.md` lists all cases with what became of them.

mod beyond;
mod donors;
mod members;
mod states;

use super::*;
use crate::frame::WantedDonor;
use seatrial_galera::ViewId;

const A: u8 = 1;
const B: u8 = 2;
const C: u8 = 3;

fn uuid(node: u8) -> GcommUuid {
    GcommUuid::new(u32::from(node), 0, 0, node)
}

fn history(number: u128) -> StateUuid {
    StateUuid(number << 64 | 0x11f1 << 48 | 7)
}

/// A few nodes.
struct Group {
    members: BTreeMap<u8, Gcs>,
    here: Vec<u8>,
    number: u32,
    /// Everything that each layer has handed up, but for lines of the log.
    told: BTreeMap<u8, Vec<Out>>,
    /// The lines that each layer has for its log.
    lines: BTreeMap<u8, Vec<Detail>>,
}

impl Group {
    fn new() -> Self {
        Self {
            members: BTreeMap::new(),
            here: Vec::new(),
            number: 0,
            told: BTreeMap::new(),
            lines: BTreeMap::new(),
        }
    }

    /// A process with a position.
    fn start(&mut self, node: u8, position: Position) {
        let config = Config::default();
        let gcs = Gcs::new(uuid(node), position, u128::from(node) << 64 | 7, &config);
        self.members.insert(node, gcs);
        self.told.insert(node, Vec::new());
    }

    /// The component changes for all of these, and they exchange states.
    fn component(&mut self, here: &[u8], primary: bool) {
        let said = self.break_into(here, primary);
        self.pump(said);
    }

    /// The component changes, and what they say about it is not handed over.
    fn break_into(&mut self, here: &[u8], primary: bool) -> Vec<(u8, GcsMessage)> {
        self.view_of(here, primary, false)
    }

    /// These restore their component, and what they say about it is not handed over.
    fn restore(&mut self, here: &[u8]) -> Vec<(u8, GcsMessage)> {
        self.view_of(here, true, true)
    }

    fn view_of(&mut self, here: &[u8], primary: bool, bootstrap: bool) -> Vec<(u8, GcsMessage)> {
        self.number += 1;
        self.here = here.to_vec();
        let kind = if primary {
            ViewType::Prim
        } else {
            ViewType::NonPrim
        };
        let view = PcView {
            id: ViewId::new(kind, uuid(here[0]), self.number),
            members: here.iter().copied().map(uuid).collect(),
            left: BTreeSet::new(),
            partitioned: BTreeSet::new(),
            bootstrap,
        };
        let mut said = Vec::new();
        for node in here {
            let out = self.feed(*node, |gcs, out| gcs.component(&view, out));
            said.extend(out.into_iter().map(|message| (*node, message)));
        }
        said
    }

    /// Lets a layer take something. Returns what it says to the group.
    fn feed(&mut self, node: u8, with: impl FnOnce(&mut Gcs, &mut Vec<Out>)) -> Vec<GcsMessage> {
        let mut out = Vec::new();
        with(
            self.members.get_mut(&node).expect("it was started"),
            &mut out,
        );
        let mut said = Vec::new();
        let told = self.told.get_mut(&node).expect("it was started");
        for one in out {
            match one {
                Out::Send(message) => said.push(message),
                Out::Told(line) => self.lines.entry(node).or_default().push(line),
                other => told.push(other),
            }
        }
        said
    }

    /// A message arrives at all who are here.
    fn deliver(
        &mut self,
        source: u8,
        message: &GcsMessage,
        ordered: bool,
    ) -> Vec<(u8, GcsMessage)> {
        let mut said = Vec::new();
        for node in self.here.clone() {
            let delivery = Delivery {
                source: uuid(source),
                message: message.clone(),
                ordered,
            };
            let out = self.feed(node, |gcs, out| {
                gcs.message(delivery, Seqno::UNDEFINED, out);
            });
            said.extend(out.into_iter().map(|message| (node, message)));
        }
        said
    }

    /// Hands over everything that is said, and what is said about it.
    fn pump(&mut self, said: Vec<(u8, GcsMessage)>) {
        let mut said = VecDeque::from(said);
        while let Some((source, message)) = said.pop_front() {
            said.extend(self.deliver(source, &message, true));
        }
    }

    /// A node says something, and all take it.
    fn say(&mut self, node: u8, message: GcsMessage) {
        let said = self.feed(node, |gcs, out| gcs.send(message, out));
        let said = said.into_iter().map(|message| (node, message)).collect();
        self.pump(said);
    }

    /// A joiner asks for a state, and gets a donor.
    fn ask(&mut self, joiner: u8) {
        self.ask_for(joiner, &[]);
    }

    /// A joiner asks for a state of one of these.
    fn ask_for(&mut self, joiner: u8, wanted: &[WantedDonor]) {
        let request = GcsMessage::StateRequest {
            have: Position::UNDEFINED,
            snapshot_possible: true,
            trivial: false,
            wanted: wanted.to_vec(),
        };
        self.say(joiner, request);
    }

    /// A donor or a joiner says that it is done.
    fn done(&mut self, node: u8) {
        let seqno = Some(self.members[&node].received);
        self.say(node, GcsMessage::Join { seqno });
    }

    /// Asserts a node's status, as all see it.
    fn all_see(&self, node: u8, status: GcsNodeState) {
        for one in &self.here {
            let seen = self.members[one].status_of(uuid(node));
            assert_eq!(seen, Some(status), "node {node} in the eyes of {one}");
        }
    }

    /// Takes what a layer has for its log.
    fn logged(&mut self, node: u8) -> Vec<Detail> {
        self.lines.remove(&node).unwrap_or_default()
    }

    /// Takes what a layer has handed up.
    fn took(&mut self, node: u8) -> Vec<Out> {
        std::mem::take(self.told.get_mut(&node).expect("it was started"))
    }
}
