//! The files of a simulated host, for programs that run on it.
//!
//! An engine shows a host's files as bytes, and learns what a program did to them: a file written in place and
//! another file under the same name are not the same, since a server goes on writing to the file that it opened.
//! What a change means, the engine decides.

use std::collections::BTreeMap;

/// The files that the model knows, by their absolute path.
pub type HostFiles = BTreeMap<String, Vec<u8>>;

/// What an engine shows of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostTree {
    /// The host is off.
    Off,
    /// The files are those of the version that the caller knows.
    Same,
    /// The files. The version changes when one of them does, or when the server takes clients or no longer does.
    Files {
        /// The version.
        version: u64,
        /// The number of the server's process, if clients reach it at its socket and at port 3306.
        server: Option<u32>,
        /// The files.
        files: HostFiles,
    },
    /// A real host: it has its files itself, and lines run on it as they are.
    Real,
}

/// The folders and files whose content belongs to the model. A file elsewhere on a host is the program's own.
pub const MODELLED: [&str; 8] = [
    "/etc/mysql/",
    "/etc/my.cnf",
    "/etc/my.cnf.d/",
    "/run/mariadb-wsrep-new-cluster",
    "/run/mysqld/",
    "/var/lib/mysql/",
    "/var/log/ciphermail-gateway-backend.log",
    "/var/log/mariadb/",
];

/// Returns whether a path is one whose content belongs to the model.
pub fn is_modelled(path: &str) -> bool {
    MODELLED.iter().any(|known| {
        if known.ends_with('/') {
            path.starts_with(known)
        } else {
            path == *known
        }
    })
}

/// A change that a program has made to the files of a host.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FileChange {
    /// The file behind the name has this content now, and is the same file; or it is new.
    Written {
        /// The name.
        path: String,
        /// The content.
        content: Vec<u8>,
    },
    /// Another file stands under the name.
    Replaced {
        /// The name.
        path: String,
        /// Its content.
        content: Vec<u8>,
    },
    /// The file has another name. What had that name before is gone.
    Moved {
        /// The name before.
        from: String,
        /// The name after.
        to: String,
    },
    /// The name is gone.
    Removed {
        /// The name.
        path: String,
    },
}

impl FileChange {
    /// Returns the name that the change is about: of a move, the name after.
    pub fn path(&self) -> &str {
        match self {
            Self::Written { path, .. } | Self::Replaced { path, .. } | Self::Removed { path } => {
                path
            }
            Self::Moved { to, .. } => to,
        }
    }
}

/// Returns the address of the host at a place, counted from 0. It is one of the loopback: the network of a confined
/// program has no other.
pub fn address(place: u8) -> String {
    format!("127.0.1.{}", u16::from(place) + 11)
}
