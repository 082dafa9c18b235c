//! mariadb.service: galera_recovery before every start, SIGTERM and nothing harder at a stop, a restart
//! only after an abnormal end (`support-files/mariadb.service.in`, `scripts/galera_recovery.sh`).

use seatrial_galera::{Position, RecoveredPosition};
use seatrial_scenarios::console::{Signal, UnitState};
use seatrial_scenarios::{Span, TraceKind};

use crate::machine::whole::Machine;

/// The time that galera_recovery takes: a server of its own that recovers InnoDB and ends.
const RECOVERY: Span = Span::from_millis(500);

impl Machine {
    /// Starts the unit, unless it runs or is being started.
    pub(super) fn unit_start(&mut self) {
        if !self.powered || self.daemon.runs() || self.service.is_starting() {
            return;
        }
        let jitter = self.site.recovery_jitter(self.daemon.starts());
        self.service.begin_start(self.now + RECOVERY + jitter);
    }

    /// Stops the unit; its server gets SIGTERM.
    pub(super) fn unit_stop(&mut self) {
        self.service.cancel_restart();
        if self.service.cancel_start() {
            self.service.enter(UnitState::Inactive);
        } else if self.daemon.runs() {
            self.service.enter(UnitState::Deactivating);
            self.terminate_in_order();
        } else if !matches!(self.service.state(), UnitState::Failed(_)) {
            self.service.enter(UnitState::Inactive);
        }
    }

    /// A start, a restart or a recovery is due.
    pub(super) fn service_tick(&mut self) {
        if self.service.end_recovery(self.now) {
            if self.is_arbitrator() {
                // garb.service starts the daemon, and nothing before it.
                self.spawn(false, None);
                return;
            }
            if let Some(lines) = self.cannot_open() {
                // galera_recovery fails, and with it the unit's start.
                for line in lines {
                    self.log(&line, None);
                }
                self.service.enter(UnitState::Failed(1));
                return;
            }
            let position = self.recovered_position();
            self.spawn(self.service.new_cluster(), Some(position));
        }
        if self.service.restart_is_due(self.now) {
            self.trace(TraceKind::Note {
                text: "systemd restarts mariadb.service".into(),
            });
            self.unit_start();
        }
        if self.programs.has_ended_recovery(self.now) {
            self.step_programs();
        }
    }

    /// Returns what a server writes that cannot start at all: the files of its database are damaged, or its
    /// configuration has an option that it does not know.
    pub(super) fn cannot_open(&self) -> Option<Vec<String>> {
        if let Some(option) = self.edited_conf().and_then(|conf| conf.unknown) {
            return Some(vec![
                format!("[ERROR] /usr/sbin/mariadbd: unknown variable '{option}'"),
                "[ERROR] Aborting".into(),
            ]);
        }
        self.storage.disk().data().is_damaged().then(|| {
            vec![
                "[ERROR] InnoDB: Plugin initialization aborted with error Data structure corruption".into(),
                "[ERROR] Plugin 'InnoDB' registration as a STORAGE ENGINE failed.".into(),
                "[ERROR] Unknown/unsupported storage engine: InnoDB".into(),
                "[ERROR] Aborting".into(),
            ]
        })
    }

    /// Returns what `--wsrep-recover` finds in InnoDB. It writes no state file.
    pub(super) fn recovered_position(&self) -> RecoveredPosition {
        let database = self.storage.disk().database();
        let with_gtid = self.site.config().wsrep_gtid_mode;
        let place = self.site.peer().0 + 1;
        RecoveredPosition {
            position: database.position,
            gtid: with_gtid.then(|| format!("0-{place}-{}", database.gtid_seq)),
        }
    }

    /// Returns what `--wsrep-recover` would find now.
    pub(crate) fn position_on_disk(&self) -> Position {
        self.recovered_position().position
    }

    /// Sends a signal from outside the unit. Returns the number of processes that got it.
    pub(super) fn send_signal(&mut self, signal: Signal) -> usize {
        if !self.daemon.runs() {
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

    /// The server has stopped: a reboot that has waited for it begins.
    pub(super) fn after_stop(&mut self) {
        if self.service.take_reboot() {
            self.lose_firewall();
            self.storage.disk_mut().sync_all();
            self.unit_start();
        }
    }
}
