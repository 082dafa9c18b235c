//! `mysqld_safe`: a server outside of its unit. The script does not start a node of a cluster again after a crash. With
//! `--wsrep-recover` it asks `InnoDB` for the position (manual: No node is safe for bootstrapping?; `scripts/mysqld_safe.sh`).
//!
//! The script says on the terminal where it logs and closes its output: the position stands in the
//! log only. Its exit code is that of its last message, so it is 0 also where mariadbd found the
//! data locked and aborted. Beside a server in service it does not even begin.

use seatrial_port::host::{Host, QueryId, Step, UnitState};
use seatrial_port::paths::MARIADB_LOG;
use seatrial_port::{MysqldSafeLog, Output};

use super::clock::safe_stamp;
use super::output::{INTERRUPTED, failed, printed};

/// The message of `--log-error` if the configuration asks for syslog.
const BOTH_LOGS: &str = "Can't log to error log and syslog at the same time.  Remove all \
--log-error configuration options for --syslog to take effect.";

/// The clients' port.
const CLIENTS: u16 = 3306;

/// A run of the script.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct MysqldSafe {
    /// `--log-error` on the command line wins over the configuration.
    log_error: Option<String>,
    /// The options for the server, `None` for a recovery run.
    serves: Option<Vec<String>>,
    /// Nobody waits for the end of the server.
    background: bool,
    begun: Option<Begun>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Begun {
    run: Run,
    /// The log file, `None` for syslog, which the console cannot see.
    log: Option<String>,
    shown: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Run {
    Recover(QueryId),
    Serve(u32),
}

impl MysqldSafe {
    /// Reads the words after `mysqld_safe`.
    pub(super) fn parse(words: &[String], background: bool) -> Result<Self, Output> {
        let (mut recover, mut log_error) = (false, None);
        let mut options = Vec::new();
        for word in words {
            // The script takes `-` and `_` for one another in its options.
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            match name.replace('_', "-").as_str() {
                "--wsrep-recover" => recover = true,
                "--log-error" => log_error = Some(value.to_owned()),
                "--user" => {}
                _ => options.push(word.clone()),
            }
        }
        if let (true, Some(odd)) = (recover, options.first()) {
            return Err(failed(
                1,
                format!("this console does not know mysqld_safe --wsrep-recover {odd}"),
            ));
        }
        Ok(Self {
            log_error,
            serves: Some(options).filter(|_| !recover),
            background,
            begun: None,
        })
    }

    /// Starts the run, and waits for its end.
    pub(super) fn step(&mut self, host: &mut dyn Host) -> Step {
        if self.begun.is_none() {
            // A server in service has its process number in the pid file.
            let by_hand = matches!(host.unit(), UnitState::Inactive | UnitState::Failed(_))
                && host.listens(CLIENTS);
            if host.unit() == UnitState::Active || by_hand {
                let text = notice(host, "A mysqld process already exists");
                return Step::Done(failed(1, text));
            }
            match self.begin(host) {
                Ok(begun) => self.begun = Some(begun),
                Err(output) => return Step::Done(output),
            }
        }
        let Some(begun) = &mut self.begun else {
            return Step::Wait;
        };
        let lines = match begun.run {
            Run::Recover(id) => match host.recovered(id) {
                Some((lines, _)) => lines,
                None => return Step::Wait,
            },
            Run::Serve(_) if self.background => return Step::Done(begun.shown.clone()),
            Run::Serve(number) => match host.ended_by_hand(number) {
                // The server has written to its log itself; after a crash the script says why it goes no further.
                Some(code) if code >= 128 => {
                    vec![notice(
                        host,
                        "WSREP: not restarting wsrep node automatically",
                    )]
                }
                Some(_) => Vec::new(),
                None => return Step::Wait,
            },
        };
        if let Some(path) = begun.log.clone() {
            for line in &lines {
                host.append_line(&path, line);
            }
            let ended = notice(host, "mysqld from pid file /run/mysqld/mysqld.pid ended");
            host.append_line(&path, &ended);
        }
        Step::Done(begun.shown.clone())
    }

    fn begin(&self, host: &mut dyn Host) -> Result<Begun, Output> {
        let mut shown = printed("");
        let log = match (&self.log_error, host.mysqld_safe_log()) {
            (Some(path), setting) => {
                if setting == MysqldSafeLog::Syslog {
                    shown.stderr = notice(host, BOTH_LOGS) + "\n";
                }
                Some(path.clone())
            }
            (None, MysqldSafeLog::File) => Some(MARIADB_LOG.to_owned()),
            (None, MysqldSafeLog::Syslog) => None,
        };
        let whereto = log.as_ref().map_or_else(
            || "Logging to syslog.".to_owned(),
            |path| format!("Logging to '{path}'."),
        );
        shown.stdout = notice(host, &whereto) + "\n";
        // From here on the script logs what it says.
        let starting = notice(
            host,
            "Starting mariadbd daemon with databases from /var/lib/mysql",
        );
        if let Some(path) = &log {
            host.append_line(path, &starting);
        }
        shown.stdout.push_str(&starting);
        shown.stdout.push('\n');
        let run = match &self.serves {
            None => Run::Recover(host.start_recover()),
            Some(options) => match host.start_by_hand(true, options) {
                Ok(number) => Run::Serve(number),
                Err(text) => return Err(failed(1, text)),
            },
        };
        Ok(Begun { run, log, shown })
    }

    /// Ctrl-C. The script and mariadbd ignore it (`trap '' 1 2 3 15`): only the terminal comes
    /// back. A server takes the SIGTERM that `timeout` sends to its whole group.
    pub(super) fn interrupt(&mut self, host: &mut dyn Host) -> Output {
        if let Some(Begun {
            run: Run::Serve(_), ..
        }) = self.begun
        {
            super::mysqld::stop(host);
        }
        let shown = self
            .begun
            .as_ref()
            .map_or_else(|| printed(""), |begun| begun.shown.clone());
        Output {
            exit: INTERRUPTED,
            ..shown
        }
    }
}

/// Returns a message of the script (`log_generic`).
fn notice(host: &dyn Host, text: &str) -> String {
    format!("{} mysqld_safe {text}", safe_stamp(host.now()))
}
