//! The timers: they find silent members and repeat messages (`evs_proto.cpp:handle_timers`).

use std::collections::BTreeSet;

use seatrial_galera::GcommUuid;

use crate::coast::{Coast, TICK_MIN};
use crate::config::Config;
use crate::deliberate_fault::DeliberateFault;
use crate::time::Time;

use super::{Evs, Out, State};

/// In an idle view the last word of a member is at most one period and this old.
const IDLE_LATENCY_MAX: Time = Time::from_millis(20);

impl Evs {
    /// Sets the timers anew, with the state of the protocol (`evs_proto.cpp:shift_to`).
    pub(super) const fn set_timers(&mut self, now: Time) {
        self.check_since = now;
        self.retrans_since = now;
    }

    /// The periodic work: who is suspected, what must be sent again, what has taken too long.
    pub(crate) fn tick(&mut self, now: Time, config: &Config, out: &mut Vec<Out>) {
        self.forget_evicted(now);
        let Some(period) = self.retrans_period(config) else {
            return;
        };
        if self.state == State::Joining {
            self.check_since = now;
            self.last_check = now;
        }
        if now.since(self.retrans_since) >= period {
            self.retrans_since = now;
            match self.state {
                // It stops waiting for others, and is alone if nobody has answered: real starters were
                // after 0.3 s, 1 s and 2 s, as `evs.join_retrans_period` was.
                State::Joining => self.start_gathering(now, out),
                State::Leaving => self.send_leave(out),
                State::Operational => self.send_gap(out),
                _ => self.retransmit(now, out),
            }
        }
        if now.since(self.check_since) >= config.evs_inactive_check_period {
            self.check_since = now;
            let late = now.since(self.last_check) > Time(config.evs_inactive_check_period.0 * 3);
            self.last_check = now;
            // A node that was stopped itself must not expel everybody in its first breath
            // (`check_inactive`: "skipping check").
            if !late && !config.has(DeliberateFault::SilenceIgnored) {
                self.check_inactive(now, config, out);
            }
        }
        self.check_install_timer(now, config, out);
    }

    /// Finds the members that were silent for too long (`evs_proto.cpp:check_inactive`). During an
    /// agreement, the others learn of them with the next JOIN.
    fn check_inactive(&mut self, now: Time, config: &Config, out: &mut Vec<Out>) {
        let mut inactive = BTreeSet::new();
        let mut silent = 0;
        let mut any = false;
        for (uuid, known) in &mut self.known {
            let was_suspected = known.suspected;
            known.suspected = now.since(known.heard) > config.evs_suspect_timeout;
            let gone = now.since(known.heard) > config.evs_inactive_timeout;
            any |= known.suspected;
            if !known.operational {
                continue;
            }
            if known.suspected {
                silent += 1;
                if !was_suspected {
                    out.push(Out::Suspecting(*uuid));
                }
            }
            if gone || (known.suspected && known.join.is_none()) {
                inactive.insert(*uuid);
            }
        }
        // All others are silent: this node is the one that is cut off.
        if self.known.len() > 1 && silent == self.known.len() {
            inactive.extend(self.known.keys().copied());
        }
        self.set_inactive(&inactive);
        if self.isolated_until.is_some_and(|until| until <= now) {
            self.isolated_until = None;
        }
        match self.state {
            State::Leaving => self.close_if_alone(out),
            State::Operational if any => {
                self.shift_to_gather(now);
                self.send_join(now, out);
            }
            _ => {}
        }
    }

    /// Returns whether nothing happens but that members tell each other that they live.
    fn is_idle(&self, now: Time, config: &Config) -> bool {
        let fresh = Self::fresh(config);
        self.state == State::Operational
            && !self.leave_pending
            && self.isolated_until.is_none()
            && self.input.is_settled()
            && self.known.len() + 1 == self.members.len()
            && self.known.values().all(|known| {
                known.operational
                    && !known.suspected
                    && !known.leaving
                    && known.join.is_none()
                    && now.since(known.heard) <= fresh
            })
    }

    /// Returns the age that the last word of a member has at most in an idle view.
    pub(crate) fn fresh(config: &Config) -> Time {
        config.evs_keepalive_period + IDLE_LATENCY_MAX
    }

    /// When [`Self::tick`] has to be called next. The check of who is silent and the repetition of
    /// what was said have timers of their own, of which the sooner counts
    /// (`evs_proto.cpp:next_expiration`).
    pub(crate) fn next_tick(&self, now: Time, config: &Config) -> Time {
        let check = self.check_since + config.evs_inactive_check_period;
        let again = match self.retrans_period(config) {
            Some(period) => self.retrans_since + period,
            None => check,
        };
        check.min(again).max(now + TICK_MIN)
    }

    /// Returns the interval at which messages are repeated (`evs_proto.cpp:next_expiration`).
    const fn retrans_period(&self, config: &Config) -> Option<Time> {
        match self.state {
            State::Closed => None,
            State::Operational | State::Leaving => Some(config.evs_keepalive_period),
            State::Joining | State::Gather | State::Install => Some(config.evs_join_retrans_period),
        }
    }

    /// Returns whether the timers can run by themselves for any time, and when they were set. A member that is silent
    /// must be found by what is heard of it, and never within one period.
    pub(crate) fn coasts(&self, now: Time, config: &Config) -> Option<(Time, Time)> {
        let slack = Self::fresh(config) + config.evs_keepalive_period + IDLE_LATENCY_MAX;
        let coasts = self.is_idle(now, config)
            && !config.has(DeliberateFault::SilenceIgnored)
            && config.evs_suspect_timeout > slack;
        coasts.then_some((self.check_since, self.retrans_since))
    }

    /// The timers have run by themselves.
    pub(crate) fn coasted(&mut self, coast: &Coast) {
        self.check_since = coast.checked;
        self.retrans_since = coast.signed;
        if let Some(at) = coast.last_check {
            self.last_check = at;
        }
    }

    /// A member has sent signs of life, the last of which has come at this instant.
    pub(crate) fn heard(&mut self, uuid: GcommUuid, at: Time) {
        if let Some(known) = self.known.get_mut(&uuid) {
            known.heard = at;
        }
    }
}
