//! `shutdown`, `poweroff`, `halt` and `uptime`: the end of a host, and how long it has run (systemd, procps 4).

use seatrial_port::host::{Host, Step};
use seatrial_port::{Output, Span};

use super::clock::Calendar;
use super::output::{failed, printed};

/// The commands of this file.
pub(super) const NAMES: [&str; 4] = ["halt", "poweroff", "shutdown", "uptime"];

/// A command about the power of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Power {
    /// The host stops its services and is off.
    Off,
    /// The host stops its services and starts again.
    Reboot,
    /// `uptime`.
    Up(Form),
}

/// The form of `uptime`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Form {
    Usual,
    /// `-p`.
    Pretty,
    /// `-s`.
    Since,
}

impl Power {
    /// Reads the words after one of [`NAMES`].
    pub(super) fn parse(name: &str, words: &[String]) -> Result<Self, Output> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let unknown = || {
            failed(
                1,
                format!("this console does not know {name} {}", words.join(" ")),
            )
        };
        match (name, words.as_slice()) {
            ("uptime", []) => Ok(Self::Up(Form::Usual)),
            ("uptime", ["-p" | "--pretty"]) => Ok(Self::Up(Form::Pretty)),
            ("uptime", ["-s" | "--since"]) => Ok(Self::Up(Form::Since)),
            // A host that was halted has to be switched off and on by hand, as one that is off.
            ("poweroff" | "halt", [] | ["-p" | "--poweroff" | "--no-wall"]) => Ok(Self::Off),
            ("shutdown", rest) => {
                let mut end = Self::Off;
                let mut now = false;
                for word in rest {
                    match *word {
                        "-h" | "-P" | "-H" | "--poweroff" | "--halt" => end = Self::Off,
                        "-r" | "--reboot" => end = Self::Reboot,
                        "now" | "+0" => now = true,
                        "--no-wall" => {}
                        _ => return Err(unknown()),
                    }
                }
                // Without a time it waits for a minute.
                if now { Ok(end) } else { Err(unknown()) }
            }
            _ => Err(unknown()),
        }
    }

    /// Asks for the end and returns at once: the terminal goes down with the host.
    pub(super) fn step(self, host: &mut dyn Host) -> Step {
        Step::Done(match self {
            Self::Off => {
                host.power_off();
                printed("")
            }
            Self::Reboot => {
                host.reboot();
                printed("")
            }
            Self::Up(form) => printed(uptime(form, host.booted_at(), host.now())),
        })
    }
}

fn uptime(form: Form, booted: Span, now: Span) -> String {
    let minutes = now.as_micros().saturating_sub(booted.as_micros()) / 60_000_000;
    let (days, hours, minutes) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    let many = |number: u64, word: &str| match number {
        1 => format!("1 {word}"),
        _ => format!("{number} {word}s"),
    };
    match form {
        Form::Since => {
            let at = Calendar::at(booted);
            format!("{} {}\n", at.date(), at.time())
        }
        Form::Pretty => {
            let parts = [(days, "day"), (hours, "hour"), (minutes, "minute")];
            let parts = parts.into_iter().filter(|(number, _)| *number > 0);
            let text: Vec<String> = parts.map(|(number, word)| many(number, word)).collect();
            format!(
                "up {}\n",
                if text.is_empty() {
                    "0 minutes".to_owned()
                } else {
                    text.join(", ")
                }
            )
        }
        Form::Usual => {
            let day = if days > 0 {
                many(days, "day") + ", "
            } else {
                String::new()
            };
            let rest = if hours > 0 {
                format!("{hours:>2}:{minutes:02}")
            } else {
                format!("{minutes} min")
            };
            let time = Calendar::at(now).time();
            // Nobody is logged in at a terminal, and the load is that of a host with nothing to do.
            format!(" {time} up {day}{rest},  0 user,  load average: 0.00, 0.00, 0.00\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_since_a_boot() {
        let up =
            |form, seconds: u64| uptime(form, Span::from_secs(60), Span::from_secs(60 + seconds));
        assert_eq!(
            up(Form::Usual, 420),
            " 00:08:00 up 7 min,  0 user,  load average: 0.00, 0.00, 0.00\n"
        );
        assert_eq!(
            up(Form::Usual, 3_900),
            " 01:06:00 up  1:05,  0 user,  load average: 0.00, 0.00, 0.00\n"
        );
        assert_eq!(up(Form::Pretty, 90_060), "up 1 day, 1 hour, 1 minute\n");
        assert_eq!(up(Form::Pretty, 59), "up 0 minutes\n");
        assert_eq!(up(Form::Since, 0), "2026-01-01 00:01:00\n");
    }
}
