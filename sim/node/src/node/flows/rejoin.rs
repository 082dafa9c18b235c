//! Leaves the group and joins another one while the server runs: `SET GLOBAL wsrep_cluster_address`
//! (`sql/wsrep_var.cc:wsrep_cluster_address_update`, `sql/wsrep_mysqld.cc:wsrep_stop_replication`,
//! `wsrep_start_replication`).

use crate::effect::{Effect, Effects, Reply, RequestId};
use crate::node::parts::{Beginning, Closing, Group, Phase};
use crate::node::whole::{Node, fresh_uuid};
use crate::peer::Peer;
use crate::time::Time;

impl Node {
    /// The server leaves its group in order, whatever it is told, and then looks for the one at these addresses.
    pub(super) fn change_address(
        &mut self,
        request: RequestId,
        addresses: Vec<Peer>,
        now: Time,
        fx: &mut Effects,
    ) {
        self.clients.ask_address(request, addresses);
        if self.life.phase() == Phase::Disconnected {
            self.join_again(now, fx);
        } else if self.life.closing() == Closing::No {
            self.close_group(Closing::Disconnect, now, fx);
        }
    }

    /// The server has left its group: it joins the one that it was told of, as a new member with a new identity. It
    /// never founds one: only the first connection of a process may (`wsrep_new_cluster`).
    ///
    /// MODEL GAP: the client has its answer now, and not when the server is in a component or has given up.
    pub(super) fn join_again(&mut self, now: Time, fx: &mut Effects) {
        let Some((request, addresses)) = self.clients.take_address() else {
            return;
        };
        fx.push(Effect::Reply(request, Reply::Ok));
        if addresses.is_empty() {
            return;
        }
        self.identity.addresses = addresses;
        let begins = Beginning {
            uuid: fresh_uuid(&self.identity, self.life.boot(), now),
            new_cluster: false,
            restored_seq: None,
            restored: None,
            position: self.store.known_position(),
            entropy: self.history_entropy(),
        };
        self.applier.forget_group();
        self.transfer.forget_failure();
        self.group = Group::new(self.identity.address, begins, &self.identity.config);
        self.connect(false, now, fx);
    }
}
