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
    /// A saved view: who made it, and the order of its number among those of its maker. Only the key for ever has it.
    Saved(ViewId),
    /// All lives of one identity: its node counts, and where else it occurs. Only the key for ever has it.
    Lives(GcommUuid),
    /// Nodes, as bits by their numbers.
    Nodes(u32),
    /// The position of a node's data. A write-set cache is measured by these.
    Held(StateUuid, Seqno),
    /// The lowest position of a write-set cache: it counts which nodes' next positions it covers, and, if the choice of a
    /// donor matters, its rank among those of other caches.
    CacheLow(StateUuid, Seqno, bool),
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
    /// The views that can be restored: those of running servers that wait, and those in files.
    pub views: Vec<SavedView>,
    /// Whether the procedure reads old lines of the log.
    pub logs_count: bool,
    /// Whether the procedure reads the members of saved views.
    pub views_count: bool,
    /// Whether running nodes can be kept apart, so that one waits while others make a new component.
    pub apart: bool,
    /// Whether there can be two primary components that know nothing of each other.
    pub forks: bool,
    /// Whether donors can differ in what they hand on.
    pub donors: bool,
}

/// A view that a node restores, or that its next process can restore.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SavedView {
    /// The number of the node.
    pub node: u32,
    /// Whether it lies in a file; otherwise the running server waits with it.
    pub in_file: bool,
    /// The identity to which it belongs.
    pub owner: GcommUuid,
    /// The view.
    pub id: ViewId,
    /// Its members.
    pub members: BTreeSet<GcommUuid>,
}

/// Returns whether a member whose last primary view is this one does not keep a view from being restored: it has the
/// same maker, and no greater number (`pc_proto.cpp:deliver_view`).
fn agrees(last: ViewId, view: ViewId) -> bool {
    last.uuid == view.uuid && last.seq <= view.seq
}

impl SavedView {
    /// Returns whether a record of this process, with this last primary view, keeps the view from being restored
    /// (`pc_proto.cpp:deliver_view`): the process is a member, and its last view is another one, unless an
    /// earlier one of the same maker.
    pub fn is_blocked_by(&self, uuid: GcommUuid, last: ViewId) -> bool {
        let is_member = self.members.iter().any(|one| one.same_fixed_part(uuid));
        is_member && !(last.kind == ViewType::NonPrim && agrees(last, self.id))
    }
}

impl Living {
    /// Returns whether an incarnation of this identity runs or can be started.
    fn has(&self, uuid: GcommUuid) -> bool {
        let mut all = self.running.union(&self.saved);
        all.any(|one| one.same_fixed_part(uuid))
    }

    /// Returns whether this view can still be restored: each of its members has a saved view that agrees with it. A
    /// member that has lost its saved view, or has got a later one, never agrees again.
    fn can_restore(&self, id: ViewId, members: &BTreeSet<GcommUuid>) -> bool {
        let agreeing = |member: &GcommUuid| {
            let mut views = self.views.iter();
            views.any(|view| view.owner.same_fixed_part(*member) && agrees(view.id, id))
        };
        members.iter().all(agreeing)
    }
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

    /// Adds the members of a saved view for a procedure that compares those of several views, also of views that no node
    /// can restore. Incarnations do not count.
    pub fn members_to_compare<'a>(&mut self, uuids: impl IntoIterator<Item = &'a GcommUuid>) {
        let living = self.living.as_ref();
        if living.is_some_and(|living| living.views_count) {
            self.set(uuids, |key, uuid| key.marks.push(Mark::Lives(*uuid)));
        }
    }

    /// Returns whether this process runs, as far as the key knows: in an exact key, any can.
    pub fn runs(&self, uuid: GcommUuid) -> bool {
        let living = self.living.as_ref();
        living.is_none_or(|living| living.running.contains(&uuid))
    }

    /// Returns whether an incarnation of this identity runs or is saved.
    pub fn lives_again(&self, uuid: GcommUuid) -> bool {
        let living = self.living.as_ref();
        living.is_none_or(|living| living.has(uuid))
    }

    /// Returns whether this saved view can still be restored. In an exact key, any can.
    pub fn can_restore(&self, id: ViewId, members: &BTreeSet<GcommUuid>) -> bool {
        let living = self.living.as_ref();
        living.is_none_or(|living| living.can_restore(id, members))
    }

    /// Returns whether running nodes can be kept apart.
    pub fn has_apart(&self) -> bool {
        self.living.as_ref().is_none_or(|living| living.apart)
    }

    /// Returns whether there can be two primary components that know nothing of each other.
    fn has_forks(&self) -> bool {
        self.living.as_ref().is_none_or(|living| living.forks)
    }

    /// Returns the nodes whose view, in a file or with a waiting server, cannot be restored where this record is known.
    pub fn blocked(&self, in_file: bool, uuid: GcommUuid, last: ViewId) -> u32 {
        let Some(living) = &self.living else { return 0 };
        let views = living.views.iter().filter(|view| {
            view.in_file == in_file
                && living.can_restore(view.id, &view.members)
                && view.is_blocked_by(uuid, last)
        });
        views.fold(0, |bits, view| bits | 1 << view.node)
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

    /// Adds the end of a write-set cache. The donor with the highest end is chosen
    /// (`gcs_group.cpp:group_find_ist_donor`).
    pub fn cache_low(&mut self, history: StateUuid, low: Seqno) {
        let living = self.living.as_ref();
        let donors = living.is_none_or(|living| living.donors);
        self.marks.push(Mark::CacheLow(history, low, donors));
    }

    /// Adds the members of a view that can be restored. Incarnations do not count (`pc_proto.cpp:deliver_view`), so in
    /// a key for ever each counts by its node and by the identity that its node has now.
    pub fn members_of_saved<'a>(&mut self, uuids: impl IntoIterator<Item = &'a GcommUuid>) {
        if self.is_exact() {
            self.uuids(uuids);
        } else {
            self.set(uuids, |key, uuid| key.marks.push(Mark::Dead(*uuid)));
        }
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
        if !self.is_exact() {
            self.marks.push(Mark::Saved(view));
        }
        self.number_of_view(view.seq);
    }

    /// Adds the number of a view that is over. Numbers decide which of two primary components that meet goes on
    /// (`pc_proto.cpp:handle_state`), and which remembered primary view is the greatest (`pc_proto.cpp:is_prim`). Where
    /// each primary component comes from the one before, its number is greater than all that its members know
    /// (`evs_proto.cpp:send_install`), and the order of the remembered and of the saved views is all that is compared.
    pub fn number_of_view(&mut self, number: u32) {
        if self.has_forks() {
            self.marks.push(Mark::ViewNumber(number));
        }
    }

    /// Adds the number of the view that a running process is in.
    pub fn number_of_live_view(&mut self, number: u32) {
        if self.has_forks() {
            self.marks.push(Mark::LiveViewNumber(number));
        }
    }

    /// Adds the last primary view that a node remembers of a process. One that a process has only restored counts
    /// by the views that it keeps from being restored.
    pub fn last_primary(&mut self, of: GcommUuid, view: ViewId) {
        if view.kind == ViewType::Prim {
            self.plain(view.kind.number());
            self.uuid(view.uuid);
            self.marks.push(Mark::Remembered(view));
        } else {
            self.blocks(of, view);
        }
    }

    /// Adds the maker of a view, if it runs and nodes can be kept apart: it can make later views, from which a record of
    /// this one does not keep anybody.
    pub fn maker(&mut self, view: ViewId) {
        if self.has_apart() {
            let runs = self.runs(view.uuid);
            self.flag(runs);
            if runs {
                self.uuid(view.uuid);
            }
        }
    }

    /// Adds the views that a record of this process keeps from being restored. Where nodes are kept apart, views that
    /// come later count too: each has a running process as its maker.
    pub fn blocks(&mut self, of: GcommUuid, last: ViewId) {
        self.maker(last);
        for in_file in [false, true] {
            let nodes = self.blocked(in_file, of, last);
            self.marks.push(Mark::Nodes(nodes));
        }
    }
}
