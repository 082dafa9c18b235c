//! The time that stands on a line, in every spelling that servers and wrappers write.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;
use serde::{Serialize, Serializer};

use seatrial_galera::StateUuid;

/// The time of a line: what its clock showed, and the offset from UTC where the line names one.
///
/// `MariaDB` writes local time without an offset, `PXC` and `MySQL` write UTC (`Z`) or an offset, and
/// `mysqld_safe` writes a year of two digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// What the clock showed.
    pub shown: DateTime,
    /// The offset from UTC; `None` for local time of an unknown zone.
    pub offset: Option<Offset>,
}

impl Stamp {
    /// The instant, where local time without an offset is taken for UTC. Stamps of one log can be
    /// compared by it; stamps of two logs only where both have an offset.
    pub fn instant(&self) -> Timestamp {
        let offset = self.offset.unwrap_or(Offset::UTC);
        offset
            .to_timestamp(self.shown)
            .unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Reads the stamp at the beginning of the bytes, and says how many bytes it takes.
    ///
    /// Read are `2030-01-02T03:04:05.000006Z`, `… 03:04:05+02:00`, `2030-01-02  3:04:05`, and
    /// `300102  3:04:05` (two digits of a year of this century).
    pub fn read(bytes: &[u8]) -> Option<(Self, usize)> {
        let mut at = Cursor { bytes, at: 0 };
        let (year, month, day) = if bytes.get(4) == Some(&b'-') {
            let year = at.digits(4)?;
            at.byte(b"-")?;
            let month = at.digits(2)?;
            at.byte(b"-")?;
            (year, month, at.digits(2)?)
        } else {
            (2000 + at.digits(2)?, at.digits(2)?, at.digits(2)?)
        };
        at.byte(b"T ")?;
        // The hour is padded with a blank: `2024-09-01  3:00:11`.
        let hour = match at.byte(b" ") {
            Some(_) => at.digits(1)?,
            None => at.digits(2).or_else(|| at.digits(1))?,
        };
        at.byte(b":")?;
        let minute = at.digits(2)?;
        at.byte(b":")?;
        let second = at.digits(2)?;
        let nanosecond = at.fraction();
        let offset = at.offset();
        let date = Date::new(i16::try_from(year).ok()?, small(month)?, small(day)?).ok()?;
        // A leap second is shown as the second before it.
        let second = small(second)?.min(59);
        let time = Time::new(small(hour)?, small(minute)?, second, nanosecond).ok()?;
        let stamp = Self {
            shown: DateTime::from_parts(date, time),
            offset,
        };
        Some((stamp, at.at))
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = self.shown.strftime("%Y-%m-%d %H:%M:%S");
        match self.offset {
            None => write!(f, "{second}"),
            Some(Offset::UTC) => write!(f, "{second}Z"),
            Some(offset) => write!(f, "{second}{offset}"),
        }
    }
}

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The start of 1970 in the clock of such uuids: 100 ns since 1582-10-15.
const TO_1970: u128 = 0x01b2_1dd2_1381_4000;

/// The start of 2000 in that clock.
const TO_2000: u128 = TO_1970 + 946_684_800 * 10_000_000;

/// The UTC time at which a uuid of version 1 was made: the one clock that no time zone touches. `None`
/// for other uuids, and for times before 2000.
pub fn made_at(uuid: StateUuid) -> Option<Timestamp> {
    let field = |shift: u32, mask: u128| (uuid.0 >> shift) & mask;
    if field(76, 0xf) != 1 {
        return None;
    }
    let ticks = field(64, 0xfff) << 48 | field(80, 0xffff) << 32 | field(96, 0xffff_ffff);
    if ticks < TO_2000 {
        return None;
    }
    let nanoseconds = i128::try_from((ticks - TO_1970) * 100).ok()?;
    Timestamp::from_nanosecond(nanoseconds).ok()
}

fn small(number: u32) -> Option<i8> {
    i8::try_from(number).ok()
}

/// A place in the bytes of a stamp.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    /// Takes one of these bytes.
    fn byte(&mut self, wanted: &[u8]) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        wanted.contains(&byte).then(|| {
            self.at += 1;
            byte
        })
    }

    /// Takes exactly so many digits.
    fn digits(&mut self, count: usize) -> Option<u32> {
        let digits = self.bytes.get(self.at..self.at + count)?;
        let number = digits.iter().try_fold(0, |number: u32, digit| {
            let digit = char::from(*digit).to_digit(10)?;
            Some(number * 10 + digit)
        })?;
        self.at += count;
        Some(number)
    }

    /// Takes a fraction of a second, in nanoseconds.
    fn fraction(&mut self) -> i32 {
        let before = self.at;
        if self.byte(b".,").is_none() {
            return 0;
        }
        let mut nanoseconds = 0;
        let mut unit = 100_000_000;
        let mut taken = 0;
        while let Some(digit) = self.digits(1) {
            nanoseconds += i32::try_from(digit).unwrap_or(0) * unit;
            unit /= 10;
            taken += 1;
        }
        if taken == 0 {
            self.at = before;
        }
        nanoseconds
    }

    /// Takes `Z`, `+02:00`, `+0200` or `-00:00`.
    fn offset(&mut self) -> Option<Offset> {
        let before = self.at;
        if self.byte(b"Z").is_some() {
            return Some(Offset::UTC);
        }
        let taken = self.signed_offset();
        if taken.is_none() {
            self.at = before;
        }
        taken
    }

    fn signed_offset(&mut self) -> Option<Offset> {
        let sign = if self.byte(b"+-")? == b'-' { -1 } else { 1 };
        let hours = self.digits(2)?;
        let _ = self.byte(b":");
        let minutes = self.digits(2)?;
        let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
        Offset::from_seconds(sign * seconds).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        Stamp::read(text.as_bytes()).map_or_else(
            || "-".to_owned(),
            |(stamp, taken)| format!("{stamp} | {}", &text[taken..]),
        )
    }

    #[test]
    fn every_spelling_of_a_time() {
        let texts = [
            "2030-01-02T03:04:05.000006Z 0 [Note]",
            "2030-01-02T03:04:05.000006+02:00 0 [Note]",
            "2024-09-01  3:00:11 0 [Note]",
            "2024-09-01 13:00:11 139 [Note]",
            "140311 20:18:44 mysqld_safe",
            "140311  2:18:44 [Note]",
            "2030-01-02T03:04:05.123456789Z MSG",
            "2030-13-02T03:04:05Z",
            "1234567",
            "bananas",
        ];
        let all: Vec<String> = texts.iter().map(|text| read(text)).collect();
        insta::assert_snapshot!(all.join("\n"), @r"
        2030-01-02 03:04:05Z |  0 [Note]
        2030-01-02 03:04:05+02 |  0 [Note]
        2024-09-01 03:00:11 |  0 [Note]
        2024-09-01 13:00:11 |  139 [Note]
        2014-03-11 20:18:44 |  mysqld_safe
        2014-03-11 02:18:44 |  [Note]
        2030-01-02 03:04:05Z |  MSG
        -
        -
        -
        ");
    }

    #[test]
    fn a_uuid_of_version_1_knows_its_birth() {
        let uuid = "2f4be8e1-fc2b-11ed-a1b2-000000000000".parse().unwrap();
        let made = made_at(uuid).unwrap();
        assert!(made.to_string().starts_with("2023-05-27"), "{made}");
        assert_eq!(made_at(StateUuid(7)), None);
    }
}
