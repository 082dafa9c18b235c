//! The operator's console: the commands of the manual, with the same text on every engine.
//!
//! A simulated engine reads a command line with [`Program::parse`] and polls [`Program::step`] with
//! its [`Host`](seatrial_port::host::Host) until the program has ended. A procedure sees none of this: it types lines at a
//! [`Console`](seatrial_port::console::Console) and reads what comes back. On real containers the lines run literally.
//!
//! There is one file for each command. `docs/cm-cluster-manage.md` says of every line that they
//! print whether it is documented or assumed.

mod clock;
mod cm_cluster_manage;
mod connection;
mod df;
mod files;
mod galera_new_cluster;
mod galera_recovery;
mod host_facts;
mod init_script;
mod iptables;
mod journalctl;
mod killall;
mod listing;
mod mysql;
mod mysqladmin;
mod mysqld;
mod mysqld_safe;
mod output;
mod pattern;
mod ping;
mod playbook;
mod power;
mod processes;
pub mod program;
mod reboot;
mod remove;
mod sed;
mod shell;
mod systemctl;
mod unit_files;
mod unit_job;
mod unit_text;

pub use mysql::statements;
pub use program::{NO_COMMAND, Program};

/// Returns the line in which the console says that it does not know a command, an option or a statement, if it
/// says so. Nobody can judge a program by what it does after such an answer: the gap is ours.
pub fn gap(output: &seatrial_port::Output) -> Option<&str> {
    output
        .stderr
        .lines()
        .find(|line| line.starts_with("this console ") || line.starts_with(NO_COMMAND))
}

/// What `cm-cluster-manage --show-cluster-status` asks the server first: the nine variables of the
/// manual's table (Check node status), in its order.
pub const STATUS_QUERY: &str = "SHOW GLOBAL STATUS WHERE Variable_name IN \
('wsrep_cluster_conf_id','wsrep_cluster_size','wsrep_cluster_state_uuid','wsrep_cluster_status',\
'wsrep_connected','wsrep_gcomm_uuid','wsrep_last_committed','wsrep_local_state_uuid',\
'wsrep_ready')";

/// Its second query: the four settings of the manual's second table (Check cluster status).
pub const ADDRESS_QUERY: &str = "SHOW GLOBAL VARIABLES WHERE Variable_name IN \
('wsrep_cluster_address','wsrep_cluster_name','wsrep_node_address','wsrep_node_name')";

/// The query that shows whether a node is synced, which the manual's table does not show.
pub const LOCAL_STATE_QUERY: &str = "SHOW GLOBAL STATUS LIKE 'wsrep_local_state_comment'";
