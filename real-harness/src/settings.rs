//! The configuration file of a node.

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

/// The file's text for a node of a cluster whose hosts have these addresses.
pub(crate) fn text(setup: &Setup, node: &NodeName, address: &str, all: &[String]) -> String {
    let own = setup.options.node_settings.get(node);
    let mut provider: Vec<(&str, &str)> = vec![("gcache.size", "8M")];
    if setup.timers == Timers::Fast {
        provider.extend(FAST);
    }
    let mut server: Vec<(&str, &str)> = Vec::new();
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
    let provider: Vec<String> = provider
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
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
         wsrep_cluster_name=ciphermail\n\
         wsrep_cluster_address=gcomm://{}\n\
         wsrep_node_name={node}\n\
         wsrep_node_address={address}\n\
         wsrep_sst_method=rsync\n\
         wsrep_provider_options=\"{}\"\n",
        all.join(","),
        provider.join(";"),
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
