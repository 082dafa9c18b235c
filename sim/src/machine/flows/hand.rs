//! A server that is started by hand: `mariadbd` itself, or `mysqld_safe`, which looks for the position first
//! (`scripts/mysqld_safe.sh`). systemd knows nothing of it.

use seatrial_scenarios::Span;

use crate::machine::options::ServerOptions;
use crate::machine::parts::Started;
use crate::machine::whole::Machine;

/// The time until a server has read its files and opened the group's port, or found it taken.
const START: Span = Span::from_millis(300);

/// The time that `mysqld_safe` takes for `--wsrep-recover`.
const RECOVERY: Span = Span::from_millis(500);

impl Machine {
    /// Somebody starts a server. The error is the text for what the model does not have.
    pub(super) fn hand_start(&mut self, watched: bool, words: &[String]) -> Result<u32, String> {
        let options = ServerOptions::read(words.iter().map(String::as_str))?;
        let holds = self.recovered_position().position;
        if let Some(given) = &options.start_position
            && given.position != holds
        {
            return Err(format!(
                "this console starts a server only from the position that InnoDB holds: {holds}"
            ));
        }
        let number = self.hand.count();
        if self.hand.started().is_some() || self.daemon.runs() || self.service.is_starting() {
            // The group's port is the first thing that a server opens, and the only one of its kind.
            self.port_is_taken();
            self.hand.end(number, 1);
            return Ok(number);
        }
        let after = if watched { RECOVERY } else { START };
        self.hand.start(Started {
            number,
            watched,
            options,
            begins: Some(self.now + after),
        });
        Ok(number)
    }

    /// Returns whether the server that runs was started by hand.
    pub(super) fn is_by_hand(&self) -> bool {
        self.hand.runs()
    }

    /// A start is due.
    pub(super) fn hand_tick(&mut self) {
        if self.hand.begins().is_none_or(|at| at > self.now) {
            return;
        }
        let Some(started) = self.hand.started_mut() else {
            return;
        };
        started.begins = None;
        let (number, watched, options) = (started.number, started.watched, started.options.clone());
        if self.daemon.runs() {
            // The unit's server has been faster.
            self.port_is_taken();
            self.hand.end(number, 1);
        } else if let Some(lines) = self.cannot_open() {
            for line in lines {
                self.log(&line, None);
            }
            self.hand.end(number, 1);
        } else {
            let recovered = watched.then(|| self.recovered_position());
            let position = recovered.or_else(|| options.start_position.clone());
            self.spawn(&options, position);
        }
        self.step_programs();
    }

    /// The server that was started by hand has ended. `mysqld_safe` starts no node of a cluster again (`WSREP: not
    /// restarting wsrep node automatically`, seen on a real node).
    pub(super) fn hand_ended(&mut self, code: i32) {
        if let Some(number) = self.hand.started().map(|started| started.number) {
            self.hand.end(number, code);
        }
    }

    /// `mysqld_safe` is gone, and a server that it has not started yet does not start.
    pub(super) fn leave_alone(&mut self) {
        let Some(started) = self.hand.started_mut() else {
            return;
        };
        started.watched = false;
        if started.begins.is_some() {
            let number = started.number;
            self.hand.end(number, 137);
        }
    }

    /// A second server finds the group's port in use (seen on a real node).
    pub(super) fn port_is_taken(&mut self) {
        for line in [
            "[ERROR] WSREP: failed to open gcomm backend connection: 98: Failed to listen: bind: Address already in use: System error: 98 (Address already in use)",
            "[ERROR] WSREP: ./gcs/src/gcs_core.cpp:gcs_core_open():256: Failed to open backend connection: -98 (Address already in use)",
            "[ERROR] WSREP: gcs connect failed: Address already in use",
            "[ERROR] Aborting",
        ] {
            self.log(line, None);
        }
    }
}
