//! The machine as the operator's programs see it.

use std::net::Ipv4Addr;

use seatrial_node::{DeliberateFault, Peer};
use seatrial_scenarios::console::{
    Call, CallState, Firewall, Host, JournalEntry, MARIADB_LOG, QueryId, QueryResult, Signal,
    UnitFileState, UnitState,
};
use seatrial_scenarios::{ForceEdit, MysqldSafeLog, NodeName, Port, Span};

use crate::machine::options::{self, ServerOptions};
use crate::machine::parts::{MachineEffect, Recovery};
use crate::machine::whole::Machine;

use super::service::{LOCKED, locked_lines};

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
}
