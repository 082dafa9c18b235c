//! A machine on which nothing happens.

use seatrial_node::{Peer, Time};
use seatrial_scenarios::Span;

use super::{Machine, MachineEffect};

/// What a leap over an idle stretch has to respect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Idle {
    /// The machine repeats itself with this period.
    pub(crate) period: Span,
    /// Until here nothing else happens.
    pub(crate) until: Option<Span>,
}

impl Machine {
    /// Whether nothing happens here but what repeats itself, and for how long.
    pub(crate) fn idle(&self, now: Span) -> Option<Idle> {
        let nothing_runs = self.job.is_none()
            && self.recoveries.is_empty()
            && !self.reboot_pending
            && self.askers.is_empty()
            && self.out.is_empty();
        if !nothing_runs {
            return None;
        }
        let mut until = self.restart_at;
        let mut sooner = |at: Span| until = Some(until.map_or(at, |until| until.min(at)));
        self.programs
            .iter()
            .filter_map(|running| running.wake)
            .for_each(&mut sooner);
        let mut period = Span::from_secs(1);
        if let Some(server) = &self.server {
            if server.hung || !server.inbox.is_empty() {
                return None;
            }
            period = Span(server.process.idle_period(Time(now.as_micros()))?.0);
            if let Some(at) = server.process.idle_until() {
                sooner(Span(at.0));
            }
        }
        Some(Idle { period, until })
    }

    /// Whom its server dials without a connection coming of it.
    pub(crate) fn unlinked(&self) -> impl Iterator<Item = Peer> + '_ {
        let server = self.server.iter();
        server.flat_map(|server| server.node().unlinked())
    }

    /// Leaps over a whole number of periods: what repeats itself happens so much later.
    pub(crate) fn shift(&mut self, by: Span) {
        debug_assert!(
            !self
                .out
                .iter()
                .any(|effect| matches!(effect, MachineEffect::Send(..)))
        );
        if let Some(server) = &mut self.server {
            server.process.shift(Time(by.as_micros()));
        }
    }
}
