//! The key of a state at rest: the part of the state that determines what happens next, as marks that can
//! be compared between runs.
//!
//! A key leaves out what no later step depends on: instants, counters of requests and messages, the
//! numbers from which identities are made. Identities, positions and view numbers stay, as marks of their
//! kinds, so that a comparison of keys can rank them.
//!
//! There are two precisions. The exact key keeps all memory, so that it grows with the path. The key for
//! ever keeps what a later step can still ask for, so that there are finitely many. A place that leaves
//! something out asks [`StateKey::is_exact`] and says why nobody can ask for it.

use std::collections::BTreeSet;
use std::sync::Arc;

use seatrial_galera::{GcommUuid, Position, Seqno, StateUuid, ViewId, ViewType};

/// One thing in a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mark {
    /// Adds a word that names what follows.
    Word(&'static str),
    /// A number that means itself: a switch, a phase, a count.
    Plain(i64),
    /// A process of the group.
    Uuid(GcommUuid),
    /// A history.
    History(StateUuid),
    /// A position in a history.
    Position(StateUuid, Seqno),
    /// The number of a primary configuration.
    ConfNumber(i64),
    /// The number of a view.
    ViewNumber(u32),
    /// The number of a view that a running process is in: it is compared with others when they meet.
    LiveViewNumber(u32),
    /// A process of the group that has ended and cannot come back: its node counts, and whether a later
    /// incarnation of it lives.
    Dead(GcommUuid),
    /// A remembered primary view, by its place in the order of those. Only the key for ever has it.
    Remembered(ViewId),
    /// A saved view: it is only asked whether two are the same. Only the key for ever has it.
    Saved(ViewId),
    /// The position of a node's data. A write-set cache is measured by these.
    Held(StateUuid, Seqno),
    /// The lowest position of a write-set cache: it counts which nodes' next positions it covers.
    CacheLow(StateUuid, Seqno),
    /// Items begin, whose order does not matter.
    Set,
    /// The next item of a set.
    Item,
    /// The items of a set end.
    EndOfSet,
}

/// The identities that can still speak.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Living {
    /// Those of running processes.
    pub running: BTreeSet<GcommUuid>,
    /// Those in saved views, of which the next process takes a later incarnation.
    pub saved: BTreeSet<GcommUuid>,
    /// Whether the procedure reads old lines of the log.
    pub logs_count: bool,
}

/// The key of a state, or a part of it: marks in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct StateKey {
    /// The marks.
    pub marks: Vec<Mark>,
    /// The identities that can still speak, in a key for ever; `None` in an exact key.
    living: Option<Arc<Living>>,
}

impl StateKey {
    /// Returns an empty key for ever.
    pub fn for_ever(living: &Arc<Living>) -> Self {
        Self {
            marks: Vec::new(),
            living: Some(Arc::clone(living)),
        }
    }

    /// Returns whether all memory is kept.
    pub const fn is_exact(&self) -> bool {
        self.living.is_none()
    }

    /// Returns whether old lines of logs count.
    pub fn has_logs(&self) -> bool {
        let living = self.living.as_ref();
        living.is_none_or(|living| living.logs_count)
    }

    /// Returns whether this process runs, as far as the key knows: in an exact key, any can.
    pub fn runs(&self, uuid: GcommUuid) -> bool {
        let living = self.living.as_ref();
        living.is_none_or(|living| living.running.contains(&uuid))
    }

    /// Returns whether an incarnation of this identity runs or is saved.
    pub fn lives_again(&self, uuid: GcommUuid) -> bool {
        let living = self.living.as_ref();
        living.is_none_or(|living| {
            let mut all = living.running.union(&living.saved);
            all.any(|one| one.same_fixed_part(uuid))
        })
    }

    /// Returns whether this process runs, or a later incarnation of it can be started.
    fn lives(&self, uuid: GcommUuid) -> bool {
        let saved = self.living.as_ref().map(|living| &living.saved);
        uuid.is_nil() || self.runs(uuid) || saved.is_some_and(|saved| saved.contains(&uuid))
    }

    /// Adds a word.
    pub fn word(&mut self, word: &'static str) {
        self.marks.push(Mark::Word(word));
    }

    /// Adds a switch.
    pub fn flag(&mut self, on: bool) {
        self.marks.push(Mark::Plain(i64::from(on)));
    }

    /// Adds a number that means itself.
    pub fn plain(&mut self, number: impl Into<i64>) {
        self.marks.push(Mark::Plain(number.into()));
    }

    /// Adds how many follow.
    pub fn count(&mut self, number: usize) {
        self.marks
            .push(Mark::Plain(i64::try_from(number).unwrap_or(i64::MAX)));
    }

    /// Adds an identity.
    pub fn uuid(&mut self, uuid: GcommUuid) {
        self.marks.push(if self.lives(uuid) {
            Mark::Uuid(uuid)
        } else {
            Mark::Dead(uuid)
        });
    }

    /// Adds identities, in their order. In a key for ever, dead ones of one node count once.
    pub fn uuids<'a>(&mut self, uuids: impl IntoIterator<Item = &'a GcommUuid>) {
        if !self.is_exact() {
            self.set(uuids, |key, uuid| key.uuid(*uuid));
            return;
        }
        let before = self.marks.len();
        self.marks
            .extend(uuids.into_iter().map(|uuid| Mark::Uuid(*uuid)));
        self.count(self.marks.len() - before);
    }

    /// Adds items whose order does not matter; items that say the same count once.
    pub fn set<T>(&mut self, items: impl IntoIterator<Item = T>, add: impl Fn(&mut Self, T)) {
        self.marks.push(Mark::Set);
        for item in items {
            self.marks.push(Mark::Item);
            add(self, item);
        }
        self.marks.push(Mark::EndOfSet);
    }

    /// Adds a position.
    pub fn position(&mut self, position: Position) {
        self.marks
            .push(Mark::Position(position.uuid, position.seqno));
    }

    /// Adds the position of a node's data.
    pub fn held(&mut self, position: Position) {
        self.marks.push(Mark::Held(position.uuid, position.seqno));
    }

    /// Adds a view that a node remembers.
    pub fn view(&mut self, view: ViewId) {
        self.plain(view.kind.number());
        self.uuid(view.uuid);
        self.marks.push(if self.is_exact() {
            Mark::ViewNumber(view.seq)
        } else {
            Mark::Saved(view)
        });
    }

    /// Adds the last primary view that a node remembers of a process. One that a process has only restored is a
    /// saved one: it is never among those whose greatest counts.
    pub fn last_primary(&mut self, view: ViewId) {
        if self.is_exact() || view.kind != ViewType::Prim {
            self.view(view);
            return;
        }
        self.plain(view.kind.number());
        self.uuid(view.uuid);
        self.marks.push(Mark::Remembered(view));
    }
}
