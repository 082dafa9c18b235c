//! `galera_new_cluster` (`scripts/galera_new_cluster.sh`): set the flag, restart the unit, clear
//! it.
//!
//! On a running node the restart is an orderly stop first, so `safe_to_bootstrap` is decided by
//! that very stop. Whoever interrupts the script leaves the flag set: the next ordinary start of
//! this host bootstraps a cluster of its own (defect D10).

use seatrial_port::Output;
use seatrial_port::host::{Host, Step};

use super::output::failed;
use super::unit_job::{UnitJob, Verb};

/// The script on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct GaleraNewCluster {
    flagged: bool,
    restart: UnitJob,
}

impl GaleraNewCluster {
    /// Returns the script before its first line.
    pub(super) const fn new() -> Self {
        Self {
            flagged: false,
            restart: UnitJob::new(Verb::Restart),
        }
    }

    /// Reads the words after `galera_new_cluster`: none, or the name of the unit.
    pub(super) fn parse(words: &[String]) -> Result<Self, Output> {
        match words {
            [] => Ok(Self::new()),
            [unit] if ["mariadb", "mariadb.service"].contains(&unit.as_str()) => Ok(Self::new()),
            [odd, ..] => Err(failed(
                1,
                format!("this console bootstraps mariadb, not `{odd}'"),
            )),
        }
    }

    /// Goes on.
    pub(super) fn step(&mut self, host: &mut dyn Host) -> Step {
        if !self.flagged {
            host.set_new_cluster_flag(true);
            self.flagged = true;
        }
        let step = self.restart.step(host);
        if matches!(step, Step::Done(_)) {
            host.set_new_cluster_flag(false);
        }
        step
    }

    /// Ctrl-C ends the script before its last line, and systemd's job goes on.
    pub(super) fn interrupt(&mut self, host: &mut dyn Host) -> Output {
        self.restart.interrupt(host)
    }
}
