//! Variables that a real server has and the model does not: constants, and names whose value nobody here knows.
//!
//! An empty answer means "there is no such variable", and scripts believe it. So a name that a real server has is
//! answered, or refused. The names and the constants are those of MariaDB 10.11.18 with Galera 26.4.23, asked on real
//! nodes.

use super::expression::like;
use super::select::{Filter, Source};
use super::settings::all_known;

/// Status variables that are the same on every healthy node.
const STATUS: [(&str, &str); 18] = [
    ("wsrep_applier_thread_count", "1"),
    ("wsrep_cluster_capabilities", ""),
    ("wsrep_evs_delayed", ""),
    ("wsrep_evs_evict_list", ""),
    ("wsrep_flow_control_active", "false"),
    ("wsrep_flow_control_paused", "0"),
    ("wsrep_flow_control_paused_ns", "0"),
    ("wsrep_flow_control_requested", "false"),
    ("wsrep_gmcast_segment", "0"),
    ("wsrep_protocol_application", "4"),
    ("wsrep_protocol_gcs", "5"),
    ("wsrep_protocol_replicator", "11"),
    ("wsrep_protocol_version", "11"),
    ("wsrep_provider_name", "Galera"),
    ("wsrep_provider_vendor", "Codership Oy <info@codership.com>"),
    ("wsrep_provider_version", "4.23(rXXXX)"),
    ("wsrep_rollbacker_thread_count", "1"),
    ("wsrep_thread_count", "2"),
];

/// The names of all wsrep status variables behind `wsrep_`, in the order in which the server shows them: those of the
/// provider, and then its own.
const ORDER: &str = "local_state_uuid protocol_version protocol_application protocol_replicator protocol_gcs \
last_committed replicated replicated_bytes repl_keys repl_keys_bytes repl_data_bytes repl_other_bytes received \
received_bytes local_commits local_cert_failures local_replays local_send_queue local_send_queue_max \
local_send_queue_min local_send_queue_avg local_recv_queue local_recv_queue_max local_recv_queue_min \
local_recv_queue_avg local_cached_downto flow_control_paused_ns flow_control_paused flow_control_sent \
flow_control_recv flow_control_active flow_control_requested cert_deps_distance apply_oooe apply_oool apply_window \
apply_waits commit_oooe commit_oool commit_window local_state local_state_comment cert_index_size causal_reads \
cert_interval open_transactions open_connections incoming_addresses cluster_weight desync_count evs_delayed \
evs_evict_list evs_repl_latency evs_state gcomm_uuid gmcast_segment checkpoint_position se_checkpoint \
applier_thread_count cluster_capabilities cluster_conf_id cluster_size cluster_state_uuid cluster_status connected \
local_bf_aborts local_index provider_capabilities provider_name provider_vendor provider_version ready \
rollbacker_thread_count thread_count";

/// The first parts of the names of a server's other status variables.
const FAMILIES: &str = "Aborted Access Acl Aria Binlog Busy Bytes Column Com Compression Connection Connections Cpu \
Created Delayed Delete Empty Executed Feature Handler Innodb Key Last Master Max Memory Not Open Opened Optimizer \
Performance Prepared Qcache Queries Query Questions Resultset Rows Rpl Select Slave Slaves Slow Sort Ssl Stack \
Subquery Syncs Table Tc Threadpool Threads Transactions Update Uptime";

/// Settings that are the same on every node of a cluster that nobody has tuned.
const SETTINGS: [(&str, &str); 34] = [
    ("wsrep_allowlist", ""),
    ("wsrep_auto_increment_control", "ON"),
    ("wsrep_causal_reads", "OFF"),
    ("wsrep_certification_rules", "strict"),
    ("wsrep_certify_nonpk", "ON"),
    ("wsrep_convert_lock_to_trx", "OFF"),
    ("wsrep_data_home_dir", "/var/lib/mysql/"),
    ("wsrep_dbug_option", ""),
    ("wsrep_debug", "NONE"),
    ("wsrep_dirty_reads", "OFF"),
    ("wsrep_forced_binlog_format", "NONE"),
    ("wsrep_gtid_domain_id", "0"),
    ("wsrep_load_data_splitting", "OFF"),
    ("wsrep_log_conflicts", "OFF"),
    ("wsrep_max_ws_rows", "0"),
    ("wsrep_max_ws_size", "2147483647"),
    ("wsrep_mode", ""),
    ("wsrep_node_incoming_address", "AUTO"),
    ("wsrep_notify_cmd", ""),
    ("wsrep_osu_method", "TOI"),
    ("wsrep_patch_version", "wsrep_26.22"),
    ("wsrep_provider", "/usr/lib/galera/libgalera_smm.so"),
    ("wsrep_recover", "OFF"),
    ("wsrep_reject_queries", "NONE"),
    ("wsrep_retry_autocommit", "1"),
    ("wsrep_slave_threads", "1"),
    ("wsrep_sr_store", "table"),
    ("wsrep_sst_auth", ""),
    ("wsrep_sst_donor", ""),
    ("wsrep_sst_donor_rejects_queries", "OFF"),
    ("wsrep_sst_receive_address", "AUTO"),
    ("wsrep_sync_wait", "0"),
    ("wsrep_trx_fragment_size", "0"),
    ("wsrep_trx_fragment_unit", "bytes"),
];

/// The setting with all options of the provider.
pub(in crate::machine) const PROVIDER_OPTIONS: &str = "wsrep_provider_options";

/// Returns the settings that nobody has tuned.
pub(in crate::machine) fn usual_settings() -> impl Iterator<Item = (&'static str, String)> {
    SETTINGS
        .map(|(name, value)| (name, value.to_owned()))
        .into_iter()
}

/// Returns a variable that a question asks for, that a real server has, and that has no value here. `shown` are the
/// names that have one, `found` says whether any row was found.
pub(super) fn asked(
    source: Source,
    filter: &Filter,
    found: bool,
    shown: impl Fn(&str) -> bool,
) -> Option<String> {
    let is_real = |name: &str| match source {
        Source::Status(_) => is_status(name),
        Source::Settings(_) => all_known().any(|known| known.eq_ignore_ascii_case(name)),
        _ => false,
    };
    let named = named(filter);
    let lacking = |name: &&String| !shown(name) && is_real(name);
    if let Some(name) = named.iter().find(lacking) {
        return Some(name.clone());
    }
    let Filter::Like(pattern) = filter else {
        return None;
    };
    let fits = |name: &str| like(name, pattern) && !shown(name);
    match source {
        _ if found => None,
        Source::Status(_) => wsrep_status().find(|name| fits(name)),
        Source::Settings(_) => all_known().find(|name| fits(name)).map(str::to_owned),
        _ => None,
    }
}

fn wsrep_status() -> impl Iterator<Item = String> {
    ORDER.split(' ').map(|name| format!("wsrep_{name}"))
}

/// Returns the place of a status variable among those that are shown.
fn place(name: &str) -> Option<usize> {
    let name = name.strip_prefix("wsrep_")?;
    ORDER.split(' ').position(|known| known == name)
}

fn is_status(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    if lower.starts_with("wsrep_") {
        return place(&lower).is_some();
    }
    let family = name.split('_').next().unwrap_or_default();
    FAMILIES
        .split(' ')
        .any(|known| known.eq_ignore_ascii_case(family))
}

/// The status variables that tell the node's place in its component.
const OF_PLACE: [&str; 3] = [
    "wsrep_incoming_addresses",
    "wsrep_local_index",
    "wsrep_desync_count",
];

/// Returns the status variables beside those of the manual's table, in the order in which the server shows them: the
/// addresses of the component's members, the node's index among them, how often the node has been taken out of step
/// (`gcs_node.hpp:desync_count`), and the constants.
pub(in crate::machine) fn other_status(
    addresses: String,
    index: String,
    desyncs: u8,
) -> Vec<(&'static str, String)> {
    let usual = STATUS.map(|(name, value)| (name, value.to_owned()));
    let [one, other, third] = OF_PLACE;
    let mut all = vec![
        (one, addresses),
        (other, index),
        (third, desyncs.to_string()),
    ];
    all.extend(usual);
    all.sort_by_key(|(name, _)| place(name));
    all
}

/// Returns whether a filter may keep one of [`other_status`]. The looks of procedures do not, and a search sees a
/// million of them.
pub(super) fn may_keep_others(filter: &Filter) -> bool {
    may_keep(filter, STATUS.iter().map(|(name, _)| *name).chain(OF_PLACE))
}

/// Returns whether a filter may keep one of [`usual_settings`], or the provider's options.
pub(super) fn may_keep_usual(filter: &Filter) -> bool {
    let usual = SETTINGS.iter().map(|(name, _)| *name);
    may_keep(filter, usual.chain([PROVIDER_OPTIONS]))
}

fn may_keep<'a>(filter: &Filter, mut others: impl Iterator<Item = &'a str>) -> bool {
    match filter {
        Filter::None | Filter::Where(_) => true,
        Filter::Named(names) => {
            others.any(|other| names.iter().any(|name| name.eq_ignore_ascii_case(other)))
        }
        Filter::Like(pattern) => others.any(|other| like(other, pattern)),
    }
}

/// Returns the names that a filter spells out.
fn named(filter: &Filter) -> Vec<String> {
    match filter {
        Filter::None => Vec::new(),
        Filter::Named(names) => names.clone(),
        Filter::Like(pattern) if pattern.contains('%') => Vec::new(),
        Filter::Like(pattern) => vec![pattern.replace("\\_", "_")],
        // The values in quotes; a value that is no name is none of a variable either.
        Filter::Where(condition) => {
            let text = condition.to_string();
            let quoted = text.split('\'').skip(1).step_by(2);
            quoted.map(str::to_owned).collect()
        }
    }
}
