//! A look into the layers of group communication, for scripts and tests: nothing of it is decided by.

use seatrial_galera::GcommUuid;

use crate::evs;
use crate::frame::GcsNodeState;
use crate::gcs::GroupState;
use crate::node::whole::Node;
use crate::pc;

fn names<'a>(uuids: impl IntoIterator<Item = &'a GcommUuid>) -> String {
    let names: Vec<String> = uuids.into_iter().map(|uuid| uuid.short()).collect();
    names.join(" ")
}

const fn status(status: GcsNodeState) -> &'static str {
    match status {
        GcsNodeState::NonPrim => "NON-PRIM",
        GcsNodeState::Prim => "PRIMARY",
        GcsNodeState::Joiner => "JOINER",
        GcsNodeState::Donor => "DONOR",
        GcsNodeState::Joined => "JOINED",
        GcsNodeState::Synced => "SYNCED",
    }
}

impl Node {
    /// Returns a line for each layer: its state, its view, and what it decides by.
    pub fn look(&self) -> [String; 3] {
        [self.look_at_evs(), self.look_at_pc(), self.look_at_gcs()]
    }

    fn look_at_evs(&self) -> String {
        let evs = &self.group.evs;
        let state = match evs.state() {
            evs::State::Closed => "CLOSED",
            evs::State::Joining => "JOINING",
            evs::State::Leaving => "LEAVING",
            evs::State::Gather => "GATHER",
            evs::State::Install => "INSTALL",
            evs::State::Operational => "OPERATIONAL",
        };
        let members = names(evs.members());
        format!("evs {state} {} of {members}", evs.view_id())
    }

    fn look_at_pc(&self) -> String {
        let pc = &self.group.pc;
        let state = match pc.state() {
            pc::State::Closed => "CLOSED",
            pc::State::StatesExchange => "STATES_EXCH",
            pc::State::Install => "INSTALL",
            pc::State::Prim => "PRIM",
            pc::State::Trans => "TRANS",
            pc::State::NonPrim => "NON_PRIM",
        };
        let known = pc.known().map(|(uuid, node)| {
            let prim = if node.prim { "primary" } else { "not primary" };
            let unknown = if node.un { ", fate unknown" } else { "" };
            let (name, last) = (uuid.short(), node.last_prim);
            format!(
                "{name} {prim} of weight {} since {last}{unknown}",
                node.weight
            )
        });
        let known: Vec<String> = known.collect();
        format!("pc {state}: {}", known.join("; "))
    }

    fn look_at_gcs(&self) -> String {
        let gcs = &self.group.gcs;
        let state = match gcs.state() {
            GroupState::NonPrimary => "NON-PRIMARY",
            GroupState::WaitStateUuid => "WAIT_STATE_UUID",
            GroupState::WaitStateMessages => "WAIT_STATE_MSG",
            GroupState::Primary => "PRIMARY",
        };
        let members = gcs.statuses();
        let members = members.map(|(uuid, one)| format!("{} {}", uuid.short(), status(one)));
        let members: Vec<String> = members.collect();
        let (position, number) = (gcs.position(), gcs.number());
        format!(
            "gcs {state} {position} configuration {number}: {}",
            members.join(", ")
        )
    }
}
