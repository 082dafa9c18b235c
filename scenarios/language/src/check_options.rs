//! The options of a scenario: those of provider and server by their real names, and the surroundings'.

use std::collections::BTreeMap;
use std::ops::Range;

use seatrial_port::{NodeName, Options};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as WordError, StrDeserializer};

use super::check::Checker;
use super::choice::{ForceWord, JitterWord, LogWord, SupervisorWord};
use super::error::Problem;
use super::raw::{Placed, RawOptions};
use super::suggest;

/// Galera's provider options, as Galera 26.4 lists them.
const PROVIDER_OPTIONS: &[&str] = &[
    "base_dir",
    "base_host",
    "base_port",
    "cert.log_conflicts",
    "cert.optimistic_pa",
    "evs.auto_evict",
    "evs.causal_keepalive_period",
    "evs.debug_log_mask",
    "evs.delay_margin",
    "evs.delayed_keep_period",
    "evs.evict",
    "evs.inactive_check_period",
    "evs.inactive_timeout",
    "evs.info_log_mask",
    "evs.install_timeout",
    "evs.join_retrans_period",
    "evs.keepalive_period",
    "evs.max_install_timeouts",
    "evs.send_window",
    "evs.stats_report_period",
    "evs.suspect_timeout",
    "evs.use_aggregate",
    "evs.user_send_window",
    "evs.version",
    "evs.view_forget_timeout",
    "gcache.dir",
    "gcache.keep_pages_count",
    "gcache.keep_pages_size",
    "gcache.mem_size",
    "gcache.name",
    "gcache.page_size",
    "gcache.recover",
    "gcache.size",
    "gcomm.thread_prio",
    "gcs.fc_debug",
    "gcs.fc_factor",
    "gcs.fc_limit",
    "gcs.fc_master_slave",
    "gcs.fc_single_primary",
    "gcs.max_packet_size",
    "gcs.max_throttle",
    "gcs.recv_q_hard_limit",
    "gcs.recv_q_soft_limit",
    "gcs.sync_donor",
    "gcs.vote_policy",
    "gmcast.isolate",
    "gmcast.listen_addr",
    "gmcast.mcast_addr",
    "gmcast.mcast_ttl",
    "gmcast.peer_timeout",
    "gmcast.segment",
    "gmcast.time_wait",
    "gmcast.version",
    "ist.recv_addr",
    "ist.recv_bind",
    "pc.announce_timeout",
    "pc.bootstrap",
    "pc.checksum",
    "pc.ignore_quorum",
    "pc.ignore_sb",
    "pc.linger",
    "pc.npvo",
    "pc.recovery",
    "pc.version",
    "pc.wait_prim",
    "pc.wait_prim_timeout",
    "pc.wait_restored_prim_timeout",
    "pc.weight",
    "protonet.backend",
    "protonet.version",
    "repl.causal_read_timeout",
    "repl.commit_order",
    "repl.key_format",
    "repl.max_ws_size",
    "repl.proto_max",
    "socket.checksum",
    "socket.dynamic",
    "socket.recv_buf_size",
    "socket.send_buf_size",
];

/// Server options that matter here; others pass, but a near miss of one of these is a mistake.
const SERVER_OPTIONS: &[&str] = &[
    "innodb_flush_log_at_trx_commit",
    "sync_binlog",
    "wsrep_cluster_address",
    "wsrep_cluster_name",
    "wsrep_dirty_reads",
    "wsrep_gtid_mode",
    "wsrep_slave_threads",
    "wsrep_sst_donor",
    "wsrep_sst_method",
    "wsrep_sync_wait",
];

const SPECIAL: &[&str] = &["supervisor", "force", "mysqld_safe_log", "jitter", "node"];

impl Checker<'_> {
    /// Returns the `[options]` table.
    pub(super) fn options(&mut self, raw: RawOptions) -> Options {
        let mut options = Options::default();
        for (key, value) in raw.0 {
            let place = key.span();
            match key.into_inner().as_str() {
                "supervisor" => {
                    if let Some(word) = self.word::<SupervisorWord>(&value, "supervisor") {
                        options.supervisor = word.meaning();
                    }
                }
                "force" => {
                    if let Some(word) = self.word::<ForceWord>(&value, "force") {
                        options.force = word.meaning();
                    }
                }
                "mysqld_safe_log" => {
                    if let Some(word) = self.word::<LogWord>(&value, "mysqld_safe_log") {
                        options.mysqld_safe_log = word.meaning();
                    }
                }
                "jitter" => {
                    if let Some(word) = self.word::<JitterWord>(&value, "jitter") {
                        options.jitter = word.meaning();
                    }
                }
                "node" => self.node_options(&value, &mut options),
                name => self.settings(name, &place, &value.value, &mut options.settings),
            }
        }
        options
    }

    fn word<T: for<'de> Deserialize<'de>>(
        &mut self,
        value: &Placed<toml::Value>,
        key: &str,
    ) -> Option<T> {
        let word = value.value.as_str().unwrap_or_default();
        let deserializer: StrDeserializer<'_, WordError> = word.into_deserializer();
        match T::deserialize(deserializer) {
            Ok(word) => Some(word),
            Err(error) => {
                let text = error.to_string();
                let choices: Vec<&str> = text.split('`').skip(3).step_by(2).collect();
                self.problem(
                    Problem::at(
                        &value.place,
                        format!("`{key}` cannot be this"),
                        "unknown word",
                    )
                    .help(suggest::help(word, "choices", &choices)),
                );
                None
            }
        }
    }

    fn node_options(&mut self, value: &Placed<toml::Value>, options: &mut Options) {
        let Some(nodes) = value.value.as_table() else {
            self.problem(
                Problem::at(&value.place, "`node` is a table of nodes", "no table")
                    .help("write a table `[options.node.A]`"),
            );
            return;
        };
        for (name, table) in nodes {
            let placed = Placed {
                value: name.clone(),
                place: value.place.clone(),
            };
            let node: NodeName = self.node(&placed);
            let Some(table) = table.as_table() else {
                self.problem(
                    Problem::at(
                        &value.place,
                        format!("`node.{name}` is not a table"),
                        "here",
                    )
                    .help("write a table `[options.node.A]`"),
                );
                continue;
            };
            let settings = options.node_settings.entry(node).or_default();
            for (key, value_of_key) in table {
                self.settings(key, &value.place, value_of_key, settings);
            }
        }
    }

    /// A setting. Dotted names may be written without quotes: then TOML makes tables of them.
    fn settings(
        &mut self,
        name: &str,
        place: &Range<usize>,
        value: &toml::Value,
        settings: &mut BTreeMap<String, String>,
    ) {
        let text = match value {
            toml::Value::String(text) => text.clone(),
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Float(number) => number.to_string(),
            toml::Value::Boolean(flag) => flag.to_string(),
            toml::Value::Table(table) if !table.is_empty() => {
                for (key, value) in table {
                    self.settings(&format!("{name}.{key}"), place, value, settings);
                }
                return;
            }
            _ => {
                self.problem(
                    Problem::at(
                        place,
                        format!("the option `{name}` cannot have this value"),
                        "here",
                    )
                    .help("a value is a text, a number, true or false"),
                );
                return;
            }
        };
        self.option_name(name, place);
        settings.insert(name.to_owned(), text);
    }

    /// An unknown option would silently have no effect.
    fn option_name(&mut self, name: &str, place: &Range<usize>) {
        if PROVIDER_OPTIONS.contains(&name) || SERVER_OPTIONS.contains(&name) {
            return;
        }
        let provider = name.contains('.');
        let known = PROVIDER_OPTIONS
            .iter()
            .chain(SERVER_OPTIONS)
            .chain(SPECIAL)
            .copied();
        let near = suggest::nearest(name, known);
        let shape = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !provider && shape && near.is_none() {
            return;
        }
        let what = if provider { "provider" } else { "server" };
        let help = near.map_or_else(
            || {
                "provider options have Galera's names, such as `pc.recovery` or \
                 `evs.suspect_timeout`; server options MariaDB's, such as \
                 `innodb_flush_log_at_trx_commit`"
                    .to_owned()
            },
            |near| format!("did you mean `{near}`?"),
        );
        self.problem(
            Problem::at(
                place,
                format!("there is no {what} option `{name}`"),
                "unknown option",
            )
            .help(help),
        );
    }
}
