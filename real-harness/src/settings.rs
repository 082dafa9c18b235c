//! The configuration file of a node: of a server, or of garbd.

use std::fmt::Write as _;

use seatrial_scenarios::{FILE_OPTIONS, MysqldSafeLog, NodeName, Setup, Timers};

/// The short timeouts. `Timers::Fast` means these on every engine.
pub(crate) const FAST: [(&str, &str); 10] = [
    ("evs.suspect_timeout", "PT1S"),
    ("evs.inactive_timeout", "PT3S"),
    ("evs.keepalive_period", "PT0.3S"),
    ("evs.inactive_check_period", "PT0.2S"),
    ("evs.install_timeout", "PT2S"),
    ("evs.join_retrans_period", "PT0.3S"),
    ("gmcast.peer_timeout", "PT1S"),
    ("gmcast.time_wait", "PT1S"),
    ("pc.announce_timeout", "PT0.5S"),
    ("pc.wait_prim_timeout", "PT8S"),
];

/// The path of the file in the container. The server reads it after the files of the package.
pub(crate) const PATH: &str = "/etc/mysql/mariadb.conf.d/99-seatrial.cnf";

/// The path of garbd's file (`garb/files/garb-systemd` of Galera).
pub(crate) const GARB_PATH: &str = "/etc/default/garb";

/// The name of the cluster.
const CLUSTER: &str = "ciphermail";

/// Options by name.
type Values<'a> = Vec<(&'a str, &'a str)>;

/// Returns the values of a node's options: those of Galera over `provider`, and those of the server.
fn values<'a>(
    setup: &'a Setup,
    node: &NodeName,
    mut provider: Values<'a>,
) -> (Values<'a>, Values<'a>) {
    let own = setup.options.node_settings.get(node);
    if setup.timers == Timers::Fast {
        provider.extend(FAST);
    }
    let mut server: Values<'_> = Vec::new();
    for (name, value) in setup
        .options
        .settings
        .iter()
        .chain(own.into_iter().flatten())
        // Those that stand in the files alone are edits, which come when the initial state has been reached.
        .filter(|(name, _)| !FILE_OPTIONS.contains(&name.as_str()))
    {
        // Options of Galera's own have a group and a dot in front, those of the server have not.
        let list = if name.contains('.') {
            &mut provider
        } else {
            &mut server
        };
        list.retain(|(known, _)| known != name);
        list.push((name, value));
    }
    (provider, server)
}

/// Returns Galera's options in one line.
fn line(provider: &Values<'_>) -> String {
    let all: Vec<String> = provider
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    all.join(";")
}

/// The text of garbd's file for an arbitrator of a cluster whose hosts have these addresses.
pub(crate) fn garb(setup: &Setup, node: &NodeName, all: &[String]) -> String {
    let (mut provider, _) = values(setup, node, Vec::new());
    // garbd has no write-set cache, and ends where it meets an option that it does not know.
    provider.retain(|(name, _)| !name.starts_with("gcache."));
    format!(
        "GALERA_NODES=\"{}\"\nGALERA_GROUP=\"{CLUSTER}\"\nGALERA_OPTIONS=\"{}\"\n",
        all.join(" "),
        line(&provider)
    )
}

/// The file's text for a node of a cluster whose hosts have these addresses.
pub(crate) fn text(setup: &Setup, node: &NodeName, address: &str, all: &[String]) -> String {
    let (provider, server) = values(setup, node, vec![("gcache.size", "8M")]);
    let mut text = format!(
        "[mysqld]\n\
         user=mysql\n\
         datadir=/var/lib/mysql\n\
         socket=/run/mysqld/mysqld.sock\n\
         pid-file=/run/mysqld/mysqld.pid\n\
         log_error=/var/log/mariadb/mariadb.log\n\
         bind-address=0.0.0.0\n\
         skip-name-resolve\n\
         performance_schema=OFF\n\
         binlog_format=ROW\n\
         default_storage_engine=InnoDB\n\
         innodb_autoinc_lock_mode=2\n\
         innodb_flush_log_at_trx_commit=1\n\
         innodb_buffer_pool_size=32M\n\
         innodb_log_file_size=8M\n\
         wsrep_on=ON\n\
         wsrep_provider=/usr/lib/galera/libgalera_smm.so\n\
         wsrep_cluster_name={CLUSTER}\n\
         wsrep_cluster_address=gcomm://{}\n\
         wsrep_node_name={node}\n\
         wsrep_node_address={address}\n\
         wsrep_sst_method=rsync\n\
         wsrep_provider_options=\"{}\"\n",
        all.join(","),
        line(&provider),
    );
    for (name, value) in server {
        let _ = writeln!(text, "{name}={value}");
    }
    text.push_str("\n[client]\nsocket=/run/mysqld/mysqld.sock\n");
    text.push_str("\n[mysqld_safe]\nsocket=/run/mysqld/mysqld.sock\n");
    match setup.options.mysqld_safe_log {
        MysqldSafeLog::File => text.push_str("log_error=/var/log/mariadb/mariadb.log\n"),
        MysqldSafeLog::Syslog => text.push_str("skip_log_error\nsyslog\n"),
    }
    text
}
