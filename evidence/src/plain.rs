//! Lines without a head: state files, tables, configurations, units, processes, operators' lines.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use regex::Regex;

use seatrial_galera::Position;

use crate::event::{Event, StartPositionBy};
use crate::message::{Read, failure, life};
use crate::words::{after, between, position, shown, word};

/// A line with none of these words says nothing.
static WORDS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    // A client may print names in upper case.
    let mut builder = AhoCorasick::builder();
    builder
        .ascii_case_insensitive(true)
        .build([
            "wsrep",
            "Active:",
            "mysqld",
            "mariadbd",
            "innodb_flush",
            "innodb-flush",
            "sync_binlog",
            "sync-binlog",
            "GALERA",
            "FULL_PXC",
            "LAST_LINE",
            "Value:",
            "\"Value\"",
            "safe_to_bootstrap",
            "galera_recovery",
            "Unable to lock ",
            "Can't lock aria",
            "grastate",
            "seatrial-collector",
            "garbd",
            "View:",
            "view (",
            "view(",
            "Recovered position",
            "datadir",
            "bind-address",
            "bind_address",
            "client]",
            "server]",
            "backup: Error ",
        ])
        .expect("a few words make a small automaton")
});

/// Remembers what earlier lines say about the next: the section of a configuration, the name of a
/// variable in a vertical table.
#[derive(Debug, Default)]
pub(crate) struct Plain {
    section: String,
    variable: Option<String>,
}

static UNIT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*Active: (\S+)(?: \(([^)]*)\))?(.*)$").expect("the pattern is a regex")
});

/// A process in `ps`, in a control group of `systemctl status`, or in the collector's list.
static PROCESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:[\s|├└│─`-]*\d+ |\s*[a-z_][\w+.-]*\s+\d+\s).*?(?:^|[\s/])(mysqld|mariadbd|garbd)(?:\s|$)")
        .expect("the pattern is a regex")
});

impl Plain {
    /// Reads a line; most say nothing.
    pub(crate) fn read(&mut self, line: &str) -> Read {
        let text = line.trim();
        if let Some(position) = bare_position(text) {
            return Read::Event(Event::BarePosition { position });
        }
        if !WORDS.is_match(line) {
            return Read::Nothing;
        }
        if text.starts_with('[') && text.ends_with(']') && text.len() < 40 {
            text[1..text.len() - 1].clone_into(&mut self.section);
            return Read::Nothing;
        }
        if text.starts_with("View:") {
            return Read::Begins(crate::message::Block::ServerView);
        }
        if text.starts_with("view (") || text.starts_with("view(") {
            return Read::Begins(crate::message::Block::GroupView);
        }
        let read = self.row(text);
        if read != Read::Nothing {
            return read;
        }
        let read = life::of_an_operator(text);
        if read != Read::Nothing {
            return read;
        }
        if let Some(unit) = UNIT.captures(line) {
            let group = |index| unit.get(index).map_or("", |found| found.as_str());
            return Read::Event(Event::Unit {
                active: group(1).to_owned(),
                detail: shown(&format!("{}{}", group(2), group(3))),
            });
        }
        if let Some(read) = start_position(text) {
            return read;
        }
        if PROCESS.is_match(line)
            && !line.contains("mysqld_safe ")
            && !line.contains("wsrep-recover")
            && !line.contains("wsrep_recover")
            && !line.contains("grep")
        {
            return Read::Event(Event::Process {
                start: after(line, "wsrep_start_position=").and_then(position),
            });
        }
        // `galera_recovery` and entry points print these without `WSREP: ` in front.
        let words = text.trim_start_matches("INFO: ");
        if words.starts_with("Recovered position")
            || words.starts_with("Assigning ")
            || words.starts_with("Skipping wsrep-recover for ")
        {
            return crate::message::read(words.as_bytes(), crate::envelope::Severity::Note);
        }
        failure::of_a_shell(line.as_bytes())
    }

    /// A row of a table, a line of a configuration.
    fn row(&mut self, text: &str) -> Read {
        if let Some(name) = text.strip_prefix("Variable_name:") {
            self.variable = Some(name.trim().to_ascii_lowercase());
            return Read::Nothing;
        }
        if let Some(value) = text.strip_prefix("Value:") {
            return match self.variable.take() {
                Some(name) => variable(&name, value.trim(), ""),
                None => Read::Nothing,
            };
        }
        // The same as XML (`mysql --xml`), and as JSON (`mysqlsh`).
        if let Some(name) = between(text, "<field name=\"Variable_name\">", "</field>") {
            self.variable = Some(name.trim().to_ascii_lowercase());
            return Read::Nothing;
        }
        if let Some(value) = between(text, "<field name=\"Value\">", "</field>") {
            return match self.variable.take() {
                Some(name) => variable(&name, value.trim(), ""),
                None => Read::Nothing,
            };
        }
        if text.contains("\"Variable_name\"") {
            let cell = |name: &str| {
                let rest = after(text, name)?.trim_start().strip_prefix(':')?;
                between(rest, "\"", "\"")
            };
            if let (Some(name), Some(value)) = (cell("\"Variable_name\""), cell("\"Value\"")) {
                return variable(&name.to_ascii_lowercase(), value, "");
            }
        }
        if let Some(rest) = text.strip_prefix("seatrial-collector ") {
            let (name, value) = rest.split_once(' ').unwrap_or((rest, ""));
            return Read::Event(Event::Collected {
                name: name.trim_end_matches(':').to_owned(),
                value: shown(value),
            });
        }
        let text = undecorated(text);
        if let Some((name, value)) = cells(text) {
            return variable(&name, &value, "");
        }
        // A configuration: `name = value`, or a name alone, which is on.
        if text.starts_with(['#', ';', '+', '-', '/', '\'']) {
            return Read::Nothing;
        }
        let Some((name, value)) = text.split_once('=') else {
            return Read::Nothing;
        };
        let name = name.trim().trim_start_matches("--").replace('-', "_");
        if name.contains(char::is_whitespace) || value.starts_with('=') {
            return Read::Nothing;
        }
        if name == "GALERA_NODES" || name == "GALERA_GROUP" {
            return setting("garb", &name.to_ascii_lowercase(), value);
        }
        let name = name.to_ascii_lowercase();
        if name == "wsrep_start_position" || name == "_wsrep_start_position" {
            return Read::Nothing;
        }
        if is_variable(&name) || name.starts_with("wsrep_") {
            return if is_status(&name) {
                variable(&name, value.trim(), "")
            } else {
                setting(&self.section, &name, value)
            };
        }
        Read::Nothing
    }
}

/// A line without what a message puts in front of it: `> ` of a quotation, `- ` of a list, quotes around a name.
pub(crate) fn undecorated(text: &str) -> &str {
    let mut rest = text;
    for mark in ["> ", "- ", "* "] {
        rest = rest.strip_prefix(mark).unwrap_or(rest).trim_start();
    }
    // Commas, colons and semicolons follow a quoted name; a table has its own form.
    let bare = rest.trim_start_matches(['`', '\'', '"']);
    if bare.len() < rest.len() && bare.starts_with("wsrep_") && !rest.contains("\",\"") {
        bare
    } else {
        rest
    }
}

/// `| name | value |`, `name<tab>value`, `"name","value"`, `name: value`.
fn cells(text: &str) -> Option<(String, String)> {
    let inner = text
        .strip_prefix('|')
        .map(|rest| rest.trim_end_matches('|'));
    let (name, value) = if let Some(inner) = inner {
        inner.split_once('|')?
    } else if let Some(both) = text.split_once('\t') {
        both
    } else if text.starts_with('"') {
        text.split_once(',')?
    } else if text.starts_with("wsrep_") || text.starts_with("innodb_flush") {
        let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))?;
        let is_quoted = text[end..].starts_with(['`', '\'', '"']);
        let rest = text[end..]
            .trim_start_matches(['`', '\'', '"'])
            .trim_start();
        // An assignment is a setting, unless the name is quoted.
        if rest.starts_with('=') && !is_quoted {
            return None;
        }
        let rest = rest.trim_start_matches([':', '|', ',', ';', '=']);
        let rest = rest.trim_end_matches([',', ';']);
        (&text[..end], rest)
    } else {
        return None;
    };
    let clean = |cell: &str| cell.trim().trim_matches(['"', '\'', '`']).trim().to_owned();
    let name = clean(name).to_ascii_lowercase();
    let is_name = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (is_name && (name.starts_with("wsrep_") || is_variable(&name))).then(|| (name, clean(value)))
}

fn variable(name: &str, value: &str, section: &str) -> Read {
    if is_status(name) {
        Read::Event(Event::Status {
            name: name.to_owned(),
            value: shown(value),
        })
    } else if is_variable(name) || name.starts_with("wsrep_") {
        setting(section, name, value)
    } else {
        Read::Nothing
    }
}

fn setting(section: &str, name: &str, value: &str) -> Read {
    if name.contains("auth") || name.contains("password") {
        return Read::Nothing;
    }
    // A comment may follow the value, and quotes may stand around it.
    let value = value.trim();
    let value = match value.strip_prefix(['"', '\'']) {
        Some(rest) => rest.split(['"', '\'']).next().unwrap_or_default(),
        None => value.split(" #").next().unwrap_or_default().trim_end(),
    };
    Read::Event(Event::Setting {
        section: section.to_owned(),
        name: name.to_owned(),
        value: shown(value),
    })
}

/// Whether the name is a status variable, and no setting.
fn is_status(name: &str) -> bool {
    const NAMES: [&str; 17] = [
        "wsrep_cluster_status",
        "wsrep_cluster_size",
        "wsrep_cluster_conf_id",
        "wsrep_cluster_state_uuid",
        "wsrep_cluster_weight",
        "wsrep_cluster_capabilities",
        "wsrep_connected",
        "wsrep_ready",
        "wsrep_last_committed",
        "wsrep_last_applied",
        "wsrep_gcomm_uuid",
        "wsrep_incoming_addresses",
        "wsrep_desync_count",
        "wsrep_thread_count",
        "wsrep_open_connections",
        "wsrep_open_transactions",
        "wsrep_monitor_status",
    ];
    NAMES.contains(&name)
        || [
            "wsrep_local_",
            "wsrep_evs_",
            "wsrep_flow_control_",
            "wsrep_repl",
            "wsrep_received",
            "wsrep_provider_version",
            "wsrep_provider_vendor",
            "wsrep_provider_name",
            "wsrep_cert_",
            "wsrep_apply_",
            "wsrep_commit_",
            "wsrep_causal_",
            "wsrep_rollbacker",
            "wsrep_applier",
            "wsrep_protocol_",
        ]
        .iter()
        .any(|start| name.starts_with(start))
            && !matches!(
                name,
                "wsrep_replicate_myisam" | "wsrep_applier_threads" | "wsrep_applier_retry_count"
            )
}

/// Settings that tell about a recovery, beside those that begin with `wsrep_`.
fn is_variable(name: &str) -> bool {
    [
        "innodb_flush_log_at_trx_commit",
        "innodb_flush_method",
        "innodb_force_recovery",
        "sync_binlog",
        "datadir",
        "bind_address",
    ]
    .contains(&name)
}

/// `uuid:seqno` alone on its line, perhaps with a GTID after a comma.
fn bare_position(text: &str) -> Option<Position> {
    let bytes = text.as_bytes();
    let looks_so = bytes.len() >= 38
        && bytes.get(8) == Some(&b'-')
        && bytes.get(36) == Some(&b':')
        && !text.contains(char::is_whitespace);
    looks_so.then(|| position(text)).flatten()
}

/// `--wsrep_start_position=U:N`: what `galera_recovery` prints, or part of a server's command line.
fn start_position(text: &str) -> Option<Read> {
    let rest = after(text, "wsrep_start_position=")?;
    let token = word(rest);
    if PROCESS.is_match(text) {
        return None;
    }
    let Some(position) = position(token) else {
        return Some(Read::Event(Event::Unreadable {
            wanted: "a position (uuid:seqno)".to_owned(),
            text: shown(token),
        }));
    };
    // A shell's trace repeats what the entry point hands on.
    let starts_a_server = text.starts_with('+')
        || ["exec ", "ExecStart", "mysqld ", "mariadbd "]
            .iter()
            .any(|mark| text.contains(mark));
    Some(Read::Event(if starts_a_server {
        Event::StartPosition {
            position,
            by: StartPositionBy::Option,
        }
    } else {
        Event::Recovered { position }
    }))
}
