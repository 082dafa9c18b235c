//! mariadb.service: galera_recovery before every start, SIGTERM and nothing harder at a stop, a restart
//! only after an abnormal end (`support-files/mariadb.service.in`, `scripts/galera_recovery.sh`).

use seatrial_galera::RecoveredPosition;
use seatrial_scenarios::console::{Signal, UnitState};
use seatrial_scenarios::{Span, TraceKind};

use super::Machine;

/// How long galera_recovery takes: a server of its own that recovers InnoDB and ends.
const RECOVERY: Span = Span::from_millis(500);
/// How much longer it takes at most. Periods of Galera's timers are half a second and a second, and begin
/// with the process: that two nodes stand in no fixed phase to each other comes from here.
const RECOVERY_JITTER_US: u64 = 700_000;

/// A start that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct UnitJob {
    /// The end of galera_recovery.
    pub(super) until: Span,
}

impl Machine {
    pub(super) fn unit_start(&mut self) {
        if !self.powered || self.server.is_some() || self.job.is_some() {
            return;
        }
        self.restart_at = None;
        self.unit = UnitState::Activating;
        let key = [u64::from(self.peer.0), self.starts];
        let jitter = self.keyed.time("recovery", &key, 0, RECOVERY_JITTER_US);
        self.job = Some(UnitJob {
            until: self.now + RECOVERY + Span(jitter),
        });
    }

    pub(super) fn unit_stop(&mut self) {
        self.restart_at = None;
        if self.job.take().is_some() {
            self.unit = UnitState::Inactive;
            return;
        }
        if self.server.is_none() {
            if !matches!(self.unit, UnitState::Failed(_)) {
                self.unit = UnitState::Inactive;
            }
            return;
        }
        self.unit = UnitState::Deactivating;
        self.terminate_in_order();
    }

    pub(super) fn unit_tick(&mut self) {
        if self.job.as_ref().is_some_and(|job| job.until <= self.now) {
            self.job = None;
            if self.is_arbitrator() {
                // garb.service starts the daemon, and nothing before it.
                self.spawn(false, None);
                return;
            }
            let position = self.recovered_position();
            let new_cluster = self.new_cluster_flag;
            self.spawn(new_cluster, Some(position));
        }
        if self.restart_at.is_some_and(|at| at <= self.now) {
            self.trace(TraceKind::Note {
                text: "systemd restarts mariadb.service".into(),
            });
            self.unit_start();
        }
        let done: Vec<_> = self
            .recoveries
            .iter()
            .filter(|(_, recovery)| recovery.until <= self.now)
            .map(|(id, _)| *id)
            .collect();
        if !done.is_empty() {
            self.step_programs();
        }
    }

    /// What `--wsrep-recover` finds in InnoDB. It writes neither state file.
    pub(super) fn recovered_position(&self) -> RecoveredPosition {
        let database = self.disk.database();
        let gtid = self
            .installation
            .config
            .wsrep_gtid_mode
            .then(|| format!("0-{}-{}", self.peer.0 + 1, database.gtid_seq));
        RecoveredPosition {
            position: database.position,
            gtid,
        }
    }

    /// A signal from outside the unit.
    pub(super) fn send_signal(&mut self, signal: Signal) -> usize {
        if self.server.is_none() {
            return 0;
        }
        match signal {
            Signal::Kill => {
                self.kill();
            }
            Signal::Term => self.terminate_in_order(),
        }
        1
    }

    /// A stop that a reboot was waiting for.
    pub(super) fn after_stop(&mut self) {
        if self.reboot_pending {
            self.reboot_pending = false;
            self.disk.sync_all();
            self.unit_start();
        }
    }
}
