//! The reader of one file: bytes in, in chunks of any size; facts out.

use std::borrow::Cow;

use bstr::ByteSlice;
use serde::Deserialize;

use crate::block::{Offered, Pending};
use crate::envelope::{self, Envelope};
use crate::event::Event;
use crate::fact::{Certainty, Fact, FileId, Repeats, Source, Writer};
use crate::message::{self, Read};
use crate::plain::Plain;
use crate::state_file::{StateFile, Taken, ViewLines};
use crate::summary::Summary;
use crate::time::Stamp;
use crate::words::shown;

/// The longest line that is kept; the rest of a longer one is passed over.
const LINE_MAX: usize = 256 << 10;

/// How many facts are held back, so that what repeats itself is counted instead of listed.
const HELD_MAX: usize = 8;

/// How many hosts of one file are told apart; it is more than any cluster has nodes.
const HOSTS_MAX: usize = 64;

/// Reads one file.
///
/// A file may hold the lines of several servers, as `docker compose logs` and `kubectl logs --prefix` write them. Each of
/// them is a part of its own then, by the prefixes of its lines: the first one has the number of the file, and each
/// other one the next number. A line without a prefix belongs to the line before it.
///
/// Push the bytes in chunks of any size, then finish. Facts come in the order of the file. The memory
/// that it takes does not depend on the size of the file.
///
/// ```
/// use seatrial_evidence::{Event, FileId, Reader};
///
/// let mut facts = Vec::new();
/// let mut reader = Reader::new(FileId(0));
/// reader.push(b"2030-01-02  3:04:05 0 [Note] WSREP: Shifting JOI", &mut |fact| facts.push(fact));
/// reader.push(b"NED -> SYNCED (TO: 7)\n", &mut |fact| facts.push(fact));
/// reader.finish(&mut |fact| facts.push(fact));
/// assert!(matches!(&facts[0].event, Event::Shift { to, .. } if to == "SYNCED"));
/// assert_eq!(facts[0].source.line, 1);
/// ```
#[derive(Debug)]
pub struct Reader {
    file: FileId,
    /// The beginning of a line whose end has not come yet.
    rest: Vec<u8>,
    /// Whether the line is longer than it may be, so that what comes is passed over.
    overlong: bool,
    /// The part that lines belong to now.
    state: State,
    /// The other parts of the file.
    others: Vec<State>,
    /// Whether containers' prefixes stand before lines of servers.
    of_containers: bool,
}

/// A line that says something, before its block is complete.
#[derive(Debug)]
struct Open<T> {
    what: T,
    source: Source,
    at: Option<Stamp>,
    writer: Writer,
}

#[derive(Debug, Default)]
struct State {
    file: FileId,
    /// The host that the prefixes of these lines name.
    host: Option<Vec<u8>>,
    read: Summary,
    writer: Writer,
    plain: Plain,
    pending: Option<Open<Pending>>,
    grastate: Option<Open<StateFile>>,
    gvwstate: Option<Open<ViewLines>>,
    held: Vec<Fact>,
}

impl Reader {
    /// A reader for this file.
    pub fn new(file: FileId) -> Self {
        Self {
            file,
            rest: Vec::new(),
            overlong: false,
            state: State {
                file,
                ..State::default()
            },
            others: Vec::new(),
            of_containers: false,
        }
    }

    /// Looks for hosts in the first bytes of a file, so that lines of a container before its server's first one count
    /// for it, too.
    pub fn expect(&mut self, bytes: &[u8]) {
        for line in bytes.split(|byte| *byte == b'\n') {
            if let Some(json) = json(line) {
                if let Some(host) = json.host {
                    self.part(host.as_bytes());
                }
                continue;
            }
            let envelope = envelope::open(line);
            if let Some(host) = envelope.host
                && envelope.is_headed
            {
                self.of_containers |= host.is_container;
                self.part(host.name);
            }
        }
    }

    /// The part of a host, which is made where there is room; the first host has the part that is there.
    fn part(&mut self, host: &[u8]) {
        if self.state.host.is_none() {
            self.state.host = Some(host.to_vec());
            self.state.host(host);
            return;
        }
        let known = |state: &State| state.host.as_deref() == Some(host);
        if known(&self.state) || self.others.iter().any(known) {
            return;
        }
        if self.others.len() + 1 == HOSTS_MAX {
            self.state.host(host);
            return;
        }
        let number = u32::try_from(self.others.len() + 1).unwrap_or(u32::MAX);
        let mut state = State {
            file: FileId(self.file.0.saturating_add(number)),
            host: Some(host.to_vec()),
            ..State::default()
        };
        state.host(host);
        self.others.push(state);
    }

    /// Goes over to the part of a host. A prefix alone makes no part: rows of tables may look like one.
    fn turn(&mut self, host: &[u8], is_sure: bool) {
        if self.state.host.as_deref() == Some(host) {
            return;
        }
        if is_sure {
            self.part(host);
        }
        let place = self
            .others
            .iter()
            .position(|state| state.host.as_deref() == Some(host));
        if let Some(place) = place {
            // Lines are counted through the whole file.
            self.others[place].read.lines = self.state.read.lines;
            std::mem::swap(&mut self.state, &mut self.others[place]);
        }
    }

    /// Reads a line without its line end.
    fn line(&mut self, line: &[u8], sink: &mut dyn FnMut(Fact)) {
        self.state.read.lines += 1;
        let line = self.state.skip_zeros(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return;
        }
        if let Some(json) = json(line) {
            if let Some(host) = &json.host {
                self.turn(host.as_bytes(), true);
            }
            self.state.json(&json, sink);
            return;
        }
        let envelope = envelope::open(line);
        if let Some(host) = envelope.host {
            self.of_containers |= host.is_container && envelope.is_headed;
            let is_sure = envelope.is_headed || host.is_container && self.of_containers;
            self.turn(host.name, is_sure);
        }
        self.state.text(&envelope, sink);
    }

    /// The file that it reads.
    pub const fn file(&self) -> FileId {
        self.file
    }

    /// Reads the next bytes.
    pub fn push(&mut self, mut bytes: &[u8], sink: &mut dyn FnMut(Fact)) {
        self.state.read.bytes += bytes.len() as u64;
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let (line, after) = bytes.split_at(end);
            bytes = &after[1..];
            if self.rest.is_empty() && !self.overlong {
                self.line(&line[..line.len().min(LINE_MAX)], sink);
            } else {
                self.keep(line);
                let rest = std::mem::take(&mut self.rest);
                self.line(&rest, sink);
                self.rest = rest;
                self.rest.clear();
            }
            self.overlong = false;
        }
        self.keep(bytes);
    }

    /// Reads what is left, and says what the whole file came to: its parts together.
    pub fn finish(self, sink: &mut dyn FnMut(Fact)) -> Summary {
        let mut parts = self.finish_parts(sink).into_iter();
        let mut whole = parts.next().unwrap_or_default();
        parts.for_each(|part| whole.add(part));
        whole
    }

    /// Reads what is left, and says what each part came to, the first part first. Most files have one.
    pub fn finish_parts(mut self, sink: &mut dyn FnMut(Fact)) -> Vec<Summary> {
        let cut_off = !self.rest.is_empty();
        if cut_off {
            let rest = std::mem::take(&mut self.rest);
            self.line(&rest, sink);
        }
        self.state.end(cut_off, sink);
        for state in &mut self.others {
            state.end(false, sink);
        }
        let mut parts = self.others;
        parts.push(self.state);
        parts.sort_by_key(|state| state.file);
        parts.into_iter().map(|state| state.read).collect()
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LINE_MAX.saturating_sub(self.rest.len());
        // A hole of zeros at the start of a line, as a log that was cut off while it was open has.
        let bytes = if self.rest.is_empty() {
            self.state.skip_zeros(bytes)
        } else {
            bytes
        };
        let taken = bytes.len().min(room);
        self.rest.extend_from_slice(&bytes[..taken]);
        if taken < bytes.len() && !self.overlong {
            self.overlong = true;
            self.state.read.too_long += 1;
        }
    }
}

/// A line of an operator, of a container runtime, or of `journalctl -o json`.
#[derive(Deserialize)]
struct JsonLine<'a> {
    #[serde(borrow, alias = "MESSAGE", alias = "message", alias = "msg")]
    log: Option<Cow<'a, str>>,
    #[serde(borrow)]
    file: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "_HOSTNAME", alias = "pod", alias = "host")]
    host: Option<Cow<'a, str>>,
}

/// A line of JSON, if this is one.
fn json(line: &[u8]) -> Option<JsonLine<'_>> {
    (line.starts_with(b"{") && line.ends_with(b"}"))
        .then(|| serde_json::from_slice::<JsonLine<'_>>(line).ok())
        .flatten()
        .filter(|json| json.log.is_some())
}

impl State {
    fn skip_zeros<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        self.read.zeros += zeros as u64;
        &bytes[zeros..]
    }

    /// Reads a line of JSON, which may hold several lines of text.
    fn json(&mut self, json: &JsonLine<'_>, sink: &mut dyn FnMut(Fact)) {
        self.writer = writer(json.file.as_deref().unwrap_or_default());
        for inner in json.log.as_deref().unwrap_or_default().lines() {
            self.text(&envelope::open(inner.as_bytes()), sink);
        }
        self.close_pending(sink);
        self.writer = Writer::Server;
    }

    fn host(&mut self, host: &[u8]) {
        // One more than there may be is enough to know that there are too many.
        if self.read.hosts.len() < 2 {
            self.read.hosts.insert(shown(&host.to_str_lossy()));
        }
    }

    /// Reads a line of text.
    fn text(&mut self, envelope: &Envelope<'_>, sink: &mut dyn FnMut(Fact)) {
        if let Some(at) = envelope.at
            && !envelope.is_tool
        {
            self.read.last_at = Some(at);
            self.read.last_line = self.read.lines;
            self.read.first_at.get_or_insert(at);
        }
        if envelope.is_headed {
            self.read.log_lines += 1;
            self.close_pending(sink);
            self.close_files(false, sink);
        } else if !envelope.is_wrapper && self.continues(envelope, sink) {
            return;
        }
        if envelope.is_tool {
            return;
        }
        let read = if envelope.is_headed || envelope.is_wrapper {
            message::read(envelope.message, envelope.severity)
        } else {
            let text = self.as_text(envelope.message);
            if self.file_line(&text, sink) {
                return;
            }
            self.plain.read(&text)
        };
        self.take(read, envelope, sink);
    }

    fn as_text<'a>(&mut self, line: &'a [u8]) -> Cow<'a, str> {
        let text = line.to_str_lossy();
        if matches!(text, Cow::Owned(_)) {
            self.read.not_utf8 += 1;
        }
        text
    }

    fn source(&self) -> Source {
        Source {
            file: self.file,
            line: self.read.lines,
        }
    }

    fn take(&mut self, read: Read, envelope: &Envelope<'_>, sink: &mut dyn FnMut(Fact)) {
        let writer = if envelope.is_wrapper && self.writer == Writer::Server {
            Writer::Wrapper
        } else {
            self.writer
        };
        let at = envelope.at;
        match read {
            Read::Event(event) => self.say(event, self.source(), at, writer, sink),
            Read::Begins(block) => {
                self.close_pending(sink);
                let first = envelope.message.to_str_lossy();
                let (pending, is_complete) = Pending::begin(block, &first);
                self.pending = Some(Open {
                    what: pending,
                    source: self.source(),
                    at,
                    writer,
                });
                if is_complete {
                    self.close_pending(sink);
                }
            }
            Read::Unreadable(wanted) => {
                let text = shown(&envelope.message.to_str_lossy());
                let event = Event::Unreadable {
                    wanted: wanted.to_owned(),
                    text,
                };
                self.say(event, self.source(), at, writer, sink);
            }
            Read::Nothing => {}
        }
    }

    /// Offers the line to a block that is open.
    fn continues(&mut self, envelope: &Envelope<'_>, sink: &mut dyn FnMut(Fact)) -> bool {
        let Some(open) = &mut self.pending else {
            return false;
        };
        let offered = open.what.offer(&envelope.message.to_str_lossy());
        if offered != Offered::Taken {
            self.close_pending(sink);
        }
        offered != Offered::Refused
    }

    fn close_pending(&mut self, sink: &mut dyn FnMut(Fact)) {
        if let Some(open) = self.pending.take()
            && let Some(event) = open.what.finish()
        {
            self.say(event, open.source, open.at, open.writer, sink);
        }
    }

    /// Offers the line to grastate.dat and gvwstate.dat.
    fn file_line(&mut self, text: &str, sink: &mut dyn FnMut(Fact)) -> bool {
        let source = self.source();
        let line = crate::plain::undecorated(text.trim());
        let open = |writer| (source, None::<Stamp>, writer);
        if line.starts_with("my_uuid:") && self.gvwstate.is_some() {
            self.close_files(false, sink);
        }
        if self.gvwstate.is_some() || line.starts_with("my_uuid:") || line == "#vwbeg" {
            let (source, at, writer) = open(self.writer);
            let view = self.gvwstate.get_or_insert_with(|| Open {
                what: ViewLines::default(),
                source,
                at,
                writer,
            });
            match view.what.take(line) {
                Some(true) => {
                    self.close_files(false, sink);
                    return true;
                }
                Some(false) => return true,
                None => self.close_files(false, sink),
            }
        }
        if line.starts_with("# GALERA saved state") {
            self.close_files(false, sink);
            self.grastate = Some(Open {
                what: StateFile::default(),
                source,
                at: None,
                writer: self.writer,
            });
            return true;
        }
        let Some((name, value)) = line.split_once(':') else {
            // A blank line or a comment may stand between the fields.
            return line.is_empty() || (self.grastate.is_some() && line.starts_with('#'));
        };
        let (name, value) = (name.trim(), value.trim());
        if ![
            "version",
            "uuid",
            "seqno",
            "safe_to_bootstrap",
            "cert_index",
        ]
        .contains(&name)
        {
            return false;
        }
        // `version:` alone begins many texts, so it begins no file.
        if self.grastate.is_none() && name == "version" {
            return false;
        }
        let is_second = |open: &Open<StateFile>| name == "uuid" && open.what.uuid.is_some();
        if self.grastate.as_ref().is_some_and(is_second) {
            self.close_files(false, sink);
        }
        let writer = self.writer;
        let open = self.grastate.get_or_insert_with(|| Open {
            what: StateFile::default(),
            source,
            at: None,
            writer,
        });
        match open.what.take(name, value) {
            Taken::Yes => true,
            Taken::No => false,
            Taken::Unreadable => {
                let event = Event::Unreadable {
                    wanted: format!("the {name} of grastate.dat"),
                    text: shown(value),
                };
                self.say(event, source, None, writer, sink);
                true
            }
        }
    }

    fn close_files(&mut self, cut_off: bool, sink: &mut dyn FnMut(Fact)) {
        if let Some(mut open) = self.grastate.take() {
            open.what.cut_off = cut_off;
            let event = Event::StateFile(open.what);
            self.emit(
                event,
                open.source,
                None,
                open.writer,
                Certainty::Stated,
                sink,
            );
        }
        if let Some(open) = self.gvwstate.take() {
            let file = open.what.finish();
            let certainty = if file.cut_off {
                Certainty::Doubtful
            } else {
                Certainty::Stated
            };
            let event = Event::ViewFile(file);
            self.emit(event, open.source, None, open.writer, certainty, sink);
        }
    }

    fn end(&mut self, cut_off: bool, sink: &mut dyn FnMut(Fact)) {
        self.close_pending(sink);
        self.close_files(cut_off, sink);
        for fact in self.held.drain(..) {
            sink(fact);
        }
    }

    fn say(
        &mut self,
        event: Event,
        source: Source,
        at: Option<Stamp>,
        writer: Writer,
        sink: &mut dyn FnMut(Fact),
    ) {
        // Files, tables and settings have no time; wrappers' lines have that of the line before them.
        let (at, certainty) = match at {
            Some(at) => (Some(at), Certainty::Stated),
            None if event.is_of_a_log() => (self.read.last_at, Certainty::TimeOfNeighbour),
            None => (None, Certainty::Stated),
        };
        self.emit(event, source, at, writer, certainty, sink);
    }

    fn emit(
        &mut self,
        event: Event,
        source: Source,
        at: Option<Stamp>,
        writer: Writer,
        certainty: Certainty,
        sink: &mut dyn FnMut(Fact),
    ) {
        // A life that begins is not counted together with the one before it.
        let of_this_life = |held: &&mut Fact| !matches!(held.event, Event::Start { .. });
        if event.repeats()
            && let Some(held) = self
                .held
                .iter_mut()
                .rev()
                .take_while(of_this_life)
                .find(|held| held.event == event)
        {
            held.repeats = Repeats {
                more: held.repeats.more.saturating_add(1),
                last_line: source.line,
                last_at: at,
            };
            return;
        }
        self.read.facts += 1;
        self.held.push(Fact {
            source,
            at,
            certainty,
            writer,
            event,
            repeats: Repeats::default(),
        });
        if self.held.len() > HELD_MAX {
            sink(self.held.remove(0));
        }
    }
}

/// Returns the program that writes into this log file, by the name that an operator's line gives it.
fn writer(file: &str) -> Writer {
    if file.contains("wsrep_recovery") {
        Writer::RecoveryRun
    } else if file.contains("post.processing") {
        Writer::TransferHelper
    } else {
        Writer::Server
    }
}
