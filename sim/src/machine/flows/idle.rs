//! An idle machine, whose time an engine may compute instead of playing it.

use seatrial_galera::ViewId;
use seatrial_node::{Coast, Peer, Time};
use seatrial_scenarios::Span;

use crate::machine::whole::Machine;

/// A machine of which nothing happens by itself but the timers of group communication.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Idle {
    /// The timers.
    pub(crate) coast: Coast,
    /// The instant of whatever happens first besides them.
    pub(crate) until: Option<Span>,
    /// The view in which it exchanges signs of life.
    pub(crate) view: ViewId,
}

impl Machine {
    /// Returns the timers of an idle machine. A program that runs looks around at each event, so its machine is not
    /// idle.
    pub(crate) fn idle(&self, now: Span) -> Option<Idle> {
        let server = self.daemon.server().filter(|server| !server.hung)?;
        if self.programs.run() || !server.inbox.is_empty() {
            return None;
        }
        let (coast, other) = server.process.coast(Time(now.as_micros()))?;
        let all = [
            other.map(|at| Span(at.0)),
            self.service.deadline(),
            self.hand.begins(),
            self.programs.next_recovery(self.now),
            self.programs.next_sleep(self.now),
        ];
        Some(Idle {
            coast,
            until: all.into_iter().flatten().min(),
            view: server.node().membership(),
        })
    }

    /// Returns the peers that its server is connected with, by address.
    pub(crate) fn linked(&self) -> impl Iterator<Item = Peer> + '_ {
        let server = self.daemon.server().into_iter();
        server.flat_map(|server| server.node().linked())
    }

    /// The timers of group communication have run by themselves.
    pub(crate) fn coasted(&mut self, coast: &Coast) {
        if let Some(at) = coast.last_run() {
            self.now = self.now.max(Span(at.0));
        }
        if let Some(server) = self.daemon.server_mut() {
            server.process.coasted(coast);
        }
    }

    /// Signs of life of a peer have come, the last of them at this instant.
    pub(crate) fn heard(&mut self, from: Peer, at: Span) {
        self.now = self.now.max(at);
        if let Some(server) = self.daemon.server_mut() {
            server.process.heard(from, Time(at.as_micros()));
        }
    }
}
