//! The readable state of a process: its phase, its data, and the wsrep status variables
//! (`galera/src/replicator_smm_stats.cpp`, `sql/wsrep_server_service.cc:log_state_change`).

use std::collections::BTreeSet;

use seatrial_galera::{ClusterStatus, ConfId, GcommUuid, LocalState, StateUuid, StatusVariables};

use crate::config::Config;
use crate::database::Database;
use crate::frame::GcsNodeState;

use crate::node::parts::Phase;
use crate::node::whole::Node;

impl Node {
    /// Returns the phase of the process's life.
    pub const fn phase(&self) -> Phase {
        self.life.phase()
    }

    /// Returns whether the SQL port is open.
    pub const fn port_open(&self) -> bool {
        self.life.port_open()
    }

    /// Returns the process's database: what a client would read.
    pub const fn database(&self) -> &Database {
        self.store.database()
    }

    /// Returns the node's identity in the group.
    pub const fn gcomm_uuid(&self) -> GcommUuid {
        self.group.uuid()
    }

    /// Returns whether a state transfer is under way, on either side.
    pub const fn is_transferring(&self) -> bool {
        self.transfer.is_joining() || self.transfer.is_donating()
    }

    /// Returns whether the wait for a primary component has no limit.
    pub const fn waits_without_limit(&self) -> bool {
        self.group.waits_without_limit()
    }

    /// Returns the members of the last primary view: what quorum is counted over.
    pub const fn last_primary(&self) -> &BTreeSet<GcommUuid> {
        self.group.pc.last_primary()
    }

    /// Returns whether that is the donor's side.
    pub const fn is_donating(&self) -> bool {
        self.transfer.is_donating()
    }

    /// Returns whether the component that the node is in is primary, as the group's layer sees it.
    pub fn in_primary_view(&self) -> bool {
        self.group.is_primary()
    }

    /// Returns the members of the component that the node is in; empty before the first one.
    pub fn members(&self) -> BTreeSet<GcommUuid> {
        self.group.pc.members()
    }

    /// Returns whether connections of group communication are accepted.
    pub const fn listens(&self) -> bool {
        self.group.gmcast.is_open()
    }

    /// Returns whether connections for a state transfer are accepted.
    pub fn listens_for_transfer(&self) -> bool {
        self.transfer.listens()
    }

    /// Returns the wsrep status variables, as the server would show them.
    pub fn status(&self) -> StatusVariables {
        let conf = self.applier.conf();
        let disconnected = matches!(self.life.phase(), Phase::Disconnected | Phase::Ended);
        let primary = conf.is_some_and(|conf| conf.primary) && !disconnected;
        let joining = self.transfer.is_joining();
        let local_state = if self.store.is_corrupt() && self.group.is_open() {
            LocalState::Inconsistent
        } else if !primary || (joining && self.transfer.donor().is_none()) {
            // A joiner that has no donor yet counts as connected (`replicator_str.cpp:request_state_transfer` shifts to
            // S_JOINING when its request is answered).
            LocalState::Initialized
        } else if joining {
            LocalState::Joining
        } else {
            match self.group.gcs.my_status() {
                GcsNodeState::Donor => LocalState::Donor,
                // The group may count a node whose applier is held as something else by now, and the node does not
                // hear of it (`replicator_smm.cpp:process_join` waits for the local monitor, which `pause` keeps).
                _ if self.applier.is_paused() => LocalState::Donor,
                _ if self.applier.is_synced() => LocalState::Synced,
                _ => LocalState::Joined,
            }
        };
        let cluster_status = if disconnected {
            ClusterStatus::Disconnected
        } else if primary && !joining {
            ClusterStatus::Primary
        } else {
            ClusterStatus::NonPrimary
        };
        let size = match (disconnected, conf) {
            (true, _) | (_, None) => 0,
            (false, Some(conf)) => conf.members,
        };
        let conf_id = conf
            .filter(|conf| conf.primary && !disconnected)
            .and_then(|conf| u64::try_from(conf.number).ok())
            .map_or(ConfId::UNDEFINED, ConfId);
        StatusVariables {
            cluster_conf_id: conf_id,
            cluster_size: size,
            cluster_state_uuid: if disconnected && !self.transfer.has_failed() {
                StateUuid::NIL
            } else {
                conf.map_or(StateUuid::NIL, |conf| conf.uuid)
            },
            cluster_status,
            cluster_weight: if disconnected {
                0
            } else {
                self.group.pc.cluster_weight()
            },
            connected: !disconnected && conf.is_some(),
            gcomm_uuid: if disconnected {
                GcommUuid::NIL
            } else {
                self.group.uuid()
            },
            last_committed: self.store.position().seqno,
            local_state_uuid: self.store.position().uuid,
            ready: self.is_ready(),
            local_state,
        }
    }

    /// Returns the options of the process, with what statements have changed in them.
    pub const fn config(&self) -> &Config {
        &self.identity.config
    }

    /// Returns how often the group has this node out of step now (`wsrep_desync_count`): once for `wsrep_desync`, a
    /// read lock and a snapshot each. It begins anew with each state that the node gets (`gcs_node.cpp:
    /// gcs_node_update_status`).
    pub fn desyncs(&self) -> u8 {
        let donor = self.group.gcs.my_status() == GcsNodeState::Donor;
        let reasons = [
            self.applier.is_desynced(),
            self.applier.is_locked(),
            self.transfer.is_donating(),
        ];
        let count = reasons.into_iter().map(u8::from).sum::<u8>();
        if donor { count } else { 0 }
    }

    /// Returns whether `wsrep_desync` is on.
    pub const fn is_desynced(&self) -> bool {
        self.applier.is_desynced()
    }

    /// Statements that change data are accepted (`wsrep_ready`).
    pub fn is_ready(&self) -> bool {
        self.life.phase() == Phase::Connected
            && self.life.port_open()
            && !self.transfer.is_joining()
            && self.applier.is_synced()
            && self.applier.is_primary()
    }
}
