//! The timers of an idle member, which run by themselves.
//!
//! While members do nothing but tell each other that they live, two timers of each node are all that
//! happens: evs's, which sends the sign of life, and gmcast's, which looks at connections. Neither depends on
//! anything that arrives. So what they do until an instant can be computed, and a driver need not play it.

use crate::time::Time;

/// gmcast's check of connections (`gmcast.cpp:check_period`).
pub(crate) const LINK_CHECK_PERIOD: Time = Time::from_millis(500);
/// evs's ticks are at least so far apart.
pub(crate) const TICK_MIN: Time = Time::from_millis(1);

/// The periods of an idle member's timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Periods {
    /// evs looks for silent members.
    pub(crate) check: Time,
    /// evs sends a sign of life.
    pub(crate) sign: Time,
    /// gmcast sends a sign of its own over a connection on which nothing was sent for so long.
    pub(crate) keepalive: Time,
}

/// The two timers of an idle member between two of their runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coast {
    pub(crate) periods: Periods,
    /// When gmcast dials somebody again; `None` where everybody is connected.
    pub(crate) dials_at: Option<Time>,
    /// The next run of evs's timer.
    pub(crate) evs_at: Time,
    /// The next run of gmcast's timer.
    pub(crate) gmcast_at: Time,
    /// When evs last looked for silent members.
    pub(crate) checked: Time,
    /// When evs last sent a sign of life, or set its timer anew.
    pub(crate) signed: Time,
    /// The oldest of the last signs of life on the connections.
    pub(crate) sent: Time,
    /// The last sign of life since the beginning.
    pub(crate) last_sign: Option<Time>,
    /// The number of signs of life since the beginning.
    pub(crate) signs: u64,
    /// The last check of evs since the beginning.
    pub(crate) last_check: Option<Time>,
    /// The last check of gmcast since the beginning.
    pub(crate) last_link_check: Option<Time>,
    /// The last run of either timer since the beginning.
    pub(crate) last_run: Option<Time>,
}

impl Coast {
    /// Returns the next run of a timer.
    pub fn next(&self) -> Time {
        self.evs_at.min(self.gmcast_at)
    }

    /// Returns the last run of a timer, if there was one.
    pub const fn last_run(&self) -> Option<Time> {
        self.last_run
    }

    /// Returns the last sign of life, if one was sent.
    pub const fn last_sign(&self) -> Option<Time> {
        self.last_sign
    }

    /// Returns the number of signs of life that were sent on each connection.
    pub const fn signs(&self) -> u64 {
        self.signs
    }

    /// Lets the next timer run, both where both are due, in the order of [`crate::TimerId`]. Returns `false`, and does
    /// nothing, where the timers would do more than that.
    pub fn step(&mut self) -> bool {
        let now = self.next();
        if self.gmcast_at == now {
            let speaks = now.since(self.sent) >= self.periods.keepalive;
            if speaks || self.dials_at.is_some_and(|at| at <= now) {
                return false;
            }
            self.gmcast_at = now + LINK_CHECK_PERIOD;
            self.last_link_check = Some(now);
        }
        if self.evs_at == now {
            if now.since(self.signed) >= self.periods.sign {
                self.signed = now;
                self.sent = now;
                self.last_sign = Some(now);
                self.signs += 1;
            }
            if now.since(self.checked) >= self.periods.check {
                self.checked = now;
                self.last_check = Some(now);
            }
            let next = (self.checked + self.periods.check).min(self.signed + self.periods.sign);
            self.evs_at = next.max(now + TICK_MIN);
        }
        self.last_run = Some(now);
        true
    }

    /// Lets the timers run until an instant. Returns the instant until which nothing else happens: that one, or
    /// the one before a run that does more.
    pub fn run(&mut self, until: Time) -> Time {
        self.skip(until);
        while self.next() <= until {
            if !self.step() {
                return Time(self.next().0 - 1);
            }
        }
        until
    }

    /// Passes over whole periods, once one of them has ended as it began.
    fn skip(&mut self, until: Time) {
        let period = self.periods.check.common_multiple(self.periods.sign);
        let period = period.common_multiple(LINK_CHECK_PERIOD);
        let free = self.dials_at.map_or(until, |at| until.min(at));
        // A short stretch is played, and so is the first period, in which the timers find their rhythm.
        for _ in 0..2 {
            let begin = *self;
            let end = self.next() + period;
            if end + period + period > free {
                return;
            }
            while self.next() < end {
                if !self.step() {
                    return;
                }
            }
            if self.relative() != begin.relative() || self.next() != end {
                continue;
            }
            let periods = free.since(self.next()).0 / period.0;
            let by = Time(period.0 * periods.saturating_sub(1));
            for at in [
                &mut self.evs_at,
                &mut self.gmcast_at,
                &mut self.checked,
                &mut self.signed,
                &mut self.sent,
            ] {
                *at += by;
            }
            for at in [
                &mut self.last_sign,
                &mut self.last_check,
                &mut self.last_link_check,
                &mut self.last_run,
            ] {
                *at = at.map(|at| at + by);
            }
            self.signs += (self.signs - begin.signs) * (by.0 / period.0);
            return;
        }
    }

    /// Returns the timers as they stand to the next run.
    fn relative(&self) -> [Time; 5] {
        let next = self.next();
        [
            self.evs_at.since(next),
            self.gmcast_at.since(next),
            next.since(self.checked),
            next.since(self.signed),
            next.since(self.sent),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coast(phases: [u64; 2], sign: u64, check: u64) -> Coast {
        Coast {
            periods: Periods {
                check: Time::from_millis(check),
                sign: Time::from_millis(sign),
                keepalive: Time::from_millis(sign + 200),
            },
            dials_at: None,
            evs_at: Time(1_000_000 + phases[0]),
            gmcast_at: Time(1_000_000 + phases[1]),
            checked: Time(999_700 + phases[0] - check * 1_000),
            signed: Time(1_000_000 + phases[0] - sign * 1_000),
            sent: Time(1_000_000 + phases[0] - sign * 1_000),
            last_sign: None,
            signs: 0,
            last_check: None,
            last_link_check: None,
            last_run: None,
        }
    }

    #[test]
    fn whole_periods_that_are_passed_over_are_as_if_they_were_played() {
        for (phases, sign, check) in [
            ([0, 0], 1_000, 500),
            ([137, 499_999], 1_000, 500),
            ([200_000, 1], 300, 200),
        ] {
            for until in [1_000_000, 1_700_001, 9_000_000, 61_234_567, 3_600_000_000] {
                let (mut skipped, mut played) =
                    (coast(phases, sign, check), coast(phases, sign, check));
                assert_eq!(skipped.run(Time(until)), Time(until));
                while played.next() <= Time(until) {
                    assert!(played.step());
                }
                assert_eq!(skipped, played, "until {until} with {phases:?}");
            }
        }
    }

    #[test]
    fn a_dial_and_a_silent_connection_end_it_before_their_check() {
        let mut dials = coast([137, 250_000], 1_000, 500);
        dials.dials_at = Some(Time(30_400_000));
        assert_eq!(dials.run(Time(90_000_000)), Time(30_749_999));
        assert_eq!(dials.next(), Time(30_750_000));
        let mut silent = coast([400_000, 250_000], 1_000, 500);
        silent.sent = Time(50_000);
        assert_eq!(silent.run(Time(90_000_000)), Time(1_249_999));
    }
}
