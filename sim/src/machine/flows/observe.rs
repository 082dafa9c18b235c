//! The observable state of a machine.

use seatrial_galera::{GraState, GvwRead, GvwState, StatusVariables};
use seatrial_node::{Change, Committed};
use seatrial_scenarios::{GrastateSeen, GvwstateSeen, HistoryEntry, NodeObservation, ProcessState};

use crate::disk::{GRASTATE, GVWSTATE};

use crate::machine::whole::Machine;

/// `grastate.dat` and `gvwstate.dat` as they are seen.
pub(crate) type StateFiles = (Option<GrastateSeen>, Option<GvwstateSeen>);

/// Everything observable about a machine, small enough to be compared after every event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    process: ProcessState,
    exit: Option<i32>,
    status: Option<StatusVariables>,
    disk: u64,
    rows: usize,
    transferring: bool,
    hung: bool,
    powered: bool,
}

impl Machine {
    pub(super) fn process_state(&self) -> ProcessState {
        match self.daemon.server() {
            None => ProcessState::Exited,
            Some(_) if self.is_arbitrator() => ProcessState::Running,
            Some(server) if server.node().port_open() => ProcessState::Running,
            Some(_) => ProcessState::Waiting,
        }
    }

    /// Returns the current fingerprint.
    pub fn fingerprint(&self) -> Fingerprint {
        let process = self.daemon.server();
        Fingerprint {
            process: self.process_state(),
            exit: self.daemon.exit(),
            status: process.map(|server| server.node().status()),
            disk: self.storage.disk().revision(),
            rows: process.map_or(0, |server| server.node().database().rows.len()),
            transferring: process.is_some_and(|server| server.node().is_transferring()),
            hung: self.daemon.hangs(),
            powered: self.powered,
        }
    }

    /// Returns whether nothing is under way that will end by itself: no transfer, no start that has a limit.
    pub fn is_at_rest(&self) -> bool {
        let begins = self.hand.begins().or(self.service.restart_at());
        if self.service.is_starting() || begins.is_some() {
            return false;
        }
        self.daemon.server().is_none_or(|server| {
            server.hung
                || self.is_arbitrator()
                || (!server.node().is_transferring()
                    && (server.node().port_open() || server.node().waits_without_limit()))
                || self.service.state() == seatrial_scenarios::console::UnitState::Deactivating
        })
    }

    /// Returns the machine's node as an observation; `histories` adds what only a simulation can show.
    pub fn observe(&self, histories: bool) -> NodeObservation {
        NodeObservation {
            history: histories.then(|| self.history()),
            ..self.observe_with(self.files())
        }
    }

    /// Returns the same without a history, around state files that have been read before: reading their
    /// texts is most of an observation's time, and most of what happens changes no file.
    pub(crate) fn observe_with(&self, (grastate, gvwstate): StateFiles) -> NodeObservation {
        let process = self.daemon.server();
        // A suspended server takes connections and answers nothing.
        let status = process
            .filter(|server| server.node().port_open() && !server.hung)
            .map(|server| server.node().status());
        let switch = |on: bool| if on { "ON" } else { "OFF" }.to_owned();
        NodeObservation {
            arbitrator: self.is_arbitrator(),
            process: self.process_state(),
            exit: if process.is_some() {
                None
            } else {
                self.daemon.exit()
            },
            reversed: process.is_none() && self.daemon.has_reversed(),
            cluster_status: status.map(|status| status.cluster_status.to_string()),
            cluster_size: status.map(|status| status.cluster_size),
            ready: status.map(|status| switch(status.ready)),
            connected: status.map(|status| switch(status.connected)),
            local_state: status.map(|status| status.local_state.to_string()),
            conf_id: status.map(|status| status.cluster_conf_id.to_string()),
            last_committed: status.map(|status| status.last_committed.0),
            state_uuid: status.map(|status| status.cluster_state_uuid.to_string()),
            local_state_uuid: status.map(|status| status.local_state_uuid.to_string()),
            grastate,
            gvwstate,
            rows: Some(self.database().rows.iter().cloned().collect()),
            history: None,
        }
    }

    /// Returns every change that the database is made of, in its order.
    pub(crate) fn history(&self) -> Vec<HistoryEntry> {
        let entry = |entry: &Committed| HistoryEntry {
            uuid: entry.uuid.to_string(),
            seqno: entry.seqno.0,
            tag: match &entry.change {
                // A position without content.
                None | Some(Change::Skipped) => "view".into(),
                Some(Change::Insert(tag)) => tag.clone(),
                Some(Change::Update(images)) => {
                    let images = images.iter();
                    let texts: Vec<String> = images
                        .map(|image| format!("{}={}", image.row, image.text))
                        .collect();
                    format!("update:{}", texts.join(" "))
                }
                Some(Change::Ddl(tag)) => format!("ddl:{tag}"),
            },
        };
        self.database().history.iter().map(entry).collect()
    }

    /// Returns a number for the state of the disk. While it stays the same, the files stay the same.
    pub(crate) const fn disk_revision(&self) -> u64 {
        self.storage.disk().revision()
    }

    /// Both state files, read as an operator would.
    pub(crate) fn files(&self) -> StateFiles {
        let grastate = self.storage.disk().read(GRASTATE).map(|text| {
            let state = GraState::read(text);
            GrastateSeen {
                uuid: state.uuid.to_string(),
                seqno: state.seqno.0,
                safe_to_bootstrap: u8::from(state.safe_to_bootstrap),
            }
        });
        let gvwstate = self.storage.disk().read(GVWSTATE).map(|text| GvwstateSeen {
            members: self.member_names(text),
        });
        (grastate, gvwstate)
    }

    fn member_names(&self, text: &str) -> Vec<String> {
        let GvwRead::Restored(file) = GvwState::read(text) else {
            return Vec::new();
        };
        let mut names: Vec<String> = file
            .members
            .iter()
            .filter_map(|(uuid, _)| self.site.names().get(usize::from(uuid.node_index())))
            .map(ToString::to_string)
            .collect();
        names.sort();
        names
    }
}
