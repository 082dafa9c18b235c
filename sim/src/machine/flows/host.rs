//! The machine as the operator's programs see it.

use std::net::Ipv4Addr;

use seatrial_node::{Change, DeliberateFault, Peer, Statement as NodeStatement};
use seatrial_scenarios::console::{
    Call, CallState, Firewall, Host, MARIADB_LOG, QueryId, QueryResult, Signal, UnitState,
};
use seatrial_scenarios::{ForceEdit, MysqldSafeLog, NodeName, Port, Span};

use crate::machine::conf;
use crate::machine::parts::{Asker, MachineEffect, Recovery};
use crate::machine::sql;
use crate::machine::whole::Machine;

impl Host for Machine {
    fn node(&self) -> &NodeName {
        self.name()
    }

    fn host_name(&self) -> String {
        format!("{}.example.com", self.name().as_str().to_lowercase())
    }

    fn now(&self) -> Span {
        self.now
    }

    fn force_edit(&self) -> ForceEdit {
        self.site.installation().force
    }

    fn mysqld_safe_log(&self) -> MysqldSafeLog {
        self.site.installation().mysqld_safe_log
    }

    fn is_arbitrator(&self) -> bool {
        Self::is_arbitrator(self)
    }

    fn read_file(&self, path: &str) -> Option<String> {
        if path == MARIADB_LOG {
            return self.error_log();
        }
        self.storage.disk().read(path).map(str::to_owned)
    }

    fn write_file(&mut self, path: &str, content: &str) {
        self.another_log(path);
        self.storage.change(self.now).write(path, content);
    }

    fn replace_file(&mut self, path: &str, content: &str) {
        self.another_log(path);
        self.storage.change(self.now).replace(path, content);
    }

    fn remove_file(&mut self, path: &str) {
        self.another_log(path);
        self.storage.change(self.now).remove(path);
    }

    fn remove_data(&mut self) -> bool {
        if self.daemon.runs() {
            return false;
        }
        self.storage.forget_details();
        self.storage.change(self.now).lose();
        true
    }

    fn append_line(&mut self, path: &str, line: &str) {
        if path == MARIADB_LOG {
            self.storage.append_log(self.now, line, None);
        } else {
            self.storage.disk_mut().append_line(path, line);
        }
    }

    fn unit(&self) -> UnitState {
        self.service.state()
    }

    fn start_unit(&mut self) {
        self.unit_start();
    }

    fn stop_unit(&mut self) {
        self.unit_stop();
    }

    fn set_new_cluster_flag(&mut self, on: bool) {
        let config = self.site.config();
        let kept = config.has(DeliberateFault::NewClusterFlagKept);
        let was_on = self.service.new_cluster();
        self.service.set_new_cluster(on || (kept && was_on));
    }

    fn processes(&self, name: &str) -> usize {
        usize::from(name == self.site.program() && self.daemon.runs())
    }

    fn signal(&mut self, name: &str, signal: Signal) -> usize {
        if name == self.site.program() {
            self.send_signal(signal)
        } else {
            0
        }
    }

    fn server_process(&self) -> Option<(u32, &'static str)> {
        let server = self.daemon.server()?;
        Some((server.pid, self.site.program()))
    }

    fn listens(&self, port: u16) -> bool {
        /// The clients' port.
        const CLIENTS: u16 = 3306;
        /// The group's port, open from the start of the provider on.
        const GROUP: u16 = 4567;
        /// The operator's port, which the system listens at.
        const SSH: u16 = 22;
        if port == SSH {
            return true;
        }
        let Some(server) = self.daemon.server() else {
            return false;
        };
        match port {
            CLIENTS => server.node().port_open(),
            GROUP => true,
            port if [Port::Sst.number(), Port::Ist.number()].contains(&port) => {
                server.node().listens_for_transfer()
            }
            _ => false,
        }
    }

    fn reset_failed(&mut self) {
        if matches!(self.service.state(), UnitState::Failed(_)) {
            self.service.enter(UnitState::Inactive);
        }
    }

    fn reboot(&mut self) {
        self.service.reboot();
        self.unit_stop();
        if !self.daemon.runs() {
            self.after_stop();
        }
    }

    fn run_on_all_hosts(&mut self, line: &str) -> bool {
        self.out.push(MachineEffect::OnAllHosts(line.to_owned()));
        true
    }

    fn query(&mut self, sql: &str) -> QueryId {
        let id = self.programs.next_query();
        let answer = self.answer_query(id, sql);
        self.programs.set_answer(id, answer);
        id
    }

    fn answer(&mut self, id: QueryId) -> Option<QueryResult> {
        self.programs.take_answer(id)
    }

    fn is_own_name(&self, word: &str) -> bool {
        ["localhost", "127.0.0.1", "::1"].contains(&word) || self.site.directory().is_own(word)
    }

    fn address_of(&self, word: &str) -> Option<Ipv4Addr> {
        if word == "localhost" {
            return Some(Ipv4Addr::LOCALHOST);
        }
        let directory = self.site.directory();
        let known = directory.address_of(word);
        let known = known.and_then(|address| directory.text(address));
        known
            .and_then(|text| text.parse().ok())
            .or(word.parse().ok())
    }

    fn call(&mut self, word: &str, call: Call) -> Option<QueryId> {
        let known = self.site.directory().address_of(word);
        // An address that no host has ever had is one that nobody answers.
        let nobody = word.parse::<Ipv4Addr>().ok().map(|_| Peer(u8::MAX));
        let to = known.or(nobody)?;
        let query = self.programs.begin_call();
        self.out.push(MachineEffect::Call { query, to, call });
        Some(query)
    }

    fn call_state(&self, id: QueryId) -> CallState {
        self.programs.call(id)
    }

    fn firewall(&self) -> Option<Firewall> {
        Some(self.firewall.clone())
    }

    fn set_firewall(&mut self, rules: Firewall) {
        self.firewall = rules.clone();
        self.out.push(MachineEffect::Firewall(rules));
    }

    fn start_recover(&mut self) -> QueryId {
        let recovery = self.recovery();
        self.programs.begin_recovery(recovery)
    }

    fn recovered(&mut self, id: QueryId) -> Option<(Vec<String>, i32)> {
        let recovery = self.programs.take_recovery(id, self.now)?;
        Some((recovery.lines, recovery.exit))
    }
}

impl Machine {
    /// Somebody writes to a file: if it is the error log, what the server wrote before is gone.
    fn another_log(&mut self, path: &str) {
        if path == MARIADB_LOG {
            self.storage.forget_details();
        }
    }

    /// `mariadbd --wsrep-recover`: fails after 30 s where another server holds the data. A server that
    /// waits for a primary component has not opened its storage engines yet, and holds nothing
    /// (seen on real nodes with `wsrep_sst_method=rsync`).
    fn recovery(&self) -> Recovery {
        if self.daemon.open_server().is_some() {
            return Recovery {
                until: self.now + Span::from_secs(30),
                lines: vec![
                    "[ERROR] mariadbd: Can't lock aria control file '/var/lib/mysql/aria_log_control' for exclusive use, error: 11. Will retry for 30 seconds".into(),
                    "[ERROR] InnoDB: Unable to lock ./ibdata1 error: 11".into(),
                    "[ERROR] Aborting".into(),
                ],
                exit: 1,
            };
        }
        if let Some(lines) = self.cannot_open() {
            return Recovery {
                until: self.now + Span::from_millis(500),
                lines,
                exit: 1,
            };
        }
        let position = self.recovered_position();
        Recovery {
            until: self.now + Span::from_millis(500),
            lines: vec![format!("[Note] WSREP: Recovered position: {position}")],
            exit: 0,
        }
    }

    /// Returns the answer of the server on this machine, or `None` while it has not come.
    pub(super) fn answer_query(&mut self, id: QueryId, text: &str) -> Option<QueryResult> {
        let Some(server) = self.daemon.server() else {
            return Some(Err(self.no_server_error()));
        };
        if server.hung {
            // The kernel accepts the connection, and no process answers.
            return None;
        }
        if !server.node().port_open() {
            return Some(Err(self.no_server_error()));
        }
        let status = server.node().status();
        let query = sql::read(text);
        match query {
            sql::Query::Rows(selection) => {
                if !status.ready && !selection.is_answered_when_not_ready() {
                    return Some(Err(self.error_text(1047)));
                }
                let mut settings = self.settings();
                if selection.asks_for_settings() {
                    let options = sql::provider_options(self.site.config(), &self.host_name());
                    settings.push(("wsrep_provider_options", options));
                    settings.extend(sql::usual_settings());
                }
                let more_status = if selection.asks_for_status() {
                    self.more_status(server.node())
                } else {
                    Vec::new()
                };
                let mut shown = sql::Shown {
                    status: &status,
                    more_status: &more_status,
                    settings: &settings,
                    rows: &mut server.node().database().rows.iter().cloned(),
                };
                Some(selection.answer(&mut shown))
            }
            sql::Query::Statement(statement) => {
                if let NodeStatement::Commit(Change::Ddl(text)) = &statement
                    && status.ready
                    && let Some(error) = sql::refuses(text, server.node().database())
                {
                    return Some(Err(error.to_string()));
                }
                self.programs.set_answer(id, None);
                self.ask(Asker::Program(id), statement);
                self.programs.answer(id)
            }
            sql::Query::Shutdown => {
                self.send_signal(Signal::Term);
                Some(Ok((Vec::new(), Vec::new())))
            }
            sql::Query::Accepted => Some(Ok((Vec::new(), Vec::new()))),
            sql::Query::Error(error) => Some(Err(error.to_string())),
            sql::Query::NotKnown(text) => Some(Err(text)),
        }
    }

    /// Returns status variables of the node's place in its component.
    fn more_status(&self, node: &seatrial_node::Node) -> Vec<(&'static str, String)> {
        /// No member of any component (`WSREP_MEMBER_STATUS_UNDEFINED`, as the server prints the index -1).
        const NOBODY: &str = "18446744073709551615";
        let own = node.status().gcomm_uuid;
        let members = node.members();
        let index = members.iter().position(|uuid| *uuid == own);
        let hosts = self.site.hosts();
        // Port 0 says that nobody has configured another one.
        let addresses = members.iter().map(|uuid| {
            let host = hosts.get(usize::from(uuid.node_index()));
            host.map_or_else(String::new, |host| format!("{host}:0"))
        });
        vec![
            (
                "wsrep_incoming_addresses",
                addresses.collect::<Vec<_>>().join(","),
            ),
            (
                "wsrep_local_index",
                index.map_or_else(|| NOBODY.to_owned(), |index| index.to_string()),
            ),
        ]
    }

    /// Returns what SHOW VARIABLES lists of this node.
    pub(super) fn settings(&self) -> Vec<(&'static str, String)> {
        let hosts = self.site.hosts();
        let whole = || conf::whole_address(&hosts);
        let edited = self.site.conf();
        let address = edited.map_or_else(whole, |conf| conf.address.clone());
        let name = edited.map_or(conf::CLUSTER, |conf| conf.cluster_name.as_str());
        sql::settings(
            self.site.config(),
            &self.host_name(),
            address,
            name.to_owned(),
        )
    }
}
