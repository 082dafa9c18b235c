//! `mysqld`, also as `mariadbd`: with `--wsrep-recover` it prints what the server logs, on standard error. Otherwise it
//! is the server, outside of its unit.
//!
//! In the foreground it holds the terminal for as long as it runs. `timeout` ends it with SIGTERM, as it ends a real
//! one. In the background (`&`, `nohup … &`, `setsid --fork`) the line goes on at once.

use seatrial_port::Output;
use seatrial_port::host::{Host, QueryId, Signal, Step};
use seatrial_port::paths::MARIADB_LOG;

use super::output::{INTERRUPTED, failed, printed};

/// A recovery run, or a server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Mysqld {
    /// `--wsrep-recover`.
    Recover {
        /// `--log-error=FILE` takes the lines away from the terminal.
        log_error: Option<String>,
        /// The run, once it has begun.
        run: Option<QueryId>,
    },
    /// The server.
    Serve {
        /// Its options.
        options: Vec<String>,
        /// Nobody waits for its end.
        background: bool,
        /// The number of the start, once it has begun.
        started: Option<u32>,
    },
}

impl Mysqld {
    /// Reads the words after `mysqld`.
    pub(super) fn parse(name: &str, words: &[String], background: bool) -> Result<Self, Output> {
        let is_recovery = |word: &String| word.replace('_', "-") == "--wsrep-recover";
        if words.iter().any(is_recovery) {
            return Self::recover(name, words);
        }
        Ok(Self::Serve {
            options: words.to_vec(),
            background,
            started: None,
        })
    }

    fn recover(name: &str, words: &[String]) -> Result<Self, Output> {
        // The configuration has `log_error`, so that the terminal shows nothing (seen on real nodes).
        let mut log_error = Some(MARIADB_LOG.to_owned());
        for word in words {
            let (option, value) = word.split_once('=').unwrap_or((word, ""));
            match option.replace('_', "-").as_str() {
                "--log-error" if !value.is_empty() => log_error = Some(value.to_owned()),
                "--disable-log-error" | "--skip-log-error" => log_error = None,
                "--wsrep-recover" | "--user" | "--datadir" | "--defaults-file" | "--console"
                | "--skip-networking" => {}
                _ => {
                    return Err(failed(
                        1,
                        format!("this console does not know {name} {word}"),
                    ));
                }
            }
        }
        Ok(Self::Recover {
            log_error,
            run: None,
        })
    }

    /// Starts the run or the server, and waits for its end.
    pub(super) fn step(&mut self, host: &mut dyn Host) -> Step {
        match self {
            Self::Recover { log_error, run } => {
                let id = *run.get_or_insert_with(|| host.start_recover());
                match host.recovered(id) {
                    Some((lines, exit)) => {
                        Step::Done(recovered(log_error.as_ref(), lines, exit, host))
                    }
                    None => Step::Wait,
                }
            }
            Self::Serve {
                options,
                background,
                started,
            } => {
                let number = match *started {
                    Some(number) => number,
                    None => match host.start_by_hand(false, options) {
                        Ok(number) => *started.insert(number),
                        Err(text) => return Step::Done(failed(1, text)),
                    },
                };
                if *background {
                    return Step::Done(printed(""));
                }
                match host.ended_by_hand(number) {
                    // What the server has to say stands in its log.
                    Some(exit) => Step::Done(Output {
                        exit,
                        ..printed("")
                    }),
                    None => Step::Wait,
                }
            }
        }
    }

    /// The end of `timeout`: SIGTERM, which a server takes for an orderly stop.
    pub(super) fn interrupt(&mut self, host: &mut dyn Host) -> Output {
        if let Self::Serve {
            started: Some(_), ..
        } = self
        {
            stop(host);
        }
        Output {
            exit: INTERRUPTED,
            ..printed("")
        }
    }
}

/// Tells the server to stop.
pub(super) fn stop(host: &mut dyn Host) {
    if let Some((_, name)) = host.server_process() {
        host.signal(name, Signal::Term);
    }
}

fn recovered(
    log_error: Option<&String>,
    lines: Vec<String>,
    exit: i32,
    host: &mut dyn Host,
) -> Output {
    let mut output = Output {
        exit,
        ..printed("")
    };
    match log_error {
        Some(path) => {
            for line in &lines {
                host.append_line(path, line);
            }
        }
        None => output.stderr = lines.into_iter().map(|line| line + "\n").collect(),
    }
    output
}
