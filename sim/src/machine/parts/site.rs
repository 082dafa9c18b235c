//! The constants of a machine: its place, its options, and the source of its random draws.

use seatrial_galera::GcommUuid;
use seatrial_node::{Config, Peer, Time};
use seatrial_scenarios::{ForceEdit, MysqldSafeLog, NodeName, Span, Supervisor};

use crate::keyed::Keyed;
use crate::machine::conf::{Conf, Directory};

/// How much longer galera_recovery takes at most. Periods of Galera's timers are half a second and a
/// second, and begin with the process: that two nodes stand in no fixed phase to each other comes from here.
const RECOVERY_JITTER_US: u64 = 700_000;

/// The settings that every machine of a cluster gets at its installation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Installation {
    /// The nodes' names, by place.
    pub names: Vec<NodeName>,
    /// The node's options.
    pub config: Config,
    /// The program that restarts a crashed server.
    pub supervisor: Supervisor,
    /// The way in which the force edits the state file.
    pub force: ForceEdit,
    /// The place where mysqld_safe logs.
    pub mysqld_safe_log: MysqldSafeLog,
    /// The source of draws.
    pub seed: u64,
}

impl Installation {
    fn keyed(&self) -> Keyed {
        let keyed = Keyed::new(self.seed);
        if self.config.jitter {
            keyed
        } else {
            keyed.without_jitter()
        }
    }
}

/// The place of a machine and its settings.
///
/// It owns the installation and makes every draw of the machine. Every flow reads it. No flow changes it; a
/// search alone gives it other names or another seed.
#[derive(Clone, Debug)]
pub(in crate::machine) struct Site {
    peer: Peer,
    installation: Installation,
    keyed: Keyed,
    /// What edited configuration files said at the server's last start.
    conf: Option<Box<Conf>>,
    /// The address that the host has.
    address: Peer,
    /// The addresses that no host of the cluster had at its installation.
    later_addresses: Vec<String>,
}

impl Site {
    /// Returns the machine at a place.
    pub(in crate::machine) fn new(peer: Peer, installation: Installation) -> Self {
        Self {
            peer,
            keyed: installation.keyed(),
            installation,
            conf: None,
            address: peer,
            later_addresses: Vec::new(),
        }
    }

    /// The server starts with what its configuration files say, `None` for those of the installation.
    pub(in crate::machine) fn configure(&mut self, conf: Option<Conf>) {
        self.conf = conf.map(Box::new);
    }

    /// Returns what edited configuration files said at the server's last start.
    pub(in crate::machine) fn conf(&self) -> Option<&Conf> {
        self.conf.as_deref()
    }

    /// Returns the options of the installation, whatever the files say.
    pub(in crate::machine) const fn installed(&self) -> &Config {
        &self.installation.config
    }

    /// Returns the names of the hosts, by place.
    pub(in crate::machine) fn hosts(&self) -> Vec<String> {
        let host = |name: &NodeName| format!("{}.example.com", name.as_str().to_lowercase());
        self.names().iter().map(host).collect()
    }

    /// Returns the hosts and addresses that a configuration file may name.
    pub(in crate::machine) fn directory(&self) -> Directory {
        Directory {
            hosts: self.hosts(),
            later: self.later_addresses.clone(),
            me: self.peer,
            address: self.address,
        }
    }

    /// Returns the names by place, and behind them the addresses that hosts have got later, for the log.
    pub(in crate::machine) fn names_and_addresses(&self) -> Vec<String> {
        let names = self.names().iter().map(ToString::to_string);
        names.chain(self.later_addresses.iter().cloned()).collect()
    }

    /// Returns the address that the host has.
    pub(in crate::machine) const fn address(&self) -> Peer {
        self.address
    }

    /// The host has another address.
    pub(in crate::machine) const fn move_to(&mut self, address: Peer) {
        self.address = address;
    }

    /// These are the addresses that hosts have got since their installation.
    pub(in crate::machine) fn learn_addresses(&mut self, later: &[String]) {
        self.later_addresses = later.to_vec();
    }

    /// Returns its place.
    pub(in crate::machine) const fn peer(&self) -> Peer {
        self.peer
    }

    /// Returns its settings.
    pub(in crate::machine) const fn installation(&self) -> &Installation {
        &self.installation
    }

    /// Returns the node's options.
    pub(in crate::machine) const fn config(&self) -> &Config {
        match &self.conf {
            Some(conf) => &conf.config,
            None => &self.installation.config,
        }
    }

    /// Returns the nodes' names, by place.
    pub(in crate::machine) fn names(&self) -> &[NodeName] {
        &self.installation.names
    }

    /// Returns the node's name.
    pub(in crate::machine) fn name(&self) -> &NodeName {
        &self.installation.names[usize::from(self.peer.0)]
    }

    /// Returns the name of the node behind an identity in the group.
    pub(in crate::machine) fn name_of(&self, uuid: GcommUuid) -> NodeName {
        let name = self.names().get(usize::from(uuid.node_index()));
        name.cloned().unwrap_or_else(|| NodeName(uuid.to_string()))
    }

    /// Returns the names of several, sorted.
    pub(in crate::machine) fn names_of(&self, uuids: &[GcommUuid]) -> Vec<NodeName> {
        let mut names: Vec<NodeName> = uuids.iter().map(|uuid| self.name_of(*uuid)).collect();
        names.sort();
        names
    }

    /// Returns whether the machine runs garbd instead of a server.
    pub(in crate::machine) const fn is_arbitrator(&self) -> bool {
        self.installation.config.arbitrator
    }

    /// Returns the name of its process.
    pub(in crate::machine) const fn program(&self) -> &'static str {
        if self.is_arbitrator() {
            "garbd"
        } else {
            "mariadbd"
        }
    }

    /// Gives the nodes other names.
    pub(in crate::machine) fn rename(&mut self, names: &[NodeName]) {
        self.installation.names = names.to_vec();
    }

    /// Draws everything from here on for another seed.
    pub(in crate::machine) fn reseed(&mut self, seed: u64) {
        self.installation.seed = seed;
        self.keyed = self.installation.keyed();
    }

    /// Returns the source of draws.
    pub(in crate::machine) const fn keyed(&self) -> &Keyed {
        &self.keyed
    }

    /// Returns the key of the draws of a start of the server.
    pub(in crate::machine) fn start_key(&self, start: u64) -> [u64; 2] {
        [u64::from(self.peer.0), start]
    }

    /// How much longer than usual galera_recovery takes after so many starts.
    pub(in crate::machine) fn recovery_jitter(&self, starts: u64) -> Span {
        let key = self.start_key(starts);
        Span(self.keyed.time("recovery", &key, 0, RECOVERY_JITTER_US))
    }

    /// Returns the time that a disk operation takes: between 0.2 and 0.8 ms.
    pub(in crate::machine) fn disk_time(&self, start: u64, io: u64) -> Time {
        let key = [u64::from(self.peer.0), start, io];
        Time(self.keyed.time("disk", &key, 200, 800))
    }

    /// Returns a draw that differs for each stop.
    pub(in crate::machine) fn stop_entropy(&self, now: Span) -> u64 {
        let key = [u64::from(self.peer.0), now.as_micros()];
        self.keyed.between("sigterm", &key, 0, u64::MAX)
    }

    /// Returns a process's entropy, and where the counter in its identity began. Without jitter the counter
    /// never wraps and counts milliseconds, and of processes of one instant the place decides: later
    /// identities are greater.
    pub(in crate::machine) fn process_entropy(&self, start: u64, now: Span) -> (u64, u32) {
        let key = self.start_key(start);
        let entropy = self.keyed.between("process", &key, 1, u64::MAX);
        if self.keyed.has_jitter() {
            let epoch = self.keyed.between("uuid epoch", &[], 0, 0xffff_ffff);
            return (entropy, u32::try_from(epoch).unwrap_or(0));
        }
        let low_bits = |number: u64| (number & 0xffff_ffff) as u32;
        let ticks = low_bits(now.as_micros() * 10);
        let epoch = low_bits(now.as_millis()).wrapping_sub(ticks);
        ((entropy & !0xffff) | u64::from(self.peer.0), epoch)
    }
}
