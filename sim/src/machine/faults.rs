//! The faults that concern one machine: the one table of what a fault does to it, for both engines.

use seatrial_node::Statement as NodeStatement;
use seatrial_scenarios::console::UnitState;
use seatrial_scenarios::{Damage, Fault, FaultOutcome, Span, StateFile, TraceKind};

use crate::disk::{GRASTATE, GVWSTATE};

use super::{Asker, Machine, MachineEffect};

/// After this long without a change a machine has written everything back.
const WRITEBACK: Span = Span::from_secs(5);

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
                self.job = None;
                let pid = self.server.as_ref().map(|server| server.pid);
                if !self.kill() {
                    self.restart_at = None;
                    return skipped("no mariadbd runs");
                }
                self.restart_at = None;
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
            Fault::Hang(_) => match &mut self.server {
                Some(server) if !server.hung => {
                    server.hung = true;
                    self.trace(TraceKind::Process {
                        text: "mariadbd stopped (SIGSTOP)".into(),
                    });
                    applied("process state T")
                }
                _ => skipped("no mariadbd runs that could be stopped"),
            },
            Fault::Resume(_) => match &mut self.server {
                Some(server) if server.hung => {
                    server.hung = false;
                    self.trace(TraceKind::Process {
                        text: "mariadbd goes on (SIGCONT)".into(),
                    });
                    self.process_tick();
                    applied("process state S")
                }
                _ => skipped("no stopped mariadbd"),
            },
            Fault::Damage { file, how, .. } => self.damage(*file, *how),
            Fault::DiskFull(_) => {
                self.disk.set_full(true);
                applied("no space left on device")
            }
            Fault::DiskLost(_) => {
                let killed = self.kill();
                self.restart_at = None;
                self.disk.lose();
                applied(if killed {
                    "killed, data folder empty"
                } else {
                    "data folder empty"
                })
            }
            Fault::ReadLock(_) => self.session(NodeStatement::Lock, "FLUSH TABLES WITH READ LOCK"),
            Fault::ReadUnlock(_) => self.session(NodeStatement::Unlock, "UNLOCK TABLES"),
            Fault::StopHangs(_) => self.session(NodeStatement::HoldOnStop, "a session that stays"),
            Fault::BackendStop(_) => {
                if !self.backend_running {
                    return skipped("the mail back end does not run");
                }
                self.backend_running = false;
                applied("mail back end ended")
            }
            Fault::InterruptTransfer(_) => {
                let under_way = self
                    .server
                    .as_ref()
                    .is_some_and(|server| server.node().is_transferring());
                if under_way {
                    applied("transfer connections reset")
                } else {
                    skipped("no state transfer is under way")
                }
            }
            Fault::ClockJump { .. } => skipped(
                "the protocol's timers follow the monotonic clock; a jump of the wall clock has nothing to act on",
            ),
            Fault::Cut { .. }
            | Fault::Partition(_)
            | Fault::Heal
            | Fault::Latency { .. }
            | Fault::Loss { .. }
            | Fault::Flap { .. } => skipped("a fault of the network, not of a machine"),
        }
    }

    fn session(&mut self, statement: NodeStatement, what: &str) -> FaultOutcome {
        if self
            .server
            .as_ref()
            .is_none_or(|server| !server.node().port_open())
        {
            return skipped("no server answers");
        }
        self.ask(Asker::Session, statement);
        applied(what)
    }

    fn power_off(&mut self) -> FaultOutcome {
        if !self.powered {
            return skipped("the machine is off already");
        }
        self.powered = false;
        self.trace(TraceKind::Process {
            text: "power off".into(),
        });
        self.job = None;
        self.restart_at = None;
        self.new_cluster_flag = false;
        if self.server.is_some() {
            self.kill();
            self.restart_at = None;
            // Nobody is there to close connections: peers hear nothing at all.
            self.out
                .retain(|effect| *effect != MachineEffect::ConnectionsReset);
        }
        self.unit = UnitState::Inactive;
        self.socket_file = false;
        for running in std::mem::take(&mut self.programs) {
            let output = seatrial_scenarios::Output {
                stderr: "client_loop: send disconnect: Broken pipe\n".into(),
                exit: 255,
                ..Default::default()
            };
            self.out.push(MachineEffect::Ended(
                running.id,
                seatrial_scenarios::Progress::Done(output),
            ));
        }
        if self.now.saturating_sub(self.last_disk_change) >= WRITEBACK {
            self.disk.sync_all();
        }
        let key = [u64::from(self.peer.0), self.starts];
        self.disk.power_off(&self.keyed, &key);
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
        // mariadb.service is enabled: the boot starts it.
        self.unit_start();
        applied("booted")
    }

    fn damage(&mut self, file: StateFile, how: Damage) -> FaultOutcome {
        let path = match file {
            StateFile::Grastate => GRASTATE,
            StateFile::Gvwstate => GVWSTATE,
            StateFile::GaleraCache => {
                self.disk.lose_cache();
                return applied("galera.cache unreadable");
            }
        };
        self.last_disk_change = self.now;
        match how {
            Damage::Delete => {
                if !self.disk.remove(path) {
                    return skipped(format!("there is no {}", file.name()));
                }
            }
            Damage::Empty => self.disk.write(path, ""),
            Damage::Garbage => self.disk.write(path, "\u{1}\u{2}garbage\u{3}\n"),
            Damage::OldCopy => match self.old_copies.get(path) {
                Some(Some(copy)) => {
                    let copy = copy.clone();
                    self.disk.write(path, &copy);
                }
                Some(None) => {
                    self.disk.remove(path);
                }
                None => return skipped("no old copy was taken"),
            },
        }
        applied(format!("{} is now {:?}", file.name(), self.disk.read(path)))
    }

    /// Keeps copies of the state files, for [`Damage::OldCopy`]; and everything so far is on disk.
    pub fn keep_old_copies(&mut self) {
        self.disk.sync_all();
        for path in [GRASTATE, GVWSTATE] {
            self.old_copies
                .insert(path, self.disk.read(path).map(str::to_owned));
        }
    }
}
