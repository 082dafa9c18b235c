//! `wsrep_provider_options`: what the provider says of its options (`galera/src/replicator_smm_params.cpp`).

use seatrial_node::Config;

/// The options in the order in which Galera 26.4.23 lists them, with the values that it has without configuration. A
/// value of the model stands in its place; `HOST` is the node's address.
const OPTIONS: &str = "base_dir = /var/lib/mysql/; base_host = HOST; base_port = 4567; cert.log_conflicts = no; \
cert.optimistic_pa = yes; debug = no; evs.auto_evict = 0; evs.causal_keepalive_period = PT1S; evs.debug_log_mask = \
0x1; evs.delay_margin = PT1S; evs.delayed_keep_period = PT30S; evs.inactive_check_period = PT0.5S; \
evs.inactive_timeout = PT15S; evs.info_log_mask = 0; evs.install_timeout = PT7.5S; evs.join_retrans_period = PT1S; \
evs.keepalive_period = PT1S; evs.max_install_timeouts = 3; evs.send_window = 4; evs.stats_report_period = PT1M; \
evs.suspect_timeout = PT5S; evs.use_aggregate = true; evs.user_send_window = 2; evs.version = 1; \
evs.view_forget_timeout = P1D; gcache.dir = /var/lib/mysql/; gcache.keep_pages_size = 0; gcache.mem_size = 0; \
gcache.name = galera.cache; gcache.page_size = 128M; gcache.recover = yes; gcache.size = 128M; gcomm.thread_prio = ; \
gcs.fc_debug = 0; gcs.fc_factor = 1.0; gcs.fc_limit = 16; gcs.fc_master_slave = no; gcs.fc_single_primary = no; \
gcs.max_packet_size = 64500; gcs.max_throttle = 0.25; gcs.recv_q_hard_limit = 9223372036854775807; \
gcs.recv_q_soft_limit = 0.25; gcs.sync_donor = no; gmcast.listen_addr = tcp://0.0.0.0:4567; gmcast.mcast_addr = ; \
gmcast.mcast_ttl = 1; gmcast.peer_timeout = PT3S; gmcast.segment = 0; gmcast.time_wait = PT5S; gmcast.version = 0; \
ist.recv_addr = HOST; pc.announce_timeout = PT3S; pc.checksum = false; pc.ignore_quorum = false; pc.ignore_sb = \
false; pc.linger = PT20S; pc.npvo = false; pc.recovery = true; pc.version = 0; pc.wait_prim = true; \
pc.wait_prim_timeout = PT30S; pc.weight = 1; protonet.backend = asio; protonet.version = 0; \
repl.causal_read_timeout = PT30S; repl.commit_order = 3; repl.key_format = FLAT8; repl.max_ws_size = 2147483647; \
repl.proto_max = 11; socket.checksum = 2; socket.recv_buf_size = auto; socket.send_buf_size = auto; ";

/// Returns the text.
pub(in crate::machine) fn provider_options(config: &Config, host: &str) -> String {
    let options = OPTIONS.split("; ").filter(|option| !option.is_empty());
    let lines = options.map(|option| {
        let (name, usual) = option.split_once(" = ").unwrap_or((option, ""));
        // This period is the other one unless somebody says otherwise (`gcomm/src/conf.cpp`).
        let of = match name {
            "evs.causal_keepalive_period" => "evs.keepalive_period",
            name => name,
        };
        let value = match config.get(of) {
            Ok(value) => switch(&value, usual),
            Err(_) => usual.replace("HOST", host),
        };
        format!("{name} = {value}; ")
    });
    lines.collect()
}

/// A switch is `true` or `yes`, as the option has it.
fn switch(value: &str, usual: &str) -> String {
    let is_yes = ["yes", "no"].contains(&usual);
    match value {
        "TRUE" if is_yes => "yes".to_owned(),
        "FALSE" if is_yes => "no".to_owned(),
        "TRUE" | "FALSE" => value.to_ascii_lowercase(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The defaults of the model are those of Galera.
    #[test]
    fn the_text_is_galeras_own() {
        let text = provider_options(&Config::default(), "HOST");
        assert_eq!(text.replace("; ", ";\n"), OPTIONS.replace("; ", ";\n"));
    }
}
