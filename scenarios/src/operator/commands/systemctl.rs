//! `systemctl start|stop|restart|status|is-active mariadb`, as far as an operator needs it.
//!
//! Sources: systemd's `systemctl` for words and exit codes, `MariaDB`'s unit file for the rules of
//! the unit (see [`super::unit_job`]), the manual's Bootstrap node for the use of it.

use crate::port::Output;
use crate::port::host::{Host, Step, UnitState};

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
    /// `is-active`.
    IsActive,
}

impl Systemctl {
    /// Reads the words after `systemctl`.
    pub(super) fn parse(words: &[String]) -> Result<Self, Output> {
        let no_block = words.iter().any(|word| word == "--no-block");
        let mut plain = words
            .iter()
            .filter(|word| !word.starts_with('-'))
            .map(String::as_str);
        // The options an operator adds out of habit change nothing that is printed here.
        let known = ["--no-block", "--no-pager", "--full", "-l"];
        if let Some(odd) = words
            .iter()
            .find(|word| word.starts_with('-') && !known.contains(&word.as_str()))
        {
            return Err(failed(1, format!("systemctl: unrecognized option '{odd}'")));
        }
        let verb = plain.next().unwrap_or("");
        let unit = plain.next();
        if let Some(odd) = plain.next() {
            return Err(failed(
                1,
                format!("this console knows one unit in a line, not `{odd}'"),
            ));
        }
        let job = match verb {
            "start" => Some(Verb::Start),
            "stop" => Some(Verb::Stop),
            "restart" => Some(Verb::Restart),
            "status" | "is-active" => None,
            _ => return Err(failed(1, format!("Unknown command verb '{verb}'."))),
        };
        let Some(unit) = unit else {
            return Err(failed(1, "Too few arguments."));
        };
        let unit = unit.strip_suffix(".service").unwrap_or(unit);
        // The unit file's own name and its two aliases.
        if !["mariadb", "mysql", "mysqld", GARB].contains(&unit) {
            return Err(unknown_unit(verb, unit));
        }
        let asked = (verb.to_owned(), unit.to_owned());
        let what = match job {
            Some(verb) if no_block => What::Posted(UnitJob::new(verb)),
            Some(verb) => What::Job(UnitJob::new(verb)),
            None if verb == "status" => What::Status,
            None => What::IsActive,
        };
        Ok(Self { what, asked })
    }

    /// Goes on.
    pub(super) fn step(&mut self, host: &mut dyn Host) -> Step {
        if host.is_arbitrator() != (self.asked.1 == GARB) {
            let (verb, unit) = &self.asked;
            return Step::Done(unknown_unit(verb, unit));
        }
        match &mut self.what {
            What::Job(job) => job.step(host),
            What::Posted(job) => {
                // Given to systemd, and left there.
                if !matches!(job.step(host), Step::Done(_)) {
                    job.interrupt(host);
                }
                Step::Done(printed(""))
            }
            What::Status => Step::Done(status(host.unit())),
            What::IsActive => {
                let unit = host.unit();
                let mut output = printed(format!("{}\n", word(unit)));
                output.exit = exit_code(unit);
                Step::Done(output)
            }
        }
    }

    /// Ctrl-C.
    pub(super) fn interrupt(&mut self, host: &mut dyn Host) -> Output {
        match &mut self.what {
            What::Job(job) | What::Posted(job) => job.interrupt(host),
            What::Status | What::IsActive => super::output::interrupted(),
        }
    }
}

fn unknown_unit(verb: &str, unit: &str) -> Output {
    match verb {
        "status" => failed(4, format!("Unit {unit}.service could not be found.")),
        "is-active" => Output {
            exit: 4,
            ..printed("inactive\n")
        },
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
