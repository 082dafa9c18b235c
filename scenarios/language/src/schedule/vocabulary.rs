//! The vocabulary from which schedules are drawn.

use std::collections::BTreeSet;

use proptest::prelude::{Just, Strategy as _, prop_oneof};
use proptest::strategy::BoxedStrategy;
use seatrial_port::{Damage, NodeName, Span, StateFile};
use serde::{Deserialize, Serialize};

use super::draw::{list, one_of, place, some_places};
use super::op::{Interruption, Op};

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
        }
    }

    /// Every op there is.
    pub fn everything() -> Self {
        Self {
            words: Word::ALL.iter().copied().collect(),
            length: (2, 12),
            aware: true,
            ..Self::conformance()
        }
    }

    /// One of these ops.
    pub(super) fn one(&self) -> BoxedStrategy<Op> {
        let ops = self
            .words
            .iter()
            .map(|word| (word.weight(), op(*word, self.nodes.len())))
            .collect::<Vec<_>>();
        proptest::strategy::Union::new_weighted(ops).boxed()
    }

    /// Schedules of these ops.
    pub(super) fn strategy(&self) -> BoxedStrategy<Vec<Op>> {
        let (least, most) = self.length;
        list(self.one(), [least, most])
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
