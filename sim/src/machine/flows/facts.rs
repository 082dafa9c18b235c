//! A machine's state by name, for the trace.

use rapidhash::v3::rapidhash_v3;
use seatrial_galera::GcommUuid;
use seatrial_node::Change;
use seatrial_scenarios::ProcessState;
use seatrial_scenarios::trace::Facts;

use crate::disk::{GRASTATE, GVWSTATE};

use crate::machine::whole::Machine;

/// The settings that `--show-cluster-status` prints under the status.
const SETTINGS: [&str; 4] = [
    "wsrep_cluster_address",
    "wsrep_cluster_name",
    "wsrep_node_address",
    "wsrep_node_name",
];

impl Machine {
    /// Returns the facts that are known of the machine now.
    pub fn facts(&self) -> Facts {
        let mut facts = Facts::new();
        let hung = self.daemon.hangs();
        let state = match self.process_state() {
            _ if !self.powered => "off",
            _ if hung => "hung",
            ProcessState::Running => "running",
            ProcessState::Waiting => "waiting",
            ProcessState::Exited => "exited",
        };
        facts.insert("process", state.to_owned());
        if let (None, Some(exit)) = (self.daemon.server(), self.daemon.exit()) {
            facts.insert("exit", exit.to_string());
        }
        for (name, file) in [("grastate.dat", GRASTATE), ("gvwstate.dat", GVWSTATE)] {
            if let Some(text) = self.storage.disk().read(file) {
                facts.insert(name, text.to_owned());
            }
        }
        let open = self.daemon.open_server();
        if let Some(server) = open {
            let status = server.node().status();
            facts.extend(status.rows());
            facts.insert("wsrep_local_state_comment", status.local_state.to_string());
            let settings = self.settings();
            facts.extend(
                settings
                    .into_iter()
                    .filter(|(name, _)| SETTINGS.contains(name)),
            );
        } else {
            facts.insert("client_error", self.no_server_error());
        }
        if let Some(server) = self.daemon.server() {
            self.group_facts(server.node(), &mut facts);
        }
        let database = open.map_or_else(
            || self.storage.disk().database(),
            |server| server.node().database(),
        );
        facts.insert("rows", database.rows.len().to_string());
        facts.insert("content", content(database));
        facts
    }

    /// Adds the state of the group's layers, whether or not the port is open.
    fn group_facts(&self, node: &seatrial_node::Node, facts: &mut Facts) {
        let names = |uuids: &mut dyn Iterator<Item = GcommUuid>| {
            let mut names: Vec<String> = uuids
                .map(|uuid| self.site.name_of(uuid).to_string())
                .collect();
            names.sort();
            names.join(", ")
        };
        let members = names(&mut node.members().into_iter());
        if !members.is_empty() {
            let kind = if node.in_primary_view() {
                "PRIM"
            } else {
                "NON_PRIM"
            };
            facts.insert("view", format!("{kind}: {members}"));
        }
        let last = names(&mut node.last_primary().iter().copied());
        if !last.is_empty() {
            facts.insert("last_primary", last);
        }
        if node.is_transferring() {
            let role = if node.is_donating() {
                "donor"
            } else {
                "joiner"
            };
            facts.insert("transfer", role.to_owned());
        }
    }
}

/// The bytes of a row's text that a hash looks at.
const TEXT_END: usize = 32;

/// Returns a hash over the whole history: equal for nodes that hold the same transactions in the same order,
/// whatever their counters say.
fn content(database: &seatrial_node::Database) -> String {
    let hash = database.history.iter().fold(0_u64, |hash, entry| {
        let mut bytes = hash.to_le_bytes().to_vec();
        match &entry.change {
            None | Some(Change::Skipped) => return hash,
            Some(Change::Insert(tag)) => bytes.extend_from_slice(tag.as_bytes()),
            Some(Change::Update(images)) => {
                for image in images {
                    // A text grows with each value; its end and its length tell it from the others.
                    let text = image.text.as_bytes();
                    bytes.push(1);
                    bytes.extend_from_slice(image.row.as_bytes());
                    bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
                    bytes.extend_from_slice(&text[text.len().saturating_sub(TEXT_END)..]);
                }
            }
            Some(Change::Ddl(tag)) => {
                bytes.push(0);
                bytes.extend_from_slice(tag.as_bytes());
            }
        }
        rapidhash_v3(&bytes)
    });
    format!("{hash:016x}")
}
