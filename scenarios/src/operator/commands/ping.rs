//! `ping -c`: whether a host answers over the network.

use std::fmt::Write as _;

use seatrial_port::call::{Call, CallEnd, CallState};
use seatrial_port::host::{Host, QueryId, Step};
use seatrial_port::{Output, Span};

use super::output::{failed, printed};

/// The most echoes of a line.
const COUNT_MAX: u32 = 100;
/// The time between two echoes.
const INTERVAL: Span = Span::from_secs(1);
/// The longest wait for the last answer (`MAXWAIT`).
const WAIT: Span = Span::from_secs(10);

/// A `ping` with its count.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Ping {
    host: String,
    count: u32,
    wait: Span,
    quiet: bool,
    /// The instant at which each echo was sent, and its call.
    sent: Vec<(Span, QueryId)>,
    /// The lines so far, and which echoes they tell of.
    shown: String,
    told: Vec<bool>,
    received: u32,
    errors: u32,
}

impl Ping {
    /// Reads the words after `ping`.
    pub(super) fn parse(words: &[String]) -> Result<Self, Output> {
        let (mut host, mut count, mut wait, mut quiet) = (None, None, WAIT, false);
        let mut words = words.iter().map(String::as_str);
        while let Some(word) = words.next() {
            let mut value = |short: &str| match word.strip_prefix(short) {
                Some("") => words.next(),
                joined => joined,
            };
            match word {
                "-n" | "-4" => {}
                "-q" | "-nq" | "-qn" => quiet = true,
                _ if word.starts_with("-c") => count = value("-c").and_then(|one| one.parse().ok()),
                _ if word.starts_with("-W") => {
                    let seconds: u64 = value("-W").and_then(|one| one.parse().ok()).unwrap_or(10);
                    wait = Span::from_secs(seconds.clamp(1, 3_600));
                }
                _ if word.starts_with('-') => {
                    return Err(failed(2, format!("this console does not know ping {word}")));
                }
                _ => host = Some(word.to_owned()),
            }
        }
        let Some(host) = host else {
            return Err(failed(2, "ping: usage error: Destination address required"));
        };
        match count {
            Some(count @ 1..=COUNT_MAX) => Ok(Self {
                host,
                count,
                wait,
                quiet,
                sent: Vec::new(),
                shown: String::new(),
                told: Vec::new(),
                received: 0,
                errors: 0,
            }),
            _ => Err(failed(
                2,
                format!(
                    "this console pings only so many times: write ping -c 1, at most {COUNT_MAX}"
                ),
            )),
        }
    }

    /// Sends an echo each second, and waits for the last answer.
    pub(super) fn step(&mut self, host: &mut dyn Host) -> Step {
        let Some(address) = host.address_of(&self.host) else {
            let text = format!("ping: {}: Name or service not known", self.host);
            return Step::Done(failed(2, text));
        };
        if self.shown.is_empty() {
            let _ = writeln!(
                self.shown,
                "PING {} ({address}) 56(84) bytes of data.",
                self.host
            );
        }
        let now = host.now();
        let due = self.sent.last().is_none_or(|(at, _)| now >= *at + INTERVAL);
        if due && self.sent.len() < self.count as usize {
            if host.is_own_name(&self.host) {
                // The loopback answers at once, whatever the network does.
                self.sent.push((now, QueryId(0)));
                self.told.push(true);
                self.hear(self.sent.len(), &address.to_string(), "0.045");
            } else if let Some(id) = host.call(&self.host, Call::Echo) {
                self.sent.push((now, id));
                self.told.push(false);
            }
        }
        for index in 0..self.sent.len() {
            let (_, id) = self.sent[index];
            if self.told[index] {
                continue;
            }
            match host.call_state(id) {
                CallState::Ended(CallEnd::Open) => {
                    self.told[index] = true;
                    self.hear(index + 1, &address.to_string(), "0.412");
                }
                CallState::Ended(CallEnd::NoRoute) => {
                    let own = host.host_name();
                    self.complain(index, &own, "Destination Host Unreachable");
                }
                CallState::Ended(CallEnd::Refused) => {
                    self.complain(index, &address.to_string(), "Destination Port Unreachable");
                }
                CallState::Ended(_) => self.told[index] = true,
                CallState::Dialling | CallState::Connected => {}
            }
        }
        let last = self.sent.last().map_or(now, |(at, _)| *at);
        let all_sent = self.sent.len() == self.count as usize;
        if all_sent && (self.told.iter().all(|told| *told) || now >= last + self.wait) {
            return Step::Done(self.summary(now));
        }
        Step::Until(last + if all_sent { self.wait } else { INTERVAL })
    }

    /// Another host, or this one's own kernel, says that an echo does not arrive.
    fn complain(&mut self, index: usize, from: &str, text: &str) {
        self.told[index] = true;
        self.errors += 1;
        if !self.quiet {
            let _ = writeln!(self.shown, "From {from} icmp_seq={} {text}", index + 1);
        }
    }

    fn hear(&mut self, seq: usize, address: &str, time: &str) {
        self.received += 1;
        if !self.quiet {
            let _ = writeln!(
                self.shown,
                "64 bytes from {address}: icmp_seq={seq} ttl=64 time={time} ms"
            );
        }
    }

    fn summary(&self, now: Span) -> Output {
        let first = self.sent.first().map_or(now, |(at, _)| *at);
        let lost = 100 - 100 * self.received / self.count;
        let errors = match self.errors {
            0 => String::new(),
            errors => format!("+{errors} errors, "),
        };
        let text = format!(
            "{}\n--- {} ping statistics ---\n{} packets transmitted, {} received, {errors}{lost}% packet loss, time {}ms\n",
            self.shown,
            self.host,
            self.count,
            self.received,
            now.saturating_sub(first).as_millis(),
        );
        Output {
            exit: i32::from(self.received == 0),
            ..printed(text)
        }
    }
}
