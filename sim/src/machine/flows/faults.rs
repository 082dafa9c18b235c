//! The faults that concern one machine: the one table of what a fault does to it, for both engines.

use seatrial_node::Statement as NodeStatement;
use seatrial_scenarios::console::{MARIADB_LOG, UnitState};
use seatrial_scenarios::{Damage, Fault, FaultOutcome, Span, StateFile, TraceKind};

use crate::disk::{GRASTATE, GVWSTATE, Image};

use crate::machine::parts::Asker;
use crate::machine::whole::Machine;

/// The bytes of zero at the end of a torn error log.
const TORN: usize = 64;

fn applied(text: impl Into<String>) -> FaultOutcome {
    FaultOutcome::Applied(text.into())
}

fn skipped(text: impl Into<String>) -> FaultOutcome {
    FaultOutcome::Skipped(text.into())
}

impl Machine {
    pub(super) fn apply_fault(&mut self, fault: &Fault) -> FaultOutcome {
        match fault {
            Fault::Terminate(_) => {
                self.service.cancel_start();
                self.leave_alone();
                let pid = self.daemon.server().map(|server| server.pid);
                let killed = self.kill();
                self.service.cancel_restart();
                if !killed {
                    return skipped("no mariadbd runs");
                }
                applied(format!("pid {} exited with 137", pid.unwrap_or_default()))
            }
            Fault::Crash(_) => {
                if self.kill() {
                    applied("exited with 137")
                } else {
                    skipped("no mariadbd runs")
                }
            }
            Fault::PowerOff(_) => self.power_off(),
            Fault::PowerOn(_) => self.power_on(),
            Fault::Hang(_) => match self.daemon.server_mut() {
                Some(server) if !server.hung => {
                    server.hung = true;
                    self.trace(TraceKind::Process {
                        text: "mariadbd stopped (SIGSTOP)".into(),
                    });
                    applied("process state T")
                }
                _ => skipped("no mariadbd runs that could be stopped"),
            },
            Fault::Resume(_) => match self.daemon.server_mut() {
                Some(server) if server.hung => {
                    server.hung = false;
                    self.trace(TraceKind::Process {
                        text: "mariadbd goes on (SIGCONT)".into(),
                    });
                    self.server_tick();
                    applied("process state S")
                }
                _ => skipped("no stopped mariadbd"),
            },
            Fault::Damage { file, how, .. } => self.damage(*file, *how),
            Fault::DiskFull(_) => {
                self.storage.disk_mut().set_full(true);
                applied("no space left on device")
            }
            Fault::DiskLost(_) => {
                self.leave_alone();
                let killed = self.kill();
                self.service.cancel_restart();
                self.storage.disk_mut().lose();
                applied(if killed {
                    "killed, data folder empty"
                } else {
                    "data folder empty"
                })
            }
            Fault::ReadLock(_) if self.refuses_lock() => {
                skipped("the server refuses the lock: the node is not ready")
            }
            Fault::ReadLock(_) => {
                let outcome = self.session(NodeStatement::Lock, "FLUSH TABLES WITH READ LOCK");
                if matches!(outcome, FaultOutcome::Applied(_)) {
                    self.programs.hold(Some(self.now));
                }
                outcome
            }
            Fault::ReadUnlock(_) => {
                if self.programs.hold(None) {
                    return applied("UNLOCK TABLES; a client holds the lock as well");
                }
                self.session(NodeStatement::Unlock, "UNLOCK TABLES")
            }
            Fault::StopHangs(_) => self.session(NodeStatement::HoldOnStop, "a session that stays"),
            Fault::RollbackFails(_) => self.session(
                NodeStatement::FailRollback,
                "the next rollback of an applier will fail",
            ),
            Fault::BackendStop(_) => {
                if !self.daemon.backend_runs() {
                    return skipped("the mail back end does not run");
                }
                self.daemon.set_backend(false);
                applied("mail back end ended")
            }
            Fault::InterruptTransfer(_) => {
                let server = self.daemon.server();
                if server.is_some_and(|server| server.node().is_transferring()) {
                    applied("transfer connections reset")
                } else {
                    skipped("no state transfer is under way")
                }
            }
            Fault::Configure { option, value, .. } => self.set_option(option, value),
            Fault::ClockJump { .. } => skipped(
                "the protocol's timers follow the monotonic clock; a jump of the wall clock has nothing to act on",
            ),
            Fault::DiskCloned { .. }
            | Fault::DiskSaved { .. }
            | Fault::DiskRestored { .. }
            | Fault::DataRestored { .. }
            | Fault::Readdress { .. } => skipped("a fault of several machines"),
            Fault::Cut { .. }
            | Fault::Partition(_)
            | Fault::Heal
            | Fault::Latency { .. }
            | Fault::Loss { .. }
            | Fault::Flap { .. } => skipped("a fault of the network, not of a machine"),
        }
    }

    /// Returns a copy of the data folder. What a server has not yet written is not in it.
    pub(crate) fn image(&self) -> Image {
        self.storage.disk().image()
    }

    /// Puts a copy of a data folder in the place of this machine's. A server that runs would go on writing to the files
    /// that it has open.
    pub(crate) fn put_image(&mut self, now: Span, image: Image) -> FaultOutcome {
        self.now = now;
        if self.is_arbitrator() {
            return skipped("garbd holds no data");
        }
        if self.daemon.runs() {
            return skipped("mariadbd runs and has its files open: stop it first");
        }
        let rows = image.rows();
        self.storage.change(now).put(image);
        self.step_programs();
        applied(format!("the data folder has {rows} rows"))
    }

    fn set_option(&mut self, option: &str, value: &str) -> FaultOutcome {
        if !self.powered {
            return skipped("the machine is off");
        }
        if self.is_arbitrator() {
            return skipped("garbd reads no configuration file of MariaDB");
        }
        let path = self.edit_configuration(option, value);
        applied(format!("{path}: {option} = {value}"))
    }

    /// Returns whether a server answers, and refuses FLUSH TABLES WITH READ LOCK
    /// (`sql/sql_parse.cc:mysql_execute_command`: error 1047).
    fn refuses_lock(&self) -> bool {
        let server = self.daemon.open_server();
        server.is_some_and(|server| !server.node().status().ready)
    }

    fn session(&mut self, statement: NodeStatement, what: &str) -> FaultOutcome {
        if self.daemon.open_server().is_none() {
            return skipped("no server answers");
        }
        self.ask(Asker::Session, statement);
        applied(what)
    }

    pub(super) fn power_off(&mut self) -> FaultOutcome {
        if !self.powered {
            return skipped("the machine is off already");
        }
        self.powered = false;
        self.trace(TraceKind::Process {
            text: "power off".into(),
        });
        self.service.cancel_start();
        self.service.cancel_restart();
        self.leave_alone();
        self.service.set_new_cluster(false);
        self.programs.forget_calls();
        self.lose_firewall();
        if self.daemon.runs() {
            self.kill();
            self.service.cancel_restart();
            self.out.keep_connections();
        }
        self.service.enter(UnitState::Inactive);
        self.daemon.set_socket_file(false);
        self.drop_programs();
        let key = self.site.start_key(self.daemon.starts());
        self.storage.power_off(self.site.keyed(), &key, self.now);
        applied("no power")
    }

    fn power_on(&mut self) -> FaultOutcome {
        if self.powered {
            return skipped("the machine is on already");
        }
        self.powered = true;
        self.trace(TraceKind::Process {
            text: "power on".into(),
        });
        // mariadb.service is enabled, unless somebody has changed that.
        self.boot();
        applied("booted")
    }

    /// The error log is damaged. Garbage are bytes of zero at its end: after a loss of power a journalling file system
    /// has the file's new length, and not the block that was to fill it.
    fn damage_log(&mut self, how: Damage) -> FaultOutcome {
        if self.storage.disk().read(MARIADB_LOG).is_none() {
            return skipped("there is no error log");
        }
        match how {
            Damage::Delete => {
                self.storage.forget_details();
                self.storage.change(self.now).remove(MARIADB_LOG);
                applied("mariadb.log is gone")
            }
            Damage::Empty => {
                self.storage.forget_details();
                self.storage.change(self.now).write(MARIADB_LOG, "");
                applied("mariadb.log is empty")
            }
            Damage::Garbage => {
                let zeros = "\0".repeat(TORN);
                self.storage.append_log(self.now, &zeros, None);
                applied(format!("mariadb.log ends with {TORN} bytes of zero"))
            }
            Damage::OldCopy => skipped("no old copy was taken"),
        }
    }

    fn damage(&mut self, file: StateFile, how: Damage) -> FaultOutcome {
        let path = match file {
            StateFile::Grastate => GRASTATE,
            StateFile::Gvwstate => GVWSTATE,
            StateFile::ErrorLog => return self.damage_log(how),
            StateFile::GaleraCache => {
                self.storage.disk_mut().lose_cache();
                return applied("galera.cache unreadable");
            }
        };
        let disk = self.storage.change(self.now);
        if how != Damage::OldCopy && disk.read(path).is_none() {
            return skipped(format!("there is no {}", file.name()));
        }
        match how {
            Damage::Delete => {
                disk.remove(path);
            }
            Damage::Empty => disk.write(path, ""),
            Damage::Garbage => disk.write(path, "\u{1}\u{2}garbage\u{3}\n"),
            Damage::OldCopy => match self.storage.old_copy(path) {
                Some(Some(copy)) => self.storage.disk_mut().write(path, &copy),
                Some(None) => {
                    self.storage.disk_mut().remove(path);
                }
                None => return skipped("no old copy was taken"),
            },
        }
        applied(format!(
            "{} is now {:?}",
            file.name(),
            self.storage.disk().read(path)
        ))
    }
}
