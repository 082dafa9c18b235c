//! What of a process at rest decides the future.

use seatrial_galera::{Position, ViewId};

use crate::cache::Gcache;
use crate::frame::Peer;
use crate::picture::Picture;

use super::Node;

impl Node {
    /// Adds what decides the future of this process, if it is at rest, but for its rows and for what
    /// it has to do with single peers.
    pub fn picture(&self, into: &mut Picture) {
        into.uuid(self.uuid);
        into.word("node");
        into.plain(self.phase as u8);
        into.plain(self.closing as u8);
        for flag in [
            self.boot.new_cluster,
            self.channel_open,
            self.wait_without_limit,
            self.corrupt,
            self.apply_armed,
            self.paused,
            self.locked,
            self.hold_on_stop,
            self.sync_sent,
            self.ist_failure,
            self.joining.is_some(),
            self.donation.is_some(),
            self.synced,
            self.port_open,
            self.term_received,
            self.term_while_waiting,
        ] {
            into.flag(flag);
        }
        into.position(self.saved.position());
        into.flag(self.saved.safe_to_bootstrap);
        into.position(Position::new(self.state_uuid, self.committed));
        into.count(self.queue.len());
        into.count(self.pending.len());
        into.count(self.held.len());
        match &self.conf {
            None => into.word("no conf"),
            Some(conf) => {
                into.flag(conf.primary);
                into.plain(conf.members);
                into.plain(conf.my_state as u8);
                into.position(Position::new(conf.uuid, conf.seqno));
            }
        }
        self.cache.picture(into);
        self.gmcast.picture(into);
        self.evs.picture(into);
        self.pc.picture(into);
        self.gcs.picture(into);
    }

    /// Adds what this process has to do with one peer.
    pub fn picture_of_peer(&self, peer: Peer, into: &mut Picture) {
        self.gmcast.picture_of_peer(peer, into);
    }

    /// Whether the process has a connection with a peer.
    pub fn is_linked(&self, peer: Peer) -> bool {
        self.gmcast.is_linked(peer)
    }

    /// The view of the membership that the process is in.
    pub const fn membership_view(&self) -> ViewId {
        self.evs.view_id()
    }

    /// Whether what comes from a view is old for this process.
    pub fn has_left_behind(&self, view: ViewId) -> bool {
        self.evs.has_left_behind(view)
    }

    /// The nodes have other names from here on, in log lines.
    pub fn rename(&mut self, names: Vec<String>) {
        self.identity.names = names;
    }

    /// The write-set cache, as the process has it.
    pub const fn cache(&self) -> &Gcache {
        &self.cache
    }
}

impl Gcache {
    /// Adds which positions it covers.
    pub fn picture(&self, into: &mut Picture) {
        into.word("gcache");
        into.position(Position::new(self.uuid, self.lowest()));
        let last = self.events.last_key_value();
        let highest = last.map_or(seatrial_galera::Seqno::UNDEFINED, |(seqno, _)| *seqno);
        into.position(Position::new(self.uuid, highest));
    }
}
