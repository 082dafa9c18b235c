//! What stands around a message: a transport's prefix, the time, the severity, the subsystem.

use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::time::Stamp;

/// A compiled pattern that lives as long as the program.
macro_rules! pattern {
    ($name:ident, $text:literal) => {
        static $name: LazyLock<Regex> =
            LazyLock::new(|| Regex::new($text).expect("a pattern of this file is a valid regex"));
    };
}

// journalctl (short, short-precise, with a year in front or not) and syslog: `Nov 28 14:03:01 host name[pid]: `.
pattern!(
    JOURNAL,
    r"^(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d+)? (?P<host>[^\s:]+) [^\s:\[\]]+(?:\[\d+\])?: ?"
);
// journalctl -o short-iso, short-full.
pattern!(
    JOURNAL_ISO,
    r"^(?:[A-Z][a-z]{2} )?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?[A-Z]{3,5}|[+-]\d\d:?\d\d)? (?P<host>[^\s:\[\]]+) [^\s:\[\]]+\[\d+\]: ?"
);
// docker compose: `galera-1  | `. A row of a status table without borders begins with a variable's name.
pattern!(COMPOSE, r"^(?P<host>[A-Za-z0-9][A-Za-z0-9_.-]*)\s+\| ?");
// kubectl logs --prefix: `[pod/name/container] `.
pattern!(POD, r"^\[pod/(?P<host>[^/\]\s]+)/[^\]\s]+\] ?");
// The log files of a container runtime: `2030-01-02T03:04:05.123456789Z stderr F `.
pattern!(
    RUNTIME,
    r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d) (?:stdout|stderr) [FP] ?"
);
// docker logs -t, kubectl logs --timestamps. What follows is no thread with a severity.
pattern!(
    NANOSECONDS,
    r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7,9}(?:Z|[+-]\d\d:\d\d) "
);
// grep -H, -n: `path/error.log:12:`.
pattern!(GREP, r"^[^\s:|]+\.(?:log|err|txt|out)[^\s:]*:(?:\d+[:-])?");
// An ssh loop, pdsh, clush: `node1: `.
pattern!(LOOP, r"^(?P<host>[A-Za-z0-9][A-Za-z0-9_.-]*): +");
// A server's time and thread anywhere in the line, behind a prefix that nobody knows.
pattern!(
    INNER,
    r"(?:\d{4}-\d\d-\d\d[T ][ \d]\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?|\d{6} [ \d]\d:\d\d:\d\d) (?:(?:0x)?[0-9a-f]+ )?(?:\[(?:Note|Warning|ERROR|System)\]|mysqld_safe)"
);

/// How bad a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    Note,
    Warning,
    Error,
    /// The line has none: a wrapper's line, or a part of a block.
    None,
}

/// What a transport's prefix says of where a line comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Host<'a> {
    pub(crate) name: &'a [u8],
    /// Whether the prefix has the form of `docker compose` or `kubectl`, which set it before each line.
    pub(crate) is_container: bool,
}

/// A line without what stands around its message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Envelope<'a> {
    /// The host, container or pod that a transport named.
    pub(crate) host: Option<Host<'a>>,
    /// The server's own time.
    pub(crate) at: Option<Stamp>,
    pub(crate) severity: Severity,
    /// Whether the line has a server's head (time and severity), so that it begins a message.
    pub(crate) is_headed: bool,
    /// Whether a wrapper wrote it.
    pub(crate) is_wrapper: bool,
    /// Whether a tool of a transfer wrote it, whose times and positions are its own.
    pub(crate) is_tool: bool,
    pub(crate) message: &'a [u8],
}

/// Opens a line that has no line end any more.
pub(crate) fn open(line: &[u8]) -> Envelope<'_> {
    if let Some(envelope) = head(line, None) {
        return envelope;
    }
    // Most lines that are left belong to blocks; only these begin as a transport's prefix does.
    let (host, rest) = strip_transports(line);
    if let Some(envelope) = head(rest, host) {
        return envelope;
    }
    if is_worth_a_search(rest)
        && let Some(found) = INNER.find(rest)
        && let Some(envelope) = head(&rest[found.start()..], host)
    {
        // A line that a tab indents is that of a tool, as scripts repeat it; blanks are of somebody's message.
        let before = &rest[..found.start()];
        let is_tool = envelope.is_tool || before.trim_ascii().is_empty() && before.contains(&b'\t');
        return Envelope {
            is_tool,
            ..envelope
        };
    }
    let mut envelope = Envelope {
        host,
        at: None,
        severity: Severity::None,
        is_headed: false,
        is_wrapper: false,
        is_tool: false,
        message: rest,
    };
    if let Some(at) = find_wsrep(rest) {
        envelope.message = &rest[at..];
        envelope.is_wrapper = true;
    }
    envelope
}

/// Where the message of a line without a head begins: after `WSREP: `, ` INFO: ` or `mysqld_safe `.
fn find_wsrep(line: &[u8]) -> Option<usize> {
    let text = line.trim_ascii_start();
    let blanks = line.len() - text.len();
    for mark in [
        &b"INFO: WSREP: "[..],
        b"WSREP: ",
        b"INFO: ",
        b"mysqld_safe ",
    ] {
        if text.starts_with(mark) {
            return Some(blanks + mark.len());
        }
    }
    // Somebody's own prefix before it. A shell's trace (`+ echo …`) repeats what follows.
    if text.starts_with(b"+") {
        return None;
    }
    memchr::memmem::find(line, b"WSREP: ").map(|at| at + b"WSREP: ".len())
}

fn is_worth_a_search(line: &[u8]) -> bool {
    [
        &b"[Note]"[..],
        b"[Warning]",
        b"[ERROR]",
        b"[System]",
        b"mysqld_safe",
    ]
    .iter()
    .any(|mark| memchr::memmem::find(line, mark).is_some())
}

/// Takes away up to three prefixes of transports.
fn strip_transports(line: &[u8]) -> (Option<Host<'_>>, &[u8]) {
    let mut host = None;
    let mut rest = line;
    for _ in 0..3 {
        let Some((name, after)) = strip_one(rest) else {
            break;
        };
        host = host.or(name);
        rest = after;
    }
    (host, rest)
}

fn strip_one(line: &[u8]) -> Option<(Option<Host<'_>>, &[u8])> {
    let first = *line.first()?;
    let patterns: &[&LazyLock<Regex>] = match first {
        b'[' => &[&POD],
        b'0'..=b'9' => &[&RUNTIME, &NANOSECONDS, &JOURNAL_ISO, &COMPOSE, &GREP, &LOOP],
        b'A'..=b'Z' => &[&JOURNAL, &JOURNAL_ISO, &COMPOSE, &GREP, &LOOP],
        b'a'..=b'z' | b'/' | b'.' => &[&COMPOSE, &GREP, &LOOP],
        _ => return None,
    };
    for pattern in patterns {
        let Some(found) = pattern.captures(line) else {
            continue;
        };
        let whole = found.get(0)?;
        let name = found.name("host").map(|host| host.as_bytes());
        if name.is_some_and(is_a_word_of_ours) {
            continue;
        }
        let is_container =
            std::ptr::eq(*pattern, &raw const COMPOSE) || std::ptr::eq(*pattern, &raw const POD);
        let host = name.map(|name| Host { name, is_container });
        return Some((host, &line[whole.end()..]));
    }
    None
}

/// Fields of state files, variables, units: what looks like a transport's prefix and is none.
fn is_a_word_of_ours(name: &[u8]) -> bool {
    const WORDS: [&[u8]; 29] = [
        b"uuid",
        b"seqno",
        b"version",
        b"safe_to_bootstrap",
        b"cert_index",
        b"my_uuid",
        b"view_id",
        b"bootstrap",
        b"member",
        b"Variable_name",
        b"Value",
        b"Active",
        b"Loaded",
        b"CGroup",
        b"Main",
        b"Process",
        b"Status",
        b"Tasks",
        b"Memory",
        b"id",
        b"status",
        b"final",
        b"own_index",
        b"WSREP",
        b"INFO",
        b"Winner",
        b"View",
        b"InnoDB",
        b"Version",
    ];
    // Shells and programs begin their complaints with their own names.
    const PROGRAMS: [&[u8]; 9] = [
        b"wsrep", b"innodb", b"galera", b"mysql", b"mariadb", b"bash", b"sh", b"sudo", b"dash",
    ];
    PROGRAMS.iter().any(|program| {
        name.strip_prefix(*program)
            .is_some_and(|rest| rest.is_empty() || matches!(rest[0], b'_' | b'd' | b'b' | b'.'))
    }) || WORDS.contains(&name)
}

/// Reads a server's or mysqld_safe's head; `None` where the line does not begin with one.
fn head<'a>(line: &'a [u8], host: Option<Host<'a>>) -> Option<Envelope<'a>> {
    if !line.first()?.is_ascii_digit() {
        return None;
    }
    let (stamp, taken) = Stamp::read(line)?;
    let mut rest = line.get(taken..)?.strip_prefix(b" ")?;
    rest = rest.trim_ascii_start();
    let mut envelope = Envelope {
        host,
        at: Some(stamp),
        severity: Severity::None,
        is_headed: true,
        is_wrapper: false,
        is_tool: false,
        message: rest,
    };
    if let Some(after) = rest.strip_prefix(b"mysqld_safe ") {
        envelope.is_wrapper = true;
        envelope.message = after.strip_prefix(b"WSREP: ").unwrap_or(after);
        return Some(envelope);
    }
    // The thread: a number, or an address in old versions.
    if rest.first().is_some_and(u8::is_ascii_hexdigit) {
        let blank = memchr::memchr(b' ', rest)?;
        let is_thread = rest[..blank]
            .iter()
            .all(|byte| byte.is_ascii_hexdigit() || *byte == b'x');
        if is_thread {
            rest = rest[blank..].trim_ascii_start();
        }
    }
    envelope.severity = severity(&mut rest)?;
    // MySQL 8: `[MY-000000] [Galera] `.
    if let Some(after) = rest.strip_prefix(b"[MY-") {
        let end = memchr::memchr(b']', after)?;
        rest = after.get(end + 1..)?.trim_ascii_start();
        if let Some(after) = rest.strip_prefix(b"[") {
            let end = memchr::memchr(b']', after)?;
            envelope.is_tool = after[..end] == *b"Xtrabackup";
            rest = after.get(end + 1..)?.strip_prefix(b" ").unwrap_or_default();
        }
    }
    envelope.message = rest.strip_prefix(b"WSREP: ").unwrap_or(rest);
    Some(envelope)
}

fn severity(rest: &mut &[u8]) -> Option<Severity> {
    let words = [
        (&b"[Note]"[..], Severity::Note),
        (b"[Warning]", Severity::Warning),
        (b"[Warn]", Severity::Warning),
        (b"[ERROR]", Severity::Error),
        (b"[System]", Severity::Note),
        (b"[Info]", Severity::Note),
    ];
    for (word, severity) in words {
        if let Some(after) = rest.strip_prefix(word) {
            *rest = after.strip_prefix(b" ").unwrap_or(after);
            return Some(severity);
        }
    }
    None
}
