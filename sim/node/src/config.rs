//! Configuration with Galera's and MariaDB's own names and defaults.
//!
//! Source of the defaults: `gcomm/src/defaults.cpp`, `galera/src/replicator_smm_params.cpp`.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::deliberate_fault::DeliberateFault;
use crate::time::Time;

/// `wsrep_sst_method`, as far as the model distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SstMethod {
    /// Copies files; the donor applies nothing while it lasts.
    Rsync,
    /// Copies while the donor goes on applying.
    Mariabackup,
}

/// The options of one node.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Config {
    /// `evs.keepalive_period`.
    pub evs_keepalive_period: Time,
    /// `evs.inactive_check_period`.
    pub evs_inactive_check_period: Time,
    /// `evs.suspect_timeout`.
    pub evs_suspect_timeout: Time,
    /// `evs.inactive_timeout`.
    pub evs_inactive_timeout: Time,
    /// `evs.install_timeout`.
    pub evs_install_timeout: Time,
    /// `evs.max_install_timeouts`.
    pub evs_max_install_timeouts: u32,
    /// `evs.join_retrans_period`.
    pub evs_join_retrans_period: Time,
    /// `gmcast.peer_timeout`.
    pub gmcast_peer_timeout: Time,
    /// `gmcast.time_wait`.
    pub gmcast_time_wait: Time,
    /// `pc.announce_timeout`.
    pub pc_announce_timeout: Time,
    /// `pc.linger`.
    pub pc_linger: Time,
    /// `pc.wait_prim_timeout`.
    pub pc_wait_prim_timeout: Time,
    /// `pc.wait_prim`.
    pub pc_wait_prim: bool,
    /// `pc.recovery`.
    pub pc_recovery: bool,
    /// `pc.weight`.
    pub pc_weight: u8,
    /// `pc.ignore_sb`.
    pub pc_ignore_sb: bool,
    /// `pc.ignore_quorum`.
    pub pc_ignore_quorum: bool,
    /// `pc.npvo`.
    pub pc_npvo: bool,
    /// `gcache.size`, in bytes.
    pub gcache_size: u64,
    /// `gcache.recover`.
    pub gcache_recover: bool,
    /// `innodb_flush_log_at_trx_commit`: 0, 1 or 2.
    pub innodb_flush_log_at_trx_commit: u8,
    /// `innodb_snapshot_isolation`: off by default until 11.6, on since then.
    pub innodb_snapshot_isolation: bool,
    /// `wsrep_sst_method`.
    pub wsrep_sst_method: SstMethod,
    /// `wsrep_gtid_mode`.
    pub wsrep_gtid_mode: bool,
    /// `plugin-wsrep-provider`: each option of the provider is a variable of its own, and `wsrep_provider_options` can
    /// only be read (`sql/wsrep_plugin.cc`, from MariaDB 11.4 on).
    pub plugin_wsrep_provider: bool,
    /// `wsrep_sst_donor`: names of nodes in the order in which they are asked for a state; a comma at the end lets the
    /// group choose where none of them can.
    pub wsrep_sst_donor: String,
    /// `gmcast.segment`: the place of the node.
    pub gmcast_segment: u8,
    /// `wsrep_ignore_apply_errors`: 1 for what is dropped and is not there, 2 for rows that are deleted and are not
    /// there, 4 for every schema change.
    pub wsrep_ignore_apply_errors: u8,
    /// `gcs.vote_policy`: how many successes settle a vote, 0 for a plain majority.
    pub gcs_vote_policy: u8,
    /// The node runs garbd instead of a server: it votes and holds nothing (`garb/garb_main.cpp`).
    pub arbitrator: bool,
    /// Whether times that vary from process to process do so here; without, each is the middle of its
    /// range. No option of Galera's: the surroundings decide.
    pub jitter: bool,
    /// A mistake that a test has planted, to see that it is found. Nothing but tests sets it: no
    /// option, no scenario file and no command line knows it.
    pub deliberate_fault: Option<DeliberateFault>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            evs_keepalive_period: Time::from_millis(1_000),
            evs_inactive_check_period: Time::from_millis(500),
            evs_suspect_timeout: Time::from_millis(5_000),
            evs_inactive_timeout: Time::from_millis(15_000),
            evs_install_timeout: Time::from_millis(7_500),
            evs_max_install_timeouts: 3,
            evs_join_retrans_period: Time::from_millis(1_000),
            gmcast_peer_timeout: Time::from_millis(3_000),
            gmcast_time_wait: Time::from_millis(5_000),
            pc_announce_timeout: Time::from_millis(3_000),
            pc_linger: Time::from_millis(20_000),
            pc_wait_prim_timeout: Time::from_millis(30_000),
            pc_wait_prim: true,
            pc_recovery: true,
            pc_weight: 1,
            pc_ignore_sb: false,
            pc_ignore_quorum: false,
            pc_npvo: false,
            gcache_size: 128 << 20,
            gcache_recover: true,
            innodb_flush_log_at_trx_commit: 1,
            innodb_snapshot_isolation: false,
            wsrep_sst_method: SstMethod::Rsync,
            wsrep_gtid_mode: false,
            plugin_wsrep_provider: false,
            wsrep_sst_donor: String::new(),
            gmcast_segment: 0,
            wsrep_ignore_apply_errors: 7,
            gcs_vote_policy: 0,
            arbitrator: false,
            jitter: true,
            deliberate_fault: None,
        }
    }
}

/// The reason why an option cannot be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The model has no option of this name.
    #[error("unknown option `{0}`")]
    Unknown(String),
    /// The value is not one that the option takes.
    #[error("`{value}` is no value of `{name}`: {expected}")]
    Value {
        /// The option.
        name: String,
        /// The value that was given.
        value: String,
        /// The values that the option accepts.
        expected: &'static str,
    },
}

/// Every option that [`Config::set`] knows, with Galera's or MariaDB's spelling.
pub const OPTION_NAMES: &[&str] = &[
    "arbitrator",
    "evs.inactive_check_period",
    "evs.inactive_timeout",
    "evs.install_timeout",
    "evs.join_retrans_period",
    "evs.keepalive_period",
    "evs.max_install_timeouts",
    "evs.suspect_timeout",
    "gcache.recover",
    "gcache.size",
    "gcs.vote_policy",
    "gmcast.peer_timeout",
    "gmcast.segment",
    "gmcast.time_wait",
    "innodb_flush_log_at_trx_commit",
    "innodb_snapshot_isolation",
    "pc.announce_timeout",
    "pc.ignore_quorum",
    "pc.ignore_sb",
    "pc.linger",
    "pc.npvo",
    "pc.recovery",
    "pc.wait_prim",
    "pc.wait_prim_timeout",
    "pc.weight",
    "plugin_wsrep_provider",
    "wsrep_gtid_mode",
    "wsrep_ignore_apply_errors",
    "wsrep_sst_donor",
    "wsrep_sst_method",
];

/// Options that a configuration file names only where they have another value than their default.
pub const RARE_OPTIONS: &[&str] = &["plugin_wsrep_provider", "wsrep_sst_donor"];

impl Config {
    /// Returns whether a test has planted this mistake.
    pub fn has(&self, fault: DeliberateFault) -> bool {
        self.deliberate_fault == Some(fault)
    }

    /// Returns the short timeouts with which real clusters are tested; the same on every engine.
    #[must_use]
    pub fn fast() -> Self {
        Self {
            evs_suspect_timeout: Time::from_millis(1_000),
            evs_inactive_timeout: Time::from_millis(3_000),
            evs_keepalive_period: Time::from_millis(300),
            evs_inactive_check_period: Time::from_millis(200),
            evs_install_timeout: Time::from_millis(2_000),
            evs_join_retrans_period: Time::from_millis(300),
            gmcast_peer_timeout: Time::from_millis(1_000),
            gmcast_time_wait: Time::from_millis(1_000),
            pc_announce_timeout: Time::from_millis(500),
            pc_wait_prim_timeout: Time::from_millis(8_000),
            ..Self::default()
        }
    }

    /// Returns the value of one option by its real name, as Galera or MariaDB prints it.
    ///
    /// # Errors
    /// When the model has no option of this name.
    pub fn get(&self, name: &str) -> Result<String, ConfigError> {
        let period = |time: Time| {
            let micros = time.0;
            let fraction = format!("{:06}", micros % 1_000_000);
            match fraction.trim_end_matches('0') {
                "" => format!("PT{}S", micros / 1_000_000),
                fraction => format!("PT{}.{fraction}S", micros / 1_000_000),
            }
        };
        let switch = |on: bool| if on { "TRUE" } else { "FALSE" }.to_owned();
        Ok(match name {
            "evs.keepalive_period" => period(self.evs_keepalive_period),
            "evs.inactive_check_period" => period(self.evs_inactive_check_period),
            "evs.suspect_timeout" => period(self.evs_suspect_timeout),
            "evs.inactive_timeout" => period(self.evs_inactive_timeout),
            "evs.install_timeout" => period(self.evs_install_timeout),
            "evs.max_install_timeouts" => self.evs_max_install_timeouts.to_string(),
            "evs.join_retrans_period" => period(self.evs_join_retrans_period),
            "gmcast.peer_timeout" => period(self.gmcast_peer_timeout),
            "gmcast.time_wait" => period(self.gmcast_time_wait),
            "pc.announce_timeout" => period(self.pc_announce_timeout),
            "pc.linger" => period(self.pc_linger),
            "pc.wait_prim_timeout" => period(self.pc_wait_prim_timeout),
            "pc.wait_prim" => switch(self.pc_wait_prim),
            "pc.recovery" => switch(self.pc_recovery),
            "pc.weight" => self.pc_weight.to_string(),
            "pc.ignore_sb" => switch(self.pc_ignore_sb),
            "pc.ignore_quorum" => switch(self.pc_ignore_quorum),
            "pc.npvo" => switch(self.pc_npvo),
            "gcache.size" => format!("{}M", self.gcache_size >> 20),
            "gcache.recover" => switch(self.gcache_recover),
            "innodb_flush_log_at_trx_commit" => self.innodb_flush_log_at_trx_commit.to_string(),
            "innodb_snapshot_isolation" => switch(self.innodb_snapshot_isolation),
            "wsrep_sst_method" => match self.wsrep_sst_method {
                SstMethod::Rsync => "rsync".to_owned(),
                SstMethod::Mariabackup => "mariabackup".to_owned(),
            },
            "wsrep_gtid_mode" => switch(self.wsrep_gtid_mode),
            "plugin_wsrep_provider" => switch(self.plugin_wsrep_provider),
            "wsrep_sst_donor" => self.wsrep_sst_donor.clone(),
            "gmcast.segment" => self.gmcast_segment.to_string(),
            "wsrep_ignore_apply_errors" => self.wsrep_ignore_apply_errors.to_string(),
            "gcs.vote_policy" => self.gcs_vote_policy.to_string(),
            "arbitrator" => switch(self.arbitrator),
            _ => return Err(ConfigError::Unknown(name.to_owned())),
        })
    }

    /// Sets one option by its real name.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), ConfigError> {
        let wrong = |expected| ConfigError::Value {
            name: name.to_owned(),
            value: value.to_owned(),
            expected,
        };
        let period = || parse_period(value).ok_or_else(|| wrong("a period such as `PT5S`"));
        let switch = || parse_switch(value).ok_or_else(|| wrong("`TRUE` or `FALSE`"));
        match name {
            "evs.keepalive_period" => self.evs_keepalive_period = period()?,
            "evs.inactive_check_period" => self.evs_inactive_check_period = period()?,
            "evs.suspect_timeout" => self.evs_suspect_timeout = period()?,
            "evs.inactive_timeout" => self.evs_inactive_timeout = period()?,
            "evs.install_timeout" => self.evs_install_timeout = period()?,
            "evs.max_install_timeouts" => {
                self.evs_max_install_timeouts = value.parse().map_err(|_| wrong("a number"))?;
            }
            "evs.join_retrans_period" => self.evs_join_retrans_period = period()?,
            "gmcast.peer_timeout" => self.gmcast_peer_timeout = period()?,
            "gmcast.time_wait" => self.gmcast_time_wait = period()?,
            "pc.announce_timeout" => self.pc_announce_timeout = period()?,
            "pc.linger" => self.pc_linger = period()?,
            "pc.wait_prim_timeout" => self.pc_wait_prim_timeout = period()?,
            "pc.wait_prim" => self.pc_wait_prim = switch()?,
            "pc.recovery" => self.pc_recovery = switch()?,
            "innodb_snapshot_isolation" => self.innodb_snapshot_isolation = switch()?,
            "pc.weight" => self.pc_weight = value.parse().map_err(|_| wrong("0 to 255"))?,
            "pc.ignore_sb" => self.pc_ignore_sb = switch()?,
            "pc.ignore_quorum" => self.pc_ignore_quorum = switch()?,
            "pc.npvo" => self.pc_npvo = switch()?,
            "gcache.size" => {
                self.gcache_size =
                    parse_bytes(value).ok_or_else(|| wrong("bytes, such as `8M`"))?;
            }
            "gcache.recover" => self.gcache_recover = switch()?,
            "innodb_flush_log_at_trx_commit" => {
                self.innodb_flush_log_at_trx_commit = match value {
                    "0" => 0,
                    "1" => 1,
                    "2" => 2,
                    _ => return Err(wrong("0, 1 or 2")),
                };
            }
            "wsrep_sst_method" => {
                self.wsrep_sst_method = match value {
                    "rsync" => SstMethod::Rsync,
                    "mariabackup" => SstMethod::Mariabackup,
                    _ => return Err(wrong("`rsync` or `mariabackup`")),
                };
            }
            "wsrep_gtid_mode" => self.wsrep_gtid_mode = switch()?,
            "plugin_wsrep_provider" => self.plugin_wsrep_provider = switch()?,
            "wsrep_sst_donor" => value.clone_into(&mut self.wsrep_sst_donor),
            "gmcast.segment" => {
                self.gmcast_segment = value.parse().map_err(|_| wrong("0 to 255"))?;
            }
            "wsrep_ignore_apply_errors" => {
                let known = value.parse().ok().filter(|flags| *flags <= 7);
                self.wsrep_ignore_apply_errors = known.ok_or_else(|| wrong("0 to 7"))?;
            }
            "gcs.vote_policy" => {
                self.gcs_vote_policy = value.parse().map_err(|_| wrong("0 to 255"))?;
            }
            "arbitrator" => self.arbitrator = switch()?,
            _ => return Err(ConfigError::Unknown(name.to_owned())),
        }
        Ok(())
    }
}

/// An ISO 8601 period as Galera writes it (`PT5S`, `PT0.3S`, `PT1M30S`), or plain seconds.
pub fn parse_period(text: &str) -> Option<Time> {
    let seconds = |text: &str| -> Option<u64> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let mut micros = u64::from_str(whole).ok()?.checked_mul(1_000_000)?;
        let mut scale = 1_000_000;
        for digit in fraction.chars() {
            scale /= 10;
            micros += u64::from(digit.to_digit(10)?) * scale;
        }
        Some(micros)
    };
    let Some(rest) = text.strip_prefix("PT") else {
        return seconds(text).map(Time);
    };
    let mut total = 0_u64;
    let mut number = String::new();
    for c in rest.chars() {
        let unit = match c {
            'H' => 3_600,
            'M' => 60,
            'S' => 1,
            _ => {
                number.push(c);
                continue;
            }
        };
        total = total.checked_add(seconds(&number)?.checked_mul(unit)?)?;
        number.clear();
    }
    (number.is_empty() && !rest.is_empty()).then_some(Time(total))
}

fn parse_switch(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "on" | "yes" | "1" => Some(true),
        "false" | "off" | "no" | "0" => Some(false),
        _ => None,
    }
}

fn parse_bytes(text: &str) -> Option<u64> {
    let (number, shift) = match text.as_bytes().last()? {
        b'K' | b'k' => (&text[..text.len() - 1], 10),
        b'M' | b'm' => (&text[..text.len() - 1], 20),
        b'G' | b'g' => (&text[..text.len() - 1], 30),
        _ => (text, 0),
    };
    u64::from_str(number).ok()?.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_option_can_be_set_and_no_other() {
        for name in OPTION_NAMES {
            let mut config = Config::default();
            let settable = ["PT1S", "1", "rsync"]
                .iter()
                .any(|v| config.set(name, v).is_ok());
            assert!(settable, "{name} cannot be set");
        }
        assert_eq!(
            Config::default().set("pc.recover", "1"),
            Err(ConfigError::Unknown("pc.recover".into()))
        );
    }

    #[test]
    fn what_is_printed_can_be_set_again() {
        for config in [Config::default(), Config::fast()] {
            for name in OPTION_NAMES {
                let value = config.get(name).unwrap();
                let mut again = config.clone();
                again.set(name, &value).unwrap();
                assert_eq!(again, config, "{name} = {value}");
            }
        }
        assert_eq!(
            Config::fast().get("evs.keepalive_period").unwrap(),
            "PT0.3S"
        );
    }

    #[test]
    fn periods_are_read_as_galera_writes_them() {
        assert_eq!(parse_period("PT0.3S"), Some(Time(300_000)));
        assert_eq!(parse_period("PT1M30S"), Some(Time(90_000_000)));
        assert_eq!(parse_period("2.5"), Some(Time(2_500_000)));
        assert_eq!(parse_period("PT"), None);
        assert_eq!(parse_period("PT5"), None);
    }
}
