//! Decides when two states are equal: the same marks up to an exchange of nodes. Only the order of identities,
//! histories and positions counts.
//!
//! - Nodes may be exchanged only together with the order of their identities: identities are ranked,
//!   and the rank stays with them.
//! - Positions of a history are ranked. The gaps between them are exact up to 8; all larger gaps are one
//!   class. A view change takes a position, so 8 against 9 behaves differently from 8 against 10.
//! - Numbers of views and of primary configurations are ranked in the same way. For a view without members,
//!   only the order of its number counts: it is compared for equality, and never counted up.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use rapidhash::v3::rapidhash_v3;
use seatrial_galera::{GcommUuid, Seqno, StateUuid, ViewId};
use seatrial_node::{Mark, StateKey};

use crate::des::WorldKey;

use super::alphabet::orders;
use super::ranks::{Ranks, UNDEFINED, small};

/// The name of a state, the same for all that are equal: a hash of 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub u128);

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = u128::from_str_radix(text, 16);
        let number = number.map_err(|_| format!("`{text}` is no key of a state"))?;
        Ok(Self(number))
    }
}

/// A state's key, and how its nodes stand in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canonical {
    /// The key.
    pub key: Key,
    /// The orders of the nodes' places that give this key: one, or as many as the state has
    /// symmetries.
    pub orders: Vec<Vec<usize>>,
}

impl Canonical {
    /// Returns the key of a world at rest.
    pub(crate) fn of(world: &WorldKey) -> Self {
        let places: Vec<usize> = (0..world.machines.len()).collect();
        let ranks = Ranks::of(world);
        let mut best: Option<(Vec<u8>, Vec<Vec<usize>>)> = None;
        for order in orders(&places) {
            let bytes = Encoder::new(&ranks, &order).encode(world);
            match &mut best {
                Some((least, all)) if bytes == *least => all.push(order),
                Some((least, _)) if bytes > *least => {}
                _ => best = Some((bytes, vec![order])),
            }
        }
        let (mut bytes, orders) = best.expect("invariant: there is at least one order");
        let low = rapidhash_v3(&bytes);
        bytes.push(0x5a);
        let high = rapidhash_v3(&bytes);
        Self {
            key: Key(u128::from(high) << 64 | u128::from(low)),
            orders,
        }
    }

    /// Returns the parts of the key in words: a line for each node, for each pair of nodes and for each
    /// group of rows, and the gaps. Equal states have equal lines.
    pub(crate) fn explain(&self, world: &WorldKey) -> Vec<String> {
        let ranks = Ranks::of(world);
        let order = &self.orders[0];
        let encoder = Encoder::new(&ranks, order);
        let line = |part: &StateKey| {
            let words: Vec<String> = part.marks.iter().map(|m| encoder.word(m)).collect();
            words.join(" ")
        };
        let mut lines: Vec<String> = order.iter().map(|n| line(&world.machines[*n])).collect();
        for from in order {
            for to in order {
                lines.extend(world.pairs.get(&(*from, *to)).map(line));
            }
        }
        for (rows, last) in &world.rows {
            lines.push(format!(
                "rows {:b} {:b} {} {}",
                encoder.bits(rows.databases),
                encoder.bits(rows.caches),
                rows.acknowledged,
                encoder.word(&Mark::Position(last.uuid, last.seqno)),
            ));
        }
        let owners = ranks
            .uuids
            .keys()
            .map(|u| encoder.place(usize::from(u.node_index())));
        lines.push(format!("identities of {:?}", owners.collect::<Vec<_>>()));
        lines.push(format!(
            "views {:?} confs {:?}",
            ranks.views.gaps, ranks.confs.gaps
        ));
        let gaps = ranks.positions.values().map(|ranked| &ranked.gaps);
        lines.push(format!("positions {:?}", gaps.collect::<Vec<_>>()));
        lines
    }

    /// Returns the name of a case of this state: `names` gives the rank of each place's name. Cases that the
    /// state's symmetries exchange have the same one.
    pub fn case(&self, names: &[usize]) -> Vec<usize> {
        let seen = |order: &Vec<usize>| order.iter().map(|place| names[*place]).collect();
        self.orders.iter().map(seen).min().unwrap_or_default()
    }

    /// Returns, for each place of this state, the matching place of another state with the same key.
    pub fn places_in(&self, other: &Self) -> Vec<usize> {
        let mut to = vec![0; self.orders[0].len()];
        for (here, there) in self.orders[0].iter().zip(&other.orders[0]) {
            to[*here] = *there;
        }
        to
    }

    /// Returns the ways to name the nodes that differ from each other.
    pub fn cases(&self) -> BTreeMap<Vec<usize>, Vec<usize>> {
        let places: Vec<usize> = (0..self.orders[0].len()).collect();
        let mut cases = BTreeMap::new();
        for names in orders(&places) {
            cases.entry(self.case(&names)).or_insert(names);
        }
        cases
    }
}

/// Writes a world's marks down for one order of the nodes.
struct Encoder<'a> {
    ranks: &'a Ranks,
    order: &'a [usize],
    /// Histories by first appearance.
    histories: Vec<StateUuid>,
    /// Makers of saved views by first appearance.
    saved: Vec<GcommUuid>,
    /// Identities of which all lives count, by first appearance.
    lives: Vec<GcommUuid>,
    /// The sets in which the encoder is, the innermost last.
    sets: Vec<OpenSet>,
    bytes: Vec<u8>,
}

/// A set that is being written down.
struct OpenSet {
    /// The place of its first byte.
    from: usize,
    /// The places at which its items begin.
    items: Vec<usize>,
}

impl<'a> Encoder<'a> {
    fn new(ranks: &'a Ranks, order: &'a [usize]) -> Self {
        Self {
            ranks,
            order,
            histories: Vec::new(),
            saved: Vec::new(),
            lives: Vec::new(),
            sets: Vec::new(),
            bytes: Vec::with_capacity(2_048),
        }
    }

    fn history(&mut self, history: StateUuid) -> u8 {
        if history.is_nil() {
            return UNDEFINED;
        }
        let known = self.histories.iter().position(|known| *known == history);
        small(known.unwrap_or_else(|| {
            self.histories.push(history);
            self.histories.len() - 1
        }))
    }

    /// Returns the place of an identity among those of its node, by first appearance.
    fn which_of_its_node(&mut self, uuid: GcommUuid) -> u8 {
        if !self.lives.iter().any(|known| known.same_fixed_part(uuid)) {
            self.lives.push(uuid);
        }
        let of_node = |known: &&GcommUuid| known.node_index() == uuid.node_index();
        let mut known = self.lives.iter().filter(of_node);
        let place = known.position(|known| known.same_fixed_part(uuid));
        place.map_or(UNDEFINED, small)
    }

    fn mark(&mut self, mark: &Mark) {
        match mark {
            Mark::Word(word) => {
                self.bytes.extend_from_slice(word.as_bytes());
                self.bytes.push(0);
            }
            Mark::Plain(number) => self.bytes.extend_from_slice(&number.to_be_bytes()),
            Mark::Uuid(uuid) => {
                let rank = self.ranks.uuids.get(uuid).copied();
                self.bytes.push(rank.unwrap_or(UNDEFINED));
            }
            Mark::History(history) => {
                let history = self.history(*history);
                self.bytes.push(history);
            }
            Mark::Position(history, seqno) | Mark::Held(history, seqno) => {
                let id = self.history(*history);
                let ranked = self.ranks.positions.get(history);
                let rank = ranked.map_or(UNDEFINED, |ranked| ranked.rank(seqno.0));
                self.bytes.extend_from_slice(&[id, rank]);
            }
            Mark::CacheLow(history, low, donors) => {
                let id = self.history(*history);
                let [next_below, below] = self.not_covered(*history, *low);
                let rank = if *donors {
                    self.ranks.low(*history, *low)
                } else {
                    0
                };
                self.bytes.extend_from_slice(&[id, next_below, below, rank]);
            }
            Mark::Dead(uuid) => {
                let owner = self.place(usize::from(uuid.node_index()));
                self.bytes.extend_from_slice(&[0xfe, owner]);
                let later = self.later_life(*uuid);
                self.bytes.push(later);
            }
            Mark::Lives(uuid) => {
                let owner = self.place(usize::from(uuid.node_index()));
                let which = self.which_of_its_node(*uuid);
                self.bytes.extend_from_slice(&[owner, which]);
            }
            Mark::Remembered(view) => {
                let rank = self.remembered(*view);
                self.bytes.push(rank);
            }
            Mark::Saved(view) => {
                let known = self.saved.iter().position(|known| *known == view.uuid);
                let id = known.unwrap_or_else(|| {
                    self.saved.push(view.uuid);
                    self.saved.len() - 1
                });
                self.bytes
                    .extend_from_slice(&[small(id), self.ranks.saved(*view)]);
            }
            Mark::Nodes(nodes) => {
                let bits = self.bits(*nodes);
                self.bytes.push(bits);
            }
            Mark::Set => self.sets.push(OpenSet {
                from: self.bytes.len(),
                items: Vec::new(),
            }),
            Mark::Item => {
                let at = self.bytes.len();
                if let Some(set) = self.sets.last_mut() {
                    set.items.push(at);
                }
            }
            Mark::EndOfSet => self.end_set(),
            Mark::ConfNumber(number) => self.bytes.push(self.ranks.confs.rank(*number)),
            Mark::ViewNumber(number) | Mark::LiveViewNumber(number) => {
                self.bytes.push(self.ranks.views.rank(i64::from(*number)));
            }
        }
    }

    /// Puts the items of the innermost set into the order of their bytes, each once.
    fn end_set(&mut self) {
        let Some(set) = self.sets.pop() else { return };
        let ends = set.items.iter().skip(1).copied();
        let ends = ends.chain([self.bytes.len()]);
        let items: BTreeSet<Vec<u8>> = set
            .items
            .iter()
            .zip(ends)
            .map(|(from, to)| self.bytes[*from..to].to_vec())
            .collect();
        self.bytes.truncate(set.from);
        self.bytes.push(small(items.len()));
        for item in items {
            self.bytes.push(small(item.len()));
            self.bytes.extend_from_slice(&item);
        }
    }

    /// Returns how many positions that nodes hold are followed by one below this end of a cache, and how many lie below
    /// it themselves. Both are asked: whether a cache reaches back to the next position, and whether the lowest one of all
    /// reaches back to the position itself (`gcs_group.cpp:group_find_ist_donor`).
    fn not_covered(&self, history: StateUuid, low: Seqno) -> [u8; 2] {
        if low.is_undefined() {
            return [UNDEFINED; 2];
        }
        let held = || self.ranks.held.iter().filter(|(of, _)| *of == history);
        let next_below = held().filter(|(_, at)| *at + 1 < low.0);
        let below = held().filter(|(_, at)| *at < low.0);
        [small(next_below.count()), small(below.count())]
    }

    /// Returns the rank of the identity that lives on in a dead one's place.
    fn later_life(&self, dead: GcommUuid) -> u8 {
        let mut living = self.ranks.uuids.iter();
        let later = living.find(|(uuid, _)| uuid.same_fixed_part(dead));
        later.map_or(UNDEFINED, |(_, rank)| *rank)
    }

    /// Returns the place of a remembered primary view among all of them.
    fn remembered(&self, view: ViewId) -> u8 {
        let place = self.ranks.remembered.iter().position(|one| *one == view);
        place.map_or(UNDEFINED, small)
    }

    fn word(&self, mark: &Mark) -> String {
        match mark {
            Mark::Set => "{".to_owned(),
            Mark::Item => ",".to_owned(),
            Mark::EndOfSet => "}".to_owned(),
            Mark::Dead(uuid) => format!("d{}", self.place(usize::from(uuid.node_index()))),
            Mark::Lives(uuid) => format!("l{}", self.place(usize::from(uuid.node_index()))),
            Mark::Remembered(view) => format!("r{}", self.remembered(*view)),
            Mark::Saved(view) => format!("s{}", self.ranks.saved(*view)),
            Mark::Nodes(nodes) => format!("n{:b}", self.bits(*nodes)),
            Mark::CacheLow(history, low, donors) => format!(
                "low{:?}.{}",
                self.not_covered(*history, *low),
                if *donors {
                    self.ranks.low(*history, *low)
                } else {
                    0
                }
            ),
            Mark::Word(word) => format!("[{word}]"),
            Mark::Plain(number) => number.to_string(),
            Mark::Uuid(uuid) => format!("u{}", self.ranks.uuids[uuid]),
            Mark::History(history)
            | Mark::Position(history, Seqno::UNDEFINED)
            | Mark::Held(history, Seqno::UNDEFINED) => {
                format!("h{}", u8::from(!history.is_nil()))
            }
            Mark::Position(history, seqno) | Mark::Held(history, seqno) => {
                format!("p{}", self.ranks.positions[history].rank(seqno.0))
            }
            Mark::ConfNumber(number) => format!("c{}", self.ranks.confs.rank(*number)),
            Mark::ViewNumber(number) | Mark::LiveViewNumber(number) => {
                format!("v{}", self.ranks.views.rank(i64::from(*number)))
            }
        }
    }

    /// Returns the place of the node that has the number, in the order of this encoder.
    fn place(&self, node: usize) -> u8 {
        let place = self.order.iter().position(|own| *own == node);
        place.map_or(UNDEFINED, small)
    }

    /// Nodes as bits, in the order of this encoder.
    fn bits(&self, nodes: u32) -> u8 {
        let set = self.order.iter().enumerate();
        set.filter(|(_, node)| nodes & (1 << **node) != 0)
            .fold(0, |bits, (place, _)| bits | 1 << place)
    }

    fn encode(mut self, world: &WorldKey) -> Vec<u8> {
        let order = self.order;
        // The owner of each identity, and the identities that are incarnations of one.
        let mut before: Option<GcommUuid> = None;
        for uuid in self.ranks.uuids.keys() {
            let is_nil = uuid.same_fixed_part(GcommUuid::NIL);
            let owner = if is_nil {
                UNDEFINED
            } else {
                self.place(usize::from(uuid.node_index()))
            };
            self.bytes.push(owner);
            let same = before.is_some_and(|before| before.same_fixed_part(*uuid));
            self.bytes.push(u8::from(same));
            before = Some(*uuid);
        }
        for node in order {
            for mark in &world.machines[*node].marks {
                self.mark(mark);
            }
        }
        for from in order {
            for to in order {
                if let Some(pair) = world.pairs.get(&(*from, *to)) {
                    for mark in &pair.marks {
                        self.mark(mark);
                    }
                }
            }
        }
        let mut rows = Vec::new();
        for (group, last) in &world.rows {
            let id = self.history(group.history);
            let ranked = self.ranks.positions.get(&last.uuid);
            rows.push([
                self.bits(group.databases),
                self.bits(group.caches),
                u8::from(group.acknowledged),
                id,
                ranked.map_or(UNDEFINED, |ranked| ranked.rank(last.seqno.0)),
            ]);
        }
        rows.sort_unstable();
        self.bytes.extend(rows.concat());
        let positions = std::mem::take(&mut self.histories);
        for history in positions {
            if let Some(ranked) = self.ranks.positions.get(&history) {
                self.bytes.push(b'|');
                self.bytes.extend_from_slice(&ranked.gaps);
            }
        }
        for ranked in [&self.ranks.confs, &self.ranks.views] {
            self.bytes.push(b'|');
            self.bytes.extend_from_slice(&ranked.gaps);
        }
        self.bytes
    }
}
