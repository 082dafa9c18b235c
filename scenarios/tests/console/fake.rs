//! A host that does what a test says, and a terminal that writes down what happens.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, where a panic is a failed test"
)]

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::net::Ipv4Addr;

use seatrial_galera::{
    GraState, NodeAddresses, Seqno, SqlError, StateUuid, StatusVariables, mysql_table,
};
use seatrial_scenarios::console::{
    ADDRESS_QUERY, Call, CallEnd, CallState, Firewall, GRASTATE, Host, JournalEntry, Program,
    QueryId, QueryResult, STATUS_QUERY, Signal, Step, UnitFileState, UnitState,
};
use seatrial_scenarios::{ForceEdit, MysqldSafeLog, NodeName, Output, Span};

/// Something that happens on the host by itself.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Unit(UnitState),
    Append(String, String),
}

/// The effect of a start or a stop of the unit, and the time until then. `None` is never.
pub(crate) type Course = Option<(Span, UnitState)>;

/// The host.
pub(crate) struct Fake {
    pub(crate) node: NodeName,
    pub(crate) now: Span,
    pub(crate) unit: UnitState,
    pub(crate) force: ForceEdit,
    pub(crate) log: MysqldSafeLog,
    /// Content and inode.
    pub(crate) files: BTreeMap<String, (String, u32)>,
    pub(crate) flag: bool,
    pub(crate) starts: VecDeque<Course>,
    pub(crate) stops: VecDeque<Course>,
    pub(crate) processes: BTreeMap<String, usize>,
    pub(crate) answers: BTreeMap<String, (Span, QueryResult)>,
    pub(crate) recover: (Span, Vec<String>, i32),
    pub(crate) many_hosts: bool,
    pub(crate) events: Vec<(Span, Event)>,
    asked: Vec<(Span, String)>,
    recovering: Vec<Span>,
    queued: bool,
    /// The rules of its packet filter.
    firewall: Firewall,
    /// The ends of calls to other hosts, by what is called; without one a call never ends.
    pub(crate) ends: BTreeMap<String, CallEnd>,
    called: Vec<String>,
    pub(crate) arbitrator: bool,
    pub(crate) journal: Vec<JournalEntry>,
    pub(crate) unit_file: UnitFileState,
    pub(crate) environment: BTreeMap<String, String>,
    /// The requests to the host since the last look.
    pub(crate) calls: Vec<String>,
}

impl Fake {
    /// Returns a host with a running server that is synced in a cluster of three.
    pub(crate) fn new() -> Self {
        let mut fake = Self {
            node: NodeName::new("A"),
            now: Span::from_secs(100),
            unit: UnitState::Active,
            force: ForceEdit::InPlace,
            log: MysqldSafeLog::File,
            files: BTreeMap::new(),
            flag: false,
            starts: VecDeque::new(),
            stops: VecDeque::new(),
            processes: BTreeMap::from([("mariadbd".to_owned(), 1)]),
            answers: BTreeMap::new(),
            recover: (Span::from_secs(1), Vec::new(), 0),
            many_hosts: true,
            events: Vec::new(),
            asked: Vec::new(),
            recovering: Vec::new(),
            queued: false,
            firewall: Firewall::default(),
            ends: BTreeMap::new(),
            called: Vec::new(),
            arbitrator: false,
            journal: Vec::new(),
            unit_file: UnitFileState::Enabled,
            environment: BTreeMap::new(),
            calls: Vec::new(),
        };
        fake.grastate(-1, false);
        fake.primary();
        fake
    }

    /// A host whose server was stopped in order.
    pub(crate) fn stopped() -> Self {
        let mut fake = Self::new();
        fake.unit = UnitState::Inactive;
        fake.processes.clear();
        fake.grastate(7, false);
        fake.silent(2);
        fake
    }

    pub(crate) fn grastate(&mut self, seqno: i64, safe_to_bootstrap: bool) {
        let uuid = StateUuid(0x7159_b315_ed8a_11ed_b66b_82b0_8426_f1d2);
        let state = GraState {
            uuid,
            seqno: Seqno(seqno),
            safe_to_bootstrap,
        };
        self.file(GRASTATE, &state.to_string());
    }

    pub(crate) fn file(&mut self, path: &str, content: &str) {
        self.files.insert(path.to_owned(), (content.to_owned(), 1));
    }

    /// The server answers as in the manual's example.
    fn primary(&mut self) {
        let uuid = "7159b315-ed8a-11ed-b66b-82b08426f1d2".parse().unwrap();
        let status = StatusVariables {
            cluster_conf_id: "3".parse().unwrap(),
            cluster_size: 3,
            cluster_state_uuid: uuid,
            cluster_status: "Primary".parse().unwrap(),
            cluster_weight: 3,
            connected: true,
            gcomm_uuid: "7159632c-ed8a-11f1-b181-e6e4c001f53a".parse().unwrap(),
            last_committed: Seqno(0),
            local_state_uuid: uuid,
            ready: true,
            local_state: "Synced".parse().unwrap(),
        };
        let node = NodeAddresses {
            cluster_address: "gcomm://node1.example.com,node2.example.com,node3.example.com"
                .to_owned(),
            cluster_name: "ciphermail".to_owned(),
            node_address: "node1.example.com".to_owned(),
            node_name: "node1.example.com".to_owned(),
        };
        self.answer(STATUS_QUERY, 0, Ok(table(status.rows())));
        self.answer(ADDRESS_QUERY, 0, Ok(table(node.rows())));
    }

    /// No socket to connect to.
    pub(crate) fn silent(&mut self, errno: i32) {
        let socket = "/run/mysqld/mysqld.sock".to_owned();
        let error = SqlError::NoServer { socket, errno }.to_string();
        self.answer(STATUS_QUERY, 0, Err(error.clone()));
        self.answer(ADDRESS_QUERY, 0, Err(error));
    }

    pub(crate) fn answer(&mut self, sql: &str, after_ms: u64, result: QueryResult) {
        self.answers
            .insert(sql.to_owned(), (Span::from_millis(after_ms), result));
    }

    /// Types the line and follows it to its end, at most for `limit`; then Ctrl-C.
    pub(crate) fn run(&mut self, line: &str, limit: Span) -> Output {
        let until = self.now + limit;
        let mut program = match Program::parse(line) {
            Ok(program) => program,
            Err(output) => return output,
        };
        // Far more changes than any command of a test sees.
        for _ in 0..1_000 {
            let next = match program.step(self) {
                Step::Done(output) => return output,
                Step::Wait => self.next_event(),
                Step::Until(instant) => Some(
                    self.next_event()
                        .map_or(instant, |event| event.min(instant)),
                ),
            };
            let Some(next) = next.filter(|&next| next <= until) else {
                self.advance(until);
                self.calls.push("^C".to_owned());
                return program.interrupt(self);
            };
            self.advance(next.max(self.now));
        }
        panic!("`{line}` does not end");
    }

    fn next_event(&self) -> Option<Span> {
        let events = self.events.iter().map(|(at, _)| *at);
        let answers = self
            .asked
            .iter()
            .filter_map(|(at, sql)| self.answers.get(sql).map(|(after, _)| *at + *after));
        let recovers = self.recovering.iter().map(|at| *at + self.recover.0);
        events
            .chain(answers)
            .chain(recovers)
            .filter(|&at| at > self.now)
            .min()
    }

    fn advance(&mut self, to: Span) {
        self.now = to;
        let (due, later) = std::mem::take(&mut self.events)
            .into_iter()
            .partition(|e| e.0 <= to);
        self.events = later;
        let due: Vec<(Span, Event)> = due;
        for (_, event) in due {
            match event {
                Event::Unit(state) => self.become_unit(state),
                Event::Append(path, line) => self.append_line(&path, &line),
            }
        }
    }

    fn become_unit(&mut self, state: UnitState) {
        self.unit = state;
        let ended = matches!(state, UnitState::Inactive | UnitState::Failed(_));
        if ended && std::mem::take(&mut self.queued) {
            self.start_unit();
        }
    }

    fn course(&mut self, course: Option<Course>) {
        self.events
            .retain(|(_, event)| !matches!(event, Event::Unit(_)));
        if let Some(Some((after, state))) = course {
            self.events.push((self.now + after, Event::Unit(state)));
        }
    }
}

fn table(rows: Vec<(&'static str, String)>) -> (Vec<String>, Vec<Vec<String>>) {
    let columns = vec!["Variable_name".to_owned(), "Value".to_owned()];
    (
        columns,
        rows.into_iter()
            .map(|(name, value)| vec![name.to_owned(), value])
            .collect(),
    )
}

/// Types the lines one after the other, each with a limit of 20 minutes, and writes down all of it.
pub(crate) fn transcript(host: &mut Fake, lines: &[&str]) -> String {
    let limited: Vec<(&str, u64)> = lines.iter().map(|line| (*line, 1_200)).collect();
    transcript_with_limits(host, &limited)
}

/// Returns the same, with a limit in seconds for each line.
pub(crate) fn transcript_with_limits(host: &mut Fake, lines: &[(&str, u64)]) -> String {
    let mut text = String::new();
    for (line, limit) in lines {
        let begun = host.now;
        host.calls.clear();
        let output = host.run(line, Span::from_secs(*limit));
        let took = host.now.saturating_sub(begun);
        writeln!(text, "$ {line}").unwrap();
        for call in &host.calls {
            writeln!(text, "  [{call}]").unwrap();
        }
        text.push_str(&output.stdout);
        for line in output.stderr.lines() {
            writeln!(text, "2> {line}").unwrap();
        }
        assert!(
            output.stderr.is_empty() || output.stderr.ends_with('\n'),
            "{:?}",
            output.stderr
        );
        writeln!(text, "=> {} after {took}\n", output.exit).unwrap();
    }
    text
}

impl Host for Fake {
    fn node(&self) -> &NodeName {
        &self.node
    }

    fn host_name(&self) -> String {
        "node1.example.com".to_owned()
    }

    fn now(&self) -> Span {
        self.now
    }

    fn force_edit(&self) -> ForceEdit {
        self.force
    }

    fn mysqld_safe_log(&self) -> MysqldSafeLog {
        self.log
    }

    fn read_file(&self, path: &str) -> Option<String> {
        self.files.get(path).map(|(content, _)| content.clone())
    }

    fn write_file(&mut self, path: &str, content: &str) {
        self.calls.push(format!("write into {path}"));
        let inode = self.files.get(path).map_or(1, |(_, inode)| *inode);
        self.files
            .insert(path.to_owned(), (content.to_owned(), inode));
    }

    fn remove_file(&mut self, path: &str) {
        self.calls.push(format!("remove {path}"));
        self.files.remove(path);
    }

    fn remove_data(&mut self) -> bool {
        self.calls.push("remove the data".to_owned());
        true
    }

    fn replace_file(&mut self, path: &str, content: &str) {
        self.calls.push(format!("replace {path}"));
        let inode = self.files.get(path).map_or(1, |(_, inode)| inode + 1);
        self.files
            .insert(path.to_owned(), (content.to_owned(), inode));
    }

    fn append_line(&mut self, path: &str, line: &str) {
        let (content, _) = self
            .files
            .entry(path.to_owned())
            .or_insert((String::new(), 1));
        content.push_str(line);
        content.push('\n');
    }

    fn unit(&self) -> UnitState {
        self.unit
    }

    fn start_unit(&mut self) {
        if self.unit == UnitState::Deactivating {
            self.calls
                .push("start unit when the stop is over".to_owned());
            self.queued = true;
            return;
        }
        let how = if self.flag { " as a new cluster" } else { "" };
        self.calls.push(format!("start unit{how}"));
        self.unit = UnitState::Activating;
        let course = self.starts.pop_front();
        self.course(course);
    }

    fn stop_unit(&mut self) {
        if matches!(self.unit, UnitState::Inactive | UnitState::Failed(_)) {
            self.calls.push("no restart".to_owned());
            return;
        }
        self.calls.push("stop unit".to_owned());
        self.unit = UnitState::Deactivating;
        let course = self.stops.pop_front();
        self.course(course);
    }

    fn journal(&self) -> Vec<JournalEntry> {
        self.journal.clone()
    }

    fn boots(&self) -> u32 {
        0
    }

    fn unit_file(&self) -> UnitFileState {
        self.unit_file
    }

    fn set_unit_file(&mut self, state: UnitFileState) {
        self.calls.push(format!("unit file {state:?}"));
        self.unit_file = state;
    }

    fn environment(&self) -> Vec<(String, String)> {
        let all = self.environment.iter();
        all.map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    fn set_environment(&mut self, name: &str, value: Option<&str>) -> Result<(), String> {
        match value {
            Some(value) => self.environment.insert(name.to_owned(), value.to_owned()),
            None => self.environment.remove(name),
        };
        Ok(())
    }

    fn set_new_cluster_flag(&mut self, on: bool) {
        self.calls.push(format!(
            "new cluster flag {}",
            if on { "on" } else { "off" }
        ));
        self.flag = on;
    }

    fn processes(&self, name: &str) -> usize {
        self.processes.get(name).copied().unwrap_or(0)
    }

    fn signal(&mut self, name: &str, signal: Signal) -> usize {
        let found = self.processes(name);
        self.calls.push(format!("{signal:?} to {found} of {name}"));
        if signal == Signal::Kill && found > 0 {
            self.processes.remove(name);
            self.become_unit(UnitState::Failed(137));
        }
        found
    }

    fn server_process(&self) -> Option<(u32, &'static str)> {
        (self.processes("mariadbd") > 0).then_some((1_001, "mariadbd"))
    }

    fn watcher(&self) -> Option<u32> {
        None
    }

    fn start_by_hand(&mut self, watched: bool, options: &[String]) -> Result<u32, String> {
        let program = if watched { "mysqld_safe" } else { "mariadbd" };
        self.calls.push(format!("{program} {}", options.join(" ")));
        Ok(1)
    }

    fn ended_by_hand(&mut self, _: u32) -> Option<i32> {
        None
    }

    fn listens(&self, port: u16) -> bool {
        [3306, 4567].contains(&port) && self.processes("mariadbd") > 0
    }

    fn reset_failed(&mut self) {
        self.calls.push("reset-failed".to_owned());
        if matches!(self.unit, UnitState::Failed(_)) {
            self.unit = UnitState::Inactive;
        }
    }

    fn reboot(&mut self) {
        self.calls.push("reboot".to_owned());
    }

    fn power_off(&mut self) {
        self.calls.push("power off".to_owned());
    }

    fn booted_at(&self) -> Span {
        Span::ZERO
    }

    fn disk_is_full(&self) -> bool {
        false
    }

    fn run_on_all_hosts(&mut self, line: &str) -> bool {
        self.calls.push(format!("on all hosts: {line}"));
        if self.many_hosts {
            self.unit = UnitState::Deactivating;
            let second = Span::from_secs(1);
            self.events
                .push((self.now + second, Event::Unit(UnitState::Activating)));
            self.events
                .push((self.now + second + second, Event::Unit(UnitState::Active)));
        }
        self.many_hosts
    }

    fn query(&mut self, sql: &str) -> QueryId {
        self.asked.push((self.now, sql.to_owned()));
        QueryId(u32::try_from(self.asked.len()).unwrap())
    }

    fn answer(&mut self, id: QueryId) -> Option<QueryResult> {
        let (at, sql) = &self.asked[id.0 as usize - 1];
        let (after, result) = self.answers.get(sql)?;
        (self.now >= *at + *after).then(|| result.clone())
    }

    fn is_arbitrator(&self) -> bool {
        self.arbitrator
    }

    fn address_of(&self, word: &str) -> Option<Ipv4Addr> {
        match word {
            "B" => Some(Ipv4Addr::new(10, 0, 0, 12)),
            "localhost" => Some(Ipv4Addr::LOCALHOST),
            word => word.parse().ok(),
        }
    }

    fn call(&mut self, word: &str, call: Call) -> Option<QueryId> {
        self.address_of(word)?;
        self.calls.push(format!("call {word}: {call:?}"));
        self.called.push(match call {
            Call::Statement(sql) => sql,
            Call::Port(port) => port.to_string(),
            Call::Echo => "echo".to_owned(),
        });
        Some(QueryId(u32::try_from(self.called.len()).unwrap()))
    }

    fn call_state(&self, id: QueryId) -> CallState {
        let end = self.ends.get(&self.called[id.0 as usize - 1]);
        end.map_or(CallState::Dialling, |end| CallState::Ended(end.clone()))
    }

    fn firewall(&self) -> Option<Firewall> {
        Some(self.firewall.clone())
    }

    fn set_firewall(&mut self, rules: Firewall) {
        self.firewall = rules;
    }

    fn start_recover(&mut self) -> QueryId {
        self.calls.push("mariadbd --wsrep-recover".to_owned());
        self.recovering.push(self.now);
        QueryId(u32::try_from(self.recovering.len()).unwrap())
    }

    fn recovered(&mut self, id: QueryId) -> Option<(Vec<String>, i32)> {
        let at = self.recovering[id.0 as usize - 1];
        let (after, lines, exit) = &self.recover;
        (self.now >= at + *after).then(|| (lines.clone(), *exit))
    }
}

/// Returns the client's table for a statement of one column and one row.
pub(crate) fn one(column: &str, value: &str) -> (Vec<String>, Vec<Vec<String>>) {
    (vec![column.to_owned()], vec![vec![value.to_owned()]])
}

#[test]
fn a_frame_of_one_value() {
    let (columns, rows) = one("1", "1");
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    assert_eq!(
        mysql_table(&columns, &rows),
        "+---+\n| 1 |\n+---+\n| 1 |\n+---+\n"
    );
}
