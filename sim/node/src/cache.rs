//! gcache: the write sets that a node can still hand on (`gcache/src/GCache.cpp`).

use std::collections::BTreeMap;

use seatrial_galera::{Seqno, StateUuid};
use serde::{Deserialize, Serialize};

use crate::database::WriteSet;
use crate::frame::CachedEvent;

/// What an event takes of `gcache.size` beside its tag, in bytes: header, keys and row of a small
/// transaction.
///
/// MODEL GAP: sizes are nominal, and the page store beyond the ring is not modelled.
const EVENT_BYTES: u64 = 512;

/// The write-set cache, as a file: it survives the process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Gcache {
    /// The history to which the events belong.
    pub uuid: StateUuid,
    /// The events by position, without a gap.
    pub events: BTreeMap<Seqno, Option<WriteSet>>,
    /// Bytes taken.
    pub bytes: u64,
}

impl Gcache {
    /// Appends an event and drops the oldest ones beyond `size` bytes. A gap empties the cache first.
    pub fn append(&mut self, event: &CachedEvent, size: u64) {
        if let Some((last, _)) = self.events.last_key_value()
            && last.next() != event.seqno
        {
            if *last >= event.seqno {
                return;
            }
            self.clear();
        }
        self.bytes += Self::bytes_of(event.write_set.as_ref());
        self.events.insert(event.seqno, event.write_set.clone());
        while self.bytes > size && self.events.len() > 1 {
            if let Some((_, dropped)) = self.events.pop_first() {
                self.bytes -= Self::bytes_of(dropped.as_ref());
            }
        }
    }

    fn bytes_of(event: Option<&WriteSet>) -> u64 {
        EVENT_BYTES + event.map_or(0, |write_set| write_set.tag().len() as u64)
    }

    /// Empties the cache; the history's name stays.
    pub fn clear(&mut self) {
        self.events.clear();
        self.bytes = 0;
    }

    /// Drops everything above a position (`GCache::seqno_reset` with the same history).
    pub fn discard_above(&mut self, seqno: Seqno) {
        let dropped = self.events.split_off(&seqno.next());
        for event in dropped.values() {
            self.bytes -= Self::bytes_of(event.as_ref());
        }
    }

    /// Returns the lowest position, undefined for none.
    pub fn lowest(&self) -> Seqno {
        self.events
            .first_key_value()
            .map_or(Seqno::UNDEFINED, |(seqno, _)| *seqno)
    }

    /// Returns whether everything from a position on is here.
    pub fn has_from(&self, seqno: Seqno) -> bool {
        self.events.contains_key(&seqno)
            || self
                .events
                .last_key_value()
                .is_some_and(|(last, _)| last.next() == seqno)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::Change;
    use crate::peer::Peer;

    /// A cache with the events of these positions; each even one is a transaction, each odd one a configuration.
    fn cache(positions: std::ops::RangeInclusive<i64>) -> Gcache {
        let mut cache = Gcache::default();
        for position in positions {
            let write_set = WriteSet {
                origin: Peer(0),
                number: 1,
                seen: Seqno::UNDEFINED,
                change: Change::Insert(format!("row {position}")),
            };
            let event = CachedEvent {
                seqno: Seqno(position),
                write_set: (position % 2 == 0).then_some(write_set),
            };
            cache.append(&event, u64::MAX);
        }
        cache
    }

    /// A recovered cache may be ahead of the data: what is above the data's position goes, and with it the bytes that
    /// it took, so that the cache is as if it had never had that (`GCache::seqno_reset`).
    #[test]
    fn what_is_above_the_position_of_the_data_goes_and_so_do_its_bytes() {
        let mut ahead = cache(5..=12);
        ahead.discard_above(Seqno(8));
        assert_eq!(ahead, cache(5..=8));
        assert!(ahead.has_from(Seqno(8)));
        assert!(!ahead.has_from(Seqno(10)));
        ahead.discard_above(Seqno(8));
        assert_eq!(ahead, cache(5..=8), "there is nothing above it any more");
    }
}
