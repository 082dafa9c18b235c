//! Calls from one host to another: `mysql -h`, `nc -z` and `ping` on a simulated host.

use super::host::QueryResult;
use super::tcp_port::Port;

/// A question to another host.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// A statement for the server there.
    Statement(String),
    /// Whether a process accepts connections at this port.
    Port(u16),
    /// Whether the host answers an echo request.
    Echo,
}

impl Call {
    /// Returns the port to which the call connects; an echo has none.
    pub const fn port(&self) -> Option<u16> {
        match self {
            Self::Statement(_) => Some(Port::Clients.number()),
            Self::Port(port) => Some(*port),
            Self::Echo => None,
        }
    }
}

/// The progress of a call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CallState {
    /// Nothing has answered so far.
    Dialling,
    /// The server there has taken the connection.
    Connected,
    /// It is over.
    Ended(CallEnd),
}

/// The end of a call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CallEnd {
    /// The server has answered the statement, or its connection is gone.
    Answered(QueryResult),
    /// The port is open, or the echo has come back.
    Open,
    /// Nothing listens at the port (ECONNREFUSED).
    Refused,
    /// No host has the address, or the one that has it is off (EHOSTUNREACH).
    NoRoute,
    /// Nothing has come back (ETIMEDOUT).
    TimedOut,
}
