//! `systemctl` with the verbs that operators and scripts use on mariadb.service.
//!
//! Sources: systemd 252 (`src/systemctl`) for words and exit codes, `MariaDB`'s unit file for the rules of
//! the unit (see [`super::unit_job`]), the manual's Bootstrap node for the use of it.

use seatrial_port::Output;
use seatrial_port::host::{Host, Signal, Step, UnitFileState, UnitState};

use super::output::{failed, interrupted, printed};
use super::unit_files::{self, Listed};
use super::unit_job::{UnitJob, Verb};
use super::unit_text::{exit_code, file_word, main_process, show, show_nothing, status, word};

/// A `systemctl` on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Systemctl {
    what: What,
    verb: String,
    /// The units that were named, without `.service`.
    units: Vec<String>,
    /// The job that it waits for, once systemd has it.
    job: Option<UnitJob>,
    /// The text about the units so far.
    shown: Output,
}

/// The unit of an arbitrator's host.
const GARB: &str = "garb";

/// The unit file's own name and its two aliases.
const UNITS: [&str; 3] = ["mariadb", "mysql", "mysqld"];

/// `MariaDB`'s package has this unit to say that it bootstraps nothing
/// (`mariadb@bootstrap.service.d/use_galera_new_cluster.conf`).
const BOOTSTRAP: &str = "mariadb@bootstrap";

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum What {
    /// A job: whether the command waits for it, and whether only a unit that is active gets it.
    Job {
        verb: Verb,
        waits: bool,
        only_active: bool,
    },
    /// `reload`, which this unit does not have.
    Reload,
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
    /// `enable`, `disable`, `mask`, `unmask`, and the job of `--now`.
    File(UnitFileState, Option<Verb>),
    /// `cat`.
    Cat,
    /// `set-environment`, `unset-environment`: names, and values if they are set.
    Environment(Vec<(String, Option<String>)>),
    /// `show-environment`.
    ShowEnvironment,
    /// `list-units`.
    List(Listed),
    /// `is-system-running`.
    IsSystemRunning(bool),
    /// `reboot`.
    Reboot,
    /// `poweroff` and `halt`.
    PowerOff,
    /// `daemon-reload` and the like, which change nothing that a run can see.
    Nothing,
}

/// The options that change nothing that is printed here.
const HABITS: [&str; 10] = [
    "--all",
    "--full",
    "--no-ask-password",
    "--no-pager",
    "--plain",
    "--system",
    "--wait",
    "--force",
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
    now: bool,
    properties: Vec<String>,
    signal: Option<&'a str>,
    list: Listed,
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
                "--now" => read.now = true,
                "--failed" => read.list.state = Some("failed".to_owned()),
                "--state" => {
                    read.list.state = value.or_else(|| words.next()).map(str::to_owned);
                }
                "--no-legend" => read.list.bare = true,
                "-p" | "-P" | "--property" => {
                    read.value |= name == "-P";
                    let list = value.or_else(|| words.next()).unwrap_or_default();
                    read.properties.extend(list.split(',').map(str::to_owned));
                }
                "-s" | "--signal" => read.signal = value.or_else(|| words.next()),
                "-n" | "--lines" | "-o" | "--output" | "--kill-who" | "--kill-whom"
                | "--job-mode" | "-t" | "--type" => {
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

    fn what(&self, verb: &str, rest: &[&str]) -> Result<What, Output> {
        let job = |verb, only_active| What::Job {
            verb,
            waits: !self.no_block,
            only_active,
        };
        let file = |state, verb| What::File(state, Some(verb).filter(|_| self.now));
        Ok(match verb {
            "start" => job(Verb::Start, false),
            "stop" => job(Verb::Stop, false),
            // A unit that has no reload is restarted.
            "restart" | "reload-or-restart" => job(Verb::Restart, false),
            "try-restart" | "condrestart" | "try-reload-or-restart" | "force-reload" => {
                job(Verb::Restart, true)
            }
            "reload" => What::Reload,
            "status" => What::Status,
            "is-active" => What::IsActive(self.quiet),
            "is-failed" => What::IsFailed(self.quiet),
            "is-enabled" => What::IsEnabled(self.quiet),
            "show" => What::Show(self.properties.clone(), self.value),
            "kill" => What::Kill(self.signal()?),
            "reset-failed" => What::ResetFailed,
            "enable" | "reenable" => file(UnitFileState::Enabled, Verb::Start),
            "disable" => file(UnitFileState::Disabled, Verb::Stop),
            "mask" => file(UnitFileState::Masked, Verb::Stop),
            // MODEL GAP: a unit that was disabled before it was masked is enabled after that.
            "unmask" => What::File(UnitFileState::Enabled, None),
            "cat" => What::Cat,
            "set-environment" | "unset-environment" => {
                What::Environment(unit_files::assignments(verb, rest)?)
            }
            "show-environment" => What::ShowEnvironment,
            "list-units" | "" => What::List(self.list.clone().of(rest)?),
            "is-system-running" => What::IsSystemRunning(self.quiet),
            "reboot" => What::Reboot,
            "poweroff" | "halt" => What::PowerOff,
            "daemon-reload" | "daemon-reexec" => What::Nothing,
            "edit" | "list-unit-files" | "list-dependencies" | "list-jobs" | "list-timers"
            | "list-sockets" | "set-property" | "isolate" | "revert" | "import-environment"
            | "rescue" | "emergency" | "suspend" | "kexec" | "clean" | "freeze" | "thaw"
            | "preset" | "link" | "add-wants" | "add-requires" | "get-default" | "cancel" => {
                return Err(failed(
                    1,
                    format!("this console does not know systemctl {verb}"),
                ));
            }
            _ => return Err(failed(1, format!("Unknown command verb '{verb}'."))),
        })
    }

    fn signal(&self) -> Result<Signal, Output> {
        match self.signal.map(|name| name.trim_start_matches("SIG")) {
            None | Some("TERM" | "15") => Ok(Signal::Term),
            Some("KILL" | "9") => Ok(Signal::Kill),
            Some(odd) => Err(failed(
                1,
                format!("this console does not send signal {odd}"),
            )),
        }
    }
}

impl Systemctl {
    /// Reads the words after `systemctl`.
    pub(super) fn parse(words: &[String]) -> Result<Self, Output> {
        let words = Words::read(words)?;
        let (verb, rest) = match words.plain.split_first() {
            Some((verb, rest)) => (*verb, rest),
            None => ("", [].as_slice()),
        };
        let what = words.what(verb, rest)?;
        let takes_units = !matches!(
            what,
            What::Environment(_)
                | What::ShowEnvironment
                | What::List(_)
                | What::IsSystemRunning(_)
                | What::Reboot
                | What::PowerOff
                | What::Nothing
        );
        let mut units = Vec::new();
        if takes_units {
            let short = |unit: &&str| unit.strip_suffix(".service").unwrap_or(unit).to_owned();
            units = rest.iter().map(short).collect();
            // This one takes all units where none is named.
            if units.is_empty() && what != What::ResetFailed {
                return Err(failed(1, "Too few arguments."));
            }
        }
        Ok(Self {
            what,
            verb: verb.to_owned(),
            units,
            job: None,
            shown: printed(""),
        })
    }

    /// Goes on.
    pub(super) fn step(&mut self, host: &mut dyn Host) -> Step {
        let what = self.what.clone();
        let job = match &what {
            What::Job {
                verb,
                waits,
                only_active,
            } => Some((*verb, *waits, *only_active)),
            What::File(_, Some(verb)) => Some((*verb, true, false)),
            _ => None,
        };
        if self.job.is_none() {
            if let Some(output) = of_no_unit(&what, host) {
                return Step::Done(output);
            }
            let mut has_own = self.units.is_empty();
            for (place, unit) in self.units.clone().iter().enumerate() {
                if is_own(host, unit) {
                    has_own = true;
                    self.own_unit(&what, unit, place, host);
                } else {
                    let output = unknown_unit(&what, &self.verb, unit);
                    self.say(&output, place);
                }
            }
            if self.units.is_empty() {
                // `reset-failed` without a unit.
                host.reset_failed();
            }
            let Some((verb, _, only_active)) = job.filter(|_| has_own) else {
                return Step::Done(self.shown.clone());
            };
            if only_active && !matches!(host.unit(), UnitState::Active | UnitState::Activating) {
                return Step::Done(self.shown.clone());
            }
            self.job = Some(UnitJob::new(verb));
        }
        let Some(job_now) = &mut self.job else {
            return Step::Done(self.shown.clone());
        };
        let waits = job.is_none_or(|(_, waits, _)| waits);
        let output = match job_now.step(host) {
            Step::Done(output) if waits || output.exit != 0 => output,
            Step::Done(_) => printed(""),
            step if waits => return step,
            _ => {
                // Given to systemd, and left there.
                job_now.interrupt(host);
                printed("")
            }
        };
        let mut shown = self.shown.clone();
        shown.stderr.push_str(&output.stderr);
        // The jobs come last, and a job that fails says so.
        if output.exit != 0 {
            shown.exit = output.exit;
        }
        Step::Done(shown)
    }

    /// Adds what was said about a unit, and the exit code that follows for the line.
    fn say(&mut self, output: &Output, place: usize) {
        if place > 0 && self.what == What::Status {
            self.shown.stdout.push('\n');
        }
        self.shown.stdout.push_str(&output.stdout);
        self.shown.stderr.push_str(&output.stderr);
        // `is-active a b` is about any of them.
        let any = matches!(
            self.what,
            What::IsActive(_) | What::IsFailed(_) | What::IsEnabled(_)
        );
        self.shown.exit = match (place, any) {
            (0, _) => output.exit,
            (_, true) if output.exit == 0 => 0,
            (_, true) => self.shown.exit,
            (_, false) if output.exit == 0 => self.shown.exit,
            (_, false) => output.exit,
        };
    }

    /// Does what concerns mariadb.service, apart from its job.
    fn own_unit(&mut self, what: &What, unit: &str, place: usize, host: &mut dyn Host) {
        let output = match what {
            What::Reload => failed(
                3,
                format!(
                    "Failed to reload {unit}.service: Job type reload is not applicable for unit mariadb.service."
                ),
            ),
            What::Status => status(host.unit(), host.unit_file()),
            What::IsActive(quiet) => {
                let unit = host.unit();
                told(*quiet, word(unit), exit_code(unit))
            }
            What::IsFailed(quiet) => {
                let unit = host.unit();
                let failed = matches!(unit, UnitState::Failed(_));
                told(*quiet, word(unit), i32::from(!failed))
            }
            What::IsEnabled(quiet) => {
                let file = host.unit_file();
                let is_enabled = file == UnitFileState::Enabled;
                // An alias is no unit file of its own.
                let word = if unit == UNITS[0] || unit == GARB || !is_enabled {
                    file_word(file)
                } else {
                    "alias"
                };
                told(*quiet, word, i32::from(!is_enabled))
            }
            What::Show(properties, value) => show(host, properties, *value),
            What::Kill(signal) => kill(host, *signal),
            What::ResetFailed => {
                host.reset_failed();
                printed("")
            }
            What::File(state, _) => unit_files::change(&self.verb, unit, *state, host),
            What::Cat => printed(unit_files::UNIT_FILE),
            _ => printed(""),
        };
        self.say(&output, place);
    }

    /// Ctrl-C.
    pub(super) fn interrupt(&mut self, host: &mut dyn Host) -> Output {
        match &mut self.job {
            Some(job) => job.interrupt(host),
            None => interrupted(),
        }
    }
}

/// Answers what is about no unit in particular.
fn of_no_unit(what: &What, host: &mut dyn Host) -> Option<Output> {
    Some(match what {
        What::Environment(assignments) => unit_files::set_environment(assignments, host),
        What::ShowEnvironment => unit_files::show_environment(host),
        What::List(listed) => listed.print(host),
        What::IsSystemRunning(quiet) => {
            let degraded = matches!(host.unit(), UnitState::Failed(_));
            let word = if degraded { "degraded" } else { "running" };
            told(*quiet, word, i32::from(degraded))
        }
        What::Reboot => {
            host.reboot();
            printed("")
        }
        What::PowerOff => {
            host.power_off();
            printed("")
        }
        What::Nothing => printed(""),
        _ => return None,
    })
}

/// Returns whether this host has a unit of this name.
fn is_own(host: &dyn Host, unit: &str) -> bool {
    if host.is_arbitrator() {
        unit == GARB
    } else {
        UNITS.contains(&unit)
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
    let Some((_, name)) = main_process(host) else {
        return failed(
            1,
            "Failed to kill unit mariadb.service: No main process to kill",
        );
    };
    host.signal(name, signal);
    printed("")
}

fn unknown_unit(what: &What, verb: &str, unit: &str) -> Output {
    let unit = unit_files::full(unit);
    match what {
        What::Job { .. } if unit == format!("{BOOTSTRAP}.service") => failed(
            1,
            format!(
                "Job for {unit} failed because the control process exited with error code.\n\
                 See \"systemctl status {unit}\" and \"journalctl -xeu {unit}\" for details."
            ),
        ),
        What::Status => failed(4, format!("Unit {unit} could not be found.")),
        What::IsActive(quiet) | What::IsFailed(quiet) => told(*quiet, "inactive", 4),
        What::IsEnabled(_) => failed(
            1,
            format!("Failed to get unit file state for {unit}: No such file or directory"),
        ),
        What::Show(properties, value) => show_nothing(&unit, properties, *value),
        What::Kill(_) => failed(
            1,
            format!("Failed to kill unit {unit}: Unit {unit} not loaded."),
        ),
        What::ResetFailed => failed(
            1,
            format!("Failed to reset failed state of unit {unit}: Unit {unit} not loaded."),
        ),
        What::Cat => failed(1, format!("No files found for {unit}.")),
        What::File(..) if verb.ends_with("mask") => failed(
            1,
            format!("this console does not {verb} a unit that it does not have"),
        ),
        What::File(..) => failed(
            1,
            format!("Failed to {verb} unit: Unit file {unit} does not exist."),
        ),
        What::Job {
            verb: Verb::Stop, ..
        } => failed(5, format!("Failed to stop {unit}: Unit {unit} not loaded.")),
        _ => failed(
            5,
            format!("Failed to {verb} {unit}: Unit {unit} not found."),
        ),
    }
}
