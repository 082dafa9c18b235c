//! `systemctl` with the verbs that operators and scripts use on mariadb.service.
//!
//! Sources: systemd's `systemctl` for words and exit codes, `MariaDB`'s unit file for the rules of
//! the unit (see [`super::unit_job`]), the manual's Bootstrap node for the use of it.

use seatrial_port::Output;
use seatrial_port::host::{Host, Signal, Step, UnitState};

use super::output::{failed, printed};
use super::unit_job::{Ended, UnitJob, Verb};

/// Exit code for a unit that is not active (LSB: program is not running).
const NOT_ACTIVE: i32 = 3;

/// A `systemctl` on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Systemctl {
    what: What,
    /// The verb, and the unit without `.service`.
    asked: (String, String),
}

/// The unit of an arbitrator's host.
const GARB: &str = "garb";

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum What {
    /// A job that the command waits for.
    Job(UnitJob),
    /// A job that is not (`--no-block`).
    Posted(UnitJob),
    /// `status`.
    Status,
    /// `is-active`, and whether it prints nothing.
    IsActive(bool),
    /// `is-failed`, likewise.
    IsFailed(bool),
    /// `is-enabled`, likewise.
    IsEnabled(bool),
    /// `show`: the properties, all for none, and whether only the values.
    Show(Vec<String>, bool),
    /// `kill`.
    Kill(Signal),
    /// `reset-failed`.
    ResetFailed,
    /// `enable`, `daemon-reload` and the like, which change nothing that a run can see.
    Nothing,
}

/// The options that change nothing that is printed here.
const HABITS: [&str; 9] = [
    "--full",
    "--no-ask-password",
    "--no-legend",
    "--no-pager",
    "--plain",
    "--system",
    "--wait",
    "-l",
    "-a",
];

/// The words of a line, sorted.
#[derive(Default)]
struct Words<'a> {
    plain: Vec<&'a str>,
    no_block: bool,
    quiet: bool,
    value: bool,
    properties: Vec<String>,
    signal: Option<&'a str>,
}

impl<'a> Words<'a> {
    fn read(words: &'a [String]) -> Result<Self, Output> {
        let mut read = Self::default();
        let mut words = words.iter().map(String::as_str);
        while let Some(word) = words.next() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) if word.starts_with("--") => (name, Some(value)),
                _ => (word, None),
            };
            match name {
                "--no-block" => read.no_block = true,
                "-q" | "--quiet" => read.quiet = true,
                "--value" => read.value = true,
                "-p" | "-P" | "--property" => {
                    read.value |= name == "-P";
                    let list = value.or_else(|| words.next()).unwrap_or_default();
                    read.properties.extend(list.split(',').map(str::to_owned));
                }
                "-s" | "--signal" => read.signal = value.or_else(|| words.next()),
                "-n" | "--lines" | "-o" | "--output" | "--kill-who" | "--kill-whom"
                | "--job-mode" => {
                    if value.is_none() {
                        words.next();
                    }
                }
                _ if HABITS.contains(&name) => {}
                _ if name.starts_with("-p") && !name.starts_with("--") => {
                    read.properties
                        .extend(name[2..].split(',').map(str::to_owned));
                }
                _ if name.starts_with("-n") && !name.starts_with("--") => {}
                _ if word.starts_with('-') => {
                    return Err(failed(
                        1,
                        format!("systemctl: unrecognized option '{word}'"),
                    ));
                }
                _ => read.plain.push(word),
            }
        }
        Ok(read)
    }
}

impl Systemctl {
    /// Reads the words after `systemctl`.
    pub(super) fn parse(words: &[String]) -> Result<Self, Output> {
        let words = Words::read(words)?;
        let mut plain = words.plain.iter().copied();
        let verb = plain.next().unwrap_or("");
        let unit = plain.next();
        if let Some(odd) = plain.next() {
            return Err(failed(
                1,
                format!("this console knows one unit in a line, not `{odd}'"),
            ));
        }
        let job = |verb| {
            let job = UnitJob::new(verb);
            if words.no_block {
                What::Posted(job)
            } else {
                What::Job(job)
            }
        };
        let what = match verb {
            "start" => job(Verb::Start),
            "stop" => job(Verb::Stop),
            "restart" => job(Verb::Restart),
            "status" => What::Status,
            "is-active" => What::IsActive(words.quiet),
            "is-failed" => What::IsFailed(words.quiet),
            "is-enabled" => What::IsEnabled(words.quiet),
            "show" => What::Show(words.properties, words.value),
            "kill" => What::Kill(
                match words.signal.map(|name| name.trim_start_matches("SIG")) {
                    None | Some("TERM" | "15") => Signal::Term,
                    Some("KILL" | "9") => Signal::Kill,
                    Some(odd) => {
                        return Err(failed(
                            1,
                            format!("this console does not send signal {odd}"),
                        ));
                    }
                },
            ),
            "reset-failed" => What::ResetFailed,
            "enable" | "disable" | "daemon-reload" | "daemon-reexec" => What::Nothing,
            "mask" | "unmask" | "edit" | "cat" | "set-environment" | "unset-environment"
            | "show-environment" | "list-units" | "list-unit-files" | "set-property"
            | "isolate" | "try-restart" | "reload" | "reload-or-restart" | "revert" => {
                return Err(failed(
                    1,
                    format!("this console does not know systemctl {verb}"),
                ));
            }
            _ => return Err(failed(1, format!("Unknown command verb '{verb}'."))),
        };
        let unit = match (unit, &what) {
            (Some(unit), _) => unit,
            // These take all units where none is named.
            (None, What::Nothing | What::ResetFailed) => "mariadb",
            (None, _) => return Err(failed(1, "Too few arguments.")),
        };
        let unit = unit.strip_suffix(".service").unwrap_or(unit);
        // MariaDB's package has this unit to say that it bootstraps nothing
        // (`mariadb@bootstrap.service.d/use_galera_new_cluster.conf`).
        if unit == "mariadb@bootstrap" && matches!(what, What::Job(_) | What::Posted(_)) {
            return Err(failed(
                1,
                "Job for mariadb@bootstrap.service failed because the control process exited with error code.\n\
                 See \"systemctl status mariadb@bootstrap.service\" and \
                 \"journalctl -xeu mariadb@bootstrap.service\" for details.",
            ));
        }
        // The unit file's own name and its two aliases.
        if !["mariadb", "mysql", "mysqld", GARB].contains(&unit) {
            return Err(unknown_unit(verb, unit));
        }
        let asked = (verb.to_owned(), unit.to_owned());
        Ok(Self { what, asked })
    }

    /// Goes on.
    pub(super) fn step(&mut self, host: &mut dyn Host) -> Step {
        let any_unit = matches!(self.what, What::Nothing | What::ResetFailed);
        if !any_unit && host.is_arbitrator() != (self.asked.1 == GARB) {
            let (verb, unit) = &self.asked;
            return Step::Done(unknown_unit(verb, unit));
        }
        Step::Done(match &mut self.what {
            What::Job(job) => return job.step(host),
            What::Posted(job) => {
                // Given to systemd, and left there.
                if !matches!(job.step(host), Step::Done(_)) {
                    job.interrupt(host);
                }
                printed("")
            }
            What::Status => status(host.unit()),
            What::IsActive(quiet) => {
                let unit = host.unit();
                told(*quiet, word(unit), exit_code(unit))
            }
            What::IsFailed(quiet) => {
                let unit = host.unit();
                let failed = matches!(unit, UnitState::Failed(_));
                told(*quiet, word(unit), i32::from(!failed))
            }
            What::IsEnabled(quiet) => told(*quiet, "enabled", 0),
            What::Show(properties, value) => show(host, properties, *value),
            What::Kill(signal) => kill(host, *signal),
            What::ResetFailed => {
                host.reset_failed();
                printed("")
            }
            What::Nothing => printed(""),
        })
    }

    /// Ctrl-C.
    pub(super) fn interrupt(&mut self, host: &mut dyn Host) -> Output {
        match &mut self.what {
            What::Job(job) | What::Posted(job) => job.interrupt(host),
            _ => super::output::interrupted(),
        }
    }
}

/// Returns a word and its exit code.
fn told(quiet: bool, word: &str, exit: i32) -> Output {
    let text = if quiet {
        String::new()
    } else {
        format!("{word}\n")
    };
    Output {
        exit,
        ..printed(text)
    }
}

/// `systemctl kill`: the signal for the unit's main process.
fn kill(host: &mut dyn Host, signal: Signal) -> Output {
    let Some((_, name)) = host.server_process() else {
        return failed(
            1,
            "Failed to kill unit mariadb.service: No main process to kill",
        );
    };
    host.signal(name, signal);
    printed("")
}

/// `systemctl show`: properties as `NAME=value`, in systemd's order. A property that a unit does not have is left
/// out, as systemd does.
fn show(host: &dyn Host, properties: &[String], value: bool) -> Output {
    let unit = host.unit();
    let pid = host.server_process().map_or(0, |(pid, _)| pid);
    let (result, code, status) = match unit {
        UnitState::Failed(exit) => {
            let ended = Ended::from_code(exit);
            let (code, status) = match ended {
                Ended::Exit(status) => (1, status),
                Ended::Signal(signal) => (2, signal),
                Ended::Dump(signal) => (3, signal),
            };
            (ended.result(), code, status)
        }
        _ => ("success", 0, 0),
    };
    let sub = match unit {
        UnitState::Inactive => "dead",
        UnitState::Activating => "start",
        UnitState::Active => "running",
        UnitState::Deactivating => "stop-sigterm",
        UnitState::Failed(_) => "failed",
    };
    let all = [
        ("Type", "notify".to_owned()),
        ("MainPID", pid.to_string()),
        ("Result", result.to_owned()),
        ("ExecMainPID", pid.to_string()),
        ("ExecMainCode", code.to_string()),
        ("ExecMainStatus", status.to_string()),
        ("Id", "mariadb.service".to_owned()),
        ("LoadState", "loaded".to_owned()),
        ("ActiveState", word(unit).to_owned()),
        ("SubState", sub.to_owned()),
        ("UnitFileState", "enabled".to_owned()),
    ];
    let mut text = String::new();
    for (name, content) in all {
        if !properties.is_empty() && !properties.iter().any(|wanted| wanted == name) {
            continue;
        }
        if value {
            text.push_str(&content);
        } else {
            text.extend([name, "=", &content]);
        }
        text.push('\n');
    }
    printed(text)
}

fn unknown_unit(verb: &str, unit: &str) -> Output {
    match verb {
        "status" => failed(4, format!("Unit {unit}.service could not be found.")),
        "is-active" | "is-failed" => Output {
            exit: 4,
            ..printed("inactive\n")
        },
        "is-enabled" => failed(
            1,
            format!("Failed to get unit file state for {unit}.service: No such file or directory"),
        ),
        _ => failed(
            5,
            format!("Failed to {verb} {unit}.service: Unit {unit}.service not found."),
        ),
    }
}

/// systemd's word for the state (`is-active`).
const fn word(unit: UnitState) -> &'static str {
    match unit {
        UnitState::Inactive => "inactive",
        UnitState::Activating => "activating",
        UnitState::Active => "active",
        UnitState::Deactivating => "deactivating",
        UnitState::Failed(_) => "failed",
    }
}

const fn exit_code(unit: UnitState) -> i32 {
    if matches!(unit, UnitState::Active) {
        0
    } else {
        NOT_ACTIVE
    }
}

/// Returns the first lines of `systemctl status`, without what changes from run to run: process number,
/// memory, times and the tail of the journal.
fn status(unit: UnitState) -> Output {
    let (mark, detail, more) = match unit {
        UnitState::Inactive => ("○", "inactive (dead)".to_owned(), String::new()),
        UnitState::Activating => ("●", "activating (start)".to_owned(), String::new()),
        UnitState::Active => (
            "●",
            "active (running)".to_owned(),
            "     Status: \"Taking your SQL requests now...\"\n".to_owned(),
        ),
        UnitState::Deactivating => ("●", "deactivating (stop-sigterm)".to_owned(), String::new()),
        UnitState::Failed(code) => {
            let ended = Ended::from_code(code);
            let process = match ended {
                Ended::Exit(code) => format!("code=exited, status={code}{}", exit_name(code)),
                Ended::Signal(signal) => format!("code=killed, signal={}", signal_name(signal)),
                Ended::Dump(signal) => format!("code=dumped, signal={}", signal_name(signal)),
            };
            let detail = format!("failed (Result: {})", ended.result());
            ("×", detail, format!("   Main PID: ({process})\n"))
        }
    };
    let mut output = printed(format!(
        "{mark} mariadb.service - MariaDB 10.11.18 database server\n     \
         Loaded: loaded (/lib/systemd/system/mariadb.service; enabled; preset: enabled)\n     \
         Active: {detail}\n{more}"
    ));
    output.exit = exit_code(unit);
    output
}

const fn exit_name(code: i32) -> &'static str {
    match code {
        0 => "/SUCCESS",
        1 => "/FAILURE",
        _ => "/n/a",
    }
}

fn signal_name(signal: i32) -> String {
    match signal {
        3 => "QUIT".to_owned(),
        4 => "ILL".to_owned(),
        6 => "ABRT".to_owned(),
        7 => "BUS".to_owned(),
        8 => "FPE".to_owned(),
        9 => "KILL".to_owned(),
        11 => "SEGV".to_owned(),
        15 => "TERM".to_owned(),
        other => other.to_string(),
    }
}
