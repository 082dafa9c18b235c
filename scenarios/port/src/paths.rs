//! The paths of a node's files that scenarios, procedures and engines name.

/// The replicator's saved state.
pub const GRASTATE: &str = "/var/lib/mysql/grastate.dat";

/// The saved view of the last primary component.
pub const GVWSTATE: &str = "/var/lib/mysql/gvwstate.dat";

/// The `MariaDB` log of the manual (Recovery procedure / No node is safe for bootstrapping?).
pub const MARIADB_LOG: &str = "/var/log/mariadb/mariadb.log";

/// The log of the mail back end (manual: Check back-end log).
pub const BACKEND_LOG: &str = "/var/log/ciphermail-gateway-backend.log";
