//! Reads what a broken Galera cluster leaves behind, and says what it is worth.
//!
//! Bytes go in, dated facts come out, each with its source (file and line) and its certainty. Files are
//! known by what is in them, never by their names. The crate opens no file and asks no clock: the
//! caller passes bytes, or anything that is [`std::io::Read`].
//!
//! # How to use it
//!
//! 1. Make a [`Reader`] for each file, [`push`](Reader::push) the bytes in chunks of any size, and
//!    [`finish`](Reader::finish). Every [`Fact`] goes to a function of yours, in the order of the file.
//! 2. Match on [`Fact::event`]. Each [`Event`] is one kind of line, or one block of lines: a
//!    [`GroupView`], a [`Quorum`] result, a [`ServerView`]. Prefixes of `journalctl`, `docker`,
//!    `kubectl`, of an operator's JSON and of `grep` are gone by then, and all versions look alike.
//! 3. Do not take the order of lines for the order of time. [`Fact::at`] is the time, with its offset
//!    where the line has one; [`made_at`] reads the time out of a uuid, which no time zone touches.
//! 4. Look at [`Fact::writer`] before you count lives: recovery runs and helpers of transfers print the
//!    same lines as a server.
//! 5. Events that every member prints ([`Event::DonorChosen`], [`Event::TransferTo`],
//!    [`Event::MemberSynced`], …) are one event in several logs. The uuid of a state exchange
//!    ([`Event::StateMessage`]) is equal on all members, and aligns logs better than any clock.
//! 6. What repeats itself every second is one fact with [`Repeats`].
//!
//! ```
//! use seatrial_evidence::{Event, FileId, Reader};
//!
//! let log = b"2030-01-02T03:04:05.000006Z 0 [Note] [MY-000000] [Galera] Quorum results:\n\
//!     \tversion    = 6,\n\tcomponent  = PRIMARY,\n\tconf_id    = 4,\n\
//!     \tmembers    = 2/3 (primary/total),\n\tact_id     = 100,\n\
//!     \tgroup UUID = 7159b315-ed8a-11ed-b66b-82b08426f1d2\n";
//! let mut reader = Reader::new(FileId(0));
//! let mut quorums = Vec::new();
//! let mut sink = |fact: seatrial_evidence::Fact| {
//!     if let Event::Quorum(quorum) = fact.event {
//!         quorums.push((fact.source.line, quorum));
//!     }
//! };
//! reader.push(log, &mut sink);
//! reader.finish(&mut sink);
//! let (line, quorum) = &quorums[0];
//! assert_eq!((*line, quorum.members, quorum.act_id), (1, Some(3), Some(100)));
//! ```

mod block;
mod bounded;
mod digest;
mod envelope;
mod event;
mod fact;
mod findings;
mod identity;
mod intake;
mod known;
mod message;
mod nodes;
mod plain;
mod reader;
mod state_file;
mod steps;
mod summary;
mod time;
mod timeline;
mod words;

pub use bounded::{Bounded, FACTS_MAX};
pub use digest::Digest;
pub use event::{
    Event, Failure, GroupView, Member, ProtocolTooNew, Quorum, ServerView, Side, StartPositionBy,
    ViewKind, ViewMember, ViewNumberFrom,
};
pub use fact::{Certainty, Fact, FileId, Repeats, Source, Writer};
pub use findings::{Finding, Kind, Weight, because, findings, short};
pub use identity::Identity;
pub use intake::{InputFile, Intake, IntakeError};
pub use known::{FileIsOld, Known, PositionFrom, Server, Setting};
pub use nodes::{Given, NodeFiles, divide};
pub use reader::Reader;
pub use state_file::{StateFile, ViewFile};
pub use summary::Summary;
pub use time::{Stamp, made_at};
pub use timeline::{Dated, KnownBy, Life, MovedOn, Timeline, in_order};
