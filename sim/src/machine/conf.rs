//! The configuration files of a node, as MariaDB reads them at a start.
//!
//! A node's options come from its scenario. On its host they are a file, so that a program can read and edit it. The
//! files count from the server's next start on.

use seatrial_node::{Config, ConfigError, Peer};
use seatrial_scenarios::HostFiles;

use super::sql;

/// The file that every program of MariaDB reads first.
pub(super) const MAIN: &str = "/etc/mysql/my.cnf";

/// The file with Galera's options, in a folder that the first one includes.
pub(super) const GALERA: &str = "/etc/mysql/mariadb.conf.d/60-galera.cnf";

/// The file that Debian's maintenance scripts name with `--defaults-file`, and what it holds.
const DEBIAN: &str = "/etc/mysql/debian.cnf";
const CLIENT: &str = "[client]\nhost = localhost\nuser = root\nsocket = /run/mysqld/mysqld.sock\n";

/// The name of every cluster, unless a file says otherwise.
pub(crate) const CLUSTER: &str = "ciphermail";

/// The sections that a server reads.
const SECTIONS: [&str; 7] = [
    "client-server",
    "galera",
    "mariadb",
    "mariadbd",
    "mysqld",
    "mysqld_safe",
    "server",
];

/// Options of the command line and of files that no statement shows under the same name.
const START_OPTIONS: [&str; 12] = [
    "bind_address",
    "character_set_server",
    "collation_server",
    "innodb_autoinc_lock_mode",
    "innodb_file_per_table",
    "innodb_log_file_size",
    "log_bin",
    "log_slave_updates",
    "pid_file",
    "skip_name_resolve",
    "user",
    "wsrep_slave_threads",
];

/// The hosts and the addresses that a file may name. The name of another host stands for the address of its
/// installation: so /etc/hosts has it on every host, which nobody edits.
#[derive(Clone, Debug)]
pub(super) struct Directory {
    /// The names of the hosts, by place.
    pub(super) hosts: Vec<String>,
    /// The addresses that no host had at its installation, numbered after the places.
    pub(super) later: Vec<String>,
    /// The place of the host whose file it is.
    pub(super) me: Peer,
    /// The address that it has.
    pub(super) address: Peer,
}

impl Directory {
    /// Returns an address as it is written.
    pub(super) fn text(&self, address: Peer) -> Option<String> {
        let number = usize::from(address.0);
        match number.checked_sub(self.hosts.len()) {
            None => Some(seatrial_scenarios::tree::address(address.0)),
            Some(later) => self.later.get(later).cloned(),
        }
    }

    /// Returns the address for which a word of a file stands.
    pub(super) fn address_of(&self, word: &str) -> Option<Peer> {
        let known = (0..).zip(&self.hosts);
        let first = known
            .clone()
            .find(|(place, host)| is_host(word, host, *place));
        let later = (0..)
            .zip(&self.later)
            .find(|(_, address)| word == address.as_str());
        let places = u8::try_from(self.hosts.len()).ok();
        match (first, later, places) {
            (Some((place, _)), ..) => Some(Peer(place)),
            (None, Some((number, _)), Some(places)) => places.checked_add(number).map(Peer),
            _ => None,
        }
    }

    /// Returns whether a word stands for the host whose file it is: its name, or the address that it has.
    pub(super) fn is_own(&self, word: &str) -> bool {
        let is_name = self
            .hosts
            .get(usize::from(self.me.0))
            .is_some_and(|host| is_name(word, host));
        is_name || self.address_of(word) == Some(self.address)
    }
}

/// What the files of a node say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Conf {
    /// The options that the model has.
    pub(super) config: Config,
    /// The nodes in `wsrep_cluster_address`.
    pub(super) addresses: Vec<Peer>,
    /// `wsrep_cluster_address` as it is written.
    pub(super) address: String,
    /// `wsrep_cluster_name`.
    pub(super) cluster_name: String,
    /// `wsrep_node_address` is an address of another host, or of none: who sends this node its state does not reach it.
    pub(super) misplaced: bool,
    /// `wsrep_cluster_address` names hosts, and none of them has an address: gcomm has nobody to dial
    /// (`gmcast.cpp:set_initial_addr`).
    pub(super) unresolved: bool,
    /// The option that MariaDB does not have: it does not start.
    pub(super) unknown: Option<String>,
    /// Options that MariaDB has and the model does not.
    pub(super) gaps: Vec<String>,
}

impl Conf {
    /// Returns what no files say.
    pub(super) fn none() -> Self {
        Self {
            config: Config::default(),
            addresses: Vec::new(),
            address: String::new(),
            cluster_name: "my_wsrep_cluster".to_owned(),
            misplaced: false,
            unresolved: false,
            unknown: None,
            gaps: Vec::new(),
        }
    }

    /// Options of the command line win over those of files. `lines` has them as a file would, for no host in particular.
    pub(super) fn set_all(&mut self, lines: &[String]) {
        let nobody = Directory {
            hosts: Vec::new(),
            later: Vec::new(),
            me: Peer(0),
            address: Peer(0),
        };
        self.set_lines(lines, &nobody);
    }

    /// Options of the command line win over those of files, here those of a host.
    pub(super) fn set_lines(&mut self, lines: &[String], directory: &Directory) {
        for line in lines {
            self.set(line, "mariadbd", directory);
        }
    }

    /// Returns whether every start is a bootstrap: the address names nobody.
    pub(super) fn bootstraps(&self) -> bool {
        self.address.trim() == "gcomm://"
    }
}

/// Returns the address that a complete configuration has.
pub(super) fn whole_address(hosts: &[String]) -> String {
    format!("gcomm://{}", hosts.join(","))
}

/// Returns the files of a node with these options, before anybody has edited them.
pub(super) fn files(config: &Config, me: usize, hosts: &[String]) -> HostFiles {
    let host = hosts.get(me).map(String::as_str).unwrap_or_default();
    let main = "[client-server]\nsocket = /run/mysqld/mysqld.sock\n\n!includedir /etc/mysql/mariadb.conf.d/\n";
    let mut galera = format!(
        "[galera]\nwsrep_on = ON\nwsrep_provider = /usr/lib/galera/libgalera_smm.so\nwsrep_cluster_name = \"{CLUSTER}\"\n\
         wsrep_cluster_address = \"{}\"\nwsrep_node_name = {host}\nwsrep_node_address = {host}\nbinlog_format = row\n\
         default_storage_engine = InnoDB\ninnodb_autoinc_lock_mode = 2\n",
        whole_address(hosts)
    );
    let mut provider = Vec::new();
    for name in seatrial_node::OPTION_NAMES
        .iter()
        .copied()
        .filter(|name| *name != "arbitrator")
    {
        let (Ok(value), Ok(usual)) = (config.get(name), Config::default().get(name)) else {
            continue;
        };
        if name.contains('.') {
            if value != usual {
                provider.push(format!("{name}={value}"));
            }
        } else if value != usual || !seatrial_node::RARE_OPTIONS.contains(&name) {
            galera.extend([name, " = ", value.as_str(), "\n"]);
        }
    }
    if !provider.is_empty() {
        let options = provider.join("; ");
        galera.extend(["wsrep_provider_options = \"", options.as_str(), "\"\n"]);
    }
    HostFiles::from([
        (MAIN.to_owned(), main.as_bytes().to_vec()),
        (GALERA.to_owned(), galera.into_bytes()),
        (DEBIAN.to_owned(), CLIENT.as_bytes().to_vec()),
    ])
}

/// Gives an option another value in the file with Galera's options, as a person with an editor does: where it stands, or
/// in a line of its own.
pub(super) fn edit(files: &mut HostFiles, option: &str, value: &str) {
    let text = files.get(GALERA).map(|text| String::from_utf8_lossy(text));
    let mut lines: Vec<String> = match text {
        Some(text) => text.lines().map(str::to_owned).collect(),
        None => vec!["[galera]".to_owned()],
    };
    let is_line_of = |name: &str, line: &str| {
        let found = line.split('=').next().unwrap_or_default().trim();
        found.replace('-', "_") == name
    };
    let (name, value) = if option.contains('.') {
        let name = "wsrep_provider_options";
        let line = lines.iter().find(|line| is_line_of(name, line));
        let old = line.and_then(|line| line.split_once('='));
        let old = old.map_or("", |(_, old)| old.trim().trim_matches('"'));
        let others = old.split(';').map(str::trim).filter(|known| {
            !known.is_empty() && known.split('=').next().map(str::trim) != Some(option)
        });
        let mut all: Vec<String> = others.map(str::to_owned).collect();
        all.push(format!("{option}={value}"));
        (name, format!("\"{}\"", all.join("; ")))
    } else if option.ends_with("_address") || option.ends_with("_name") {
        (option, format!("\"{value}\""))
    } else {
        (option, value.to_owned())
    };
    let edited = format!("{name} = {value}");
    match lines.iter_mut().rfind(|line| is_line_of(name, line)) {
        Some(line) => *line = edited,
        None => lines.push(edited),
    }
    let text = lines.join("\n") + "\n";
    files.insert(GALERA.to_owned(), text.into_bytes());
}

/// Reads the configuration files. `installed` has what no file says: what kind of host it is.
pub(super) fn read(files: &HostFiles, installed: &Config, directory: &Directory) -> Conf {
    let mut conf = Conf {
        config: Config {
            arbitrator: installed.arbitrator,
            jitter: installed.jitter,
            deliberate_fault: installed.deliberate_fault,
            ..Config::default()
        },
        ..Conf::none()
    };
    for text in files
        .iter()
        .filter(|(path, _)| is_read(path))
        .map(|(_, text)| text)
    {
        let text = String::from_utf8_lossy(text);
        let mut section = String::new();
        for line in text.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix('[') {
                name.trim_end_matches(']').trim().clone_into(&mut section);
            } else if !line.is_empty() && !line.starts_with(['#', ';', '!']) && is_server(&section)
            {
                conf.set(line, &section, directory);
            }
        }
    }
    conf
}

/// Returns whether MariaDB reads a file of this path.
fn is_read(path: &str) -> bool {
    path == MAIN
        || path == "/etc/my.cnf"
        || (path.rsplit('.').next() == Some("cnf")
            && (path.starts_with("/etc/mysql/") || path.starts_with("/etc/my.cnf.d/")))
}

fn is_server(section: &str) -> bool {
    let versioned = |prefix: &str| {
        let rest = section.strip_prefix(prefix);
        rest.is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()))
    };
    SECTIONS.contains(&section) || versioned("mariadb-") || versioned("mysqld-")
}

impl Conf {
    fn set(&mut self, line: &str, section: &str, directory: &Directory) {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        let name = name.trim().replace('-', "_").to_ascii_lowercase();
        // A comment may follow the value.
        let value = value.split(" #").next().unwrap_or_default().trim();
        let value = value
            .strip_prefix('"')
            .and_then(|value| value.strip_suffix('"'))
            .or_else(|| {
                value
                    .strip_prefix('\'')
                    .and_then(|value| value.strip_suffix('\''))
            })
            .unwrap_or(value);
        match name.as_str() {
            "wsrep_cluster_address" => {
                value.clone_into(&mut self.address);
                self.addresses = addresses(value, directory);
                self.unresolved = self.addresses.is_empty() && names_alone(value);
            }
            "wsrep_node_address" => {
                // A port may follow. The address counts for state transfers alone: gcomm listens on every address.
                let host = value.split(':').next().unwrap_or(value);
                self.misplaced = !directory.is_own(host);
            }
            "wsrep_cluster_name" => value.clone_into(&mut self.cluster_name),
            "wsrep_provider_options" => self.provider_options(value),
            "wsrep_on" if sql::switch(value) != Some(true) => {
                self.gap(format!("{name} = {value}: a server without replication"));
            }
            // MariaDB's own defaults and those of these hosts: nothing that the model would do otherwise.
            "wsrep_on"
            | "wsrep_provider"
            | "wsrep_node_name"
            | "binlog_format"
            | "default_storage_engine"
            | "socket" => {}
            name => match self.config.set(name, value) {
                Ok(()) => {}
                Err(ConfigError::Value { .. }) => self.gap(format!("{name} = {value}")),
                Err(ConfigError::Unknown(_))
                    if START_OPTIONS.contains(&name) || sql::is_harmless(name) => {}
                Err(ConfigError::Unknown(_))
                    if sql::is_known(name) || name.starts_with("innodb_") =>
                {
                    self.gap(format!("{name} = {value}"));
                }
                // `loose_` is for options that a server may not have; the client's sections are not the server's.
                Err(ConfigError::Unknown(_))
                    if name.starts_with("loose_") || section == "client-server" => {}
                Err(ConfigError::Unknown(_)) => {
                    self.unknown = Some(line.split_whitespace().collect());
                }
            },
        }
    }

    fn provider_options(&mut self, text: &str) {
        for option in text
            .split(';')
            .map(str::trim)
            .filter(|option| !option.is_empty())
        {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            if self.config.set(name.trim(), value.trim()).is_err() {
                self.gap(format!("wsrep_provider_options: {option}"));
            }
        }
    }

    fn gap(&mut self, text: String) {
        self.gaps.push(text);
    }
}

/// Returns the nodes that an address names. What is no host of the cluster is nobody who answers.
pub(super) fn addresses(address: &str, directory: &Directory) -> Vec<Peer> {
    let list = address.strip_prefix("gcomm://").unwrap_or_default();
    let list = list.split('?').next().unwrap_or_default();
    let named = list
        .split(',')
        .map(|host| host.split(':').next().unwrap_or(host).trim());
    let mut peers: Vec<Peer> = named
        .filter_map(|host| directory.address_of(host))
        .collect();
    peers.sort_unstable();
    peers.dedup();
    peers
}

/// Returns whether an address lists hosts, and all of them by name. An address in numbers needs nobody who resolves it,
/// whoever has it.
fn names_alone(address: &str) -> bool {
    let list = address.strip_prefix("gcomm://").unwrap_or_default();
    let list = list.split('?').next().unwrap_or_default();
    let mut hosts = list
        .split(',')
        .map(|host| host.split(':').next().unwrap_or(host).trim())
        .filter(|host| !host.is_empty())
        .peekable();
    hosts.peek().is_some() && hosts.all(|host| host.parse::<std::net::Ipv4Addr>().is_err())
}

/// Returns whether a word names the host at a place: by its name, the first part of it, or its first address.
fn is_host(word: &str, host: &str, place: u8) -> bool {
    is_name(word, host) || word == seatrial_scenarios::tree::address(place)
}

/// Returns whether a word is the name of a host, or the first part of it.
fn is_name(word: &str, host: &str) -> bool {
    let short = host.split('.').next();
    word.eq_ignore_ascii_case(host) || short.is_some_and(|short| word.eq_ignore_ascii_case(short))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(me: u8) -> Directory {
        Directory {
            hosts: hosts(),
            later: vec!["10.0.0.14".to_owned()],
            me: Peer(me),
            address: Peer(me),
        }
    }

    fn hosts() -> Vec<String> {
        ["a", "b", "c"]
            .map(|name| format!("{name}.example.com"))
            .to_vec()
    }

    /// Returns what is read after a word of the file has been replaced by another.
    fn edited(from: &str, to: &str) -> Conf {
        let mut files = files(&Config::fast(), 1, &hosts());
        let text = files.get_mut(GALERA).unwrap();
        *text = String::from_utf8(text.clone())
            .unwrap()
            .replace(from, to)
            .into_bytes();
        read(&files, &Config::fast(), &directory(1))
    }

    #[test]
    fn what_is_written_is_read_again() {
        for config in [Config::default(), Config::fast()] {
            let conf = read(&files(&config, 0, &hosts()), &config, &directory(0));
            assert_eq!(conf.config, config);
            assert_eq!(conf.addresses, [Peer(0), Peer(1), Peer(2)]);
            assert_eq!(
                (conf.cluster_name.as_str(), conf.bootstraps()),
                (CLUSTER, false)
            );
            assert_eq!((conf.unknown, conf.gaps), (None, Vec::new()));
        }
    }

    #[test]
    fn an_address_without_hosts_bootstraps() {
        let all = "a.example.com,b.example.com,c.example.com";
        assert!(edited(all, "").bootstraps());
        let two = edited(all, "a,127.0.1.13:4567");
        assert_eq!(
            (two.addresses.as_slice(), two.bootstraps()),
            (&[Peer(0), Peer(2)][..], false)
        );
    }

    #[test]
    fn an_option_that_nobody_knows_stops_the_server_and_one_that_is_not_modelled_is_told() {
        assert_eq!(
            edited("binlog_format = row", "bananas = 1")
                .unknown
                .as_deref(),
            Some("bananas=1")
        );
        let forced = edited("binlog_format = row", "innodb-force-recovery = 6 # hope");
        assert_eq!(
            (forced.unknown, forced.gaps),
            (None, vec!["innodb_force_recovery = 6".to_owned()])
        );
        assert_eq!(
            edited("binlog_format = row", "max_connections = 500").gaps,
            Vec::<String>::new()
        );
    }

    #[test]
    fn an_option_is_edited_where_it_stands() {
        let mut files = files(&Config::fast(), 1, &hosts());
        for (option, value) in [
            ("wsrep_cluster_address", "gcomm://"),
            ("wsrep_cluster_name", "another"),
            ("wsrep_node_address", "C"),
            ("pc.weight", "2"),
            ("pc.weight", "3"),
            ("innodb_flush_log_at_trx_commit", "2"),
        ] {
            edit(&mut files, option, value);
        }
        let conf = read(&files, &Config::fast(), &directory(1));
        let (mut config, fast) = (conf.config.clone(), Config::fast());
        assert!(conf.bootstraps() && conf.misplaced);
        assert_eq!(conf.cluster_name, "another");
        assert_eq!(
            (config.pc_weight, config.innodb_flush_log_at_trx_commit),
            (3, 2)
        );
        config.pc_weight = fast.pc_weight;
        config.innodb_flush_log_at_trx_commit = fast.innodb_flush_log_at_trx_commit;
        assert_eq!((config, conf.gaps), (fast, Vec::new()));
        let text = String::from_utf8(files[GALERA].clone()).unwrap();
        assert_eq!(text.matches("pc.weight").count(), 1);
    }
}
