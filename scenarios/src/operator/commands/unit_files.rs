//! The file of mariadb.service, whether a boot starts it, and the environment that systemd gives to every unit.

use std::fmt::Write as _;

use seatrial_port::Output;
use seatrial_port::host::{Host, UnitFileState, UnitState};

use super::output::{failed, printed};
use super::unit_text::{DESCRIPTION, sub_state, word};

/// The lines of `MariaDB` 10.11.18's unit file in Debian 12 that are no comment, under the head of `systemctl cat`.
pub(super) const UNIT_FILE: &str = r#"# /lib/systemd/system/mariadb.service

[Unit]
Description=MariaDB 10.11.18 database server
Documentation=man:mariadbd(8)
Documentation=https://mariadb.com/kb/en/library/systemd/
After=network.target

[Install]
WantedBy=multi-user.target

[Service]
Type=notify
PrivateNetwork=false
User=mysql
Group=mysql
AmbientCapabilities=CAP_IPC_LOCK
ProtectSystem=full
ProtectControlGroups=true
ProtectHome=true
EnvironmentFile=-/run/mysqld/wsrep-new-cluster
EnvironmentFile=-/run/mysqld/wsrep-start-position
ExecStartPre=/bin/sh -c "[ ! -e /usr/bin/galera_recovery ] && VAR= || \
 VAR=`/usr/bin/galera_recovery`; [ $? -eq 0 ] \
 && echo _WSREP_START_POSITION=$VAR > /run/mysqld/wsrep-start-position || exit 1"
ExecStart=/usr/sbin/mariadbd $MYSQLD_OPTS $_WSREP_NEW_CLUSTER $_WSREP_START_POSITION
ExecStartPost=/bin/rm -f /run/mysqld/wsrep-start-position /run/mysqld/wsrep-new-cluster
ExecStartPost=!/etc/mysql/debian-start
KillSignal=SIGTERM
SendSIGKILL=no
Restart=on-abnormal
RestartSec=5s
UMask=007
PrivateTmp=false
TimeoutStartSec=900
TimeoutStopSec=900
TasksMax=99%
LimitNOFILE=32768
LimitMEMLOCK=524288
"#;

/// The variables that every unit gets on a host of Debian's.
const USUAL: [(&str, &str); 2] = [
    ("LANG", "C.UTF-8"),
    (
        "PATH",
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ),
];

/// Returns the whole name of a unit.
pub(super) fn full(unit: &str) -> String {
    let kinds = [".socket", ".target", ".timer", ".mount", ".path", ".slice"];
    if kinds.iter().any(|kind| unit.ends_with(kind)) {
        unit.to_owned()
    } else {
        format!("{unit}.service")
    }
}

/// `systemctl enable`, `disable`, `mask` and `unmask` of mariadb.service. The links are told on standard error.
pub(super) fn change(verb: &str, unit: &str, state: UnitFileState, host: &mut dyn Host) -> Output {
    const ALIASES: [&str; 2] = ["mysql", "mysqld"];
    let before = host.unit_file();
    let link = "/etc/systemd/system/mariadb.service";
    let wanted = "/etc/systemd/system/multi-user.target.wants/mariadb.service";
    if ALIASES.contains(&unit) {
        return if verb.ends_with("mask") {
            failed(
                1,
                format!("this console knows {verb} with mariadb.service alone"),
            )
        } else {
            failed(
                1,
                format!(
                    "Failed to {verb} unit: Refusing to operate on alias name or linked unit file: {unit}.service"
                ),
            )
        };
    }
    let is_masked = before == UnitFileState::Masked;
    let mut output = printed("");
    match verb {
        "mask" if !is_masked => {
            output.stderr = format!("Created symlink {link} → /dev/null.\n");
        }
        "unmask" if is_masked => output.stderr = format!("Removed \"{link}\".\n"),
        "mask" | "unmask" => return output,
        _ if is_masked => {
            return failed(
                1,
                format!("Failed to {verb} unit: Unit file {link} is masked."),
            );
        }
        // The package has an init script as well (`systemd-sysv-install`).
        _ => {
            let _ = write!(
                output.stderr,
                "Synchronizing state of mariadb.service with SysV service script with \
                 /lib/systemd/systemd-sysv-install.\nExecuting: /lib/systemd/systemd-sysv-install {verb} mariadb\n"
            );
            if before != state {
                let line = if state == UnitFileState::Enabled {
                    format!("Created symlink {wanted} → /lib/systemd/system/mariadb.service.\n")
                } else {
                    format!("Removed \"{wanted}\".\n")
                };
                output.stderr.push_str(&line);
            }
        }
    }
    host.set_unit_file(state);
    output
}

/// Reads the words after `set-environment`, which need a value, and `unset-environment`, which may have one.
pub(super) fn assignments(
    verb: &str,
    words: &[&str],
) -> Result<Vec<(String, Option<String>)>, Output> {
    if words.is_empty() {
        return Err(failed(1, "Too few arguments."));
    }
    let sets = verb == "set-environment";
    words
        .iter()
        .map(|word| {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (*word, None),
            };
            let is_name = !name.is_empty()
                && !name.starts_with(|c: char| c.is_ascii_digit())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !is_name || (sets && value.is_none()) {
                return Err(failed(
                    1,
                    format!(
                        "Failed to {} environment: Invalid environment assignments",
                        &verb[..verb.len() - 12]
                    ),
                ));
            }
            Ok((name.to_owned(), value.filter(|_| sets).map(str::to_owned)))
        })
        .collect()
}

/// Sets or removes the variables.
pub(super) fn set_environment(
    assignments: &[(String, Option<String>)],
    host: &mut dyn Host,
) -> Output {
    for (name, value) in assignments {
        if let Err(text) = host.set_environment(name, value.as_deref()) {
            return failed(1, text);
        }
    }
    printed("")
}

/// `systemctl show-environment`: sorted by nothing but the order in which they came.
pub(super) fn show_environment(host: &dyn Host) -> Output {
    let added = host.environment();
    let mut text = String::new();
    for (name, value) in USUAL {
        if added.iter().all(|(other, _)| other != name) {
            let _ = writeln!(text, "{name}={value}");
        }
    }
    for (name, value) in added {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+%@".contains(c);
        if value.chars().all(plain) {
            let _ = writeln!(text, "{name}={value}");
        } else {
            let value = value.replace('\\', "\\\\").replace('\'', "\\'");
            let _ = writeln!(text, "{name}=$'{value}'");
        }
    }
    printed(text)
}

/// The choice of `list-units`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Listed {
    /// `--state`, `--failed`.
    pub(super) state: Option<String>,
    /// `--no-legend`.
    pub(super) bare: bool,
}

impl Listed {
    /// Reads the patterns. A list of everything on a host is refused: there is mariadb.service alone.
    pub(super) fn of(self, patterns: &[&str]) -> Result<Self, Output> {
        let fits = |pattern: &&str| match pattern.strip_suffix('*') {
            Some(begin) => "mariadb.service".starts_with(begin) && !begin.is_empty(),
            None => ["mariadb", "mariadb.service"].contains(pattern),
        };
        if patterns.iter().any(fits) || self.state.as_deref() == Some("failed") {
            return Ok(self);
        }
        Err(failed(
            1,
            "this console lists mariadb.service alone: systemctl list-units 'mariadb*', or systemctl --failed",
        ))
    }

    /// Prints the unit, if it has the state.
    pub(super) fn print(&self, host: &dyn Host) -> Output {
        let unit = host.unit();
        let (active, sub) = (word(unit), sub_state(unit));
        let fits = match self.state.as_deref() {
            None => unit != UnitState::Inactive,
            Some(state) => state
                .split(',')
                .any(|state| state == active || state == sub),
        };
        let mut text = String::new();
        if fits {
            let mark = if matches!(unit, UnitState::Failed(_)) {
                "●"
            } else {
                " "
            };
            if !self.bare {
                let _ = writeln!(
                    text,
                    "  {:<15} {:<6} {:<width$} {:<deep$} DESCRIPTION",
                    "UNIT",
                    "LOAD",
                    "ACTIVE",
                    "SUB",
                    width = active.len().max(6),
                    deep = sub.len().max(3)
                );
            }
            let _ = writeln!(
                text,
                "{mark} mariadb.service loaded {active:<6} {sub:<3} {DESCRIPTION}"
            );
        } else if !self.bare {
            text.push_str("  UNIT LOAD ACTIVE SUB DESCRIPTION\n");
        }
        if self.bare {
            return printed(text);
        }
        if fits {
            text.push_str(
                "\nLOAD   = Reflects whether the unit definition was properly loaded.\n\
                 ACTIVE = The high-level unit activation state, i.e. generalization of SUB.\n\
                 SUB    = The low-level unit activation state, values depend on unit type.\n",
            );
        }
        let _ = write!(text, "{} loaded units listed.", u8::from(fits));
        text.push_str(if self.state.is_none() {
            " Pass --all to see loaded but inactive units, too.\nTo show all installed unit files use 'systemctl list-unit-files'.\n"
        } else {
            "\n"
        });
        printed(text)
    }
}
