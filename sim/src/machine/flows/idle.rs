//! An idle machine: how far an engine may leap over it.

use seatrial_node::{Peer, Time};
use seatrial_scenarios::Span;

use crate::machine::whole::Machine;

/// The constraints on a leap over idle time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Idle {
    /// The machine repeats itself with this period.
    pub(crate) period: Span,
    /// Until here nothing else happens.
    pub(crate) until: Option<Span>,
}

impl Machine {
    /// Returns the period of an idle machine and the end of its idleness; `None` while anything else happens.
    pub(crate) fn idle(&self, now: Span) -> Option<Idle> {
        let nothing_runs = !self.service.is_starting()
            && !self.service.reboots()
            && self.programs.nobody_waits()
            && self.out.is_empty();
        if !nothing_runs {
            return None;
        }
        let mut timer = None;
        let mut period = Span::from_secs(1);
        if let Some(server) = self.daemon.server() {
            if server.hung || !server.inbox.is_empty() {
                return None;
            }
            period = Span(server.process.idle_period(Time(now.as_micros()))?.0);
            timer = server.process.idle_until().map(|at| Span(at.0));
        }
        let all = [
            self.service.restart_at(),
            self.hand.begins(),
            self.programs.wake(),
            self.programs.next_sleep(now),
            timer,
        ];
        let until = all.into_iter().flatten().min();
        Some(Idle { period, until })
    }

    /// Returns the peers that its server dials in vain.
    pub(crate) fn unlinked(&self) -> impl Iterator<Item = Peer> + '_ {
        let server = self.daemon.server().into_iter();
        server.flat_map(|server| server.node().unlinked())
    }

    /// Leaps over a whole number of periods: everything periodic happens so much later.
    pub(crate) fn shift(&mut self, by: Span) {
        debug_assert!(!self.out.sends());
        if let Some(server) = self.daemon.server_mut() {
            server.process.shift(Time(by.as_micros()));
        }
    }
}
