//! The order of everything in a state's key that is told by its order: identities, positions, numbers of views.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_galera::{GcommUuid, Seqno, StateUuid, ViewId};
use seatrial_node::Mark;

use crate::des::{Precision, WorldKey};

/// The largest gaps that are exact in a key.
#[derive(Clone, Copy, Debug)]
struct Gaps {
    /// Between positions.
    positions: i64,
    /// Between numbers of views and of primary configurations.
    numbers: i64,
}

impl Gaps {
    fn of(precision: Precision) -> Self {
        match precision {
            Precision::Exact => Self {
                positions: 8,
                numbers: 8,
            },
            Precision::ForEver { forks: None, .. } => Self {
                positions: 1,
                numbers: 0,
            },
            Precision::ForEver {
                forks: Some(most), ..
            } => Self {
                positions: i64::from(most).max(1),
                numbers: most.into(),
            },
        }
    }
}

/// Stands for what is undefined.
pub(super) const UNDEFINED: u8 = 0xff;

/// The places of numbers in their order, with the gaps between them.
#[derive(Clone, Debug, Default)]
pub(super) struct Ranked {
    index: BTreeMap<i64, u8>,
    pub(super) gaps: Vec<u8>,
}

impl Ranked {
    /// `counted` are those whose distance matters, exactly up to `exact`.
    fn of(all: &BTreeSet<i64>, exact: i64, counted: impl Fn(i64) -> bool) -> Self {
        let mut ranked = Self::default();
        let mut last_counted: Option<i64> = None;
        for (index, number) in all.iter().enumerate() {
            ranked.index.insert(*number, small(index));
            if counted(*number) {
                let gap = last_counted.map_or(0, |last| (number - last).min(exact + 1));
                ranked.gaps.push(u8::try_from(gap).unwrap_or(UNDEFINED));
                last_counted = Some(*number);
            } else {
                ranked.gaps.push(UNDEFINED);
            }
        }
        ranked
    }

    pub(super) fn rank(&self, number: i64) -> u8 {
        self.index.get(&number).copied().unwrap_or(UNDEFINED)
    }
}

/// Returns a number as a byte, what is too large as undefined.
pub(super) fn small(number: usize) -> u8 {
    u8::try_from(number).unwrap_or(UNDEFINED)
}

/// Everything that is told by its order. None of it depends on the order of the nodes.
pub(super) struct Ranks {
    pub(super) uuids: BTreeMap<GcommUuid, u8>,
    pub(super) positions: BTreeMap<StateUuid, Ranked>,
    pub(super) confs: Ranked,
    pub(super) views: Ranked,
    /// The remembered primary views in their order.
    pub(super) remembered: BTreeSet<ViewId>,
    /// The positions of the nodes' data.
    pub(super) held: BTreeSet<(StateUuid, i64)>,
    /// The makers and numbers of saved views.
    saved: BTreeSet<(GcommUuid, u32)>,
    /// The lowest positions of write-set caches.
    lows: BTreeSet<(StateUuid, i64)>,
}

impl Ranks {
    pub(super) fn of(world: &WorldKey) -> Self {
        let mut uuids = BTreeSet::new();
        let mut positions: BTreeMap<StateUuid, BTreeSet<i64>> = BTreeMap::new();
        let mut confs = BTreeSet::new();
        let mut views = BTreeSet::new();
        let mut live = BTreeSet::new();
        let mut remembered = BTreeSet::new();
        let mut held = BTreeSet::new();
        let mut saved = BTreeSet::new();
        let mut lows = BTreeSet::new();
        let mut position = |history: StateUuid, seqno: Seqno| {
            if !seqno.is_undefined() {
                positions.entry(history).or_default().insert(seqno.0);
            }
        };
        let parts = world.machines.iter().chain(world.pairs.values());
        for mark in parts.flat_map(|part| &part.marks) {
            match mark {
                Mark::Word(_)
                | Mark::Plain(_)
                | Mark::History(_)
                | Mark::Set
                | Mark::Item
                | Mark::EndOfSet
                | Mark::Dead(_)
                | Mark::Lives(_)
                | Mark::Nodes(_) => {}
                Mark::Saved(view) => {
                    saved.insert((view.uuid, view.seq));
                }
                Mark::CacheLow(history, low, _) => {
                    lows.insert((*history, low.0));
                }
                Mark::Uuid(uuid) => {
                    uuids.insert(*uuid);
                }
                Mark::Position(history, seqno) => position(*history, *seqno),
                Mark::Held(history, seqno) => {
                    position(*history, *seqno);
                    held.insert((*history, seqno.0));
                }
                Mark::ConfNumber(number) => {
                    confs.insert(*number);
                }
                Mark::Remembered(view) => {
                    remembered.insert(*view);
                }
                Mark::ViewNumber(number) => {
                    views.insert(i64::from(*number));
                }
                Mark::LiveViewNumber(number) => {
                    views.insert(i64::from(*number));
                    live.insert(i64::from(*number));
                }
            }
        }
        for at in world.rows.values() {
            position(at.uuid, at.seqno);
        }
        confs.remove(&-1);
        let gaps = Gaps::of(world.precision);
        let ranked = |all| Ranked::of(all, gaps.positions, |_| true);
        Self {
            uuids: (0..).map(small).zip(uuids).map(|(i, u)| (u, i)).collect(),
            positions: positions.iter().map(|(h, all)| (*h, ranked(all))).collect(),
            confs: Ranked::of(&confs, gaps.numbers, |_| true),
            views: Ranked::of(&views, gaps.numbers, |number| live.contains(&number)),
            remembered,
            held,
            saved,
            lows,
        }
    }

    /// Returns the rank of a cache's end among those of its history: of two donors that reach back far enough, the one
    /// with the higher end is chosen (`gcs_group.cpp:group_find_ist_donor`).
    pub(super) fn low(&self, history: StateUuid, low: Seqno) -> u8 {
        let all = self.lows.iter();
        small(all.filter(|(of, at)| *of == history && *at < low.0).count())
    }

    /// Returns the rank of a saved view among those of its maker.
    pub(super) fn saved(&self, view: ViewId) -> u8 {
        let all = self.saved.iter();
        small(
            all.filter(|(maker, seq)| *maker == view.uuid && *seq < view.seq)
                .count(),
        )
    }
}
