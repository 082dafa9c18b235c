//! Dates and times of a simulated host, as its commands print and read them.
//!
//! Every run begins at midnight of 2026-01-01, so that log lines and transcripts are the same in
//! every run of a seed.

use seatrial_port::Span;

/// The lengths of the months in a year that is no leap year.
const MONTH_DAYS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// The names of the months.
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// The instant of a run's start in seconds since 1970: midnight of 2026-01-01, UTC.
const EPOCH: u64 = 1_767_225_600;

const DAY: u64 = 86_400;

/// A date with its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Calendar {
    year: u64,
    /// From 1.
    month: u64,
    day: u64,
    of_day: u64,
}

impl Calendar {
    /// Returns the date of an instant.
    pub(super) fn at(now: Span) -> Self {
        let seconds = now.as_micros() / 1_000_000;
        let (mut days, of_day) = (seconds / DAY, seconds % DAY);
        let mut year = 2026_u64;
        while days >= year_days(year) {
            days -= year_days(year);
            year += 1;
        }
        let mut month = 1_u64;
        while days >= month_days(year, month) {
            days -= month_days(year, month);
            month += 1;
        }
        Self {
            year,
            month,
            day: days + 1,
            of_day,
        }
    }

    /// Returns the time of the day as `date +%T` prints it.
    pub(super) fn time(self) -> String {
        let Self { of_day, .. } = self;
        format!(
            "{:02}:{:02}:{:02}",
            of_day / 3_600,
            of_day / 60 % 60,
            of_day % 60
        )
    }

    /// Returns it as the journal prints it.
    pub(super) fn short(self) -> String {
        let month = of_month(&MONTHS, self.month);
        format!("{month} {:02} {}", self.day, self.time())
    }

    /// Returns the date as `date +%F` prints it.
    pub(super) fn date(self) -> String {
        format!("{}-{:02}-{:02}", self.year, self.month, self.day)
    }

    /// Returns it as the journal prints it with `-o short-iso`.
    pub(super) fn iso(self) -> String {
        format!("{}T{}+0000", self.date(), self.time())
    }
}

/// Returns the instant as `date +'%y%m%d %H:%M:%S'` prints it (`scripts/mysqld_safe.sh:log_generic`).
pub(super) fn safe_stamp(now: Span) -> String {
    let calendar = Calendar::at(now);
    let Calendar {
        year, month, day, ..
    } = calendar;
    format!("{:02}{month:02}{day:02} {}", year % 100, calendar.time())
}

/// Returns the entry of a month, which is counted from 1.
fn of_month<T: Copy>(list: &[T; 12], month: u64) -> T {
    list[usize::try_from(month.clamp(1, 12) - 1).unwrap_or(0)]
}

fn month_days(year: u64, month: u64) -> u64 {
    match month {
        2 if year_days(year) == 366 => 29,
        // A date behind the twelfth month cannot be.
        _ => of_month(&MONTH_DAYS, month),
    }
}

fn year_days(year: u64) -> u64 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    if leap { 366 } else { 365 }
}

/// Reads an instant as `journalctl --since` takes it (`systemd.time(7)`). What lies before the run is its start. The
/// error is the complaint: systemd's, or that this form is not known here.
pub(super) fn since(text: &str, now: Span) -> Result<Span, String> {
    let text = text.trim();
    let seconds = now.as_micros() / 1_000_000;
    let midnight = Span::from_secs(seconds - seconds % DAY);
    let day = Span::from_secs(DAY);
    let before = |span: Span| Span(now.as_micros().saturating_sub(span.as_micros()));
    let found = match text {
        "now" => Some(now),
        "today" => Some(midnight),
        "yesterday" => Some(Span(midnight.as_micros().saturating_sub(day.as_micros()))),
        "tomorrow" => Some(midnight + day),
        _ => None,
    };
    let relative = || {
        if let Some(span) = text.strip_suffix("ago").or_else(|| text.strip_prefix('-')) {
            length(span).map(before)
        } else {
            text.strip_prefix('+')
                .and_then(length)
                .map(|span| now + span)
        }
    };
    let counted = || {
        let seconds = text.strip_prefix('@')?.split('.').next()?;
        Some(Span::from_secs(
            seconds.parse::<u64>().ok()?.saturating_sub(EPOCH),
        ))
    };
    let found = found
        .or_else(counted)
        .or_else(relative)
        .or_else(|| written(text, midnight));
    found.ok_or_else(|| {
        // systemd knows names of days and of time zones as well.
        let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let is_day = |day: &&str| text.to_ascii_lowercase().starts_with(day);
        if days.iter().any(is_day)
            || (text.starts_with(|c: char| c.is_ascii_digit()) && text.contains(' '))
        {
            format!("this console does not know the time {text}")
        } else {
            format!("Failed to parse timestamp: {text}")
        }
    })
}

/// Reads `2026-01-01 00:10:00` and its parts.
fn written(text: &str, midnight: Span) -> Option<Span> {
    let text = text
        .strip_suffix(" UTC")
        .or_else(|| text.strip_suffix('Z'))
        .unwrap_or(text);
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (Some(date), Some(time)),
        None if text.contains(':') => (None, Some(text)),
        None => (Some(text), None),
    };
    if date.is_some_and(|date| {
        date.split('-')
            .next()
            .and_then(|year| year.parse().ok())
            .is_some_and(|year: u64| year < 2026)
    }) {
        // It is before the run.
        return Some(Span::ZERO);
    }
    let mut seconds = match date {
        None => midnight.as_micros() / 1_000_000,
        Some(date) => {
            let parts: Vec<u64> = date
                .split('-')
                .map(|part| part.parse().ok())
                .collect::<Option<_>>()?;
            let [year, month, day] = parts.as_slice() else {
                return None;
            };
            if !(1..=12).contains(month)
                || !(1..=month_days(*year, *month)).contains(day)
                || *year > 9_999
            {
                return None;
            }
            let years: u64 = (2026..*year).map(year_days).sum();
            let months: u64 = (1..*month).map(|month| month_days(*year, month)).sum();
            (years + months + day - 1) * DAY
        }
    };
    if let Some(time) = time {
        let time = time.split('.').next().unwrap_or(time);
        let parts: Vec<u64> = time
            .split(':')
            .map(|part| part.parse().ok())
            .collect::<Option<_>>()?;
        let (hour, minute, second) = match parts.as_slice() {
            [hour, minute] => (*hour, *minute, 0),
            [hour, minute, second] => (*hour, *minute, *second),
            _ => return None,
        };
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        seconds += hour * 3_600 + minute * 60 + second;
    }
    Some(Span::from_secs(seconds))
}

/// Reads a length of time: `5min`, `1h 30min`, `10 minutes`.
fn length(text: &str) -> Option<Span> {
    let mut rest = text.trim();
    let mut sum = 0_u64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let number: u64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let unit = match &rest[..letters] {
            "us" | "usec" => 1,
            "ms" | "msec" => 1_000,
            "" | "s" | "sec" | "second" | "seconds" => 1_000_000,
            "m" | "min" | "minute" | "minutes" => 60_000_000,
            "h" | "hr" | "hour" | "hours" => 3_600_000_000,
            "d" | "day" | "days" => DAY * 1_000_000,
            "w" | "week" | "weeks" => 7 * DAY * 1_000_000,
            _ => return None,
        };
        rest = rest[letters..].trim_start();
        sum = sum.checked_add(number.checked_mul(unit)?)?;
    }
    Some(Span(sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_begins_at_midnight_of_the_first_of_january() {
        assert_eq!(safe_stamp(Span::ZERO), "260101 00:00:00");
        assert_eq!(
            safe_stamp(Span::from_secs(86_400 + 3_661)),
            "260102 01:01:01"
        );
        assert_eq!(safe_stamp(Span::from_secs(59 * 86_400)), "260301 00:00:00");
        assert_eq!(
            safe_stamp(Span::from_secs((365 + 365 + 59) * 86_400)),
            "280229 00:00:00"
        );
    }

    #[test]
    fn the_last_instant_that_a_span_can_hold_has_a_date() {
        // Half a million years: slow to count year by year, but nothing that a run reaches.
        assert!(!safe_stamp(Span(u64::MAX)).is_empty());
    }

    #[test]
    fn times_of_the_journal() {
        let now = Span::from_secs(86_400 + 3_661);
        let calendar = Calendar::at(now);
        assert_eq!(calendar.short(), "Jan 02 01:01:01");
        assert_eq!(calendar.iso(), "2026-01-02T01:01:01+0000");
        for (text, seconds) in [
            ("now", 90_061),
            ("today", 86_400),
            ("yesterday", 0),
            ("-61s", 90_000),
            ("1h 1min ago", 86_401),
            ("10 minutes ago", 89_461),
            ("9 weeks ago", 0),
            ("00:30", 88_200),
            ("2026-01-01 00:00:30", 30),
            ("2026-01-02", 86_400),
            ("2025-12-31 23:00:00", 0),
            ("@1767225601", 1),
        ] {
            assert_eq!(since(text, now), Ok(Span::from_secs(seconds)), "{text}");
        }
        assert_eq!(
            since("bananas", now),
            Err("Failed to parse timestamp: bananas".to_owned())
        );
        assert!(since("2026-02-30", now).is_err());
        assert!(since("Mon 2026-01-05", now).is_err_and(|text| text.starts_with("this console")));
    }
}
