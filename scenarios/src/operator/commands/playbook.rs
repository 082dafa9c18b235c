//! `cm-run-playbook [--all-hosts]`: `CipherMail`'s Ansible run (manual: Updates).
//!
//! The manual says which hosts it targets. That it restarts `MariaDB`, on all its hosts at once, is
//! assumed (`playbook-restarts-mariadb`), and so is its text.

use seatrial_port::Output;
use seatrial_port::host::{Host, Step, UnitState};

use super::output::{failed, interrupted, printed};
use super::unit_job::{UnitJob, Verb};

/// The command that the playbook runs on each of its hosts.
const RESTART: &str = "systemctl restart mariadb";

/// A playbook on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Playbook {
    /// On this host only.
    Local(UnitJob),
    /// On all hosts, not begun.
    All,
    /// On all hosts, begun; whether this host's unit has been seen on its way.
    AllBegun(bool),
}

impl Playbook {
    /// Reads the words after `cm-run-playbook`.
    pub(super) fn parse(words: &[String]) -> Result<Self, Output> {
        match words {
            [] => Ok(Self::Local(UnitJob::new(Verb::Restart))),
            [flag] if flag == "--all-hosts" => Ok(Self::All),
            _ => Err(failed(2, "usage: cm-run-playbook [--all-hosts]")),
        }
    }

    /// Goes on.
    pub(super) fn step(&mut self, host: &mut dyn Host) -> Step {
        match self {
            Self::Local(job) => match job.step(host) {
                Step::Done(output) => Step::Done(recap(host, &output)),
                other => other,
            },
            Self::All => {
                if !host.run_on_all_hosts(RESTART) {
                    return Step::Done(failed(1, "this engine cannot reach the other hosts"));
                }
                *self = Self::AllBegun(false);
                Step::Wait
            }
            // The playbook on the other hosts runs as commands of their own: this one ends with its
            // own host's part.
            Self::AllBegun(moved) => match host.unit() {
                UnitState::Activating | UnitState::Deactivating => {
                    *moved = true;
                    Step::Wait
                }
                _ if !*moved => Step::Wait,
                // The stop is over and the start has not begun.
                UnitState::Inactive => Step::Wait,
                UnitState::Active => Step::Done(recap(host, &printed(""))),
                UnitState::Failed(code) => Step::Done(recap(
                    host,
                    &failed(1, format!("mariadb.service failed: {code}")),
                )),
            },
        }
    }

    /// Ctrl-C: what systemd has been asked for goes on.
    pub(super) fn interrupt(&mut self, host: &mut dyn Host) -> Output {
        match self {
            Self::Local(job) => job.interrupt(host),
            Self::All | Self::AllBegun(_) => interrupted(),
        }
    }
}

/// Returns the last lines of an Ansible run; exit code 2 says that a host failed.
fn recap(host: &dyn Host, output: &Output) -> Output {
    let well = output.exit == 0;
    Output {
        stdout: format!(
            "PLAY RECAP *********************************************************************\n\
             {} : ok={} changed={} unreachable=0 failed={}\n",
            host.node(),
            u8::from(well),
            u8::from(well),
            u8::from(!well),
        ),
        stderr: output.stderr.clone(),
        exit: if well { 0 } else { 2 },
    }
}
