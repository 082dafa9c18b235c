//! The key of a state at rest: the part of the state that determines what happens next, as marks that can
//! be compared between runs.
//!
//! A key leaves out what no later step depends on: instants, counters of requests and messages, the
//! numbers from which identities are made. Identities, positions and view numbers stay, as marks of their
//! kinds, so that a comparison of keys can rank them.

use seatrial_galera::{GcommUuid, Position, Seqno, StateUuid, ViewId};

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
}

/// The key of a state, or a part of it: marks in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct StateKey(pub Vec<Mark>);

impl StateKey {
    /// Adds a word.
    pub fn word(&mut self, word: &'static str) {
        self.0.push(Mark::Word(word));
    }

    /// Adds a switch.
    pub fn flag(&mut self, on: bool) {
        self.0.push(Mark::Plain(i64::from(on)));
    }

    /// Adds a number that means itself.
    pub fn plain(&mut self, number: impl Into<i64>) {
        self.0.push(Mark::Plain(number.into()));
    }

    /// Adds how many follow.
    pub fn count(&mut self, number: usize) {
        self.0
            .push(Mark::Plain(i64::try_from(number).unwrap_or(i64::MAX)));
    }

    /// Adds an identity.
    pub fn uuid(&mut self, uuid: GcommUuid) {
        self.0.push(Mark::Uuid(uuid));
    }

    /// Adds identities, in their order.
    pub fn uuids<'a>(&mut self, uuids: impl IntoIterator<Item = &'a GcommUuid>) {
        let before = self.0.len();
        self.0
            .extend(uuids.into_iter().map(|uuid| Mark::Uuid(*uuid)));
        self.count(self.0.len() - before);
    }

    /// Adds a position.
    pub fn position(&mut self, position: Position) {
        self.0.push(Mark::Position(position.uuid, position.seqno));
    }

    /// Adds a view that a node remembers.
    pub fn view(&mut self, view: ViewId) {
        self.plain(view.kind.number());
        self.uuid(view.uuid);
        self.0.push(Mark::ViewNumber(view.seq));
    }
}
