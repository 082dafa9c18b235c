//! Messages about transfers of state.

use super::{Block, Read, Reader, or_nothing, or_unreadable};
use crate::event::{Event, Side};
use crate::words::{after, between, history, member, number, position, range, seqno, shown, word};

pub(super) const HEADS: &[(&str, Reader)] = &[
    ("State transfer required:", |_| {
        Read::Begins(Block::TransferWanted)
    }),
    ("Requesting state transfer failed: ", |rest| {
        or_nothing(number(rest).map(|errno| Event::RequestFailed {
            errno,
            retries: rest.contains("keep retrying"),
        }))
    }),
    ("State transfer request failed unrecoverably: ", |rest| {
        or_nothing(number(rest).map(|errno| Event::RequestUnrecoverable { errno }))
    }),
    ("IST request: ", |rest| {
        or_unreadable(
            (|| {
                let (uuid, numbers) = rest.split_once(':')?;
                let (have, last) = range(numbers)?;
                Some(Event::IstRequest {
                    history: history(uuid)?,
                    have,
                    last,
                })
            })(),
            "a request for an incremental transfer",
        )
    }),
    ("async IST sender starting to serve ", |rest| {
        or_nothing(
            after(rest, "sending ")
                .and_then(range)
                .map(|(first, last)| Event::IstSending { first, last }),
        )
    }),
    ("IST sender ", |rest| {
        or_nothing((|| {
            let (first, last) = rest.split_once("->")?;
            Some(Event::IstSending {
                first: seqno(first)?,
                last: seqno(last)?,
            })
        })())
    }),
    ("Receiving IST: ", |rest| {
        or_nothing(
            after(rest, "seqnos ")
                .and_then(range)
                .map(|(first, last)| Event::IstReceiving { first, last }),
        )
    }),
    ("Receiving IST failed", ist_failed),
    ("IST didn't contain all write sets", |rest| {
        Read::Event(Event::IstFailed {
            expected: after(rest, "expected last: ").and_then(seqno),
            received: after(rest, "last received: ").and_then(seqno),
            errno: None,
        })
    }),
    ("got exception while reading IST stream", ist_failed),
    ("IST received: ", |rest| {
        or_nothing(position(rest).map(|position| Event::IstReceived { position }))
    }),
    ("IST first seqno ", |rest| {
        if rest.contains("not found from cache") {
            or_nothing(seqno(rest).map(|seqno| Event::IstNotInCache { seqno }))
        } else {
            Read::Nothing
        }
    }),
    ("SST sent: ", |rest| {
        or_nothing(position(rest).map(|position| Event::SstSent { position }))
    }),
    ("SST received: ", |rest| {
        or_nothing(position(rest).map(|position| Event::SstReceived { position }))
    }),
    ("SST complete, seqno: ", |rest| {
        or_nothing(seqno(rest).map(|seqno| Event::SstComplete { seqno }))
    }),
    ("Initiating SST/IST transfer on ", script),
    ("Running: '", script),
    ("Proceeding with SST", |_| Read::Event(Event::SstProceeds)),
    ("SST sending failed: ", failed),
    ("Possible timeout in rec", |rest| {
        failed(&format!("Possible timeout in rec{rest}"))
    }),
    ("Streaming the backup to joiner", |_| {
        Read::Event(Event::SstStreams)
    }),
    ("SST script aborted with error", failed),
    ("SST failed: ", failed),
    ("Failed to JOIN the cluster after SST", failed),
    ("Will never receive state. Need to abort", failed),
];

fn failed(rest: &str) -> Read {
    Read::Event(Event::SstFailed { text: shown(rest) })
}

/// Messages that a script passes on from `socat`: `2030/01/02 03:04:05 socat[77] E SSL_write(): Connection reset by peer`.
pub(super) fn of_socat(message: &str) -> Option<Read> {
    let text = after(after(message, " socat[")?, "] E ")?;
    Some(Read::Event(Event::SstToolFailed {
        text: format!("socat: {}", shown(text)),
    }))
}

/// An incremental transfer that broke, with the number of its error: `…: 71 (Protocol error)`.
fn ist_failed(rest: &str) -> Read {
    let before = rest.rsplit_once(" (").map(|(before, _)| before);
    let word = before.and_then(|before| before.rsplit(' ').next());
    Read::Event(Event::IstFailed {
        expected: None,
        received: None,
        errno: word.and_then(|word| word.parse().ok()),
    })
}

/// The command line of a transfer's script.
fn script(rest: &str) -> Read {
    let Some(at) = rest.find("wsrep_sst_") else {
        return Read::Nothing;
    };
    let side = between(rest, "--role ", " ").map(|role| role.trim_matches('\''));
    let side = match side {
        Some("donor") => Side::Donor,
        Some("joiner") => Side::Joiner,
        _ if rest.starts_with("DONOR") => Side::Donor,
        _ => Side::Joiner,
    };
    Read::Event(Event::SstScript {
        side,
        bypass: rest.contains("--bypass"),
        method: word(&rest[at..]).to_owned(),
    })
}

/// Messages that begin with a member: `0.0 (a): State transfer to 1.0 (b) complete.`
pub(super) fn of_a_member(message: &str) -> Read {
    or_nothing((|| {
        let (one, rest) = member(message)?;
        let rest = rest.strip_prefix(": State transfer ")?;
        let (direction, rest) = rest.split_once(' ')?;
        let (other, rest) = member(rest)?;
        let failed = rest.contains("failed");
        if !failed && !rest.contains("complete") {
            return None;
        }
        match direction {
            "to" => Some(Event::TransferTo {
                donor: one,
                joiner: other,
                failed,
            }),
            "from" => Some(Event::TransferFrom {
                joiner: one,
                donor: other,
                failed,
            }),
            _ => None,
        }
    })())
}
