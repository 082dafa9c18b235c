//! The interface of a simulated node's host for commands.
//!
//! The simulated engines implement [`Host`] for a node's machine; the programs of this folder are
//! written against it, so that one and the same `systemctl` runs on `des` and on `madsim`. On real
//! containers the commands run literally, and this port is not used.

use std::net::Ipv4Addr;

use super::call::{Call, CallState};
use super::firewall::Firewall;
use super::journal::JournalEntry;
use super::name::NodeName;
use super::request::Output;
use super::setup::{ForceEdit, MysqldSafeLog};
use super::time::Span;

/// The state of mariadb.service in systemd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnitState {
    /// Never started, or stopped in order.
    Inactive,
    /// Starting: `galera_recovery` or the server's own start-up is under way.
    Activating,
    /// The server has told systemd that it is ready.
    Active,
    /// SIGTERM has been sent, the server still runs.
    Deactivating,
    /// The last start or run ended with this exit code (128 plus the signal).
    Failed(i32),
}

/// The state of the unit's file (`systemctl is-enabled`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum UnitFileState {
    /// A boot starts the unit.
    #[default]
    Enabled,
    /// A boot does not.
    Disabled,
    /// Nothing can start it.
    Masked,
}

/// A signal for a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// SIGTERM: an orderly stop.
    Term,
    /// SIGKILL.
    Kill,
}

/// The ticket of a query that has been sent to the node's own server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueryId(pub u32);

/// The answer to a query: column names and rows, or the client's error line.
pub type QueryResult = Result<(Vec<String>, Vec<Vec<String>>), String>;

/// The words in front of a statement of a session that does not replicate.
pub const WITHOUT_REPLICATION: &str = "SET wsrep_on=OFF; ";

/// The words in front of a statement of a session that reads outside the primary component as well.
pub const DIRTY_READS: &str = "SET wsrep_dirty_reads=ON; ";

/// The words in front of a statement of a session that wants no notes.
pub const WITHOUT_NOTES: &str = "SET sql_notes=0; ";

/// The machine of one node, as a program on it sees it.
pub trait Host {
    /// Returns the node's name.
    fn node(&self) -> &NodeName;
    /// Returns the host name that addresses of the cluster use for this node.
    fn host_name(&self) -> String;
    /// Returns the instant.
    fn now(&self) -> Span;

    /// Returns how the force edits grastate.dat in this run.
    fn force_edit(&self) -> ForceEdit;
    /// Returns where `mysqld_safe` logs in this run.
    fn mysqld_safe_log(&self) -> MysqldSafeLog;

    /// Returns whether the host runs an arbitrator: its unit is garb.service then, and there is no other.
    fn is_arbitrator(&self) -> bool {
        false
    }

    /// Returns the bytes behind a name, `None` where there is no such file.
    fn read_file(&self, path: &str) -> Option<String>;
    /// Writes into the file behind the name (same inode), or creates it.
    fn write_file(&mut self, path: &str, content: &str);
    /// Writes a new file and renames it over the name (new inode).
    fn replace_file(&mut self, path: &str, content: &str);
    /// Removes a name, if it is there.
    fn remove_file(&mut self, path: &str);
    /// Empties the data folder, and says whether that was possible: not under a running server.
    fn remove_data(&mut self) -> bool;
    /// Appends a line to a log file.
    fn append_line(&mut self, path: &str, line: &str);

    /// Returns the unit's state.
    fn unit(&self) -> UnitState;
    /// Tells systemd to start mariadb.service (no wait): `galera_recovery`, then mariadbd, which
    /// gets `--wsrep-new-cluster` when the flag file of `galera_new_cluster` is there at that
    /// moment.
    ///
    /// From this call on the unit is `Activating`. During a stop (`Deactivating`) the start waits
    /// in systemd's queue and happens when the stop is over; a later `stop_unit` takes it back.
    fn start_unit(&mut self);
    /// Tells systemd to stop mariadb.service (no wait): SIGTERM, never SIGKILL.
    ///
    /// From this call on the unit is `Deactivating`, also where the server does not react. A server
    /// that ends during a stop is not restarted, however it ends. On a unit that is down it only
    /// takes back a restart that was planned after a crash.
    fn stop_unit(&mut self);
    /// systemd gives up a start that has taken too long: SIGTERM, as for a stop.
    fn give_up_start(&mut self) {
        self.stop_unit();
    }
    /// Sets or clears the flag of `galera_new_cluster` for the next start.
    fn set_new_cluster_flag(&mut self, on: bool);

    /// Returns the lines that the journal has of mariadb.service, the oldest first.
    fn journal(&self) -> Vec<JournalEntry>;
    /// Returns the number of times that the host has booted, the first one aside.
    fn boots(&self) -> u32;

    /// Returns whether the host starts mariadb.service when it boots, or cannot start it at all.
    fn unit_file(&self) -> UnitFileState;
    /// `systemctl enable`, `disable`, `mask` and `unmask`.
    fn set_unit_file(&mut self, state: UnitFileState);
    /// Returns the variables that `systemctl set-environment` has added to those of the units.
    fn environment(&self) -> Vec<(String, String)>;
    /// Sets such a variable, or removes it. The error is the text for what the simulated server does not have.
    fn set_environment(&mut self, name: &str, value: Option<&str>) -> Result<(), String>;

    /// Returns the number of processes of this name (`mariadbd`, `mysqld`).
    fn processes(&self, name: &str) -> usize;
    /// Sends the signal to every process of this name and says how many there were.
    fn signal(&mut self, name: &str, signal: Signal) -> usize;
    /// Returns the number and the name of the server's process, if it runs.
    fn server_process(&self) -> Option<(u32, &'static str)>;
    /// Returns the number of the `mysqld_safe` that waits for the end of the server, if there is one.
    fn watcher(&self) -> Option<u32>;
    /// Starts a server outside of its unit, with the options of a command line: `mariadbd`, or `mysqld_safe`, which
    /// looks for the position first. Returns the number of the start. The error is the text for what the simulated
    /// server does not have.
    fn start_by_hand(&mut self, watched: bool, options: &[String]) -> Result<u32, String>;
    /// Returns the exit code of such a start, once it has ended.
    fn ended_by_hand(&mut self, number: u32) -> Option<i32>;
    /// Returns whether a process of this host accepts connections at a port.
    fn listens(&self, port: u16) -> bool;
    /// Makes systemd forget that the unit has failed.
    fn reset_failed(&mut self);
    /// Reboots the machine in order: stops the unit first, then starts it again.
    fn reboot(&mut self);
    /// Stops what runs on the machine, in order, and switches it off.
    fn power_off(&mut self);
    /// Returns the instant of the last boot.
    fn booted_at(&self) -> Span;
    /// Returns whether the disk has no room left.
    fn disk_is_full(&self) -> bool;
    /// Starts the line as a command of its own on every host of the cluster, this one too, in this
    /// instant, and returns whether the engine can do that. The host does not wait for these commands.
    fn run_on_all_hosts(&mut self, line: &str) -> bool {
        let _ = line;
        false
    }

    /// Sends a query to the node's server through its socket. The answer comes later.
    fn query(&mut self, sql: &str) -> QueryId;
    /// Returns the answer, once it is there.
    fn answer(&mut self, id: QueryId) -> Option<QueryResult>;

    /// Returns whether a name or an address is that of this host.
    fn is_own_name(&self, word: &str) -> bool {
        ["localhost", "127.0.0.1", "::1"].contains(&word)
    }
    /// Returns the address behind a name or an address of a host; `None` for a name that nobody knows.
    fn address_of(&self, word: &str) -> Option<Ipv4Addr> {
        word.parse().ok()
    }
    /// Asks another host over the network. `None` if nobody knows the name.
    fn call(&mut self, word: &str, call: Call) -> Option<QueryId> {
        let _ = (word, call);
        None
    }
    /// Returns the progress of a call.
    fn call_state(&self, id: QueryId) -> CallState {
        let _ = id;
        CallState::Dialling
    }
    /// Returns the rules of the host's packet filter; `None` where an engine has none.
    fn firewall(&self) -> Option<Firewall> {
        None
    }
    /// Gives the packet filter other rules.
    fn set_firewall(&mut self, rules: Firewall) {
        let _ = rules;
    }

    /// Starts `mariadbd --wsrep-recover` (a process of its own).
    fn start_recover(&mut self) -> QueryId;
    /// Returns the output line by line and the exit code, once it has ended.
    fn recovered(&mut self, id: QueryId) -> Option<(Vec<String>, i32)>;
}

/// The next state of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Call again when something on the host has changed.
    Wait,
    /// Call again when something has changed, at the latest at this instant.
    Until(Span),
    /// The program has ended.
    Done(Output),
}
