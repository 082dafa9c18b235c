//! The ports of a node, on which other hosts connect to it.

use serde::{Deserialize, Serialize};

/// A port of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub enum Port {
    /// The server's clients (`port` of MariaDB).
    Clients,
    /// The snapshot: the script of `wsrep_sst_method` listens there.
    Sst,
    /// The group (`base_port` of the provider).
    Group,
    /// The incremental transfer (`ist.recv_addr`, the group's port and 1).
    Ist,
}

impl Port {
    /// Every port, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Clients, Self::Sst, Self::Group, Self::Ist];

    /// Returns the port's number.
    pub const fn number(self) -> u16 {
        match self {
            Self::Clients => 3306,
            Self::Sst => 4444,
            Self::Group => 4567,
            Self::Ist => 4568,
        }
    }

    /// Returns the port with a number, if a node has it.
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|port| port.number() == number)
    }

    /// Returns the use of the port, one sentence.
    pub const fn doc(self) -> &'static str {
        match self {
            Self::Clients => "Clients that connect from another node's host.",
            Self::Sst => "The script of a snapshot, also of one that copies nothing.",
            Self::Group => "Group communication.",
            Self::Ist => "Incremental transfers, and the write sets that go before every snapshot.",
        }
    }
}

impl From<Port> for u16 {
    fn from(port: Port) -> Self {
        port.number()
    }
}

impl TryFrom<u16> for Port {
    type Error = String;

    fn try_from(number: u16) -> Result<Self, String> {
        Self::from_number(number).ok_or_else(|| format!("a node has no port {number}"))
    }
}
