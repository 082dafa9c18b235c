//! The output of `date` on a simulated host.
//!
//! Every run begins at midnight of 2026-01-01, so that log lines and transcripts are the same in
//! every run of a seed.

use seatrial_port::Span;

/// The lengths of the months in a year that is no leap year.
const MONTH_DAYS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Returns the instant as `date +'%y%m%d %H:%M:%S'` prints it (`scripts/mysqld_safe.sh:log_generic`).
pub(super) fn safe_stamp(now: Span) -> String {
    let seconds = now.as_micros() / 1_000_000;
    let (mut days, of_day) = (seconds / 86_400, seconds % 86_400);
    let mut year = 2026_u64;
    while days >= year_days(year) {
        days -= year_days(year);
        year += 1;
    }
    let mut month = 1_u64;
    for (index, length) in MONTH_DAYS.into_iter().enumerate() {
        let length = if index == 1 && year_days(year) == 366 {
            29
        } else {
            length
        };
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!(
        "{:02}{month:02}{:02} {:02}:{:02}:{:02}",
        year % 100,
        days + 1,
        of_day / 3_600,
        of_day / 60 % 60,
        of_day % 60
    )
}

fn year_days(year: u64) -> u64 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    if leap { 366 } else { 365 }
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
}
