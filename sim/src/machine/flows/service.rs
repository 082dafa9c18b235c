//! mariadb.service: galera_recovery before every start, SIGTERM and nothing harder at a stop, a restart
//! only after an abnormal end (`support-files/mariadb.service.in`, `scripts/galera_recovery.sh`).

use seatrial_galera::{Position, RecoveredPosition};
use seatrial_scenarios::console::{Signal, UnitEvent, UnitFileState, UnitState};
use seatrial_scenarios::{Span, TraceKind};

use crate::machine::options::{self, ServerOptions};
use crate::machine::parts::stamp;
use crate::machine::whole::Machine;

/// The time that galera_recovery takes: a server of its own that recovers InnoDB and ends.
const RECOVERY: Span = Span::from_millis(500);

/// The time for which a server tries to get the locks of files that another one has open.
pub(super) const LOCKED: Span = Span::from_secs(30);

/// Returns what a server says that does not get them (seen on a real node).
pub(super) fn locked_lines() -> impl Iterator<Item = &'static str> {
    [
        "[ERROR] mariadbd: Can't lock aria control file '/var/lib/mysql/aria_log_control' for exclusive use, error: 11. Will retry for 30 seconds",
        "[ERROR] InnoDB: Unable to lock ./ibdata1 error: 11",
        "[ERROR] Aborting",
    ]
    .into_iter()
}

/// The distance between the number of galera_recovery's shell and that of the server before it.
const RECOVERY_PID: u32 = 1_000;

impl Machine {
    /// Somebody starts the unit.
    pub(super) fn unit_start(&mut self) {
        self.service.forget_restarts();
        self.begin_start();
    }

    /// The host boots: it starts the unit if that is enabled.
    pub(super) fn boot(&mut self) {
        self.journal.boot(self.now);
        self.service.environment_mut().clear();
        if self.service.file() == UnitFileState::Enabled {
            self.unit_start();
        }
    }

    /// Starts the unit, unless it runs or is being started.
    fn begin_start(&mut self) {
        let masked = self.service.file() == UnitFileState::Masked;
        let runs = self.daemon.runs() && !self.is_by_hand();
        if !self.powered || masked || runs || self.service.is_starting() {
            return;
        }
        self.journal.begin_job();
        self.tell(UnitEvent::Starting);
        let jitter = self.site.recovery_jitter(self.daemon.starts());
        let takes = if self.holds_data() {
            LOCKED
        } else {
            RECOVERY + jitter
        };
        self.service.begin_start(self.now + takes);
    }

    /// Stops the unit; its server gets SIGTERM.
    pub(super) fn unit_stop(&mut self) {
        self.service.cancel_restart();
        if self.service.cancel_start() {
            self.service.enter(UnitState::Inactive);
            self.begin_stop_job();
            self.tell(UnitEvent::Deactivated);
            self.tell(UnitEvent::Stopped);
        } else if self.daemon.runs() && !self.is_by_hand() {
            if self.service.state() != UnitState::Deactivating {
                self.begin_stop_job();
            }
            self.service.enter(UnitState::Deactivating);
            self.terminate_in_order();
        } else if !matches!(self.service.state(), UnitState::Failed(_)) {
            self.service.enter(UnitState::Inactive);
        }
    }

    /// systemd gives up a start that has taken too long.
    pub(super) fn give_up(&mut self) {
        self.tell(UnitEvent::StartTimedOut);
        self.unit_stop();
    }

    fn begin_stop_job(&mut self) {
        self.journal.begin_job();
        self.tell(UnitEvent::Stopping);
    }

    /// Adds a line to the journal.
    pub(super) fn tell(&mut self, event: UnitEvent) {
        self.journal.add(self.now, event);
    }

    /// galera_recovery prints a line, which the journal has.
    fn recovery_prints(&mut self, text: String) {
        let pid = RECOVERY_PID + self.daemon.last_pid();
        self.tell(UnitEvent::Printed("sh", pid, text));
    }

    /// A start, a restart or a recovery is due.
    pub(super) fn service_tick(&mut self) {
        if self.service.end_recovery(self.now) {
            if self.is_arbitrator() {
                // garb.service starts the daemon, and nothing before it.
                self.spawn(&ServerOptions::default(), None);
                return;
            }
            let options = self.unit_options();
            if self.holds_data() {
                // A server that somebody has started by hand.
                let stamp = stamp(self.now);
                let told: Vec<String> = locked_lines()
                    .map(|line| format!("{stamp} 0 {line}"))
                    .collect();
                self.recovery_failed(&told);
                self.step_programs();
                return;
            }
            if let Some(lines) = self.cannot_open() {
                // galera_recovery fails, and with it the unit's start.
                let stamp = stamp(self.now);
                let told: Vec<String> = lines
                    .iter()
                    .map(|line| format!("{stamp} 0 {line}"))
                    .collect();
                self.recovery_failed(&told);
                for line in lines {
                    self.log(&line, None);
                }
                return;
            }
            let position = self.recovered_position();
            self.recovery_prints(format!("WSREP: Recovered position {position}"));
            if self.daemon.runs() {
                // One that waits for its group has no data open yet, but the port.
                self.port_is_taken();
                self.tell_of_end(UnitState::Activating, 1);
                self.service.enter(UnitState::Failed(1));
                self.step_programs();
                return;
            }
            self.spawn(&options, Some(position));
        }
        if self.service.restart_is_due(self.now) {
            self.restart();
        }
        if self.programs.has_ended_recovery(self.now) {
            self.step_programs();
        }
    }

    /// Returns the options that the unit's environment gives to the server. `ExecStart` names the variables, and systemd
    /// gives those of `systemctl set-environment` to every unit; the file of `galera_new_cluster` wins.
    fn unit_options(&self) -> ServerOptions {
        let environment = self.service.environment();
        let words = options::VARIABLES
            .iter()
            .filter_map(|name| environment.get(*name))
            .flat_map(|value| value.split_whitespace());
        // What cannot be read was refused when it was set.
        let mut options = ServerOptions::read(words).unwrap_or_default();
        options.new_cluster |= self.service.new_cluster();
        options
    }

    /// galera_recovery has failed, and with it the unit's start. It prints what its server has logged.
    fn recovery_failed(&mut self, lines: &[String]) {
        let text = lines.join("\n");
        let text = format!("WSREP: Failed to start mysqld for wsrep recovery: '{text}'");
        for line in text.lines() {
            self.recovery_prints(line.to_owned());
        }
        self.tell(UnitEvent::ControlExited(1));
        self.tell(UnitEvent::Failed("exit-code"));
        self.tell(UnitEvent::FailedToStart);
        self.service.enter(UnitState::Failed(1));
    }

    /// systemd restarts the unit after an abnormal end.
    fn restart(&mut self) {
        if self.service.file() == UnitFileState::Masked {
            self.service.cancel_restart();
            self.tell(UnitEvent::RestartRefused);
            return;
        }
        self.trace(TraceKind::Note {
            text: "systemd restarts mariadb.service".into(),
        });
        let number = self.service.count_restart();
        self.tell(UnitEvent::RestartScheduled(number));
        self.tell(UnitEvent::Stopped);
        self.begin_start();
    }

    /// The journal has what follows from the end of the unit's main process. `state` is the unit's before that.
    pub(super) fn tell_of_end(&mut self, state: UnitState, code: i32) {
        let result = match code - 128 {
            _ if code == 0 && state == UnitState::Activating => Some("protocol"),
            _ if code == 0 => None,
            3 | 4 | 6 | 7 | 8 | 11 => Some("core-dump"),
            1.. => Some("signal"),
            _ => Some("exit-code"),
        };
        if code != 0 {
            self.tell(UnitEvent::MainExited(code));
        }
        self.tell(result.map_or(UnitEvent::Deactivated, UnitEvent::Failed));
        match state {
            UnitState::Activating => self.tell(UnitEvent::FailedToStart),
            UnitState::Deactivating => self.tell(UnitEvent::Stopped),
            UnitState::Active | UnitState::Inactive | UnitState::Failed(_) => {}
        }
    }

    /// Returns whether a server has the files of the database open. One that waits for a primary component has not
    /// opened its storage engines yet (seen on real nodes with `wsrep_sst_method=rsync`).
    pub(super) fn holds_data(&self) -> bool {
        self.daemon.open_server().is_some()
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
        if self.service.take_power_off() {
            self.service.take_reboot();
            self.storage.disk_mut().sync_all();
            self.power_off();
            return;
        }
        if self.service.take_reboot() {
            self.lose_firewall();
            self.storage.disk_mut().sync_all();
            self.boot();
        }
    }
}
