//! `mysqladmin`, also as `mariadb-admin` (`client/mysqladmin.cc`): ping, shutdown, extended-status, variables.

use seatrial_galera::mysql_table;
use seatrial_port::host::{Host, QueryResult, Signal, Step};
use seatrial_port::{Output, Span};

use super::connection::Connection;
use super::output::{failed, printed};

/// The longest wait for the end of a server (`--shutdown-timeout`).
const SHUTDOWN_TIMEOUT: Span = Span::from_secs(3_600);

/// A `mysqladmin`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Mysqladmin {
    name: String,
    connection: Connection,
    verb: Verb,
    silent: bool,
    /// The instant at which the server was told to stop.
    stopping: Option<Span>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Verb {
    Ping,
    Shutdown,
    ExtendedStatus,
    Variables,
    Status,
    Processlist,
}

impl Mysqladmin {
    /// Reads the words after `mysqladmin`, which is also called by the other `name`.
    pub(super) fn parse(name: &str, words: &[String]) -> Result<Self, Output> {
        let (mut silent, mut verb) = (false, None);
        let connection = Connection::of(words);
        let mut words = words.iter().map(String::as_str);
        while let Some(word) = words.next() {
            match word {
                "-s" | "--silent" => silent = true,
                "-u" | "-h" | "-P" | "-S" | "--user" | "--host" | "--port" | "--socket" => {
                    words.next();
                }
                _ if ["-u", "-p", "-h", "-P", "-S"]
                    .iter()
                    .any(|short| word.starts_with(short)) => {}
                _ if [
                    "--user=",
                    "--host=",
                    "--port=",
                    "--socket=",
                    "--password",
                    "--defaults-file=",
                    "--defaults-extra-file=",
                    "--connect-timeout=",
                    "--connect_timeout=",
                    "--protocol=",
                ]
                .iter()
                .any(|long| word.starts_with(long)) => {}
                _ if word.starts_with('-') => {
                    return Err(failed(7, format!("mysqladmin: unknown option '{word}'")));
                }
                _ if verb.is_some() => {
                    return Err(failed(
                        1,
                        "this console knows one command of mysqladmin in a line",
                    ));
                }
                "ping" => verb = Some(Verb::Ping),
                "shutdown" => verb = Some(Verb::Shutdown),
                "extended-status" => verb = Some(Verb::ExtendedStatus),
                "variables" => verb = Some(Verb::Variables),
                "status" => verb = Some(Verb::Status),
                "processlist" | "proc" => verb = Some(Verb::Processlist),
                _ => {
                    return Err(failed(
                        1,
                        format!("this console does not know mysqladmin {word}"),
                    ));
                }
            }
        }
        let Some(verb) = verb else {
            return Err(failed(1, "Usage: mysqladmin [OPTIONS] command command...."));
        };
        Ok(Self {
            name: name.to_owned(),
            connection,
            verb,
            silent,
            stopping: None,
        })
    }

    /// Asks the server, or tells it to stop and waits for its end.
    pub(super) fn step(&mut self, host: &mut dyn Host) -> Step {
        if let Some(since) = self.stopping {
            return wait_for_end(host, since);
        }
        let query = match self.verb {
            Verb::Variables => "SHOW VARIABLES",
            // The server of another host is told to stop, and its end cannot be waited for: the pid file is there.
            Verb::Shutdown if self.connection.leads_away(host) => "SHUTDOWN",
            Verb::Processlist => "SHOW PROCESSLIST",
            _ => "SHOW GLOBAL STATUS",
        };
        let result = match self.connection.ask(host, query) {
            Ok(result) => result,
            Err(waits) => return waits,
        };
        match (self.verb, result) {
            (_, Err(line)) => Step::Done(self.no_connection(&line)),
            // `--silent` is about errors alone (seen on real nodes).
            (Verb::Ping, Ok(_)) => Step::Done(printed("mysqld is alive\n")),
            (Verb::Status, Ok(_)) => Step::Done(printed(format!(
                "Uptime: {}  Threads: 1  Questions: 1  Slow queries: 0  Opens: 17  Open tables: 10  Queries per second avg: 0.1\n",
                host.now().as_micros() / 1_000_000
            ))),
            (Verb::ExtendedStatus | Verb::Variables | Verb::Processlist, Ok(answer)) => {
                Step::Done(table(Ok(answer)))
            }
            (Verb::Shutdown, Ok(_)) if self.connection.leads_away(host) => Step::Done(printed("")),
            (Verb::Shutdown, Ok(_)) => {
                for name in ["mariadbd", "mysqld"] {
                    host.signal(name, Signal::Term);
                }
                self.stopping = Some(host.now());
                Step::Until(host.now() + Span::from_secs(1))
            }
        }
    }

    fn no_connection(&self, line: &str) -> Output {
        let text = line.split_once("): ").map_or(line, |(_, text)| text);
        if self.silent && self.verb == Verb::Ping {
            return Output {
                exit: 1,
                ..printed("")
            };
        }
        failed(
            1,
            format!(
                "{}: connect to server at '{}' failed\nerror: '{text}'\nCheck that \
                 mariadbd is running and that the socket: '/run/mysqld/mysqld.sock' exists!",
                self.name,
                self.connection.host()
            ),
        )
    }
}

fn wait_for_end(host: &dyn Host, since: Span) -> Step {
    if host.server_process().is_none() {
        return Step::Done(printed(""));
    }
    if host.now() >= since + SHUTDOWN_TIMEOUT {
        return Step::Done(failed(
            1,
            "Warning;  Aborted waiting on pid file: '/run/mysqld/mysqld.pid' after 3600 seconds",
        ));
    }
    Step::Until(host.now() + Span::from_secs(1))
}

fn table(result: QueryResult) -> Output {
    match result {
        Ok((columns, rows)) => {
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            printed(mysql_table(&columns, &rows))
        }
        Err(line) => failed(1, line),
    }
}
