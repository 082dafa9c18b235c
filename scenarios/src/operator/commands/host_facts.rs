//! `hostname`, `whoami`, `ss`, `netstat`, `nc -z` and `clustercheck`: what a host says of itself.

use seatrial_port::Output;
use seatrial_port::host::{Host, QueryId, Step};

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
    /// `nc -z` to a port of this host.
    Connect(u16),
    /// `clustercheck` (Percona's script): HTTP 200 for a node that is synced.
    ClusterCheck(Option<QueryId>),
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
            Self::Connect(port) => Output {
                exit: i32::from(!host.listens(*port)),
                ..printed("")
            },
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
    let zero = words
        .iter()
        .any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains('z'));
    let plain: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
    match plain.as_slice() {
        [host, .., port] if zero && ["localhost", "127.0.0.1"].contains(&host.as_str()) => port
            .parse()
            .map(HostFact::Connect)
            .map_err(|_| failed(1, format!("nc: port number invalid: {port}"))),
        _ => Err(failed(
            1,
            "this console knows nc only as nc -z localhost PORT",
        )),
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
