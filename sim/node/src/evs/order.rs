//! Total order and safe delivery inside one view (`gcomm/src/evs_input_map2.cpp`).
//!
//! Every member numbers its messages from 0; the order is by number, then by member. A message is
//! delivered when every member is known to have it and everything before it, which takes a message of
//! every member in each round: a member without data completes the round with an empty message.

use std::collections::BTreeMap;

use seatrial_galera::GcommUuid;

use crate::frame::{PcMessage, UserMessage};
use crate::time::Time;

/// The messages of one member, and its acknowledgements.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Source {
    /// The last number without a gap before it, -1 for none.
    have: i64,
    /// Up to where this member has everything from everybody, as it last said.
    safe: i64,
}

/// The messages of a view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct InputMap {
    sources: BTreeMap<GcommUuid, Source>,
    /// Received and not known to be everywhere: kept for those who lack them.
    kept: BTreeMap<(i64, GcommUuid), Option<PcMessage>>,
    /// Everything before this place has been delivered.
    delivered: Option<(i64, GcommUuid)>,
    /// When own messages were sent, to send them again in time.
    sent_at: BTreeMap<i64, Time>,
    /// No further message becomes safe before the members agree on the next view.
    frozen: bool,
}

impl InputMap {
    pub(crate) fn new<'a>(members: impl IntoIterator<Item = &'a GcommUuid>) -> Self {
        let sources = members
            .into_iter()
            .map(|uuid| (*uuid, Source { have: -1, safe: -1 }))
            .collect();
        Self {
            sources,
            ..Self::default()
        }
    }

    /// Takes a message in; says whether it was new.
    pub(crate) fn insert(
        &mut self,
        source: GcommUuid,
        seq: i64,
        payload: Option<PcMessage>,
    ) -> bool {
        let Some(known) = self.sources.get_mut(&source) else {
            return false;
        };
        if seq <= known.have || self.kept.contains_key(&(seq, source)) {
            return false;
        }
        self.kept.insert((seq, source), payload);
        while self.kept.contains_key(&(known.have + 1, source)) {
            known.have += 1;
        }
        true
    }

    pub(crate) fn note_sent(&mut self, seq: i64, now: Time) {
        self.sent_at.insert(seq, now);
    }

    pub(crate) fn acknowledged(&mut self, source: GcommUuid, aru: i64) {
        if self.frozen {
            return;
        }
        if let Some(known) = self.sources.get_mut(&source) {
            known.safe = known.safe.max(aru);
        }
    }

    /// A change of the view has begun: what is safe from here on is decided together.
    pub(crate) const fn freeze(&mut self) {
        self.frozen = true;
    }

    /// The change has been agreed on.
    pub(crate) const fn thaw(&mut self) {
        self.frozen = false;
    }

    /// Up to where each member is known to have everything.
    pub(crate) fn safe_seqs(&self) -> BTreeMap<GcommUuid, i64> {
        self.sources
            .iter()
            .map(|(uuid, source)| (*uuid, source.safe))
            .collect()
    }

    /// Up to where everything from everybody is here.
    pub(crate) fn aru(&self) -> i64 {
        let all = self.sources.values().map(|source| source.have);
        all.min().expect("invariant: a view has a member")
    }

    /// Up to where everybody is known to have everything.
    pub(crate) fn safe(&self) -> i64 {
        self.sources
            .values()
            .map(|source| source.safe)
            .min()
            .unwrap_or(-1)
    }

    /// Returns the highest number that anybody has used.
    pub(crate) fn highest(&self) -> i64 {
        self.sources
            .values()
            .map(|source| source.have)
            .max()
            .unwrap_or(-1)
    }

    pub(crate) fn have(&self) -> BTreeMap<GcommUuid, i64> {
        self.sources
            .iter()
            .map(|(uuid, source)| (*uuid, source.have))
            .collect()
    }

    /// Returns the next message that every member has, in order.
    pub(crate) fn pop_safe(&mut self) -> Option<(GcommUuid, Option<PcMessage>)> {
        if self.kept.is_empty() {
            return None;
        }
        let safe = self.safe();
        let next = self.next_place()?;
        if next.0 > safe {
            return None;
        }
        self.take(next)
    }

    /// Returns the next message that is here, in order, whether or not others have it: what remains when the
    /// view is over (`evs_proto.cpp:deliver_trans`).
    pub(crate) fn pop_rest(&mut self) -> Option<(GcommUuid, Option<PcMessage>)> {
        let next = *self.kept.keys().find(|place| {
            self.delivered.is_none_or(|delivered| **place > delivered)
                && self
                    .sources
                    .get(&place.1)
                    .is_some_and(|source| place.0 <= source.have)
        })?;
        self.take(next)
    }

    fn next_place(&self) -> Option<(i64, GcommUuid)> {
        let first = self.sources.keys().next()?;
        Some(match self.delivered {
            None => (0, *first),
            Some((seq, uuid)) => self
                .sources
                .range((std::ops::Bound::Excluded(uuid), std::ops::Bound::Unbounded))
                .next()
                .map_or((seq + 1, *first), |(next, _)| (seq, *next)),
        })
    }

    fn take(&mut self, place: (i64, GcommUuid)) -> Option<(GcommUuid, Option<PcMessage>)> {
        let payload = self.kept.get(&place)?.clone();
        self.delivered = Some(place);
        let safe = self.safe();
        // Members can still ask for messages after `safe`. Earlier ones are not needed again.
        self.kept.retain(|kept, _| kept.0 > safe || *kept > place);
        self.sent_at.retain(|seq, _| *seq > safe);
        Some((place.1, payload))
    }

    /// Returns whether everything that was said is known to be everywhere, and nothing waits.
    pub(crate) fn is_settled(&self) -> bool {
        self.kept.is_empty() && self.sent_at.is_empty() && self.safe() == self.highest()
    }

    /// Messages of `source` above `from` that are here, for a member that lacks them.
    pub(crate) fn missing_above(
        &self,
        source: GcommUuid,
        from: i64,
    ) -> Vec<(i64, Option<PcMessage>)> {
        self.kept
            .iter()
            .filter(|((seq, uuid), _)| *uuid == source && *seq > from)
            .map(|((seq, _), payload)| (*seq, payload.clone()))
            .collect()
    }

    /// Returns whether an own message was sent long enough ago to be sent again.
    pub(crate) fn due_again(&self, seq: i64, now: Time, after: Time) -> bool {
        self.sent_at
            .get(&seq)
            .is_none_or(|sent| now.since(*sent) >= after)
    }

    /// Returns a message of the view, made of what is kept.
    pub(crate) fn user_message(
        &self,
        view: seatrial_galera::ViewId,
        seq: i64,
        payload: Option<PcMessage>,
    ) -> UserMessage {
        UserMessage {
            view,
            seq,
            aru: self.aru(),
            payload,
            retransmitted: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uuid(n: u32) -> GcommUuid {
        GcommUuid::new(n, 0, 0, 0)
    }

    #[test]
    fn a_message_waits_until_everybody_has_acknowledged_its_round() {
        let (a, b) = (uuid(1), uuid(2));
        let mut map = InputMap::new([&a, &b]);
        assert!(map.insert(a, 0, None));
        assert_eq!(map.aru(), -1);
        assert!(map.insert(b, 0, None));
        assert_eq!(map.aru(), 0);
        map.acknowledged(a, 0);
        assert_eq!(map.pop_safe(), None);
        map.acknowledged(b, 0);
        assert_eq!(map.pop_safe().map(|(source, _)| source), Some(a));
        assert_eq!(map.pop_safe().map(|(source, _)| source), Some(b));
        assert_eq!(map.pop_safe(), None);
    }

    #[test]
    fn a_gap_stops_the_acknowledgement_and_the_rest_is_cut_at_it() {
        let (a, b) = (uuid(1), uuid(2));
        let mut map = InputMap::new([&a, &b]);
        assert!(map.insert(a, 1, None));
        assert_eq!(map.have().get(&a), Some(&-1));
        assert_eq!(map.pop_rest(), None);
        assert!(map.insert(a, 0, None));
        assert!(!map.insert(a, 0, None));
        assert_eq!(map.have().get(&a), Some(&1));
        assert_eq!(map.pop_rest().map(|(source, _)| source), Some(a));
        assert_eq!(map.pop_rest().map(|(source, _)| source), Some(a));
        assert_eq!(map.pop_rest(), None);
    }
}
