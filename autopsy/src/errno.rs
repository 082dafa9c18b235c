//! The numbers of errors that Galera prints, with the names that people look for.

/// The name of an error of Linux and what it means, without regard to its sign.
///
/// Galera is built for Linux, and prints the bare number in most lines: `-107`, `71 (Protocol error)`.
pub(crate) const fn name(number: i64) -> Option<(&'static str, &'static str)> {
    Some(match number.unsigned_abs() {
        1 => ("EPERM", "not permitted"),
        2 => ("ENOENT", "no such file"),
        4 => ("EINTR", "interrupted"),
        5 => ("EIO", "input or output failed"),
        11 => ("EAGAIN", "not possible at the moment"),
        12 => ("ENOMEM", "no memory"),
        13 => ("EACCES", "no permission"),
        22 => ("EINVAL", "an argument that cannot be"),
        28 => ("ENOSPC", "no space on the disk"),
        32 => ("EPIPE", "broken pipe"),
        42 => ("ENOMSG", "no message"),
        61 => ("ENODATA", "no data"),
        71 => ("EPROTO", "protocol error"),
        77 => ("EBADFD", "the connection is in a bad state"),
        103 => ("ECONNABORTED", "connection aborted"),
        104 => ("ECONNRESET", "connection reset by the peer"),
        107 => ("ENOTCONN", "not connected"),
        110 => ("ETIMEDOUT", "timed out"),
        111 => ("ECONNREFUSED", "connection refused"),
        112 => ("EHOSTDOWN", "the host is down"),
        113 => ("EHOSTUNREACH", "no route to the host"),
        125 => ("ECANCELED", "cancelled"),
        131 => ("ENOTRECOVERABLE", "cannot be recovered"),
        _ => return None,
    })
}

/// The number with its name, for a sentence: `71, EPROTO (protocol error)`.
pub(crate) fn words(number: i64) -> String {
    match name(number) {
        Some((name, meaning)) => format!("{number}, {name} ({meaning})"),
        None => number.to_string(),
    }
}
