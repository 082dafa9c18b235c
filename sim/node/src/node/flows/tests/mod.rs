//! Rules of the flows, each shown with one process. Its disk does everything at once. Nobody answers when it dials,
//! and other nodes say what a test lets them say.

mod clients;
mod ends;
mod starts;
mod transfers;

use std::collections::{BTreeMap, BTreeSet};

use seatrial_galera::{GcommUuid, GraState, Seqno, StateUuid, ViewId, ViewType};

use crate::config::Config;
use crate::database::{Change, WriteSet};
use crate::detail::Detail;
use crate::effect::{
    BootMode, DiskOp, DiskState, Effect, Effects, Input, IoResult, Note, Reply, RequestId, Signal,
    Statement, TimerId,
};
use crate::evs::{self, Evs};
use crate::frame::{Channel, Frame, GcsMessage, GcsNodeState, GroupFrame};
use crate::gcs::{self, Conf};
use crate::node::parts::Phase;
use crate::node::whole::{Identity, Node};
use crate::pc::{self, Delivery, PcView};
use crate::peer::Peer;
use crate::time::Time;

/// The other nodes' places.
const B: Peer = Peer(1);
const C: Peer = Peer(2);
/// The history of a group that this process has not founded.
const HISTORY: StateUuid = StateUuid(0x1234);

/// The identity of another node.
fn uuid(of: Peer) -> GcommUuid {
    GcommUuid::new(0x2000_0000, 0, 0, of.0)
}

const fn millis(time: u64) -> Time {
    Time::from_millis(time)
}

fn config() -> Config {
    Config {
        jitter: false,
        ..Config::default()
    }
}

/// The process A.
struct Bench {
    node: Node,
    now: Time,
    timers: BTreeMap<TimerId, Time>,
    found: DiskState,
    requests: u32,
    /// Everything that it has asked for.
    effects: Effects,
}

impl Bench {
    /// A process that has been started and has done nothing yet.
    fn started(config: Config, new_cluster: bool, found: DiskState) -> Self {
        let names = ["A", "B", "C"].map(str::to_owned).to_vec();
        let boot = BootMode {
            new_cluster,
            start_position: None,
            no_address: false,
            entropy: 1,
            uuid_epoch: 0x1000_0000,
        };
        let identity = Identity::among(names, Peer(0), config);
        let mut bench = Self {
            node: Node::new(identity, boot.clone(), Time::ZERO),
            now: Time::ZERO,
            timers: BTreeMap::new(),
            found,
            requests: 0,
            effects: Effects::new(),
        };
        bench.feed(Input::Boot(boot));
        bench
    }

    /// A process that is a cluster by itself.
    fn founder(config: Config) -> Self {
        let mut bench = Self::started(config, true, DiskState::default());
        bench.run(millis(5_000));
        assert!(bench.node.is_ready());
        bench
    }

    /// A process that knows B and C, and is told that it lacks the state of their group.
    fn joiner(found: DiskState) -> Self {
        let mut bench = Self::started(config(), false, found);
        bench.run(millis(400));
        bench.meet(B);
        bench.meet(C);
        let conf = Conf {
            primary: true,
            number: 3,
            uuid: HISTORY,
            seqno: Seqno(9),
            members: 3,
            who: vec![uuid(B), uuid(C), bench.node.gcomm_uuid()],
            my_state: GcsNodeState::Prim,
        };
        bench.hear(gcs::Out::Conf(conf));
        assert!(bench.node.transfer.is_joining());
        bench
    }

    fn feed(&mut self, input: Input<'_>) {
        self.call(|node, now, fx| node.handle(now, input, fx));
    }

    /// Calls a flow, and carries out what it asks for.
    fn call(&mut self, flow: impl FnOnce(&mut Node, Time, &mut Effects)) {
        let mut fx = Effects::new();
        flow(&mut self.node, self.now, &mut fx);
        for effect in fx {
            self.effects.push(effect.clone());
            match effect {
                Effect::SetTimer(timer, at) => {
                    self.timers.insert(timer, at);
                }
                Effect::ClearTimer(timer) => {
                    self.timers.remove(&timer);
                }
                Effect::Disk(io, DiskOp::Open) => {
                    let state = Box::new(self.found.clone());
                    self.feed(Input::DiskDone(io, IoResult::Opened(state)));
                }
                Effect::Disk(io, _) => self.feed(Input::DiskDone(io, IoResult::Done)),
                Effect::Connect(peer, Channel::Group) => {
                    self.feed(Input::LinkDown(peer, Channel::Group));
                }
                _ => {}
            }
        }
    }

    /// Lets timers run out for some time.
    fn run(&mut self, span: Time) {
        let end = self.now + span;
        let first = |timers: &BTreeMap<TimerId, Time>| {
            let due = timers.iter().map(|(timer, at)| (*at, *timer)).min();
            due.filter(|(at, _)| *at <= end)
        };
        while let Some((at, timer)) = first(&self.timers) {
            self.timers.remove(&timer);
            self.now = at;
            self.feed(Input::Timer(timer));
        }
        self.now = end;
    }

    fn ask(&mut self, statement: Statement) -> RequestId {
        self.requests += 1;
        let request = RequestId(self.requests);
        self.feed(Input::Statement(request, statement));
        request
    }

    fn insert(&mut self, row: &str) -> RequestId {
        self.ask(Statement::Commit(Change::Insert(row.to_owned())))
    }

    /// The replicator hears something from the group.
    fn hear(&mut self, out: gcs::Out) {
        self.call(|node, now, fx| node.run_gcs(vec![out], now, fx));
    }

    /// A transaction of B's, in the total order.
    fn deliver(&mut self, number: u64, change: Change) {
        let seen = self.received();
        let write_set = WriteSet {
            origin: B,
            number,
            seen,
            change,
        };
        let delivery = Delivery {
            source: uuid(B),
            message: GcsMessage::WriteSet(write_set),
            ordered: true,
        };
        self.call(|node, now, fx| node.run_pc(vec![pc::Out::Deliver(delivery)], now, fx));
    }

    /// A component of the process alone.
    fn component(&mut self) {
        let me = self.node.gcomm_uuid();
        let seq = self
            .node
            .group
            .last_component()
            .0
            .map_or(1, |id| id.seq + 1);
        let view = PcView {
            id: ViewId::new(ViewType::Prim, me, seq),
            members: BTreeSet::from([me]),
            left: BTreeSet::new(),
            partitioned: BTreeSet::new(),
            bootstrap: false,
        };
        self.call(|node, now, fx| node.pc_view(&view, now, fx));
    }

    /// Another node has a connection with the process.
    fn meet(&mut self, peer: Peer) {
        self.feed(Input::LinkUp {
            peer,
            channel: Channel::Group,
            dialled: false,
        });
        let hello = GroupFrame::Hello { uuid: uuid(peer) };
        self.feed(Input::Received(peer, &Frame::Group(hello)));
    }

    /// B wants to become a member, and says nothing more: an agreement on the next view begins.
    fn gather(&mut self) {
        self.meet(B);
        let mut out = Vec::new();
        Evs::new(uuid(B), None).join(self.now, &mut out);
        let [evs::Out::Broadcast(message)] = &out[..] else {
            panic!("it announces itself: {out:?}");
        };
        let frame = GroupFrame::Evs {
            source: uuid(B),
            relay: false,
            message: message.clone(),
        };
        self.feed(Input::Received(B, &Frame::Group(frame)));
        assert_eq!(self.node.group.evs.state(), evs::State::Gather);
    }

    fn term(&mut self) {
        self.feed(Input::Signal(Signal::Term { entropy: 1 }));
    }

    /// The last position that the process has received in order.
    fn received(&self) -> Seqno {
        self.node.group.gcs.received()
    }

    /// The last position that it has applied.
    fn applied(&self) -> Seqno {
        self.node.store.position().seqno
    }

    /// The answers to a statement.
    fn replies(&self, to: RequestId) -> Vec<Reply> {
        let replies = self.effects.iter().filter_map(|effect| match effect {
            Effect::Reply(request, reply) if *request == to => Some(reply.clone()),
            _ => None,
        });
        replies.collect()
    }

    /// The lines that only the error log has.
    fn told(&self) -> impl Iterator<Item = &Detail> {
        self.effects.iter().filter_map(|effect| match effect {
            Effect::Note(Note::Told(detail)) => Some(&**detail),
            _ => None,
        })
    }

    fn disk(&self) -> impl Iterator<Item = &DiskOp> {
        self.effects.iter().filter_map(|effect| match effect {
            Effect::Disk(_, op) => Some(op),
            _ => None,
        })
    }

    /// The state files that it has written.
    fn states(&self) -> Vec<GraState> {
        let states = self.disk().filter_map(|op| match op {
            DiskOp::WriteGrastate(state) => Some(*state),
            _ => None,
        });
        states.collect()
    }

    fn exit(&self) -> Option<i32> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Exit(code) => Some(*code),
            _ => None,
        })
    }

    fn phase(&self) -> Phase {
        self.node.phase()
    }
}
