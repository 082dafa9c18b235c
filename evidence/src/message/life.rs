//! Messages about the lives of a server, and about positions.

use seatrial_galera::Position;

use super::{Read, Reader, or_nothing, or_unreadable};
use crate::event::{Event, Failure, StartPositionBy};
use crate::words::{after, between, number, position, seqno, shown, word};

const POSITION: &str = "a position (uuid:seqno)";

pub(super) const HEADS: &[(&str, Reader)] = &[
    ("Starting MariaDB ", |rest| {
        Read::Event(Event::Start {
            version: word(rest).to_owned(),
            pid: after(rest, "as process ").and_then(number).and_then(pid),
        })
    }),
    ("Received SHUTDOWN", stop_requested),
    ("Received shutdown signal", stop_requested),
    ("Normal shutdown", stop_requested),
    ("Aborting", |_| Read::Event(Event::Abort)),
    ("ReplicatorSMM::abort()", |_| Read::Event(Event::Abort)),
    ("Node is not a cluster node", |_| {
        Read::Event(Event::NotAClusterNode)
    }),
    ("wsrep_load(): Galera ", |rest| {
        let end = rest.find([' ', '\t']).unwrap_or(rest.len());
        Read::Event(Event::Provider {
            version: rest[..end].to_owned(),
        })
    }),
    ("Loading provider ", |rest| {
        or_nothing(
            after(rest, "initial position: ")
                .and_then(position)
                .filter(|_| !rest.starts_with("none"))
                .map(|position| Event::StartPosition {
                    position,
                    by: StartPositionBy::Provider,
                }),
        )
    }),
    ("Passing config to GCS: ", provider_options),
    ("Found saved state: ", |rest| {
        or_unreadable(
            position(rest).map(|position| Event::SavedState {
                position,
                safe_to_bootstrap: after(rest, "safe_to_bootstrap: ").and_then(|flag| {
                    match word(flag) {
                        "0" => Some(false),
                        "1" => Some(true),
                        _ => None,
                    }
                }),
            }),
            POSITION,
        )
    }),
    ("No persistent state found", |_| {
        Read::Event(Event::NoSavedState)
    }),
    ("Running position recovery", |_| {
        Read::Event(Event::RecoveryBegins)
    }),
    ("Recovered position from storage: ", |rest| {
        or_unreadable(
            position(rest).map(|position| Event::StoragePosition { position }),
            POSITION,
        )
    }),
    ("Galera co-ords from recovery: ", |rest| {
        or_unreadable(
            position(rest).map(|position| Event::StoragePosition { position }),
            POSITION,
        )
    }),
    ("Recovered position: ", recovered),
    ("Recovered position:", recovered),
    ("Recovered position ", recovered),
    ("Skipping wsrep-recover for ", |rest| {
        or_nothing(position(rest).map(|position| Event::RecoverySkipped { position }))
    }),
    ("Assigning ", |rest| {
        if !rest.contains("to wsrep_start_position") {
            return Read::Nothing;
        }
        or_unreadable(start(position(rest), StartPositionBy::Assigned), POSITION)
    }),
    ("Setting GCS initial position to ", |rest| {
        or_unreadable(start(position(rest), StartPositionBy::Group), POSITION)
    }),
    ("Setting initial position to ", |rest| {
        or_unreadable(start(position(rest), StartPositionBy::Group), POSITION)
    }),
    ("No pre-stored wsrep-start position found", |_| {
        Read::Event(Event::NoStartPosition)
    }),
    ("disabled, skipping position recovery", |_| {
        Read::Event(Event::Failed {
            why: Failure::WsrepOff,
        })
    }),
    ("Failed to recover position", |_| unexplained()),
    ("Failed to start mysqld for wsrep recovery", |_| {
        unexplained()
    }),
    ("Failed to start mariadbd for wsrep recovery", |_| {
        unexplained()
    }),
    ("Could not open mysql.", |_| {
        Read::Event(Event::NoSystemTables)
    }),
    ("Can't open the mysql.", |_| {
        Read::Event(Event::NoSystemTables)
    }),
    (
        "No suitable 'keyring_component_metadata_query' service",
        |_| Read::Event(Event::KeyringAsked),
    ),
    ("mysqld from pid file ", ended),
    ("mariadbd from pid file ", ended),
    (
        "Recovering GCache ring buffer: found gapless sequence ",
        |rest| {
            or_nothing(crate::words::range(rest).map(|(first, last)| Event::Cache { first, last }))
        },
    ),
    ("Min available from gcache for CC from ", |rest| {
        or_nothing(
            after(rest, ": ")
                .and_then(seqno)
                .map(|seqno| Event::CacheFrom { seqno }),
        )
    }),
    ("Recovering GCache ring buffer: Recovery failed", |_| {
        Read::Event(Event::CacheLost)
    }),
    ("Complete reset of the galera cache", |_| {
        Read::Event(Event::CacheLost)
    }),
    ("GCache history reset: ", |rest| {
        or_nothing((|| {
            let (from, to) = rest.split_once("->")?;
            Some(Event::CacheReset {
                from: position(from)?,
                to: position(to)?,
            })
        })())
    }),
];

/// `Received SHUTDOWN from user <via user signal>`, `Received shutdown signal`, `(initiated by: root[root] @ localhost [])`.
fn stop_requested(rest: &str) -> Read {
    let by = if rest.contains("via user signal") || rest.contains("Will sleep for") {
        Some("a signal".to_owned())
    } else {
        between(rest, "from user <", ">")
            .or_else(|| between(rest, "initiated by: ", ")"))
            .map(shown)
            .filter(|by| by != "unknown" && !by.is_empty())
    };
    Read::Event(Event::StopRequested { by })
}

fn ended(rest: &str) -> Read {
    if rest.contains("ended") {
        Read::Event(Event::ProcessEnded)
    } else {
        Read::Nothing
    }
}

const fn unexplained() -> Read {
    Read::Event(Event::Failed {
        why: Failure::Unexplained,
    })
}

fn recovered(rest: &str) -> Read {
    or_unreadable(
        position(rest).map(|position| Event::Recovered { position }),
        POSITION,
    )
}

fn start(position: Option<Position>, by: StartPositionBy) -> Option<Event> {
    position.map(|position| Event::StartPosition { position, by })
}

fn pid(number: i64) -> Option<u64> {
    u64::try_from(number).ok()
}

/// Messages that begin with the server's own path or name.
pub(super) fn of_a_program(message: &str) -> Read {
    let end = message.find([' ', ':']).unwrap_or(message.len());
    let program = message[..end].rsplit('/').next().unwrap_or_default();
    if !matches!(
        program,
        "mysqld" | "mariadbd" | "mysqld-debug" | "mariadbd-debug"
    ) {
        return Read::Nothing;
    }
    let rest = &message[end..];
    if rest.contains("starting as process ") {
        // `/usr/sbin/mysqld (mysqld 10.1.48-MariaDB) starting as process 4711 ...`
        let version = between(rest, "(", ")").and_then(|named| named.split_once(' '));
        return Read::Event(Event::Start {
            version: version.map_or("", |(_, version)| version).to_owned(),
            pid: after(rest, "starting as process ")
                .and_then(number)
                .and_then(pid),
        });
    }
    if rest.contains("initializing of server in progress") {
        return Read::Event(Event::Initialize);
    }
    if rest.contains("ready for connections") {
        return Read::Event(Event::Ready);
    }
    if rest.contains("Shutdown complete") {
        return Read::Event(Event::StopComplete);
    }
    if rest.contains("Normal shutdown") || rest.contains("Received SHUTDOWN") {
        return stop_requested(rest);
    }
    if rest.contains(": Terminated.") {
        return Read::Event(Event::Abort);
    }
    if let Some(signal) = after(rest, "got signal ").and_then(number) {
        return Read::Event(Event::Crash {
            signal: u32::try_from(signal).unwrap_or(0),
        });
    }
    Read::Nothing
}

/// The options of the provider that tell about the node.
fn provider_options(rest: &str) -> Read {
    let value = |name: &str| {
        rest.split(';').find_map(|option| {
            let (key, value) = option.split_once('=')?;
            (key.trim() == name).then(|| value.trim().to_owned())
        })
    };
    let is_on = |name: &str| value(name).is_some_and(|value| is_true(&value));
    Read::Event(Event::ProviderOptions {
        host: value("base_host").filter(|host| !host.is_empty()),
        port: value("base_port"),
        weight: value("pc.weight").as_deref().and_then(number),
        recovery: value("pc.recovery").map(|value| is_true(&value)),
        ignores_quorum: is_on("pc.ignore_sb") || is_on("pc.ignore_quorum"),
    })
}

/// As Galera reads a truth value.
pub(crate) fn is_true(text: &str) -> bool {
    ["1", "on", "yes", "true"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
}

/// The operator's lines: they have no head and no time.
pub(crate) fn of_an_operator(line: &str) -> Read {
    // `#####…FULL_PXC_CLUSTER_CRASH:pod…#####`, `#####…LAST_LINE:pod:100:#####`
    if let Some(rest) = after(line, "FULL_PXC_CLUSTER_CRASH:") {
        let end = rest.find(['#', ' ']).unwrap_or(rest.len());
        return Read::Event(Event::FullClusterCrash {
            pod: shown(rest[..end].trim_end_matches(':')),
        });
    }
    if let Some(rest) = after(line, "LAST_LINE:") {
        let read = rest.split_once(':').and_then(|(pod, rest)| {
            Some(Event::OperatorPosition {
                pod: shown(pod),
                seqno: seqno(rest)?,
            })
        });
        return or_unreadable(read, "the operator's last position");
    }
    if line.contains("safe_to_bootstrap: 0/safe_to_bootstrap: 1") && !line.contains("echo") {
        return Read::Event(Event::FlagSetByScript);
    }
    Read::Nothing
}
