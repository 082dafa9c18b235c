//! `journalctl -u mariadb`: what systemd says of the unit, and what the unit's own scripts print.
//!
//! The texts are systemd's (`src/core/job.c`, `unit.c`, `service.c`, and the catalog of Debian 12 for `-x`). The server
//! itself writes to its log, not to the journal (`log_error`). A journal of other units is refused: a simulated host
//! has none.

use std::fmt::Write as _;

use seatrial_port::Output;
use seatrial_port::host::{Host, Step};
use seatrial_port::journal::{JournalEntry, UnitEvent};
use seatrial_port::paths::MARIADB_LOG;

use super::clock::{Calendar, since};
use super::output::{failed, interrupted, printed};
use super::unit_job::Ended;
use super::unit_text::{DESCRIPTION, signal_name};

/// A `journalctl` on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Journalctl {
    /// None of the units that were named is mariadb.service.
    other_unit: bool,
    /// One of them is that of garbd.
    of_garb: bool,
    form: Form,
    lines: Option<usize>,
    /// `-b`: which boot, counted from the last one.
    boot: Option<u32>,
    /// The two ends in time, as they were written.
    since: Option<String>,
    until: Option<String>,
    /// The most important and the least important level.
    levels: (u8, u8),
    pattern: Option<String>,
    reverse: bool,
    explain: bool,
    follow: bool,
    quiet: bool,
    /// The number of lines that were there when a follower began.
    begun: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Form {
    Short,
    Iso,
    Precise,
    Cat,
}

/// Options that change nothing that is printed here.
const HABITS: [&str; 12] = [
    "--all",
    "--full",
    "--merge",
    "--no-hostname",
    "--no-pager",
    "--no-tail",
    "--system",
    "--utc",
    "-a",
    "-l",
    "-m",
    "--no-full",
];

/// The names of an arbitrator's unit.
const GARB: [&str; 2] = ["garb", "garbd"];

/// The units of this host.
const UNITS: [&str; 3] = ["mariadb", "mysql", "mysqld"];

impl Journalctl {
    /// Reads the words after `journalctl`.
    pub(super) fn parse(words: &[String]) -> Result<Self, Output> {
        let mut read = Self {
            other_unit: false,
            of_garb: false,
            form: Form::Short,
            lines: None,
            boot: None,
            since: None,
            until: None,
            levels: (0, 7),
            pattern: None,
            reverse: false,
            explain: false,
            follow: false,
            quiet: false,
            begun: None,
        };
        let mut units = Vec::new();
        let mut words = separate(words).into_iter().peekable();
        while let Some(word) = words.next() {
            let (name, joined) = match word.split_once('=') {
                Some((name, value)) if word.starts_with("--") => (name, Some(value.to_owned())),
                _ => (word.as_str(), None),
            };
            let mut value = || joined.clone().or_else(|| words.next()).unwrap_or_default();
            match name {
                "-u" | "--unit" => units.push(value()),
                "-o" | "--output" => read.form = form(&value())?,
                "-S" | "--since" => read.since = Some(value()),
                "-U" | "--until" => read.until = Some(value()),
                "-p" | "--priority" => read.levels = levels(&value())?,
                "-g" | "--grep" => read.pattern = Some(pattern(&value())?),
                "-n" | "--lines" => {
                    let next = joined
                        .clone()
                        .or_else(|| words.next_if(|next| count(next).is_some()));
                    read.lines = match next {
                        None => Some(10),
                        Some(all) if all == "all" => None,
                        Some(text) => Some(count(&text).ok_or_else(|| {
                            failed(1, format!("Failed to parse lines '{text}'."))
                        })?),
                    };
                }
                "-b" | "--boot" => {
                    let next = joined
                        .clone()
                        .or_else(|| words.next_if(|next| boot(next).is_some()));
                    read.boot = Some(match next {
                        None => 0,
                        Some(text) => boot(&text).ok_or_else(|| {
                            failed(1, format!("this console knows a boot by its number from the last, not {text}"))
                        })?,
                    });
                }
                "-r" | "--reverse" => read.reverse = true,
                "-x" | "--catalog" => read.explain = true,
                "-q" | "--quiet" => read.quiet = true,
                "-f" | "--follow" => {
                    (read.follow, read.boot) = (true, read.boot.or(Some(0)));
                    read.lines = read.lines.or(Some(10));
                }
                "-e" | "--pager-end" => {
                    read.boot = read.boot.or(Some(0));
                    read.lines = read.lines.or(Some(1_000));
                }
                _ if HABITS.contains(&name) => {}
                _ => {
                    return Err(failed(
                        1,
                        format!("this console does not know journalctl {word}"),
                    ));
                }
            }
        }
        if units.is_empty() {
            return Err(failed(
                1,
                "this console has the journal of mariadb.service alone: journalctl -u mariadb",
            ));
        }
        let own = |unit: &String| UNITS.contains(&unit.strip_suffix(".service").unwrap_or(unit));
        read.other_unit = !units.iter().any(own);
        let garb = |unit: &String| GARB.contains(&unit.strip_suffix(".service").unwrap_or(unit));
        read.of_garb = units.iter().any(garb);
        Ok(read)
    }

    /// Shows the lines. With `-f` it goes on until somebody ends it.
    pub(super) fn step(&mut self, host: &dyn Host) -> Step {
        self.begun.get_or_insert_with(|| host.journal().len());
        if self.follow {
            return Step::Wait;
        }
        Step::Done(self.show(host))
    }

    /// Ctrl-C. The terminal has shown what had come by then.
    pub(super) fn interrupt(&self, host: &dyn Host) -> Output {
        let Output { stdout, stderr, .. } = self.show(host);
        Output {
            stdout,
            stderr,
            ..interrupted()
        }
    }

    fn show(&self, host: &dyn Host) -> Output {
        if host.is_arbitrator() {
            return self.garbd(host);
        }
        let mut ends = [None, None];
        for (end, text) in ends.iter_mut().zip([&self.since, &self.until]) {
            if let Some(text) = text {
                match since(text, host.now()) {
                    Ok(at) => *end = Some(at),
                    Err(text) => return failed(1, text),
                }
            }
        }
        let [since, until] = ends;
        let boot = self.boot.map(|back| host.boots().checked_sub(back));
        if boot == Some(None) {
            return failed(
                1,
                "Data from the specified boot is not available: No such boot ID in journal",
            );
        }
        let mut shown = host.journal();
        shown.retain(|entry| {
            let (level, text) = (level(&entry.event), text(&entry.event));
            !self.other_unit
                && boot.flatten().is_none_or(|boot| entry.boot == boot)
                && since.is_none_or(|since| entry.at >= since)
                && until.is_none_or(|until| entry.at <= until)
                && (self.levels.0..=self.levels.1).contains(&level)
                && self
                    .pattern
                    .as_ref()
                    .is_none_or(|pattern| fits(&text, pattern))
        });
        if let Some(most) = self.lines {
            // A follower has seen lines come beside the last ones.
            let begun = self.begun.filter(|_| self.follow);
            let come = begun.map_or(0, |begun| host.journal().len().saturating_sub(begun));
            let most = most.saturating_add(come);
            shown.drain(..shown.len().saturating_sub(most));
        }
        if self.reverse {
            shown.reverse();
        }
        if shown.is_empty() {
            let none = if self.quiet || self.follow {
                ""
            } else {
                "-- No entries --\n"
            };
            return Output {
                exit: i32::from(self.pattern.is_some()),
                ..printed(none)
            };
        }
        let mut all = String::new();
        let mut before = None;
        for entry in &shown {
            if self.form != Form::Cat
                && !self.quiet
                && before.is_some_and(|boot| boot != entry.boot)
            {
                let _ = writeln!(all, "-- Boot {} --", boot_id(host, entry.boot));
            }
            before = Some(entry.boot);
            self.line(host, entry, &mut all);
        }
        printed(all)
    }

    /// Shows what garbd has logged: it has no other log.
    fn garbd(&self, host: &dyn Host) -> Output {
        let log = host.read_file(MARIADB_LOG).unwrap_or_default();
        let name = host.node().as_str().to_lowercase();
        let lines: Vec<String> = log.lines().map(|line| in_journal(line, &name)).collect();
        let left_out = self
            .lines
            .map_or(0, |last| lines.len().saturating_sub(last));
        if lines.is_empty() || !self.of_garb {
            return printed("-- No entries --\n");
        }
        printed(lines[left_out..].join("\n") + "\n")
    }

    fn line(&self, host: &dyn Host, entry: &JournalEntry, all: &mut String) {
        let calendar = Calendar::at(entry.at);
        let when = match self.form {
            Form::Cat => None,
            Form::Short => Some(calendar.short()),
            Form::Iso => Some(calendar.iso()),
            Form::Precise => Some(format!(
                "{}.{:06}",
                calendar.short(),
                entry.at.as_micros() % 1_000_000
            )),
        };
        if let Some(when) = when {
            let name = host.node().as_str().to_lowercase();
            let (program, pid) = match &entry.event {
                UnitEvent::Printed(program, pid, _) => (*program, *pid),
                _ => ("systemd", 1),
            };
            let _ = write!(all, "{when} {name} {program}[{pid}]: ");
        }
        let _ = writeln!(all, "{}", text(&entry.event));
        if let (true, Some(lines)) = (self.explain && self.form != Form::Cat, explanation(entry)) {
            for line in lines.lines() {
                let _ = writeln!(all, "░░ {line}");
            }
        }
    }
}

/// Returns the words, with the short options apart: `-xeu mariadb` is `-x -e -u mariadb`.
fn separate(words: &[String]) -> Vec<String> {
    let mut all = Vec::new();
    for word in words {
        let Some(short) = word
            .strip_prefix('-')
            .filter(|rest| !rest.starts_with('-') && !rest.is_empty())
        else {
            all.push(word.clone());
            continue;
        };
        for (at, letter) in short.char_indices() {
            all.push(format!("-{letter}"));
            let rest = &short[at + letter.len_utf8()..];
            // The rest of the word is the value.
            if "uoSUpgnb".contains(letter) && !rest.is_empty() {
                let is_value = !"nb".contains(letter)
                    || rest.starts_with(|c: char| c.is_ascii_digit() || "-+".contains(c));
                if is_value {
                    all.push(rest.to_owned());
                    break;
                }
            }
        }
    }
    all
}

fn form(name: &str) -> Result<Form, Output> {
    Ok(match name {
        "short" => Form::Short,
        "short-iso" => Form::Iso,
        "short-precise" => Form::Precise,
        "cat" => Form::Cat,
        "export" | "help" | "json" | "json-pretty" | "json-seq" | "json-sse" | "short-delta"
        | "short-full" | "short-iso-precise" | "short-monotonic" | "short-unix" | "verbose"
        | "with-unit" => {
            return Err(failed(
                1,
                format!("this console does not know journalctl -o {name}"),
            ));
        }
        _ => return Err(failed(1, format!("Unknown output format '{name}'."))),
    })
}

fn count(text: &str) -> Option<usize> {
    match text {
        "all" => Some(usize::MAX),
        _ => text.strip_prefix('+').unwrap_or(text).parse().ok(),
    }
}

/// Returns how many boots before the last one a word means.
fn boot(text: &str) -> Option<u32> {
    match text {
        "0" => Some(0),
        _ => text.strip_prefix('-')?.parse().ok(),
    }
}

/// Returns the levels of `-p`: a name or a number is the least important one, `FROM..TO` are both.
fn levels(text: &str) -> Result<(u8, u8), Output> {
    const NAMES: [&str; 8] = [
        "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug",
    ];
    let one = |word: &str| {
        let named = (0..).zip(NAMES).find(|(_, name)| *name == word);
        named
            .map(|(level, _)| level)
            .or_else(|| word.parse().ok().filter(|level| *level < 8))
            .ok_or_else(|| failed(1, format!("Unknown log level {word}")))
    };
    match text.split_once("..") {
        Some((from, to)) => Ok((one(from)?, one(to)?)),
        None => Ok((0, one(text)?)),
    }
}

/// Reads a pattern of `-g`, as far as it is a plain text.
fn pattern(text: &str) -> Result<String, Output> {
    if text.contains([
        '[', ']', '(', ')', '*', '+', '?', '\\', '^', '$', '{', '}', '|',
    ]) {
        return Err(failed(
            1,
            format!("this console knows journalctl -g with a plain text, not {text}"),
        ));
    }
    Ok(text.to_owned())
}

/// A pattern in small letters fits every letter.
fn fits(text: &str, pattern: &str) -> bool {
    if pattern.chars().any(char::is_uppercase) {
        text.contains(pattern)
    } else {
        text.to_lowercase().contains(pattern)
    }
}

/// Returns the level of a message (`LOG_INFO` is 6).
const fn level(event: &UnitEvent) -> u8 {
    match event {
        UnitEvent::FailedToStart => 3,
        UnitEvent::StartTimedOut | UnitEvent::Failed(_) | UnitEvent::RestartRefused => 4,
        UnitEvent::MainExited(_) | UnitEvent::ControlExited(_) => 5,
        _ => 6,
    }
}

fn text(event: &UnitEvent) -> String {
    let unit = format!("mariadb.service - {DESCRIPTION}");
    match event {
        UnitEvent::Starting => format!("Starting {unit}..."),
        UnitEvent::Started => format!("Started {unit}."),
        UnitEvent::FailedToStart => format!("Failed to start {unit}."),
        UnitEvent::Stopping => format!("Stopping {unit}..."),
        UnitEvent::Stopped => format!("Stopped {unit}."),
        UnitEvent::StartTimedOut => {
            "mariadb.service: start operation timed out. Terminating.".to_owned()
        }
        UnitEvent::MainExited(code) => {
            format!("mariadb.service: Main process exited, {}", exited(*code))
        }
        UnitEvent::ControlExited(code) => {
            format!("mariadb.service: Control process exited, {}", exited(*code))
        }
        UnitEvent::Deactivated => "mariadb.service: Deactivated successfully.".to_owned(),
        UnitEvent::Failed(result) => format!("mariadb.service: Failed with result '{result}'."),
        UnitEvent::RestartScheduled(number) => {
            format!("mariadb.service: Scheduled restart job, restart counter is at {number}.")
        }
        UnitEvent::RestartRefused => {
            "mariadb.service: Failed to schedule restart job: Unit mariadb.service is masked."
                .to_owned()
        }
        UnitEvent::Printed(_, _, line) => line.clone(),
    }
}

fn exited(code: i32) -> String {
    match Ended::from_code(code) {
        Ended::Exit(code) => format!("code=exited, status={code}/{}", exit_name(code)),
        Ended::Signal(signal) => format!("code=killed, status={signal}/{}", signal_name(signal)),
        Ended::Dump(signal) => format!("code=dumped, status={signal}/{}", signal_name(signal)),
    }
}

const fn exit_name(code: i32) -> &'static str {
    match code {
        0 => "SUCCESS",
        1 => "FAILURE",
        _ => "n/a",
    }
}

/// Returns the text of `-x` for a line (`systemd.catalog`).
fn explanation(entry: &JournalEntry) -> Option<String> {
    const UNIT: &str = "mariadb.service";
    // The jobs of a boot before those of this unit.
    let job = 100 + entry.job;
    let of_job = |what: &str, how: &str, result: &str| {
        let subject = format!("{what} for unit {UNIT} {how}");
        let body = format!("{subject}.\n\nThe job identifier is {job}{result}.");
        (subject, body)
    };
    let (subject, body) = match &entry.event {
        UnitEvent::Starting => of_job("A start job", "has begun execution", ""),
        UnitEvent::Started => of_job("A start job", "has finished successfully", ""),
        UnitEvent::FailedToStart => (
            format!("A start job for unit {UNIT} has failed"),
            format!(
                "A start job for unit {UNIT} has finished with a failure.\n\n\
                 The job identifier is {job} and the job result is failed."
            ),
        ),
        UnitEvent::Stopping => of_job("A stop job", "has begun execution", ""),
        UnitEvent::Stopped => of_job("A stop job", "has finished", " and the job result is done"),
        UnitEvent::MainExited(code) => left("ExecStart", *code),
        UnitEvent::ControlExited(code) => left("ExecStartPre", *code),
        UnitEvent::Deactivated => (
            "Unit succeeded".to_owned(),
            format!("The unit {UNIT} has successfully entered the 'dead' state."),
        ),
        UnitEvent::Failed(result) => (
            "Unit failed".to_owned(),
            format!("The unit {UNIT} has entered the 'failed' state with result '{result}'."),
        ),
        UnitEvent::RestartScheduled(_) => (
            "Automatic restarting of a unit has been scheduled".to_owned(),
            format!(
                "Automatic restarting of the unit {UNIT} has been scheduled, as the result for\n\
                 the configured Restart= setting for the unit."
            ),
        ),
        UnitEvent::StartTimedOut | UnitEvent::RestartRefused | UnitEvent::Printed(..) => {
            return None;
        }
    };
    Some(format!(
        "Subject: {subject}\nDefined-By: systemd\nSupport: https://www.debian.org/support\n\n{body}"
    ))
}

fn left(command: &str, code: i32) -> (String, String) {
    let (how, status) = match Ended::from_code(code) {
        Ended::Exit(code) => ("exited", code),
        Ended::Signal(signal) => ("killed", signal),
        Ended::Dump(signal) => ("dumped", signal),
    };
    (
        "Unit process exited".to_owned(),
        format!(
            "An {command}= process belonging to unit mariadb.service has exited.\n\n\
             The process' exit code is '{how}' and its exit status is {status}."
        ),
    )
}

/// Returns the identity of a boot: any number that no other boot of no other host has.
fn boot_id(host: &dyn Host, boot: u32) -> String {
    let name = host.host_name();
    let sum = name.bytes().fold(u64::from(boot) + 1, |sum, byte| {
        sum.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte)
    });
    let other = sum.rotate_left(29).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("{sum:016x}{other:016x}")
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
