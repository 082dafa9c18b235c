//! The inputs that an engine passes to a machine.

use seatrial_node::{Channel, Frame, Peer, TransferStage};
use seatrial_scenarios::console::Program;
use seatrial_scenarios::{
    Fault, FaultOutcome, FileChange, Output, Progress, RequestId, Span, Statement,
};

use crate::disk::Registry;
use crate::machine::parts::{Asker, Incoming, Running};
use crate::machine::sql;
use crate::machine::whole::Machine;

impl Machine {
    /// Does what is due at this instant.
    pub fn tick(&mut self, now: Span) {
        self.now = now;
        self.server_tick();
        self.service_tick();
        self.hand_tick();
        self.step_programs();
    }

    /// A connection is up; this machine has `dialled` it, or the other one has.
    pub fn link_up(&mut self, now: Span, from: Peer, channel: Channel, dialled: bool) {
        self.now = now;
        self.incoming(Incoming::LinkUp(from, channel, dialled));
    }

    /// A connection is gone or could not be opened.
    pub fn link_down(&mut self, now: Span, from: Peer, channel: Channel) {
        self.now = now;
        self.incoming(Incoming::LinkDown(from, channel));
    }

    /// Nobody answers an attempt to connect for a state transfer so far.
    pub fn link_waits(&mut self, now: Span, to: Peer, stage: TransferStage) {
        self.now = now;
        self.incoming(Incoming::LinkWaits(to, stage));
    }

    /// A frame has arrived.
    pub fn received(&mut self, now: Span, from: Peer, frame: Frame) {
        self.now = now;
        self.incoming(Incoming::Received(from, frame));
    }

    /// An operator types a line.
    pub fn command(&mut self, now: Span, id: RequestId, line: &str) {
        self.now = now;
        if !self.powered {
            let output = Output {
                stderr: format!(
                    "ssh: connect to host {} port 22: No route to host\n",
                    self.name()
                ),
                exit: 255,
                ..Output::default()
            };
            self.out.end_program(id, output);
            return;
        }
        match Program::parse(line) {
            Err(output) => self.out.end_program(id, output),
            Ok(program) => {
                self.programs.push(Running {
                    id,
                    program,
                    wake: Some(now),
                });
                self.step_programs();
            }
        }
    }

    /// A program has changed files. Returns a text for each change that the model does not have.
    pub(crate) fn change_files_at(
        &mut self,
        now: Span,
        changes: &[FileChange],
        registry: &Registry,
    ) -> Vec<String> {
        self.now = now;
        let gaps = self.change_files(changes, registry);
        self.step_programs();
        gaps
    }

    /// Ctrl-C.
    pub fn interrupt(&mut self, now: Span, id: RequestId) {
        self.now = now;
        let Some(mut running) = self.programs.take(id) else {
            return;
        };
        let output = running.program.interrupt(self);
        self.out.end_program(id, output);
        self.step_programs();
    }

    /// A client sends a statement over the network.
    pub fn client(&mut self, now: Span, id: RequestId, statement: &Statement) {
        self.now = now;
        let server = self.daemon.server();
        if server.is_none_or(|server| !server.node().port_open() && !server.hung) {
            let refused = Progress::Refused {
                code: 2002,
                message: self.no_server_error(),
            };
            self.out.end(id, refused);
            return;
        }
        self.ask(Asker::Client(id), sql::node_statement(statement));
        self.step_programs();
    }

    /// Applies a fault that concerns this machine alone.
    pub fn fault(&mut self, now: Span, fault: &Fault) -> FaultOutcome {
        self.now = now;
        let outcome = self.apply_fault(fault);
        self.step_programs();
        outcome
    }
}
