//! `rm -f` on the flag file of `galera_new_cluster`, and on nothing else.
//!
//! A script that was interrupted leaves the flag behind (defect D10), and a careful operator
//! removes it before a plain start. Damage to other files is a fault of a scenario, not a command.

use crate::console::host::{Host, Step};
use crate::testbed::Output;

use super::output::{failed, printed};

/// The flag file of `MariaDB` 10.11, and that of 11.8 (measurements, J).
const FLAGS: [&str; 2] = [
    "/run/mysqld/wsrep-new-cluster",
    "/run/mariadb-wsrep-new-cluster",
];

/// Reads the words after `rm`.
pub(super) fn check(words: &[String]) -> Result<(), Output> {
    let paths = match words.split_first() {
        Some((flag, paths)) if flag == "-f" && !paths.is_empty() => paths,
        _ => return Err(failed(1, "this console knows rm only as rm -f FILE...")),
    };
    match paths.iter().find(|path| !FLAGS.contains(&path.as_str())) {
        Some(odd) => Err(failed(1, format!("this console does not remove {odd}"))),
        None => Ok(()),
    }
}

/// Removes the flag.
pub(super) fn step(host: &mut dyn Host) -> Step {
    host.set_new_cluster_flag(false);
    Step::Done(printed(""))
}
