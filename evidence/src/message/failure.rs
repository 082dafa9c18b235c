//! Why a start or a recovery run failed: words that stand anywhere in an error.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::Read;
use crate::event::{Event, Failure};

const WORDS: &[(&str, Failure)] = &[
    ("Unable to lock ", Failure::Locked),
    ("Can't lock aria control file", Failure::Locked),
    ("Another process with pid", Failure::Locked),
    (
        "lock_wait_timeout exceeded while waiting for the lock on the data",
        Failure::Locked,
    ),
    (
        "The error means mysqld does not have the access rights",
        Failure::NoPermission,
    ),
    (
        "The error means mariadbd does not have the access rights",
        Failure::NoPermission,
    ),
    ("Operating system error number 13", Failure::NoPermission),
    ("Errcode: 13", Failure::NoPermission),
    ("OS errno 13", Failure::NoPermission),
    ("Permission denied", Failure::NoPermission),
    ("Please read \"Security\" section", Failure::NoPermission),
    ("No space left on device", Failure::DiskFull),
    ("Errcode: 28", Failure::DiskFull),
    ("error number 28", Failure::DiskFull),
    ("Database page corruption", Failure::Corrupt),
    ("Your database may be corrupt", Failure::Corrupt),
    ("page corruption", Failure::Corrupt),
    ("is corrupted", Failure::Corrupt),
    ("is corrupt", Failure::Corrupt),
    ("Corrupt", Failure::Corrupt),
    ("Corruption", Failure::Corrupt),
    ("corrupted", Failure::Corrupt),
    ("Plugin initialization aborted", Failure::StorageEngine),
    (
        "Plugin 'InnoDB' init function returned error",
        Failure::StorageEngine,
    ),
    (
        "Plugin 'InnoDB' registration as a STORAGE ENGINE failed",
        Failure::StorageEngine,
    ),
    (
        "Failed to initialize DD Storage Engine",
        Failure::StorageEngine,
    ),
    (
        "Unknown/unsupported storage engine: InnoDB",
        Failure::StorageEngine,
    ),
    ("unknown variable '", Failure::BadOption),
    ("unknown option '", Failure::BadOption),
];

static AUTOMATON: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::new(WORDS.iter().map(|(word, _)| word))
        .expect("a few words make a small automaton")
});

/// Reads an error or a warning that nothing else knows.
pub(super) fn read(message: &[u8]) -> Read {
    // A client's statement may have any words; nothing of a start is that long.
    const LONGEST: usize = 2_000;
    let start = &message[..message.len().min(LONGEST)];
    if memchr::memmem::find(start, b"doesn't exist").is_some()
        && memchr::memmem::find(start, b"'mysql.").is_some()
    {
        return Read::Event(Event::NoSystemTables);
    }
    match AUTOMATON.find(start) {
        Some(found) => Read::Event(Event::Failed {
            why: WORDS[found.pattern().as_usize()].1,
        }),
        None => Read::Nothing,
    }
}

/// Reads a line without a head: what a shell or a server says before its log begins.
pub(crate) fn of_a_shell(line: &[u8]) -> Read {
    let has = |words: &[u8]| memchr::memmem::find(line, words).is_some();
    if has(b"Unable to lock ") || has(b"Can't lock aria control file") {
        return Read::Event(Event::Failed {
            why: Failure::Locked,
        });
    }
    // The log of a backup tool, as a script of a transfer repeats it.
    for tool in [&b"xtrabackup: Error "[..], b"mariabackup: Error "] {
        if let Some(at) = memchr::memmem::find(line, tool) {
            let text = crate::words::shown(&String::from_utf8_lossy(&line[at..]));
            return Read::Event(Event::SstToolFailed { text });
        }
    }
    let tools = [
        &b"galera_recovery"[..],
        b"mysqld",
        b"mariadbd",
        b"grastate.dat",
    ];
    if !tools.iter().any(|tool| has(tool)) {
        return Read::Nothing;
    }
    let failed = |why| Read::Event(Event::Failed { why });
    if has(b"Permission denied") {
        return failed(Failure::NoPermission);
    }
    if has(b": command not found") || has(b": not found") || has(b"No such file or directory") {
        return failed(Failure::NotFound);
    }
    if let Some(at) = memchr::memmem::find(line, b"got signal ") {
        let digits: Vec<u8> = line[at + b"got signal ".len()..]
            .iter()
            .copied()
            .take_while(u8::is_ascii_digit)
            .take(3)
            .collect();
        let signal = std::str::from_utf8(&digits)
            .ok()
            .and_then(|digits| digits.parse().ok())
            .unwrap_or(0);
        return Read::Event(Event::Crash { signal });
    }
    if has(b"Please read \"Security\" section") {
        return failed(Failure::NoPermission);
    }
    Read::Nothing
}
