//! The key of a process at rest: the part of its state that determines what happens next.

use std::cmp::Ordering;

use seatrial_galera::{GcommUuid, Position, ViewId};

use crate::cache::Gcache;
use crate::frame::GcsNodeState;
use crate::key::{SavedView, StateKey};
use crate::peer::Peer;

use crate::node::whole::Node;

impl Node {
    /// Adds the key of this process at rest, without its rows and without what it has to do with single
    /// peers.
    pub fn key(&self, into: &mut StateKey) {
        into.uuid(self.group.uuid());
        into.word("node");
        into.plain(self.life.phase() as u8);
        into.plain(self.life.closing() as u8);
        // The way in which a process was started does not matter once it runs.
        let started_anew = into.is_exact() && self.life.boot().new_cluster;
        // The limit of the wait is asked until the port is open, and whether SYNC was sent while the node is JOINED
        // (`gcs.cpp:gcs_send_sync`).
        let waits = into.is_exact() || !self.life.port_open();
        let joined = self.group.gcs.my_status() == GcsNodeState::Joined;
        let told_synced = into.is_exact() || joined;
        for flag in [
            started_anew,
            self.group.is_open(),
            waits && self.group.waits_without_limit(),
            self.store.is_corrupt(),
            self.applier.is_armed(),
            self.applier.is_paused(),
            self.applier.is_locked(),
            self.clients.someone_stays(),
            told_synced && self.applier.has_sent_sync(),
            self.transfer.has_failed(),
            self.transfer.is_joining(),
            self.transfer.is_donating(),
            self.applier.is_synced(),
            self.life.port_open(),
            self.life.term_received(),
            self.life.term_while_waiting(),
        ] {
            into.flag(flag);
        }
        if !self.clients.sessions().is_idle() {
            into.word("sessions");
        }
        if self.applier.is_stuck() {
            into.word("stuck");
        }
        if self.group.gcs.is_stopped() {
            into.word("stopped");
        }
        if self.applier.is_desynced() {
            into.word("desynced");
        }
        let saved = self.store.saved();
        into.position(saved.position());
        into.flag(saved.safe_to_bootstrap);
        into.held(self.store.position());
        into.count(self.applier.waiting());
        into.count(self.clients.pending());
        into.count(self.clients.held());
        match self.applier.conf() {
            None => into.word("no conf"),
            Some(conf) => {
                into.flag(conf.primary);
                into.plain(conf.members);
                if into.is_exact() {
                    // It is read as the configuration comes.
                    into.plain(conf.my_state as u8);
                }
                let at = Position::new(conf.uuid, conf.seqno);
                if into.is_exact() {
                    into.position(at);
                } else {
                    // The position of the last configuration is a matter of what was applied since then.
                    into.flag(at == self.store.position());
                }
            }
        }
        self.store.cache().key(self.store.position(), into);
        self.group.gmcast.key(into);
        self.group.evs.key(into);
        self.group.pc.key(into);
        self.group.gcs.key(into);
    }

    /// Adds what this process has to do with one peer.
    pub fn key_of_peer(&self, peer: Peer, into: &mut StateKey) {
        self.group.gmcast.key_of_peer(peer, into);
    }

    /// Returns whether the process has a connection with a peer.
    pub fn is_linked(&self, peer: Peer) -> bool {
        self.group.gmcast.is_linked(peer)
    }

    /// Returns the identity of the process in the group.
    pub const fn identity_in_group(&self) -> GcommUuid {
        self.group.uuid()
    }

    /// Returns the view that the process restores as soon as its members are there.
    pub fn waits_with(&self) -> Option<SavedView> {
        self.group.pc.waits_with()
    }

    /// Returns the rules of `docs/rules.md` by which the process waits for a primary component.
    pub fn waits_by(&self) -> Vec<&'static str> {
        self.group.pc.waits_by()
    }

    /// Returns the view of the membership that the process is in.
    pub const fn membership_view(&self) -> ViewId {
        self.group.evs.view_id()
    }

    /// Returns whether what comes from a view is old for this process.
    pub fn has_left_behind(&self, view: ViewId) -> bool {
        self.group.evs.has_left_behind(view)
    }

    /// The nodes have other names from here on, in log lines.
    pub fn rename(&mut self, names: Vec<String>) {
        self.identity.names = names;
    }

    /// Returns the write-set cache, as the process has it.
    pub const fn cache(&self) -> &Gcache {
        self.store.cache()
    }
}

impl Gcache {
    /// Adds which positions it covers. `data` is the position of the node's data.
    ///
    /// A joiner gets the missing write sets if the cache covers its next position
    /// (`replicator_str.cpp:ist_sst`). So the key for ever has the number of nodes whose next positions are
    /// below the cache, and how the cache's end stands to the data.
    pub fn key(&self, data: Position, into: &mut StateKey) {
        into.word("gcache");
        if !into.is_exact() {
            let last = self.events.last_key_value().map(|(seqno, _)| *seqno);
            let end = last.map_or(2, |last| match last.cmp(&data.seqno) {
                Ordering::Less => -1,
                Ordering::Equal => 0,
                Ordering::Greater => 1,
            });
            into.cache_low(self.uuid, self.lowest());
            into.plain(end);
            into.flag(self.uuid == data.uuid);
            return;
        }
        into.position(Position::new(self.uuid, self.lowest()));
        let last = self.events.last_key_value();
        let highest = last.map_or(seatrial_galera::Seqno::UNDEFINED, |(seqno, _)| *seqno);
        into.position(Position::new(self.uuid, highest));
    }
}
