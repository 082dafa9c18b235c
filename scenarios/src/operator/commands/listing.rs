//! `ls` and `journalctl`: which files the host has, and that it keeps no journal.

use std::fmt::Write as _;

use seatrial_port::host::{Host, Step};
use seatrial_port::paths::{BACKEND_LOG, GRASTATE, GVWSTATE, MARIADB_LOG};
use seatrial_port::{MysqldSafeLog, Output};

use super::output::{failed, printed};

/// The files that a host of this kind may have.
const FILES: [&str; 4] = [GRASTATE, GVWSTATE, MARIADB_LOG, BACKEND_LOG];

/// `ls` on files and folders.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Listing {
    paths: Vec<String>,
}

impl Listing {
    /// Reads the words after `ls`.
    pub(super) fn parse(words: &[String]) -> Result<Self, Output> {
        let mut paths = Vec::new();
        for word in words {
            match word.as_str() {
                "-1" | "-a" | "-A" => {}
                odd if odd.len() > 1 && odd.starts_with('-') => {
                    return Err(failed(
                        2,
                        format!(
                            "this console does not know ls {odd}: its files have no dates and owners"
                        ),
                    ));
                }
                _ => paths.push(word.clone()),
            }
        }
        if paths.is_empty() {
            return Err(failed(
                2,
                "this console has no working folder: name one, such as ls /var/lib/mysql",
            ));
        }
        Ok(Self { paths })
    }

    /// Lists the files. Of a folder those are listed that this host can have.
    pub(super) fn step(&self, host: &mut dyn Host) -> Step {
        let mut shown = printed("");
        for path in &self.paths {
            let folder = format!("{}/", path.trim_end_matches('/'));
            let inside: Vec<&str> = FILES
                .into_iter()
                .filter_map(|file| file.strip_prefix(folder.as_str()))
                .filter(|name| !name.contains('/'))
                .collect();
            if host.read_file(path).is_some() {
                shown.stdout.push_str(path);
                shown.stdout.push('\n');
            } else if inside.is_empty() {
                let _ = writeln!(
                    shown.stderr,
                    "ls: cannot access '{path}': No such file or directory"
                );
                shown.exit = 2;
            } else {
                for name in inside {
                    if host.read_file(&format!("{folder}{name}")).is_some() {
                        shown.stdout.push_str(name);
                        shown.stdout.push('\n');
                    }
                }
                shown
                    .stderr
                    .push_str("this console shows only state files and logs\n");
            }
        }
        Step::Done(shown)
    }
}

/// A `journalctl`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Journal {
    /// Only the unit of an arbitrator.
    of_garb: bool,
    /// Only the last lines (`-n`).
    last: Option<usize>,
    /// A word that this console does not know.
    unknown: Option<String>,
}

impl Journal {
    /// Reads the words after `journalctl`. An arbitrator's host has a journal, since garbd logs there; on the host of a
    /// server every line ends in the same answer.
    pub(super) fn parse(words: &[String]) -> Self {
        let mut journal = Self {
            of_garb: false,
            last: None,
            unknown: None,
        };
        let mut words = words.iter().map(String::as_str);
        while let Some(word) = words.next() {
            match word {
                "--no-pager" | "-q" | "--quiet" => {}
                "-u" | "--unit" => journal.set_unit(words.next().unwrap_or_default()),
                "-n" | "--lines" => journal.last = words.next().and_then(|one| one.parse().ok()),
                _ => {
                    if let Some(unit) = word.strip_prefix("--unit=").or(word.strip_prefix("-u")) {
                        journal.set_unit(unit);
                    } else if let Some(lines) =
                        word.strip_prefix("--lines=").or(word.strip_prefix("-n"))
                    {
                        journal.last = lines.parse().ok();
                    } else {
                        journal.unknown = Some(word.to_owned());
                    }
                }
            }
        }
        journal
    }

    fn set_unit(&mut self, unit: &str) {
        self.of_garb = ["garb", "garb.service", "garbd"].contains(&unit);
    }

    /// Shows what garbd has logged, or says where the log of a server is.
    pub(super) fn show(&self, host: &dyn Host) -> Output {
        if !self.of_garb || !host.is_arbitrator() {
            return no_journal(host);
        }
        if let Some(word) = &self.unknown {
            return failed(1, format!("this console does not know journalctl {word}"));
        }
        let log = host.read_file(MARIADB_LOG).unwrap_or_default();
        let name = host.node().as_str().to_lowercase();
        let lines: Vec<String> = log.lines().map(|line| in_journal(line, &name)).collect();
        let left_out = self.last.map_or(0, |last| lines.len().saturating_sub(last));
        if lines.is_empty() {
            return printed("-- No entries --\n");
        }
        printed(lines[left_out..].join("\n") + "\n")
    }
}

/// Returns a line of garbd as the journal has it. garbd writes the words of the provider with a head of its own
/// (`galerautils/src/gu_log.c`).
fn in_journal(line: &str, host: &str) -> String {
    const LEVELS: [(&str, &str); 3] = [
        ("[Note] WSREP: ", " INFO: "),
        ("[Warning] WSREP: ", " WARN: "),
        ("[ERROR] WSREP: ", "ERROR: "),
    ];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let found = LEVELS.iter().find_map(|(level, own)| {
        let (head, text) = line.split_once(level)?;
        let mut words = head.split_whitespace();
        let (date, time) = (words.next()?, words.next()?);
        let mut parts = date.split('-').skip(1);
        let month: usize = parts.next()?.parse().ok()?;
        let (month, day) = (MONTHS.get(month.checked_sub(1)?)?, parts.next()?);
        let time = format!("{time:0>8}");
        Some(format!(
            "{month} {day} {time} {host} garb-systemd[1]: {date} {time}.000 {own}{text}"
        ))
    });
    // The further lines of a message have no head of their own.
    found.unwrap_or_else(|| line.to_owned())
}

/// Says where the log is that the journal does not have.
fn no_journal(host: &dyn Host) -> Output {
    let place = match host.mysqld_safe_log() {
        MysqldSafeLog::Syslog => {
            "; mysqld_safe writes to the system log there, which this console cannot show"
        }
        MysqldSafeLog::File => "",
    };
    failed(
        1,
        format!(
            "this console has no journal: the server writes to {MARIADB_LOG}, so type sudo tail {MARIADB_LOG}{place}"
        ),
    )
}
