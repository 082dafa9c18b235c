//! The key of a machine at rest: the part of its state that determines what happens next.

use std::collections::BTreeSet;

use seatrial_galera::{GraState, GvwRead, GvwState, Position};
use seatrial_node::{Frame, Gcache, GroupFrame, Living, Mark, Peer, SavedView, StateKey};
use seatrial_scenarios::console::{MARIADB_LOG, UnitFileState, UnitState};

use crate::disk::{GRASTATE, GVWSTATE};

use crate::machine::options;
use crate::machine::parts::Incoming;
use crate::machine::whole::Machine;

/// The line by which operators find a recovered position in the log.
const RECOVERED: &str = "WSREP: Recovered position";

/// The beginning of the line of a bootstrap that is refused.
const REFUSED: &str = "It may not be safe to bootstrap the cluster from this node.";

/// The beginning of the line that tells of a component.
const COMPONENT: &str = "New COMPONENT: ";

impl Machine {
    /// Adds the key of this machine at rest, without the rows that it holds.
    ///
    /// Left out: what a loss of power would take (the disk is written back after a few quiet
    /// seconds), terminals of programs that wait for something, and the log but for the last
    /// recovered position in it.
    pub(crate) fn key(&self, into: &mut StateKey) {
        into.word("machine");
        into.flag(self.powered);
        into.plain(match self.service.state() {
            UnitState::Inactive => -1_i64,
            UnitState::Activating => -2,
            UnitState::Active => -3,
            UnitState::Deactivating => -4,
            // With what code is shown by systemctl, and no procedure decides by it.
            UnitState::Failed(_) if !into.is_exact() => 1,
            UnitState::Failed(code) => i64::from(code),
        });
        if into.is_exact() {
            into.plain(self.daemon.exit().map_or(-1, i64::from));
            into.flag(self.daemon.has_reversed());
        } else {
            // The end of the process before is forgotten as soon as one runs.
            let ended = self
                .daemon
                .exit()
                .filter(|_| self.daemon.server().is_none());
            into.flag(ended.is_some_and(|exit| exit != 0));
            into.flag(ended.is_some() && self.daemon.has_reversed());
        }
        into.flag(self.daemon.has_socket_file());
        into.flag(self.service.new_cluster());
        into.flag(self.daemon.backend_runs());
        self.key_of_unit(into);
        key_of_grastate(self.storage.disk().read(GRASTATE), into);
        key_of_gvwstate(self.storage.disk().read(GVWSTATE), into);
        let data = self.storage.disk().database().position;
        into.held(data);
        into.flag(self.storage.disk().database().half_copied);
        self.storage.disk().cache().key(data, into);
        // Nodes never read the log.
        if into.has_logs() {
            into.position(self.logged_position());
        }
        let Some(server) = self.daemon.server() else {
            into.word("no process");
            return;
        };
        into.flag(server.hung);
        // If the file was replaced, the server goes on writing to the old one.
        let handle_is_current = server.grastate == self.storage.disk().inode(GRASTATE);
        into.flag(handle_is_current);
        into.count(server.process.disk_operations());
        // The senders of queued messages. Their number depends only on how long the server was suspended.
        let mut spoken = BTreeSet::new();
        for incoming in &server.inbox {
            match incoming {
                Incoming::Received(_, Frame::Group(GroupFrame::Hello { uuid })) => {
                    spoken.insert(*uuid);
                }
                Incoming::Statement(..) => into.word("a statement waits"),
                Incoming::Term => into.word("SIGTERM waits"),
                Incoming::LinkUp(..)
                | Incoming::LinkDown(..)
                | Incoming::LinkWaits(..)
                | Incoming::Received(..) => {}
            }
        }
        into.uuids(&spoken);
        server.node().key(into);
    }

    /// Adds what an operator has changed of the unit. Nobody has changed anything in most runs.
    fn key_of_unit(&self, into: &mut StateKey) {
        match self.service.file() {
            UnitFileState::Enabled => {}
            UnitFileState::Disabled => into.word("disabled"),
            UnitFileState::Masked => into.word("masked"),
        }
        if let Some(started) = self.hand.started() {
            into.word("started by hand");
            into.flag(started.watched);
            into.flag(started.begins.is_some());
            into.flag(started.options.new_cluster);
            for byte in started.options.lines.iter().flat_map(|line| line.bytes()) {
                into.plain(byte);
            }
        }
        for (name, value) in self.service.environment() {
            if options::VARIABLES.contains(&name.as_str()) {
                into.word("environment");
                into.count(value.len());
                for byte in name.bytes().chain(value.bytes()) {
                    into.plain(byte);
                }
            }
        }
    }

    /// Adds the identities under which a server of this machine speaks: that of the running one, and the one
    /// that is saved for the next, with the views that they can restore. `node` is the machine's number.
    pub(crate) fn identities(&self, node: u32, living: &mut Living) {
        if let Some(GvwRead::Restored(state)) =
            self.storage.disk().read(GVWSTATE).map(GvwState::read)
        {
            living.saved.insert(state.my_uuid);
            living.views.push(SavedView {
                node,
                in_file: true,
                owner: state.my_uuid,
                id: state.view_id,
                members: state.members.iter().map(|(uuid, _)| *uuid).collect(),
            });
        }
        if let Some(server) = self.daemon.server() {
            living.running.insert(server.node().identity_in_group());
            let waits = server.node().waits_with();
            living
                .views
                .extend(waits.map(|view| SavedView { node, ..view }));
        }
    }

    /// Returns the rules of `docs/rules.md` that keep this node from serving: those by which its server waits, or that
    /// of a bootstrap that was refused and after which the node has seen no component.
    pub(crate) fn held_by(&self) -> Vec<&'static str> {
        if let Some(server) = self.daemon.server() {
            return server.node().waits_by();
        }
        let log = self.storage.disk().read(MARIADB_LOG).unwrap_or_default();
        let refused = log.rfind(REFUSED);
        if refused.is_some() && refused > log.rfind(COMPONENT) {
            vec!["S9"]
        } else {
            Vec::new()
        }
    }

    /// Adds what its server has to do with a peer.
    pub(crate) fn key_of_peer(&self, peer: Peer, other: &Self, into: &mut StateKey) {
        let Some(server) = self.daemon.server() else {
            return;
        };
        server.node().key_of_peer(peer, into);
        if let Some(theirs) = other.daemon.server() {
            into.flag(
                server
                    .node()
                    .has_left_behind(theirs.node().membership_view()),
            );
        }
    }

    /// Returns whether its server has a connection of group communication with a peer.
    pub(crate) fn is_linked(&self, peer: Peer) -> bool {
        let process = self.daemon.server();
        process.is_some_and(|server| server.node().is_linked(peer))
    }

    /// Returns the write-set cache, as the process has it, if there is one.
    pub(crate) fn cache(&self) -> &Gcache {
        let process = self.daemon.server();
        process.map_or_else(
            || self.storage.disk().cache(),
            |server| server.node().cache(),
        )
    }

    /// Returns the database, as a client or the next process would see it.
    pub(crate) fn database(&self) -> &seatrial_node::Database {
        let open = self.daemon.open_server();
        open.map_or_else(
            || self.storage.disk().database(),
            |server| server.node().database(),
        )
    }

    /// Returns whether a server that has been suspended runs here.
    pub fn hangs(&self) -> bool {
        self.daemon.hangs()
    }

    /// Returns the last component that the log tells of, as far as it says how many members it had and
    /// whether it was primary.
    pub(crate) fn last_component(&self) -> String {
        let log = self.storage.disk().read(MARIADB_LOG).unwrap_or_default();
        let line = log
            .rfind(COMPONENT)
            .map_or("", |at| &log[at + COMPONENT.len()..]);
        let line = line.lines().next().unwrap_or_default();
        // The node's own place among the members says nothing but the order of identities.
        let telling = |part: &&str| part.starts_with("primary") || part.starts_with("memb_num");
        let parts: Vec<&str> = line.split(", ").filter(telling).collect();
        parts.join(", ")
    }

    fn logged_position(&self) -> Position {
        let log = self.storage.disk().read(MARIADB_LOG).unwrap_or_default();
        let line = log
            .rfind(RECOVERED)
            .and_then(|at| log[at..].lines().next())
            .unwrap_or_default();
        let words = line.split([' ', ',']);
        words
            .filter_map(|word| word.parse().ok())
            .next_back()
            .unwrap_or(Position::UNDEFINED)
    }
}

fn key_of_grastate(text: Option<&str>, into: &mut StateKey) {
    let Some(text) = text else {
        into.word("no grastate.dat");
        return;
    };
    let state = GraState::read(text);
    into.position(state.position());
    into.flag(state.safe_to_bootstrap);
    into.flag(text.is_empty());
    into.flag(text == state.to_string());
}

fn key_of_gvwstate(text: Option<&str>, into: &mut StateKey) {
    let Some(text) = text else {
        into.word("no gvwstate.dat");
        return;
    };
    match GvwState::read(text) {
        GvwRead::Restored(state) => {
            into.word("gvwstate.dat");
            into.uuid(state.my_uuid);
            let members: BTreeSet<_> = state.members.iter().map(|(uuid, _)| *uuid).collect();
            let counts = into.can_restore(state.view_id, &members);
            if counts {
                into.view(state.view_id);
            } else {
                into.word("cannot be restored");
                // The next process has it as its last primary view all the same (`pc.cpp:PC`, constructor).
                into.maker(state.view_id);
            }
            if !into.is_exact() {
                // The next process begins with the number after it (`evs_proto.cpp:Proto`, constructor).
                into.number_of_live_view(state.view_id.seq);
            }
            into.members_to_compare(&members);
            if into.is_exact() {
                // Nobody reads it again (`pc.cpp:PC`, constructor).
                into.flag(state.bootstrap);
                let members = state.members.iter().map(|(uuid, _)| Mark::Uuid(*uuid));
                into.marks.extend(members);
            } else if counts {
                into.members_of_saved(&members);
            }
        }
        GvwRead::Nil => into.word("nil gvwstate.dat"),
        GvwRead::Garbage => into.word("no view in gvwstate.dat"),
    }
}
