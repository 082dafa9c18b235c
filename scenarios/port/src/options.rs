//! The options of Galera and MariaDB that scenarios may set: their names, and the values that they take.

/// The values that an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionValue {
    /// A period such as `PT5S`, or seconds.
    Period,
    /// A whole number up to a limit.
    Number(u32),
    /// A switch.
    Switch,
    /// Bytes, such as `8M`.
    Bytes,
    /// One of these words.
    Word(&'static [&'static str]),
    /// `gcomm://` and the nodes to dial, separated by commas; without a node every start is a bootstrap.
    Addresses,
    /// A name or an address.
    Text,
    /// Names of nodes, separated by commas; an empty text names none.
    Names,
}

/// An option of Galera or MariaDB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionKind {
    /// Its name, as Galera or MariaDB spells it.
    pub name: &'static str,
    /// The values that it takes.
    pub value: OptionValue,
}

/// Options that stand in the files of a node alone. In `[options]` they are edits of these files, made when the initial
/// state has been reached: a cluster of which one node has another name would never reach it.
pub const FILE_OPTIONS: [&str; 3] = [
    "wsrep_cluster_address",
    "wsrep_cluster_name",
    "wsrep_node_address",
];

const fn option(name: &'static str, value: OptionValue) -> OptionKind {
    OptionKind { name, value }
}

/// Every option that a scenario may set, sorted by name.
pub const OPTIONS: &[OptionKind] = {
    use OptionValue::{Addresses, Bytes, Names, Number, Period, Switch, Text, Word};
    &[
        option("arbitrator", Switch),
        option("evs.inactive_check_period", Period),
        option("evs.inactive_timeout", Period),
        option("evs.install_timeout", Period),
        option("evs.join_retrans_period", Period),
        option("evs.keepalive_period", Period),
        option("evs.max_install_timeouts", Number(u32::MAX)),
        option("evs.suspect_timeout", Period),
        option("gcache.recover", Switch),
        option("gcache.size", Bytes),
        option("gcs.vote_policy", Number(255)),
        option("gmcast.peer_timeout", Period),
        option("gmcast.segment", Number(255)),
        option("gmcast.time_wait", Period),
        option("innodb_flush_log_at_trx_commit", Word(&["0", "1", "2"])),
        option("innodb_snapshot_isolation", Switch),
        option("pc.announce_timeout", Period),
        option("pc.ignore_quorum", Switch),
        option("pc.ignore_sb", Switch),
        option("pc.linger", Period),
        option("pc.npvo", Switch),
        option("pc.recovery", Switch),
        option("pc.wait_prim", Switch),
        option("pc.wait_prim_timeout", Period),
        option("pc.weight", Number(255)),
        option("plugin_wsrep_provider", Switch),
        option("wsrep_cluster_address", Addresses),
        option("wsrep_cluster_name", Text),
        option("wsrep_gtid_mode", Switch),
        option("wsrep_ignore_apply_errors", Number(7)),
        option("wsrep_node_address", Text),
        option("wsrep_sst_donor", Names),
        option("wsrep_sst_method", Word(&["rsync", "mariabackup"])),
    ]
};

impl OptionValue {
    /// Returns whether a value is one of these.
    pub fn takes(self, text: &str) -> bool {
        let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
        match self {
            Self::Period => {
                let seconds = |text: &str| {
                    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
                    digits(whole) && digits(fraction) && whole.len() < 10 && fraction.len() < 7
                };
                let Some(parts) = text.strip_prefix("PT") else {
                    return seconds(text);
                };
                let numbers: Vec<&str> = parts.split_inclusive(['H', 'M', 'S']).collect();
                !numbers.is_empty()
                    && numbers
                        .iter()
                        .all(|one| one.strip_suffix(['H', 'M', 'S']).is_some_and(seconds))
            }
            Self::Number(limit) => text.parse::<u32>().is_ok_and(|number| number <= limit),
            Self::Switch => ["true", "on", "yes", "1", "false", "off", "no", "0"]
                .iter()
                .any(|word| text.eq_ignore_ascii_case(word)),
            Self::Bytes => {
                let number = text
                    .strip_suffix(['K', 'k', 'M', 'm', 'G', 'g'])
                    .unwrap_or(text);
                digits(number) && number.len() < 10
            }
            Self::Word(words) => words.contains(&text),
            Self::Addresses => text
                .strip_prefix("gcomm://")
                .is_some_and(|list| !list.contains(char::is_whitespace)),
            Self::Text => !text.is_empty() && is_plain(text),
            Self::Names => is_plain(text),
        }
    }

    /// Returns the values in words.
    pub fn words(self) -> String {
        match self {
            Self::Period => "a period such as `PT5S`, or seconds".to_owned(),
            Self::Number(limit) => format!("a whole number, 0 to {limit}"),
            Self::Switch => "`true` or `false`".to_owned(),
            Self::Bytes => "bytes, such as `8M`".to_owned(),
            Self::Word(words) => words.join(", "),
            Self::Addresses => {
                "`gcomm://` and the nodes to dial, such as `gcomm://A,B,C`; `gcomm://` alone bootstraps at every start"
                    .to_owned()
            }
            Self::Text => "a name or an address".to_owned(),
            Self::Names => "names of nodes, separated by commas".to_owned(),
        }
    }
}

/// Returns whether a text has nothing in it that ends or splits a value in a configuration file.
fn is_plain(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() || "\"'#;".contains(c))
}

/// Returns the option of a name.
pub fn option_kind(name: &str) -> Option<&'static OptionKind> {
    OPTIONS.iter().find(|option| option.name == name)
}
