//! A command line on its way: read once, then polled by the engine until it has ended.

use seatrial_port::Output;
use seatrial_port::host::{Host, Step};

use super::cm_cluster_manage::ClusterManage;
use super::files::{self, Files};
use super::galera_new_cluster::GaleraNewCluster;
use super::galera_recovery::GaleraRecovery;
use super::host_facts::{self, HostFact};
use super::init_script::{self, InitScript};
use super::iptables::Iptables;
use super::killall::Killall;
use super::listing::{Journal, Listing};
use super::mysql::Mysql;
use super::mysqladmin::Mysqladmin;
use super::mysqld::Mysqld;
use super::mysqld_safe::MysqldSafe;
use super::output::{failed, interrupted, printed};
use super::ping::Ping;
use super::playbook::Playbook;
use super::processes::{self, Processes};
use super::remove::Remove;
use super::systemctl::Systemctl;
use super::{reboot, shell};

/// The folders in which a command may be named with its path, as the manual does with
/// `/bin/mysqld_safe`.
const FOLDERS: [&str; 6] = [
    "/bin/",
    "/sbin/",
    "/usr/bin/",
    "/usr/sbin/",
    "/usr/local/bin/",
    "/usr/local/sbin/",
];

/// A command line that has been typed and has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Program {
    command: Command,
    /// The commands after the pipes.
    filters: Vec<Files>,
    ended: Option<Output>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Command {
    ClusterManage(ClusterManage),
    Files(Files),
    GaleraNewCluster(GaleraNewCluster),
    Killall(Killall),
    Mysql(Mysql),
    MysqldSafe(MysqldSafe),
    Playbook(Playbook),
    Reboot,
    Remove(Remove),
    Systemctl(Systemctl),
    GaleraRecovery(GaleraRecovery),
    HostFact(HostFact),
    InitScript(InitScript),
    Mysqladmin(Mysqladmin),
    Mysqld(Mysqld),
    Processes(Processes),
    Listing(Listing),
    Journal(Journal),
    Iptables(Iptables),
    Ping(Ping),
}

impl Program {
    /// Reads a line as the operator's shell does. A line that cannot be run has ended already: the
    /// error is what it prints and returns, and for an empty line that is nothing.
    pub fn parse(line: &str) -> Result<Self, Output> {
        let mut stages = shell::split(line)?.into_iter();
        let words = stages.next().unwrap_or_default();
        if words.is_empty() {
            return Err(printed(""));
        }
        let command = Command::parse(&words)?;
        if matches!(&command, Command::Files(files) if !files.has_files()) {
            return Err(failed(2, "this console has no standard input: name a file"));
        }
        let filters = stages
            .map(|words| filter(&words))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            command,
            filters,
            ended: None,
        })
    }

    /// Goes on, as far as it can in this instant. After the end it returns the same end again.
    pub fn step(&mut self, host: &mut dyn Host) -> Step {
        if let Some(output) = &self.ended {
            return Step::Done(output.clone());
        }
        match self.command.step(host) {
            Step::Done(output) => Step::Done(self.end(output)),
            other => other,
        }
    }

    /// Ctrl-C at the terminal: the commands of the line end with exit code 130. What they asked
    /// systemd or the server for goes on. After the end it changes nothing.
    pub fn interrupt(&mut self, host: &mut dyn Host) -> Output {
        if let Some(output) = &self.ended {
            return output.clone();
        }
        let output = self.command.interrupt(host);
        let exit = output.exit;
        // The terminal has shown what had come through the pipe by then.
        let shown = self.end(output);
        let output = Output { exit, ..shown };
        self.ended = Some(output.clone());
        output
    }

    /// Sends the output through the pipe. The exit code is that of the last command, the error
    /// output goes past the pipe.
    fn end(&mut self, output: Output) -> Output {
        let output = self.filters.iter().fold(output, |before, filter| {
            let after = filter.apply(&before.stdout);
            Output {
                stderr: before.stderr + &after.stderr,
                ..after
            }
        });
        self.ended = Some(output.clone());
        output
    }
}

/// Returns a command behind a pipe.
fn filter(words: &[String]) -> Result<Files, Output> {
    match Command::parse(words)? {
        Command::Files(files) if !files.has_files() => Ok(files),
        _ => {
            let names = files::NAMES.join(", ");
            Err(failed(2, format!("this console pipes only into {names}")))
        }
    }
}

impl Command {
    fn parse(words: &[String]) -> Result<Self, Output> {
        let (words, sudo) = without_sudo(words)?;
        let Some((first, rest)) = words.split_first() else {
            return Err(failed(1, "usage: sudo [-u user] [command [arg ...]]"));
        };
        if let Some(script) = first.strip_prefix(init_script::FOLDER) {
            return InitScript::script(script, rest, true).map(Self::InitScript);
        }
        let folder = FOLDERS.iter().find_map(|folder| first.strip_prefix(folder));
        Ok(match folder.unwrap_or(first) {
            "cm-cluster-manage" => Self::ClusterManage(ClusterManage::parse(rest)?),
            "cm-run-playbook" => Self::Playbook(Playbook::parse(rest)?),
            "galera_new_cluster" => Self::GaleraNewCluster(GaleraNewCluster::parse(rest)?),
            "killall" => Self::Killall(Killall::parse(rest)?),
            "mysql" | "mariadb" => Self::Mysql(Mysql::parse(rest)?),
            "mysqld_safe" | "mariadbd-safe" => Self::MysqldSafe(MysqldSafe::parse(rest)?),
            "reboot" => reboot::check(rest).map(|()| Self::Reboot)?,
            "rm" => Self::Remove(Remove::parse(rest)?),
            "systemctl" => Self::Systemctl(Systemctl::parse(rest)?),
            "galera_recovery" => Self::GaleraRecovery(GaleraRecovery::parse(rest)?),
            name @ ("mysqladmin" | "mariadb-admin") => {
                Self::Mysqladmin(Mysqladmin::parse(name, rest)?)
            }
            name @ ("mysqld" | "mariadbd") => Self::Mysqld(Mysqld::parse(name, rest)?),
            "service" => Self::InitScript(InitScript::service(rest)?),
            "ls" => Self::Listing(Listing::parse(rest)?),
            "journalctl" => Self::Journal(Journal::parse(rest)),
            "iptables" => Self::Iptables(Iptables::parse(rest)?),
            "ping" => Self::Ping(Ping::parse(rest)?),
            name if processes::NAMES.contains(&name) => {
                Self::Processes(Processes::parse(name, rest)?)
            }
            name if host_facts::NAMES.contains(&name) => {
                Self::HostFact(HostFact::parse(name, rest, sudo)?)
            }
            name if files::NAMES.contains(&name) => Self::Files(Files::parse(name, rest)?),
            _ => return Err(not_found(first, sudo)),
        })
    }

    fn step(&mut self, host: &mut dyn Host) -> Step {
        match self {
            Self::ClusterManage(command) => command.step(host),
            Self::Files(command) => command.step(host),
            Self::GaleraNewCluster(command) => command.step(host),
            Self::Killall(command) => command.step(host),
            Self::Mysql(command) => command.step(host),
            Self::MysqldSafe(command) => command.step(host),
            Self::Playbook(command) => command.step(host),
            Self::Reboot => reboot::step(host),
            Self::Remove(remove) => remove.step(host),
            Self::Systemctl(command) => command.step(host),
            Self::GaleraRecovery(command) => command.step(host),
            Self::HostFact(command) => command.step(host),
            Self::InitScript(command) => command.step(host),
            Self::Mysqladmin(command) => command.step(host),
            Self::Mysqld(command) => command.step(host),
            Self::Processes(command) => command.step(host),
            Self::Listing(command) => command.step(host),
            Self::Journal(command) => Step::Done(command.show(host)),
            Self::Iptables(command) => command.step(host),
            Self::Ping(command) => command.step(host),
        }
    }

    fn interrupt(&mut self, host: &mut dyn Host) -> Output {
        match self {
            Self::ClusterManage(command) => command.interrupt(host),
            Self::Files(command) => command.interrupt(host),
            Self::GaleraNewCluster(command) => command.interrupt(host),
            Self::MysqldSafe(command) => command.interrupt(),
            Self::Playbook(command) => command.interrupt(host),
            Self::Systemctl(command) => command.interrupt(host),
            Self::InitScript(command) => command.interrupt(host),
            // The client kills its own query and leaves; the others end as they begin.
            Self::Mysql(_)
            | Self::Killall(_)
            | Self::Reboot
            | Self::Remove(_)
            | Self::GaleraRecovery(_)
            | Self::HostFact(_)
            | Self::Mysqladmin(_)
            | Self::Mysqld(_)
            | Self::Processes(_)
            | Self::Listing(_)
            | Self::Journal(_)
            | Self::Iptables(_)
            | Self::Ping(_) => interrupted(),
        }
    }
}

/// Returns the words without `sudo`, `sudo -u USER` or `sudo -n` in front, and whether it was there.
fn without_sudo(words: &[String]) -> Result<(&[String], bool), Output> {
    let Some((first, mut rest)) = words.split_first() else {
        return Ok((words, false));
    };
    if first != "sudo" && first != "/usr/bin/sudo" {
        return Ok((words, false));
    }
    while let Some((option, after)) = rest.split_first().filter(|(word, _)| word.starts_with('-')) {
        rest = match option.as_str() {
            "-u" | "--user" => after.get(1..).unwrap_or(&[]),
            "-n" | "--non-interactive" | "-E" => after,
            "--" => return Ok((after, true)),
            _ => return Err(failed(1, format!("sudo: invalid option {option}"))),
        };
    }
    Ok((rest, true))
}

/// The beginning of the text for a command that a real host may have and this one does not. Whoever judges a
/// script by its exit code must know that the gap is ours.
pub const NO_COMMAND: &str = "this host has no ";

fn not_found(name: &str, sudo: bool) -> Output {
    // `sudo` returns 1 for a command that it does not find.
    failed(if sudo { 1 } else { 127 }, format!("{NO_COMMAND}{name}"))
}
