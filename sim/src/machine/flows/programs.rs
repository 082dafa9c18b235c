//! Continues the programs that operators have started.

use seatrial_galera::SqlError;
use seatrial_scenarios::Span;
use seatrial_scenarios::console::{CallEnd, CallState, Firewall, Host, QueryId, Step};

use crate::machine::parts::{CallId, MachineEffect, Running};
use crate::machine::whole::Machine;

/// The path of the server's socket.
const SOCKET: &str = "/run/mysqld/mysqld.sock";
/// Programs that wait for each other longer than this have no end.
const ROUNDS_MAX: u32 = 100;

impl Machine {
    /// Lets every program that may go on do so, until none can.
    pub(super) fn step_programs(&mut self) {
        if !self.daemon.hangs() {
            self.programs.end_sleeps(self.now);
        }
        let mut progressed = true;
        let mut rounds = 0;
        while progressed && rounds < ROUNDS_MAX {
            progressed = false;
            rounds += 1;
            for Running {
                id, mut program, ..
            } in self.programs.take_all()
            {
                let wake = match program.step(self) {
                    Step::Wait => None,
                    Step::Until(at) => Some(at),
                    Step::Done(output) => {
                        progressed = true;
                        self.out.end_program(id, output);
                        continue;
                    }
                };
                self.programs.push(Running { id, program, wake });
            }
        }
        if !self.powered {
            // One of them has switched the machine off.
            self.drop_programs();
        }
        self.programs.postpone(self.now);
        for (call, answer) in self.programs.take_answered_guests() {
            self.out.push(MachineEffect::GuestAnswered(call, answer));
        }
    }

    /// A program on another host asks the server.
    pub(crate) fn serve_guest(&mut self, now: Span, call: CallId, text: &str) {
        self.now = now;
        let id = self.programs.next_query();
        self.programs.add_guest(id, call);
        let answer = self.answer_query(id, text);
        self.programs.set_answer(id, answer);
        self.step_programs();
    }

    /// The other end has taken the connection of a call.
    pub(crate) fn call_connected(&mut self, now: Span, id: QueryId) {
        self.now = now;
        self.programs.set_call(id, CallState::Connected);
        self.step_programs();
    }

    /// A call is over.
    pub(crate) fn call_over(&mut self, now: Span, id: QueryId, end: CallEnd) {
        self.now = now;
        self.programs.set_call(id, CallState::Ended(end));
        self.step_programs();
    }

    /// Returns whether a process of a host that is on accepts connections at a port.
    pub(crate) fn is_open_at(&self, port: u16) -> bool {
        self.is_powered() && Host::listens(self, port)
    }

    /// Returns whether the server runs and is suspended.
    pub(crate) fn is_suspended(&self) -> bool {
        self.daemon.hangs()
    }

    /// The host has lost power or boots: rules that nothing has saved are gone.
    pub(super) fn lose_firewall(&mut self) {
        if !self.firewall.is_empty() {
            self.firewall = Firewall::default();
            self.out.push(MachineEffect::Firewall(Firewall::default()));
        }
    }

    /// The machine is off: the operators' terminals learn it.
    pub(super) fn drop_programs(&mut self) {
        for running in self.programs.take_all() {
            let output = seatrial_scenarios::Output {
                stderr: "client_loop: send disconnect: Broken pipe\n".into(),
                exit: 255,
                ..Default::default()
            };
            self.out.end_program(running.id, output);
        }
    }

    /// `ERROR 2002`: there is no socket, or no process listens on it.
    pub(super) fn no_server_error(&self) -> String {
        let errno = if self.daemon.has_socket_file() {
            111
        } else {
            2
        };
        SqlError::NoServer {
            socket: SOCKET.into(),
            errno,
        }
        .to_string()
    }

    /// Returns an error number as the client prints it.
    pub(super) fn error_text(&self, code: u16) -> String {
        let error = match code {
            1180 => SqlError::CommitFailed,
            1205 => SqlError::LockWaitTimeout,
            1210 => SqlError::WrongArguments {
                statement: "SET".into(),
            },
            1213 => SqlError::Deadlock,
            2002 => return self.no_server_error(),
            2013 => SqlError::LostConnection,
            _ => SqlError::NotPrepared,
        };
        error.to_string()
    }
}
