//! The vocabulary from which schedules are drawn.

use std::collections::BTreeSet;

use proptest::prelude::{Just, Strategy as _, prop_oneof};
use proptest::strategy::BoxedStrategy;
use seatrial_port::{Damage, NodeName, Span, StateFile};
use serde::{Deserialize, Serialize};

use super::draw::{list, one_of, place, some_places};
use super::op::{Edit, Interruption, Op};

/// Defines the kinds of ops and how often each is drawn beside the others.
macro_rules! words {
    ($($word:ident = $weight:literal,)+) => {
        /// A kind of op.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(rename_all = "kebab-case")]
        #[expect(missing_docs, reason = "each is the op of the same name")]
        pub enum Word {
            $($word,)+
        }

        impl Word {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$word,)+];

            /// Returns its name, such as `start in flight`.
            pub fn name(self) -> String {
                let mut name = String::new();
                for letter in format!("{self:?}").chars() {
                    if letter.is_ascii_uppercase() && !name.is_empty() {
                        name.push(' ');
                    }
                    name.push(letter.to_ascii_lowercase());
                }
                name
            }

            /// Returns the weight with which it is drawn.
            const fn weight(self) -> u32 {
                match self {
                    $(Self::$word => $weight,)+
                }
            }
        }
    };
}

words! {
    Write = 6,
    WriteInFlight = 2,
    Stop = 4,
    Terminate = 4,
    StopAndTerminate = 1,
    Start = 6,
    StartInFlight = 2,
    StartInterrupted = 4,
    Restart = 2,
    Bootstrap = 2,
    Force = 1,
    ForceBootstrap = 2,
    PcBootstrap = 1,
    Recover = 1,
    Partition = 3,
    Cut = 1,
    Heal = 3,
    Hang = 1,
    Resume = 1,
    PowerOff = 1,
    PowerOn = 1,
    Damage = 1,
    InterruptTransfer = 1,
    Wait = 3,
    Sever = 2,
    Latency = 2,
    LossFor = 2,
    FlapFor = 2,
    SnapshotBroken = 2,
    DiskLost = 2,
    DiskFull = 1,
    ReadLock = 2,
    ReadUnlock = 2,
    Weight = 2,
    Desync = 2,
    Configure = 3,
}

/// The ops of a vocabulary, and the number of ops of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    /// The nodes.
    pub nodes: Vec<NodeName>,
    /// The kinds of ops.
    pub words: BTreeSet<Word>,
    /// The least and the greatest number of ops.
    pub length: (usize, usize),
    /// Whether what has nothing to act on is mostly drawn again.
    pub aware: bool,
    /// Whether the cluster is drawn too: its size, an arbitrator, options. Then `nodes` does not count.
    pub any_cluster: bool,
}

impl Vocabulary {
    /// Everything that can also be done to real nodes, each step ending at rest.
    pub fn conformance() -> Self {
        use Word::{
            Bootstrap, Damage, Force, ForceBootstrap, Heal, Partition, PcBootstrap, Recover,
            Restart, Start, Stop, Terminate, Write,
        };
        Self {
            nodes: ["A", "B", "C"].map(NodeName::new).to_vec(),
            words: BTreeSet::from([
                Write,
                Stop,
                Terminate,
                Start,
                Restart,
                Bootstrap,
                Force,
                ForceBootstrap,
                PcBootstrap,
                Recover,
                Partition,
                Heal,
                Damage,
            ]),
            length: (5, 10),
            aware: false,
            any_cluster: false,
        }
    }

    /// The ops of a search: membership, power, state files and transfers, with nothing at rest in between.
    pub fn search() -> Self {
        let words = Word::ALL.iter().copied();
        Self {
            words: words.take_while(|word| *word <= Word::Wait).collect(),
            length: (2, 12),
            aware: true,
            ..Self::conformance()
        }
    }

    /// Every op that real nodes can have, on clusters of any kind, each step ending at rest.
    ///
    /// Loss of power is not among them: a container shares the machine's page cache. Neither are the ops that
    /// meet a start half-way by a time alone, because real starts take different times.
    pub fn whole() -> Self {
        let words = Word::ALL.iter().copied();
        let words = words.filter(|word| {
            !matches!(
                word,
                Word::PowerOff
                    | Word::PowerOn
                    | Word::WriteInFlight
                    | Word::StartInFlight
                    | Word::StartInterrupted
                    | Word::InterruptTransfer
            )
        });
        Self {
            words: words.collect(),
            length: (4, 8),
            aware: true,
            any_cluster: true,
            ..Self::conformance()
        }
    }

    /// One of these ops, for a cluster of this many nodes, of which this many have a server.
    pub(super) fn one(&self, nodes: usize, servers: usize) -> BoxedStrategy<Op> {
        let ops = self
            .words
            .iter()
            .map(|word| {
                let nodes = if needs_server(*word) { servers } else { nodes };
                (word.weight(), op(*word, nodes))
            })
            .collect::<Vec<_>>();
        proptest::strategy::Union::new_weighted(ops).boxed()
    }

    /// Schedules of these ops.
    pub(super) fn strategy(&self) -> BoxedStrategy<Vec<Op>> {
        let (least, most) = self.length;
        let nodes = self.nodes.len();
        list(self.one(nodes, nodes), [least, most])
    }
}

/// Whether an op acts on a server or on its files: an arbitrator has neither.
const fn needs_server(word: Word) -> bool {
    match word {
        Word::Write
        | Word::WriteInFlight
        | Word::Bootstrap
        | Word::Force
        | Word::ForceBootstrap
        | Word::PcBootstrap
        | Word::Recover
        | Word::Damage
        | Word::InterruptTransfer
        | Word::SnapshotBroken
        | Word::DiskLost
        | Word::DiskFull
        | Word::ReadLock
        | Word::ReadUnlock
        | Word::Weight
        | Word::Desync
        | Word::Configure => true,
        Word::Stop
        | Word::Terminate
        | Word::StopAndTerminate
        | Word::Start
        | Word::StartInFlight
        | Word::StartInterrupted
        | Word::Restart
        | Word::Partition
        | Word::Cut
        | Word::Heal
        | Word::Hang
        | Word::Resume
        | Word::PowerOff
        | Word::PowerOn
        | Word::Wait
        | Word::Sever
        | Word::Latency
        | Word::LossFor
        | Word::FlapFor => false,
    }
}

/// Moments of a start: the announcement, the request for a state transfer, the transfer.
const STARTING_MS: [u64; 5] = [1_000, 2_000, 2_500, 3_000, 4_500];
/// Moments of a state transfer: half a second for an incremental one, longer for a copy of the files.
const TRANSFER_MS: [u64; 6] = [2_100, 2_200, 2_300, 2_400, 2_500, 3_200];

/// Returns a non-empty set of nodes, mostly one.
fn some(nodes: usize) -> BoxedStrategy<Vec<usize>> {
    prop_oneof![
        3 => place(nodes).prop_map(|node| vec![node]),
        2 => some_places(nodes),
    ]
    .boxed()
}

fn op(word: Word, nodes: usize) -> BoxedStrategy<Op> {
    let one = place(nodes);
    match word {
        Word::Write => (one, 1_u32..=3)
            .prop_map(|(node, rows)| Op::Write { node, rows })
            .boxed(),
        Word::WriteInFlight => one.prop_map(|node| Op::WriteInFlight { node }).boxed(),
        Word::Stop => some(nodes).prop_map(Op::Stop).boxed(),
        Word::Terminate => some(nodes).prop_map(Op::Terminate).boxed(),
        Word::StopAndTerminate => (one, some(nodes))
            .prop_map(|(stop, terminate)| Op::StopAndTerminate { stop, terminate })
            .boxed(),
        Word::Start => some(nodes).prop_map(Op::Start).boxed(),
        Word::StartInFlight => (one, one_of(STARTING_MS.to_vec()))
            .prop_map(|(node, ms)| Op::StartInFlight {
                node,
                since: Span::from_millis(ms),
            })
            .boxed(),
        Word::StartInterrupted => {
            let mut ways = vec![Interruption::Transfer, Interruption::Itself];
            for on in 1..nodes {
                ways.push(Interruption::Other(on));
            }
            let moments = one_of(TRANSFER_MS.to_vec());
            (one, moments, one_of(ways))
                .prop_map(|(node, ms, how)| Op::StartInterrupted {
                    node,
                    since: Span::from_millis(ms),
                    how,
                })
                .boxed()
        }
        Word::Restart => some(nodes).prop_map(Op::Restart).boxed(),
        Word::Bootstrap => one.prop_map(Op::Bootstrap).boxed(),
        Word::Force => one.prop_map(Op::Force).boxed(),
        Word::ForceBootstrap => one.prop_map(Op::ForceBootstrap).boxed(),
        Word::PcBootstrap => one.prop_map(Op::PcBootstrap).boxed(),
        Word::Recover => one.prop_map(Op::Recover).boxed(),
        Word::Partition => list(0_u8..3, [nodes, nodes])
            .prop_map(Op::Partition)
            .boxed(),
        Word::Cut => (one.clone(), one)
            .prop_map(|(from, to)| Op::Cut { from, to })
            .boxed(),
        Word::Heal => Just(Op::Heal).boxed(),
        Word::Hang => one.prop_map(Op::Hang).boxed(),
        Word::Resume => one.prop_map(Op::Resume).boxed(),
        Word::PowerOff => some(nodes).prop_map(Op::PowerOff).boxed(),
        Word::PowerOn => one.prop_map(Op::PowerOn).boxed(),
        Word::Damage => (one, file(), how())
            .prop_map(|(node, file, how)| Op::Damage { node, file, how })
            .boxed(),
        Word::InterruptTransfer => one.prop_map(Op::InterruptTransfer).boxed(),
        Word::Sever => (one.clone(), one)
            .prop_map(|(one, other)| Op::Sever { one, other })
            .boxed(),
        Word::Latency => (one, one_of(vec![5, 20, 50]))
            .prop_map(|(node, ms)| Op::Latency {
                node,
                by: Span::from_millis(ms),
            })
            .boxed(),
        Word::LossFor => (one, one_of(vec![2, 10, 25]), one_of(vec![2, 6]))
            .prop_map(|(node, percent, seconds)| Op::LossFor {
                node,
                percent,
                span: Span::from_secs(seconds),
            })
            .boxed(),
        Word::FlapFor => (one, one_of(vec![100, 300, 800]), one_of(vec![2, 6]))
            .prop_map(|(node, ms, seconds)| Op::FlapFor {
                node,
                period: Span::from_millis(ms),
                span: Span::from_secs(seconds),
            })
            .boxed(),
        Word::SnapshotBroken => (one.clone(), one)
            .prop_map(|(node, donor)| Op::SnapshotBroken { node, donor })
            .boxed(),
        Word::DiskLost => one.prop_map(Op::DiskLost).boxed(),
        Word::DiskFull => one.prop_map(Op::DiskFull).boxed(),
        Word::ReadLock => one.prop_map(Op::ReadLock).boxed(),
        Word::ReadUnlock => one.prop_map(Op::ReadUnlock).boxed(),
        Word::Weight => (one, 0_u8..=3)
            .prop_map(|(node, weight)| Op::Weight { node, weight })
            .boxed(),
        Word::Desync => (one, 0_u8..2)
            .prop_map(|(node, on)| Op::Desync { node, on: on == 1 })
            .boxed(),
        Word::Configure => (one, one_of(Edit::ALL.to_vec()))
            .prop_map(|(node, edit)| Op::Configure { node, edit })
            .boxed(),
        Word::Wait => one_of(vec![1, 3, 8, 20, 60])
            .prop_map(|seconds| Op::Wait(Span::from_secs(seconds)))
            .boxed(),
    }
}

fn file() -> BoxedStrategy<StateFile> {
    one_of(vec![StateFile::Grastate, StateFile::Gvwstate])
}

fn how() -> BoxedStrategy<Damage> {
    one_of(vec![Damage::Delete, Damage::Empty])
}
