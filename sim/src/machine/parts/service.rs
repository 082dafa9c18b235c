//! The state of mariadb.service, or of garb.service.

use std::collections::BTreeMap;

use seatrial_scenarios::Span;
use seatrial_scenarios::console::{UnitFileState, UnitState};

/// The unit of a machine.
///
/// It owns what systemd knows: the state, a start that is under way, a restart or a reboot to come, the state of the
/// unit's file, and the environment that `systemctl set-environment` gives to every unit. The flow
/// `service` drives it; the flows of faults, hosts and observations ask and correct it. It starts and ends no
/// process itself.
#[derive(Clone, Debug)]
pub(in crate::machine) struct Service {
    state: UnitState,
    /// A start is under way: galera_recovery ends at this instant.
    recovery_until: Option<Span>,
    restart_at: Option<Span>,
    /// The environment asks for `--wsrep-new-cluster`.
    new_cluster: bool,
    /// A reboot waits for the stop.
    reboots: bool,
    /// The end of the machine waits for the stop.
    powers_off: bool,
    /// The restarts in a row after an abnormal end.
    restarts: u32,
    file: UnitFileState,
    /// Additions to the environment of the units, which are gone after a boot.
    environment: BTreeMap<String, String>,
}

impl Service {
    /// Returns a unit that was never started.
    pub(in crate::machine) const fn new() -> Self {
        Self {
            state: UnitState::Inactive,
            recovery_until: None,
            restart_at: None,
            new_cluster: false,
            reboots: false,
            powers_off: false,
            restarts: 0,
            file: UnitFileState::Enabled,
            environment: BTreeMap::new(),
        }
    }

    /// Returns its state.
    pub(in crate::machine) const fn state(&self) -> UnitState {
        self.state
    }

    /// It has this state from here on.
    pub(in crate::machine) const fn enter(&mut self, state: UnitState) {
        self.state = state;
    }

    /// Returns whether a start is under way.
    pub(in crate::machine) const fn is_starting(&self) -> bool {
        self.recovery_until.is_some()
    }

    /// A start begins: galera_recovery ends at this instant.
    pub(in crate::machine) const fn begin_start(&mut self, until: Span) {
        self.restart_at = None;
        self.state = UnitState::Activating;
        self.recovery_until = Some(until);
    }

    /// Cancels a start that is under way. Returns whether there was one.
    pub(in crate::machine) const fn cancel_start(&mut self) -> bool {
        self.recovery_until.take().is_some()
    }

    /// Returns whether galera_recovery has ended; the server is to be started then.
    pub(in crate::machine) fn end_recovery(&mut self, now: Span) -> bool {
        self.recovery_until.take_if(|until| *until <= now).is_some()
    }

    /// Restarts the server at this instant.
    pub(in crate::machine) const fn restart(&mut self, at: Span) {
        self.restart_at = Some(at);
    }

    /// Returns whether a restart is due.
    pub(in crate::machine) fn restart_is_due(&self, now: Span) -> bool {
        self.restart_at.is_some_and(|at| at <= now)
    }

    /// Returns the instant of a restart.
    pub(in crate::machine) const fn restart_at(&self) -> Option<Span> {
        self.restart_at
    }

    /// No restart follows.
    pub(in crate::machine) const fn cancel_restart(&mut self) {
        self.restart_at = None;
    }

    /// Returns the next instant at which something happens by itself.
    pub(in crate::machine) fn deadline(&self) -> Option<Span> {
        self.recovery_until.into_iter().chain(self.restart_at).min()
    }

    /// Returns whether the environment asks for `--wsrep-new-cluster`.
    pub(in crate::machine) const fn new_cluster(&self) -> bool {
        self.new_cluster
    }

    /// The environment asks for `--wsrep-new-cluster`, or no longer does.
    pub(in crate::machine) const fn set_new_cluster(&mut self, on: bool) {
        self.new_cluster = on;
    }

    /// Returns the state of the unit's file.
    pub(in crate::machine) const fn file(&self) -> UnitFileState {
        self.file
    }

    /// The unit's file has this state from here on.
    pub(in crate::machine) const fn set_file(&mut self, file: UnitFileState) {
        self.file = file;
    }

    /// Counts a restart after an abnormal end.
    pub(in crate::machine) const fn count_restart(&mut self) -> u32 {
        self.restarts += 1;
        self.restarts
    }

    /// Somebody has started the unit: the count of restarts begins anew.
    pub(in crate::machine) const fn forget_restarts(&mut self) {
        self.restarts = 0;
    }

    /// Returns what was added to the environment of the units.
    pub(in crate::machine) const fn environment(&self) -> &BTreeMap<String, String> {
        &self.environment
    }

    /// Returns it, to be changed.
    pub(in crate::machine) const fn environment_mut(&mut self) -> &mut BTreeMap<String, String> {
        &mut self.environment
    }

    /// A reboot waits for the stop.
    pub(in crate::machine) const fn reboot(&mut self) {
        self.reboots = true;
    }

    /// The end of the machine waits for the stop.
    pub(in crate::machine) const fn power_off(&mut self) {
        self.powers_off = true;
    }

    /// The stop is over: says whether the end of the machine has waited for it.
    pub(in crate::machine) const fn take_power_off(&mut self) -> bool {
        std::mem::replace(&mut self.powers_off, false)
    }

    /// The stop is over: says whether a reboot has waited for it.
    pub(in crate::machine) const fn take_reboot(&mut self) -> bool {
        std::mem::replace(&mut self.reboots, false)
    }
}
