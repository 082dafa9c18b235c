//! The machine as the operator's programs see it.

use std::net::Ipv4Addr;

use seatrial_galera::SqlError;
use seatrial_node::{Change, Database, DeliberateFault, Peer, Statement as NodeStatement};
use seatrial_scenarios::console::{
    Call, CallState, Firewall, Host, JournalEntry, MARIADB_LOG, QueryId, QueryResult, Signal,
    UnitFileState, UnitState, WITHOUT_REPLICATION,
};
use seatrial_scenarios::{ForceEdit, MysqldSafeLog, NodeName, Port, Span};

use crate::machine::conf;
use crate::machine::options::{self, ServerOptions};
use crate::machine::parts::{Asker, FAULT, MachineEffect, Programs, Recovery, stamp};
use crate::machine::sql;
use crate::machine::whole::Machine;

use super::service::{LOCKED, locked_lines};

/// The statement with which the end of a client lets its lock go.
const END_OF_LOCK: &str = "UNLOCK TABLES";

/// The name of the script that watches over a server.
const WATCHER: &str = "mysqld_safe";

/// The numbers of such scripts begin here.
const WATCHER_PID: u32 = 5_000;

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

    fn give_up_start(&mut self) {
        self.give_up();
    }

    fn journal(&self) -> Vec<JournalEntry> {
        self.journal.lines().to_vec()
    }

    fn boots(&self) -> u32 {
        self.journal.boots()
    }

    fn unit_file(&self) -> UnitFileState {
        self.service.file()
    }

    fn set_unit_file(&mut self, state: UnitFileState) {
        self.service.set_file(state);
    }

    fn environment(&self) -> Vec<(String, String)> {
        let all = self.service.environment().iter();
        all.map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    fn set_environment(&mut self, name: &str, value: Option<&str>) -> Result<(), String> {
        let Some(value) = value else {
            self.service.environment_mut().remove(name);
            return Ok(());
        };
        if options::VARIABLES.contains(&name) {
            ServerOptions::read(value.split_whitespace())?;
        }
        let environment = self.service.environment_mut();
        environment.insert(name.to_owned(), value.to_owned());
        Ok(())
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
        if name == WATCHER {
            let runs = self.watcher().is_some();
            // The script lets nobody stop it (`trap '' 1 2 3 15`).
            if signal == Signal::Kill {
                self.leave_alone();
            }
            usize::from(runs)
        } else if name == self.site.program() {
            self.send_signal(signal)
        } else {
            0
        }
    }

    fn server_process(&self) -> Option<(u32, &'static str)> {
        let server = self.daemon.server()?;
        Some((server.pid, self.site.program()))
    }

    fn watcher(&self) -> Option<u32> {
        let started = self.hand.started().filter(|started| started.watched)?;
        // A number of its own.
        Some(WATCHER_PID + started.number)
    }

    fn start_by_hand(&mut self, watched: bool, options: &[String]) -> Result<u32, String> {
        self.hand_start(watched, options)
    }

    fn ended_by_hand(&mut self, number: u32) -> Option<i32> {
        self.hand.take_end(number)
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
        self.go_down();
    }

    fn power_off(&mut self) {
        self.service.power_off();
        self.go_down();
    }

    fn booted_at(&self) -> Span {
        self.journal.booted_at()
    }

    fn disk_is_full(&self) -> bool {
        self.storage.disk().is_full()
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

/// `SHOW TABLES` of a database.
fn show_tables(name: &str, pattern: Option<&str>, database: &Database) -> QueryResult {
    /// The databases of every server, whose tables are not listed here.
    const OWN: [&str; 4] = ["information_schema", "mysql", "performance_schema", "sys"];
    if OWN.contains(&name) {
        return Err(format!("this console does not list the tables of {name}"));
    }
    if !sql::databases(database).iter().any(|known| known == name) {
        let name = name.to_owned();
        return Err(SqlError::UnknownDatabase { name }.to_string());
    }
    let title = match pattern {
        Some(pattern) => format!("Tables_in_{name} ({pattern})"),
        None => format!("Tables_in_{name}"),
    };
    let fits = |table: &String| pattern.is_none_or(|pattern| sql::like(table, pattern));
    let rows = sql::tables(name, database).into_iter().filter(fits);
    Ok((vec![title], rows.map(|table| vec![table]).collect()))
}

impl Machine {
    /// Everything on the machine is stopped, for a reboot or for its end.
    fn go_down(&mut self) {
        self.leave_alone();
        self.unit_stop();
        if self.is_by_hand() {
            // systemd ends what belongs to no unit as well.
            self.terminate_in_order();
        }
        if !self.daemon.runs() {
            self.after_stop();
        }
    }

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
        if self.holds_data() {
            return Recovery {
                until: self.now + LOCKED,
                lines: locked_lines().map(str::to_owned).collect(),
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
        if server.hung && text == END_OF_LOCK {
            // The server learns from the kernel that the client has gone, once it goes on.
            if self.programs.unlock() {
                self.ask(Asker::Session, NodeStatement::Unlock);
            }
            return Some(Ok((Vec::new(), Vec::new())));
        }
        if server.hung {
            // The kernel accepts the connection, and no process answers.
            return None;
        }
        if !server.node().port_open() {
            return Some(Err(self.no_server_error()));
        }
        let status = server.node().status();
        let (query, local) = match text.strip_prefix(WITHOUT_REPLICATION) {
            Some(text) => (sql::without_replication(text), true),
            None => (sql::read(text), false),
        };
        let done = || Some(Ok((Vec::new(), Vec::new())));
        match query {
            sql::Query::Rows(selection) => {
                if !status.ready && !local && !selection.is_answered_when_not_ready() {
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
                let database = server.node().database();
                // The looks that every procedure types are about none of these.
                let more = !selection.is_plain();
                let functions = more.then(|| self.functions(id));
                let mut shown = sql::Shown {
                    status: &status,
                    more_status: &more_status,
                    settings: &settings,
                    databases: if more {
                        sql::databases(database)
                    } else {
                        Vec::new()
                    },
                    processes: if more {
                        self.processes(id, text)
                    } else {
                        Vec::new()
                    },
                    functions: functions.as_ref().map_or(&[], |all| all.as_slice()),
                    rows: &mut database.rows.iter().cloned(),
                };
                Some(selection.answer(&mut shown))
            }
            sql::Query::Tables(name, pattern) => Some(show_tables(
                &name,
                pattern.as_deref(),
                server.node().database(),
            )),
            sql::Query::Use(name) => {
                if sql::databases(server.node().database()).contains(&name) {
                    return done();
                }
                Some(Err(SqlError::UnknownDatabase { name }.to_string()))
            }
            sql::Query::Lock | sql::Query::Flush | sql::Query::Kill(_) if !status.ready => {
                Some(Err(self.error_text(1047)))
            }
            sql::Query::Lock => {
                if !self.programs.lock() {
                    return done();
                }
                self.programs.set_answer(id, None);
                self.ask(Asker::Program(id), NodeStatement::Lock);
                self.programs.answer(id)
            }
            sql::Query::Unlock => {
                if self.programs.unlock() {
                    self.ask(Asker::Session, NodeStatement::Unlock);
                }
                done()
            }
            sql::Query::Flush => done(),
            sql::Query::Kill(number) => Some(self.kill_session(number)),
            sql::Query::Sleep(title, span) => {
                let answer = Ok((vec![title], vec![vec!["0".to_owned()]]));
                if span == Span::ZERO {
                    return Some(answer);
                }
                self.programs.sleep(id, self.now + span, answer);
                self.programs.wait(id, self.now, "User sleep", text);
                None
            }
            sql::Query::Statement(NodeStatement::Desync(_)) if !status.ready => Some(Err(
                "this console does not know wsrep_desync on a node that is not ready".to_owned(),
            )),
            sql::Query::Statement(statement) => {
                if let NodeStatement::Commit(Change::Ddl(text)) = &statement
                    && status.ready
                    && let Some(error) = sql::refuses(text, server.node().database())
                {
                    return Some(Err(error.to_string()));
                }
                self.programs.set_answer(id, None);
                let locked = self.programs.is_locked();
                self.programs.wait(
                    id,
                    self.now,
                    if locked {
                        "Waiting for backup lock"
                    } else {
                        "Commit"
                    },
                    text,
                );
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

    /// Returns the values of functions in a statement.
    fn functions(&self, id: QueryId) -> [(&'static str, String); 6] {
        /// The instant of a run's start, in seconds since 1970.
        const EPOCH: u64 = 1_767_225_600;
        let seconds = self.now.as_micros() / 1_000_000;
        // The log's stamp leaves the first digit of the hour out.
        let now = stamp(self.now).replace("  ", " 0");
        let user = "root@localhost".to_owned();
        [
            ("now()", now.clone()),
            ("current_timestamp()", now),
            ("unix_timestamp()", (EPOCH + seconds).to_string()),
            ("connection_id()", Programs::number_of(id).to_string()),
            ("user()", user.clone()),
            ("current_user()", user),
        ]
    }

    /// Returns the lines of SHOW PROCESSLIST, for a statement that asks for them.
    fn processes(&self, id: QueryId, text: &str) -> Vec<Vec<String>> {
        let started = self.daemon.server().map_or(self.now, |server| server.since);
        let mut sessions = self.programs.sessions();
        let shows = text
            .trim_start()
            .get(..4)
            .is_some_and(|word| word.eq_ignore_ascii_case("show"));
        sessions.push(sql::Session {
            number: Programs::number_of(id),
            since: self.now,
            state: Some(if shows {
                "starting"
            } else {
                "Filling schema table"
            }),
            text: text.to_owned(),
        });
        sql::processes(started, self.now, &sessions)
    }

    /// `KILL`: the session of a fault ends, and with it the lock that it holds.
    fn kill_session(&mut self, number: String) -> QueryResult {
        let parsed = number.parse::<u32>().unwrap_or_default();
        if parsed == FAULT && self.programs.is_held() {
            if !self.programs.hold(None) {
                self.ask(Asker::Session, NodeStatement::Unlock);
            }
            return Ok((Vec::new(), Vec::new()));
        }
        let of_client = |session: &sql::Session| session.number == parsed;
        if parsed < FAULT || self.programs.sessions().iter().any(of_client) {
            return Err(format!("this console does not kill session {number}"));
        }
        Err(SqlError::UnknownThread { number }.to_string())
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
            self.daemon
                .server()
                .is_some_and(|server| server.node().is_desynced()),
        )
    }
}
