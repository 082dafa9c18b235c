//! Messages of one line: found by their first words, read by a function each.
//!
//! One automaton over the beginnings of all known messages decides in a few bytes whether a message is
//! of interest, so that logs of gigabytes cost little more than the search for their line ends.

pub(crate) mod failure;
mod group;
pub(crate) mod life;
mod transfer;

use std::sync::LazyLock;

use aho_corasick::automaton::Automaton as _;
use aho_corasick::dfa::DFA;
use aho_corasick::{Anchored, Input, MatchKind, StartKind};
use bstr::ByteSlice;

use crate::envelope::Severity;
use crate::event::Event;

/// What a message turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Read {
    /// Complete in one line.
    Event(Event),
    /// The first line of a block.
    Begins(Block),
    /// A value that should be there cannot be read.
    Unreadable(&'static str),
    /// A message of no interest.
    Nothing,
}

/// Blocks of several lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// `view (view_id(…)`, whose own first line may be this one or the next.
    GroupView,
    Quorum,
    /// `View:`, whose own first line may be this one or the next.
    ServerView,
    /// `Recovered view from SST:`.
    ViewOfTransfer,
    /// `State transfer required:`.
    TransferWanted,
    /// `Votes over …:`.
    Votes,
}

/// Reads what follows the words by which a message was found.
type Reader = fn(&str) -> Read;

static HEADS: LazyLock<Vec<(&'static str, Reader)>> = LazyLock::new(|| {
    [life::HEADS, group::HEADS, transfer::HEADS]
        .concat()
        .into_iter()
        .collect()
});

static AUTOMATON: LazyLock<DFA> = LazyLock::new(|| {
    DFA::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .start_kind(StartKind::Anchored)
        .build(HEADS.iter().map(|(head, _)| head))
        .expect("the beginnings of messages make a small automaton")
});

/// Reads a message.
pub(crate) fn read(message: &[u8], severity: Severity) -> Read {
    let message = without_place(message);
    let message = message.strip_prefix(b"####### ").unwrap_or(message);
    let input = Input::new(message).anchored(Anchored::Yes);
    let found = AUTOMATON.try_find(&input).ok().flatten();
    let read = match found {
        Some(found) => {
            let (_, reader) = HEADS[found.pattern().as_usize()];
            reader(&message[found.end()..].to_str_lossy())
        }
        None => special(message),
    };
    if read == Read::Nothing && severity != Severity::Note {
        return failure::read(message);
    }
    read
}

/// Messages that begin with a value.
fn special(message: &[u8]) -> Read {
    match message.first() {
        Some(b'(') => group::of_a_link(&message.to_str_lossy()),
        Some(b'0'..=b'9' | b'-') => {
            let message = message.to_str_lossy();
            transfer::of_socat(&message).unwrap_or_else(|| transfer::of_a_member(&message))
        }
        Some(b'/' | b'm') => life::of_a_program(&message.to_str_lossy()),
        _ => Read::Nothing,
    }
}

/// Takes away the place in the source: `gcs/src/gcs_group.cpp:name():431: `.
fn without_place(message: &[u8]) -> &[u8] {
    const LONGEST: usize = 200;
    let start = &message[..message.len().min(LONGEST)];
    let looks_so = start.starts_with(b"./") || start.starts_with(b"g") || start.starts_with(b"/");
    if !looks_so {
        return message;
    }
    let Some(at) = memchr::memmem::find(start, b"():") else {
        return message;
    };
    let rest = &message[at + 3..];
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    rest[digits..].strip_prefix(b": ").unwrap_or(message)
}

/// The event, or a note that its value cannot be read.
fn or_unreadable(event: Option<Event>, wanted: &'static str) -> Read {
    event.map_or(Read::Unreadable(wanted), Read::Event)
}

/// The event, or nothing where the rest of the message is another one's.
fn or_nothing(event: Option<Event>) -> Read {
    event.map_or(Read::Nothing, Read::Event)
}
