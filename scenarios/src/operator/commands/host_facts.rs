//! `hostname`, `whoami`, `ss`, `netstat`, `nc -z` and `clustercheck`: what a host says of itself.

use seatrial_port::call::{Call, CallEnd, CallState};
use seatrial_port::host::{Host, QueryId, Step};
use seatrial_port::{Output, Span};

use super::output::{failed, printed};

/// The commands of this file.
pub(super) const NAMES: [&str; 8] = [
    "clustercheck",
    "hostname",
    "nc",
    "ncat",
    "netcat",
    "netstat",
    "ss",
    "whoami",
];

/// The ports on which a node may listen: clients and the group.
const PORTS: [u16; 2] = [3306, 4567];

/// A look at the host.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum HostFact {
    /// `hostname`: whether with its domain.
    Name(bool),
    /// `whoami`.
    User(&'static str),
    /// `ss` and `netstat`: whether in the form of `ss`.
    Sockets(bool),
    /// `nc -z` to a port.
    Connect(Connect),
    /// `clustercheck` (Percona's script): HTTP 200 for a node that is synced.
    ClusterCheck(Option<QueryId>),
}

/// An `nc -z`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Connect {
    host: String,
    port: u16,
    /// Says what came of it (`-v`).
    tells: bool,
    /// The longest wait (`-w`).
    wait: Option<Span>,
    /// The call, and its beginning.
    called: Option<(QueryId, Span)>,
}

impl HostFact {
    /// Reads the words after one of [`NAMES`].
    pub(super) fn parse(name: &str, words: &[String], sudo: bool) -> Result<Self, Output> {
        match name {
            "hostname" => match words {
                [] => Ok(Self::Name(false)),
                [option] if ["-s", "--short"].contains(&option.as_str()) => Ok(Self::Name(false)),
                [option] if ["-f", "--fqdn", "--long"].contains(&option.as_str()) => {
                    Ok(Self::Name(true))
                }
                _ => Err(failed(1, "this console knows hostname with -s or -f")),
            },
            "whoami" => Ok(Self::User(if sudo { "root" } else { "operator" })),
            "ss" | "netstat" => Ok(Self::Sockets(name == "ss")),
            "clustercheck" => Ok(Self::ClusterCheck(None)),
            _ => connect(words),
        }
    }

    /// Looks.
    pub(super) fn step(&mut self, host: &mut dyn Host) -> Step {
        Step::Done(match self {
            Self::Name(true) => printed(format!("{}\n", host.host_name())),
            Self::Name(false) => printed(format!("{}\n", host.node().as_str().to_lowercase())),
            Self::User(user) => printed(format!("{user}\n")),
            Self::Sockets(ss) => sockets(host, *ss),
            Self::Connect(connect) => return connect.step(host),
            Self::ClusterCheck(asked) => {
                let id = *asked.get_or_insert_with(|| host.query(super::LOCAL_STATE_QUERY));
                let Some(answer) = host.answer(id) else {
                    return Step::Wait;
                };
                let synced = answer
                    .is_ok_and(|(_, rows)| rows.iter().flatten().any(|value| value == "Synced"));
                let (head, word) = if synced {
                    ("200 OK", "synced")
                } else {
                    ("503 Service Unavailable", "not synced")
                };
                Output {
                    exit: i32::from(!synced),
                    ..printed(format!(
                        "HTTP/1.1 {head}\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n\
                         Percona XtraDB Cluster Node is {word}.\r\n"
                    ))
                }
            }
        })
    }
}

fn connect(words: &[String]) -> Result<HostFact, Output> {
    const KNOWN: &str = "this console knows nc only as nc -z [-v] [-w SECONDS] HOST PORT";
    let (mut zero, mut tells, mut wait, mut plain) = (false, false, None, Vec::new());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
            plain.push(word);
            continue;
        };
        let (flags, seconds) = match letters.split_once('w') {
            Some((flags, "")) => (flags, words.next().map(String::as_str)),
            Some((flags, seconds)) => (flags, Some(seconds)),
            None => (letters, None),
        };
        if let Some(seconds) = seconds {
            wait = seconds.parse().ok().map(Span::from_secs);
        }
        for flag in flags.chars() {
            match flag {
                'z' => zero = true,
                'v' => tells = true,
                'n' | '4' => {}
                _ => return Err(failed(1, KNOWN)),
            }
        }
    }
    let [host, port] = plain.as_slice() else {
        return Err(failed(1, KNOWN));
    };
    if !zero {
        return Err(failed(1, KNOWN));
    }
    let port = port
        .parse()
        .map_err(|_| failed(1, format!("nc: port number invalid: {port}")))?;
    Ok(HostFact::Connect(Connect {
        host: (*host).clone(),
        port,
        tells,
        wait,
        called: None,
    }))
}

impl Connect {
    fn step(&mut self, host: &mut dyn Host) -> Step {
        if host.is_own_name(&self.host) {
            let end = if host.listens(self.port) {
                CallEnd::Open
            } else {
                CallEnd::Refused
            };
            return Step::Done(self.told(&end));
        }
        let called = match self.called {
            Some(called) => Some(called),
            None => host
                .call(&self.host, Call::Port(self.port))
                .map(|id| (id, host.now())),
        };
        let Some((id, since)) = called else {
            let (name, port) = (&self.host, self.port);
            let text = format!(
                "nc: getaddrinfo for host \"{name}\" port {port}: Name or service not known"
            );
            return Step::Done(failed(1, text));
        };
        self.called = called;
        let until = self.wait.map(|wait| since + wait);
        match host.call_state(id) {
            CallState::Ended(end) => Step::Done(self.told(&end)),
            _ if until.is_some_and(|until| host.now() >= until) => {
                Step::Done(self.told(&CallEnd::TimedOut))
            }
            _ => until.map_or(Step::Wait, Step::Until),
        }
    }

    /// Returns what `nc` prints, which is nothing without `-v` (`nc.openbsd`).
    fn told(&self, end: &CallEnd) -> Output {
        let (name, port) = (&self.host, self.port);
        let why = match end {
            CallEnd::Open | CallEnd::Answered(_) => None,
            CallEnd::Refused => Some("Connection refused"),
            CallEnd::NoRoute => Some("No route to host"),
            CallEnd::TimedOut => Some("Connection timed out"),
        };
        let text = match why {
            _ if !self.tells => String::new(),
            None => format!("Connection to {name} {port} port [tcp/*] succeeded!\n"),
            Some(why) => format!("nc: connect to {name} port {port} (tcp) failed: {why}\n"),
        };
        Output {
            stderr: text,
            exit: i32::from(why.is_some()),
            ..printed("")
        }
    }
}

fn sockets(host: &dyn Host, ss: bool) -> Output {
    let mut text = if ss {
        "State  Recv-Q Send-Q Local Address:Port Peer Address:Port\n".to_owned()
    } else {
        "Active Internet connections (only servers)\nProto Recv-Q Send-Q Local Address           Foreign Address         State\n"
            .to_owned()
    };
    for port in std::iter::once(22).chain(PORTS.into_iter().filter(|port| host.listens(*port))) {
        let line = if ss {
            format!("LISTEN 0      128          0.0.0.0:{port:<5}     0.0.0.0:*\n")
        } else {
            format!(
                "tcp        0      0 {:<23} 0.0.0.0:*               LISTEN\n",
                format!("0.0.0.0:{port}")
            )
        };
        text.push_str(&line);
    }
    printed(text)
}
