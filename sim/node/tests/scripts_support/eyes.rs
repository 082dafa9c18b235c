//! The commands of a script that only look.

use seatrial_galera::GraState;
use seatrial_node::Peer;

use super::bench::{Bench, name};

impl Bench {
    /// Every host: its process and its files.
    pub(super) fn show(&mut self) {
        self.name_history("");
        for (place, host) in self.hosts.iter().enumerate() {
            let me = Peer(u8::try_from(place).expect("three hosts"));
            let process = match &host.process {
                None => "down".to_owned(),
                Some(process) if !process.node().port_open() => "waiting".to_owned(),
                Some(process) => {
                    let status = process.node().status();
                    format!(
                        "{} {} of {} at {}",
                        status.cluster_status,
                        status.local_state,
                        status.cluster_size,
                        status.last_committed
                    )
                }
            };
            let grastate = host.files.grastate.as_deref().map_or_else(
                || "no grastate".to_owned(),
                |text| {
                    let state = GraState::read(text);
                    let safe = u8::from(state.safe_to_bootstrap);
                    format!("grastate {}:{} safe {safe}", state.uuid, state.seqno)
                },
            );
            let gvwstate = host.files.gvwstate.as_deref().map_or_else(
                || "no gvwstate".to_owned(),
                |text| {
                    let members = text.lines().filter(|line| line.starts_with("member:"));
                    format!("gvwstate of {}", members.count())
                },
            );
            let rows: Vec<&str> = host
                .files
                .database
                .rows
                .iter()
                .map(String::as_str)
                .collect();
            self.output.push(format!(
                "{}: {process}; {grastate}; {gvwstate}; rows [{}]",
                name(me),
                rows.join(" ")
            ));
        }
    }

    /// The layers of a process.
    pub(super) fn look(&mut self, me: Peer) {
        self.name_history("");
        let process = self.host(me).process.as_ref().expect("it runs");
        for line in process.node().look() {
            self.output.push(format!("{}: {line}", name(me)));
        }
    }

    pub(super) fn list_waiting(&mut self) {
        for (from, to, what) in self.wires.list() {
            let line = format!("{}->{}: {what}", name(from), name(to));
            self.output.push(line);
        }
    }
}
