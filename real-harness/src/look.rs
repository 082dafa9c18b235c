//! Reads a host's report on its node.

use std::collections::BTreeMap;

use seatrial_galera::{GraState, GvwRead, GvwState};
use seatrial_scenarios::{GrastateSeen, GvwstateSeen, NodeName, NodeObservation, ProcessState};

/// A look at a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// The unit's state, in systemd's word.
    pub(crate) unit: String,
    /// The phase of the service: `recovery`, `server`, or `pause` before a restart.
    pub(crate) phase: String,
    /// Whether the host has garbd instead of a server.
    pub(crate) arbitrator: bool,
    /// The server's process, or garbd's.
    pub(crate) pid: Option<u32>,
    /// Its state as the kernel prints it: `T` for stopped.
    pub(crate) state: String,
    /// Whether it listens at its socket; of garbd: whether it has caught up with its group.
    pub(crate) port: bool,
    /// Whether it answered.
    pub(crate) answered: bool,
    /// Status variables.
    pub(crate) status: BTreeMap<String, String>,
    /// The rows that it shows, `None` where it shows none.
    pub(crate) rows: Option<Vec<String>>,
    /// The exit code of the last server process.
    pub(crate) exit: Option<i32>,
    /// Whether it has logged that it is ahead of its group.
    pub(crate) reversed: bool,
    /// The number of server processes.
    pub(crate) lives: u32,
    /// grastate.dat.
    pub(crate) grastate: Option<String>,
    /// gvwstate.dat.
    pub(crate) gvwstate: Option<String>,
}

impl Look {
    /// Reads the agent's answer.
    pub(crate) fn read(text: &str) -> Self {
        let mut look = Self::default();
        let mut rows = Vec::new();
        let mut no_table = false;
        for line in text.lines() {
            if let Some(content) = line.strip_prefix("g|") {
                add_line(&mut look.grastate, content);
            } else if let Some(content) = line.strip_prefix("v|") {
                add_line(&mut look.gvwstate, content);
            } else if let Some(tag) = line.strip_prefix("row\t") {
                rows.push(tag.to_owned());
            } else if let Some((name, value)) = line.split_once('\t') {
                look.status.insert(name.to_owned(), value.to_owned());
            } else if line.starts_with("ERROR 1146") || line.starts_with("ERROR 1049") {
                // There is no such table yet: a node that holds no rows.
                no_table = true;
            } else {
                look.word(line);
            }
        }
        if look.answered && (no_table || !rows.is_empty() || !text.contains("ERROR ")) {
            rows.sort();
            look.rows = Some(rows);
        }
        look
    }

    fn word(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "unit" => rest.clone_into(&mut self.unit),
            "phase" => rest.clone_into(&mut self.phase),
            "pid" => self.pid = rest.parse().ok(),
            "state" => rest.clone_into(&mut self.state),
            "arbitrator" => self.arbitrator = true,
            "port" => self.port = true,
            "answered" => self.answered = true,
            "exit" => self.exit = rest.parse().ok(),
            "reversed" => self.reversed = true,
            "lives" => self.lives = rest.parse().unwrap_or(0),
            "g:" => self.grastate = Some(String::new()),
            "v:" => self.gvwstate = Some(String::new()),
            _ => {}
        }
    }

    /// Returns the value of a status variable.
    pub(crate) fn status(&self, name: &str) -> Option<&str> {
        self.status.get(name).map(String::as_str)
    }

    /// Returns the identity of the process in its group, where it shows one.
    pub(crate) fn gcomm_uuids(&self) -> Vec<String> {
        let mut uuids = Vec::new();
        if let Some(uuid) = self.status("wsrep_gcomm_uuid") {
            uuids.push(uuid.to_owned());
        }
        if let Some(line) = self
            .gvwstate
            .as_deref()
            .and_then(|text| text.lines().next())
            && let Some(uuid) = line.strip_prefix("my_uuid: ")
        {
            uuids.push(uuid.trim().to_owned());
        }
        uuids
    }

    /// Returns whether the server was stopped by a signal and does nothing.
    pub(crate) fn is_hung(&self) -> bool {
        self.state == "T" || self.state == "t"
    }

    /// Returns the look in the words of the port. `names` says whose the identities are.
    pub(crate) fn observation(
        &self,
        names: &BTreeMap<String, NodeName>,
        disk_rows: Option<&Vec<String>>,
    ) -> NodeObservation {
        let text = |name: &str| self.status(name).map(str::to_owned);
        NodeObservation {
            arbitrator: self.arbitrator,
            process: match (self.pid, self.port) {
                (None, _) => ProcessState::Exited,
                // garbd has no port at which it could be asked.
                (Some(_), _) if self.arbitrator => ProcessState::Running,
                // A server whose stop hangs still listens, and no longer answers.
                (Some(_), true) if self.answered || self.is_hung() => ProcessState::Running,
                (Some(_), _) => ProcessState::Waiting,
            },
            exit: self.exit.filter(|_| self.pid.is_none()),
            reversed: self.reversed && self.pid.is_none(),
            cluster_status: text("wsrep_cluster_status"),
            cluster_size: self
                .status("wsrep_cluster_size")
                .and_then(|size| size.parse().ok()),
            ready: text("wsrep_ready"),
            connected: text("wsrep_connected"),
            local_state: text("wsrep_local_state_comment"),
            conf_id: text("wsrep_cluster_conf_id"),
            last_committed: self
                .status("wsrep_last_committed")
                .and_then(|seqno| seqno.parse().ok()),
            state_uuid: text("wsrep_cluster_state_uuid"),
            local_state_uuid: text("wsrep_local_state_uuid"),
            grastate: self.grastate.as_deref().map(|text| {
                let state = GraState::read(text);
                GrastateSeen {
                    uuid: state.uuid.to_string(),
                    seqno: state.seqno.0,
                    safe_to_bootstrap: u8::from(state.safe_to_bootstrap),
                }
            }),
            gvwstate: self.gvwstate.as_deref().map(|text| GvwstateSeen {
                members: members(text, names),
            }),
            rows: self.rows.clone().or_else(|| disk_rows.cloned()),
            history: None,
        }
    }

    /// Returns the identities in gvwstate.dat whose node is not known.
    pub(crate) fn strangers(&self, names: &BTreeMap<String, NodeName>) -> Vec<String> {
        let members = self.gvwstate.as_deref().into_iter().flat_map(member_uuids);
        members.filter(|uuid| !names.contains_key(uuid)).collect()
    }
}

fn add_line(text: &mut Option<String>, line: &str) {
    let text = text.get_or_insert_default();
    text.push_str(line);
    text.push('\n');
}

fn member_uuids(text: &str) -> impl Iterator<Item = String> {
    let members = match GvwState::read(text) {
        GvwRead::Restored(file) => file.members,
        GvwRead::Nil | GvwRead::Garbage => Vec::new(),
    };
    members.into_iter().map(|(uuid, _)| uuid.to_string())
}

fn members(text: &str, names: &BTreeMap<String, NodeName>) -> Vec<String> {
    let mut members: Vec<String> = member_uuids(text)
        .map(|uuid| {
            names
                .get(&uuid)
                .map_or_else(|| format!("unknown {uuid}"), ToString::to_string)
        })
        .collect();
    members.sort();
    members
}
