//! How a client reaches its server: through the socket, or over the network to a host.

use seatrial_port::Span;
use seatrial_port::call::{Call, CallEnd, CallState};
use seatrial_port::host::{Host, QueryId, QueryResult, Step};

/// The way of a client to its server, with what it has asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Connection {
    /// The host after `-h`, if it is not the client's own by its usual name.
    host: Option<String>,
    /// `--connect-timeout`.
    timeout: Option<Span>,
    asked: Option<Asked>,
}

/// A statement without an answer so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Asked {
    /// By the server of the client's own host.
    Here(QueryId),
    /// By that of another host, since this instant.
    There(QueryId, Span),
}

impl Connection {
    /// Reads the words of a client of MariaDB.
    pub(super) fn of(words: &[String]) -> Self {
        let mut words = words.iter().map(String::as_str);
        let mut connection = Self::default();
        while let Some(word) = words.next() {
            let value = |name: &str| word.strip_prefix(name);
            let timeout = match word {
                "--connect-timeout" | "--connect_timeout" => words.next(),
                "-h" | "--host" => {
                    connection.host = words.next().map(str::to_owned);
                    continue;
                }
                _ => value("--connect-timeout=").or(value("--connect_timeout=")),
            };
            if let Some(named) = value("--host=").or(value("-h")) {
                connection.host = Some(named.to_owned());
            }
            if let Some(seconds) = timeout {
                connection.timeout = seconds
                    .parse()
                    .ok()
                    .filter(|one| *one > 0)
                    .map(Span::from_secs);
            }
        }
        connection.host = connection.host.filter(|host| host != "localhost");
        connection
    }

    /// Returns the host in messages.
    pub(super) fn host(&self) -> &str {
        self.host.as_deref().unwrap_or("localhost")
    }

    /// Returns whether the server is that of another host.
    pub(super) fn leads_away(&self, host: &dyn Host) -> bool {
        let named = self.host.as_deref();
        named.is_some_and(|named| !host.is_own_name(named))
    }

    /// Asks the server, or goes on waiting for its answer. An error is the client's whole line.
    pub(super) fn ask(&mut self, host: &mut dyn Host, sql: &str) -> Result<QueryResult, Step> {
        let asked = match self.asked {
            Some(asked) => asked,
            None => match self.begin(host, sql) {
                Some(asked) => asked,
                None => return Ok(Err(self.unknown_host())),
            },
        };
        self.asked = Some(asked);
        let result = match asked {
            Asked::Here(id) => {
                let answer = host.answer(id).ok_or(Step::Wait)?;
                answer.map_err(|line| self.refused_line(&line))
            }
            Asked::There(id, since) => match host.call_state(id) {
                CallState::Ended(CallEnd::Answered(answer)) => answer,
                CallState::Ended(_) => Err(self.cannot_connect(IN_PROGRESS)),
                CallState::Connected => return Err(Step::Wait),
                CallState::Dialling => match self.timeout.map(|timeout| since + timeout) {
                    Some(until) if host.now() >= until => Err(self.cannot_connect(TIMED_OUT)),
                    Some(until) => return Err(Step::Until(until)),
                    None => return Err(Step::Wait),
                },
            },
        };
        self.asked = None;
        Ok(result)
    }

    fn begin(&self, host: &mut dyn Host, sql: &str) -> Option<Asked> {
        if !self.leads_away(host) {
            return Some(Asked::Here(host.query(sql)));
        }
        let id = host.call(self.host(), Call::Statement(sql.to_owned()))?;
        Some(Asked::There(id, host.now()))
    }

    fn unknown_host(&self) -> String {
        format!(
            "ERROR 2005 (HY000): Unknown server host '{}' (-2)",
            self.host()
        )
    }

    fn cannot_connect(&self, errno: u8) -> String {
        let host = self.host();
        format!("ERROR 2002 (HY000): Can't connect to server on '{host}' ({errno})")
    }

    /// Returns the client's error line of a failed connection.
    fn refused_line(&self, line: &str) -> String {
        match (line.split_once("): "), &self.host) {
            (Some((_, text)), Some(_)) if text.contains("through socket") => {
                self.cannot_connect(IN_PROGRESS)
            }
            _ => line.to_owned(),
        }
    }
}

/// EINPROGRESS. The client's connections do not block, and it prints the errno of `connect`: the error that the kernel
/// finds later, be it ECONNREFUSED, EHOSTUNREACH or ETIMEDOUT, it returns without setting errno
/// (`pvio_socket.c:pvio_socket_internal_connect`; a refusal was seen on real nodes).
const IN_PROGRESS: u8 = 115;

/// ETIMEDOUT, which the client itself sets when its `--connect-timeout` has passed
/// (`pvio_socket.c:pvio_socket_wait_io_or_timeout`).
const TIMED_OUT: u8 = 110;
