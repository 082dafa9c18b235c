//! The views and messages that a node has seen, and what must be true between nodes (`gcomm/test/check_trace.cpp`).

use std::collections::{BTreeMap, BTreeSet};

use seatrial_galera::{ViewId, ViewType};

/// One view with the messages that were delivered in it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    id: ViewId,
    members: BTreeSet<u8>,
    /// Sender and number, in the order of delivery.
    messages: Vec<(u8, i64)>,
    /// Those who went on from it together, and what was delivered after that was known.
    together: Option<BTreeSet<u8>>,
    rest: Vec<(u8, i64)>,
}

/// Everything that one node has seen.
#[derive(Default)]
pub(super) struct Trace {
    seen: Vec<Seen>,
    said: BTreeSet<i64>,
    ordered: Vec<i64>,
}

impl Trace {
    pub(super) fn view(&mut self, id: ViewId, members: BTreeSet<u8>) {
        if id.kind == ViewType::Trans {
            if let Some(last) = self.seen.last_mut() {
                assert_eq!((last.id.uuid, last.id.seq), (id.uuid, id.seq));
                last.together = Some(members);
            }
        } else {
            self.seen.push(Seen {
                id,
                members,
                messages: Vec::new(),
                together: None,
                rest: Vec::new(),
            });
        }
    }

    pub(super) fn delivered(&mut self, source: u8, number: i64) {
        let last = self.seen.last_mut().expect("no message outside of a view");
        assert!(last.members.contains(&source), "a stranger's message");
        let place = match last.together {
            None => &mut last.messages,
            Some(_) => &mut last.rest,
        };
        place.push((source, number));
    }

    pub(super) fn said(&mut self, number: i64) {
        self.said.insert(number);
    }

    /// A message has got a place in the order of a primary component.
    pub(super) fn ordered(&mut self, number: i64) {
        self.ordered.push(number);
    }

    /// The numbers of all messages that were delivered.
    pub(super) fn numbers(&self) -> Vec<i64> {
        let seen = self.seen.iter();
        let messages = seen.flat_map(|seen| seen.messages.iter().chain(&seen.rest));
        messages.map(|(_, number)| *number).collect()
    }

    /// The members of all views, in order.
    pub(super) fn views(&self) -> Vec<Vec<u8>> {
        let seen = self.seen.iter();
        seen.map(|seen| seen.members.iter().copied().collect())
            .collect()
    }
}

/// Virtual synchrony: whoever goes on from a view together has got the same messages in it, in one order; a view
/// has the same members everywhere, and its number grows; nobody gets a message twice. What primary components have
/// ordered is in one order everywhere.
pub(super) fn check(traces: &[(u8, &Trace)]) {
    let mut views: BTreeMap<ViewId, BTreeSet<u8>> = BTreeMap::new();
    let mut went_on: BTreeMap<(ViewId, BTreeSet<u8>), &Seen> = BTreeMap::new();
    for (node, trace) in traces {
        let mut last = None;
        for seen in &trace.seen {
            assert!(
                last < Some(seen.id.seq),
                "node {node}: {} comes late",
                seen.id
            );
            last = Some(seen.id.seq);
            assert!(
                seen.members.contains(node),
                "node {node} is not in {}",
                seen.id
            );
            let members = views.entry(seen.id).or_insert_with(|| seen.members.clone());
            assert_eq!(*members, seen.members, "{}", seen.id);
            if let Some(together) = &seen.together {
                assert!(together.contains(node));
                let key = (seen.id, together.clone());
                let other = went_on.entry(key).or_insert(seen);
                assert_eq!(other.messages, seen.messages, "node {node} in {}", seen.id);
                assert_eq!(other.rest, seen.rest, "node {node} in {}", seen.id);
            }
        }
        let numbers = trace.numbers();
        let once: BTreeSet<i64> = numbers.iter().copied().collect();
        assert_eq!(once.len(), numbers.len(), "node {node} got a message twice");
    }
    for (one, first) in traces {
        for (other, second) in traces {
            for (a, b) in pairs(first, second) {
                let short = a.messages.len().min(b.messages.len());
                let order = (&a.messages[..short], &b.messages[..short]);
                assert_eq!(order.0, order.1, "nodes {one} and {other} in {}", a.id);
            }
            let common = |mine: &Trace, theirs: &Trace| -> Vec<i64> {
                let both = mine.ordered.iter();
                both.filter(|number| theirs.ordered.contains(number))
                    .copied()
                    .collect()
            };
            assert_eq!(
                common(first, second),
                common(second, first),
                "nodes {one} and {other} have ordered alike"
            );
        }
    }
}

/// The views that two nodes have both been in.
fn pairs<'a>(one: &'a Trace, other: &'a Trace) -> impl Iterator<Item = (&'a Seen, &'a Seen)> {
    one.seen.iter().flat_map(|a| {
        let same = other.seen.iter().filter(|b| b.id == a.id);
        same.map(move |b| (a, b))
    })
}
