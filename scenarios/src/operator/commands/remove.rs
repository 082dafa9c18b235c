//! `rm`, on the files that recovery procedures remove: the flag of `galera_new_cluster`, the two state
//! files, and the whole data folder of a server that is down.
//!
//! A script that was interrupted leaves the flag behind (defect D10), and a careful operator removes
//! it before a plain start. Published procedures remove a saved view, and one erases a node's data.

use seatrial_port::Output;
use seatrial_port::host::{Host, Step};
use seatrial_port::paths::{GRASTATE, GVWSTATE};

use super::output::{failed, printed};

/// The flag file of `MariaDB` 10.11, and that of 11.8 (measurements, J).
const FLAGS: [&str; 2] = [
    "/run/mysqld/wsrep-new-cluster",
    "/run/mariadb-wsrep-new-cluster",
];

/// The data folder.
const DATA: &str = "/var/lib/mysql";

/// The target of the removal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Remove {
    /// Files.
    Files(Vec<String>),
    /// The data folder.
    Data,
}

impl Remove {
    /// Reads the words after `rm`.
    pub(super) fn parse(words: &[String]) -> Result<Self, Output> {
        let known = |path: &&String| {
            FLAGS.contains(&path.as_str()) || [GRASTATE, GVWSTATE].contains(&path.as_str())
        };
        match words.split_first() {
            Some((flag, paths)) if flag == "-f" && !paths.is_empty() => {
                match paths.iter().find(|path| !known(path)) {
                    Some(odd) => Err(failed(1, format!("this console does not remove {odd}"))),
                    None => Ok(Self::Files(paths.to_vec())),
                }
            }
            Some((flag, [path])) if flag == "-rf" && path == DATA => Ok(Self::Data),
            _ => Err(failed(
                1,
                format!("this console knows rm only as rm -f FILE... and rm -rf {DATA}"),
            )),
        }
    }

    /// Removes it.
    pub(super) fn step(&self, host: &mut dyn Host) -> Step {
        match self {
            Self::Files(paths) => {
                for path in paths {
                    if FLAGS.contains(&path.as_str()) {
                        host.set_new_cluster_flag(false);
                    } else {
                        host.remove_file(path);
                    }
                }
                Step::Done(printed(""))
            }
            Self::Data if host.remove_data() => Step::Done(printed("")),
            Self::Data => Step::Done(failed(
                1,
                "this console does not remove the data of a running server",
            )),
        }
    }
}
