//! The statements that programs on the machine send to its server.

use seatrial_galera::SqlError;
use seatrial_node::{Database, Statement as NodeStatement};
use seatrial_scenarios::Span;
use seatrial_scenarios::console::{
    DIRTY_READS, Host, QueryId, QueryResult, Signal, WITHOUT_NOTES, WITHOUT_REPLICATION,
};

use crate::machine::conf;
use crate::machine::parts::{Asker, FAULT, Looked, Programs, stamp};
use crate::machine::sql;
use crate::machine::whole::Machine;

/// The statement with which the end of a client lets its lock go.
const END_OF_LOCK: &str = "UNLOCK TABLES";

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

/// Returns what an assignment to an option of the provider comes to: with the plug-in each option is a variable of its
/// own and the list can only be read, without it there is the list alone (`sql/wsrep_plugin.cc`).
fn provider_option(variable: Option<String>, then: sql::Query, plugin: bool) -> sql::Query {
    match variable {
        Some(name) if !plugin => sql::Query::Error(SqlError::UnknownVariable { name }),
        None if plugin => sql::Query::Error(SqlError::ReadOnlyVariable {
            name: sql::PROVIDER_OPTIONS.to_owned(),
        }),
        _ => then,
    }
}

impl Machine {
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
        let looked = Looked {
            status,
            is_desynced: server.node().is_desynced(),
        };
        if let Some(answer) = self.daemon.told(text, &looked) {
            return Some(answer.clone());
        }
        // A dirty read needs no component; a statement that changes something does (`sql_parse.cc:wsrep_mysql_parse`).
        let (said, dirty) = match text.strip_prefix(DIRTY_READS) {
            Some(said) => (said, true),
            None => (text, false),
        };
        let (query, local) = match said.strip_prefix(WITHOUT_REPLICATION) {
            Some(said) => (sql::without_replication(said), true),
            None => match said.strip_prefix(WITHOUT_NOTES) {
                Some(said) => (sql::without_notes(said), false),
                None => (sql::read(said), false),
            },
        };
        let done = || Some(Ok((Vec::new(), Vec::new())));
        let query = match query {
            sql::Query::Provider { variable, then } => provider_option(
                variable,
                *then,
                server.node().config().plugin_wsrep_provider,
            ),
            query => query,
        };
        match query {
            sql::Query::Rows(selection) => {
                if !status.ready && !local && !dirty && !selection.is_answered_when_not_ready() {
                    return Some(Err(self.error_text(1047)));
                }
                let mut settings = self.settings();
                if selection.asks_for_usual_settings() {
                    let options = sql::provider_options(server.node().config(), &self.host_name());
                    settings.push((sql::PROVIDER_OPTIONS, options));
                    settings.extend(sql::usual_settings());
                }
                let more_status = if selection.asks_for_more_status() {
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
                let answer = selection.answer(&mut shown);
                if selection.is_told_by_status() {
                    self.daemon.tell(text, looked, answer.clone());
                }
                Some(answer)
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
            sql::Query::Lock if !status.ready && dirty => Some(Err(
                "this console does not know a read lock on a node that is not ready".to_owned(),
            )),
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
            sql::Query::Address(address) => self.change_address(id, &address, text),
            // The value that it has already changes nothing.
            sql::Query::Statement(NodeStatement::Desync(on))
                if on == server.node().is_desynced() =>
            {
                done()
            }
            // The group orders the change, so it needs a component (`gcs.cpp:gcs_desync`).
            sql::Query::Statement(NodeStatement::Desync(on)) if !status.ready => {
                let operation = if on { "desync" } else { "resync" }.to_owned();
                let statement = text.trim().trim_end_matches(';').to_owned();
                let error = SqlError::CannotUser {
                    operation,
                    statement,
                };
                Some(Err(error.to_string()))
            }
            sql::Query::Statement(statement) => {
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
            sql::Query::Flush | sql::Query::Accepted | sql::Query::Provider { .. } => done(),
            sql::Query::Error(error) => Some(Err(error.to_string())),
            sql::Query::NotKnown(text) => Some(Err(text)),
        }
    }

    /// `SET GLOBAL wsrep_cluster_address`: the node leaves its group, and joins the one at the address. With no address,
    /// and with one that Galera cannot use, it stays outside (`wsrep_var.cc:wsrep_cluster_address_update`).
    fn change_address(&mut self, id: QueryId, address: &str, text: &str) -> Option<QueryResult> {
        let peers = conf::addresses(address, &self.site.directory());
        if address.starts_with("gcomm://") && peers.is_empty() {
            return Some(Err(format!(
                "this console does not join the cluster at `{address}' while the server runs: a restart does"
            )));
        }
        if let Some(server) = self.daemon.server_mut() {
            server.address = Some(address.to_owned());
        }
        self.daemon.forget_told();
        self.programs.set_answer(id, None);
        self.programs.wait(id, self.now, "Opening tables", text);
        self.ask(Asker::Program(id), NodeStatement::ClusterAddress(peers));
        self.programs.answer(id)
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

    /// Returns the status variables beside those of the manual's table.
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
        sql::other_status(
            addresses.collect::<Vec<_>>().join(","),
            index.map_or_else(|| NOBODY.to_owned(), |index| index.to_string()),
            node.desyncs(),
        )
    }

    /// Returns what SHOW VARIABLES lists of this node.
    pub(super) fn settings(&self) -> Vec<(&'static str, String)> {
        let hosts = self.site.hosts();
        let whole = || conf::whole_address(&hosts);
        let edited = self.site.conf();
        let told = self
            .daemon
            .server()
            .and_then(|server| server.address.clone());
        let address =
            told.unwrap_or_else(|| edited.map_or_else(whole, |conf| conf.address.clone()));
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
