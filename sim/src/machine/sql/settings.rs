//! The settings of a server: what it shows, and what a statement may change in it.

use seatrial_galera::SqlError;
use seatrial_node::{Config, EvsTimeout, Isolation, SstMethod, Statement as NodeStatement, period};

/// The effect of an assignment.
pub(super) enum Change {
    /// None that anybody could see here.
    Nothing,
    /// One that the node must carry out.
    Statement(NodeStatement),
    /// One of the provider's options. `variable` is the name of the variable for this option alone, `None` where it came
    /// in the list of them all.
    Provider {
        variable: Option<String>,
        then: Box<Self>,
    },
    /// Another address of a cluster.
    Address(String),
    /// The server refuses it.
    Refused(SqlError),
    /// One that the server would accept, and the model does not have.
    NotModelled,
}

/// Settings of one session that change no answer of these consoles.
const SESSION: &str = "autocommit character_set_client character_set_connection character_set_results \
collation_connection foreign_key_checks innodb_lock_wait_timeout interactive_timeout lock_wait_timeout \
max_statement_time net_read_timeout net_write_timeout sql_log_bin sql_mode sql_notes sql_safe_updates \
time_zone tx_isolation transaction_isolation unique_checks wait_timeout wsrep_dirty_reads wsrep_sync_wait";

/// Settings that cannot be changed in a running server.
const READ_ONLY: &str = "basedir datadir hostname innodb_buffer_pool_chunk_size innodb_data_file_path \
innodb_data_home_dir innodb_log_group_home_dir log_error lower_case_table_names pid_file plugin_dir port \
server_uuid skip_networking socket tmpdir version version_comment wsrep_data_home_dir \
wsrep_recover";

/// Other settings of MariaDB 10.11 that can be changed while it runs, as operators do it.
const DYNAMIC: &str = "auto_increment_increment auto_increment_offset binlog_format \
binlog_row_image connect_timeout default_storage_engine event_scheduler expire_logs_days \
general_log general_log_file gtid_domain_id gtid_slave_pos gtid_strict_mode init_connect innodb_buffer_pool_size \
innodb_fast_shutdown innodb_flush_log_at_trx_commit innodb_io_capacity innodb_io_capacity_max \
innodb_max_dirty_pages_pct innodb_print_all_deadlocks innodb_stats_on_metadata innodb_status_output join_buffer_size \
key_buffer_size local_infile log_bin_trust_function_creators log_output log_queries_not_using_indexes \
log_warnings long_query_time max_allowed_packet max_connect_errors max_connections max_heap_table_size \
max_user_connections open_files_limit query_cache_size query_cache_type read_buffer_size read_only read_rnd_buffer_size \
server_id slave_parallel_threads slow_query_log slow_query_log_file sort_buffer_size super_read_only sync_binlog \
table_definition_cache table_open_cache thread_cache_size tmp_table_size userstat \
wsrep_auto_increment_control wsrep_certificate_rules wsrep_certify_nonpk wsrep_cluster_address \
wsrep_cluster_name wsrep_dbug_option wsrep_debug wsrep_desync wsrep_drupal_282555_workaround \
wsrep_forced_binlog_format wsrep_gtid_domain_id wsrep_gtid_mode wsrep_ignore_apply_errors wsrep_load_data_splitting \
wsrep_log_conflicts wsrep_max_ws_rows wsrep_max_ws_size wsrep_mode wsrep_mysql_replication_bundle \
wsrep_node_address wsrep_node_incoming_address wsrep_node_name wsrep_notify_cmd wsrep_on wsrep_osu_method \
wsrep_provider wsrep_provider_options wsrep_reject_queries wsrep_replicate_myisam wsrep_restart_slave \
wsrep_retry_autocommit wsrep_slave_fk_checks wsrep_slave_threads wsrep_slave_uk_checks \
wsrep_sr_store wsrep_sst_auth wsrep_sst_donor wsrep_sst_donor_rejects_queries wsrep_sst_method \
wsrep_sst_receive_address wsrep_start_position wsrep_strict_ddl wsrep_trx_fragment_size wsrep_trx_fragment_unit";

/// The groups of the provider's options, and its names without a group.
const PROVIDER: [&str; 14] = [
    "allocator.",
    "base_dir",
    "base_host",
    "base_port",
    "cert.",
    "debug",
    "evs.",
    "gcache.",
    "gcomm.",
    "gcs.",
    "gmcast.",
    "ist.",
    "pc.",
    "protonet.",
];

fn has(list: &str, name: &str) -> bool {
    list.split(' ').any(|known| known == name)
}

/// Returns the names of all settings that are known.
pub(super) fn all_known() -> impl Iterator<Item = &'static str> {
    [SESSION, READ_ONLY, DYNAMIC]
        .into_iter()
        .flat_map(|list| list.split(' '))
}

/// Returns whether the server has a setting of this name.
pub(in crate::machine) fn is_known(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    has(SESSION, &name) || has(READ_ONLY, &name) || has(DYNAMIC, &name)
}

/// Returns whether a setting changes nothing that the model has: how much memory, how many connections, what is
/// logged.
pub(in crate::machine) fn is_harmless(name: &str) -> bool {
    let named = [
        "_size",
        "_connections",
        "_cache",
        "_log",
        "_log_file",
        "_timeout",
        "_packet",
        "_threads",
    ];
    is_known(name) && !name.starts_with("wsrep_") && named.iter().any(|end| name.ends_with(end))
        || has(SESSION, name)
}

/// Returns the value of a word for a switch.
pub(in crate::machine) fn switch(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "on" | "true" | "yes" => Some(true),
        "0" | "off" | "false" | "no" => Some(false),
        _ => None,
    }
}

/// Returns the effect of `SET [GLOBAL] name = value`.
pub(super) fn change(global: bool, name: &str, value: &str) -> Change {
    let name = name.to_ascii_lowercase();
    if name == "wsrep_provider_options" {
        return Change::Provider {
            variable: None,
            then: Box::new(provider_option(value)),
        };
    }
    if let Some(option) = name.strip_prefix("wsrep_provider_") {
        // The name of the option, with the dots in it as underscores (`sql/wsrep_plugin.cc`).
        let option = option.replacen('_', ".", 1);
        return Change::Provider {
            variable: Some(name),
            then: Box::new(provider_option(&format!("{option}={value}"))),
        };
    }
    if !is_known(&name) {
        return Change::Refused(SqlError::UnknownVariable { name });
    }
    if has(READ_ONLY, &name) {
        return Change::Refused(SqlError::ReadOnlyVariable { name });
    }
    if name == "wsrep_desync" && global {
        return match switch(value) {
            Some(on) => Change::Statement(NodeStatement::Desync(on)),
            None => Change::Refused(SqlError::WrongValue {
                name,
                value: value.to_owned(),
            }),
        };
    }
    if name == "wsrep_cluster_address" && global {
        return Change::Address(value.to_owned());
    }
    // A client says itself which statements it does not replicate.
    if !global && name == "wsrep_on" && switch(value).is_some() {
        return Change::Nothing;
    }
    // A read that waits for what the group has ordered is another one than a read of this node.
    if name == "wsrep_sync_wait" && value != "0" {
        return Change::NotModelled;
    }
    if !global && has(SESSION, &name) {
        return Change::Nothing;
    }
    Change::NotModelled
}

/// Returns the effect of `SET GLOBAL wsrep_provider_options = '…'`. The provider takes a list of options; the model
/// takes one.
fn provider_option(text: &str) -> Change {
    let wrong = || {
        Change::Refused(SqlError::WrongArguments {
            statement: "SET".into(),
        })
    };
    let text = text.trim().trim_end_matches(';');
    if text.contains(';') {
        return Change::NotModelled;
    }
    let Some((name, value)) = text.split_once('=') else {
        return wrong();
    };
    let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
    let is_switch = ["pc.bootstrap", "pc.ignore_sb", "pc.ignore_quorum"].contains(&name.as_str());
    let is_on = match switch(value) {
        // `gu_config.hpp:from_config` has no such value.
        None if is_switch => return wrong(),
        on => on.unwrap_or(false),
    };
    Change::Statement(match name.as_str() {
        "pc.bootstrap" if is_on => NodeStatement::PcBootstrap,
        "pc.bootstrap" => return Change::Nothing,
        "pc.weight" => match value.parse() {
            Ok(weight) => NodeStatement::PcWeight(weight),
            Err(_) => return wrong(),
        },
        "pc.ignore_sb" => NodeStatement::PcIgnoreSb(is_on),
        "pc.ignore_quorum" => NodeStatement::PcIgnoreQuorum(is_on),
        "gmcast.isolate" => NodeStatement::Isolate(match value {
            "0" => Isolation::Off,
            "1" => Isolation::On,
            "2" => Isolation::ForceQuit,
            _ => return wrong(),
        }),
        "evs.evict" if value.is_empty() => NodeStatement::Evict(None),
        "evs.evict" => match value.parse() {
            Ok(node) => NodeStatement::Evict(Some(node)),
            Err(_) => return wrong(),
        },
        "evs.suspect_timeout"
        | "evs.inactive_timeout"
        | "evs.install_timeout"
        | "evs.keepalive_period"
        | "evs.join_retrans_period" => match period(value) {
            Some(value) => NodeStatement::EvsTimeout(evs_timeout(&name), value),
            None => return wrong(),
        },
        // `gmcast.cpp:set_param`, `pc.cpp:set_param`: no other value while the provider runs.
        "gmcast.group"
        | "gmcast.listen_addr"
        | "gmcast.mcast_addr"
        | "gmcast.mcast_ttl"
        | "gmcast.peer_timeout"
        | "gmcast.segment"
        | "gmcast.time_wait" => return wrong(),
        name if PROVIDER.iter().any(|group| name.starts_with(group)) => return Change::NotModelled,
        _ => return wrong(),
    })
}

fn evs_timeout(name: &str) -> EvsTimeout {
    match name {
        "evs.suspect_timeout" => EvsTimeout::Suspect,
        "evs.inactive_timeout" => EvsTimeout::Inactive,
        "evs.install_timeout" => EvsTimeout::Install,
        "evs.keepalive_period" => EvsTimeout::Keepalive,
        _ => EvsTimeout::JoinRetrans,
    }
}

/// Returns what SHOW VARIABLES lists of a node, sorted by name: what the model has, and the places of files.
pub(in crate::machine) fn settings(
    config: &Config,
    host: &str,
    cluster_address: String,
    cluster_name: String,
    desynced: bool,
) -> Vec<(&'static str, String)> {
    let flag = |on: bool| if on { "ON" } else { "OFF" }.to_owned();
    let method = match config.wsrep_sst_method {
        SstMethod::Rsync => "rsync",
        SstMethod::Mariabackup => "mariabackup",
    };
    vec![
        ("datadir", "/var/lib/mysql/".to_owned()),
        (
            "hostname",
            host.split('.').next().unwrap_or_default().to_owned(),
        ),
        (
            "innodb_flush_log_at_trx_commit",
            config.innodb_flush_log_at_trx_commit.to_string(),
        ),
        (
            "innodb_snapshot_isolation",
            flag(config.innodb_snapshot_isolation),
        ),
        ("log_error", "/var/log/mariadb/mariadb.log".to_owned()),
        ("pid_file", "/run/mysqld/mysqld.pid".to_owned()),
        ("port", "3306".to_owned()),
        ("socket", "/run/mysqld/mysqld.sock".to_owned()),
        ("version", "10.11.18-MariaDB-deb12-log".to_owned()),
        ("wsrep_cluster_address", cluster_address),
        ("wsrep_cluster_name", cluster_name),
        ("wsrep_desync", flag(desynced)),
        ("wsrep_gtid_mode", flag(config.wsrep_gtid_mode)),
        (
            "wsrep_ignore_apply_errors",
            config.wsrep_ignore_apply_errors.to_string(),
        ),
        ("wsrep_node_address", host.to_owned()),
        ("wsrep_node_name", host.to_owned()),
        ("wsrep_on", flag(true)),
        ("wsrep_sst_method", method.to_owned()),
    ]
}
